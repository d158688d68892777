"""What happened in a window of time: tickers and the average price.

A window reaches into history as far as whole candles of history lie in it, so a window that begins inside of a
history candle begins, in truth, with the next one; where there are trades it is exact. Trades of history have no
ids of their own: they are numbered back from the first one that has, so that ``lastId - firstId + 1`` is ``count`` as
on the venue. A window without a trade has zeros for prices, but for the close before it, and -1 for ids; so have the
venue's recorded 24 h tickers (of XRPNGN and LINKNGN, 2021-02-10).
"""

from binance_mcp_server.exchange.market.candles import Candle, merge
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
    """Everything from *start_ms* on."""
    parts = [*chart.past.cover(start_ms, chart.past.start_ms), *chart.since(start_ms)]
    total = merge(start_ms, parts)
    if total is None or not total.trades:
        total = Candle.flat(start_ms, 0)
    kept, last = chart.tape.count_since(start_ms), chart.tape.last()
    first = chart.tape.first_since(start_ms)
    return Stats(
        open_time=start_ms,
        close_time=close_time,
        open=total.open,
        high=total.high,
        low=total.low,
        last=total.close,
        last_qty=last.qty if first and last else 0,
        previous_close=chart.close_before(start_ms) or 0,
        volume=total.volume,
        quote=total.quote,
        first_id=max(0, first.id - (total.trades - kept)) if first else -1,
        last_id=last.id if first and last else -1,
        trades=total.trades,
    )


def average_price(chart: Chart, now_ms: int) -> tuple[int, int, int]:
    """Minutes, quote volume ÷ volume of the last five minutes (1e-8, cut), and the time of the last trade.

    Without a trade in that time: the last price, 0 if there never was one. Without any trade: the last ms of history.
    """
    stats = between(chart, now_ms - AVERAGE_MINUTES * MINUTE + 1, now_ms)
    last = chart.tape.last()
    price = stats.quote // stats.volume if stats.volume else stats.previous_close
    return AVERAGE_MINUTES, price, last.time if last else chart.past.start_ms - 1
