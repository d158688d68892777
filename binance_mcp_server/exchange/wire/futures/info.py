"""``exchangeInfo`` of both products: fields and their order as recorded on USDⓈ-M in 2026-07 and printed of COIN-M in
2025-06. Neither endpoint has a parameter.

What a recording cannot tell has the figures that BTCUSDT and BTCUSD_PERP have there. A contract is perpetual unless its
name ends with a date, on which it is delivered at 08:00 UTC.
"""

import calendar
from collections.abc import Iterable, Mapping

import msgspec

from binance_mcp_server.exchange.engine.rules import Product, SymbolRules
from binance_mcp_server.exchange.numbers import show
from binance_mcp_server.exchange.wire.futures.shapes import pair_of
from binance_mcp_server.exchange.wire.limits import Limits
from binance_mcp_server.exchange.wire.shapes import Body

PERPETUAL_DELIVERY = 4_133_404_800_000
"""2100-12-25."""
ONBOARD = 1_567_965_300_000
"""2019-09-08: when the first of all contracts began."""
DELIVERY_HOUR = 8

_TRADING: Body = {
    "orderTypes": (
        "LIMIT",
        "MARKET",
        "STOP",
        "STOP_MARKET",
        "TAKE_PROFIT",
        "TAKE_PROFIT_MARKET",
        "TRAILING_STOP_MARKET",
    )
}


class Catalogue:
    """The symbols of one product, each encoded once."""

    def __init__(self, product: Product, rules: Mapping[str, SymbolRules]) -> None:
        self._product = product
        self._rules = rules
        self._symbols: list[msgspec.Raw] | None = None

    def body(self, limits: Limits, now_ms: int) -> Body:
        """The whole answer."""
        if self._symbols is None:
            encode = msgspec.json.encode
            self._symbols = [msgspec.Raw(encode(symbol_info(it))) for it in self._rules.values()]
        is_usdm = self._product == "usdm"
        return {
            "timezone": "UTC",
            "serverTime": now_ms,
            **({"futuresType": "U_MARGINED"} if is_usdm else {}),
            "rateLimits": rate_limits(limits),
            "exchangeFilters": [],
            **({"assets": _assets(self._rules.values())} if is_usdm else {}),
            "symbols": self._symbols,
        }


def rate_limits(limits: Limits) -> list[Body]:
    """The weight in force; orders have the live venue's figures."""
    rows = (
        ("REQUEST_WEIGHT", "MINUTE", 1, limits.request_weight),
        ("ORDERS", "MINUTE", 1, 1_200),
        ("ORDERS", "SECOND", 10, 300),
    )
    return [
        {"rateLimitType": kind, "interval": interval, "intervalNum": number, "limit": limit}
        for kind, interval, number, limit in rows
    ]


def _assets(rules: Iterable[SymbolRules]) -> list[Body]:
    """What margin can be held in."""
    return [
        {"asset": asset, "marginAvailable": True, "autoAssetExchange": "0"}
        for asset in dict.fromkeys(it.quote for it in rules)
    ]


def symbol_info(rules: SymbolRules) -> Body:
    """One entry of ``symbols``."""
    return _coinm_info(rules) if rules.contract else _usdm_info(rules)


def _usdm_info(rules: SymbolRules) -> Body:
    return {
        **_contract(rules),
        "status": rules.status,
        "maintMarginPercent": "2.5000",
        "requiredMarginPercent": "5.0000",
        "baseAsset": rules.base,
        "quoteAsset": rules.quote,
        "marginAsset": rules.quote,
        **_precisions(rules),
        "underlyingType": "COIN",
        "underlyingSubType": [],
        "triggerProtect": "0.0500",
        "liquidationFee": "0.012500",
        "marketTakeBound": "0.05",
        "maxMoveOrderLimit": 10_000,
        "filters": filters(rules),
        **_TRADING,
        "timeInForce": ["GTC", "IOC", "FOK", "GTX", "GTD"],
        "permissionSets": ["GRID", "COPY", "DCA", "PSB"],
    }


def _coinm_info(rules: SymbolRules) -> Body:
    return {
        **_contract(rules),
        "contractStatus": rules.status,
        "contractSize": int(show(rules.contract, 0)),
        "marginAsset": rules.base,
        "maintMarginPercent": "2.5000",
        "requiredMarginPercent": "5.0000",
        "baseAsset": rules.base,
        "quoteAsset": rules.quote,
        **_precisions(rules),
        "equalQtyPrecision": 4,
        "maxMoveOrderLimit": 10_000,
        "triggerProtect": "0.0500",
        "underlyingType": "COIN",
        "underlyingSubType": [],
        "filters": filters(rules),
        **_TRADING,
        "timeInForce": ["GTC", "IOC", "FOK", "GTX"],
        "liquidationFee": "0.015000",
        "marketTakeBound": "0.05",
    }


def _contract(rules: SymbolRules) -> Body:
    date = rules.symbol.partition("_")[2]
    dated = date.isdigit()
    return {
        "symbol": rules.symbol,
        "pair": pair_of(rules),
        "contractType": "CURRENT_QUARTER" if dated else "PERPETUAL",
        "deliveryDate": _delivery(date) if dated else PERPETUAL_DELIVERY,
        "onboardDate": ONBOARD,
    }


def _delivery(date: str) -> int:
    """``240927`` → ms since the epoch."""
    year, month, day = 2000 + int(date[:2]), int(date[2:4]), int(date[4:])
    return calendar.timegm((year, month, day, DELIVERY_HOUR, 0, 0)) * 1000


def _precisions(rules: SymbolRules) -> Body:
    return {
        "pricePrecision": rules.places.price,
        "quantityPrecision": rules.places.qty,
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
    }


def filters(rules: SymbolRules) -> list[Body]:
    """The filters that a contract has, in the order in which the venue gives them."""
    price_places, qty_places, _ = rules.places
    sizes: Body = {
        "minQty": show(rules.min_qty, qty_places),
        "stepSize": show(rules.step, qty_places),
    }
    notional: Body = {"filterType": "MIN_NOTIONAL", "notional": show(rules.min_notional, 0)}
    algo: Body = {"filterType": "MAX_NUM_ALGO_ORDERS", "limit": 20}
    control: Body = {"filterType": "POSITION_RISK_CONTROL", "positionControlSide": "NONE"}
    return [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": show(rules.min_price, price_places),
            "maxPrice": show(rules.max_price, price_places),
            "tickSize": show(rules.tick, price_places),
        },
        {"filterType": "LOT_SIZE", **sizes, "maxQty": show(rules.max_qty, qty_places)},
        {
            "filterType": "MARKET_LOT_SIZE",
            **sizes,
            "maxQty": show(rules.max_market_qty, qty_places),
        },
        {"filterType": "MAX_NUM_ORDERS", "limit": 200},
        algo if rules.contract else notional,
        {
            "filterType": "PERCENT_PRICE",
            "multiplierUp": "1.0500",
            "multiplierDown": "0.9500",
            "multiplierDecimal": "4",
        },
        *([] if rules.contract else [control]),
    ]
