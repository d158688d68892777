"""Reads of a simulated past, which make it as they go: in turns, so that others are served meanwhile."""

import asyncio
from collections.abc import Callable

from binance_mcp_server.exchange.clock import Clock
from binance_mcp_server.exchange.turns import TurnOverError
from binance_mcp_server.exchange.wire.view import MarketView

DAYS_A_TURN = 6
"""Days of a simulated past that a read makes before others have their turn: 20 to 40 ms."""
MOST_TURNS = 100
"""More than all days of all symbols in a window of tickers need."""


class LongReads:
    """One long read at a time: two could take the days that each of them needs out of the memory again."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._one = asyncio.Lock()

    async def read(self, market: MarketView, make: Callable[[], object]) -> object:
        """What *make* answers, made anew after every turn that was too short for it."""
        try:
            return _turn(market, make, DAYS_A_TURN)
        except TurnOverError:
            await self._clock.sleep(0)
        async with self._one:
            for _ in range(MOST_TURNS):
                try:
                    return _turn(market, make, DAYS_A_TURN)
                except TurnOverError:
                    await self._clock.sleep(0)
        return _turn(market, make, None)


def _turn(market: MarketView, make: Callable[[], object], days: int | None) -> object:
    market.allow(days)
    try:
        return make()
    finally:
        market.allow(None)
