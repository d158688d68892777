"""One account's events over the WebSocket API, kept subscribed.

A subscription belongs to a connection, so each new one is subscribed anew, with a fresh signature; one that the venue
ends (``eventStreamTerminated``) as well. While one connection takes over from another both are subscribed: events are
taken from the older, those of the newer wait until it has gone, and whoever takes them leaves out what it knows.

web-socket-api.md "User Data Stream subscription", user-data-stream.md of Binance's spot documents (2026-07-21), read
2026-11-24.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final, Protocol

import msgspec

from binance_mcp_server.binance_ws_api.api_client import WsApi
from binance_mcp_server.binance_ws_api.api_messages import ENDED, Told
from binance_mcp_server.binance_ws_api.api_methods import (
    SUBSCRIBE,
    SUBSCRIBING_WEIGHT,
    UNSUBSCRIBE,
)
from binance_mcp_server.clock import Clock
from binance_mcp_server.errors import BinanceMcpError, RejectedError, TransportError, VenueError

log = logging.getLogger(__name__)

ALREADY: Final = -2035
"""A subscription to this account is active on the connection: an answer of ours was lost."""
FIRST_BACKOFF: Final = 0.25
LONGEST_BACKOFF: Final = 15.0
REFUSED_FOR: Final = 60.0
"""Seconds after a refusal for good (the key, its permissions) until it is tried once more."""


class Sink(Protocol):
    """Who takes the events. Called at once and in order; must neither wait nor raise."""

    def subscribed(self) -> None:
        """From here on nothing is missing; what was before is not known."""
        ...

    def moved(self) -> None:
        """Another connection has taken over, without a break."""
        ...

    def interrupted(self, why: str) -> None:
        """Events may be missing from here on."""
        ...

    def refused(self, error: BinanceMcpError) -> None:
        """The venue does not give them; it is asked again after a while."""
        ...

    def events(self, kinds_and_events: list[tuple[str, bytes]]) -> None:
        """Their kinds, and the events as they came, in order."""
        ...


@dataclass(slots=True)
class _Tap:
    """One connection's subscription."""

    conn: int
    subscription: int | None = None
    """``None``: on its way."""
    held: list[tuple[str, bytes]] = field(default_factory=list)
    task: "asyncio.Task[None] | None" = None

    @property
    def runs(self) -> bool:
        return self.subscription is not None


class UserData:
    """The events of the account whose key *api* has, from ``start`` to ``stop``."""

    def __init__(
        self, api: WsApi, clock: Clock, sink: Sink, *, random: Random | None = None
    ) -> None:
        self._api = api
        self._clock = clock
        self._sink = sink
        self._random = random or Random()
        self._taps: dict[int, _Tap] = {}
        self._current: _Tap | None = None
        """The one whose events count."""
        self._stop: Callable[[], None] | None = None
        self._ending: set[asyncio.Task[None]] = set()
        self.terminations = 0
        """Times that the venue ended a subscription."""

    @property
    def runs(self) -> bool:
        """Whether events come now."""
        return self._current is not None and self._current.runs

    def start(self) -> None:
        """Begin; idempotent. ``Sink.subscribed`` tells when it has."""
        if self._stop is None:
            self._stop = self._api.listen(self)
            conn = self._api.driver.core.conn
            if conn is not None and conn not in self._taps:
                self.opened(conn)

    async def stop(self) -> None:
        """End; idempotent. The connection may go on for others."""
        stop, self._stop = self._stop, None
        taps, self._taps, self._current = list(self._taps.values()), {}, None
        tasks = [tap.task for tap in taps if tap.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if stop is not None:
            stop()
        for tap in taps:
            if tap.runs and not self._api.driver.is_closed:
                self._later(self._unsubscribe(tap.conn))

    async def close(self) -> None:
        """:meth:`stop`, and nothing is left under way."""
        await self.stop()
        await asyncio.gather(*self._ending, return_exceptions=True)

    def renew(self, why: str) -> None:
        """Subscribe anew: what comes now does not seem to be all."""
        tap = self._current
        if tap is not None and tap.runs:
            self._sink.interrupted(why)
            self._begin(tap)

    # -- what connections do

    def opened(self, conn: int) -> None:
        tap = self._taps[conn] = _Tap(conn)
        self._current = self._current or tap
        self._begin(tap)

    def ended(self, conn: int, why: str) -> None:
        tap = self._taps.pop(conn, None)
        if tap is None:
            return
        if tap.task is not None:
            tap.task.cancel()
        if tap is not self._current:
            return
        self._current = None
        heir = next(iter(self._taps.values()), None)
        if heir is not None and heir.runs and not why:
            self._promote(heir)
            self._sink.moved()
            return
        if tap.runs:
            self._sink.interrupted(f"connection lost: {why or 'it was replaced too soon'}")
        if (
            heir is not None
        ):  # it has what came since it subscribed; what the older one kept to itself is not known
            self._promote(heir)
            if heir.runs:
                self._sink.subscribed()

    def told(self, conn: int, event: Told) -> None:
        tap = self._taps.get(conn)
        if tap is None:
            return
        if event.kind == ENDED:
            if tap.runs and event.subscription in {None, tap.subscription}:
                self._terminated(tap)
        elif tap is self._current:
            self._sink.events([(event.kind, event.event)])
        else:
            tap.held.append((event.kind, event.event))

    # -- subscribing

    def _begin(self, tap: _Tap) -> None:
        tap.subscription = None
        tap.task = asyncio.get_running_loop().create_task(self._subscribe(tap))
        tap.task.add_done_callback(_report)

    def _terminated(self, tap: _Tap) -> None:
        self.terminations += 1
        tap.held.clear()  # the older connection has them too
        if tap is self._current:
            self._sink.interrupted("the venue ended the subscription")
        self._begin(tap)

    async def _subscribe(self, tap: _Tap) -> None:
        """Until it is acknowledged, or the connection ends."""
        failures = 0
        while self._taps.get(tap.conn) is tap:
            try:
                answer = await self._api.call(
                    SUBSCRIBE, signed=True, weight=SUBSCRIBING_WEIGHT, conn=tap.conn
                )
                tap.subscription = _id_in(answer)
            except BinanceMcpError as error:
                await self._recover(tap, error, failures)
                failures += 1
            else:
                self._acknowledged(tap)
                return

    def _acknowledged(self, tap: _Tap) -> None:
        if tap is self._current:
            self._sink.subscribed()
        else:  # both are subscribed: the older one goes after a moment, in which its last events come
            self._api.driver.settled(tap.conn)

    def _promote(self, tap: _Tap) -> None:
        self._current = tap
        held, tap.held = tap.held, []
        if held:
            self._sink.events(held)

    async def _recover(self, tap: _Tap, error: BinanceMcpError, failures: int) -> None:
        """Whatever has to be before the next try."""
        if isinstance(error, VenueError) and error.code == ALREADY:
            await self._unsubscribe(tap.conn)
            return
        pause = self._random.uniform(0, min(LONGEST_BACKOFF, FIRST_BACKOFF * 2**failures))
        if isinstance(error, RejectedError):
            pause = REFUSED_FOR
            if tap is self._current:
                self._sink.refused(error)
        if isinstance(error, TransportError) and not self._api.driver.core.is_open(tap.conn):
            pause = LONGEST_BACKOFF  # its end is on its way here, and ends this too
        await self._clock.sleep(max(pause, error.retry_after or 0.0))

    async def _unsubscribe(self, conn: int) -> None:
        """Of everything on *conn*, which is this account alone."""
        try:
            await self._api.call(UNSUBSCRIBE, signed=False, weight=SUBSCRIBING_WEIGHT, conn=conn)
        except BinanceMcpError as error:
            log.info("user data were not unsubscribed: %s", error.message)

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)


class _Subscribed(msgspec.Struct):
    id: int = msgspec.field(name="subscriptionId")


def _id_in(answer: bytes) -> int:
    try:
        return msgspec.json.decode(answer, type=_Subscribed).id
    except msgspec.DecodeError:
        raise TransportError("The venue's answer to a subscription cannot be read.") from None


def _report(task: "asyncio.Task[None]") -> None:
    """A defect of ours must not stay silent."""
    if not task.cancelled() and (defect := task.exception()) is not None:
        log.error("user data are not subscribed any more", exc_info=defect)
