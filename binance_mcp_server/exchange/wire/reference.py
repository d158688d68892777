"""Reference prices and execution rules (rest-api.md, read 2026-11-22), by rules of this exchange's own.

A symbol that is quoted in a US dollar stablecoin has a reference price: the mean of the last trade prices at the
ends of the last ten seconds. While it does not trade the price is ``null``. Other symbols never had one. Exactly
the symbols with a reference price have a PRICE_RANGE rule, so wide that no trade of a sound market meets it.
"""

from binance_mcp_server.exchange.engine.rules import SymbolRules
from binance_mcp_server.exchange.numbers import parse, show
from binance_mcp_server.exchange.wire import errors, shapes
from binance_mcp_server.exchange.wire.view import MarketView

STABLECOINS = frozenset(("USDT", "USDC", "FDUSD", "TUSD", "USD1"))
BUCKETS = 10
BUCKET_MS = 1000
_RANGE = {
    "ruleType": "PRICE_RANGE",
    "bidLimitMultUp": "1.2",
    "bidLimitMultDown": "0.8",
    "askLimitMultUp": "1.2",
    "askLimitMultDown": "0.8",
}


def has_reference_price(rules: SymbolRules) -> bool:
    return rules.quote in STABLECOINS


def reference_price(market: MarketView, symbol: str, scale: int) -> shapes.Body:
    """The answer; raises -2043 for a symbol that never had one."""
    rules = market.rules[symbol]
    if not has_reference_price(rules):
        raise errors.no_reference_price()
    price: str | None = None
    if rules.status == "TRADING" and market.last_trade(symbol) is not None:
        rows = market.klines(
            symbol, "1s", start_ms=None, end_ms=None, offset_minutes=0, limit=BUCKETS
        )
        price = show(shapes.mean([parse(row.close) for row in rows])) if rows else None
    return {"symbol": symbol, "referencePrice": price, "timestamp": market.now_ms() * scale}


def calculation(rules: SymbolRules) -> shapes.Body:
    """How it is calculated; raises -2043 where it is not."""
    if not has_reference_price(rules) or rules.status != "TRADING":
        raise errors.no_reference_price()
    return {
        "symbol": rules.symbol,
        "calculationType": "ARITHMETIC_MEAN",
        "bucketCount": BUCKETS,
        "bucketWidthMs": BUCKET_MS,
    }


def execution_rules(rules: SymbolRules) -> shapes.Body:
    return {"symbol": rules.symbol, "rules": [_RANGE] if has_reference_price(rules) else []}
