"""When a repair of a stream may ask the venue: a few at once, and never more than a part of its limit.

Repairs come in storms: a cut connection makes each of its streams, hundreds perhaps, ask for what it missed. Without
turns they would use up the limit, and everybody else's question would be refused for minutes.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from binance_mcp_server.clock import Clock
from binance_mcp_server.venues import Market

AT_ONCE: Final = 4
WINDOW: Final = 60.0
"""Seconds; the venue counts by the minute."""
SPOT_WEIGHT: Final = 2_400
"""In a window, of 6,000; snapshots of books have 3,000 (rest-api.md "IP Limits", read 2026-11-22)."""
FUTURES_WEIGHT: Final = 900
"""Of 2,400 for both products together; snapshots have 1,200 ("Market Data" of the futures documents, read
2026-11-22)."""


@dataclass(slots=True)
class _Pool:
    """A limit of the venue that repairs share."""

    weight: int
    places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Whose turn it is to wait for room: first come, first served."""
    spent: deque[tuple[float, int]] = field(default_factory=deque)
    """When and how much, in monotonic seconds."""

    def wait(self, weight: int, now: float) -> float:
        """Seconds until there may be room for *weight*; 0: now. With nothing spent there always is."""
        while self.spent and self.spent[0][0] <= now - WINDOW:
            self.spent.popleft()
        used = sum(each for _, each in self.spent)
        if not used or used + weight <= self.weight:
            return 0.0
        return max(self.spent[0][0] + WINDOW - now, 0.001)


class RepairTurns:
    """Gives turns to repairs, in the order of asking. For one event loop."""

    def __init__(self, clock: Clock) -> None:
        futures = _Pool(FUTURES_WEIGHT)
        self._pools: Mapping[Market, _Pool] = {
            "spot": _Pool(SPOT_WEIGHT),
            "usdm": futures,
            "coinm": futures,
        }
        self._clock = clock

    @asynccontextmanager
    async def turn(self, market: Market, weight: int) -> AsyncIterator[None]:
        """Wait for a turn of *weight*, which lasts as long as the request."""
        pool = self._pools[market]
        async with pool.places:
            async with pool.turn:
                while wait := pool.wait(weight, self._clock.monotonic()):
                    await self._clock.sleep(wait)
                pool.spent.append((self._clock.monotonic(), weight))
            yield
