"""Depth updates of a slower stream than the source's: several become one. Pure.

An update of a second carries ``U`` of the first and ``u`` of the last that it is made of, and of each level the newest
quantity; on futures ``pu`` of the first. Periods are cut by the times of the frames, so what is told does not hang on
how they were batched.
"""

from collections.abc import Iterator

import msgspec

from binance_mcp_server.exchange.engine.rules import SymbolRules
from binance_mcp_server.exchange.numbers import parse
from binance_mcp_server.exchange.ws import payloads
from binance_mcp_server.exchange.ws.names import Stream
from binance_mcp_server.exchange.ws.payloads import Body, Moment, Texts, UpdateIds

Levels = dict[str, str]
"""Price → quantity, as printed."""


class _Update(msgspec.Struct, gc=False):
    E: int
    U: int
    u: int
    b: Texts
    a: Texts
    T: int = 0
    pu: int | None = None


_update = msgspec.json.Decoder(_Update)


class DepthMerger:
    """Updates in, one for each period out."""

    def __init__(self, rules: SymbolRules, stream: Stream) -> None:
        self._rules = rules
        self._period = stream.period_ms
        self._bucket = 0
        self._first: _Update | None = None
        self._last: _Update | None = None
        self._bids: Levels = {}
        self._asks: Levels = {}

    def take(self, data: bytes, time_ms: int) -> Iterator[Body]:
        """Take in the data of an update; tells the period before it, if that is over."""
        yield from self.due(time_ms)
        self._last = update = _update.decode(data)
        self._first = self._first or update
        self._bids.update(update.b)
        self._asks.update(update.a)
        self._bucket = self._bucket_of(time_ms)
        if not self._period:
            yield self._told(self._first, update)

    def due(self, now_ms: int) -> Iterator[Body]:
        """The period that is over."""
        if self._first and self._last and self._bucket_of(now_ms) > self._bucket:
            yield self._told(self._first, self._last)

    def _bucket_of(self, time_ms: int) -> int:
        return time_ms // self._period if self._period else 0

    def _told(self, first: _Update, last: _Update) -> Body:
        ids = UpdateIds(first.U, last.u, first.pu)
        bids, asks = (
            _ordered(self._bids, best_is_high=True),
            _ordered(self._asks, best_is_high=False),
        )
        self._first = self._last = None
        self._bids, self._asks = {}, {}
        return payloads.depth_update(self._rules, ids, Moment(last.E, last.T), bids, asks)


def _ordered(levels: Levels, *, best_is_high: bool) -> Texts:
    return sorted(levels.items(), key=lambda level: parse(level[0]), reverse=best_is_high)
