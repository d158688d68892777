"""A stream hub in a few lines: tests say what arrives, and when the connection is cut."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from binance_mcp_server.binance_ws_api.kinds import Spec, spec
from binance_mcp_server.models.events import Record
from binance_mcp_server.venues import Market

Listener = Callable[[Sequence[Record]], None]


@dataclass
class FakeStream:
    spec: Spec
    state: str = "live"
    reconnects: int = 0
    listeners: list[Listener] = field(default_factory=list)


@dataclass
class FakeAttachment:
    stream: FakeStream
    listener: Listener
    closed: bool = False

    async def close(self) -> None:
        if not self.closed:
            self.closed = True
            self.stream.listeners.remove(self.listener)


@dataclass
class FakeSubscription:
    spec: Spec
    closed: str = ""
    on_closed: list[Callable[[], None]] = field(default_factory=list)

    def close(self) -> None:
        self.closed = "unsubscribed"
        for tell in tuple(self.on_closed):
            tell()


@dataclass
class FakeHub:
    """Streams by their name on the wire."""

    streams: dict[str, FakeStream] = field(default_factory=dict)
    subscribed: list[FakeSubscription] = field(default_factory=list)
    error: Exception | None = None

    async def attach(self, spec: Spec, listener: Listener) -> FakeAttachment:
        if self.error is not None:
            raise self.error
        stream = self.streams.setdefault(spec.name, FakeStream(spec))
        stream.listeners.append(listener)
        return FakeAttachment(stream, listener)

    def subscriptions(self) -> list[FakeSubscription]:
        return self.subscribed

    def subscribe(self, market: Market, kind: str, symbol: str) -> FakeSubscription:
        self.subscribed.append(FakeSubscription(spec(market, kind, symbol)))
        return self.subscribed[-1]

    def send(self, name: str, *records: Record) -> None:
        """*records* arrive on the stream *name*, in one batch."""
        for listener in tuple(self.streams[name].listeners):
            listener(records)

    @property
    def attached(self) -> list[str]:
        """Names that somebody listens to."""
        return sorted(name for name, stream in self.streams.items() if stream.listeners)
