"""``--mirror``: another venue's market, passed on to our exchange as it comes, byte for byte.

Our own wings listen to that venue: its list of symbols, its candles, the streams of trades and of depth, and a
snapshot of each book. The exchange decodes all of it by itself. A trade that a connection lost is fetched; a depth
update that is lost leads to a new snapshot, as does time.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any, Final

import msgspec

from binance_mcp_server.binance_api import endpoints
from binance_mcp_server.binance_api.endpoints import Interval, Request
from binance_mcp_server.binance_ws_api.kinds import spec
from binance_mcp_server.binance_ws_api.subscription import Subscription
from binance_mcp_server.clock import Clock, set_within
from binance_mcp_server.errors import BinanceMcpError, InputError, TransportError
from binance_mcp_server.exchange.sources.pushed import PushedSource
from binance_mcp_server.feeds.snapshots import Turns
from binance_mcp_server.services import Services

log = logging.getLogger(__name__)

DEFAULT_SYMBOLS: Final = (
    *("BTCUSDT", "ETHUSDT", "BNBUSDT", "SOLUSDT", "XRPUSDT", "DOGEUSDT", "ETHBTC", "BNBBTC"),
)
"""Those of them that the venue lists; where it lists none of them, as many of the others."""
MOST_SYMBOLS: Final = 50
_BUFFER: Final = 10_000
"""Frames of a stream: more than come at once, since each burst is passed on as it comes."""
_CANDLES: Final[Sequence[tuple[Interval, int]]] = (("1d", 1), ("1h", 1), ("1m", 2))
"""Intervals, and pages of a thousand: two days of minutes, six weeks of hours, three years of days."""
_PAGE: Final = 1000
_FIRST_UPDATE: Final = 3.0
"""Seconds to wait for a depth update before the snapshot is asked for without one: a halted symbol has none."""
_RENEW: Final = 600.0
"""Seconds until the next snapshot of a book: levels far from the market are known from snapshots alone."""
_LOOK: Final = 5.0
_APART: Final = 1.0
_HEARD: Final = frozenset(("live", "stale"))
"""States of a stream that a connection carries."""
_TRIES: Final = 10
_LONGEST_PAUSE: Final = 30.0


class _Updates(msgspec.Struct):
    U: int


class _Frame(msgspec.Struct):
    data: _Updates


class _Opens(msgspec.Struct, array_like=True):
    """A candle, as far as it is looked at here."""

    time: int


class _Listed(msgspec.Struct):
    symbol: str


class _Listing(msgspec.Struct):
    symbols: list[_Listed]


class _Book(msgspec.Struct, rename="camel"):
    last_update_id: int


@dataclass(eq=False)
class _Symbol:
    """One book on its way."""

    name: str
    begins: int | None = None
    """First update id that was heard since the last loss."""
    heard: asyncio.Event = field(default_factory=asyncio.Event)
    lost: asyncio.Event = field(default_factory=asyncio.Event)
    """Updates are missing: a snapshot is needed."""
    subscriptions: list[Subscription] = field(default_factory=list)


async def made_source(services: Services, symbols: Sequence[str], clock: Clock) -> PushedSource:
    """The venue's symbols and past; nothing is pushed yet. Without *symbols*: some that it lists.

    Raises ``BinanceMcpError`` when the venue cannot be had, or has not what is asked for.
    """
    if len(symbols) > MOST_SYMBOLS:
        raise InputError(
            f"{len(symbols)} symbols are too many to mirror.",
            advice=f"Name at most {MOST_SYMBOLS} with --mirror-symbols.",
        )
    listing = await _fetch(services, endpoints.exchange_info(symbols=symbols or None))
    try:
        names = list(symbols) or _chosen(listing)
        wanted = [(name, interval, pages) for name in names for interval, pages in _CANDLES]
        found = await asyncio.gather(*(_candles(services, *each) for each in wanted))
        candles = {(name, str(it)): got for (name, it, _), got in zip(wanted, found, strict=True)}
        return PushedSource(services.venue, listing, names, clock, candles=candles)
    except ValueError as error:  # ListingError, and msgspec's errors, are such
        raise TransportError(f"{services.venue} cannot be mirrored: {error}.") from error


def _chosen(listing: bytes) -> list[str]:
    listed = [each.symbol for each in msgspec.json.decode(listing, type=_Listing).symbols]
    usual: list[str] = [name for name in DEFAULT_SYMBOLS if name in listed]
    return usual or listed[: len(DEFAULT_SYMBOLS)]


async def _candles(services: Services, name: str, interval: Interval, pages: int) -> list[bytes]:
    """The newest pages, newest first."""
    found: list[bytes] = []
    end_time: int | None = None
    for _ in range(pages):
        request = endpoints.klines(name, interval, end_time=end_time, limit=_PAGE)
        found.append(await _fetch(services, request))
        rows = msgspec.json.decode(found[-1], type=list[_Opens])
        if len(rows) < _PAGE:
            break
        end_time = rows[0].time - 1
    return found


async def _fetch(services: Services, request: Request[Any]) -> bytes:
    """The body of an answer, as it came."""
    reply = await services.connection("spot").send(replace(request, reply=msgspec.Raw))
    return bytes(reply.data)


class Mirror:
    """Feeds a source with what its venue sends, from :meth:`open` to :meth:`close`."""

    def __init__(self, services: Services, source: PushedSource, clock: Clock) -> None:
        self._services = services
        self._source = source
        self._clock = clock
        self._turns = Turns(clock)
        self._troubles: dict[str, str] = {}
        self._tasks: list[asyncio.Task[None]] = []

    async def open(self) -> None:
        """Subscribe, and give every book its first snapshot. Raises ``BinanceMcpError`` when that cannot be done."""
        symbols = [_Symbol(rules.symbol) for rules in self._source.rules]
        await asyncio.gather(*map(self._listen, symbols))
        await asyncio.gather(*map(self._snapshot, symbols))
        self._tasks = [asyncio.create_task(self._keep(each)) for each in symbols]

    async def close(self) -> None:
        """Stop feeding; idempotent."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _listen(self, symbol: _Symbol) -> None:
        """Pass on what the streams of *symbol* bring, as soon as it is there and in order."""
        hub = self._services.hub
        for kind, speed in (("trade", ""), ("depth", "100ms")):
            stream = spec("spot", kind, symbol.name, speed=speed)
            subscription = await hub.subscribe(stream, buffer=_BUFFER)
            symbol.subscriptions.append(subscription)
            listener = _Listener(self._source, symbol, subscription)
            subscription.stream.on_records.append(listener.take)
            listener.take()

    async def _keep(self, symbol: _Symbol) -> None:
        """Give the book of *symbol* another snapshot whenever it needs one, and from time to time."""
        while True:
            renew_at = self._clock.monotonic() + _RENEW
            while not symbol.lost.is_set() and self._clock.monotonic() < renew_at:
                self._note(symbol, _trouble_of(symbol.subscriptions))
                await set_within(symbol.lost, _LOOK, self._clock)
            pause = _APART
            await self._clock.sleep(pause)
            while not await self._renewed(symbol):
                await self._clock.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)

    async def _renewed(self, symbol: _Symbol) -> bool:
        try:
            await self._snapshot(symbol)
        except BinanceMcpError as error:
            self._note(symbol, f"no snapshot of {symbol.name}: {error.message}")
            return False
        return True

    def _note(self, symbol: _Symbol, trouble: str) -> None:
        """What is wrong with *symbol*, or nothing."""
        self._troubles.pop(symbol.name, None)
        if trouble:
            self._troubles[symbol.name] = trouble
        self._source.trouble = next(iter(self._troubles.values()), "")

    async def _snapshot(self, symbol: _Symbol) -> None:
        """Fetch snapshots until there is one that the updates heard follow.

        Raises ``BinanceMcpError`` when none can be had, or the venue gives old ones alone.
        """
        if symbol.begins is None:
            await set_within(symbol.heard, _FIRST_UPDATE, self._clock)
        for _ in range(_TRIES):
            symbol.lost.clear()
            async with self._turns.turn("spot") as levels:
                body = await _fetch(self._services, endpoints.depth(symbol.name, limit=levels))
            stands_at = _stands_at(body)
            if symbol.begins is None or stands_at >= symbol.begins - 1:
                if not self._source.push(symbol.name, body):
                    raise TransportError("What the venue gives as a snapshot cannot be read.")
                return
            await self._clock.sleep(_APART)
        raise TransportError("The snapshots that the venue gives are older than its stream.")


def _stands_at(body: bytes) -> int:
    """The update id of a snapshot. Raises ``BinanceMcpError`` for what is none."""
    try:
        return msgspec.json.decode(body, type=_Book).last_update_id
    except ValueError as error:
        raise TransportError("What the venue gives as a snapshot is none.") from error


def _trouble_of(subscriptions: Sequence[Subscription]) -> str:
    """Of streams that do not live. Looking at them keeps them: a halted symbol has nothing to read."""
    for subscription in subscriptions:
        subscription.touch()
        if subscription.stream.state not in _HEARD:
            why = subscription.stream.refusal or subscription.closed or subscription.stream.state
            return f"{subscription.stream.name}: {why}"
    return ""


class _Listener:
    """Takes what a stream has kept since the last time."""

    def __init__(self, source: PushedSource, symbol: _Symbol, subscription: Subscription) -> None:
        self._source = source
        self._symbol = symbol
        self._subscription = subscription
        self._place = subscription.stream.ring.first

    def take(self) -> None:
        """Called by the stream after each burst."""
        self._subscription.touch()
        ring = self._subscription.stream.ring
        entries = ring.read(max(self._place, ring.first), _BUFFER * 2)
        missed, self._place = ring.first > self._place, ring.next
        if missed:
            self._lost()
        for entry in entries:
            if isinstance(entry, bytes):
                self._hear(entry)
            else:
                self._lost()

    def _hear(self, frame: bytes) -> None:
        """What cannot be read is as good as lost."""
        if not self._source.push(self._symbol.name, frame):
            self._lost()
        elif self._symbol.begins is None and self._subscription.spec.kind == "depth":
            with suppress(ValueError):  # of another kind than its stream
                self._symbol.begins = msgspec.json.decode(frame, type=_Frame).data.U
                self._symbol.heard.set()

    def _lost(self) -> None:
        """Something is missing. Of trades, nothing can be done about it any more."""
        if self._subscription.spec.kind == "depth":
            log.info("depth updates of %s were lost", self._symbol.name)
            self._symbol.begins = None
            self._symbol.heard.clear()
            self._symbol.lost.set()


@asynccontextmanager
async def mirrored(
    services: Services, symbols: Sequence[str], clock: Clock
) -> AsyncIterator[PushedSource]:
    """The market of the venue of *services* as a source, fed as long as the context lasts."""
    async with services:
        source = await made_source(services, symbols, clock)
        mirror = Mirror(services, source, clock)
        try:
            await mirror.open()
            yield source
        finally:
            await mirror.close()
