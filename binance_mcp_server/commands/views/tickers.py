"""Tickers as rows."""

from collections.abc import Sequence

from binance_mcp_server.commands.views.base import rounded, untrusted
from binance_mcp_server.market.scan import range_percent
from binance_mcp_server.market.times import format_time
from binance_mcp_server.mcp_support.tables import Cell
from binance_mcp_server.models.exact import plain, trim
from binance_mcp_server.models.market import Ticker
from binance_mcp_server.venues import Market

COLUMNS = [
    "symbol",
    "last",
    "change_percent",
    "open",
    "high",
    "low",
    "volume",
    "quote_volume",
    "trades",
]
ALL_COLUMNS = [
    *COLUMNS,
    "change",
    "range_percent",
    "average",
    "bid",
    "ask",
    "open_time",
    "close_time",
    "first_id",
    "last_id",
]
_NOT_ON_FUTURES = frozenset({"bid", "ask"})
_PRICES = frozenset({"last", "open", "high", "low", "bid", "ask"})
"""A zero among them is the venue's way to say that there is none."""
_MOVES = frozenset({"change", "change_percent", "range_percent", "average"})
"""What only trades give."""
_DIGITS = {
    "last": "last_text",
    "open": "open_text",
    "high": "high_text",
    "low": "low_text",
    "volume": "volume_text",
    "quote_volume": "quote_volume_text",
    "base_volume": "base_volume_text",
    "bid": "bid_text",
    "ask": "ask_text",
}


def columns(market: Market) -> tuple[list[str], list[str]]:
    """Those shown if nothing is asked for, and all. COIN-M counts volume in contracts, and in the base asset too."""
    default, every = COLUMNS, ALL_COLUMNS
    if market != "spot":
        every = [name for name in every if name not in _NOT_ON_FUTURES]
    if market == "coinm":
        default, every = _with_base_volume(default), _with_base_volume(every)
    return default, every


def _with_base_volume(names: Sequence[str]) -> list[str]:
    at = names.index("volume") + 1
    return [*names[:at], "base_volume", *names[at:]]


def rows(tickers: Sequence[Ticker], columns: Sequence[str]) -> list[list[Cell]]:
    """The chosen columns of *tickers*."""
    return [[_cell(ticker, column) for column in columns] for ticker in tickers]


def _cell(ticker: Ticker, column: str) -> Cell:
    if digits := _DIGITS.get(column):
        text = trim(getattr(ticker, digits))
        return None if text == "" or (column in _PRICES and text == "0") else text
    if column in _MOVES and not (ticker.trades and ticker.open):
        return None
    if column == "symbol":
        return untrusted(ticker.symbol)
    return _derived(ticker, column)


def _derived(ticker: Ticker, column: str) -> Cell:
    match column:
        case "change_percent":
            return plain(ticker.change_percent)
        case "change":
            return plain(ticker.change)
        case "range_percent":
            return plain(range_percent(ticker))
        case "average":
            return None if ticker.average is None else rounded(ticker.average, 8)
        case "open_time" | "close_time":
            return format_time(getattr(ticker, column))
        case "trades":
            return ticker.trades
    number: int = getattr(ticker, column)
    return str(number) if number >= 0 else None
