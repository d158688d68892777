"""Symbols and their rules in words that a trader uses."""

from collections.abc import Sequence
from typing import Any

import msgspec

from binance_mcp_server.commands.views.base import untrusted
from binance_mcp_server.market.filters import describe_filters
from binance_mcp_server.mcp_support.tables import Cell, Facts
from binance_mcp_server.models.exact import trim
from binance_mcp_server.models.info import ExecutionRule, SymbolInfo

COLUMNS = ["symbol", "base", "quote", "status"]
ALL_COLUMNS = [*COLUMNS, "order_types", "margin"]

_FEATURES = (
    ("iceberg_allowed", "iceberg"),
    ("oco_allowed", "OCO"),
    ("oto_allowed", "OTO"),
    ("opo_allowed", "OPO"),
    ("allow_trailing_stop", "trailing stop"),
    ("cancel_replace_allowed", "cancel-replace"),
    ("amend_allowed", "amend keeping priority"),
    ("peg_instructions_allowed", "pegged"),
    ("quote_order_qty_market_allowed", "market order by quote amount"),
)
_ORDER_WORDS = {
    "LIMIT": "limit",
    "LIMIT_MAKER": "limit, maker only",
    "MARKET": "market",
    "STOP_LOSS": "stop loss (market)",
    "STOP_LOSS_LIMIT": "stop loss limit",
    "TAKE_PROFIT": "take profit (market)",
    "TAKE_PROFIT_LIMIT": "take profit limit",
}


def symbol_rows(symbols: Sequence[SymbolInfo], columns: Sequence[str]) -> list[list[Cell]]:
    """The chosen columns of *symbols*."""
    return [[_cell(symbol, column) for column in columns] for symbol in symbols]


def rules(symbol: SymbolInfo, bands: Sequence[ExecutionRule] | None) -> Facts:
    """What orders on *symbol* must keep to; *bands* ``None``: not known."""
    base, quote = untrusted(symbol.base_asset), untrusted(symbol.quote_asset)
    filters = describe_filters(symbol.filters, base=base, quote=quote)
    facts: Facts = {
        "symbol": untrusted(symbol.symbol),
        "status": untrusted(symbol.status),
        "base": base,
        "quote": quote,
        **filters.facts,
        "order_types": [_ORDER_WORDS.get(kind, untrusted(kind)) for kind in symbol.order_types],
        "features": [words for flag, words in _FEATURES if getattr(symbol, flag)],
        "rules": {name: untrusted(text, 300) for name, text in filters.sentences},
    }
    if bands is None:
        facts["partial"] = "the venue does not tell its price bands here"
    elif bands:
        facts["trades_only_within"] = [_band(rule) for rule in bands]
    return facts


def within(facts: Facts, most: int) -> Facts:
    """*facts* in at most *most* bytes: the sentences go first, since the numbers say the same; and it is said."""
    if len(msgspec.json.encode(facts)) <= most:
        return facts
    return {
        **{key: value for key, value in facts.items() if key != "rules"},
        "left_out": "rules in sentences",
    }


def _band(rule: ExecutionRule) -> dict[str, Any]:
    pairs = {
        "type": rule.rule_type,
        "buy_up": rule.bid_limit_mult_up,
        "buy_down": rule.bid_limit_mult_down,
        "sell_up": rule.ask_limit_mult_up,
        "sell_down": rule.ask_limit_mult_down,
    }
    return {name: untrusted(trim(value)) for name, value in pairs.items() if value is not None}


def _cell(symbol: SymbolInfo, column: str) -> Cell:
    match column:
        case "base":
            return untrusted(symbol.base_asset)
        case "quote":
            return untrusted(symbol.quote_asset)
        case "order_types":
            return " ".join(map(untrusted, symbol.order_types))
        case "margin":
            return symbol.is_margin_trading_allowed
    return untrusted(str(getattr(symbol, column)))
