"""Figures over a stretch of a stream as a few flat facts: exact numbers as text, derived ones rounded near them."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Final

from binance_mcp_server.commands.views.base import rounded, untrusted
from binance_mcp_server.market.stream_stats import (
    CandleStats,
    Course,
    DepthStats,
    LiquidationStats,
    Stats,
    TouchStats,
    TradeStats,
    ValueStats,
)
from binance_mcp_server.market.times import format_time
from binance_mcp_server.mcp_support.tables import Facts
from binance_mcp_server.models.events import AggTradeEvent, Gap
from binance_mcp_server.models.exact import plain, trim

_SPARE_DIGITS: Final = 2
"""Decimals that an average has beyond the prices that it is made of."""
_MOST_GAPS: Final = 5
Made = Callable[[Any], Facts]


def facts(stats: Stats) -> Facts:
    """*stats* in words that a trader uses."""
    shown = _VIEWS[type(stats)](stats) if stats.records else {}
    return {"records": stats.records, **shown, **gaps(stats.gaps)}


def gaps(found: Sequence[Gap]) -> Facts:
    """Gaps as ranges, the newest few; nothing where there are none."""
    if not found:
        return {}
    newest = [[gap.first, gap.last] for gap in found[-_MOST_GAPS:]]
    return {"gaps": len(found), "gap_ranges": newest}


def _trades(stats: TradeStats) -> Facts:
    price, first, last = stats.price, stats.first, stats.last
    if first is None or last is None:
        return {"no_trades": stats.no_trades}
    shown: Facts = {
        **_candle(price),
        "vwap": _average(stats.average, price),
        **({"trades": stats.fills} if isinstance(first, AggTradeEvent) else {}),
        "volume": plain(stats.volume),
        **({} if stats.inverse else {"quote_volume": plain(stats.quote_volume)}),
        "buy_volume": plain(stats.buy_volume),
        "sell_volume": plain(stats.sell_volume),
        "first_id": str(first.id),
        "last_id": str(last.id),
        "first_time": format_time(first.time),
    }
    if stats.largest is not None:
        shown["largest"] = plain(stats.largest_quantity)
        shown["largest_id"] = str(stats.largest.id)
    if stats.span_ms > 0:
        shown["per_second"] = rounded(Decimal(stats.records * 1000) / stats.span_ms, 2)
    return shown | ({"no_trades": stats.no_trades} if stats.no_trades else {})


def _touch(stats: TouchStats) -> Facts:
    shown: Facts = {"last_update_id": str(stats.last_update_id), **_begin(stats.first_ms)}
    if stats.two_sided < stats.records:
        shown["one_sided"] = stats.records - stats.two_sided
    if not stats.two_sided:
        return shown
    return {
        **{f"mid_{name}": value for name, value in _candle(stats.mid).items()},
        "spread_min": plain(stats.spread.low),
        "spread_mean": _average(stats.mean_spread, stats.spread),
        "spread_max": plain(stats.spread.high),
        **shown,
    }


def _candles(stats: CandleStats) -> Facts:
    if stats.last is None:
        return {}
    candle = stats.last.candle
    return {
        "closed_candles": stats.closed,
        "open_time": format_time(candle.open_time),
        "open": trim(candle.open_text),
        "high": trim(candle.high_text),
        "low": trim(candle.low_text),
        "close": trim(candle.close_text),
        "volume": trim(candle.volume_text),
        "closed": candle.closed,
        "last_time": format_time(stats.last.event_ms),
    }


def _depth(stats: DepthStats) -> Facts:
    return {
        "levels_changed": stats.bid_levels + stats.ask_levels,
        "bid_levels_changed": stats.bid_levels,
        "ask_levels_changed": stats.ask_levels,
        "first_update_id": str(stats.first_update_id),
        "last_update_id": str(stats.last_update_id),
        **_begin(stats.first_ms),
    }


def _begin(first_ms: int) -> Facts:
    """When the stretch begins, where the venue tells; its end is the reply's ``as_of``."""
    return {"first_time": format_time(first_ms)} if first_ms else {}


def _values(stats: ValueStats) -> Facts:
    times = {
        "first_time": format_time(stats.first_ms),
        "last_time": format_time(stats.last_ms),
    }
    if len(stats.symbols) > 1:  # figures of many symbols have no common course
        return {"symbols": len(stats.symbols), **times}
    value = stats.value
    if value.first is None:
        return times
    return {
        "first": plain(value.first),
        "last": plain(value.last),
        "min": plain(value.low),
        "max": plain(value.high),
        **times,
    }


def _liquidations(stats: LiquidationStats) -> Facts:
    if len(stats.symbols) > 1:
        return {"symbols": len(stats.symbols)}
    symbols = [untrusted(symbol) for symbol in stats.symbols]
    return {"symbol": symbols[0], "bought": plain(stats.bought), "sold": plain(stats.sold)}


_VIEWS: Final[dict[type, Made]] = {
    TradeStats: _trades,
    TouchStats: _touch,
    CandleStats: _candles,
    DepthStats: _depth,
    ValueStats: _values,
    LiquidationStats: _liquidations,
}


def _candle(course: Course) -> Facts:
    if course.first is None:
        return {}
    return {
        "open": plain(course.first),
        "high": plain(course.high),
        "low": plain(course.low),
        "close": plain(course.last),
    }


def _average(average: Decimal | None, around: Course) -> str | None:
    """An average with a little more precision than the numbers around it."""
    if average is None:
        return None
    digits = max(_decimals(around.low), _decimals(around.high), _decimals(around.last))
    return rounded(average, digits + _SPARE_DIGITS)


def _decimals(number: Decimal) -> int:
    """Decimals behind the point, without the zeros at the end."""
    return len(plain(number).partition(".")[2])
