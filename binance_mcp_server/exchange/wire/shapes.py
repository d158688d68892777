"""Market records → the venue's JSON bodies, field order included (rest-api.md, read 2026-11-22).

``scale`` is 1 for times in milliseconds, 1000 for microseconds (``X-MBX-TIME-UNIT``).
"""

from collections.abc import Iterable

from binance_mcp_server.exchange.market.types import AggTrade, BookView, Level, Stats, Trade
from binance_mcp_server.exchange.numbers import show, show_quote
from binance_mcp_server.exchange.sources.base import KlineRow

Body = dict[str, object]
NONE = "0.00000000"


def last_instant(close_ms: int, scale: int) -> int:
    """The last instant of a period that closes at *close_ms*: …999 ms is …999999 µs."""
    return (close_ms + 1) * scale - 1


def depth(book: BookView) -> Body:
    return {
        "lastUpdateId": book.last_update_id,
        "bids": _levels(book.bids),
        "asks": _levels(book.asks),
    }


def _levels(levels: Iterable[Level]) -> list[tuple[str, str]]:
    return [(show(price), show(qty)) for price, qty in levels]


def trade(record: Trade, scale: int) -> Body:
    return {
        "id": record.id,
        "price": show(record.price),
        "qty": show(record.qty),
        "quoteQty": show_quote(record.quote),
        "time": record.time * scale,
        "isBuyerMaker": record.buyer_is_maker,
        "isBestMatch": True,
    }


def agg_trade(record: AggTrade, scale: int) -> Body:
    return {
        "a": record.id,
        "p": show(record.price),
        "q": show(record.qty),
        "f": record.first_id,
        "l": record.last_id,
        "T": record.time * scale,
        "m": record.buyer_is_maker,
        "M": True,
    }


def kline(row: KlineRow, scale: int) -> tuple[object, ...]:
    """Twelve fields, the digits of the row as they are; the last is unused by the venue."""
    return (
        row.open_time * scale,
        *row[1:6],
        last_instant(row.close_time, scale),
        *row[7:],
        "0",
    )


def book_ticker(symbol: str, book: BookView) -> Body:
    """Best bid and ask; zeros where a side is empty."""
    bid, ask = _top(book.bids), _top(book.asks)
    return {
        "symbol": symbol,
        "bidPrice": bid[0],
        "bidQty": bid[1],
        "askPrice": ask[0],
        "askQty": ask[1],
    }


def _top(levels: tuple[Level, ...]) -> tuple[str, str]:
    return (show(levels[0].price), show(levels[0].qty)) if levels else (NONE, NONE)


def ticker_mini(symbol: str, stats: Stats, times: tuple[int, int]) -> Body:
    """*times* are the open and close time, in the unit asked for."""
    return {
        "symbol": symbol,
        "openPrice": show(stats.open),
        "highPrice": show(stats.high),
        "lowPrice": show(stats.low),
        "lastPrice": show(stats.last),
    } | _sums(stats, times)


def ticker_full(symbol: str, stats: Stats, times: tuple[int, int]) -> Body:
    return {
        **_change(symbol, stats),
        "openPrice": show(stats.open),
        "highPrice": show(stats.high),
        "lowPrice": show(stats.low),
        "lastPrice": show(stats.last),
    } | _sums(stats, times)


def ticker_24h_full(symbol: str, stats: Stats, book: BookView, times: tuple[int, int]) -> Body:
    top = book_ticker(symbol, book)
    return {
        **_change(symbol, stats),
        "prevClosePrice": show(stats.previous_close),
        "lastPrice": show(stats.last),
        "lastQty": show(stats.last_qty),
        **top,
        "openPrice": show(stats.open),
        "highPrice": show(stats.high),
        "lowPrice": show(stats.low),
    } | _sums(stats, times)


def _change(symbol: str, stats: Stats) -> Body:
    change = stats.last - stats.open
    return {
        "symbol": symbol,
        "priceChange": show(change),
        "priceChangePercent": percent(change, stats.open),
        "weightedAvgPrice": show(round_half_up(stats.quote, stats.volume)),
    }


def _sums(stats: Stats, times: tuple[int, int]) -> Body:
    return {
        "volume": show(stats.volume),
        "quoteVolume": show_quote(stats.quote),
        "openTime": times[0],
        "closeTime": times[1],
        "firstId": stats.first_id,
        "lastId": stats.last_id,
        "count": stats.trades,
    }


def percent(change: int, start: int) -> str:
    """Three decimals, half away from zero, as recorded tickers have it."""
    thousandths = round_half_up(change * 100_000, start)
    sign = "-" if thousandths < 0 else ""
    return f"{sign}{abs(thousandths) // 1000}.{abs(thousandths) % 1000:03d}"


def round_half_up(dividend: int, divisor: int) -> int:
    """The quotient to the nearest integer, half away from zero; 0 when there is nothing to divide by."""
    if divisor == 0:
        return 0
    nearest = (2 * abs(dividend) + divisor) // (2 * divisor)
    return nearest if dividend >= 0 else -nearest


def mean(prices: list[int]) -> int:
    """Arithmetic mean in units of 1e-8, half up."""
    return round_half_up(sum(prices), len(prices))
