"""Trades: recent, by id and by time, over any number of pages.

Ids of one symbol only grow, so a full page from an id on can change no more: it is kept, within bounds. Range rules
and limits: rest-api.md, trades, historicalTrades, historicalBlockTrades and aggTrades; aggTrades of the USDⓈ-M and
COIN-M documents (all read 2026-11-22). Futures give old trades by id to holders of a key alone, but aggregate trades
to everybody; what they give for an end without a start is documented nowhere, and is taken to be as on spot.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from typing import Any, Generic, Protocol, TypeVar

from binance_mcp_server.binance_api import endpoints
from binance_mcp_server.binance_api.endpoints import Request
from binance_mcp_server.errors import InputError, TransportError
from binance_mcp_server.models.market import AggTrade, BlockTrade, Trade
from binance_mcp_server.queries.answer import Answer
from binance_mcp_server.queries.fetch import Fetcher, answer, check_limit, joined, together

PAGE = 1000
"""The venue's most rows a request."""
MOST = 10_000
"""Our most rows an answer."""
MAX_KEPT = 20_000
"""Trades in memory: about 8 MB."""
_AT_ONCE = 4
_AGGREGATE = 'use kind="aggregate", which can be asked by its own ids and by time'
_LARGEST_ID = 2**63 - 1


class _Row(Protocol):
    @property
    def id(self) -> int: ...
    @property
    def time(self) -> int: ...


R = TypeVar("R", bound=_Row)


@dataclass(frozen=True, slots=True)
class _Source(Generic[R]):
    """One endpoint of one symbol that is paged by id."""

    symbol: str
    kind: str
    request: Callable[[int, int], Request[tuple[R, ...]]]
    """(first id, limit) → request."""


class PageCache:
    """Immutable pages, least recently used out first."""

    def __init__(self, max_rows: int = MAX_KEPT) -> None:
        self._max = max_rows
        self._pages: OrderedDict[Hashable, Answer[tuple[Any, ...]]] = OrderedDict()
        self._rows = 0

    def __len__(self) -> int:
        """Rows held."""
        return self._rows

    def get(self, key: Hashable) -> Answer[tuple[Any, ...]] | None:
        """The page kept under *key*, marked as coming from memory."""
        if key not in self._pages:
            return None
        self._pages.move_to_end(key)
        return self._pages[key]

    def put(self, key: Hashable, page: Answer[tuple[Any, ...]]) -> None:
        """Keep a page that can change no more."""
        old = self._pages.pop(key, None)
        self._rows += len(page.data) - (len(old.data) if old else 0)
        self._pages[key] = Answer(page.data, page.as_of_ms, "cache")
        while self._rows > self._max:
            _, gone = self._pages.popitem(last=False)
            self._rows -= len(gone.data)


class TradeReader:
    """Trades of all symbols, with one bounded memory. Rows come oldest first."""

    def __init__(self, fetcher: Fetcher, cache: PageCache | None = None) -> None:
        self._fetcher = fetcher
        self.cache = PageCache() if cache is None else cache

    async def recent(self, symbol: str, limit: int = 500) -> Answer[tuple[Trade, ...]]:
        """The latest *limit* trades: 1 to 10,000, on futures to 1000. Raises :class:`InputError`."""
        check_limit(limit, MOST, what="trades")
        if limit > PAGE:
            self._fetcher.product.only_spot(f"More than {PAGE} latest trades are", _AGGREGATE)
        name = await self._fetcher.resolve(symbol)
        request = self._fetcher.product.requests.trades(name, limit=min(limit, PAGE))
        latest = answer(await self._fetcher.send(request, name))
        return await self._backwards(_historical(name), latest, limit)

    async def historical(
        self, symbol: str, from_id: int | None = None, limit: int = 500
    ) -> Answer[tuple[Trade, ...]]:
        """Trades from *from_id* on; the latest without one. On spot alone. Raises :class:`InputError`."""
        check_limit(limit, MOST, what="trades")
        self._fetcher.product.only_spot("Trades by id are to be had without a key", _AGGREGATE)
        name = await self._fetcher.resolve(symbol)
        source = _historical(name)
        if from_id is not None:
            return await self._onward(source, _check_id(from_id), limit)
        request = endpoints.historical_trades(name, limit=min(limit, PAGE))
        latest = answer(await self._fetcher.send(request, name))
        return await self._backwards(source, latest, limit)

    async def block(
        self, symbol: str, from_id: int, limit: int = 500
    ) -> Answer[tuple[BlockTrade, ...]]:
        """Block trades from *from_id* on. On spot alone. Raises :class:`InputError`."""
        check_limit(limit, MOST, what="trades")
        self._fetcher.product.only_spot("Block trades are", _AGGREGATE)
        name = await self._fetcher.resolve(symbol)
        return await self._onward(_blocks(name), _check_id(from_id), limit)

    async def aggregate(
        self,
        symbol: str,
        *,
        from_id: int | None = None,
        start_ms: int | None = None,
        end_ms: int | None = None,
        limit: int = 500,
    ) -> Answer[tuple[AggTrade, ...]]:
        """Aggregate trades from an id on (up to an end, if one is given), of a range of time, or the latest.

        Ends are included; only an end → the latest up to it. Raises :class:`InputError`.
        """
        check_limit(limit, MOST, what="trades")
        name = await self._fetcher.resolve(symbol)
        source = self._aggregates(name)
        if from_id is not None:
            if start_ms is not None:
                raise InputError(
                    "from_id and a start exclude each other.",
                    advice="Give from_id (and perhaps an end), or start and end.",
                )
            return await self._onward(source, _check_id(from_id), limit, end_ms)
        await self._fetcher.check_range(start_ms, end_ms)
        request = self._fetcher.product.requests.agg_trades(
            name,
            start_time=start_ms,
            end_time=None if self._too_long(start_ms, end_ms) else end_ms,
            limit=min(limit, PAGE),
        )
        first = answer(await self._fetcher.send(request, name))
        if start_ms is None:
            return await self._backwards(source, first, limit)
        return await self._follow(source, first, end_ms, limit)

    def _too_long(self, start_ms: int | None, end_ms: int | None) -> bool:
        """Whether the venue would refuse a range with both ends: then its end is watched for here."""
        most = self._fetcher.product.longest_agg_range_ms
        both = start_ms is not None and end_ms is not None
        return both and most is not None and (end_ms or 0) - (start_ms or 0) >= most

    def _aggregates(self, symbol: str) -> _Source[AggTrade]:
        ask = self._fetcher.product.requests.agg_trades
        return _Source(
            symbol, "aggregate", lambda first, limit: ask(symbol, from_id=first, limit=limit)
        )

    async def _follow(
        self, source: _Source[R], first: Answer[tuple[R, ...]], end_ms: int | None, limit: int
    ) -> Answer[tuple[R, ...]]:
        """Go on after the page that a range of time begins with, by id, to its end."""
        whole = len(first.data)
        if end_ms is not None:
            within = tuple(row for row in first.data if row.time <= end_ms)
            first = replace(first, data=within)
        if whole < min(limit, PAGE) or whole == limit or len(first.data) < whole:
            return first
        rest = await self._onward(source, first.data[-1].id + 1, limit - len(first.data), end_ms)
        return joined(first.data + rest.data, [first, rest])

    async def _onward(
        self, source: _Source[R], from_id: int, limit: int, end_ms: int | None = None
    ) -> Answer[tuple[R, ...]]:
        """The oldest *limit* rows from *from_id* on, up to *end_ms*."""
        rows: dict[int, R] = {}
        parts: list[Answer[tuple[R, ...]]] = []
        at_once = 1 if end_ms is not None else _AT_ONCE  # how far time reaches in ids is not known
        goes_on = True
        while goes_on and len(rows) < limit:
            count = min(at_once, -(-(limit - len(rows)) // PAGE))
            starts = [from_id + number * PAGE for number in range(count)]
            size = min(limit - len(rows), PAGE)
            batch = await together(self._page(source, start, size) for start in starts)
            for part in batch:
                rows.update((row.id, row) for row in part.data)
            parts += batch
            last = batch[-1].data
            goes_on = len(last) == size and (end_ms is None or last[-1].time <= end_ms)
            from_id = last[-1].id + 1 if last else from_id
            at_once = min(2 * at_once, _AT_ONCE)
        ordered = [rows[number] for number in sorted(rows)]
        within = [row for row in ordered if end_ms is None or row.time <= end_ms]
        return joined(tuple(within[:limit]), parts)

    async def _backwards(
        self, source: _Source[R], latest: Answer[tuple[R, ...]], limit: int
    ) -> Answer[tuple[R, ...]]:
        """Put older rows before the *latest* until there are *limit*, or the first trade ever is reached."""
        rows, parts, note = latest.data, [latest], ""
        while len(rows) < limit and len(latest.data) >= PAGE and rows[0].id > 0:
            missing, before = limit - len(rows), rows[0].id
            from_id = max(0, before - missing)
            older = await self._onward(source, from_id, before - from_id)
            fresh = tuple(row for row in older.data if row.id < before)
            if not fresh:
                note = f"The venue gave no trades before id {before}."
                break
            rows, parts = fresh + rows, [*parts, older]
        return joined(rows[-limit:], parts, partial=note)

    async def _page(self, source: _Source[R], from_id: int, limit: int) -> Answer[tuple[R, ...]]:
        key = (source.kind, source.symbol, from_id, limit)
        kept = self.cache.get(key)
        if kept is not None:
            return kept
        page = answer(await self._fetcher.send(source.request(from_id, limit), source.symbol))
        if page.data and page.data[0].id < from_id:
            raise _not_asked_for(from_id)
        if len(page.data) == limit:
            self.cache.put(key, page)
        return page


def _not_asked_for(from_id: int) -> TransportError:
    """Going on after such a page would never come to an end."""
    error = TransportError(
        f"The answer to a request for trades from id {from_id} on begins before it.",
        advice="Something in between answers for the venue, perhaps a cache that ignores the query.",
    )
    error.retryable = False
    return error


def _historical(symbol: str) -> _Source[Trade]:
    return _Source(
        symbol,
        "historical",
        lambda first, limit: endpoints.historical_trades(symbol, from_id=first, limit=limit),
    )


def _blocks(symbol: str) -> _Source[BlockTrade]:
    return _Source(
        symbol,
        "block",
        lambda first, limit: endpoints.historical_block_trades(symbol, from_id=first, limit=limit),
    )


def _check_id(from_id: int) -> int:
    if not 0 <= from_id <= _LARGEST_ID:
        raise InputError(
            f"{str(from_id)[:25]} is no trade id.", advice="Trade ids are whole numbers from 0 on."
        )
    return from_id
