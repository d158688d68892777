"""Stream names: ``btcusdt@kline_1m@+08:00`` → what it asks for. Pure.

Spot: web-socket-streams.md "Detailed Stream information" (read 2026-11-22). USDⓈ-M and COIN-M: their pages "Live
Subscribing/Unsubscribing to streams" and of the single streams (read 2026-11-22). Symbols are lower-case; only ASCII
letters have a lower case. What nobody knows is no error: the venue acknowledges it and stays silent, so a name that
means nothing here is ``None``.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from binance_mcp_server.exchange.engine.rules import Product
from binance_mcp_server.exchange.market.intervals import INTERVALS

PUBLIC, MARKET, PRIVATE = "public", "market", "private"
"""Routes of USDⓈ-M: a stream is told on its own one alone."""

_SECOND = 1000
_WINDOWS = {"1h": 3_600_000, "4h": 14_400_000, "1d": 86_400_000}
DAY_MS = 86_400_000
_EAST_8 = "@+08:00"
_SPOT_DEPTH = {"": 1000, "@1000ms": 1000, "@100ms": 100}
_FUTURES_DEPTH = {"": 250, "@0ms": 0, "@100ms": 100, "@250ms": 250, "@500ms": 500}
_LEVELS = {"5": 5, "10": 10, "20": 20}


class Stream(NamedTuple):
    """One stream of one product."""

    name: str
    product: Product
    symbol: str
    """In capitals; empty for an array of all."""
    kind: str
    """``trade``, ``aggTrade``, ``bookTicker``, ``depth``, ``partial``, ``kline``, ``miniTicker``, ``ticker``,
    ``rolling``, ``avgPrice``, ``referencePrice``; ``silent`` if it exists but never happens here."""
    period_ms: int = 0
    """How often it is told at most; 0: at once."""
    interval: str = ""
    """Of candles."""
    offset_minutes: int = 0
    """The time zone that candles are cut in."""
    window: str = ""
    """Of rolling statistics: ``1h``, ``4h``, ``1d``."""
    levels: int = 0
    """Of a partial book."""
    route: str = PUBLIC

    @property
    def window_ms(self) -> int:
        return _WINDOWS[self.window]


class _Kind(NamedTuple):
    kind: str
    period_ms: int = 0
    interval: str = ""
    offset_minutes: int = 0
    window: str = ""
    levels: int = 0
    route: str = PUBLIC


def lower(symbol: str) -> str:
    """A symbol as stream names spell it. Bytes are lowered, not text: ``İ`` would become two characters."""
    return symbol.encode().lower().decode()


def lower_names(symbols: Iterable[str]) -> dict[str, str]:
    """Spelling in stream names → symbol."""
    return {lower(symbol): symbol for symbol in symbols}


def parse(name: str, product: Product, symbols: Mapping[str, str]) -> Stream | None:
    """What *name* means at *product*, whose symbols are *symbols* (:func:`lower_names`); ``None``: nothing."""
    symbol, _, kind = name.partition("@")
    found = _KINDS[product](kind) if symbol in symbols else None
    if symbol.startswith("!"):
        found = _ARRAYS[product].get(name)
    return Stream(name, product, symbols.get(symbol, ""), *found) if found else None


def _depth(kind: str, speeds: Mapping[str, int]) -> _Kind | None:
    """``depth``, ``depth@100ms``, ``depth20``, ``depth20@100ms``."""
    rest = kind.removeprefix("depth")
    levels, at, speed = rest.partition("@")
    if rest == kind or at + speed not in speeds:
        return None
    period = speeds[at + speed]
    if not levels:
        return _Kind("depth", period)
    if levels in _LEVELS and period:
        return _Kind("partial", period, levels=_LEVELS[levels])
    return None


def _spot(kind: str) -> _Kind | None:
    if kind.startswith("kline_"):
        interval = kind.removeprefix("kline_").removesuffix(_EAST_8)
        if interval not in INTERVALS:
            return None
        period = _SECOND if interval == "1s" else 2 * _SECOND
        return _Kind("kline", period, interval, 480 if kind.endswith(_EAST_8) else 0)
    return _SPOT_KINDS.get(kind) or _depth(kind, _SPOT_DEPTH)


def _futures(kind: str) -> _Kind | None:
    if kind.startswith("kline_"):
        interval = kind.removeprefix("kline_")
        known = interval in INTERVALS and interval != "1s"
        return _Kind("kline", 250, interval, route=MARKET) if known else None
    return _FUTURES_KINDS.get(kind) or _depth(kind, _FUTURES_DEPTH)


_SPOT_KINDS: Mapping[str, _Kind] = {
    "trade": _Kind("trade"),
    "aggTrade": _Kind("aggTrade"),
    "blockTrade": _Kind("silent"),
    "bookTicker": _Kind("bookTicker"),
    "miniTicker": _Kind("miniTicker", _SECOND),
    "ticker": _Kind("ticker", _SECOND),
    "avgPrice": _Kind("avgPrice", _SECOND),
    "referencePrice": _Kind("referencePrice", _SECOND),
    **{f"ticker_{window}": _Kind("rolling", _SECOND, window=window) for window in _WINDOWS},
}
_FUTURES_KINDS: Mapping[str, _Kind] = {
    "trade": _Kind("trade"),
    "aggTrade": _Kind("aggTrade", 100, route=MARKET),
    "bookTicker": _Kind("bookTicker"),
    "miniTicker": _Kind("miniTicker", 2 * _SECOND, route=MARKET),
    "ticker": _Kind("ticker", 2 * _SECOND, route=MARKET),
    "forceOrder": _Kind("silent", route=MARKET),
    "markPrice": _Kind("silent", route=MARKET),
    "markPrice@1s": _Kind("silent", route=MARKET),
}
_KINDS: Mapping[Product, Callable[[str], _Kind | None]] = {
    "spot": _spot,
    "usdm": _futures,
    "coinm": _futures,
}
_FUTURES_ARRAYS: Mapping[str, _Kind] = {
    "!miniTicker@arr": _Kind("miniTicker", _SECOND, route=MARKET),
    "!ticker@arr": _Kind("ticker", _SECOND, route=MARKET),
}
_ARRAYS: Mapping[Product, Mapping[str, _Kind]] = {
    "spot": {
        "!miniTicker@arr": _Kind("miniTicker", _SECOND),
        "!miniTicker@arr@1000ms": _Kind("miniTicker", _SECOND),  # not documented; python-binance
        "!miniTicker@arr@3000ms": _Kind("miniTicker", 3 * _SECOND),  # asks for these
        "!ticker@arr": _Kind("silent"),  # retired 2026-03-26
        **{
            f"!ticker_{window}@arr": _Kind("rolling", _SECOND, window=window) for window in _WINDOWS
        },
    },
    "usdm": _FUTURES_ARRAYS,
    "coinm": _FUTURES_ARRAYS,
}
