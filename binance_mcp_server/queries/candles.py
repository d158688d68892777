"""Candles of any range: paged, shared, and from memory where they can change no more.

Range rules: rest-api.md, klines (read 2026-11-22), and those of all ranges: only a start → the oldest from it; only
an end → the latest up to it; both → the oldest from the start, up to the end. All by open time, ends included.

COIN-M goes its own way (coin-margined-futures/market-data, klines, read 2026-11-22): of a range it answers the newest,
and 200 days at most. There a range is asked for in stretches that cannot hold more than an answer.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace

from binance_mcp_server.binance_api import endpoints
from binance_mcp_server.binance_api.endpoints import Request
from binance_mcp_server.market.candles import closed_count
from binance_mcp_server.market.intervals import (
    Interval,
    mean_length_ms,
    parse_interval,
    shortest_length_ms,
)
from binance_mcp_server.market.times import parse_time_zone
from binance_mcp_server.models.market import Kline
from binance_mcp_server.queries.answer import Answer
from binance_mcp_server.queries.candle_cache import CandleCache, Series
from binance_mcp_server.queries.candle_parts import (
    CandlePage,
    Part,
    Progress,
    page_of,
    part_of,
    remembered,
    rows_in,
)
from binance_mcp_server.queries.fetch import Fetcher, check_limit, together

__all__ = ["CandlePage", "CandleReader", "Progress"]

PAGE = 1000
"""Rows a request: the most on spot. Futures give up to 1500, at twice the weight of 1000."""
MOST = 20_000
"""Our most rows an answer; longer ranges go through :meth:`CandleReader.pages`."""
_AT_ONCE = 4
_NO_LIMIT = 2**62
_COARSE: tuple[tuple[Interval, int], ...] = (("1M", 8), ("1d", 99))
"""Candles to look for others with, and how many at once: of the least weight, and as far as one answer reaches."""


class CandleReader:
    """Candles of all symbols, with one bounded memory."""

    def __init__(self, fetcher: Fetcher, cache: CandleCache | None = None) -> None:
        self._fetcher = fetcher
        self._span_ms = fetcher.product.longest_span_ms
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
        series = await self._series(symbol, interval, time_zone, ui=ui)
        await self._fetcher.check_range(start_ms, end_ms)
        if start_ms is None:
            return page_of(await self._latest(series, end_ms, limit, ui=ui), None)
        start_ms = await self._first_ms(series, start_ms, end_ms)
        parts = self._onward(series, start_ms, end_ms, limit, ui=ui)
        gathered: list[Part] = []
        async with aclosing(parts):
            async for part in parts:
                gathered.append(part)
                if on_progress:
                    await on_progress(rows_in(gathered), limit)
        next_ms = self._next(gathered[-1], end_ms) if rows_in(gathered) >= limit else None
        return page_of(gathered, next_ms)

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
        series = await self._series(symbol, interval, time_zone, ui=ui)
        await self._fetcher.check_range(start_ms, end_ms)
        last_ms = self._fetcher.venue_now_ms() if end_ms is None else end_ms
        most = _NO_LIMIT if limit is None else limit
        start_ms = await self._first_ms(series, start_ms, end_ms)
        parts = self._onward(series, start_ms, end_ms, most, ui=ui)
        done = total = 0
        async with aclosing(parts):
            async for part in parts:
                done += len(part.rows)
                if part.rows and not total:
                    room = (last_ms - part.rows[0].open_time) // mean_length_ms(series.interval) + 1
                    total = min(room, most)
                yield part.rows, Progress(done, max(done, total))

    async def _series(
        self, symbol: str, interval: str, time_zone: str | None, *, ui: bool
    ) -> Series:
        known, zone = parse_interval(interval), parse_time_zone(time_zone)
        product = self._fetcher.product
        if known not in product.intervals:
            product.only_spot(f"{known} candles are", "the shortest interval there is 1m")
        if zone is not None or ui:
            product.only_spot("Other boundaries than UTC are", "leave time_zone out")
        return Series(await self._fetcher.resolve(symbol), known, zone)

    def _next(self, last: Part, end_ms: int | None) -> int | None:
        """Where to go on after *last*; ``None`` where nothing can follow."""
        if not last.rows or last.open or (end_ms is not None and last.next_ms > end_ms):
            return None
        return last.next_ms

    async def _latest(
        self, series: Series, end_ms: int | None, limit: int, *, ui: bool
    ) -> list[Part]:
        """Page by page backwards; each page begins where the one before it was found to end."""
        parts: list[Part] = []
        while (missing := limit - rows_in(parts)) > 0:
            part = await self._before(series, end_ms, min(missing, PAGE), ui=ui)
            parts.append(part)
            if not part.more:
                break
            end_ms = part.begins_ms - 1
        return parts[::-1]

    async def _before(self, series: Series, end_ms: int | None, limit: int, *, ui: bool) -> Part:
        if end_ms is not None and not ui:
            known = self.cache.up_to_end(series, end_ms, limit)
            if known is not None:
                return remembered(known.rows, known.as_of_ms, limit)
        part = await self._ask(series, None, end_ms, limit, ui=ui)
        return (
            part if part.more or self._span_ms is None else await self._short(series, part, end_ms)
        )

    async def _from(
        self, series: Series, start_ms: int, end_ms: int | None, limit: int, *, ui: bool
    ) -> Part:
        last_ms = self._reach(series, start_ms, end_ms, limit)
        known = None if ui else self.cache.from_start(series, start_ms, last_ms, limit)
        if known is not None:
            part = remembered(known.rows, known.as_of_ms, limit)
        else:
            part = await self._ask(series, start_ms, last_ms, limit, ui=ui)
        if last_ms is None or last_ms == end_ms:
            return part
        return replace(part, more=last_ms < self._fetcher.venue_now_ms(), ends_ms=last_ms)

    async def _onward(
        self, series: Series, start_ms: int, end_ms: int | None, limit: int, *, ui: bool
    ) -> AsyncGenerator[Part]:
        """Page by page forwards. The first tells where candles begin; the next are asked for at the same time."""
        part = await self._from(series, start_ms, end_ms, min(limit, PAGE), ui=ui)
        yield part
        left = limit - len(part.rows)
        next_ms = await self._after(series, part, end_ms)
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
    ) -> tuple[list[Part], int | None]:
        """The next pages and where to go on after them, ``None`` at the end: stretches of time that cannot hold more
        than a page each; behind a long hole of the venue the one page where candles begin again."""
        width = self._width(series, PAGE)
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
    ) -> tuple[list[Part], int | None]:
        """*windows*, the last of them without an end but that of the range: a full page there may have a next."""
        *closed, (last_start, _) = windows
        parts = await together(
            self._from(series, start, end, PAGE, ui=ui)
            for start, end in [*closed, (last_start, end_ms)]
        )
        last = parts[-1]
        return parts, await self._after(series, last, end_ms)

    async def _after(self, series: Series, part: Part, end_ms: int | None) -> int | None:
        """Where to go on after *part*; ``None`` at the end. Over a stretch without candles in long steps."""
        if part.open or not part.more:
            return None
        if part.rows or self._span_ms is None:
            return part.next_ms
        return await self._seek(series, part.next_ms, end_ms)

    async def _seek(self, series: Series, start_ms: int, end_ms: int | None) -> int | None:
        """Where candles begin from *start_ms* on, found by those of months and then of days; ``None``: nowhere."""
        for interval, rows in _COARSE:
            length_ms = mean_length_ms(interval)
            if length_ms <= mean_length_ms(series.interval):
                break
            coarse = Series(series.symbol, interval)
            first_ms = start_ms - 2 * length_ms  # the one that *start_ms* is in opened before it
            part = await self._from(coarse, first_ms, end_ms, rows, ui=False)
            while part.more and (not part.rows or part.rows[-1].close_time < start_ms):
                part = await self._from(coarse, part.next_ms, end_ms, rows, ui=False)
            ahead = [row.open_time for row in part.rows if row.close_time >= start_ms]
            if not ahead:
                return None
            start_ms = max(start_ms, ahead[0])
        return start_ms

    def _width(self, series: Series, limit: int) -> int:
        """A stretch of time that cannot hold more than *limit* candles, and can be asked for at once."""
        width = limit * shortest_length_ms(series.interval)
        return width if self._span_ms is None else min(width, self._span_ms)

    def _reach(self, series: Series, start_ms: int, end_ms: int | None, limit: int) -> int | None:
        """Where a request from *start_ms* on has to end.

        A product that answers the newest of a range would leave out the oldest where the range holds more than *limit*.
        """
        if self._span_ms is None:
            return end_ms
        last_ms = start_ms + self._width(series, limit) - 1
        return last_ms if end_ms is None else min(last_ms, end_ms)

    async def _short(self, series: Series, part: Part, end_ms: int | None) -> Part:
        """*part*, which goes back no further than a request can, with what is known of older candles."""
        until_ms = part.answer.as_of_ms if end_ms is None else end_ms
        begins_ms = min(part.begins_ms, until_ms - (self._span_ms or 0) + 1)
        more = await self._fetcher.began_ms(series.symbol) < begins_ms
        return replace(part, more=more, begins_ms=begins_ms)

    async def _first_ms(self, series: Series, start_ms: int, end_ms: int | None) -> int:
        """*start_ms*, or a later time before which there are no candles, where asking has to be step by step."""
        if self._span_ms is None:
            return start_ms
        began_ms = await self._fetcher.began_ms(series.symbol)
        first_ms = began_ms - 2 * mean_length_ms(series.interval)  # the candle that it began in
        return max(start_ms, first_ms if end_ms is None else min(first_ms, end_ms))

    def _request(
        self, series: Series, start_ms: int | None, end_ms: int | None, limit: int, *, ui: bool
    ) -> Request[tuple[Kline, ...]]:
        product, (symbol, interval, time_zone) = self._fetcher.product, series
        if product.futures is not None:
            return product.requests.klines(
                symbol, interval, start_time=start_ms, end_time=end_ms, limit=limit
            )
        return endpoints.klines(
            symbol,
            interval,
            start_time=start_ms,
            end_time=end_ms,
            time_zone=time_zone,
            limit=limit,
            ui=ui,
        )

    async def _ask(
        self, series: Series, start_ms: int | None, end_ms: int | None, limit: int, *, ui: bool
    ) -> Part:
        request = self._request(series, start_ms, end_ms, limit, ui=ui)
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
        return part_of(rows, evidence, limit, open=closed < len(rows))
