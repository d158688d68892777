"""Pegged orders: faqs/pegged_orders.md (docs of 2026-07-21, read 2026-11-24)."""

from typing import Any

import pytest

from binance_mcp_server.exchange.engine.ladder import Side
from binance_mcp_server.exchange.engine.orders import Expiry, ListKind, Peg, Status
from binance_mcp_server.exchange.engine.refusals import RefusedError
from binance_mcp_server.exchange.engine.trading_rules import Band
from binance_mcp_server.exchange.numbers import SCALE
from tests.exchange.engine.stage import FOK, IOC, Stage, rules_of, short

PRIMARY: dict[str, Any] = {"peg": Peg.PRIMARY}
MARKET: dict[str, Any] = {"peg": Peg.MARKET}


def stage_of(**rules: Any) -> Stage:
    """Bids at 0.04, 0.03, 0.01, asks at 0.06, 0.07, 0.09."""
    stage = Stage(rules_of(**rules))
    for price in ("0.04", "0.03", "0.01"):
        stage.crowd(f"BUY 10 @ {price}")
    for price in ("0.06", "0.07", "0.09"):
        stage.crowd(f"SELL 10 @ {price}")
    return stage


@pytest.fixture
def stage() -> Stage:
    return stage_of()


def test_the_sample_response(stage: Stage) -> None:
    """``price`` is what was asked for (nothing), ``peggedPrice`` the best price of the own side."""
    order = stage.place("BUY LIMIT 1", **PRIMARY)
    assert (order.asked.price, short(order.pegged_price), order.status) == (0, "0.04", Status.NEW)
    assert stage.queue(Side.BUY)[:2] == [("0.04", "10", 0), ("0.04", "1", order.id)]


@pytest.mark.parametrize(
    ("words", "more", "price"),
    [
        ("SELL LIMIT 1", PRIMARY, "0.06"),
        ("SELL LIMIT_MAKER 1", PRIMARY, "0.06"),
        ("BUY LIMIT 1", MARKET, "0.06"),
        ("BUY LIMIT 1", {**MARKET, "tif": IOC}, "0.06"),
        ("BUY LIMIT 1", {**PRIMARY, "peg_levels": 2}, "0.01"),
        ("SELL LIMIT 1", {**PRIMARY, "peg_levels": 1}, "0.07"),
        ("SELL LIMIT 1", {**MARKET, "peg_levels": 1}, "0.03"),
    ],
)
def test_the_price_is_that_of_an_existing_level(
    stage: Stage, words: str, more: dict[str, Any], price: str
) -> None:
    assert short(stage.place(words, **more).pegged_price) == price


def test_best_offer_and_only_that(stage: Stage) -> None:
    """BUY at market or best offer, IOC: the sellers at the lowest price."""
    order = stage.place("BUY LIMIT 15", **MARKET, tif=IOC)
    assert {short(fill.price) for fill in order.fills} == {"0.06"}
    assert (short(order.executed), order.expiry) == ("10", Expiry.UNFILLED_IOC)


@pytest.mark.parametrize(
    ("words", "more", "text"),
    [
        ("BUY MARKET 1", PRIMARY, "This order type may not use pegged price."),
        (
            "BUY STOP_LOSS 1",
            {**PRIMARY, "stop_price": "9"},
            "This order type may not use pegged price.",
        ),
        (
            "SELL TAKE_PROFIT 1",
            {**MARKET, "stop_price": "9"},
            "This order type may not use pegged price.",
        ),
        (
            "BUY LIMIT_MAKER 1",
            MARKET,
            "This price peg cannot be used with this order type.",
        ),
        (
            "BUY LIMIT 1",
            {**PRIMARY, "tif": FOK},
            "This price peg cannot be used with this order type.",
        ),
        (
            "BUY LIMIT 1",
            {**PRIMARY, "peg_levels": 3},
            "Order book liquidity is too low for this pegged order.",
        ),
        ("BUY LIMIT 1", {**PRIMARY, "uses_sor": True}, "This order type may not use pegged price."),
    ],
)
def test_what_cannot_be_pegged(stage: Stage, words: str, more: dict[str, Any], text: str) -> None:
    with pytest.raises(RefusedError) as refused:
        stage.place(words, **more)
    assert refused.value.text == text


def test_a_symbol_may_not_offer_it() -> None:
    with pytest.raises(RefusedError, match="Pegged orders are not supported for this symbol"):
        stage_of(peg=False).place("BUY LIMIT 1", **PRIMARY)


@pytest.mark.parametrize("more", [{}, {"price": "0.01"}])
def test_filters_hold_at_both_prices(more: dict[str, Any]) -> None:
    """The peg's price and, where there is one, the price itself."""
    stage = stage_of(percent=Band(2 * SCALE, SCALE // 2, 2 * SCALE, SCALE // 2))
    stage.traded("0.05" if more else "0.01")
    stage.facts.reference["BTCUSDT"] = 5_000_000 if more else 1_000_000
    with pytest.raises(RefusedError, match="PERCENT_PRICE_BY_SIDE"):
        stage.place("BUY LIMIT 1", **PRIMARY, **more)


def test_a_stop_takes_its_price_when_it_triggers(stage: Stage) -> None:
    order = stage.place("BUY STOP_LOSS_LIMIT 1", **PRIMARY, stop_price="0.08")
    assert (order.price, order.pegged_price) == (0, 0)
    stage.crowd("BUY 1 @ 0.05")
    stage.traded("0.08")
    assert short(order.pegged_price) == "0.05"
    assert stage.queue(Side.BUY)[1] == ("0.05", "1", order.id)
    stage.check()


def test_a_stop_without_a_level_to_follow_is_rejected() -> None:
    stage = Stage()
    order = stage.place("SELL STOP_LOSS_LIMIT 1", **PRIMARY, stop_price="0.02")
    stage.traded("0.02")
    assert (order.status, order.expiry) == (Status.EXPIRED, Expiry.REJECTED)
    stage.check()


def test_a_pending_order_takes_its_price_when_the_working_one_is_filled(stage: Stage) -> None:
    its = stage.place_list(
        ListKind.OTO,
        stage.order("BUY LIMIT 1", **PRIMARY),
        stage.order("SELL LIMIT 1", **PRIMARY),
    )
    working, pending = its.orders
    assert (short(working.pegged_price), pending.pegged_price) == ("0.04", 0)
    stage.crowd("SELL 1 @ 0.05")
    stage.venue.fill_now(working, stage.now)
    assert (pending.status, short(pending.pegged_price)) == (Status.NEW, "0.05")
    stage.check()
