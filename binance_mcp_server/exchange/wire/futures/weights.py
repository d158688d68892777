"""What a futures request weighs, by its parameters as sent: the tables of the documents (see the package's sources).

At the live venue ``depth`` without a limit weighed 1, and the steps of ``klines`` were one higher (measured
2026-10-07); the documents ask for more, and a client that keeps to them is safe with either.
"""

from collections.abc import Mapping

from binance_mcp_server.exchange.wire.futures.params import USUAL_LIMIT, whole
from binance_mcp_server.exchange.wire.weights import Weight

_DEPTH_STEPS = ((50, 2), (100, 5), (500, 10))
_DEPTH_MOST = 20
_KLINE_STEPS = ((99, 1), (499, 2), (1000, 5))
_KLINE_MOST = 10


def depth(params: Mapping[str, str]) -> int:
    return _stepped(params, _DEPTH_STEPS, _DEPTH_MOST)


def klines(params: Mapping[str, str]) -> int:
    return _stepped(params, _KLINE_STEPS, _KLINE_MOST)


def one_or_all(one: int, everything: int) -> Weight:
    """One symbol, or more: also when a pair is asked for."""
    return lambda params: one if params.get("symbol") else everything


def _stepped(params: Mapping[str, str], steps: tuple[tuple[int, int], ...], most: int) -> int:
    limit = whole(params.get("limit"))
    if limit is None:
        limit = USUAL_LIMIT
    return next((weight for bound, weight in steps if limit <= bound), most)
