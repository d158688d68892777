"""What happened in a window of time: tickers and the average price.

A window reaches into history as far as whole candles of history lie in it, so a window that begins inside of a
history candle begins, in truth, with the next one; where there are trades it is exact. Trade ids are those of the
trades seen since the source started, though the count has those of history too.
"""

from binance_mcp_server.exchange.market.candles import merge
from binance_mcp_server.exchange.market.chart import Chart
from binance_mcp_server.exchange.market.intervals import MINUTE
from binance_mcp_server.exchange.market.types import Stats

AVERAGE_MINUTES = 5
"""Span of the average price (rest-api.md "Current average price", read 2026-11-22)."""


def rolling(chart: Chart, window_ms: int, now_ms: int, *, aligned: bool) -> Stats:
    """The window up to now; *aligned*: it opens on the minute, up to 59,999 ms earlier than asked.

    (rest-api.md "Rolling window price change statistics", read 2026-11-22)
    """
    start = now_ms - window_ms
    return between(chart, start - start % MINUTE if aligned else start, now_ms)


def trading_day(chart: Chart, offset_minutes: int, now_ms: int) -> Stats:
    """The day that contains now, in a time zone; it closes with its last ms, which is still to come."""
    grid = chart.grid("1d", offset_minutes)
    start = grid.floor(now_ms)
    return between(chart, start, grid.shift(start, 1) - 1)


def between(chart: Chart, start_ms: int, close_time: int) -> Stats:
    """Everything from *start_ms* on. Without a trade all prices are the last one before."""
    parts = [*chart.past.cover(start_ms, chart.past.start_ms), *chart.since(start_ms)]
    total = merge(start_ms, parts)
    previous = chart.close_before(start_ms) or 0
    first, last = chart.tape.first_since(start_ms), chart.tape.last()
    return Stats(
        open_time=start_ms,
        close_time=close_time,
        open=total.open if total else previous,
        high=total.high if total else previous,
        low=total.low if total else previous,
        last=total.close if total else previous,
        last_qty=last.qty if last else 0,
        previous_close=previous,
        volume=total.volume if total else 0,
        quote=total.quote if total else 0,
        first_id=first.id if first else -1,
        last_id=last.id if first and last else -1,
        trades=total.trades if total else 0,
    )


def average_price(chart: Chart, now_ms: int) -> tuple[int, int, int]:
    """Minutes, quote volume ÷ volume of the last five minutes (1e-8, cut), and the time of the last trade.

    Without a trade in that time: the last price, 0 if there never was one. Without any trade: the last ms of history.
    """
    stats = between(chart, now_ms - AVERAGE_MINUTES * MINUTE + 1, now_ms)
    last = chart.tape.last()
    price = stats.quote // stats.volume if stats.volume else stats.last
    return AVERAGE_MINUTES, price, last.time if last else chart.past.start_ms - 1
