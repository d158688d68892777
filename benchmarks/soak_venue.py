"""``python -m benchmarks.soak_venue``: the embedded exchange on the soak's market; prints its ready line.

It tells 5,000 messages a second. Streams, REST, limits and faults are the exchange's own; only what is traded is made
here. It ends with its parent, which holds the other end of stdin.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

from benchmarks.soak_market import (
    FIRST_TRADE,
    SYMBOLS,
    Book,
    Level,
    trade,
)
from binance_mcp_server.exchange.app import Exchange
from binance_mcp_server.exchange.clock import Clock, MachineClock
from binance_mcp_server.exchange.engine.symbols import LISTINGS
from binance_mcp_server.exchange.sources.base import Frame, KlineRow

STEP_MS = 20
TRADES_A_STEP = 10
"""Of each symbol: with their aggregates 5 × 10 × 2 × 50 = 5,000 messages a second."""
STEPS_AN_UPDATE = 5
"""Depth is told every 100 ms."""


class NoHistory:
    """Nothing happened before."""

    def intervals(self, _symbol: str) -> Sequence[str]:
        return ()

    def rows(
        self, _symbol: str, _interval: str, _start_ms: int, _end_ms: int
    ) -> Sequence[KlineRow] | None:
        return None


class SoakSource:
    """The soak's market as a source of the exchange, by *clock*; a step that comes late is made all the same."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.start_ms = self._told = clock.now_ms() // STEP_MS * STEP_MS
        self.rules = [
            replace(LISTINGS[0].rules, symbol=symbol, base=symbol.removesuffix("USDT"))
            for symbol in SYMBOLS
        ]
        self.history = NoHistory()
        self._books = {symbol: Book(symbol) for symbol in SYMBOLS}
        self._trade = FIRST_TRADE
        self._steps = 0

    def now_ms(self) -> int:
        return min(max(self._clock.now_ms(), self._told), self._told + STEP_MS - 1)

    def state(self) -> dict[str, object]:
        return {"source": "soak", "position_ms": self._told, "ended": False}

    def play(self) -> None:
        """It plays from the start."""

    async def frames(self) -> AsyncIterator[Sequence[Frame]]:
        yield self.opening()
        while True:
            due = self._told + STEP_MS
            await self._clock.sleep(max(0, due - self._clock.now_ms()) / 1000)
            yield self.step()

    def opening(self) -> list[Frame]:
        """Every book."""
        return [self._snapshot(symbol) for symbol in SYMBOLS]

    def step(self) -> list[Frame]:
        """What happens in the next step."""
        self._told += STEP_MS
        numbers = range(self._trade, self._trade + TRADES_A_STEP)
        self._trade += TRADES_A_STEP
        self._steps += 1
        frames = [self._trade_frame(symbol, each) for each in numbers for symbol in SYMBOLS]
        if self._steps % STEPS_AN_UPDATE == 0:
            frames += [self._update_frame(symbol) for symbol in SYMBOLS]
        return frames

    def _snapshot(self, symbol: str) -> Frame:
        book = self._books[symbol]
        bids, asks = (_levels(side) for side in book.top(len(book.bids)))
        body = f'{{"lastUpdateId":{book.last_id},"bids":{bids},"asks":{asks}}}'
        return Frame(self._told, symbol, body.encode())

    def _trade_frame(self, symbol: str, number: int) -> Frame:
        it, moment = trade(number), self._told
        data = (
            f'{{"e":"trade","E":{moment},"s":"{symbol}","t":{number},"p":"{it.price_text}","q":"{it.quantity_text}"'
            f',"T":{moment},"m":{"true" if it.buyer_is_maker else "false"},"M":true}}'
        )
        return self._frame(symbol, "trade", data)

    def _update_frame(self, symbol: str) -> Frame:
        it = self._books[symbol].step()
        data = (
            f'{{"e":"depthUpdate","E":{self._told},"s":"{symbol}","U":{it.first_id},"u":{it.last_id}'
            f',"b":{_levels(it.bids)},"a":{_levels(it.asks)}}}'
        )
        return self._frame(symbol, "depth@100ms", data)

    def _frame(self, symbol: str, kind: str, data: str) -> Frame:
        payload = f'{{"stream":"{symbol.lower()}@{kind}","data":{data}}}'
        return Frame(self._told, symbol, payload.encode())


def _levels(levels: Sequence[Level]) -> str:
    return json.dumps(levels, separators=(",", ":"))


async def _main() -> None:
    async with Exchange(SoakSource(MachineClock())) as exchange:
        print(json.dumps(exchange.ready_line()), flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_main())
