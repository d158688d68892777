"""Candles of any range: paged, shared, and from memory where they can change no more.

Range rules: rest-api.md, klines (read 2026-11-22), and those of all ranges: only a start → the oldest from it; only
an end → the latest up to it; both → the oldest from the start, up to the end. All by open time, ends included.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from binance_mcp_server.binance_api import endpoints
from binance_mcp_server.market.candles import closed_count
from binance_mcp_server.market.intervals import mean_length_ms, parse_interval, shortest_length_ms
from binance_mcp_server.market.times import parse_time_zone
from binance_mcp_server.models.market import Kline
from binance_mcp_server.queries.answer import Answer
from binance_mcp_server.queries.candle_cache import CandleCache, Series
from binance_mcp_server.queries.fetch import Fetcher, check_limit, joined, together

PAGE = 1000
"""The venue's most rows a request."""
MOST = 20_000
"""Our most rows an answer; longer ranges go through :meth:`CandleReader.pages`."""
_AT_ONCE = 4
_NO_LIMIT = 2**62


@dataclass(frozen=True, slots=True)
class CandlePage:
    """Candles, oldest first."""

    rows: Sequence[Kline]
    next_start_ms: int | None
    """Where the range goes on, as the next ``start_ms``; ``None`` at its end."""
    open: bool
    """The last row is not closed yet, or not provably so: its figures may still change."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Candles so far, and how many the range has room for: fewer come where the venue has holes."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class _Part:
    """One page with its evidence."""

    rows: tuple[Kline, ...]
    answer: Answer[None]
    open: bool
    full: bool
    """As many rows as were asked for: there may be more."""

    @property
    def next_ms(self) -> int:
        return self.rows[-1].close_time + 1

    def cut(self, limit: int) -> "_Part":
        """The first *limit* rows of this page."""
        if len(self.rows) <= limit:
            return self
        return replace(self, rows=self.rows[:limit], open=False)


class CandleReader:
    """Candles of all symbols, with one bounded memory."""

    def __init__(self, fetcher: Fetcher, cache: CandleCache | None = None) -> None:
        self._fetcher = fetcher
        self.cache = CandleCache() if cache is None else cache

    async def candles(
        self,
        symbol: str,
        interval: str,
        *,
        start_ms: int | None = None,
        end_ms: int | None = None,
        limit: int = 500,
        time_zone: str | None = None,
        ui: bool = False,
        on_progress: Callable[[int, int], Awaitable[None]] | None = None,
    ) -> Answer[CandlePage]:
        """Up to *limit* (1 to 20,000) candles of a range; the latest where no start is given.

        *on_progress* is told how many there are so far, of how many asked for, after every page of a range with a
        start.
        Raises :class:`InputError` for arguments that make no sense and for a symbol that does not exist.
        """
        check_limit(limit, MOST, what="candles")
        series = await self._series(symbol, interval, time_zone)
        await self._fetcher.check_range(start_ms, end_ms)
        if start_ms is None:
            return _page(await self._latest(series, end_ms, limit, ui=ui), None)
        parts = self._onward(series, start_ms, end_ms, limit, ui=ui)
        gathered: list[_Part] = []
        async with aclosing(parts):
            async for part in parts:
                gathered.append(part)
                if on_progress:
                    await on_progress(_count(gathered), limit)
        next_ms = self._next(gathered[-1], end_ms) if _count(gathered) >= limit else None
        return _page(gathered, next_ms)

    async def pages(
        self,
        symbol: str,
        interval: str,
        *,
        start_ms: int,
        end_ms: int | None = None,
        limit: int | None = None,
        time_zone: str | None = None,
        ui: bool = False,
    ) -> AsyncGenerator[tuple[Sequence[Kline], Progress]]:
        """A range of any length, page by page, oldest first, without a hole or a repetition of ours.

        Up to *end_ms*, or the present. Raises as :meth:`candles` does, before the first page.
        """
        if limit is not None:
            check_limit(limit, 10**9, what="candles")
        series = await self._series(symbol, interval, time_zone)
        await self._fetcher.check_range(start_ms, end_ms)
        last_ms = self._fetcher.venue_now_ms() if end_ms is None else end_ms
        most = _NO_LIMIT if limit is None else limit
        parts = self._onward(series, start_ms, end_ms, most, ui=ui)
        done = total = 0
        async with aclosing(parts):
            async for part in parts:
                done += len(part.rows)
                if part.rows and not total:
                    room = (last_ms - part.rows[0].open_time) // mean_length_ms(series.interval) + 1
                    total = min(room, most)
                yield part.rows, Progress(done, max(done, total))

    async def _series(self, symbol: str, interval: str, time_zone: str | None) -> Series:
        known, zone = parse_interval(interval), parse_time_zone(time_zone)
        return Series(await self._fetcher.resolve(symbol), known, zone)

    def _next(self, last: _Part, end_ms: int | None) -> int | None:
        """Where to go on after *last*; ``None`` where nothing can follow."""
        if not last.rows or last.open or (end_ms is not None and last.next_ms > end_ms):
            return None
        return last.next_ms

    async def _latest(
        self, series: Series, end_ms: int | None, limit: int, *, ui: bool
    ) -> list[_Part]:
        """Page by page backwards; each page begins where the one before it was found to end."""
        parts: list[_Part] = []
        while (missing := limit - _count(parts)) > 0:
            part = await self._before(series, end_ms, min(missing, PAGE), ui=ui)
            parts.append(part)
            if not part.full:
                break
            end_ms = part.rows[0].open_time - 1
        return parts[::-1]

    async def _before(self, series: Series, end_ms: int | None, limit: int, *, ui: bool) -> _Part:
        if end_ms is not None and not ui:
            known = self.cache.up_to_end(series, end_ms, limit)
            if known is not None:
                return _remembered(known.rows, known.as_of_ms, limit)
        return await self._ask(series, None, end_ms, limit, ui=ui)

    async def _from(
        self, series: Series, start_ms: int, end_ms: int | None, limit: int, *, ui: bool
    ) -> _Part:
        known = None if ui else self.cache.from_start(series, start_ms, end_ms, limit)
        if known is not None:
            return _remembered(known.rows, known.as_of_ms, limit)
        return await self._ask(series, start_ms, end_ms, limit, ui=ui)

    async def _onward(
        self, series: Series, start_ms: int, end_ms: int | None, limit: int, *, ui: bool
    ) -> AsyncGenerator[_Part]:
        """Page by page forwards. The first tells where candles begin; the next are asked for at the same time."""
        part = await self._from(series, start_ms, end_ms, min(limit, PAGE), ui=ui)
        yield part
        left = limit - len(part.rows)
        next_ms = part.next_ms if part.full and not part.open else None
        while left > 0 and next_ms is not None and (end_ms is None or next_ms <= end_ms):
            batch, next_ms = await self._batch(series, next_ms, end_ms, left, ui=ui)
            for window in batch:
                part = window.cut(left)
                left -= len(part.rows)
                if part.rows:
                    yield part
                if part.open or left == 0:
                    # What the batch holds beyond an open candle came later: it would make it look closed.
                    return

    async def _batch(
        self, series: Series, start_ms: int, end_ms: int | None, left: int, *, ui: bool
    ) -> tuple[list[_Part], int | None]:
        """The next pages and where to go on after them, ``None`` at the end: stretches of time that cannot hold more
        than a page each; behind a long hole of the venue the one page where candles begin again."""
        width = PAGE * shortest_length_ms(series.interval)
        now_ms = self._fetcher.venue_now_ms()  # a guess, so the last stretch before it stays open
        last_ms = now_ms if end_ms is None else min(end_ms, now_ms)
        count = max(1, min(_AT_ONCE, -(-left // PAGE), -(-(last_ms - start_ms + 1) // width)))
        windows = [(start_ms + n * width, start_ms + (n + 1) * width - 1) for n in range(count)]
        if windows[-1][1] >= last_ms:
            return await self._last_batch(series, windows, end_ms, ui=ui)
        parts = await together(
            self._from(series, start, end, PAGE, ui=ui) for start, end in windows
        )
        next_ms = windows[-1][1] + 1
        if any(part.rows for part in parts):
            return parts, next_ms
        return await self._last_batch(series, [(next_ms, next_ms)], end_ms, ui=ui)

    async def _last_batch(
        self, series: Series, windows: list[tuple[int, int]], end_ms: int | None, *, ui: bool
    ) -> tuple[list[_Part], int | None]:
        """*windows*, the last of them without an end but that of the range: a full page there may have a next."""
        *closed, (last_start, _) = windows
        parts = await together(
            self._from(series, start, end, PAGE, ui=ui)
            for start, end in [*closed, (last_start, end_ms)]
        )
        last = parts[-1]
        return parts, last.next_ms if last.full and not last.open else None

    async def _ask(
        self, series: Series, start_ms: int | None, end_ms: int | None, limit: int, *, ui: bool
    ) -> _Part:
        request = endpoints.klines(
            series.symbol,
            series.interval,
            start_time=start_ms,
            end_time=end_ms,
            time_zone=series.time_zone,
            limit=limit,
            ui=ui,
        )
        reply = await self._fetcher.send(request, series.symbol)
        told_ms = reply.told_ms
        if reply.data and not told_ms:  # no date: the time has to be known before the candles are
            told_ms = await self._fetcher.told_ms()
            reply = await self._fetcher.send(request, series.symbol)
        rows = reply.data
        closed = closed_count(rows, told_ms)
        if closed and not ui:
            first_ms = rows[0].open_time if start_ms is None else start_ms
            self.cache.add(series, first_ms, rows[:closed], reply.venue_ms)
        evidence = Answer(None, reply.venue_ms, reply.source)
        return _Part(rows, evidence, closed < len(rows), len(rows) >= limit)


def _remembered(rows: tuple[Kline, ...], as_of_ms: int, limit: int) -> _Part:
    return _Part(rows, Answer(None, as_of_ms, "cache"), open=False, full=len(rows) >= limit)


def _count(parts: Sequence[_Part]) -> int:
    return sum(len(part.rows) for part in parts)


def _page(parts: Sequence[_Part], next_ms: int | None) -> Answer[CandlePage]:
    rows = [row for part in parts for row in part.rows]
    is_open = next((part.open for part in reversed(parts) if part.rows), False)
    return joined(CandlePage(rows, next_ms, is_open), [part.answer for part in parts])
