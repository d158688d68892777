"""Symbols and their rules in words that a trader uses."""

from collections.abc import Sequence
from typing import Any

import msgspec

from binance_mcp_server.commands.views.base import untrusted
from binance_mcp_server.market.contract_filters import CONTRACT_WRITERS
from binance_mcp_server.market.filters import describe_filters
from binance_mcp_server.market.times import format_time
from binance_mcp_server.mcp_support.tables import Cell, Facts
from binance_mcp_server.models.exact import trim
from binance_mcp_server.models.futures import Contract
from binance_mcp_server.models.info import ExecutionRule, SymbolInfo
from binance_mcp_server.venues import Market

COLUMNS = ["symbol", "base", "quote", "status"]
ALL_COLUMNS = [*COLUMNS, "order_types", "margin"]

_CONTRACT_COLUMNS = ["symbol", "base", "quote", "contract_type", "status"]
_ALL_CONTRACT_COLUMNS = [
    *_CONTRACT_COLUMNS,
    "pair",
    "margin_asset",
    "delivery",
    "contract_size",
    "underlying_type",
    "order_types",
]

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
_CONTRACT_ORDER_WORDS = {
    "LIMIT": "limit",
    "MARKET": "market",
    "STOP": "stop limit",
    "STOP_MARKET": "stop (market)",
    "TAKE_PROFIT": "take profit limit",
    "TAKE_PROFIT_MARKET": "take profit (market)",
    "TRAILING_STOP_MARKET": "trailing stop (market)",
}
"""Of the same names as on spot, some mean another order."""


def columns(market: Market) -> tuple[list[str], list[str]]:
    """Those shown if nothing is asked for, and all."""
    if market == "spot":
        return COLUMNS, ALL_COLUMNS
    return _CONTRACT_COLUMNS, _ALL_CONTRACT_COLUMNS


def symbol_rows(symbols: Sequence[SymbolInfo], columns: Sequence[str]) -> list[list[Cell]]:
    """The chosen columns of *symbols*."""
    return [[_cell(symbol, column) for column in columns] for symbol in symbols]


def rules(symbol: SymbolInfo, bands: Sequence[ExecutionRule] | None) -> Facts:
    """What orders on *symbol* must keep to; *bands* ``None``: not known."""
    if isinstance(symbol, Contract):
        return _contract_rules(symbol)
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


def _contract_rules(contract: Contract) -> Facts:
    base, quote = untrusted(contract.base_asset), untrusted(contract.quote_asset)
    unit = "contracts" if contract.contract_size else base
    filters = describe_filters(contract.filters, base=unit, quote=quote, writers=CONTRACT_WRITERS)
    words = _CONTRACT_ORDER_WORDS
    facts: Facts = {
        "symbol": untrusted(contract.symbol),
        "status": untrusted(contract.status),
        "contract_type": untrusted(contract.contract_type),
        "pair": untrusted(contract.pair),
        "base": base,
        "quote": quote,
        "margin_asset": untrusted(contract.margin_asset),
        "quantity_unit": unit,
        "contract_size": f"{contract.contract_size} {quote}" if contract.contract_size else None,
        "delivery": _delivery(contract),
        **filters.facts,
        "order_types": [words.get(kind, untrusted(kind)) for kind in contract.order_types],
        "time_in_force": list(map(untrusted, contract.time_in_force)),
        "rules": {name: untrusted(text, 300) for name, text in filters.sentences},
    }
    return {name: value for name, value in facts.items() if value is not None}


def _delivery(contract: Contract) -> str | None:
    return None if contract.delivered_ms is None else format_time(contract.delivered_ms)


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
        case "delivery":
            return _delivery(symbol) if isinstance(symbol, Contract) else None
        case "contract_size":
            return (symbol.contract_size or None) if isinstance(symbol, Contract) else None
    return untrusted(str(getattr(symbol, column)))
