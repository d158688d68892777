"""What accounts ask about their orders: which rows, in which order, by which combinations of parameters."""

import pytest

from binance_mcp_server.exchange.engine.orders import (
    Amendment,
    ListKind,
    PreventedMatch,
    Status,
    Stp,
)
from binance_mcp_server.exchange.numbers import SCALE
from binance_mcp_server.exchange.wire.errors import VenueError
from binance_mcp_server.exchange.wire.trading import operations as all_operations
from binance_mcp_server.exchange.wire.trading.call import Operation
from tests.exchange.wire.trading.examples import NOW, SYMBOL, fill, order, order_list
from tests.exchange.wire.trading.fake_venue import FakeVenue, ask
from tests.exchange.wire.trading.schemas import read

DAY = 86_400_000


@pytest.fixture
def venue() -> FakeVenue:
    """Changes of orders 1 … 5 and trades 11 … 15, a second apart; trades 11 … 13 are order 1's."""
    made = FakeVenue(*(order(number=n) for n in range(1, 6)))
    for each in made.all:
        each.update_time = NOW + each.id * 1000
    made.trades = [
        fill(n, order_id=1 if n < 14 else 2, time=NOW + (n - 10) * 1000) for n in range(11, 16)
    ]
    return made


def ids(rows: list[dict[str, int]], name: str) -> list[int]:
    return [row[name] for row in rows]


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, [1, 2, 3, 4, 5]),
        ({"limit": "2"}, [4, 5]),
        ({"orderId": "2", "limit": "2"}, [2, 3]),
        ({"orderId": "9"}, []),
        ({"startTime": str(NOW + 2000), "limit": "2"}, [2, 3]),
        ({"endTime": str(NOW + 4000), "limit": "2"}, [3, 4]),
        ({"startTime": str(NOW + 2000), "endTime": str(NOW + 3000)}, [2, 3]),
        ({"startTime": f"{NOW + 2000}001"}, [3, 4, 5]),
    ],
)
def test_all_orders(venue: FakeVenue, params: dict[str, str], expected: list[int]) -> None:
    rows = ask(all_operations.ALL_ORDERS, params, venue=venue)
    assert ids(rows, "orderId") == expected
    read("AllOrdersResponse", rows)


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, [11, 12, 13, 14, 15]),
        ({"limit": "2"}, [14, 15]),
        ({"orderId": "1"}, [11, 12, 13]),
        ({"orderId": "1", "fromId": "12", "limit": "1"}, [12]),
        ({"fromId": "12", "limit": "2"}, [12, 13]),
        ({"startTime": str(NOW + 2000), "limit": "2"}, [12, 13]),
        ({"endTime": str(NOW + 3000), "limit": "2"}, [12, 13]),
        ({"startTime": str(NOW + 2000), "endTime": str(NOW + 3000)}, [12, 13]),
    ],
)
def test_trades_of_the_account(
    venue: FakeVenue, params: dict[str, str], expected: list[int]
) -> None:
    rows = ask(all_operations.MY_TRADES, params, venue=venue)
    assert ids(rows, "id") == expected
    read("MyTradesResponse", rows)


@pytest.mark.parametrize(
    ("operation", "params", "code"),
    [
        (all_operations.MY_TRADES, {"orderId": "1", "startTime": "1"}, -1128),
        (all_operations.MY_TRADES, {"fromId": "1", "endTime": "1"}, -1128),
        (all_operations.MY_TRADES, {"startTime": "1", "endTime": str(DAY + 2)}, -1127),
        (all_operations.ALL_ORDERS, {"startTime": "1", "endTime": str(DAY + 2)}, -1127),
        (all_operations.ALL_LISTS, {"startTime": "1", "endTime": str(DAY + 2)}, -1127),
        (all_operations.ALL_LISTS, {"fromId": "1", "endTime": "2"}, -1128),
        (all_operations.MY_ALLOCATIONS, {"orderId": "1", "endTime": "2"}, -1128),
        (all_operations.MY_ALLOCATIONS, {"startTime": "1", "endTime": str(DAY + 2)}, -1127),
        (all_operations.MY_PREVENTED_MATCHES, {}, -1128),
        (all_operations.MY_PREVENTED_MATCHES, {"preventedMatchId": "1", "limit": "2"}, -1128),
        (all_operations.MY_PREVENTED_MATCHES, {"fromPreventedMatchId": "1"}, -1128),
        (all_operations.ORDER_STATUS, {}, -1102),
        (all_operations.LIST_STATUS, {}, -1102),
        (all_operations.ORDER_AMENDMENTS, {}, -1102),
        (all_operations.ORDER_STATUS, {"orderId": "x"}, -1100),
        (all_operations.ALL_ORDERS, {"limit": "0"}, -1130),
        (all_operations.ACCOUNT_STATUS, {"omitZeroBalances": "yes"}, -1130),
        (all_operations.OPEN_ORDERS_STATUS, {"symbol": "NOPE"}, -1121),
    ],
)
def test_what_cannot_be_asked(
    venue: FakeVenue, operation: Operation, params: dict[str, str], code: int
) -> None:
    with pytest.raises(VenueError) as caught:
        ask(operation, params, venue=venue)
    assert caught.value.code == code


def test_a_day_and_no_more_may_lie_between_the_times(venue: FakeVenue) -> None:
    params = {"startTime": str(NOW), "endTime": str(NOW + DAY)}
    assert len(ask(all_operations.ALL_ORDERS, params, venue=venue)) == 5


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"preventedMatchId": "2"}, [2]),
        ({"orderId": "10"}, [1, 2, 3]),
        ({"orderId": "12"}, [2]),
        ({"orderId": "10", "fromPreventedMatchId": "2"}, [2, 3]),
        ({"orderId": "10", "fromPreventedMatchId": "1", "limit": "2"}, [1, 2]),
    ],
)
def test_prevented_matches_by_either_order(
    venue: FakeVenue, params: dict[str, str], expected: list[int]
) -> None:
    venue.matches = [
        PreventedMatch(n, SYMBOL, 10 + n, 10, SYMBOL, -1, Stp.EXPIRE_MAKER, SCALE, 0, SCALE, NOW)
        for n in (1, 2, 3)
    ]
    rows = ask(all_operations.MY_PREVENTED_MATCHES, params, venue=venue)
    assert ids(rows, "preventedMatchId") == expected
    read("MyPreventedMatchesResponse", rows)


def test_lists_and_amendments(venue: FakeVenue) -> None:
    venue.all_lists = [order_list(ListKind.OCO, order(), order(number=8))]
    (row,) = ask(all_operations.ALL_LISTS, {"fromId": "3"}, venue=venue)
    assert (row["orderListId"], row["listStatusType"]) == (3, "EXEC_STARTED")
    assert ask(all_operations.ALL_LISTS, {"fromId": "4"}, venue=venue) == []
    venue.amended = [Amendment(SYMBOL, 9, n, "a", "b", 2 * SCALE, SCALE, NOW) for n in (22, 25)]
    params = {"orderId": "9", "fromExecutionId": "23"}
    rows = ask(all_operations.ORDER_AMENDMENTS, params, venue=venue)
    assert ids(rows, "executionId") == [25]


def test_smart_order_routing_leaves_no_allocations(venue: FakeVenue) -> None:
    assert ask(all_operations.MY_ALLOCATIONS, {"orderId": "1"}, venue=venue) == []


@pytest.mark.parametrize(
    ("status", "executed", "age", "is_archived"),
    [
        (Status.CANCELED, 0, 90 * DAY + 1, True),
        (Status.EXPIRED_IN_MATCH, 0, 90 * DAY + 1, True),
        (Status.CANCELED, 0, 90 * DAY, False),
        (Status.CANCELED, 1, 91 * DAY, False),
        (Status.FILLED, 0, 91 * DAY, False),
        (Status.NEW, 0, 91 * DAY, False),
    ],
)
def test_what_ended_unfilled_is_archived_after_ninety_days(
    status: Status, executed: int, age: int, is_archived: bool
) -> None:
    found = order(number=1)
    found.status, found.executed, found.update_time = status, executed, NOW - age
    venue, params = FakeVenue(found), {"orderId": "1"}
    if not is_archived:
        assert ask(all_operations.ORDER_STATUS, params, venue=venue)["orderId"] == 1
        return
    with pytest.raises(VenueError) as caught:
        ask(all_operations.ORDER_STATUS, params, venue=venue)
    assert caught.value.code == -2026
