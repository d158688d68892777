"""All streams of one server: who wants which, where they come from, what happens to them.

Streams are shared: two who want the same have one subscription at the venue and one memory. What nobody wants any more
is given up, and what nobody reads for a quarter of an hour closes itself, since a stateless client leaves nothing to
clean up on.
"""

import asyncio
import itertools
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import Random
from typing import Final

from binance_mcp_server.binance_ws_api import facts, signals, watch
from binance_mcp_server.binance_ws_api.carried import Carried, Carrier, carried
from binance_mcp_server.binance_ws_api.endpoint import Endpoint
from binance_mcp_server.binance_ws_api.handlers import Connect
from binance_mcp_server.binance_ws_api.kinds import Spec
from binance_mcp_server.binance_ws_api.mender import Mender, Source
from binance_mcp_server.binance_ws_api.pacing import Dials
from binance_mcp_server.binance_ws_api.rules import FUTURES, SPOT, Rules
from binance_mcp_server.binance_ws_api.stream import Listener, Stream
from binance_mcp_server.binance_ws_api.subscription import Subscription
from binance_mcp_server.clock import Clock, set_within
from binance_mcp_server.errors import BinanceMcpError, InputError, RegionError, TransportError
from binance_mcp_server.venues import Market

log = logging.getLogger(__name__)

MOST_BUFFER: Final = 1_000_000
MOST_SUBSCRIPTIONS: Final = 500
UNREAD: Final = 900.0
"""Seconds after which a subscription that nobody reads closes."""
ACK_PATIENCE: Final = 10.0
_ATTACHED_BUFFER: Final = 1_000
_SWEEP: Final = 1.0
_MOST_REMEMBERED: Final = 1_000
_HEARD: Final = frozenset({"live", "stale"})
"""States of a stream that a connection carries."""

Addresses = Callable[[Market], Awaitable[tuple[str, ...]]]
"""Where a market's streams are, ``wss://host`` with a path before the route if it has one; a public mirror after it."""


@dataclass(frozen=True, slots=True)
class HubState:
    """What runs now."""

    endpoints: dict[str, facts.State]
    subscriptions: int
    streams: int


class Attachment:
    """An eager consumer of a stream; records come decoded, at once, in order."""

    def __init__(self, hub: "Hub", stream: Stream, listener: Listener) -> None:
        self._hub = hub
        self.stream = stream
        self._listener = listener
        self._open = True

    @property
    def spec(self) -> Spec:
        return self.stream.spec

    async def close(self) -> None:
        """Listen no longer. Idempotent."""
        if self._open:
            self._open = False
            self.stream.listeners.remove(self._listener)
            self._hub.release(self.stream)


class Hub:
    """See the module."""

    def __init__(
        self,
        clock: Clock,
        addresses: Addresses,
        connect: Connect,
        *,
        source: Source | None = None,
        random: Random | None = None,
        rules: Callable[[Market], Rules] | None = None,
    ) -> None:
        self._clock = clock
        self._addresses = addresses
        self._connect = connect
        self._random = random or Random()
        self._rules = rules or (lambda market: SPOT if market == "spot" else FUTURES)
        self._dials: dict[Market, Dials] = {}
        self._mender = Mender(clock, source)
        self._endpoints: dict[tuple[Market, str], Endpoint] = {}
        self._mirrors: dict[Endpoint, str] = {}
        self._opening = asyncio.Lock()
        self._carriers: dict[str, Carried] = {}
        self._streams: dict[Spec, tuple[Stream, Endpoint | Carried]] = {}
        self._users: dict[Stream, int] = {}
        self._subscriptions: dict[str, Subscription] = {}
        self._ended: OrderedDict[str, str] = OrderedDict()
        self._numbers = itertools.count(1)
        self._acknowledged: dict[Stream, asyncio.Event] = {}
        self._sweeper: asyncio.Task[None] | None = None
        self._closed = False

    def carry(self, kind: str, carrier: Carrier) -> None:
        """Streams of *kind* come from *carrier* from now on, not from an endpoint of the venue."""
        self._carriers[kind] = Carried(carrier, self._answered)

    # -- what callers want

    async def subscribe(self, spec: Spec, *, buffer: int = 10_000) -> Subscription:
        """A subscription of *spec* that keeps its newest *buffer* records (1 to 1,000,000) until they are read.

        Returns when the venue has acknowledged it, or after ten seconds without an answer (``stream.state`` tells).
        Raises :class:`InputError` for a buffer out of range or too many subscriptions, and why the venue lets us not
        in.
        """
        if not 1 <= buffer <= MOST_BUFFER:
            raise InputError(
                f"A buffer of {str(buffer)[:20]} records is out of range.",
                advice=f"Use 1 to {MOST_BUFFER:,}; 10000 is usual.",
            )
        self._check_room()
        stream = await self._acquire(spec, buffer)
        try:
            self._check_room()  # others came while the address was looked up
        except InputError:
            self.release(stream)
            raise
        number = f"s{next(self._numbers)}"
        subscription = Subscription(number, stream, buffer, self._clock.now_ms(), self._clock)
        self._subscriptions[number] = subscription
        try:
            await self._until_acknowledged(stream)
        except BaseException:
            self._end(subscription, "it was not acknowledged")
            raise
        return subscription

    def _check_room(self) -> None:
        if len(self._subscriptions) >= MOST_SUBSCRIPTIONS:
            raise InputError(
                f"There are {MOST_SUBSCRIPTIONS} subscriptions already.",
                advice="End some with unsubscribe_stream(id); list_streams() shows them.",
            )

    def subscription(self, id: str) -> Subscription:
        """The open subscription *id*. Raises :class:`InputError` that says why there is none."""
        found = self._subscriptions.get(id)
        if found is not None:
            return found
        why = self._ended.get(id)
        if why is not None:
            raise InputError(
                f"The stream {id[:20]!r} is closed: {why}.",
                advice="Subscribe again with subscribe_stream.",
            )
        raise InputError(
            f"There is no stream {id[:20]!r} here.",
            advice="list_streams() shows those that are open; ids end with the server's process.",
        )

    def subscriptions(self) -> list[Subscription]:
        """Those that are open, oldest first."""
        return list(self._subscriptions.values())

    async def unsubscribe(self, id: str) -> Subscription:
        """End the subscription *id*; gives it with its last counters. Raises :class:`InputError`."""
        subscription = self.subscription(id)
        self._end(subscription, "it was unsubscribed")
        return subscription

    async def attach(self, spec: Spec, listener: Listener) -> Attachment:
        """Hand every record of *spec* to *listener*, decoded, as it arrives."""
        stream = await self._acquire(spec, 0)
        stream.listeners.append(listener)
        attachment = Attachment(self, stream, listener)
        try:
            await self._until_acknowledged(stream)
        except BaseException:
            await attachment.close()
            raise
        return attachment

    def state(self) -> HubState:
        """What runs now."""
        named = {
            f"{market}{f'/{route}' if route else ''}": endpoint.state()
            for (market, route), endpoint in self._endpoints.items()
        }
        return HubState(named, len(self._subscriptions), len(self._streams))

    @property
    def is_closed(self) -> bool:
        return self._closed

    async def close(self) -> None:
        """End all streams, for good. Idempotent."""
        self._closed = True
        if self._sweeper is not None:
            self._sweeper.cancel()
            await asyncio.gather(self._sweeper, return_exceptions=True)
        for endpoint in tuple(self._endpoints.values()):
            await endpoint.close()
        await self._mender.close()
        for subscription in self.subscriptions():
            self._end(subscription, "the server ended")
        for answered in self._acknowledged.values():
            answered.set()

    # -- streams and their users

    async def _acquire(self, spec: Spec, buffer: int) -> Stream:
        if self._closed:
            raise _closed()
        known = self._streams.get(spec)
        if known is None:
            endpoint = await self._endpoint(spec)
            known = self._streams.get(spec) or self._open(spec, endpoint, buffer)
        stream, endpoint = known
        self._users[stream] = self._users.get(stream, 0) + 1
        if buffer > stream.ring.max_records:
            stream.resize(buffer)
        if stream.state == "refused":
            stream.state = "connecting"
            self._acknowledged[stream].clear()
            endpoint.add(stream)
        if endpoint.barred_by is not None:
            self._refuse(stream, endpoint.barred_by)  # asking again would be refused again
        return stream

    def _open(
        self, spec: Spec, endpoint: Endpoint | Carried, buffer: int
    ) -> tuple[Stream, Endpoint | Carried]:
        stream = Stream(spec, buffer or _ATTACHED_BUFFER)
        stream.on_parked = self._mender.hole
        self._streams[spec] = stream, endpoint
        self._acknowledged[stream] = asyncio.Event()
        endpoint.add(stream)
        if self._sweeper is None:
            self._sweeper = asyncio.get_running_loop().create_task(self._sweep())
        return stream, endpoint

    def release(self, stream: Stream) -> None:
        """One user less; the last one closes the stream."""
        self._users[stream] -= 1
        if self._users[stream]:
            return
        del self._users[stream]
        _, endpoint = self._streams.pop(stream.spec)
        self._acknowledged.pop(stream).set()
        self._mender.forget(stream)
        endpoint.remove(stream)

    def _end(self, subscription: Subscription, why: str) -> None:
        if self._subscriptions.pop(subscription.id, None) is None:
            return
        subscription.release(why)
        self._ended[subscription.id] = why
        if len(self._ended) > _MOST_REMEMBERED:
            self._ended.popitem(last=False)
        self.release(subscription.stream)

    async def _until_acknowledged(self, stream: Stream) -> None:
        """Until the venue has said yes or no, or for as long as we are patient."""
        await set_within(self._acknowledged[stream], ACK_PATIENCE, self._clock)
        if self._closed:
            raise _closed()
        if stream.state == "refused":
            raise stream.refusal or TransportError(f"The venue refused the stream {stream.name}.")

    async def _endpoint(self, spec: Spec) -> Endpoint | Carried:
        if spec.is_private:
            return carried(self._carriers, spec.kind)
        key = (spec.market, spec.route)
        async with self._opening:
            if key not in self._endpoints:
                base, *mirrors = await self._addresses(spec.market)
                if self._closed:
                    raise _closed()
                endpoint = self._endpoints[key] = self._make(spec, base)
                if mirrors:
                    self._mirrors[endpoint] = _url(mirrors[0], spec.route)
            return self._endpoints[key]

    def _make(self, spec: Spec, base: str) -> Endpoint:
        rules = self._rules(spec.market)
        return Endpoint(
            _url(base, spec.route),
            rules,
            self._clock,
            self._connect,
            self._heard,
            random=self._random,
            dials=self._dials.setdefault(spec.market, Dials(rules)),
        )

    # -- what happens

    def _heard(self, endpoint: Endpoint, event: signals.Event) -> None:
        match event:
            case signals.Exhausted(why=why):
                self._exhausted(endpoint, why)
            case signals.Refused(names=names, message=message):
                for stream in _named(endpoint, names):
                    self._refuse(stream, InputError(f"The venue refused {stream.name}: {message}."))
            case signals.Acknowledged(names=names) | signals.Restored(names=names):
                for stream in _named(endpoint, names):
                    endpoint.streams.hear(stream)
                    self._acknowledge(stream)
                    self._mender.restored(stream)
            case signals.Lost(names=names, why=why):
                for stream in _named(endpoint, names):
                    self._interrupted(stream, f"connection lost: {why}")
                if endpoint.state().exhausted:  # nothing is going to bring them back
                    self._exhausted(endpoint, why)
            case signals.Unlisted(names=names):
                for stream in _named(endpoint, names):
                    self._interrupted(stream, "the venue had dropped the subscription")

    def _answered(self, stream: Stream, error: BinanceMcpError | None) -> None:
        """What a carrier says of a stream."""
        if error is not None:
            self._refuse(stream, error)
        else:
            self._acknowledge(stream)

    def _acknowledge(self, stream: Stream) -> None:
        stream.state = "live"
        stream.heard_at = self._clock.monotonic()
        self._acknowledged[stream].set()

    def _interrupted(self, stream: Stream, why: str) -> None:
        """What comes from now on may not join what came. Before anything was promised or came, nothing is lost."""
        if stream.first_frame or self._acknowledged[stream].is_set():
            stream.state = "reconnecting"
            stream.reconnects += 1
            stream.sequence.interrupted(why)

    def _refuse(self, stream: Stream, error: BinanceMcpError) -> None:
        stream.state, stream.refusal = "refused", error
        self._acknowledged[stream].set()

    def _exhausted(self, endpoint: Endpoint, why: str) -> None:
        """The venue lets us not in: its public mirror may; else that is the answer."""
        mirror = self._mirrors.pop(endpoint, "")
        if mirror and isinstance(endpoint.refusal, RegionError):
            for stream in endpoint.streams:
                if stream.state in _HEARD:
                    self._interrupted(stream, f"connection lost: {why}")
            endpoint.move(mirror)
            return
        error = endpoint.refusal or TransportError(why)
        for stream in endpoint.streams:
            if stream.state not in _HEARD:  # a connection from before may carry some still
                self._refuse(stream, error)

    # -- what is done from time to time

    async def _sweep(self) -> None:
        while True:
            await self._clock.sleep(_SWEEP)
            now = self._clock.monotonic()
            for subscription in self.subscriptions():
                if now - subscription.read_at > UNREAD and not subscription.waiting:
                    self._end(subscription, "nobody had read it for 15 minutes")
            for endpoint in self._endpoints.values():
                self._watch(endpoint, now)

    def _watch(self, endpoint: Endpoint, now: float) -> None:
        """Find streams that are silent for longer than their pace explains."""
        silent = False
        for stream in endpoint.streams:
            stream.measure(_SWEEP)
            if stream.state == "live" and watch.is_silent(stream, now):
                stream.state = "stale"
                silent = True
        if silent:
            endpoint.suspect()


def _named(endpoint: Endpoint, names: tuple[str, ...]) -> list[Stream]:
    found = (endpoint.streams.get(name) for name in names)
    return [stream for stream in found if stream is not None]


def _url(base: str, route: str) -> str:
    return f"{base}/{route}/stream" if route else f"{base}/stream"


def _closed() -> TransportError:
    error = TransportError("The server is closing.")
    error.retryable = False
    return error
