"""``exchangeInfo``: the symbols, their filters, and the limits in force (rest-api.md, filters.md, read 2026-11-22).

What does not change is encoded once; only ``serverTime`` and the limits are put in at each request.
"""

from collections.abc import Iterable, Mapping

import msgspec

from binance_mcp_server.exchange.engine.rules import SymbolRules
from binance_mcp_server.exchange.numbers import show
from binance_mcp_server.exchange.wire import errors
from binance_mcp_server.exchange.wire.limits import Limits
from binance_mcp_server.exchange.wire.params import Query, quoted

PERMISSIONS_BY_DEFAULT = frozenset(("SPOT", "MARGIN", "LEVERAGED"))
PERMISSIONS_RANGE = '^[A-Z0-9_]{1,20}$ or ["A","B"]'
_STP_MODES = ("EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH", "DECREMENT", "TRANSFER")

_encode = msgspec.json.encode


class Catalogue:
    """The symbols of one market, each encoded once."""

    def __init__(self, rules: Mapping[str, SymbolRules]) -> None:
        self._rules = rules
        self._with_sets: dict[str, msgspec.Raw] = {}
        self._without_sets: dict[str, msgspec.Raw] = {}

    def body(self, query: Query, limits: Limits, time: int) -> dict[str, object]:
        """The whole answer; *time* is what the venue says, in the unit asked for."""
        sets = _boolean(query, "showPermissionSets")
        return {
            "timezone": "UTC",
            "serverTime": time,
            "rateLimits": rate_limits(limits),
            "exchangeFilters": [],
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
        cache = self._with_sets if sets else self._without_sets
        if name not in cache:
            cache[name] = msgspec.Raw(_encode(symbol_info(self._rules[name], sets=sets)))
        return cache[name]


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
        ("ORDERS", "SECOND", 10, 100),
        ("ORDERS", "DAY", 1, 200_000),
        ("RAW_REQUESTS", "MINUTE", 5, limits.raw_requests),
    )
    return [
        {"rateLimitType": kind, "interval": interval, "intervalNum": number, "limit": limit}
        for kind, interval, number, limit in rows
    ]


def symbol_info(rules: SymbolRules, *, sets: bool = True) -> dict[str, object]:
    """One entry of ``symbols``."""
    trading = {
        "icebergAllowed": True,
        "ocoAllowed": True,
        "otoAllowed": True,
        "opoAllowed": True,
        "quoteOrderQtyMarketAllowed": True,
        "allowTrailingStop": True,
        "cancelReplaceAllowed": True,
        "amendAllowed": True,
        "pegInstructionsAllowed": True,
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
        **trading,
        "filters": filters(rules),
        "permissions": [],
        "permissionSets": rules.permission_sets if sets else [],
        "defaultSelfTradePreventionMode": "EXPIRE_MAKER",
        "allowedSelfTradePreventionModes": _STP_MODES,
    }


def filters(rules: SymbolRules) -> list[dict[str, object]]:
    """The filters that a spot symbol has, in the order in which the venue gives them."""
    return [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": show(rules.min_price),
            "maxPrice": show(rules.max_price),
            "tickSize": show(rules.tick),
        },
        {
            "filterType": "LOT_SIZE",
            "minQty": show(rules.min_qty),
            "maxQty": show(rules.max_qty),
            "stepSize": show(rules.step),
        },
        {"filterType": "ICEBERG_PARTS", "limit": 100},
        {
            "filterType": "MARKET_LOT_SIZE",
            "minQty": show(0),
            "maxQty": show(rules.max_market_qty),
            "stepSize": show(0),
        },
        *_FIXED_FILTERS[:2],
        {
            "filterType": "NOTIONAL",
            "minNotional": show(rules.min_notional),
            "applyMinToMarket": True,
            "maxNotional": show(rules.max_notional),
            "applyMaxToMarket": False,
            "avgPriceMins": 5,
        },
        *_FIXED_FILTERS[2:],
    ]


_FIXED_FILTERS: tuple[dict[str, object], ...] = (
    {
        "filterType": "TRAILING_DELTA",
        "minTrailingAboveDelta": 10,
        "maxTrailingAboveDelta": 2000,
        "minTrailingBelowDelta": 10,
        "maxTrailingBelowDelta": 2000,
    },
    {
        "filterType": "PERCENT_PRICE_BY_SIDE",
        "bidMultiplierUp": "2",
        "bidMultiplierDown": "0.5",
        "askMultiplierUp": "2",
        "askMultiplierDown": "0.5",
        "avgPriceMins": 5,
    },
    {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": 200},
    {"filterType": "MAX_NUM_ORDER_LISTS", "maxNumOrderLists": 20},
    {"filterType": "MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders": 5},
    {"filterType": "MAX_NUM_ORDER_AMENDS", "maxNumOrderAmends": 10},
)
