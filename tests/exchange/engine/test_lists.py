"""Order lists: OCO, OTO, OTOCO (rest-api.md "Order lists") and OPO, OPOCO (faqs/opo.md); docs of 2026-07-21, read
2026-11-24."""

from dataclasses import replace
from typing import Any

import pytest

from binance_mcp_server.exchange.engine.commission import CommissionRates, Rates
from binance_mcp_server.exchange.engine.events import ExecType
from binance_mcp_server.exchange.engine.ladder import Side
from binance_mcp_server.exchange.engine.orders import (
    Expiry,
    ListKind,
    ListStatus,
    NewList,
    OrderList,
    Status,
    Stp,
)
from binance_mcp_server.exchange.engine.refusals import RefusedError
from tests.exchange.engine.stage import ANN, BEN, IOC, Stage, amount, rules_of, short


@pytest.fixture
def stage() -> Stage:
    stage = Stage()
    stage.traded("10")
    return stage


def oco(stage: Stage, side: str = "SELL", qty: str = "5") -> OrderList:
    """A LIMIT_MAKER at 12 (or 8) and a stop at 9 (or 11)."""
    limit, stop, price = ("12", "9", "8.5") if side == "SELL" else ("8", "11", "11.5")
    pair = [
        stage.order(f"{side} LIMIT_MAKER {qty} @ {limit}"),
        stage.order(f"{side} STOP_LOSS_LIMIT {qty} @ {price}", stop_price=stop),
    ]
    return stage.place_list(ListKind.OCO, *(pair if side == "SELL" else reversed(pair)))


def ends(its: OrderList) -> list[tuple[Status, Expiry | None]]:
    return [(order.status, order.expiry) for order in its.orders]


# --- OCO


def test_a_pair_holds_what_one_of_them_needs(stage: Stage) -> None:
    oco(stage)
    assert stage.balance(ANN, "BTC") == ("999995", "5")
    oco(stage, "BUY")
    assert stage.balance(ANN, "USDT")[1] == "57.5"
    stage.check()


def test_the_list_is_told_after_its_orders(stage: Stage) -> None:
    its = oco(stage)
    assert stage.told() == ["1 NEW NEW", "2 NEW NEW", "list 1 EXEC_STARTED"]
    stop, limit = its.orders[1], its.orders[0]
    assert [each.on_book for each in stage.executions(ExecType.NEW)] == [True, False]
    assert (limit.is_working, stop.is_working) == (True, False)


def test_a_first_fill_of_the_limit_cancels_the_stop(stage: Stage) -> None:
    its = oco(stage)
    stage.place("BUY LIMIT 1 @ 12", BEN)
    assert ends(its) == [(Status.PARTIALLY_FILLED, None), (Status.EXPIRED, Expiry.OCO_TRIGGER)]
    assert stage.told()[3:] == ["2 EXPIRED EXPIRED", "1 TRADE PARTIALLY_FILLED"]
    assert its.status is ListStatus.EXEC_STARTED
    stage.place("BUY LIMIT 4 @ 12", BEN)
    assert stage.told()[-2:] == ["1 TRADE FILLED", "list 1 ALL_DONE"]
    stage.check()


@pytest.mark.parametrize("side", ["SELL", "BUY"])
def test_a_triggered_stop_cancels_the_limit(stage: Stage, side: str) -> None:
    its = oco(stage, side)
    stage.traded("9" if side == "SELL" else "11")
    limit, stop = sorted(its.orders, key=lambda order: order.type.is_contingent)
    assert (limit.expiry, stop.is_triggered, stop.status) == (
        Expiry.OCO_TRIGGER,
        True,
        Status.NEW,
    )
    assert stage.queue(Side(side)) == [(short(stop.price), "5", stop.id)]
    stage.check()


@pytest.mark.parametrize("which", [0, 1])
def test_cancelling_one_cancels_the_list(stage: Stage, which: int) -> None:
    its = oco(stage)
    assert stage.cancel(its.orders[which], new_client_id="c") is its
    assert ends(its) == [(Status.CANCELED, None)] * 2
    assert {order.client_id for order in its.orders} == {"c"}
    assert stage.told()[3:] == ["1 CANCELED CANCELED", "2 CANCELED CANCELED", "list 1 ALL_DONE"]
    assert stage.balance(ANN, "BTC") == ("1000000", "0")


def test_the_end_of_the_day_ends_a_list(stage: Stage) -> None:
    its = otoco(stage)
    stage.venue.set_status("BTCUSDT", "END_OF_DAY", stage.now)
    assert ends(its) == [(Status.EXPIRED, Expiry.EXCHANGE_CANCELED)] * 3
    assert stage.told()[-1] == "list 1 ALL_DONE"
    stage.check()


def test_a_list_can_be_cancelled_by_its_name_and_only_once(stage: Stage) -> None:
    its = oco(stage)
    said = (ANN, "BTCUSDT", stage.now)
    assert stage.venue.cancel_list(*said, client_id=its.client_id) is its
    with pytest.raises(RefusedError, match="Unknown order sent"):
        stage.venue.cancel_list(*said, list_id=its.id)
    with pytest.raises(RefusedError, match="Order list does not exist"):
        stage.venue.list_(BEN, list_id=its.id)


def test_a_limit_that_self_trade_prevention_ends_takes_the_stop_along(stage: Stage) -> None:
    its = oco(stage)
    stage.place("BUY LIMIT 5 @ 12", stp=Stp.EXPIRE_MAKER)
    assert ends(its) == [
        (Status.EXPIRED_IN_MATCH, None),
        (Status.EXPIRED, Expiry.OCO_TRIGGER),
    ]
    stage.check()


def test_a_limit_that_loses_quantity_to_prevention_is_alone_from_then_on(stage: Stage) -> None:
    """Otherwise the stop would be left with more than the pair has."""
    its = oco(stage)
    stage.place("BUY LIMIT 2 @ 12", stp=Stp.DECREMENT)
    assert ends(its) == [(Status.NEW, None), (Status.EXPIRED, Expiry.OCO_TRIGGER)]
    assert stage.balance(ANN, "BTC")[1] == "3"
    stage.check()


def test_commission_never_comes_from_what_an_order_needs() -> None:
    """All BNB is held by the pair, and 0.05 of it is over when the limit trades: too little for 0.375 of commission."""
    stage = Stage(rules_of("LTCBNB", "LTC", "BNB"), rates=TENTH)
    stage.venue.accounts[ANN].bnb_burn = True
    stage.facts.last["LTCBNB"] = amount("5")
    stage.traded("5")
    stage.venue.withdraw(ANN, "BNB", amount("999995.05"), stage.now)
    stage.place_list(
        ListKind.OCO,
        stage.order("BUY STOP_LOSS_LIMIT 1 @ 4.95", stop_price="6"),
        stage.order("BUY LIMIT_MAKER 1 @ 4.9"),
    )
    stage.place("SELL LIMIT 1 @ 4.9", BEN)
    (fill,) = stage.venue.fills(ANN, "LTCBNB")
    assert (fill.commission_asset, stage.balance(ANN, "BNB")) == ("LTC", ("0.05", "0"))
    stage.check()


def test_two_stops_make_a_pair_too(stage: Stage) -> None:
    its = stage.place_list(
        ListKind.OCO,
        stage.order("SELL TAKE_PROFIT 5", stop_price="12"),
        stage.order("SELL STOP_LOSS 5", stop_price="9"),
    )
    stage.crowd("BUY 9 @ 11")
    stage.traded("12")
    assert ends(its) == [(Status.FILLED, None), (Status.EXPIRED, Expiry.OCO_TRIGGER)]
    stage.check()


@pytest.mark.parametrize(
    ("above", "below"),
    [
        (("SELL LIMIT_MAKER 1 @ 8", {}), ("SELL STOP_LOSS 1", {"stop_price": "9"})),
        (("SELL LIMIT_MAKER 1 @ 12", {}), ("SELL STOP_LOSS 1", {"stop_price": "11"})),
        (("SELL LIMIT_MAKER 1 @ 9.5", {}), ("SELL STOP_LOSS 1", {"stop_price": "9"})),
        (("BUY STOP_LOSS 1", {"stop_price": "9"}), ("BUY LIMIT_MAKER 1 @ 8", {})),
    ],
)
def test_the_last_price_must_lie_between(
    stage: Stage, above: tuple[str, dict[str, Any]], below: tuple[str, dict[str, Any]]
) -> None:
    legs = (stage.order(words, **more) for words, more in (above, below))
    with pytest.raises(RefusedError, match="relationship of the prices") as refused:
        stage.place_list(ListKind.OCO, *legs)
    assert (refused.value.code, refused.value.reason) == (-2010, "OCO_BAD_PRICES")
    assert (stage.events, stage.venue.lists(ANN)) == ([], ())


def test_a_refused_list_leaves_nothing_locked(stage: Stage) -> None:
    with pytest.raises(RefusedError, match="insufficient balance"):
        stage.place_list(
            ListKind.OTO,
            stage.order("BUY LIMIT 1 @ 1"),
            stage.order("SELL LIMIT 1000001 @ 1"),
        )
    assert stage.balance(ANN, "USDT") == ("1000000", "0")
    assert stage.venue.open_orders(ANN) == []
    stage.traded("10")
    assert stage.events == []
    stage.check()


def test_names_of_lists_and_of_their_orders_are_taken_while_they_are_open(stage: Stage) -> None:
    def place(name: str, leg: str) -> OrderList:
        orders = (
            stage.order("BUY LIMIT 1 @ 1", client_id=leg),
            stage.order("BUY LIMIT 1 @ 1"),
        )
        asked = NewList(symbol="BTCUSDT", kind=ListKind.OTO, orders=orders, client_id=name)
        return stage.venue.place_list(ANN, asked, stage.now)

    place("list", "leg")
    for name, leg in (("list", ""), ("", "leg")):
        with pytest.raises(RefusedError, match="Duplicate order sent"):
            place(name, leg)
    stage.venue.cancel_list(ANN, "BTCUSDT", stage.now, client_id="list")
    place("list", "leg")


# --- OTO, OTOCO


def oto(stage: Stage, pending: str = "SELL LIMIT 5 @ 12", **more: Any) -> OrderList:
    return stage.place_list(
        ListKind.OTO, stage.order("BUY LIMIT 5 @ 9"), stage.order(pending, **more)
    )


def test_a_pending_order_waits_for_the_working_one_to_be_filled(stage: Stage) -> None:
    its = oto(stage)
    working, pending = its.orders
    assert (working.status, pending.status) == (Status.NEW, Status.PENDING_NEW)
    assert stage.told() == ["1 NEW NEW", "2 NEW PENDING_NEW", "list 1 EXEC_STARTED"]
    stage.place("SELL LIMIT 3 @ 9", BEN)
    assert pending.status is Status.PENDING_NEW
    stage.place("SELL LIMIT 2 @ 9", BEN)
    assert (working.status, pending.status) == (Status.FILLED, Status.NEW)
    assert stage.queue(Side.SELL) == [("12", "5", pending.id)]
    stage.check()


def test_the_answer_shows_it_pending_though_the_working_one_was_filled_at_once(
    stage: Stage,
) -> None:
    stage.crowd("SELL 5 @ 9")
    orders = (stage.order("BUY LIMIT 5 @ 9"), stage.order("SELL LIMIT 5 @ 12"))
    asked = NewList(symbol="BTCUSDT", kind=ListKind.OTO, orders=orders)
    shown = stage.venue.place_list(ANN, asked, stage.now)
    assert [order.status for order in shown.orders] == [Status.FILLED, Status.PENDING_NEW]
    assert len(shown.orders[0].fills) == 1
    assert [order.status for order in stage.venue.lists(ANN)[0].orders] == [
        Status.FILLED,
        Status.NEW,
    ]


def test_both_hold_their_funds_from_the_beginning(stage: Stage) -> None:
    oto(stage)
    assert (stage.balance(ANN, "USDT")[1], stage.balance(ANN, "BTC")[1]) == ("45", "5")


@pytest.mark.parametrize("which", [0, 1])
def test_cancelling_either_ends_both(stage: Stage, which: int) -> None:
    its = oto(stage)
    stage.cancel(its.orders[which])
    assert ends(its) == [(Status.CANCELED, None)] * 2
    stage.check()


def test_a_working_order_that_expires_takes_the_pending_ones_along(stage: Stage) -> None:
    stage.crowd("SELL 1 @ 9")
    its = stage.place_list(
        ListKind.OTO,
        stage.order("BUY LIMIT 5 @ 9", tif=IOC),
        stage.order("SELL LIMIT 5 @ 12"),
    )
    assert ends(its) == [
        (Status.EXPIRED, Expiry.UNFILLED_IOC),
        (Status.EXPIRED, Expiry.OTO_PHASE_ONE_EXPIRED),
    ]
    assert stage.told()[-1] == "list 1 ALL_DONE"
    stage.check()


@pytest.mark.parametrize(
    ("pending", "more"),
    [
        ("SELL LIMIT_MAKER 5 @ 7", {}),
        ("SELL STOP_LOSS 5", {"stop_price": "9.5"}),
    ],
)
def test_a_pending_order_that_cannot_enter_is_rejected(
    stage: Stage, pending: str, more: dict[str, Any]
) -> None:
    its = oto(stage, pending, **more)
    stage.crowd("BUY 1 @ 8")
    stage.venue.fill_now(its.orders[0], stage.now)
    assert ends(its)[1] == (Status.EXPIRED, Expiry.REJECTED)
    assert its.status is ListStatus.ALL_DONE
    stage.check()


def test_a_pending_market_order_trades_at_once(stage: Stage) -> None:
    its = oto(stage, "SELL MARKET 5")
    stage.crowd("BUY 9 @ 8")
    stage.venue.fill_now(its.orders[0], stage.now)
    assert ends(its) == [(Status.FILLED, None)] * 2
    assert stage.balance(ANN, "BTC") == ("1000000", "0")
    stage.check()


def otoco(stage: Stage) -> OrderList:
    return stage.place_list(
        ListKind.OTOCO,
        stage.order("BUY LIMIT 5 @ 10"),
        stage.order("SELL LIMIT_MAKER 5 @ 12"),
        stage.order("SELL STOP_LOSS_LIMIT 5 @ 8", stop_price="9"),
    )


def test_the_pair_enters_together_and_is_one_from_then_on(stage: Stage) -> None:
    its = otoco(stage)
    assert stage.balance(ANN, "BTC")[1] == "5"
    stage.venue.fill_now(its.orders[0], stage.now)
    assert [order.status for order in its.orders[1:]] == [Status.NEW] * 2
    stage.check()
    stage.traded("9")
    assert ends(its)[1] == (Status.EXPIRED, Expiry.OCO_TRIGGER)
    assert its.orders[2].status is Status.NEW
    stage.check()


def test_a_pair_of_which_one_cannot_enter_ends_whole(stage: Stage) -> None:
    its = otoco(stage)
    stage.crowd("BUY 1 @ 9")
    stage.traded("8.9")
    stage.venue.fill_resting("BTCUSDT", (1 << 48) + 1, amount("5"), 9, stage.now)
    stage.traded("8.9")
    assert ends(its)[1:] == [
        (Status.EXPIRED, Expiry.OCO_TRIGGER),
        (Status.EXPIRED, Expiry.REJECTED),
    ]
    stage.check()


# --- OPO, OPOCO


TENTH = CommissionRates(standard=Rates(maker=10_000_000, taker=10_000_000))
"""10 %, so that it is seen."""


def opo(stage: Stage, pending: str = "SELL LIMIT 0 @ 12") -> OrderList:
    return stage.place_list(ListKind.OPO, stage.order("BUY LIMIT 5 @ 9"), stage.order(pending))


def test_the_pending_order_needs_no_balance_and_has_no_quantity_yet(stage: Stage) -> None:
    stage.venue.withdraw(ANN, "BTC", amount("1000000"), stage.now)
    its = opo(stage)
    assert (its.orders[1].qty, stage.balance(ANN, "BTC")) == (0, ("0", "0"))


def test_what_comes_in_is_locked_and_sold_when_all_of_it_is_there(stage: Stage) -> None:
    pending = opo(stage).orders[1]
    stage.place("SELL LIMIT 3 @ 9", BEN)
    assert (stage.balance(ANN, "BTC"), pending.status) == (("1000000", "3"), Status.PENDING_NEW)
    stage.place("SELL LIMIT 2 @ 9", BEN)
    assert (pending.status, short(pending.qty)) == (Status.NEW, "5")
    assert stage.queue(Side.SELL) == [("12", "5", pending.id)]
    stage.check()


def test_what_came_in_is_free_again_when_the_list_is_cancelled(stage: Stage) -> None:
    its = opo(stage)
    stage.place("SELL LIMIT 3 @ 9", BEN)
    stage.cancel(its.orders[0])
    assert stage.balance(ANN, "BTC") == ("1000003", "0")
    stage.check()


@pytest.mark.parametrize(("others", "qty"), [("1000000", "4.5"), ("999999.6", "4.5"), ("0", "5")])
def test_commission_comes_from_free_funds_if_there_are_enough(others: str, qty: str) -> None:
    """*others*: what of the million BTC is taken away before."""
    stage = Stage(rates=TENTH)
    stage.venue.withdraw(ANN, "BTC", amount(others), stage.now)
    its = opo(stage)
    stage.venue.fill_now(its.orders[0], stage.now)
    assert short(its.orders[1].qty) == qty
    stage.check()


def test_commission_in_bnb_from_bnb_that_came_in_is_deducted() -> None:
    stage = Stage(rules_of("BNBUSDT", "BNB"), rates=TENTH)
    its = opo(stage)
    stage.venue.fill_now(its.orders[0], stage.now)
    assert short(its.orders[1].qty) == "4.5"
    stage.check()


def test_the_quantity_is_cut_to_whole_lots_and_the_rest_is_free() -> None:
    stage = Stage(replace(rules_of(), step=amount("1")), rates=TENTH)
    stage.venue.withdraw(ANN, "BTC", amount("1000000"), stage.now)
    its = opo(stage)
    stage.venue.fill_now(its.orders[0], stage.now)
    assert short(its.orders[1].qty) == "4"
    assert stage.balance(ANN, "BTC") == ("0.5", "4")
    stage.check()


def test_a_quantity_that_the_filters_do_not_admit_is_rejected() -> None:
    stage = Stage(replace(rules_of(), min_notional=amount("50")))
    its = stage.place_list(
        ListKind.OPO, stage.order("BUY LIMIT 5 @ 10"), stage.order("SELL LIMIT 0 @ 9.9")
    )
    stage.venue.fill_now(its.orders[0], stage.now)
    assert ends(its)[1] == (Status.EXPIRED, Expiry.REJECTED)
    assert stage.balance(ANN, "BTC") == ("1000005", "0")
    stage.check()


def test_the_pair_of_an_opoco_sells_what_came_in_once(stage: Stage) -> None:
    its = stage.place_list(
        ListKind.OPOCO,
        stage.order("BUY LIMIT 5 @ 10"),
        stage.order("SELL LIMIT_MAKER 0 @ 12"),
        stage.order("SELL STOP_LOSS_LIMIT 0 @ 8", stop_price="9"),
    )
    stage.venue.fill_now(its.orders[0], stage.now)
    assert [short(order.qty) for order in its.orders[1:]] == ["5", "5"]
    assert stage.balance(ANN, "BTC") == ("1000000", "5")
    stage.place("BUY LIMIT 5 @ 12", BEN)
    assert ends(its)[1:] == [(Status.FILLED, None), (Status.EXPIRED, Expiry.OCO_TRIGGER)]
    stage.check()


@pytest.mark.parametrize(
    ("off", "kind", "text"),
    [
        ({"oco": False}, ListKind.OPOCO, "OCO orders are not supported for this symbol"),
        ({"oto": False}, ListKind.OPO, "OTO orders are not supported for this symbol."),
        ({"opo": False}, ListKind.OPO, "OPO orders are not supported for this symbol."),
    ],
)
def test_a_symbol_may_not_offer_them(off: dict[str, Any], kind: ListKind, text: str) -> None:
    stage = Stage(rules_of(**off))
    with pytest.raises(RefusedError) as refused:
        stage.place_list(kind, stage.order("BUY LIMIT 5 @ 9"), stage.order("SELL LIMIT 0 @ 9"))
    assert refused.value.text == text


def test_an_account_has_only_so_many_lists(stage: Stage) -> None:
    limited = Stage(rules_of(max_lists=1))
    its = oto(limited)
    with pytest.raises(RefusedError, match="MAX_NUM_ORDER_LISTS"):
        oto(limited)
    limited.cancel(its.orders[0])
    assert [each.id for each in limited.venue.open_lists(ANN)] == []
    oto(limited)
