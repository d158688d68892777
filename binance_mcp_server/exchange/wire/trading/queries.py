"""What accounts ask about their orders (rest-api.md "Account endpoints", read 2026-11-24)."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from binance_mcp_server.exchange.engine.orders import Fill, OrderList, Status
from binance_mcp_server.exchange.wire import errors
from binance_mcp_server.exchange.wire.trading import reading, refusals, shapes
from binance_mcp_server.exchange.wire.trading.call import SignedCall

DEFAULT_LIMIT, MOST = 500, 1000
ARCHIVED_AFTER_MS = 90 * 86_400_000
_ARCHIVED = (Status.CANCELED, Status.EXPIRED, Status.EXPIRED_IN_MATCH)

T = TypeVar("T")


def _page(
    rows: Sequence[T],
    limit: int,
    *,
    time: Callable[[T], int],
    start: int | None = None,
    end: int | None = None,
    oldest: bool = False,
) -> Sequence[T]:
    """Those of *rows* (oldest first) from *start* to *end*, both included; without a start, and unless the *oldest* are
    wanted, the newest of them."""
    if start is not None or end is not None:
        rows = [
            row
            for row in rows
            if (start is None or time(row) >= start) and (end is None or time(row) <= end)
        ]
    return rows[:limit] if start is not None or oldest else rows[-limit:]


def _from(rows: Sequence[T], first: int | None, key: Callable[[T], int]) -> Sequence[T]:
    return rows if first is None else rows[bisect_left(rows, first, key=key) :]


def order(call: SignedCall) -> object:
    symbol = call.symbol()
    order_id, client_id = reading.either(call.query, "orderId", "origClientOrderId")
    found = call.venue.order(call.uid, symbol, order_id=order_id, client_id=client_id)
    ended = found.status in _ARCHIVED and not found.executed
    if ended and call.now - found.update_time > ARCHIVED_AFTER_MS:
        raise refusals.archived()
    return shapes.queried(found, call.scale)


def open_orders(call: SignedCall) -> object:
    symbol = call.symbol() if call.query.has("symbol") else None
    return [shapes.queried(each, call.scale) for each in call.venue.open_orders(call.uid, symbol)]


def all_orders(call: SignedCall) -> object:
    """Times are those of the last change of an order (web-socket-api.md "Account order history")."""
    query, symbol = call.query, call.symbol()
    first, (start, end) = query.integer("orderId"), reading.span(query)
    rows = _from(call.venue.orders(call.uid, symbol), first, lambda row: row.id)
    limit = query.limit(DEFAULT_LIMIT, MOST)
    oldest = first is not None
    found = _page(
        rows, limit, time=lambda row: row.update_time, start=start, end=end, oldest=oldest
    )
    return [shapes.queried(each, call.scale) for each in found]


_TRADE_COMBINATIONS = (
    (),
    ("orderId",),
    ("startTime",),
    ("endTime",),
    ("fromId",),
    ("startTime", "endTime"),
    ("orderId", "fromId"),
)


def my_trades(call: SignedCall) -> object:
    query, symbol = call.query, call.symbol()
    names = ("orderId", "startTime", "endTime", "fromId")
    reading.combination(query, names, _TRADE_COMBINATIONS)
    order_id, first, (start, end) = (
        query.integer("orderId"),
        query.integer("fromId"),
        reading.span(query),
    )
    limit = query.limit(DEFAULT_LIMIT, MOST)
    rows: Sequence[Fill] = call.venue.fills(call.uid, symbol)
    if first is not None:
        rows = [row for row in rows if row.id >= first]
    if order_id is not None:
        rows = [row for row in rows if row.order_id == order_id]
    oldest = first is not None
    found = _page(rows, limit, time=lambda row: row.time, start=start, end=end, oldest=oldest)
    return [shapes.fill_of_account(each, call.scale) for each in found]


# --- lists


def order_list(call: SignedCall) -> object:
    """By its client id, which is called ``origClientOrderId`` here, or else by its id."""
    list_id, client_id = reading.either(call.query, "orderListId", "origClientOrderId")
    by_id = list_id if client_id is None else None
    found = call.venue.list_(call.uid, list_id=by_id, client_id=client_id)
    return shapes.order_list(found, call.scale)


def _lists(call: SignedCall, found: Iterable[OrderList]) -> object:
    return [shapes.order_list(each, call.scale) for each in found]


def all_lists(call: SignedCall) -> object:
    query = call.query
    first = query.integer("fromId")
    if first is not None and (query.has("startTime") or query.has("endTime")):
        raise errors.bad_combination()
    start, end = reading.span(query)
    limit = query.limit(DEFAULT_LIMIT, MOST)
    rows = _from(call.venue.lists(call.uid), first, lambda row: row.id)
    oldest = first is not None
    return _lists(
        call, _page(rows, limit, time=lambda row: row.time, start=start, end=end, oldest=oldest)
    )


def open_lists(call: SignedCall) -> object:
    return _lists(call, call.venue.open_lists(call.uid))


# --- what happened to orders

_PREVENTED_COMBINATIONS = (
    ("preventedMatchId",),
    ("orderId",),
    ("orderId", "fromPreventedMatchId"),
    ("orderId", "limit"),
    ("orderId", "fromPreventedMatchId", "limit"),
)
"""A ``limit`` with the order alone is not in the documents' list; it can mean one thing only."""


def prevented_matches(call: SignedCall) -> object:
    query, symbol = call.query, call.symbol()
    names = ("preventedMatchId", "orderId", "fromPreventedMatchId", "limit")
    reading.combination(query, names, _PREVENTED_COMBINATIONS)
    one, order_id = query.integer("preventedMatchId"), query.integer("orderId")
    first, limit = query.integer("fromPreventedMatchId") or 0, query.limit(DEFAULT_LIMIT, MOST)
    rows = [
        row
        for row in call.venue.prevented(call.uid, symbol)
        if row.id == one
        or (row.id >= first and order_id in (row.taker_order_id, row.maker_order_id))
    ]
    return [shapes.prevented_match(row, call.scale) for row in rows[:limit]]


_ALLOCATION_COMBINATIONS = (
    (),
    ("startTime",),
    ("endTime",),
    ("startTime", "endTime"),
    ("fromAllocationId",),
    ("orderId",),
    ("orderId", "fromAllocationId"),
)


def allocations(call: SignedCall) -> object:
    """None ever happen here: smart order routing has one book to go to, and there an order trades."""
    query = call.query
    call.symbol()
    names = ("startTime", "endTime", "fromAllocationId", "orderId")
    reading.combination(query, names, _ALLOCATION_COMBINATIONS)
    reading.span(query)
    query.integer("fromAllocationId")
    query.integer("orderId")
    query.limit(DEFAULT_LIMIT, MOST)
    return []


def amendments(call: SignedCall) -> object:
    query, symbol = call.query, call.symbol()
    query.mandatory("orderId")
    order_id, first = query.integer("orderId") or 0, query.integer("fromExecutionId")
    limit = query.limit(DEFAULT_LIMIT, MOST)
    rows = call.venue.amendments(call.uid, symbol, order_id)
    found = _from(rows, first, lambda row: row.execution_id)
    return [shapes.amendment(row, call.scale) for row in found[:limit]]
