"""When a live book may fetch its snapshot, and how deep: few at once, and never more than half of the venue's limit.

Snapshots come in storms: a cut connection makes every book ask for one, and a deep one weighs 250 of spot's 6,000 a
minute. While there is room a snapshot is deep, then shallow, then it waits. The ledger would hold them back too,
but it would then hold back everything else as well.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from binance_mcp_server.clock import Clock
from binance_mcp_server.venues import Market

AT_ONCE: Final = 2
_WINDOW: Final = 60.0
"""Seconds; the venue counts by the minute."""


@dataclass(slots=True)
class _Pool:
    """A limit of the venue that snapshots share. Weights: rest-api.md; "Market Data" of the futures documents (2,400 a
    minute for USDⓈ-M and COIN-M together since 2026-06); read 2026-11-22."""

    sizes: tuple[tuple[int, int], ...]
    """Levels a side and weight, deepest first."""
    weight: int
    """For snapshots, in a window."""
    spent: deque[tuple[float, int]] = field(default_factory=deque)
    """When and how much, in monotonic seconds."""

    def used(self, now: float) -> int:
        while self.spent and self.spent[0][0] <= now - _WINDOW:
            self.spent.popleft()
        return sum(weight for _, weight in self.spent)

    def size(self, now: float) -> tuple[int, int] | None:
        """Levels and weight that may be asked for now; ``None``: nothing. Deep ones leave half to the others."""
        used = self.used(now)
        for levels, weight in self.sizes[:-1]:
            if used + weight <= self.weight // 2:
                return levels, weight
        levels, weight = self.sizes[-1]
        return (levels, weight) if used + weight <= self.weight else None


class Turns:
    """Gives turns to those who want a snapshot. For one event loop."""

    def __init__(self, clock: Clock, *, at_once: int = AT_ONCE) -> None:
        futures = _Pool(((1000, 20),), 1200)
        spot = _Pool(((5000, 250), (1000, 50)), 3000)
        self._pools: Mapping[Market, _Pool] = {"spot": spot, "usdm": futures, "coinm": futures}
        self._clock = clock
        self._places = asyncio.Semaphore(at_once)

    @asynccontextmanager
    async def turn(self, market: Market) -> AsyncIterator[int]:
        """Wait for a turn; gives the levels to ask for, and lasts as long as the request."""
        pool = self._pools[market]
        while True:
            async with self._places:
                now = self._clock.monotonic()
                size = pool.size(now)
                if size is not None:
                    levels, weight = size
                    pool.spent.append((now, weight))
                    yield levels
                    return
                oldest = pool.spent[0][0]
            await self._clock.sleep(max(oldest + _WINDOW - now, 0.001))
