"""The exchange's two clocks: what it says, and what it enforces.

A replay *says* the recording's time (``/time``, event times, candle closes) and *enforces* limits, pings and bans
by the machine's. Everything that needs time takes a :class:`Clock`, so tests run on :class:`VirtualClock`.
"""

import asyncio
import heapq
import itertools
import time
from typing import Protocol


class Clock(Protocol):
    """Milliseconds since the epoch, and a way to wait for them to pass."""

    def now_ms(self) -> int:
        """Now, in milliseconds since the epoch, UTC."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return when *seconds* of this clock have passed."""
        ...


class MachineClock:
    """The machine's own clock."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class VirtualClock:
    """A clock that moves only when told to; sleepers wake in order of their deadlines."""

    def __init__(self, now_ms: int = 1_700_000_000_000) -> None:
        self._now_ms = now_ms
        self._order = itertools.count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now_ms(self) -> int:
        return self._now_ms

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        waiter = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now_ms + seconds * 1000, next(self._order), waiter))
        await waiter

    async def advance(self, milliseconds: int) -> None:
        """Move forward, waking every sleeper whose deadline is reached, in order."""
        end = self._now_ms + milliseconds
        while self._sleepers and self._sleepers[0][0] <= end:
            deadline, _, waiter = heapq.heappop(self._sleepers)
            self._now_ms = max(self._now_ms, int(deadline))
            if not waiter.done():
                waiter.set_result(None)
            for _ in range(5):  # let the woken task run up to its next sleep
                await asyncio.sleep(0)
        self._now_ms = end
