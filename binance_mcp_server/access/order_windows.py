"""The count of an account's new orders. Pure: no clock, no file; every time is an argument.

The venue counts *unfilled* orders of an account in fixed windows (ten seconds, a day); a first fill takes one or more
off again (faqs/order_count_decrement.md, rest-api.md "Unfilled Order Count", 2026-07-21, read 2026-11-24). We know
neither where its windows begin nor what was filled, so there are two numbers that the venue's count cannot be above:

- **ours**: all orders of the last window, filled or not, with what the venue said was placed by others;
- **its last word** (``X-MBX-ORDER-COUNT-…``), with every order that left since, or may have arrived after it.

The lower one counts.
"""

import struct
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from binance_mcp_server.access.windows import LONGEST_HOLD_MS, RING, RateLimit, Window

Limits = tuple[tuple[int, int], ...]
"""Seconds of an interval and the orders that it admits, the shortest first."""
PUBLISHED: Final[Limits] = ((10, 50), (86_400, 160_000))
"""Until the venue says it: what rest-api.md shows of ``rateLimits``."""
MOST: Final = 3
"""Intervals that are counted; the venue has two."""
_UNTOLD: Final = -1
_MAGIC: Final = b"bmcpord1"
_PREFIX: Final = struct.Struct("<8sQ")
_HEAD: Final = struct.Struct(f"<6q{6 * MOST}q")
_RINGS_AT: Final = _PREFIX.size + _HEAD.size
SIZE: Final = _RINGS_AT + MOST * 4 * RING
"""Bytes of a whole state."""


def limits_of(rate_limits: Iterable[RateLimit]) -> Limits:
    """The venue's own figures (``exchangeInfo.rateLimits``, ``GET /api/v3/rateLimit/order``); the published ones where
    it names none that make sense."""
    found = {
        each.seconds: each.limit
        for each in rate_limits
        if each.rate_limit_type == "ORDERS" and 0 < each.seconds <= 86_400 and each.limit > 0
    }
    return tuple(sorted(found.items()))[:MOST] or PUBLISHED


@dataclass(frozen=True, slots=True)
class Usage:
    """What is counted in one interval."""

    seconds: int
    used: int
    """Never less than what the venue counts."""
    limit: int


@dataclass(frozen=True, slots=True)
class Full:
    """The interval that has no room."""

    usage: Usage
    wait_ms: int
    """Until it has, when nothing else is placed meanwhile."""


@dataclass(frozen=True, slots=True)
class Room:
    """Where orders that may leave were counted."""

    orders: int
    buckets: tuple[int, ...]
    answered_before: int
    """All orders that were answered when these left: what the venue counts later has them for certain."""


class _Interval:
    """One interval: our own count, and the venue's last word."""

    __slots__ = ("mark", "told", "window")

    def __init__(self, ring: memoryview, seconds: int, limit: int) -> None:
        self.window = Window(ring, limit, seconds)
        self.told = _UNTOLD
        self.mark = 0
        """Orders that had left when it was said, and are in it for certain."""

    def used(self, issued: int) -> int:
        """At most this many count now; *issued*: all that ever left."""
        own = self.window.total
        return own if self.told == _UNTOLD else min(own, self.told + issued - self.mark)


class OrderState:
    """What the processes of one user share about one account's orders, laid over a buffer of ``SIZE`` bytes."""

    def __init__(self, buffer: bytearray, limits: Limits, wall_ms: int, mono_ms: int) -> None:
        self._buffer = buffer
        self.begin(limits, wall_ms, mono_ms)

    def begin(self, limits: Limits, wall_ms: int, mono_ms: int) -> None:
        """Start empty."""
        self._wall_ms, self._mono_ms = wall_ms, mono_ms
        self.paused_until = 0
        """Ms since the epoch."""
        self._issued = self._answered = 0
        self._intervals: list[_Interval] = []
        self._shape(limits)

    @property
    def limits(self) -> Limits:
        return tuple((each.window.seconds, each.window.limit) for each in self._intervals)

    def set_limits(self, limits: Limits) -> None:
        """Count against *limits* from now on. What was counted in any interval counts in each, as if it came now."""
        if limits == self.limits:
            return
        total = max((each.window.total for each in self._intervals), default=0)
        self._shape(limits)
        for each in self._intervals:
            each.window.add(min(total, each.window.limit), self._mono_ms)

    def _shape(self, limits: Limits) -> None:
        self._intervals = [
            _Interval(self._ring(number), seconds, limit)
            for number, (seconds, limit) in enumerate(limits[:MOST])
        ]
        for each in self._intervals:
            each.window.clear(self._mono_ms)

    def _ring(self, number: int) -> memoryview:
        at = _RINGS_AT + number * 4 * RING
        return memoryview(self._buffer)[at : at + 4 * RING].cast("I")

    def settle(self, wall_ms: int, mono_ms: int) -> None:
        """Bring the state to now. Must come before every other call at this time."""
        if mono_ms < self._mono_ms:  # the machine was started anew
            self._restart(wall_ms - self._wall_ms, mono_ms)
        self._mono_ms, self._wall_ms = mono_ms, wall_ms
        for each in self._intervals:
            each.window.advance(mono_ms)

    def _restart(self, away_ms: int, mono_ms: int) -> None:
        """A new time line. Unless the wall clock says that a whole window passed, what was counted counts on."""
        for each in self._intervals:
            if away_ms > each.window.seconds * 1000 + LONGEST_HOLD_MS:
                each.window.clear(mono_ms)
            else:
                each.window.restart(mono_ms, mono_ms)

    def full(self, orders: int) -> Full | None:
        """The first interval in which *orders* have no room; ``None`` when they may leave."""
        for each, usage in zip(self._intervals, self.usage(), strict=True):
            if usage.used + orders > usage.limit:
                return Full(usage, each.window.wait_ms(orders, self._mono_ms))
        return None

    def reserve(self, orders: int, hold_ms: int) -> Room:
        """Count *orders* that arrive within *hold_ms* from now."""
        deadline = self._mono_ms + min(hold_ms, LONGEST_HOLD_MS)
        buckets = tuple(each.window.add(orders, deadline) for each in self._intervals)
        self._issued += orders
        return Room(orders, buckets, self._answered)

    def answered(self, room: Room, counts: Mapping[int, int]) -> None:
        """The venue answered them; *counts* is what it counts: seconds of an interval → orders."""
        self._answered += room.orders
        for each, bucket in zip(self._intervals, room.buckets, strict=False):
            window = each.window
            window.move(room.orders, bucket, self._mono_ms)
            told = counts.get(window.seconds)
            if told is None:
                continue
            each.told, each.mark = told, room.answered_before + room.orders
            missing = min(told, 2 * window.limit) - window.total
            if missing > 0:  # others place orders for this account
                window.add(missing, self._mono_ms)

    def give_back(self, room: Room) -> None:
        """They were not sent."""
        self._issued -= room.orders
        for each, bucket in zip(self._intervals, room.buckets, strict=False):
            window, slot = each.window, bucket % RING
            if bucket >= window.oldest and window.ring[slot] >= room.orders:
                window.ring[slot] -= room.orders
                window.total -= room.orders

    def usage(self) -> Sequence[Usage]:
        """What is counted now, by interval."""
        return [
            Usage(each.window.seconds, each.used(self._issued), each.window.limit)
            for each in self._intervals
        ]

    def save(self) -> None:
        """Write the state to the buffer."""
        numbers = [0] * (6 * MOST)
        for number, each in enumerate(self._intervals):
            window = each.window
            numbers[6 * number : 6 * number + 6] = (
                *(window.seconds, window.limit, window.oldest, window.total),
                *(each.told, each.mark),
            )
        _HEAD.pack_into(
            self._buffer, _PREFIX.size,
            self._mono_ms, self._wall_ms, self.paused_until, self._issued, self._answered,
            len(self._intervals), *numbers,
        )  # fmt: skip
        _PREFIX.pack_into(self._buffer, 0, _MAGIC, self._checksum())

    def _checksum(self) -> int:
        return zlib.crc32(memoryview(self._buffer)[_PREFIX.size : _RINGS_AT])

    def load(self) -> bool:
        """Take over what the buffer holds; ``False``, and nothing done, when that is not whole."""
        magic, checksum = _PREFIX.unpack_from(self._buffer)
        if magic != _MAGIC or checksum != self._checksum():
            return False
        (
            self._mono_ms, self._wall_ms, self.paused_until, self._issued, self._answered,
            count, *numbers,
        ) = _HEAD.unpack_from(self._buffer, _PREFIX.size)  # fmt: skip
        self._intervals = []
        for number in range(count):
            seconds, limit, oldest, total, told, mark = numbers[6 * number : 6 * number + 6]
            each = _Interval(self._ring(number), seconds, limit)
            each.window.oldest, each.window.total = oldest, total
            each.told, each.mark = told, mark
            self._intervals.append(each)
        return True
