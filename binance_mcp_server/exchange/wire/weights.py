"""What a request weighs, by its parameters as sent (rest-api.md, read 2026-11-22).

Weight is charged before the parameters are judged, so a malformed one weighs as if it had not been sent.
"""

from collections.abc import Callable, Mapping

from binance_mcp_server.exchange.wire.params import quoted

Weight = Callable[[Mapping[str, str]], int]
"""Parameters → weight."""

_DEPTH_STEPS = ((100, 5), (500, 25), (1000, 50))
_DEPTH_MOST = 250


def fixed(weight: int) -> Weight:
    """The same weight whatever is asked."""
    return lambda _params: weight


def depth(params: Mapping[str, str]) -> int:
    text = params.get("limit", "")
    limit = int(text) if text.isascii() and text.isdigit() and len(text) <= 20 else 100
    return next((weight for most, weight in _DEPTH_STEPS if limit <= most), _DEPTH_MOST)


def ticker_24h(params: Mapping[str, str]) -> int:
    if params.get("symbol"):
        return 2
    count = len(quoted(params.get("symbols", "")))
    if count == 0 or count > 100:
        return 80
    return 2 if count <= 20 else 40


def latest(params: Mapping[str, str]) -> int:
    """``ticker/price`` and ``ticker/bookTicker``."""
    return 2 if params.get("symbol") else 4


def windowed(params: Mapping[str, str]) -> int:
    """``ticker`` and ``ticker/tradingDay``: 4 a symbol, at most 200."""
    return min(4 * max(1, len(quoted(params.get("symbols", "")))), 200)


def execution_rules(params: Mapping[str, str]) -> int:
    if params.get("symbol"):
        return 2
    count = len(quoted(params.get("symbols", "")))
    return min(2 * count, 40) if count else 40
