"""The market as it stands: frames in, market out.

Everything that the exchange tells about a market is read here and follows from the frames of one source (and from
its history), so book, trades, candles and tickers agree exactly. Reads change nothing.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from copy import copy, deepcopy
from dataclasses import replace
from typing import Protocol, Self

from binance_mcp_server.exchange.engine.rules import Product, SymbolRules
from binance_mcp_server.exchange.market import stats
from binance_mcp_server.exchange.market.book import Book, Diff
from binance_mcp_server.exchange.market.chart import Chart
from binance_mcp_server.exchange.market.frames import FrameError, Snapshot, read
from binance_mcp_server.exchange.market.past import Blocks, Past
from binance_mcp_server.exchange.market.tape import Tape
from binance_mcp_server.exchange.market.types import AggTrade, BookView, Stats, Trade
from binance_mcp_server.exchange.sources.base import (
    CuttingSource,
    Frame,
    IntegerHistory,
    KlineRow,
    Source,
    history_of,
)

FUTURES_AGGREGATE_MS = 100
WHOLE_BOOK = 1 << 31
"""More levels than a book has."""


class Watcher(Protocol):
    """Whoever has to act on each frame in its turn, after the market has taken it in."""

    def traded(self, symbol: str, trade: Trade) -> None:
        """A trade happened."""
        ...

    def changed(
        self, symbol: str, bids: Sequence[tuple[int, int]], asks: Sequence[tuple[int, int]]
    ) -> None:
        """Levels of the book changed: prices with their new quantities, 0 where nothing is left."""
        ...

    def replaced(self, symbol: str, book: BookView) -> None:
        """The book is another one now, this one."""
        ...


class Market:
    """All symbols of one product of a source. Amounts are integers in units of 1e-8, times ms since the epoch.

    Every method takes a symbol of :attr:`rules`; ``KeyError`` for any other.
    """

    def __init__(self, source: Source, product: Product = "spot") -> None:
        self.product = product
        self._source = source
        self._history = history_of(source, product)
        self._cutting = source if isinstance(source, CuttingSource) else None
        self._rules = {rules.symbol: rules for rules in source.rules if rules.product == product}
        blocks = Blocks()
        self._books = {symbol: Book() for symbol in self.rules}
        self._charts = {symbol: self._chart(rules, blocks) for symbol, rules in self.rules.items()}
        self._counts: Counter[str] = Counter()
        self.watcher: Watcher | None = None
        """Called amid :meth:`apply`: reads then see the frames up to that one."""

    @property
    def rules(self) -> Mapping[str, SymbolRules]:
        return self._rules

    def set_status(self, symbol: str, status: str) -> None:
        """What the rules of *symbol* say from now on."""
        self._rules[symbol] = replace(self._rules[symbol], status=status)

    def apply(self, batch: Sequence[Frame]) -> None:
        """Take in frames, in order; those of other products are another market's.

        Raises :class:`FrameError` at the first that cannot be read.
        """
        for frame in batch:
            if frame.product == self.product:
                self._apply(frame)

    def with_books_as_now(self) -> Self:
        """The same market, whose books stay what they are now. For reading: frames are for the original."""
        other = copy(self)
        other._books = deepcopy(self._books)  # noqa: SLF001 - of the same class
        return other

    def now_ms(self) -> int:
        """What the venue says the time is."""
        return self._source.now_ms()

    def allow(self, days: int | None) -> None:
        """How many days of history the reads from now on may make before
        :class:`~binance_mcp_server.exchange.turns.TurnOverError`; ``None``: any number. Where nothing has to be
        made, it never comes to that."""
        if isinstance(self._history, IntegerHistory):
            self._history.allow(days)

    def counters(self) -> dict[str, int]:
        """For operators: frames ``applied`` and ``passed_over``, ``repeated_trades``, ``gaps`` in the depth updates,
        and how many books are ``books_out_of_sync`` since one."""
        books = self._books.values()
        return {
            "applied": self._counts["applied"],
            "passed_over": self._counts["passed_over"],
            "repeated_trades": self._counts["repeated_trades"],
            "gaps": sum(book.gaps for book in books),
            "books_out_of_sync": sum(book.gaps > 0 and not book.in_sync for book in books),
        }

    def book(self, symbol: str, limit: int) -> BookView:
        """The best *limit* levels of each side.

        A source that knows a symbol's first snapshot gives it before anything else. So until the source has played
        up to it, the book may be ahead of the diffs that are sent out: its id says so, and a client that follows
        the venue's procedure waits for them. A symbol without any depth has an empty book with id 0.
        """
        return self._books[symbol].view(limit)

    def book_time(self, symbol: str) -> int:
        """When the venue made what the book is; 0 for an empty one."""
        return self._books[symbol].time

    def last_trade(self, symbol: str) -> Trade | None:
        """The newest trade since the source started; ``None`` if there was none."""
        return self._charts[symbol].tape.last()

    def last_price(self, symbol: str) -> int | None:
        """Of the newest trade, or else the last close of history; ``None`` when there is neither."""
        return self._charts[symbol].close_before(self.now_ms() + 1)

    def recent_trades(self, symbol: str, limit: int) -> Sequence[Trade]:
        """The newest trades, oldest first."""
        return self._charts[symbol].tape.recent(limit)

    def trades_from(self, symbol: str, from_id: int, limit: int) -> Sequence[Trade]:
        """Trades from an id on, oldest first; ids that nobody has are passed over."""
        return self._charts[symbol].tape.since_id(from_id, limit)

    def agg_trades(
        self,
        symbol: str,
        *,
        from_id: int | None,
        start_ms: int | None,
        end_ms: int | None,
        limit: int,
    ) -> Sequence[AggTrade]:
        """Aggregates, oldest first: from an id or a time on, else the newest (up to *end_ms*, inclusive).

        What has been told never changes: the newest one is held back as long as the source might still add to it.
        """
        growing = self._cutting is not None and not self._cutting.ended
        return self._charts[symbol].tape.aggregates(
            from_id=from_id, start_ms=start_ms, end_ms=end_ms, limit=limit, growing=growing
        )

    def trade_ids(self, symbol: str, start_ms: int, end_ms: int, trades: int) -> tuple[int, int]:
        """The first and last id of the *trades* between two times (both inclusive); -1 when none of them has one.

        Trades of history have none: they are numbered back from the first one that has, as in :mod:`.stats`.
        """
        tape = self._charts[symbol].tape
        first, last = tape.first_since(start_ms), tape.before(end_ms + 1)
        if not trades or first is None or last is None or first.id > last.id:
            return -1, -1
        kept = tape.count_since(start_ms) - tape.count_since(end_ms + 1)
        return max(0, first.id - (trades - kept)), last.id

    def klines(
        self,
        symbol: str,
        interval: str,
        *,
        start_ms: int | None,
        end_ms: int | None,
        offset_minutes: int,
        limit: int,
    ) -> Sequence[KlineRow]:
        """Candles by the rules of :mod:`.chart`, oldest first, the open one last.

        *offset_minutes* is the time zone that candles are cut in; *start_ms* and *end_ms* stay UTC.
        """
        chart = self._charts[symbol]
        return chart.rows(
            chart.grid(interval, offset_minutes),
            start_ms=start_ms,
            end_ms=end_ms,
            limit=limit,
            now_ms=self.now_ms(),
        )

    def average_price(self, symbol: str) -> tuple[int, int, int]:
        """Minutes, average price over them, time of the last trade."""
        return stats.average_price(self._charts[symbol], self.now_ms())

    def rolling(self, symbol: str, window_ms: int, *, aligned: bool = True) -> Stats:
        """The last *window_ms*: opening on the minute as ``/ticker`` does, or to the ms as ``/ticker/24hr``."""
        return stats.rolling(self._charts[symbol], window_ms, self.now_ms(), aligned=aligned)

    def trading_day(self, symbol: str, offset_minutes: int) -> Stats:
        """The present day of a time zone."""
        return stats.trading_day(self._charts[symbol], offset_minutes, self.now_ms())

    def _chart(self, rules: SymbolRules, blocks: Blocks) -> Chart:
        past = Past(self._history, rules.symbol, self._source.start_ms, blocks)
        window = 1 if self.product == "spot" else FUTURES_AGGREGATE_MS
        return Chart(past, Tape(contract=rules.contract, aggregate_ms=window), rules.places)

    def _apply(self, frame: Frame) -> None:
        if frame.symbol not in self.rules:
            raise FrameError(frame, "the source has no rules for this symbol")
        match read(frame):
            case Trade() as trade:
                self._trade(frame, trade)
            case Diff() as diff:
                if self._books[frame.symbol].apply(diff) and self.watcher is not None:
                    self.watcher.changed(frame.symbol, diff.bids, diff.asks)
            case Snapshot() as whole:
                self._snapshot(frame.symbol, whole)
            case None:
                self._counts["passed_over"] += 1
                return
        self._counts["applied"] += 1

    def _snapshot(self, symbol: str, whole: Snapshot) -> None:
        book = self._books[symbol]
        is_new = book.snapshot(whole.update_id, whole.bids, whole.asks, whole.time)
        if is_new and self.watcher is not None:
            self.watcher.replaced(symbol, book.view(WHOLE_BOOK))

    def _trade(self, frame: Frame, trade: Trade) -> None:
        contract = self.rules[frame.symbol].contract
        if contract:
            trade = trade._replace(contract=contract)
        try:
            is_new = self._charts[frame.symbol].add(trade)
        except OverflowError as error:
            raise FrameError(frame, "a number is larger than the venue can have") from error
        self._counts["repeated_trades"] += not is_new
        if is_new and self.watcher is not None:
            self.watcher.traded(frame.symbol, trade)
