"""Unfilled orders: the documents' worked examples, and what a limit refuses."""

from datetime import UTC, datetime

import pytest

from binance_mcp_server.exchange.engine.events import BalanceUpdate, ExecType, Execution
from binance_mcp_server.exchange.engine.ladder import Side
from binance_mcp_server.exchange.engine.orders import Fill, NewOrder, OrderType, SpotOrder
from binance_mcp_server.exchange.engine.unfilled import (
    ORDER_LIMITS,
    OrderLimit,
    TooManyOrdersError,
    UnfilledOrders,
)

DAY = 86_400_000
UID = 7
MIDNIGHT = 1_700_006_400_000
TEN_SECONDS = OrderLimit("SECOND", 10, 100, 10_000)
ONE_DAY = OrderLimit("DAY", 1, 100, DAY)

NEW, TAKER, MAKER, NOTHING = "new", "taker", "maker", "nothing"
"""A new order, the first fill of a taker or of a maker, anything else."""


def at(text: str) -> int:
    """ms since the epoch of a time of the day, or of a date and time."""
    if len(text) > 8:
        return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1000
    hours, minutes, seconds = map(int, text.split(":"))
    return MIDNIGHT + ((hours * 60 + minutes) * 60 + seconds) * 1000


def used(orders: UnfilledOrders, now: int) -> list[int]:
    return [each.used for each in orders.counts(UID, now)]


# faqs/order_count_decrement.md, read 2026-11-24: time, action, count afterwards
TAKER_EXAMPLE = [
    ("00:00:00", NOTHING, 0),
    ("00:00:01", NEW, 1),
    ("00:00:02", NEW, 2),
    ("00:00:02", TAKER, 1),
    ("00:00:03", NEW, 2),
    ("00:00:04", NOTHING, 2),  # B is filled again
    ("00:00:04", NOTHING, 2),
    ("00:00:05", NEW, 3),
    ("00:00:05", TAKER, 2),
]
MAKER_EXAMPLE = [
    ("00:00:00", NOTHING, 0),
    ("00:00:01", NEW, 1),
    ("00:00:01", NEW, 2),
    ("00:00:02", NEW, 3),
    ("00:00:02", NEW, 4),
    ("00:00:02", NEW, 5),
    ("00:00:03", MAKER, 0),
    ("00:00:04", NEW, 1),
    ("00:00:04", NEW, 2),
    ("00:00:05", NOTHING, 2),  # A is filled again
    ("00:00:05", NOTHING, 2),
    ("00:00:05", MAKER, 0),
    ("00:00:06", NEW, 1),
]
CANCEL_EXAMPLE = [
    ("00:00:00", NOTHING, 0),
    ("00:00:01", NEW, 1),
    ("00:00:02", NOTHING, 1),  # A is cancelled
    ("00:00:02", NEW, 2),
    ("00:00:03", NEW, 3),
    ("00:00:03", TAKER, 2),
    ("00:00:05", NEW, 3),
    ("00:00:06", NEW, 4),
    ("00:00:06", NOTHING, 4),  # E expires
    ("00:00:07", NOTHING, 4),  # D is cancelled
    ("00:00:07", NEW, 5),
]


@pytest.mark.parametrize(
    "example",
    [TAKER_EXAMPLE, MAKER_EXAMPLE, CANCEL_EXAMPLE],
    ids=["taker", "maker", "cancelled"],
)
def test_the_documents_examples_hold(example: list[tuple[str, str, int]]) -> None:
    orders = UnfilledOrders([TEN_SECONDS])
    for time, action, count in example:
        if action == NEW:
            orders.take(UID, 1, at(time))
        elif action != NOTHING:
            orders.filled(UID, is_maker=action == MAKER)
        assert used(orders, at(time)) == [count], (time, action)


def test_fills_of_another_day_count_today() -> None:
    # The same page: "What happens if I placed an order yesterday but it is filled the next day?"
    # Its fills take off one each, so they are those of takers.
    orders = UnfilledOrders([ONE_DAY])
    rows = [
        ("2024-01-01T09:00", 5, 0, 5),
        ("2024-01-02T00:00", 0, 0, 0),
        ("2024-01-02T09:00", 10, 0, 10),
        ("2024-01-02T12:00", 0, 5, 5),
        ("2024-01-02T13:00", 0, 5, 0),
        ("2024-01-02T14:00", 2, 0, 2),
        ("2024-01-02T15:00", 0, 5, 0),
    ]
    for time, placed, filled, count in rows:
        for _ in range(placed):
            orders.take(UID, 1, at(time))
        for _ in range(filled):
            orders.filled(UID, is_maker=False)
        assert used(orders, at(time)) == [count], time


def test_a_fill_between_two_windows_gives_no_credit_to_the_next() -> None:
    orders = UnfilledOrders([TEN_SECONDS])
    orders.take(UID, 8, at("00:00:09"))
    orders.filled(UID, is_maker=True)  # in the next window already
    orders.take(UID, 1, at("00:00:10"))
    assert used(orders, at("00:00:10")) == [1]


def test_an_order_too_many_is_refused_until_its_window_ends() -> None:
    orders = UnfilledOrders([OrderLimit("SECOND", 10, 50, 10_000), ONE_DAY])
    orders.take(UID, 49, MIDNIGHT)
    with pytest.raises(TooManyOrdersError) as caught:
        orders.take(UID, 2, MIDNIGHT + 2_500)
    assert caught.value.code == -1015
    assert caught.value.text == "Too many new orders; current limit is 50 orders per 10 SECOND."
    assert caught.value.retry_after == 8
    assert used(orders, MIDNIGHT + 2_500) == [49, 49]
    orders.take(UID, 1, MIDNIGHT + 9_999)
    orders.take(UID, 50, MIDNIGHT + 10_000)
    with pytest.raises(TooManyOrdersError, match="100 orders per 1 DAY"):
        orders.take(UID, 1, MIDNIGHT + 20_000)


def test_it_hears_of_first_fills_only() -> None:
    orders = UnfilledOrders([TEN_SECONDS])
    orders.take(UID, 20, MIDNIGHT)
    for executed, fill, count in (
        (0, None, 20),
        (3, fill_of(3, is_maker=True), 15),
        (5, fill_of(2, is_maker=True), 15),
        (1, fill_of(1, is_maker=False), 14),
    ):
        kind = ExecType.TRADE if fill else ExecType.NEW
        orders.hear(Execution(UID, 1, MIDNIGHT, kind, order_of(executed), True, fill))
        assert used(orders, MIDNIGHT) == [count]
    orders.hear(BalanceUpdate(UID, MIDNIGHT, "BTC", 1))
    assert used(orders, MIDNIGHT) == [14]


def order_of(executed: int) -> SpotOrder:
    asked = NewOrder(symbol="BTCUSDT", side=Side.BUY, type=OrderType.LIMIT, qty=9, price=1)
    return SpotOrder(
        id=1, uid=UID, asked=asked, client_id="a", time=MIDNIGHT, qty=9, executed=executed
    )


def fill_of(qty: int, *, is_maker: bool) -> Fill:
    return Fill(1, 1, -1, "BTCUSDT", 1, qty, qty, 0, "BTC", MIDNIGHT, True, is_maker)


def test_accounts_count_apart_and_all_limits_are_told() -> None:
    orders = UnfilledOrders()
    orders.take(1, 3, MIDNIGHT)
    orders.filled(2, is_maker=True)
    assert orders.counts(2, MIDNIGHT) == [("SECOND", 10, 100, 0), ("DAY", 1, 200_000, 0)]
    assert orders.counts(1, MIDNIGHT + 10_000) == [("SECOND", 10, 100, 0), ("DAY", 1, 200_000, 3)]
    assert [each.window_ms for each in ORDER_LIMITS] == [10_000, DAY]
