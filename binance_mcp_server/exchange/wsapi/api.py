"""The WebSocket API: all connections, what they ask, and what their accounts are told.

web-socket-api.md, read 2026-11-24. Requests of one connection are answered in the order in which they came.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from websockets.http11 import Request as Handshake

from binance_mcp_server.exchange.accounts.keys import Key
from binance_mcp_server.exchange.clock import Clock
from binance_mcp_server.exchange.engine.events import Event
from binance_mcp_server.exchange.faults.orders import NoAnswerError
from binance_mcp_server.exchange.faults.schedule import Schedule
from binance_mcp_server.exchange.office import Office
from binance_mcp_server.exchange.wire import errors
from binance_mcp_server.exchange.wire.errors import VenueError
from binance_mcp_server.exchange.ws.rules import (
    DIAL_WINDOW_SECONDS,
    DIALS,
    StreamRules,
    Window,
)
from binance_mcp_server.exchange.wsapi import replies
from binance_mcp_server.exchange.wsapi.answering import Answering, Prepared, World
from binance_mcp_server.exchange.wsapi.connection import POLICY_VIOLATION, Connection
from binance_mcp_server.exchange.wsapi.feed import Told
from binance_mcp_server.exchange.wsapi.requests import MalformedError, Request, read_request
from binance_mcp_server.exchange.wsapi.session import RevokedError, Session

if TYPE_CHECKING:
    from uvicorn import Config
    from uvicorn.server import ServerState

    from binance_mcp_server.exchange.http.guard import LoopbackGuard
    from binance_mcp_server.exchange.http.rest import RestApi

log = logging.getLogger(__name__)

CONNECTING_WEIGHT = 2
TICK_SECONDS = 1.0
"""Rules that are changed hold from the next tick on."""
BANNED = 418
DISCONNECTED = "disconnected"
"""The venue's reason when it ends a connection for what it was sent."""


@dataclass(slots=True)
class Counters:
    """What happened since the start."""

    dials: int = 0
    requests: int = 0
    frames_out: int = 0
    events: int = 0
    pings: int = 0
    pongs: int = 0
    """Those that answered a ping."""
    cut_off: int = 0
    """Clients that did not read their events."""
    by_method: Counter[str] = field(default_factory=Counter)
    """Unknown methods together as ``other``."""
    by_status: Counter[int] = field(default_factory=Counter)


class WsApi:
    """*rest* is asked for what both share: the market, limits, faults. ``told`` belongs among the venue's listeners."""

    def __init__(
        self,
        rest: "RestApi",
        office: Office,
        guard: "LoopbackGuard",
        clock: Clock,
        *,
        latency_ms: int = 0,
    ) -> None:
        self.clock = clock
        self.rules = StreamRules()
        """In force; may be changed at any time."""
        self.dials = DIALS
        self.counters = Counters()
        self.connections: set[Connection] = set()
        self.one_way_seconds = latency_ms / 2000
        self._rest = rest
        self._guard = guard
        self._answering = Answering(
            World(rest.market, rest.pool, office, lambda: rest.faults.older("spot"))
        )
        self._dialled = Window(DIAL_WINDOW_SECONDS)
        self._subscribed = 0
        self._keeper: asyncio.Task[None] | None = None
        self._later: set[asyncio.Task[None]] = set()
        office.keys.on_revoked.append(self._revoked)
        rest.faults.listeners.append(self._armed)

    def protocol(
        self,
        config: "Config",  # noqa: ARG002 - uvicorn's own
        server_state: "ServerState",
        app_state: object = None,  # noqa: ARG002
    ) -> Connection:
        """What takes over an upgraded connection: uvicorn's ``ws``."""
        return Connection(self, server_state.connections)  # type: ignore[arg-type]

    def start(self) -> None:
        self._keeper = asyncio.create_task(self._keep(), name="exchange ws api")

    async def close(self) -> None:
        """Cut all connections; may be called twice."""
        tasks = [*self._later, *([self._keeper] if self._keeper else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._keeper = None
        for connection in tuple(self.connections):
            connection.abort()

    def state(self) -> dict[str, object]:
        """For ``GET /__sim/state``."""
        counters = self.counters
        sessions = [it.session for it in self.connections if it.session is not None]
        return {
            "connections": len(self.connections),
            "subscriptions": sum(len(session.subscriptions) for session in sessions),
            "dials": counters.dials,
            "requests": counters.requests,
            "frames_out": counters.frames_out,
            "events": counters.events,
            "pings": counters.pings,
            "pongs": counters.pongs,
            "cut_off": counters.cut_off,
            "by_method": dict(counters.by_method),
            "by_status": {str(status): count for status, count in counters.by_status.items()},
        }

    # --- what the venue tells

    def told(self, event: Event) -> None:
        """Something happened to an account."""
        told = Told(event)
        for connection in tuple(self.connections):
            try:
                connection.tell(told)
            except Exception:  # the engine tells in the middle of a step, which nobody here may end
                log.exception("cannot tell a client of %s: it is cut off", type(event).__name__)
                connection.abort()

    def _revoked(self, key: Key) -> None:
        for connection in tuple(self.connections):
            if connection.session is not None:
                connection.session.revoke(key)
                connection.settle()

    def _armed(self) -> None:
        for connection in tuple(self.connections):
            connection.arm()

    # --- what connections ask

    @property
    def schedule(self) -> Schedule:
        """The faults in force."""
        return self._rest.faults.schedule

    def now_ms(self) -> int:
        """The venue's time."""
        return self._rest.market.now_ms()

    def next_number(self) -> int:
        """Of a new subscription."""
        self._subscribed += 1
        return self._subscribed - 1

    def refusal(
        self, transport: asyncio.Transport | None, handshake: Handshake, path: str
    ) -> str | None:
        """Why the guard does not let it in."""
        peer = transport.get_extra_info("peername") if transport else None
        pairs = handshake.headers.raw_items()
        headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in pairs]
        return self._guard.refusal({"path": path, "headers": headers, "client": peer})

    def admit(self, ip: str) -> None:
        """Count a dial; raises a refusal when it is one too many."""
        self.counters.dials += 1
        now = self.clock.monotonic()
        if not self._dialled.add(now, self.dials):
            raise too_many_dials(self.dials, int(self._dialled.wait(now)) + 1)
        self._rest.pool.charge(ip, CONNECTING_WEIGHT, self.clock.now_ms(), raw=False)

    def opened(self, connection: Connection) -> None:
        self.connections.add(connection)

    def gone(self, connection: Connection) -> None:
        self.connections.discard(connection)

    async def answer(self, connection: Connection, message: bytes) -> None:
        """Reply to one message, and do what it asks for."""
        session = connection.session
        if session is None:
            return
        self.counters.requests += 1
        try:
            request = read_request(message)
        except MalformedError as error:
            self._count("other", error.refusal.status)
            connection.send(replies.refused(None, error.refusal, None))
            connection.close(POLICY_VIOLATION, DISCONNECTED)
            return
        try:
            status, reply = await self._reply(session, connection.ip, request)
        except NoAnswerError as lost:
            self._count(request.method, 0)
            self._after(lost.seconds, connection.reset)
            return
        self._count(request.method, status)
        connection.send(reply)
        connection.settle()
        if status == BANNED:
            connection.close(POLICY_VIOLATION, DISCONNECTED)

    async def _reply(self, session: Session, ip: str, request: Request) -> tuple[int, bytes]:
        """Status and reply, never an exception but :class:`~.faults.orders.NoAnswerError`."""
        shows = session.opening.return_limits
        prepared: Prepared | None = None
        try:
            shows = request.wants_limits(by_default=shows)
            prepared = self._answering.prepare(session, ip, request, self.clock.now_ms())
            if self._rest.failure is not None:
                raise errors.unavailable()
            result = await self._result(prepared)
            limits = self._limits(ip, prepared) if shows else None
            return replies.OK, replies.done(request.id, result, limits)
        except RevokedError:
            return replies.REVOKED_STATUS, replies.revoked()
        except NoAnswerError:
            raise
        except VenueError as error:
            refusal, retry = error, self._retry(session, error)
        except Exception:
            log.exception("cannot answer %s", request.method)
            refusal, retry = errors.unknown(), None
        limits = self._limits(ip, prepared) if shows else None
        return refusal.status, replies.refused(request.id, refusal, limits, retry)

    async def _result(self, prepared: Prepared) -> object:
        if prepared.reads:
            return await self._rest.long_reads.read(self._rest.market, prepared.make)
        return prepared.make()

    def _limits(self, ip: str, prepared: Prepared | None) -> list[replies.Limit]:
        account = prepared.account if prepared else None
        return self._answering.limits(ip, account, self.clock.now_ms())

    def _retry(self, session: Session, error: VenueError) -> tuple[int, int] | None:
        """The venue's time, and when to ask again by it."""
        if error.retry_after is None:
            return None
        now, scale = self.now_ms(), session.opening.scale
        return now * scale, (now + error.retry_after * 1000) * scale

    def _count(self, method: str, status: int) -> None:
        known = self._answering.knows(method)
        self.counters.by_method[method if known else "other"] += 1
        self.counters.by_status[status] += 1

    # --- time

    def _after(self, seconds: float, act: Callable[[], None]) -> None:
        async def wait() -> None:
            await self.clock.sleep(seconds)
            act()

        task = asyncio.create_task(wait(), name="exchange ws api, later")
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    async def _keep(self) -> None:
        while True:
            now = self.clock.monotonic()
            for connection in tuple(self.connections):
                connection.keep(now)
            nexts = [connection.next_at() - now for connection in self.connections]
            await self.clock.sleep(max(0.001, min([TICK_SECONDS, *nexts])))


def too_many_dials(limit: int, retry_after: int) -> VenueError:
    return VenueError(
        -1034,
        f"Too many connection attempts from IP; current limit is {limit} per '5 MINUTE'.",
        status=429,
        retry_after=retry_after,
    )
