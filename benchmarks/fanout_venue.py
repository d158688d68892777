"""``python -m benchmarks.fanout_venue COUNT``: the exchange's own stream side, with a market that is always busy.

Prints its port. Who subscribes is told COUNT aggregate trades, as fast as they are made and taken; then it prints the
CPU that each took, in µs, and waits until they have left for the next. Board, makers, connections and sockets are the
exchange's own. The market that they read is a list made beforehand: taking frames in is not what is measured, but each
batch has as many as if they had been.
"""

import asyncio
import random
import sys
import time
from collections.abc import Callable, Sequence
from typing import cast

from binance_mcp_server.exchange.clock import MachineClock
from binance_mcp_server.exchange.engine.symbols import LISTINGS
from binance_mcp_server.exchange.http.listener import reserve
from binance_mcp_server.exchange.market.types import AggTrade
from binance_mcp_server.exchange.numbers import show
from binance_mcp_server.exchange.sources.base import Frame
from binance_mcp_server.exchange.wire.view import MarketView
from binance_mcp_server.exchange.ws.streams import Streams

BATCH = 256
"""Trades that are new at a time, as many as a replay has frames in a batch; each is an aggregate of its own."""
_START = 1_723_161_255_343
_FIRST = 3_735_683_259
_LOOK_SECONDS = 0.01


class Busy:
    """As much of a market as aggregate trades are made of."""

    def __init__(self, count: int, seed: int = 1) -> None:
        rules = LISTINGS[0].rules
        self.rules = {rules.symbol: rules}
        self.played = 0
        """Trades so far."""
        self._records = records(count, seed)

    def now_ms(self) -> int:
        return _START + self.played

    def allow(self, days: int | None) -> None:
        """Nothing has to be made."""

    def agg_trades(
        self, _symbol: str, *, from_id: int | None, limit: int, **_times: int | None
    ) -> Sequence[AggTrade]:
        if from_id is None:
            return self._records[max(0, self.played - limit) : self.played]
        return self._records[from_id : min(self.played, from_id + limit)]

    def frames(self) -> list[Frame]:
        """The trades of a batch, as a source sends them. It is always the first: nobody asks for those."""
        (symbol,) = self.rules
        return [_frame(symbol, record) for record in self._records[:BATCH]]


def records(count: int, seed: int) -> list[AggTrade]:
    """Aggregates of one trade each, their ids from 0 on."""
    dice = random.Random(seed)
    return [
        AggTrade(
            number,
            dice.randrange(6_100_000, 6_200_000) * 1_000_000,
            dice.randrange(1, 500_000) * 1_000,
            _FIRST + number,
            _FIRST + number,
            _START + number,
            dice.random() < 0.5,
        )
        for number in range(count)
    ]


def _frame(symbol: str, record: AggTrade) -> Frame:
    data = (
        f'{{"e":"trade","E":{record.time},"s":"{symbol}","t":{record.first_id},"p":"{show(record.price)}"'
        f',"q":"{show(record.qty)}","T":{record.time},"m":{str(record.buyer_is_maker).lower()},"M":true}}'
    )
    payload = f'{{"stream":"{symbol.lower()}@trade","data":{data}}}'
    return Frame(record.time, symbol, payload.encode())


async def tell(streams: Streams, market: Busy, count: int) -> None:
    """Tell *count* aggregates to whoever is subscribed."""
    batch = market.frames()
    while market.played < count:
        market.played = min(count, market.played + BATCH)
        await streams.publish(batch)


async def serve(streams: Streams, market: Busy, count: int) -> None:
    """One subscriber after the other."""
    there = streams.connections
    while True:
        await _until(lambda: any(it.session.names for it in there))
        begun = time.process_time()
        await tell(streams, market, count)
        print((time.process_time() - begun) * 1e6 / count, flush=True)
        await _until(lambda: not there)
        market.played = 0


async def _until(holds: Callable[[], bool]) -> None:
    while not holds():  # noqa: ASYNC110 - the exchange has no event for it
        await asyncio.sleep(_LOOK_SECONDS)


async def main() -> None:
    count = int(sys.argv[1])
    market = Busy(count)
    streams = Streams({"spot": cast("MarketView", market)}, MachineClock(), patient=True)
    with reserve(0, "--stream-port", reuse=True) as sock:
        await streams.start(sock)
        print(sock.getsockname()[1], flush=True)
        await serve(streams, market, count)


if __name__ == "__main__":
    asyncio.run(main())
