"""How many orders accounts have placed that nobody has filled: the ORDERS limits. Pure.

Source: faqs/order_count_decrement.md, rest-api.md "Unfilled Order Count", read 2026-11-24. The windows are those of
the clock, in UTC. The first fill of an order takes one off the count, or five when the order waited on the book, as in
the page's examples; large fills take off more by its words, but it does not say how many, and here they do not. Orders
are counted by the machine's time, whatever time a replay says.
"""

from collections.abc import Sequence
from typing import NamedTuple

from binance_mcp_server.exchange.engine.events import Event, Execution
from binance_mcp_server.exchange.engine.refusals import RefusedError

TAKER_CREDIT = 1
MAKER_CREDIT = 5
_TOO_MANY = -1015


class OrderLimit(NamedTuple):
    """So many orders in each window."""

    interval: str
    interval_num: int
    limit: int
    window_ms: int


ORDER_LIMITS = (
    OrderLimit("SECOND", 10, 100, 10_000),
    OrderLimit("DAY", 1, 200_000, 86_400_000),
)
"""The live venue's."""


class OrderCount(NamedTuple):
    """One limit, and how much of it an account has used."""

    interval: str
    interval_num: int
    limit: int
    used: int


class TooManyOrdersError(RefusedError):
    """-1015; travels with HTTP status 429."""

    def __init__(self, limit: OrderLimit, retry_after: int) -> None:
        super().__init__(
            _TOO_MANY,
            f"Too many new orders; current limit is {limit.limit} orders per "
            f"{limit.interval_num} {limit.interval}.",
        )
        self.retry_after = retry_after
        """Seconds until the window ends."""


class _Count:
    """What one account has used of one limit."""

    __slots__ = ("limit", "used", "window")

    def __init__(self, limit: OrderLimit) -> None:
        self.limit = limit
        self.window = -1
        self.used = 0

    def roll(self, now: int) -> None:
        window = now // self.limit.window_ms
        if window != self.window:
            self.window = window
            self.used = 0


class UnfilledOrders:
    """The counts of all accounts; they are shared by all their keys, addresses and interfaces."""

    def __init__(self, limits: Sequence[OrderLimit] = ORDER_LIMITS) -> None:
        self._limits = limits
        self._accounts: dict[int, list[_Count]] = {}

    def take(self, uid: int, cost: int, now: int) -> None:
        """Count *cost* new orders. Raises :class:`TooManyOrdersError`, and counts none, when a limit is passed.

        *now*: the machine's time in ms.
        """
        counts = self._counts(uid, now)
        for count in counts:
            if count.used + cost > count.limit.limit:
                window = count.limit.window_ms
                raise TooManyOrdersError(count.limit, -(-(window - now % window) // 1000))
        for count in counts:
            count.used += cost

    def give_back(self, uid: int, cost: int, now: int) -> None:
        """Take :meth:`take` back: the engine refused the orders, and only successful requests count."""
        for count in self._counts(uid, now):
            count.used = max(0, count.used - cost)

    def filled(self, uid: int, *, is_maker: bool) -> None:
        """The first fill of an order, whenever that was placed. It leaves no credit below 0.

        No time is needed: a window that is over and not rolled yet will be forgotten anyway.
        """
        for count in self._accounts.get(uid, ()):
            count.used = max(0, count.used - (MAKER_CREDIT if is_maker else TAKER_CREDIT))

    def hear(self, event: Event) -> None:
        """A listener of the venue: sees which orders fill for the first time."""
        if isinstance(event, Execution) and event.fill and event.order.executed == event.fill.qty:
            self.filled(event.uid, is_maker=event.fill.is_maker)

    def counts(self, uid: int, now: int) -> list[OrderCount]:
        """What *uid* has used of each limit in the windows that contain *now*."""
        return [
            OrderCount(each.limit.interval, each.limit.interval_num, each.limit.limit, each.used)
            for each in self._counts(uid, now)
        ]

    def _counts(self, uid: int, now: int) -> list[_Count]:
        counts = self._accounts.get(uid)
        if counts is None:
            counts = self._accounts[uid] = [_Count(limit) for limit in self._limits]
        for count in counts:
            count.roll(now)
        return counts
