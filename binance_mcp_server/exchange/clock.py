"""The exchange's two clocks: what it says, and what it enforces.

A replay *says* the recording's time (``/time``, event times, candle closes) and *enforces* limits, pings and bans
by the machine's. Everything that needs time takes a :class:`Clock`, so tests run on :class:`VirtualClock`. What is
said or counted in windows of the clock takes its wall time, what lasts (a pace) its monotonic time.
"""

import asyncio
import heapq
import itertools
import time
from typing import Protocol

_US_A_MS = 1_000
_US_A_SECOND = 1_000_000
_LONGEST_NAP = 0.1
"""Seconds after which who sleeps sees that the pace is another one."""
_ROUNDING = 1e-7
"""Seconds that are none."""


class Clock(Protocol):
    """The wall's time, time that only passes, and a way to wait for it."""

    def now_ms(self) -> int:
        """Now, in milliseconds since the epoch, UTC; it jumps when the clock is set."""
        ...

    def monotonic(self) -> float:
        """Seconds that never run backwards; only differences mean anything."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return when *seconds* have passed, however the clock is set meanwhile."""
        ...


class MachineClock:
    """The machine's own clock."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class SteeredClock:
    """A clock that an administrator can set wrong, or let run away.

    It is the clock that the venue *enforces* by: the wall's time may be off (:attr:`skew_ms`), and the pace stays the
    machine's. :attr:`said` is the clock that it *speaks* by: as wrong, and it may run at another pace.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.skew_ms = 0
        """How far the wall's time is ahead of the machine's."""
        self.said = PacedClock(self)

    def now_ms(self) -> int:
        return self._clock.now_ms() + self.skew_ms

    def monotonic(self) -> float:
        return self._clock.monotonic()

    async def sleep(self, seconds: float) -> None:
        await self._clock.sleep(seconds)


class PacedClock:
    """Another clock's time at a pace of its own, 1 at first. What it has gained or lost it keeps."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._since = clock.monotonic()
        self._passed = 0.0
        """Seconds of its own until then."""
        self._gained = 0.0
        """Seconds that it was ahead of the other by then."""
        self._pace = 1.0

    @property
    def pace(self) -> float:
        """Seconds of its own in one of the other's."""
        return self._pace

    @pace.setter
    def pace(self, pace: float) -> None:
        self._passed, self._gained = self.monotonic(), self._ahead()
        self._since = self._clock.monotonic()
        self._pace = pace

    def now_ms(self) -> int:
        return self._clock.now_ms() + round(self._ahead() * 1000)

    def monotonic(self) -> float:
        return self._passed + (self._clock.monotonic() - self._since) * self._pace

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await self._clock.sleep(0)
            return
        deadline = self.monotonic() + seconds
        while (left := deadline - self.monotonic()) > _ROUNDING:
            await self._clock.sleep(min(left / self._pace, _LONGEST_NAP))

    def _ahead(self) -> float:
        return self._gained + (self._clock.monotonic() - self._since) * (self._pace - 1)


class VirtualClock:
    """A clock that moves only when told to; sleepers wake in order of their deadlines."""

    def __init__(self, now_ms: int = 1_700_000_000_000) -> None:
        self._began_ms = now_ms
        self._passed_us = 0
        self._order = itertools.count()
        self._sleepers: list[tuple[int, int, asyncio.Future[None]]] = []

    def now_ms(self) -> int:
        return self._began_ms + self._passed_us // _US_A_MS

    def monotonic(self) -> float:
        return self._passed_us / _US_A_SECOND

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        waiter = asyncio.get_running_loop().create_future()
        # At least one: who waits for a moment between two must get past it.
        deadline = self._passed_us + max(1, round(seconds * _US_A_SECOND))
        heapq.heappush(self._sleepers, (deadline, next(self._order), waiter))
        await waiter

    def set(self, now_ms: int) -> None:
        """Set the wall's time, as an administrator does: no time passes."""
        self._began_ms += now_ms - self.now_ms()

    async def advance(self, milliseconds: int) -> None:
        """Move forward, waking every sleeper whose deadline is reached, in order."""
        end = self._passed_us + milliseconds * _US_A_MS
        await _let_others_run()  # who is about to sleep, sleeps from before the move
        while self._sleepers and self._sleepers[0][0] <= end:
            deadline, _, waiter = heapq.heappop(self._sleepers)
            self._passed_us = max(self._passed_us, deadline)
            if not waiter.done():
                waiter.set_result(None)
            await _let_others_run()
        self._passed_us = end


async def _let_others_run() -> None:
    """Give every task the turns to reach its next sleep."""
    for _ in range(5):
        await asyncio.sleep(0)
