"""``exchangeInfo``: the symbols, their filters, and the limits in force (rest-api.md, filters.md, read 2026-11-22).

What does not change is encoded once; only ``serverTime`` and the limits are put in at each request.
"""

from collections.abc import Iterable, Mapping

import msgspec

from binance_mcp_server.exchange.engine.rules import SymbolRules
from binance_mcp_server.exchange.engine.trading_rules import NO_EXCHANGE_RULES, ExchangeRules
from binance_mcp_server.exchange.engine.unfilled import ORDER_LIMITS
from binance_mcp_server.exchange.wire import errors
from binance_mcp_server.exchange.wire.filters import exchange_filters, symbol_filters
from binance_mcp_server.exchange.wire.limits import Limits
from binance_mcp_server.exchange.wire.params import Query, quoted

PERMISSIONS_BY_DEFAULT = frozenset(("SPOT", "MARGIN", "LEVERAGED"))
PERMISSIONS_RANGE = '^[A-Z0-9_]{1,20}$ or ["A","B"]'

_encode = msgspec.json.encode


class Catalogue:
    """The symbols of one market, each encoded once for each status that it has."""

    def __init__(
        self, rules: Mapping[str, SymbolRules], exchange: ExchangeRules = NO_EXCHANGE_RULES
    ) -> None:
        self._rules = rules
        self._filters = exchange_filters(exchange)
        self._encoded: dict[tuple[str, bool], tuple[SymbolRules, msgspec.Raw]] = {}

    def body(self, query: Query, limits: Limits, time: int) -> dict[str, object]:
        """The whole answer; *time* is what the venue says, in the unit asked for."""
        sets = _boolean(query, "showPermissionSets")
        return {
            "timezone": "UTC",
            "serverTime": time,
            "rateLimits": rate_limits(limits),
            "exchangeFilters": self._filters,
            "symbols": [self._symbol(name, sets) for name in self._select(query)],
        }

    def _select(self, query: Query) -> Iterable[str]:
        chosen = [name for name in ("symbol", "symbols", "permissions") if query.has(name)]
        if len(chosen) > 1 or (query.has("symbolStatus") and chosen and chosen != ["permissions"]):
            raise errors.bad_combination()
        if query.has("symbol"):
            return [query.symbol(self._rules)]
        if query.has("symbols"):
            return query.symbols(self._rules)
        status, permissions = query.status(), _permissions(query)
        return [
            rules.symbol
            for rules in self._rules.values()
            if status in (None, rules.status) and permissions & _all_permissions(rules)
        ]

    def _symbol(self, name: str, sets: bool) -> msgspec.Raw:
        rules = self._rules[name]
        known = self._encoded.get((name, sets))
        if known is None or known[0] is not rules:
            known = rules, msgspec.Raw(_encode(symbol_info(rules, sets=sets)))
            self._encoded[name, sets] = known
        return known[1]


def _boolean(query: Query, name: str) -> bool:
    text = query.text(name)
    if text not in (None, "true", "false"):
        raise errors.invalid(name)
    return text != "false"


def _permissions(query: Query) -> frozenset[str]:
    text = query.text("permissions")
    if text is None:
        return PERMISSIONS_BY_DEFAULT
    names = quoted(text) if text.startswith("[") else [text]
    if not names or not all(name.replace("_", "A").isalnum() and name.isupper() for name in names):
        raise errors.illegal_characters("permissions", PERMISSIONS_RANGE)
    return frozenset(names)


def _all_permissions(rules: SymbolRules) -> frozenset[str]:
    return frozenset(name for group in rules.permission_sets for name in group)


def rate_limits(limits: Limits) -> list[dict[str, object]]:
    """The limits in force; orders have the live venue's figures."""
    rows = (
        ("REQUEST_WEIGHT", "MINUTE", 1, limits.request_weight),
        *(("ORDERS", each.interval, each.interval_num, each.limit) for each in ORDER_LIMITS),
        ("RAW_REQUESTS", "MINUTE", 5, limits.raw_requests),
    )
    return [
        {"rateLimitType": kind, "interval": interval, "intervalNum": number, "limit": limit}
        for kind, interval, number, limit in rows
    ]


def symbol_info(rules: SymbolRules, *, sets: bool = True) -> dict[str, object]:
    """One entry of ``symbols``."""
    trading = rules.trading
    switches = {
        "icebergAllowed": trading.iceberg,
        "ocoAllowed": trading.oco,
        "otoAllowed": trading.oto,
        "opoAllowed": trading.opo,
        "quoteOrderQtyMarketAllowed": trading.quote_qty_market,
        "allowTrailingStop": trading.trailing_stop,
        "cancelReplaceAllowed": trading.cancel_replace,
        "amendAllowed": trading.amend,
        "pegInstructionsAllowed": trading.peg,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": "MARGIN" in _all_permissions(rules),
    }
    return {
        "symbol": rules.symbol,
        "status": rules.status,
        "baseAsset": rules.base,
        "baseAssetPrecision": 8,
        "quoteAsset": rules.quote,
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "baseCommissionPrecision": 8,
        "quoteCommissionPrecision": 8,
        "orderTypes": rules.order_types,
        **switches,
        "filters": symbol_filters(rules),
        "permissions": [],
        "permissionSets": rules.permission_sets if sets else [],
        "defaultSelfTradePreventionMode": trading.stp,
        "allowedSelfTradePreventionModes": trading.stp_modes,
    }
