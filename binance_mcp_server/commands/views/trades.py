"""Trades, aggregate trades and block trades as rows. ``side`` is the taker's."""

from collections.abc import Sequence

from binance_mcp_server.market.times import format_time
from binance_mcp_server.mcp_support.tables import Cell
from binance_mcp_server.models.exact import plain, trim
from binance_mcp_server.models.futures import CoinTrade
from binance_mcp_server.models.market import AggTrade, BlockTrade, Trade
from binance_mcp_server.venues import Market

COLUMNS = ["id", "time", "price", "quantity", "side"]
ALL_COLUMNS = [*COLUMNS, "quote_quantity"]
AGGREGATE_COLUMNS = [*ALL_COLUMNS, "first_id", "last_id"]


_COIN_COLUMNS = [*COLUMNS, "base_quantity"]
_COIN_AGGREGATE_COLUMNS = [*COLUMNS, "first_id", "last_id"]
"""COIN-M counts quantities in contracts; a single trade has one in the base asset too."""


def columns(market: Market, *, aggregate: bool) -> tuple[list[str], list[str]]:
    """Those shown if nothing is asked for, and all."""
    if market == "coinm":
        return COLUMNS, _COIN_AGGREGATE_COLUMNS if aggregate else _COIN_COLUMNS
    return COLUMNS, AGGREGATE_COLUMNS if aggregate else ALL_COLUMNS


def rows(
    trades: Sequence[Trade | AggTrade | BlockTrade], columns: Sequence[str]
) -> list[list[Cell]]:
    """The chosen columns of *trades*."""
    return [[_cell(trade, column) for column in columns] for trade in trades]


def _cell(trade: Trade | AggTrade | BlockTrade, column: str) -> Cell:
    match column:
        case "id":
            return str(trade.id)
        case "time":
            return format_time(trade.time)
        case "price":
            return trim(trade.price_text)
        case "quantity":
            return trim(trade.quantity_text)
        case "side":
            return "sell" if trade.buyer_is_maker else "buy"
        case "quote_quantity":
            return _quote(trade)
        case "base_quantity":
            return trim(trade.base_text) if isinstance(trade, CoinTrade) else None
    return str(getattr(trade, column))


def _quote(trade: Trade | AggTrade | BlockTrade) -> str:
    """The venue's quote quantity; an aggregate trade has none of its own, so price × quantity, exact."""
    if isinstance(trade, AggTrade):
        return plain(trade.price * trade.quantity)
    return trim(trade.quote_text)
