"""Raw frames into integers.

Shapes: web-socket-streams.md "Trade Streams" and "Diff. Depth Stream", rest-api.md "Order book" (read 2026-11-22); of
futures, "Diff. Book Depth Streams" and recorded frames (read 2026-11-24). Book tickers, candles and aggregates follow
from trades and depth, so their frames carry nothing new: they are passed over, as is every kind that is not known.
So are trades of futures that did not happen in the order book (``X``): the venue does not count them either.
"""

import msgspec

from binance_mcp_server.exchange.market.book import Diff
from binance_mcp_server.exchange.market.candles import units
from binance_mcp_server.exchange.market.types import Trade
from binance_mcp_server.exchange.sources.base import Frame

_SHOWN_BYTES = 120
_DEPTH = frozenset(("depth", *(f"depth@{speed}ms" for speed in (0, 100, 250, 500, 1000))))
_NOT_OF_THE_BOOK = frozenset(("INSURANCE_FUND", "ADL", "NA"))
"""Kinds of futures trades; the last has neither price nor quantity."""

Levels = list[tuple[int, int]]


class FrameError(ValueError):
    """A frame that cannot be read: says whose, when and what it looks like."""

    def __init__(self, frame: Frame, reason: str) -> None:
        super().__init__(
            f"malformed frame of {frame.symbol} at {frame.time_ms} ms: {reason}; "
            f"it begins with {frame.payload[:_SHOWN_BYTES]!r}"
        )
        self.frame = frame


class Snapshot(msgspec.Struct, frozen=True):
    """A whole book: prices and quantities in units of 1e-8."""

    update_id: int
    bids: Levels
    asks: Levels
    time: int
    """When the venue made it, ms; that of the frame where it does not say."""


class _Body(msgspec.Struct, frozen=True, rename="camel"):
    """Either a combined-stream frame or the body of a depth snapshot."""

    stream: str | None = None
    data: msgspec.Raw = msgspec.Raw()
    last_update_id: int | None = None
    bids: list[tuple[str, str]] = []
    asks: list[tuple[str, str]] = []
    T: int = 0


class _Trade(msgspec.Struct, frozen=True):
    t: int
    p: str
    q: str
    T: int
    m: bool
    s: str
    X: str | None = None


class _Depth(msgspec.Struct, frozen=True):
    U: int
    u: int
    b: list[tuple[str, str]]
    a: list[tuple[str, str]]
    s: str
    pu: int | None = None
    T: int = 0
    E: int = 0


_body = msgspec.json.Decoder(_Body)
_trade = msgspec.json.Decoder(_Trade)
_depth = msgspec.json.Decoder(_Depth)


def read(frame: Frame) -> Trade | Diff | Snapshot | None:
    """What a frame says; ``None`` if it is of a kind that the market does not need.

    Raises :class:`FrameError`.
    """
    try:
        body = _body.decode(frame.payload)
        if body.last_update_id is not None:
            time = body.T or frame.time_ms
            return Snapshot(body.last_update_id, _levels(body.bids), _levels(body.asks), time)
        if body.stream is None or not bytes(body.data):
            raise ValueError("neither a combined-stream frame nor a depth snapshot")
        return _event(frame.symbol, body.stream, body.data)
    except ValueError as error:  # msgspec's errors are ValueErrors as well
        raise FrameError(frame, str(error)) from error


def _event(symbol: str, stream: str, data: msgspec.Raw) -> Trade | Diff | None:
    kind = stream.partition("@")[2]
    if kind == "trade":
        trade = _trade.decode(data)
        _check_symbol(trade.s, symbol)
        price = units(trade.p)
        if trade.X in _NOT_OF_THE_BOOK or (trade.X is not None and not price):
            return None
        return Trade(trade.t, price, units(trade.q), trade.T, trade.m)
    if kind in _DEPTH:
        depth = _depth.decode(data)
        _check_symbol(depth.s, symbol)
        time = depth.T or depth.E
        return Diff(depth.U, depth.u, _levels(depth.b), _levels(depth.a), time, depth.pu)
    return None


def _levels(levels: list[tuple[str, str]]) -> Levels:
    return [(units(price), units(qty)) for price, qty in levels]


def _check_symbol(said: str, expected: str) -> None:
    if said != expected:
        raise ValueError(f"it is of {said!r}")
