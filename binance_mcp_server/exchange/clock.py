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
