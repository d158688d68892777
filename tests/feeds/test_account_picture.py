"""What an account is known to be, and what an answer of REST adds to that: each thing once, in either order."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from binance_mcp_server.feeds.account_missed import missed_of, position_of
from binance_mcp_server.feeds.account_picture import Picture, standing_of, told_by
from binance_mcp_server.models.account import (
    Account,
    AccountPosition,
    Balance,
    BalanceUpdate,
    ExecutionReport,
    PositionBalance,
)
from binance_mcp_server.models.orders import Fill, Order

ASSETS = ("BTC", "USDT")


def account(at: int = 1_000, **balances: tuple[str, str]) -> Account:
    rows = tuple(Balance(asset, free, locked) for asset, (free, locked) in balances.items())
    return Account(True, True, True, at, "SPOT", rows)


def order(**changes: Any) -> Order:
    plain = Order(
        symbol="BTCUSDT",
        id=7,
        client_id="mine",
        side="BUY",
        type="LIMIT",
        status="NEW",
        price_text="100",
        quantity_text="3",
        time=2_000,
        update_time=2_000,
        is_working=True,
    )
    return msgspec.structs.replace(plain, **changes)


def fill(number: int, quantity: str, at: int = 2_500) -> Fill:
    quote = str(Decimal(quantity) * 100)
    return Fill(
        symbol="BTCUSDT",
        id=number,
        order_id=7,
        price_text="100",
        quantity_text=quantity,
        quote_text=quote,
        commission_text="0.1",
        commission_asset="USDT",
        time=at,
        is_buyer=True,
        is_maker=True,
    )


def picture(*orders: Order) -> Picture:
    return Picture(account(USDT=("1000", "0")), orders)


def pair(_symbol: str) -> tuple[str, str]:
    return ASSETS


def test_an_order_that_nobody_told_of_has_its_whole_life() -> None:
    row = order(status="CANCELED", executed_text="1.5", client_id="cancels it", update_time=4_000)
    missed = missed_of(row, None, [fill(12, "0.5", 2_600), fill(11, "1")])
    assert missed.is_whole
    assert [(it.execution, it.status, it.executed, it.time) for it in missed.reports] == [
        ("NEW", "NEW", 0, 2_000),
        ("TRADE", "PARTIALLY_FILLED", Decimal(1), 2_500),
        ("TRADE", "PARTIALLY_FILLED", Decimal("1.5"), 2_600),
        ("CANCELED", "CANCELED", Decimal("1.5"), 4_000),
    ]
    assert all(it.reconciled for it in missed.reports)
    assert [it.trade_id for it in missed.reports] == [-1, 11, 12, -1]


def test_what_was_known_of_an_order_is_not_told_again() -> None:
    known = standing_of(order(executed_text="1", executed_quote_text="100"))
    row = order(status="FILLED", executed_text="3", executed_quote_text="300")
    missed = missed_of(row, known, [fill(12, "2")])
    (report,) = missed.reports
    assert (report.execution, report.status) == ("TRADE", "FILLED")
    sums = (report.executed, report.executed_quote, report.last_quantity)
    assert sums == (Decimal(3), Decimal(300), Decimal(2))


def test_an_order_keeps_the_name_by_which_it_was_placed() -> None:
    """A cancellation gives it its own."""
    known = standing_of(order())
    (report,) = missed_of(order(status="CANCELED", client_id="cancels it"), known, ()).reports
    assert report.order_client_id == "mine"


def test_an_amendment_and_a_stop_that_began_to_work_are_told() -> None:
    (amended,) = missed_of(order(quantity_text="2"), standing_of(order()), ()).reports
    assert (amended.execution, amended.quantity) == ("REPLACED", Decimal(2))
    waiting = standing_of(order(is_working=False))
    (working,) = missed_of(order(), waiting, ()).reports
    assert (working.execution, working.is_on_book) == ("NEW", True)
    pending = standing_of(order(status="PENDING_NEW", is_working=False))
    (placed,) = missed_of(order(working_time=2_300), pending, ()).reports
    assert (placed.execution, placed.status, placed.time) == ("NEW", "NEW", 2_300)


def test_trades_that_cannot_be_had_are_said_to_be_missing() -> None:
    row = order(status="FILLED", executed_text="3")
    assert not missed_of(row, None, [fill(11, "1")]).is_whole


@pytest.mark.parametrize("then", ["CANCELED", "EXPIRED", "REJECTED", "EXPIRED_IN_MATCH"])
def test_nothing_comes_after_the_end_of_an_order(then: str) -> None:
    its = picture(order())
    its.put(order(status=then, executed_text="1"))
    for status in ("NEW", "PARTIALLY_FILLED", then):
        assert its.is_known(report(status=status, executed_text="1"), closely=True)
    assert not its.is_known(report(status="NEW"), closely=False)


def report(**changes: Any) -> ExecutionReport:
    plain = ExecutionReport(
        event_ms=2_500,
        symbol="BTCUSDT",
        client_id="mine",
        side="BUY",
        order_type="LIMIT",
        time_in_force="GTC",
        quantity_text="3",
        price_text="100",
        execution="NEW",
        status="NEW",
        order_id=7,
        time=2_500,
        is_on_book=True,
    )
    return msgspec.structs.replace(plain, **changes)


def test_a_trade_is_known_by_its_id_alone() -> None:
    its = picture(order())
    traded = report(execution="TRADE", status="FILLED", executed_text="3", trade_id=11)
    assert not its.is_known(traded, closely=True)
    its.take(traded, ASSETS)
    assert its.is_known(traded, closely=False)
    assert not its.is_known(msgspec.structs.replace(traded, trade_id=12), closely=False)


def test_balances_that_no_trade_explains_are_noticed_to_the_last_digit() -> None:
    its = picture()
    bought = fill(11, "2", 2_500)
    right = account(3_000, USDT=("799.9", "0"), BTC=("2", "0"))
    assert its.unexplained(right, [bought], pair) == {}
    wrong = account(3_000, USDT=("799.90000001", "0"), BTC=("2", "0"))
    assert its.unexplained(wrong, [bought], pair) == {"USDT": Decimal("0.00000001")}
    assert its.unexplained(account(3_000, BTC=("2", "0")), [bought], pair) == {
        "USDT": Decimal("-799.9")
    }
    assert its.unexplained(wrong, [bought], lambda _: None) == {}  # who knows what it moved


def test_what_a_told_balance_has_in_it_is_not_counted_again() -> None:
    its = picture()
    its.take(AccountPosition(2_600, 2_600, (PositionBalance("USDT", "799.9", "0"),)), None)
    later = account(3_000, USDT=("799.9", "0"), BTC=("2", "0"))
    assert its.unexplained(later, [fill(11, "2", 2_500)], pair) == {}


def test_a_transfer_explains_what_it_moved() -> None:
    its = picture()
    its.take(BalanceUpdate(2_500, "USDT", "5", 2_500), None)
    assert its.unexplained(account(3_000, USDT=("1005", "0")), [], pair) == {}


def test_an_account_agrees_only_with_the_same_orders_and_balances() -> None:
    its = picture(order())
    same = account(3_000, USDT=("1000", "0"), BTC=("0", "0"))
    assert its.agrees(same, [order()])
    assert not its.agrees(same, [])
    assert not its.agrees(same, [order(), order(id=8)])
    assert not its.agrees(same, [order(executed_text="1")])
    assert not its.agrees(account(3_000, USDT=("999", "1")), [order()])


def test_only_balances_that_changed_are_told() -> None:
    its = picture()
    changed = account(3_000, USDT=("1000", "0"), BTC=("1", "0"), ETH=("0", "0"))
    position = position_of(changed, dict(its.balances), 0)
    assert position is not None
    assert position.balances == (PositionBalance("BTC", "1", "0"),)
    assert position.reconciled
    gone = position_of(account(3_000), dict(its.balances), 0)
    assert gone is not None
    assert gone.balances == (PositionBalance("USDT", "0", "0"),)
    assert position_of(account(3_000, USDT=("1000", "0")), dict(its.balances), 0) is None


STATUSES = ("PENDING_NEW", "NEW", "PARTIALLY_FILLED", "FILLED", "CANCELED")
LIVES = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 2), st.booleans()), min_size=1, max_size=8
).map(sorted)
"""Ranks, quantities executed, and whether it works, never going back."""


@given(LIVES, st.data())
def test_events_and_answers_in_any_order_come_to_the_same(
    life: list[tuple[int, int, bool]], data: st.DataObject
) -> None:
    """An order's states are told in their order; REST may show any of them before that, and is then as far as it is."""
    executed, states, works = 0, [], False
    for rank, more, working in life:
        executed += more if rank in {2, 3} else 0
        works = works or working
        status = STATUSES[rank] if rank < 3 else "CANCELED"
        states.append((status, str(executed), works))
    its, last = picture(), states[-1]
    seen_by_rest = data.draw(st.integers(0, len(states) - 1))
    for number, (status, done, working) in enumerate(states):
        if number == data.draw(st.integers(0, len(states) - 1)):
            seen = states[max(number, seen_by_rest)]
            row = order(status=seen[0], executed_text=seen[1], is_working=seen[2])
            known = its.known(row)
            if known is None or known.is_behind(standing_of(row)):
                its.put(row)
        its.take(report(status=status, executed_text=done, is_on_book=working), ASSETS)
    standing = its.orders["BTCUSDT", 7]
    assert (standing.status, str(standing.executed)) == last[:2]
    again = report(status=last[0], executed_text=last[1], is_on_book=last[2])
    assert not standing.is_behind(told_by(again, standing))
    assert its.is_known(again, closely=True)
