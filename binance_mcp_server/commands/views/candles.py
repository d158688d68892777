"""Candles as rows."""

from collections.abc import Sequence

from binance_mcp_server.market.times import format_time
from binance_mcp_server.mcp_support.tables import Cell
from binance_mcp_server.models.exact import trim
from binance_mcp_server.models.market import Kline
from binance_mcp_server.venues import Market

COLUMNS = ["open_time", "open", "high", "low", "close", "volume"]
ALL_COLUMNS = [
    *COLUMNS,
    "close_time",
    "quote_volume",
    "trades",
    "taker_buy_volume",
    "taker_buy_quote_volume",
]


_COINM_NAMES = {
    "quote_volume": "base_volume",
    "taker_buy_quote_volume": "taker_buy_base_volume",
}
"""COIN-M counts volume in contracts, and says in the base asset what others say in the quote asset."""


def columns(market: Market) -> tuple[list[str], list[str]]:
    """Those shown if nothing is asked for, and all."""
    if market != "coinm":
        return COLUMNS, ALL_COLUMNS
    return COLUMNS, [_COINM_NAMES.get(name, name) for name in ALL_COLUMNS]


def row(kline: Kline) -> list[Cell]:
    """Every column of one candle."""
    return [
        *_six(kline),
        format_time(kline.close_time),
        trim(kline.quote_volume_text),
        kline.trades,
        trim(kline.taker_base_text),
        trim(kline.taker_quote_text),
    ]


def rows(
    klines: Sequence[Kline], columns: Sequence[str], every: Sequence[str] = ALL_COLUMNS
) -> list[list[Cell]]:
    """The chosen columns of *klines*; *every* is all that their market has."""
    if list(columns) == COLUMNS:
        return [_six(kline) for kline in klines]
    picks = [every.index(name) for name in columns]
    return [[cells[pick] for pick in picks] for cells in map(row, klines)]


def _six(kline: Kline) -> list[Cell]:
    return [
        format_time(kline.open_time),
        trim(kline.open_text),
        trim(kline.high_text),
        trim(kline.low_text),
        trim(kline.close_text),
        trim(kline.volume_text),
    ]
