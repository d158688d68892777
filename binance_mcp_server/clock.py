"""Time as an argument: now, monotonic and sleep behind one protocol, real and virtual."""

import asyncio
import heapq
import itertools
import time
from typing import Protocol


class Clock(Protocol):
    """What the rest of the package may know of time."""

    def now_ms(self) -> int:
        """Milliseconds since the epoch, UTC, by this machine's wall clock."""
        ...

    def monotonic(self) -> float:
        """Seconds that never run backwards; only differences mean anything."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return when *seconds* have passed."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


async def set_within(event: asyncio.Event, seconds: float, clock: Clock) -> bool:
    """Wait until *event* is set, at most *seconds*; whether it is."""
    setting = asyncio.ensure_future(event.wait())
    alarm = asyncio.ensure_future(clock.sleep(seconds))
    try:
        await asyncio.wait({setting, alarm}, return_when=asyncio.FIRST_COMPLETED)
        return setting.done()
    finally:
        setting.cancel()
        alarm.cancel()


class VirtualClock:
    """A clock for tests: it moves when told to, or by itself whenever somebody sleeps on it."""

    def __init__(self, now_ms: int = 1_700_000_000_000, *, auto_advance: bool = False) -> None:
        self._start_ms = now_ms
        self._elapsed = 0.0
        self._auto = auto_advance
        self._order = itertools.count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now_ms(self) -> int:
        return self._start_ms + round(self._elapsed * 1000)

    def monotonic(self) -> float:
        return self._elapsed

    async def sleep(self, seconds: float) -> None:
        if self._auto:
            self._elapsed += max(0.0, seconds)
        if self._auto or seconds <= 0:
            await asyncio.sleep(0)
            return
        waiter = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._elapsed + seconds, next(self._order), waiter))
        await waiter

    async def advance(self, seconds: float) -> None:
        """Move forward, waking sleepers in the order of their deadlines."""
        end = self._elapsed + seconds
        while self._sleepers and self._sleepers[0][0] <= end:
            deadline, _, waiter = heapq.heappop(self._sleepers)
            self._elapsed = max(self._elapsed, deadline)
            if not waiter.done():
                waiter.set_result(None)
            for _ in range(5):  # let the woken task reach its next wait
                await asyncio.sleep(0)
        self._elapsed = end
