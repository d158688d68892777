"""Reference prices and execution rules (rest-api.md, read 2026-11-22), by rules of this exchange's own.

A symbol that is quoted in a US dollar stablecoin has a reference price: the mean of the last trade prices at the
ends of the last ten seconds. While it does not trade the price is ``null``. Other symbols never had one. Exactly
the symbols with a reference price have a PRICE_RANGE rule, so wide that no trade of a sound market meets it.
"""

from binance_mcp_server.exchange.engine.rules import SymbolRules
from binance_mcp_server.exchange.engine.trading_rules import Band
from binance_mcp_server.exchange.numbers import parse, show
from binance_mcp_server.exchange.wire import errors, shapes
from binance_mcp_server.exchange.wire.filters import multiplier
from binance_mcp_server.exchange.wire.view import MarketView

STABLECOINS = frozenset(("USDT", "USDC", "FDUSD", "TUSD", "USD1"))
BUCKETS = 10
BUCKET_MS = 1000


def has_reference_price(rules: SymbolRules) -> bool:
    return rules.quote in STABLECOINS


def reference_price(market: MarketView, symbol: str, scale: int) -> shapes.Body:
    """The answer; raises -2043 for a symbol that never had one."""
    rules = market.rules[symbol]
    if not has_reference_price(rules):
        raise errors.no_reference_price()
    now = current(market, symbol)
    price = None if now is None else show(now)
    return {"symbol": symbol, "referencePrice": price, "timestamp": market.now_ms() * scale}


def current(market: MarketView, symbol: str) -> int | None:
    """The reference price, 1e-8; ``None``: there is none, or not now."""
    closes = prices(market, symbol)
    return shapes.mean(closes) if closes else None


def prices(market: MarketView, symbol: str) -> list[int]:
    """The prices whose mean it is, oldest first; that of the present second, the last trade's, is the last."""
    rules = market.rules[symbol]
    if not has_reference_price(rules) or rules.status != "TRADING":
        return []
    if market.last_trade(symbol) is None:
        return []
    rows = market.klines(symbol, "1s", start_ms=None, end_ms=None, offset_minutes=0, limit=BUCKETS)
    return [parse(row.close) for row in rows]


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
    band = rules.trading.price_range if has_reference_price(rules) else None
    return {"symbol": rules.symbol, "rules": [_range(band)] if band else []}


def _range(band: Band) -> shapes.Body:
    named = {
        "bidLimitMultUp": band.bid_up,
        "bidLimitMultDown": band.bid_down,
        "askLimitMultUp": band.ask_up,
        "askLimitMultDown": band.ask_down,
    }
    bounds = {name: multiplier(number) for name, number in named.items() if number}
    return {"ruleType": "PRICE_RANGE", **bounds}
