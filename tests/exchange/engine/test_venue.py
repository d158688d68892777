"""Orders of accounts from their arrival to their end: who trades, what is paid, what is told, what is refused."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from binance_mcp_server.exchange.engine.events import ExecType, Position, Printed
from binance_mcp_server.exchange.engine.ladder import Order, Side
from binance_mcp_server.exchange.engine.orders import ABSENT, Expiry, Status
from binance_mcp_server.exchange.engine.refusals import RefusedError
from tests.exchange.engine.stage import ANN, BEN, CID, FOK, IOC, NOW, Stage, amount, rules_of


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_two_accounts_trade_and_both_are_paid(stage: Stage) -> None:
    sale = stage.place("SELL LIMIT 2 @ 100", BEN)
    buy = stage.place("BUY LIMIT 3 @ 101")
    assert (sale.status, buy.status) == (Status.FILLED, Status.PARTIALLY_FILLED)
    assert stage.balance(ANN, "BTC") == ("1000002", "0")
    assert stage.balance(ANN, "USDT") == ("999699", "101")
    assert stage.balance(BEN, "USDT") == ("1000200", "0")
    assert [(fill.is_maker, fill.is_buyer) for fill in (*sale.fills, *buy.fills)] == [
        (True, False),
        (False, True),
    ]
    stage.check()


def test_price_and_time_decide_who_trades_first(stage: Stage) -> None:
    late = stage.place("SELL LIMIT 1 @ 100", BEN)
    stage.crowd("SELL 1 @ 100")
    stage.place("SELL LIMIT 1 @ 99", CID)
    last = stage.place("SELL LIMIT 1 @ 100", CID)
    buy = stage.place("BUY MARKET 3")
    assert [amount("99"), amount("100"), amount("100")] == [fill.price for fill in buy.fills]
    assert (late.status, last.status) == (Status.FILLED, Status.NEW)


def test_what_a_limit_order_does_not_trade_rests_and_holds_its_price(stage: Stage) -> None:
    order = stage.place("BUY LIMIT 1.5 @ 10")
    assert (order.is_working, order.working_time) == (True, stage.now)
    assert stage.balance(ANN, "USDT") == ("999985", "15")
    assert stage.queue(Side.BUY) == [("10", "1.5", order.id)]


def test_what_a_purchase_holds_is_rounded_up(stage: Stage) -> None:
    stage.place("BUY LIMIT 0.00000003 @ 0.5")
    assert stage.balance(ANN, "USDT")[1] == "0.00000002"


def test_an_ioc_order_expires_with_what_it_could_not_trade(stage: Stage) -> None:
    stage.crowd("SELL 1 @ 100")
    order = stage.place("BUY LIMIT 3 @ 100", tif=IOC)
    assert (order.status, order.expiry, order.executed) == (
        Status.EXPIRED,
        Expiry.UNFILLED_IOC,
        amount("1"),
    )
    assert stage.queue(Side.BUY) == []
    stage.check()


def test_a_fok_order_trades_whole_or_not_at_all(stage: Stage) -> None:
    stage.crowd("SELL 1 @ 100")
    stage.crowd("SELL 1 @ 101")
    short = stage.place("BUY LIMIT 2 @ 100", tif=FOK)
    assert (short.status, short.expiry, short.executed) == (
        Status.EXPIRED,
        Expiry.UNFILLED_FOK,
        0,
    )
    assert stage.place("BUY LIMIT 2 @ 101", tif=FOK).status is Status.FILLED


def test_a_maker_that_would_take_is_refused(stage: Stage) -> None:
    stage.crowd("SELL 1 @ 100")
    with pytest.raises(RefusedError, match="immediately match and take") as refused:
        stage.place("BUY LIMIT_MAKER 1 @ 100")
    assert (refused.value.code, refused.value.reason) == (-2010, "WOULD_MATCH_IMMEDIATELY")
    assert stage.place("BUY LIMIT_MAKER 1 @ 99").status is Status.NEW


def test_an_iceberg_shows_a_part_and_queues_again(stage: Stage) -> None:
    iceberg = stage.place("SELL LIMIT 5 @ 100", BEN, iceberg_qty="2")
    other = stage.place("SELL LIMIT 1 @ 100", CID)
    assert stage.queue(Side.SELL) == [("100", "2", iceberg.id), ("100", "1", other.id)]
    stage.place("BUY MARKET 2")
    assert stage.queue(Side.SELL) == [("100", "1", other.id), ("100", "2", iceberg.id)]
    stage.place("BUY MARKET 4")
    assert (iceberg.status, other.status) == (Status.FILLED, Status.FILLED)
    assert [fill.qty for fill in iceberg.fills] == [amount("2"), amount("2"), amount("1")]


def test_an_account_has_only_so_many_icebergs() -> None:
    stage = Stage(rules_of(max_iceberg_orders=1))
    order = stage.place("SELL LIMIT 5 @ 100", iceberg_qty="2")
    stage.place("SELL LIMIT 5 @ 100")
    with pytest.raises(RefusedError, match="MAX_NUM_ICEBERG_ORDERS"):
        stage.place("SELL LIMIT 5 @ 100", iceberg_qty="2")
    stage.cancel(order)
    stage.place("SELL LIMIT 5 @ 100", iceberg_qty="2")


def test_the_market_fills_resting_orders_of_accounts(stage: Stage) -> None:
    book = stage.venue.book("BTCUSDT")
    stage.crowd("BUY 1 @ 100")
    order = stage.place("BUY LIMIT 2 @ 100")
    fills = book.market(7_000, Side.SELL, amount("2"))
    assert [fill.is_of_account for fill in fills] == [False, True]
    stage.venue.filled("BTCUSDT", fills[1], 501, stage.now)
    stage.traded("100")
    assert (order.status, order.executed) == (Status.PARTIALLY_FILLED, amount("1"))
    assert [fill.id for fill in order.fills] == [501]
    (fill,) = book.limit(Order(7_001, Side.SELL, amount("99"), amount("5")))
    stage.venue.filled("BTCUSDT", fill, 502, stage.now)
    stage.traded("100")
    assert order.status is Status.FILLED
    stage.check()


def test_a_resting_order_can_be_filled_by_a_model(stage: Stage) -> None:
    order = stage.place("SELL LIMIT 2 @ 100")
    key = next(iter(stage.venue.book("BTCUSDT").orders))
    stage.venue.fill_resting("BTCUSDT", key, amount("0.5"), 77, stage.now)
    assert (order.executed, order.fills[0].id) == (amount("0.5"), 77)
    assert not [event for event in stage.events if isinstance(event, Printed)]
    stage.venue.fill_now(order, stage.now)
    assert order.status is Status.FILLED
    assert [event.qty for event in stage.events if isinstance(event, Printed)] == [amount("1.5")]
    stage.check()


# --- what is told


def test_executions_come_in_order_and_balances_last(stage: Stage) -> None:
    stage.place("SELL LIMIT 1 @ 100", BEN)
    del stage.events[:]
    stage.place("BUY LIMIT 2 @ 100")
    kinds = [str(getattr(event, "kind", type(event).__name__)) for event in stage.events]
    assert kinds == [
        ExecType.NEW,
        ExecType.TRADE,
        ExecType.TRADE,
        "Printed",
        "Position",
        "Position",
    ]
    position = stage.events[-2]
    assert isinstance(position, Position)
    assert position.balances == (
        ("BTC", amount("1000001"), 0),
        ("USDT", amount("999800"), amount("100")),
    )


def test_a_report_keeps_the_order_as_it_was(stage: Stage) -> None:
    order = stage.place("BUY LIMIT 1 @ 100")
    stage.cancel(order, new_client_id="gone")
    first, last = stage.executions(ExecType.NEW)[0], stage.executions(ExecType.CANCELED)[0]
    assert (first.order.status, first.on_book) == (Status.NEW, True)
    assert (last.order.client_id, last.on_book) == ("gone", False)
    assert last.previous_client_id == first.order.client_id


def test_a_refusal_in_a_cancel_replace_is_told(stage: Stage) -> None:
    asked = stage.order("BUY LIMIT 5000000 @ 1", client_id="new")
    with pytest.raises(RefusedError) as refused:
        stage.venue.place(ANN, asked, NOW)
    stage.venue.rejected(ANN, asked, refused.value, NOW)
    (report,) = stage.executions(ExecType.REJECTED)
    assert (report.reason, report.order.status) == ("INSUFFICIENT_BALANCES", Status.REJECTED)
    assert (report.order.client_id, report.order.id) == ("new", ABSENT)


# --- cancelling and looking


def test_a_cancelled_order_gives_back_what_it_held(stage: Stage) -> None:
    order = stage.place("BUY LIMIT 1 @ 100", client_id="mine")
    assert stage.cancel(order) is order
    assert (order.status, stage.balance(ANN, "USDT")) == (Status.CANCELED, ("1000000", "0"))
    assert stage.venue.order(ANN, "BTCUSDT", client_id="mine") is order
    with pytest.raises(RefusedError, match="Unknown order sent") as refused:
        stage.cancel(order)
    assert refused.value.code == -2011


def test_cancelling_can_be_restricted_to_a_status(stage: Stage) -> None:
    order = stage.place("BUY LIMIT 1 @ 100")
    with pytest.raises(RefusedError, match="not canceled due to cancel restrictions"):
        stage.cancel(order, only=Status.PARTIALLY_FILLED)
    assert stage.cancel(order, only=Status.NEW) is order


def test_all_open_orders_go_at_once_but_there_must_be_some(stage: Stage) -> None:
    for price in ("90", "91"):
        stage.place(f"BUY LIMIT 1 @ {price}")
    gone = stage.venue.cancel_all(ANN, "BTCUSDT", stage.now)
    assert len(gone) == 2
    with pytest.raises(RefusedError, match="Unknown order sent"):
        stage.venue.cancel_all(ANN, "BTCUSDT", stage.now)


def test_orders_are_the_accounts_own(stage: Stage) -> None:
    order = stage.place("BUY LIMIT 1 @ 100")
    with pytest.raises(RefusedError, match="Order does not exist") as refused:
        stage.venue.order(BEN, "BTCUSDT", order_id=order.id)
    assert refused.value.code == -2013
    with pytest.raises(RefusedError, match="Unknown order sent"):
        stage.venue.cancel(BEN, "BTCUSDT", stage.now, order_id=order.id)
    assert stage.venue.orders(BEN, "BTCUSDT") == ()


def test_two_ids_must_be_of_one_order(stage: Stage) -> None:
    one, other = (stage.place("BUY LIMIT 1 @ 100", client_id=name) for name in ("a", "b"))
    assert stage.venue.order(ANN, "BTCUSDT", order_id=one.id, client_id="a") is one
    with pytest.raises(RefusedError, match="not correct for this order ID") as refused:
        stage.venue.order(ANN, "BTCUSDT", order_id=one.id, client_id=other.client_id)
    assert refused.value.code == -2039


def test_a_client_id_is_free_again_when_its_order_has_ended(stage: Stage) -> None:
    first = stage.place("BUY LIMIT 1 @ 100", client_id="mine")
    with pytest.raises(RefusedError, match="Duplicate order sent"):
        stage.place("BUY LIMIT 1 @ 100", client_id="mine")
    stage.place("BUY LIMIT 1 @ 100", BEN, client_id="mine")
    stage.cancel(first)
    second = stage.place("BUY LIMIT 1 @ 100", client_id="mine")
    assert stage.venue.order(ANN, "BTCUSDT", client_id="mine") is second


def test_the_venue_makes_client_ids_that_do_not_repeat(stage: Stage) -> None:
    names = {stage.place("BUY LIMIT 1 @ 1").client_id for _ in range(100)}
    assert len(names) == 100
    assert {len(name) for name in names} == {22}


# --- refusals


@pytest.mark.parametrize(
    ("words", "more"),
    [
        ("BUY LIMIT 1 @ 1000001", {}),
        ("SELL LIMIT 1000001 @ 1", {}),
        ("SELL STOP_LOSS 1000001", {"stop_price": "1"}),
        ("BUY STOP_LOSS_LIMIT 1 @ 1000001", {"stop_price": "1"}),
    ],
)
def test_who_has_too_little_is_refused_and_nothing_changes(
    stage: Stage, words: str, more: dict[str, Any]
) -> None:
    with pytest.raises(RefusedError, match="insufficient balance") as refused:
        stage.place(words, **more)
    assert (refused.value.code, refused.value.reason) == (-2010, "INSUFFICIENT_BALANCES")
    assert (stage.events, stage.venue.orders(ANN, "BTCUSDT")) == ([], ())


def test_a_market_order_needs_the_balance_for_the_book_as_it_is(stage: Stage) -> None:
    stage.crowd("SELL 1 @ 1000000")
    stage.crowd("SELL 1 @ 1000001")
    with pytest.raises(RefusedError, match="insufficient balance"):
        stage.place("BUY MARKET 2")
    assert stage.place("BUY MARKET 1").status is Status.FILLED
    stage.check()


@pytest.mark.parametrize(
    ("status", "places", "cancels"),
    [
        ("HALT", False, False),
        ("BREAK", False, False),
        ("CANCEL_ONLY", False, True),
        ("TRADING", True, True),
    ],
)
def test_a_status_says_what_may_be_done(
    stage: Stage, status: str, *, places: bool, cancels: bool
) -> None:
    order = stage.place("BUY LIMIT 2 @ 100")
    stage.venue.set_status("BTCUSDT", status, stage.now)

    def works(call: Callable[[], object]) -> bool:
        try:
            call()
        except RefusedError as refused:
            return refused.text != "Market is closed."
        return True

    assert works(lambda: stage.place("BUY LIMIT 1 @ 100")) is places
    assert works(lambda: stage.amend(order, "1")) is cancels
    assert works(lambda: stage.cancel(order)) is cancels


def test_the_end_of_the_day_ends_all_orders(stage: Stage) -> None:
    order = stage.place("BUY LIMIT 1 @ 100")
    stop = stage.place("BUY STOP_LOSS_LIMIT 1 @ 100", BEN, stop_price="90")
    stage.venue.set_status("BTCUSDT", "END_OF_DAY", stage.now)
    assert [(each.status, each.expiry) for each in (order, stop)] == [
        (Status.EXPIRED, Expiry.EXCHANGE_CANCELED)
    ] * 2
    stage.check()


def test_an_unknown_status_is_an_error(stage: Stage) -> None:
    with pytest.raises(ValueError, match="no status"):
        stage.venue.set_status("BTCUSDT", "SLEEPING", NOW)


@pytest.mark.parametrize(
    ("words", "more", "off", "text"),
    [
        ("BUY LIMIT 2 @ 1", {"iceberg_qty": "1"}, {"iceberg": False}, "Iceberg orders are not"),
        ("BUY MARKET 0", {"quote_qty": "5"}, {"quote_qty_market": False}, "Quote order qty market"),
        ("SELL STOP_LOSS 1", {"trailing_delta": 9}, {"trailing_stop": False}, "Trailing stop orde"),
    ],
)
def test_what_a_symbol_does_not_offer_is_refused(
    words: str, more: dict[str, Any], off: dict[str, Any], text: str
) -> None:
    with pytest.raises(RefusedError, match=text) as refused:
        Stage(rules_of(**off)).place(words, **more)
    assert refused.value.code == -1013


def test_an_account_that_must_not_trade_is_told_so(stage: Stage) -> None:
    order = stage.place("BUY LIMIT 1 @ 100")
    stage.venue.accounts[ANN].can_trade = False
    with pytest.raises(RefusedError, match="may not place or cancel orders"):
        stage.place("BUY LIMIT 1 @ 100")
    with pytest.raises(RefusedError, match="may not place or cancel orders"):
        stage.cancel(order)
    stage.venue.accounts[BEN].permissions = ("MARGIN",)
    with pytest.raises(RefusedError, match="not permitted for this account"):
        stage.place("BUY LIMIT 1 @ 100", BEN)


def test_a_test_order_is_checked_by_the_filters_and_leaves_no_trace() -> None:
    stage = Stage(replace(rules_of(), min_qty=amount("0.1")))
    stage.venue.test(ANN, stage.order("BUY LIMIT 5000000 @ 1"), NOW)
    with pytest.raises(RefusedError, match="Filter failure: LOT_SIZE"):
        stage.venue.test(ANN, stage.order("BUY LIMIT 0.01 @ 1"), NOW)
    assert (stage.events, stage.venue.orders(ANN, "BTCUSDT")) == ([], ())


def test_deposits_and_withdrawals_are_told(stage: Stage) -> None:
    stage.venue.deposit(ANN, "BTC", amount("1"), NOW)
    stage.venue.withdraw(ANN, "BTC", amount("2"), NOW)
    assert [type(event).__name__ for event in stage.events] == ["BalanceUpdate", "Position"] * 2
    assert stage.balance(ANN, "BTC") == ("999999", "0")
    with pytest.raises(RefusedError, match="insufficient balance"):
        stage.venue.withdraw(ANN, "BTC", amount("1000000"), NOW)


def test_an_order_without_a_list_says_so(stage: Stage) -> None:
    assert stage.place("BUY LIMIT 1 @ 1").list_id == ABSENT
