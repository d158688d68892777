"""What streams tell that the source does not send by itself: it follows from the market. Pure.

A maker is asked after every batch that the market took in, and says what is due by the venue's time. It may raise
:class:`~binance_mcp_server.exchange.turns.TurnOverError` when that needs more of a simulated past than one turn
makes; it is asked again with the next batch.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from binance_mcp_server.exchange.market.types import AggTrade, Stats
from binance_mcp_server.exchange.sources.base import KlineRow
from binance_mcp_server.exchange.wire import reference
from binance_mcp_server.exchange.wire.view import MarketView
from binance_mcp_server.exchange.ws import payloads
from binance_mcp_server.exchange.ws.names import DAY_MS, Stream
from binance_mcp_server.exchange.ws.payloads import Body

CLOSING_MS = 250
"""A candle is told as closed so long after its end: in recordings trades come up to 213 ms after later events."""
PAGE = 1000


class Maker(Protocol):
    """Makes the events of one stream."""

    def due(self, now_ms: int) -> Iterable[Body]:
        """What there is to tell at *now_ms* of the venue's time."""
        ...


class Pulse:
    """Whole periods of the venue's time: the first beat is at once."""

    def __init__(self, period_ms: int) -> None:
        self._period = max(1, period_ms)
        self._beat: int | None = None

    def is_due(self, now_ms: int) -> bool:
        """Whether a period has begun since the last :meth:`done`."""
        return self._beat is None or now_ms // self._period > self._beat

    def done(self, now_ms: int) -> None:
        self._beat = now_ms // self._period


class Aggregates:
    """Aggregate trades from the next complete one on, with the ids that REST gives them."""

    def __init__(self, market: MarketView, stream: Stream) -> None:
        self._market, self._symbol = market, stream.symbol
        newest = self._read(None, 1)
        self._next_id = newest[-1].id + 1 if newest else 0

    def due(self, now_ms: int) -> Iterator[Body]:
        rules = self._market.rules[self._symbol]
        while records := self._read(self._next_id, PAGE):
            for record in records:
                yield payloads.agg_trade(rules, record, now_ms)
            self._next_id = records[-1].id + 1

    def _read(self, from_id: int | None, limit: int) -> Sequence[AggTrade]:
        return self._market.agg_trades(
            self._symbol, from_id=from_id, start_ms=None, end_ms=None, limit=limit
        )


class Candles:
    """Each candle while it is open, once a period, and once when it has closed, none left out."""

    def __init__(self, market: MarketView, stream: Stream) -> None:
        self._market, self._stream = market, stream
        self._pulse = Pulse(stream.period_ms)
        self._from: int | None = None  # where candles begin that were not told as closed
        self._closes = 0  # last ms of the open one

    def due(self, now_ms: int) -> Iterator[Body]:
        settled = now_ms - CLOSING_MS
        beat = self._pulse.is_due(now_ms)
        if not beat and settled <= self._closes:
            return
        for row in self._rows(settled):
            closed = row.close_time < settled
            if (closed and self._from is not None) or (beat and not closed):
                yield self._body(row, closed=closed, now_ms=now_ms)
            self._from = row.close_time + 1 if closed else row.open_time
            self._closes = row.close_time
        self._pulse.done(now_ms)

    def _rows(self, settled: int) -> Iterator[KlineRow]:
        """From the candle that is open on; at first that alone."""
        stream = self._stream
        more = True
        while more:
            rows = self._market.klines(
                stream.symbol,
                stream.interval,
                start_ms=self._from,
                end_ms=settled,
                offset_minutes=stream.offset_minutes,
                limit=1 if self._from is None else PAGE,
            )
            yield from rows
            more = len(rows) == PAGE

    def _body(self, row: KlineRow, *, closed: bool, now_ms: int) -> Body:
        rules = self._market.rules[self._stream.symbol]
        ids = self._market.trade_ids(rules.symbol, row.open_time, row.close_time, row.trades)
        return payloads.kline(rules, self._stream.interval, row, ids, closed=closed, now_ms=now_ms)


Told = tuple[Body, object]
"""An event, and what has to differ for it to be told again."""


class Periodic:
    """One symbol's event, once a period, when anything in it but times has changed."""

    def __init__(self, stream: Stream, make: Callable[[int], Told | None]) -> None:
        self._pulse = Pulse(stream.period_ms)
        self._make = make
        self._told: object = None

    def due(self, now_ms: int) -> Iterator[Body]:
        if not self._pulse.is_due(now_ms):
            return
        made = self._make(now_ms)
        self._pulse.done(now_ms)
        if made is not None and made[1] != self._told:
            self._told = made[1]
            yield made[0]


class Array:
    """The same for all symbols together: those that changed since the period before."""

    def __init__(self, stream: Stream, makes: Mapping[str, Callable[[int], Told | None]]) -> None:
        self._pulse = Pulse(stream.period_ms)
        self._makes = makes
        self._told: dict[str, object] | None = None

    def due(self, now_ms: int) -> Iterator[Body]:
        if not self._pulse.is_due(now_ms):
            return
        made = {symbol: make(now_ms) for symbol, make in self._makes.items()}
        self._pulse.done(now_ms)
        before, self._told = self._told, {symbol: it and it[1] for symbol, it in made.items()}
        if before is not None:
            changed = [it[0] for symbol, it in made.items() if it and it[1] != before[symbol]]
            if changed:
                yield lambda scale: [body(scale) for body in changed]


def mini_ticker(market: MarketView, symbol: str, now_ms: int) -> Told:
    stats = market.rolling(symbol, DAY_MS, aligned=False)
    return payloads.mini_ticker(market.rules[symbol], stats, now_ms), _without_times(stats)


def ticker(market: MarketView, symbol: str, now_ms: int) -> Told:
    stats, book = market.rolling(symbol, DAY_MS, aligned=False), market.book(symbol, 1)
    body = payloads.ticker(market.rules[symbol], stats, book, now_ms)
    return body, (_without_times(stats), book.bids, book.asks)


def rolling(window: str, window_ms: int) -> Callable[[MarketView, str, int], Told]:
    def told(market: MarketView, symbol: str, now_ms: int) -> Told:
        stats = market.rolling(symbol, window_ms)
        body = payloads.rolling(market.rules[symbol], window, stats, now_ms)
        return body, _without_times(stats)

    return told


def average_price(market: MarketView, symbol: str, now_ms: int) -> Told:
    average = market.average_price(symbol)
    return payloads.average_price(market.rules[symbol], average, now_ms), average


def reference_price(market: MarketView, symbol: str, now_ms: int) -> Told | None:
    """Nothing for a symbol that never has one."""
    if not reference.has_reference_price(market.rules[symbol]):
        return None
    price = reference.reference_price(market, symbol, 1)["referencePrice"]
    return payloads.reference_price(symbol, price, now_ms), (price,)


def _without_times(stats: Stats) -> Stats:
    return stats._replace(open_time=0, close_time=0)


class PartialBook:
    """The top of the book, once a period, when the book has changed."""

    def __init__(self, market: MarketView, stream: Stream) -> None:
        self._market, self._stream = market, stream
        self._pulse = Pulse(stream.period_ms)
        self._last_id = 0

    def due(self, now_ms: int) -> Iterator[Body]:
        if not self._pulse.is_due(now_ms):
            return
        self._pulse.done(now_ms)
        stream, market = self._stream, self._market
        book = market.book(stream.symbol, stream.levels)
        if book.last_update_id != self._last_id:
            rules = market.rules[stream.symbol]
            previous = self._last_id or book.last_update_id
            yield payloads.partial_depth(rules, book, previous, stream.levels, now_ms)
            self._last_id = book.last_update_id


class TopOfBook:
    """Best bid and ask when either changes, for a source that does not send them by itself."""

    def __init__(self, market: MarketView, symbol: str, own: Callable[[], bool]) -> None:
        """*own* tells whether the source does."""
        self._market, self._symbol, self._own = market, symbol, own
        self._told: object = None

    def due(self, now_ms: int) -> Iterator[Body]:
        if self._own():
            return
        book = self._market.book(self._symbol, 1)
        top = (book.bids, book.asks)
        if all(top) and top != self._told:
            self._told = top
            yield payloads.book_ticker(self._market.rules[self._symbol], book, now_ms)
