"""The stream server: connections in, events out, on a port of its own.

One task publishes (the market's driver): after at most :data:`MOST_AT_ONCE` frames others have their turn. What a
client was told until then leaves with one call of the system: such a call costs more than all else about a frame. When
a client does not keep up, a source that can wait does; a live one goes on, and the client is cut off when too much
waits for it.
"""

import asyncio
import socket
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import picows
from picows import WSUpgradeRequest, WSUpgradeResponse, WSUpgradeResponseWithListener

from binance_mcp_server.exchange.clock import Clock
from binance_mcp_server.exchange.engine.rules import Product
from binance_mcp_server.exchange.faults.kinds import Day, Fault, Refuse, StreamsDown
from binance_mcp_server.exchange.faults.switch import Faults
from binance_mcp_server.exchange.http.guard import host_name, is_loopback_host
from binance_mcp_server.exchange.sources.base import Frame
from binance_mcp_server.exchange.ws.board import Board, Markets
from binance_mcp_server.exchange.ws.connection import MOST_MESSAGE_BYTES, Connection
from binance_mcp_server.exchange.ws.paths import HOSTS, Opening, PathError, read_target
from binance_mcp_server.exchange.ws.rules import (
    DIAL_WINDOW_SECONDS,
    DIALS,
    FUTURES,
    StreamRules,
    Window,
)

MOST_AT_ONCE = 64
"""Frames between two turns of others."""
MOST_WAITING = 8 * 1024 * 1024
"""Bytes that may wait for a client of a live source."""
TICK_SECONDS = 1.0
"""Rules that are changed hold from the next tick on."""
RULES = ("rate", "streams", "pong", "dials")


@dataclass(slots=True)
class Counters:
    """What happened since the start."""

    dials: int = 0
    messages_in: int = 0
    frames_out: int = 0
    pings: int = 0
    pongs: int = 0
    """Those that answered a ping."""
    cut_off: int = 0
    """Clients that were too slow for a live source."""
    broken_rules: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(RULES, 0)))


class Streams:
    """All connections. *patient*: the source waits for slow clients. *first* is called at the first subscription to
    a stream that exists."""

    def __init__(
        self,
        markets: Markets,
        clock: Clock,
        *,
        patient: bool = False,
        first: Callable[[], None] | None = None,
        faults: Faults | None = None,
    ) -> None:
        self.clock = clock
        self.faults = faults or Faults()
        self.board = Board(markets)
        self.counters = Counters()
        self.rules: dict[Product, StreamRules] = {
            "spot": StreamRules(),
            "usdm": FUTURES,
            "coinm": FUTURES,
        }
        """In force; may be changed at any time."""
        self.dials = DIALS
        self.connections: set[Connection] = set()
        self._markets = markets
        self._patient = patient
        self._first = first
        self._dialled = Window(DIAL_WINDOW_SECONDS)
        self._sent = 0  # frames of this turn
        self._holding: list[Connection] = []  # those that have some
        self._full: set[Connection] = set()
        self._room = asyncio.Event()
        self._room.set()
        self._server: asyncio.Server | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._later: set[asyncio.Task[None]] = set()

    async def start(self, sock: socket.socket) -> None:
        """Listen on *sock*, which is bound to loopback."""
        self._server = await picows.ws_create_server(
            self._admit,
            sock=sock,
            enable_auto_pong=False,  # they are counted
            max_frame_size=MOST_MESSAGE_BYTES,
            logger_name="exchange",
        )
        self._keeper = asyncio.create_task(self._keep(), name="exchange streams")

    async def close(self) -> None:
        """Cut all connections and stop listening; may be called twice."""
        tasks = [*self._later, *([self._keeper] if self._keeper else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._keeper = None
        if self._server is not None:
            self._server.close()
            gone = [it.transport.wait_disconnected() for it in self.connections if it.transport]
            for connection in tuple(self.connections):
                connection.abort()
            await asyncio.gather(*gone)
            self._server = None

    async def publish(self, batch: Sequence[Frame], *, ended: bool = False) -> None:
        """Tell what there is after the market has taken in *batch*; returns when there is room for more.

        *ended*: nothing will come after it.
        """
        sent = self._sent
        for telling in self.board.tellings(batch, ended=ended):
            for member in telling.members:
                member.send(telling.stream, telling.payload)
                sent += 1
                if sent == MOST_AT_ONCE:
                    sent = 0
                    await self._give_way()
        self._sent = sent  # small batches may come without a pause
        self._flush()
        if self._full:
            await self._give_way()
        if ended:
            for connection in self.connections:
                connection.mishaps.let_go()

    def arm(self) -> None:
        """Faults have changed: those that do not wait for anything strike now."""
        schedule = self.faults.schedule
        for connection in self.connections:
            connection.mishaps.arm(schedule)
        for armed, fault in schedule.of(Fault):
            for connection in sorted(self.connections, key=lambda it: it.number):
                if not armed.is_spent and connection.strike_now(fault):
                    armed.struck += 1

    def rules_of(self, product: Product) -> StreamRules:
        """In force now: an armed fault may shorten the day."""
        rules = self.rules[product]
        day = self.faults.schedule.peek(Day, product) if self.faults.schedule else None
        if day is None:
            return rules
        return replace(rules, day_seconds=day.seconds, notice_seconds=day.notice_seconds)

    def state(self) -> dict[str, object]:
        """For ``GET /__sim/state``."""
        counters = self.counters
        return {
            "connections": len(self.connections),
            "subscriptions": sum(len(it.session.names) for it in self.connections),
            "dials": counters.dials,
            "messages_in": counters.messages_in,
            "frames_out": counters.frames_out,
            "pings": counters.pings,
            "pongs": counters.pongs,
            "cut_off": counters.cut_off,
            "broken_rules": dict(counters.broken_rules),
        }

    # --- what connections tell

    def opened(self, connection: Connection) -> None:
        self.connections.add(connection)

    def gone(self, connection: Connection) -> None:
        self.connections.discard(connection)
        self.has_room(connection)

    def holds(self, connection: Connection) -> None:
        """It has something to send at the end of this turn."""
        if not self._holding:
            asyncio.get_running_loop().call_soon(self._flush)
        self._holding.append(connection)

    def full(self, connection: Connection) -> None:
        self._full.add(connection)
        self._room.clear()

    def has_room(self, connection: Connection) -> None:
        self._full.discard(connection)
        if not self._full:
            self._room.set()

    def subscribed(self) -> None:
        first, self._first = self._first, None
        if first is not None:
            first()

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        """Do something after *seconds*, unless everything ends before."""

        async def wait() -> None:
            await self.clock.sleep(seconds)
            act()

        task = asyncio.create_task(wait(), name="exchange streams, later")
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    def now_ms(self, product: Product) -> int:
        """The venue's time."""
        market = self._markets.get(product) or next(iter(self._markets.values()))
        return market.now_ms()

    # --- inside

    def _flush(self) -> None:
        holding, self._holding = self._holding, []
        for connection in holding:
            connection.flush()

    async def _give_way(self) -> None:
        self._flush()
        await asyncio.sleep(0)
        if self._patient:
            await self._room.wait()
            return
        for connection in tuple(self._full):
            if connection.waiting() > MOST_WAITING + connection.mishaps.swollen:
                self.counters.cut_off += 1
                connection.abort()

    async def _keep(self) -> None:
        while True:
            now = self.clock.monotonic()
            for connection in tuple(self.connections):
                connection.keep(now)
            nexts = [connection.next_at() - now for connection in self.connections]
            await self.clock.sleep(max(0.001, min([TICK_SECONDS, *nexts])))

    def _admit(self, request: WSUpgradeRequest) -> Connection | WSUpgradeResponseWithListener:
        """Who may come in, and to what."""
        host = request.headers.get("Host", "").encode()
        if not is_loopback_host(host) and host_name(host) not in HOSTS:
            return _refusal(403, "this exchange answers to loopback names only")
        try:
            opening = read_target(request.path, host_name(host) or "")
        except PathError as error:
            return _refusal(error.status, str(error))
        return self._dial(request, opening)

    def _dial(
        self, request: WSUpgradeRequest, opening: Opening
    ) -> Connection | WSUpgradeResponseWithListener:
        self.counters.dials += 1
        refusal = self._refuse(opening.product)
        if refusal is not None:
            return refusal
        now = self.clock.monotonic()
        if not self._dialled.add(now, self.dials):
            self.counters.broken_rules["dials"] += 1
            wait = str(int(self._dialled.wait(now)) + 1)
            return _refusal(429, "too many connections", {"Retry-After": wait})
        tokens = request.headers.get("Connection", "").lower().split(",")
        if "upgrade" in (token.strip() for token in tokens):  # browsers say keep-alive as well
            request.headers["Connection"] = "Upgrade"
        return Connection(self, opening)

    def _refuse(self, product: Product) -> WSUpgradeResponseWithListener | None:
        """What an armed fault answers to a dial."""
        schedule = self.faults.schedule
        down = schedule.take(StreamsDown, product)
        if down is not None:
            return _refusal(down.status, "streams are down")
        fault = schedule.take(Refuse, product)
        if fault is None:
            return None
        wait = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
        return _refusal(fault.status, "refused", wait)


def _refusal(
    status: int, reason: str, headers: dict[str, str] | None = None
) -> WSUpgradeResponseWithListener:
    response = WSUpgradeResponse.create_error_response(status, reason.encode(), headers)
    return WSUpgradeResponseWithListener(response, None)
