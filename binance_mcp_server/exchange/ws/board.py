"""Who is subscribed to what, and what there is to tell them. Pure.

``trade``, ``bookTicker`` and depth frames of a source are passed on as they came to those who asked for just that
stream. Everything else is made, and only where somebody is subscribed.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from typing import Protocol

import msgspec

from binance_mcp_server.exchange.engine.rules import Product
from binance_mcp_server.exchange.sources.base import Frame
from binance_mcp_server.exchange.turns import TurnOverError
from binance_mcp_server.exchange.wire.view import MarketView
from binance_mcp_server.exchange.ws import makers
from binance_mcp_server.exchange.ws.events import (
    Event,
    Form,
    Made,
    Passed,
    data_of,
    made,
    name_of,
    plain_name_of,
)
from binance_mcp_server.exchange.ws.makers import Maker
from binance_mcp_server.exchange.ws.merging import DepthMerger
from binance_mcp_server.exchange.ws.names import Stream, lower_names, parse
from binance_mcp_server.exchange.ws.payloads import Body

OWN_WITHIN_MS = 1000
"""A source that sends book tickers of a symbol does so within this time after its first depth update."""
DAYS_A_TURN = 6
"""Days of a simulated past that are made between two batches, as for one read over REST."""
NAMES = 4096
"""As many beginnings of frames are remembered."""
MOST_TURNS = 100
"""After so many a stream gets all the days that it needs at once."""

_PASSED = frozenset(("trade", "bookTicker", "silent"))
"""Kinds that are told as the source sends them; of depth, the stream that it sends."""

_DEPTH, _TOP = "depth", "bookTicker"
_BEGINNING = 32
"""Bytes, in which the name of most streams ends and nothing yet varies."""
_NEVER = 1 << 62
"""Later than any time, ms."""

Markets = Mapping[Product, MarketView]
Key = tuple[Product, str]


class Member(Protocol):
    """A subscriber."""

    def send(self, stream: str | None, payload: bytes) -> None: ...


class Telling(msgspec.Struct, gc=False):
    """An event and those whom it is for."""

    stream: str
    payload: bytes
    members: Sequence[Member]


class Channel:
    """One stream that somebody is subscribed to."""

    def __init__(self, stream: Stream, maker: Maker | None) -> None:
        self.stream = stream
        self.name = stream.name.encode()
        self.maker = maker
        self.turns = 0
        self.forms: tuple[tuple[Form, Sequence[Member]], ...] = ()
        """The forms that are wanted, and by whom; replaced at each change, so who is being told is not disturbed."""

    def join(self, member: Member, form: Form) -> None:
        members = dict(self.forms)
        members[form] = [*members.get(form, ()), member]
        self.forms = tuple(members.items())

    def leave(self, member: Member, form: Form) -> bool:
        """Whether nobody is left."""
        members = dict(self.forms)
        members[form] = [each for each in members.get(form, ()) if each is not member]
        self.forms = tuple((form, rest) for form, rest in members.items() if rest)
        return not self.forms

    def merges(self, frame: Frame) -> bool:
        """Whether it is a slower depth stream of the frame's symbol."""
        mine = (self.stream.product, self.stream.symbol) == (frame.product, frame.symbol)
        return mine and isinstance(self.maker, DepthMerger)

    def merged(self, frame: Frame) -> "Iterator[Telling]":
        """What a depth frame of the source makes it tell."""
        if isinstance(self.maker, DepthMerger):
            for body in self.maker.take(data_of(frame.payload), frame.time_ms):
                yield from self.told(Made(self.name, body))

    def told(self, event: Event) -> Iterator[Telling]:
        """The event in each form that is wanted."""
        for form, members in self.forms:
            yield Telling(self.stream.name, event.encoded(form), members)


class Board:
    """All channels of all products."""

    def __init__(self, markets: Markets) -> None:
        self._markets = markets
        self._symbols = {product: lower_names(it.rules) for product, it in markets.items()}
        self._channels: dict[Key, Channel] = {}
        self._frames = _Frames()

    def resolve(self, name: str, product: Product, route: str | None) -> Stream | None:
        """What a name means on a connection; ``None``: nothing, or not on this route.

        A spot connection understands symbols that only COIN-M has: the real COIN-M host has the same paths.
        """
        for each in _products(product):
            stream = parse(name, each, self._symbols[each]) if each in self._symbols else None
            if stream is not None and (stream.symbol or each == product):
                return stream if route in {None, stream.route} else None
        return None

    def join(self, stream: Stream, member: Member, form: Form) -> None:
        """Subscribe; once for each stream and member."""
        key = (stream.product, stream.name)
        channel = self._channels.get(key)
        if channel is None:
            channel = self._channels[key] = Channel(stream, self._maker(stream))
        channel.join(member, form)

    def leave(self, stream: Stream, member: Member, form: Form) -> None:
        """End a subscription; *form* is that of :meth:`join`."""
        key = (stream.product, stream.name)
        if self._channels[key].leave(member, form):
            del self._channels[key]

    def tellings(self, batch: Sequence[Frame], *, ended: bool = False) -> Iterator[Telling]:
        """What there is to tell after the market has taken in *batch*: its frames, then what follows from them.

        *ended*: nothing will come after it, so depth updates of a period that is not over are told as well.
        Subscriptions may change while this is read.
        """
        for frame in batch:
            name, kind = self._frames.note(frame)
            if kind == _DEPTH or (frame.product, name) in self._channels:
                yield from self._of_frame(frame, name, kind)
        yield from self._made()
        for channel in tuple(self._channels.values()) if ended else ():
            if isinstance(channel.maker, DepthMerger):
                for body in channel.maker.due(_NEVER):
                    yield from channel.told(Made(channel.name, body))

    def _of_frame(self, frame: Frame, name: str, kind: str) -> Iterator[Telling]:
        channel = self._channels.get((frame.product, name))
        is_depth = kind == _DEPTH and self._frames.is_depth(frame, name)
        if channel is not None and (is_depth or channel.stream.kind in _PASSED):
            yield from channel.told(Passed(frame.payload))
        if is_depth:
            for other in tuple(self._channels.values()):
                if other is not channel and other.merges(frame):
                    yield from other.merged(frame)

    def _made(self) -> Iterator[Telling]:
        days = DAYS_A_TURN
        for channel in tuple(self._channels.values()):
            if channel.maker is not None:
                market = self._markets[channel.stream.product]
                bodies = _in_turn(market, channel, channel.maker, days)
                days = 0 if bodies is None else days
                stream, name = channel.stream.name, channel.name
                for body in bodies or ():
                    for form, members in channel.forms:
                        yield Telling(stream, made(name, body, form), members)

    def _maker(self, stream: Stream) -> Maker | None:
        market = self._markets[stream.product]
        match stream.kind:
            case "aggTrade":
                return makers.Aggregates(market, stream)
            case "kline":
                return makers.Candles(market, stream)
            case "depth":
                return DepthMerger(market.rules[stream.symbol], stream)
            case "partial":
                return makers.PartialBook(market, stream)
            case "bookTicker":
                own = partial(self._frames.tells_top, stream.product, stream.symbol, market)
                return makers.TopOfBook(market, stream.symbol, own)
        make = _make(stream)
        if make is None:  # passed on, or silent
            return None
        if stream.symbol:
            return makers.Periodic(stream, partial(make, market, stream.symbol))
        return makers.Array(stream, {it: partial(make, market, it) for it in market.rules})


def _products(product: Product) -> tuple[Product, ...]:
    return ("spot", "coinm") if product == "spot" else (product,)


_Make = Callable[[MarketView, str, int], makers.Told | None]


def _make(stream: Stream) -> _Make | None:
    """What is told once a period."""
    found: dict[str, _Make] = {
        "miniTicker": makers.mini_ticker,
        "ticker": makers.ticker,
        "avgPrice": makers.average_price,
        "referencePrice": makers.reference_price,
    }
    if stream.kind == "rolling":
        return makers.rolling(stream.window, stream.window_ms)
    return found.get(stream.kind)


def _in_turn(market: MarketView, channel: Channel, maker: Maker, days: int) -> list[Body] | None:
    """What a maker has to tell; ``None`` when it needs more than *days* of a simulated past to be made."""
    market.allow(days if channel.turns < MOST_TURNS else None)
    try:
        bodies = list(maker.due(market.now_ms()))
    except TurnOverError:
        channel.turns += bool(days)
        return None
    finally:
        market.allow(None)
    channel.turns = 0
    return bodies


class _Frames:
    """What the source sends by itself."""

    def __init__(self) -> None:
        self._depth: dict[Key, str] = {}  # the depth stream of a symbol: the first that was seen
        self._since: dict[Key, int] = {}  # when that was, ms
        self._tops: set[Key] = set()  # symbols with book tickers of their own

    def note(self, frame: Frame) -> tuple[str, str]:
        """Look at a frame; its stream, nothing for a snapshot, and what kind that is."""
        payload = frame.payload
        name, kind = _begun(payload[:_BEGINNING]) or _kind_of(name_of(payload).decode())
        if kind == _TOP:
            self._tops.add((frame.product, frame.symbol))
        elif kind == _DEPTH:
            key = (frame.product, frame.symbol)
            if key not in self._depth:
                self._depth[key] = name
                self._since[key] = frame.time_ms
        return name, kind

    def is_depth(self, frame: Frame, name: str) -> bool:
        """Whether the slower depth streams are made of it."""
        return self._depth.get((frame.product, frame.symbol)) == name

    def tells_top(self, product: Product, symbol: str, market: MarketView) -> bool:
        """Whether book tickers come by themselves, or may still."""
        key = (product, symbol)
        since = self._since.get(key)
        return key in self._tops or since is None or market.now_ms() < since + OWN_WITHIN_MS


@lru_cache(NAMES)
def _begun(beginning: bytes) -> tuple[str, str] | None:
    """What :func:`_kind_of` says of the frame that begins so; ``None``: its name has not ended."""
    name = plain_name_of(beginning)
    return None if name is None else _kind_of(name.decode())


def _kind_of(name: str) -> tuple[str, str]:
    """A stream's name, and its kind: ``depth`` at any speed."""
    kind = name[name.find("@") + 1 :]
    return name, _DEPTH if kind == _DEPTH or kind.startswith(f"{_DEPTH}@") else kind
