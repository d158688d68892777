"""MARKET orders: the sample of faqs/market_orders_faq.md (docs of 2026-07-21, read 2026-11-24), and orders by quote
quantity (rest-api.md "New order", read 2026-11-24)."""

from dataclasses import replace

import pytest

from binance_mcp_server.exchange.engine.commission import CommissionRates, Rates
from binance_mcp_server.exchange.engine.events import Execution, Position
from binance_mcp_server.exchange.engine.orders import Expiry, Status, Stp
from binance_mcp_server.exchange.engine.refusals import RefusedError
from tests.exchange.engine.stage import ANN, BEN, Stage, amount, rules_of, short


def test_the_sample_of_an_order_that_the_book_cannot_fill() -> None:
    """LTCBNB: 6 wanted, 2 and 2 there at 1; 0.001 BNB commission a fill, paid beside what it brings in."""
    rates = CommissionRates(standard=Rates(maker=100_000, taker=100_000), discount=50_000_000)
    stage = Stage(rules_of("LTCBNB", "LTC", "BNB"), rates=rates)
    stage.venue.accounts[ANN].bnb_burn = True
    stage.facts.last["LTCBNB"] = amount("1")
    for _ in range(2):
        stage.crowd("SELL 2 @ 1")
    stage.venue._desks["LTCBNB"].executions = 61
    order = stage.place("BUY MARKET 6")
    assert (order.status, order.expiry) == (Status.EXPIRED, Expiry.NO_LIQUIDITY)
    assert [short(each) for each in (order.price, order.qty, order.executed)] == ["0", "6", "4"]
    assert [
        (short(fill.qty), short(fill.commission), fill.commission_asset) for fill in order.fills
    ] == [("2", "0.001", "BNB")] * 2
    reports = [event for event in stage.events if isinstance(event, Execution)]
    assert [(each.id, each.kind, each.order.status, each.on_book) for each in reports] == [
        (62, "NEW", "NEW", True),
        (63, "TRADE", "PARTIALLY_FILLED", False),
        (65, "TRADE", "PARTIALLY_FILLED", False),
        (67, "EXPIRED", "EXPIRED", False),
    ]
    assert isinstance(stage.events[-1], Position)
    assert [asset for asset, _, _ in stage.events[-1].balances] == ["LTC", "BNB"]
    stage.check()


def test_an_empty_book_fills_nothing() -> None:
    order = Stage().place("BUY MARKET 1")
    assert (order.status, order.expiry, order.fills) == (Status.EXPIRED, Expiry.NO_LIQUIDITY, [])


# --- by quote quantity


@pytest.fixture
def stage() -> Stage:
    """Lots of 0.1; asks at 10, 11, bids at 9, 8, 2 of each."""
    stage = Stage(replace(rules_of(), step=amount("0.1"), min_qty=amount("0.1")))
    for words in ("SELL 2 @ 10", "SELL 2 @ 11", "BUY 2 @ 9", "BUY 2 @ 8"):
        stage.crowd(words)
    return stage


@pytest.mark.parametrize(
    ("side", "quote", "qty", "turnover"),
    [
        ("BUY", "20", "2", "20"),
        ("BUY", "25.5", "2.5", "25.5"),
        ("BUY", "26", "2.5", "25.5"),
        ("SELL", "18", "2", "18"),
        ("SELL", "19", "2.1", "18.8"),
    ],
)
def test_it_comes_as_near_as_whole_lots_allow(
    stage: Stage, side: str, quote: str, qty: str, turnover: str
) -> None:
    order = stage.place(f"{side} MARKET 0", quote_qty=quote)
    assert (order.status, short(order.qty), short(order.executed)) == (Status.FILLED, qty, qty)
    assert short(order.quote // 10**8) == turnover
    stage.check()


def test_a_book_that_ends_before_the_money_does_leaves_the_order_expired(stage: Stage) -> None:
    order = stage.place("BUY MARKET 0", quote_qty="53")
    assert (order.status, order.expiry) == (Status.EXPIRED, Expiry.NO_LIQUIDITY)
    assert (short(order.executed), short(order.qty)) == ("4", "5")
    stage.check()


@pytest.mark.parametrize(("side", "quote"), [("BUY", "1000000.1"), ("SELL", "1000001")])
def test_it_needs_the_balance(stage: Stage, side: str, quote: str) -> None:
    stage.venue.withdraw(ANN, "BTC", amount("999999"), stage.now)
    enough = {"BUY": "30", "SELL": "9"}[side]
    wanted = quote if side == "BUY" else "20"
    with pytest.raises(RefusedError, match="insufficient balance"):
        stage.place(f"{side} MARKET 0", quote_qty=wanted)
    assert stage.place(f"{side} MARKET 0", quote_qty=enough).status is Status.FILLED


def test_too_little_money_for_a_lot_is_refused(stage: Stage) -> None:
    with pytest.raises(RefusedError, match="Filter failure: LOT_SIZE"):
        stage.place("BUY MARKET 0", quote_qty="0.9")


def test_an_empty_book_refuses_it() -> None:
    with pytest.raises(RefusedError, match="liquidity is less than symbol minimum quantity"):
        Stage().place("BUY MARKET 0", quote_qty="5")


def test_a_thin_book_refuses_it() -> None:
    stage = Stage(replace(rules_of(), min_qty=amount("1")))
    stage.crowd("SELL 0.5 @ 10")
    with pytest.raises(RefusedError, match="liquidity is less than LOT_SIZE filter minimum"):
        stage.place("BUY MARKET 0", quote_qty="50")


@pytest.mark.parametrize("mode", list(Stp))
def test_own_orders_in_its_way_break_nothing(stage: Stage, mode: Stp) -> None:
    stage.place("SELL LIMIT 1 @ 9.5")
    stage.place("BUY LIMIT 1 @ 9.4")
    for side in ("BUY", "SELL"):
        order = stage.place(f"{side} MARKET 0", quote_qty="30", stp=mode)
        assert not order.status.is_open
        stage.check()


def test_somebody_elses_stop_takes_only_what_is_left(stage: Stage) -> None:
    stop = stage.place("BUY STOP_LOSS 3", BEN, stop_price="10")
    stage.place("BUY MARKET 0", quote_qty="20")
    assert (short(stop.executed), stop.expiry) == ("2", Expiry.NO_LIQUIDITY)
    stage.check()
