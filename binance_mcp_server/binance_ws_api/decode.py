"""Frames → events. Pure.

One decoder for each kind takes the whole combined frame at once. What cannot be read raises ``msgspec.DecodeError``.
"""

from collections.abc import Callable, Sequence
from functools import cache
from operator import attrgetter
from typing import Any, Generic, TypeVar

import msgspec

from binance_mcp_server.binance_ws_api.kinds import Spec
from binance_mcp_server.models import events
from binance_mcp_server.models.account import AccountEvent
from binance_mcp_server.models.events import Event

T = TypeVar("T")


class _Frame(msgspec.Struct, Generic[T], gc=False):
    data: T


_SHAPES: dict[str, Any] = {
    "trade": events.TradeEvent,
    "aggTrade": events.AggTradeEvent,
    "blockTrade": events.BlockTradeEvent,
    "kline": events.KlineEvent,
    "miniTicker": events.MiniTickerEvent,
    "ticker": events.TickerEvent,
    "rollingTicker": events.RollingTickerEvent,
    "bookTicker": events.BookTickerEvent,
    "depth": events.DepthEvent,
    "partialDepth": events.PartialDepthEvent,
    "avgPrice": events.AveragePriceEvent,
    "referencePrice": events.ReferencePriceEvent,
    "markPrice": events.MarkPriceEvent,
    "liquidation": events.LiquidationEvent,
    "account": AccountEvent,
}


@cache
def _decoder(kind: str, *, many: bool, futures: bool) -> msgspec.json.Decoder[Any]:
    shape: Any = _SHAPES[kind]
    if kind == "partialDepth" and futures:
        shape = events.FuturesPartialDepth
    # The stream of all liquidations has a list's name, and gives them one by one (read 2026-11-22).
    return msgspec.json.Decoder(_Frame[list[shape] | shape if many else shape])  # type: ignore[misc]


def frame_decoder(spec: Spec) -> Callable[[bytes], Any]:
    """Decodes one frame of *spec*: its events are in ``data``. Raises for what cannot be read, as msgspec does."""
    return _decoder(spec.kind, many=spec.many, futures=spec.market != "spot").decode


def reader(spec: Spec) -> Callable[[bytes], Sequence[Event]]:
    """Reads the events of one frame of *spec*; raises ``msgspec.DecodeError`` (also for bytes that are no UTF-8)."""
    one = single(spec) if not spec.many else None
    if one is not None:
        return lambda frame: (one(frame),)
    decode = frame_decoder(spec)

    def several(frame: bytes) -> Sequence[Event]:
        try:
            found: Any = decode(frame).data
        except (UnicodeDecodeError, RecursionError):
            raise msgspec.DecodeError("not JSON that anybody means") from None
        return found if isinstance(found, list) else (found,)

    return several


def all_reader(spec: Spec) -> Callable[[list[bytes]], list[Any]]:
    """Reads many frames of *spec*, what each holds; raises what msgspec does where one of them cannot be read."""
    if spec.kind == "partialDepth" and spec.market != "spot":
        one = single(spec)
        return lambda frames: list(map(one, frames))
    decode, data = frame_decoder(spec), attrgetter("data")
    return lambda frames: list(map(data, map(decode, frames)))


def single(spec: Spec) -> Callable[[bytes], Event]:
    """Reads the event of one frame of *spec*, which is no list; raises as :func:`reader` does."""
    decode = frame_decoder(spec)
    translate = spec.kind == "partialDepth" and spec.market != "spot"

    def read(frame: bytes) -> Event:
        try:
            event: Any = decode(frame).data
        except (UnicodeDecodeError, RecursionError):
            raise msgspec.DecodeError("not JSON that anybody means") from None
        found: Event = event.plain() if translate else event
        return found

    return read


def frame_of(spec: Spec, event: Event) -> bytes:
    """*event* as the frame that would have brought it: a third of a record's size, and read like any other."""
    return b'{"stream":"%b","data":%b}' % (spec.name.encode(), msgspec.json.encode(event))


_NUMBERS: dict[str, Callable[[Any], int]] = {
    "trade": attrgetter("id"),
    "aggTrade": attrgetter("id"),
    "blockTrade": attrgetter("id"),
    "kline": attrgetter("candle.open_time"),
    "bookTicker": attrgetter("update_id"),
    "depth": attrgetter("last_id"),
    "partialDepth": attrgetter("last_update_id"),
}


def number_in(spec: Spec) -> Callable[[Event], int]:
    """What says where an event of *spec* belongs: its id, update id or time."""
    return _NUMBERS.get(spec.kind, attrgetter("event_ms"))
