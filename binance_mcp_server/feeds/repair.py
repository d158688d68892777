"""Missing events of streams, fetched over REST as events: what a stream lost, a reader gets in its place.

Through the same readers as every other question, so that the weight ledger, shared requests and memory apply; in
turns, so that the others get theirs.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from binance_mcp_server.binance_ws_api.kinds import Spec
from binance_mcp_server.binance_ws_api.mender import Rows
from binance_mcp_server.clock import Clock
from binance_mcp_server.feeds.repair_turns import RepairTurns
from binance_mcp_server.models.events import (
    AggTradeEvent,
    BlockTradeEvent,
    Candle,
    Event,
    KlineEvent,
    TradeEvent,
)
from binance_mcp_server.models.market import Kline
from binance_mcp_server.queries.market import MarketQueries
from binance_mcp_server.queries.trades import MOST, PAGE
from binance_mcp_server.venues import Market

RECENT: Final = 1_000
"""The newest trades of a futures symbol: older ones by id need a key there (weights and keys read 2026-11-22)."""


Fetch = Callable[[MarketQueries, Spec, int, int | None], Awaitable[Rows]]


class RestSource:
    """Where the mender of streams gets what is missing."""

    def __init__(self, queries: Callable[[Market], MarketQueries], clock: Clock) -> None:
        self._queries = queries
        self._turns = RepairTurns(clock)

    def can(self, spec: Spec) -> bool:
        """Trades, aggregate trades, block trades and candles can be had; states of a moment cannot."""
        return spec.kind in _FETCH and bool(spec.symbol)

    async def rows(self, spec: Spec, first: int, last: int | None) -> Rows:
        """Events from *first* to *last*, or a page towards the newest. Raises what a read raises."""
        queries = self._queries(spec.market)
        async with self._turns.turn(spec.market, _weight(spec, first, last)):
            return await _FETCH[spec.kind](queries, spec, first, last)


def _most(first: int, last: int | None) -> int:
    """How many to ask for: one more than are missing proves that the others do not exist."""
    return PAGE if last is None else min(MOST, last - first + 2)


_WEIGHTS: Final = {"trade": (25, 5), "aggTrade": (4, 20), "blockTrade": (25, 25), "kline": (2, 5)}
"""Of one page on spot and on futures: ``binance_api.endpoints``, ``endpoints_futures``."""


def _weight(spec: Spec, first: int, last: int | None) -> int:
    spot, futures = _WEIGHTS[spec.kind]
    by_pages = (spec.rule == "ids" and spec.market == "spot") or spec.kind == "aggTrade"
    pages = -(-_most(first, last) // PAGE) if by_pages else 1
    return (spot if spec.market == "spot" else futures) * pages


async def _trades(queries: MarketQueries, spec: Spec, first: int, last: int | None) -> Rows:
    reader = queries.trades
    if spec.market == "spot":
        found = (await reader.historical(spec.symbol, first, _most(first, last))).data
    else:
        found = (await reader.recent(spec.symbol, RECENT)).data
    events: dict[int, Event] = {
        row.id: TradeEvent(
            row.time,
            spec.symbol,
            row.id,
            row.price_text,
            row.quantity_text,
            row.time,
            row.buyer_is_maker,
        )
        for row in found
        if row.id >= first
    }
    by_id = spec.market == "spot"
    complete = by_id or bool(found and found[0].id <= first)
    return _rows(events, complete=complete, more=by_id and last is None)


async def _aggregates(queries: MarketQueries, spec: Spec, first: int, last: int | None) -> Rows:
    answer = await queries.trades.aggregate(spec.symbol, from_id=first, limit=_most(first, last))
    return _rows(
        {
            row.id: AggTradeEvent(
                row.time,
                spec.symbol,
                row.id,
                row.price_text,
                row.quantity_text,
                row.first_id,
                row.last_id,
                row.time,
                row.buyer_is_maker,
            )
            for row in answer.data
        },
        more=last is None,
    )


async def _blocks(queries: MarketQueries, spec: Spec, first: int, last: int | None) -> Rows:
    answer = await queries.trades.block(spec.symbol, first, _most(first, last))
    return _rows(
        {
            row.id: BlockTradeEvent(
                row.time,
                spec.symbol,
                row.id,
                row.price_text,
                row.quantity_text,
                row.time,
                row.buyer_is_maker,
            )
            for row in answer.data
        },
        more=last is None,
    )


def _rows(events: Mapping[int, Event], *, complete: bool = True, more: bool) -> Rows:
    """Up to the last one the venue has given all there are; behind a full page there may be *more*."""
    upto = max(events) if events and complete else None
    return Rows(events, upto, more and len(events) >= PAGE)


async def _candles(queries: MarketQueries, spec: Spec, first: int, last: int | None) -> Rows:
    """Closed candles. The one behind *last* is asked for too: where it is there, nothing before it can be late."""
    interval, _, zone = spec.interval.partition("@")
    page = (
        await queries.candles.candles(
            spec.symbol,
            interval,
            start_ms=first,
            end_ms=None if last is None else last + 1,
            limit=MOST,
            time_zone=zone or None,
        )
    ).data
    closed = page.rows[:-1] if page.open else page.rows
    rows: dict[int, Event] = {
        row.open_time: _candle(spec, interval, row)
        for row in closed
        if last is None or row.open_time <= last
    }
    if not page.rows:
        return Rows()
    newest = page.rows[-1]
    return Rows(rows, newest.open_time - 1 if page.open else newest.close_time)


def _candle(spec: Spec, interval: str, row: Kline) -> KlineEvent:
    candle = Candle(
        row.open_time,
        row.close_time,
        interval,
        row.open_text,
        row.close_text,
        row.high_text,
        row.low_text,
        row.volume_text,
        row.trades,
        True,
        row.quote_volume_text,
        row.taker_base_text,
        row.taker_quote_text,
    )
    return KlineEvent(row.close_time, spec.symbol, candle)


_FETCH: Final[Mapping[str, Fetch]] = {
    "trade": _trades,
    "aggTrade": _aggregates,
    "blockTrade": _blocks,
    "kline": _candles,
}
