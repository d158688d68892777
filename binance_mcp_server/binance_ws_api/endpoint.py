"""One address of streams: the protocol core decides, this carries it out on sockets and on the clock."""

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from random import Random

from binance_mcp_server.binance_ws_api import facts, signals
from binance_mcp_server.binance_ws_api.dispatch import Dispatcher, usual_form
from binance_mcp_server.binance_ws_api.handlers import Connect, Handlers, Socket
from binance_mcp_server.binance_ws_api.handshake import failure_of
from binance_mcp_server.binance_ws_api.headers import NAME_AT
from binance_mcp_server.binance_ws_api.pacing import Dials
from binance_mcp_server.binance_ws_api.protocol import StreamProtocol
from binance_mcp_server.binance_ws_api.rules import Rules
from binance_mcp_server.binance_ws_api.stream import Stream
from binance_mcp_server.clock import Clock, set_within
from binance_mcp_server.errors import BinanceMcpError

log = logging.getLogger(__name__)

GOING_AWAY = 1001
"""RFC 6455 section 7.4.1."""
_DATA = b'{"stream":"'
_NEWS = b'{"stream":"!serverShutdown"'


class Endpoint:
    """All streams of one market and route."""

    def __init__(
        self,
        url: str,
        rules: Rules,
        clock: Clock,
        connect: Connect,
        tell: Callable[["Endpoint", signals.Event], None],
        *,
        random: Random,
        dials: Dials,
    ) -> None:
        self.url = url
        self.streams = Dispatcher()
        self._rules = rules
        self._random = random
        self._dials = dials
        self.core = StreamProtocol(rules, random, clock.monotonic(), dials=dials)
        self.refusal: BinanceMcpError | None = None
        """Why the venue lets nobody in, if it does."""
        self._clock = clock
        self._connect = connect
        self._tell = tell
        self._sockets: dict[int, Socket] = {}
        self._dialling: dict[int, asyncio.Task[None]] = {}
        self._is_closed = False
        self._changed = asyncio.Event()
        self._timer: asyncio.Task[None] | None = None

    def __repr__(self) -> str:
        return f"<{self.url} {self.core.state()}>"

    def state(self) -> facts.State:
        return self.core.state()

    @property
    def barred_by(self) -> BinanceMcpError | None:
        """Why asking for one more stream would be refused again, where it would be."""
        return self.refusal if self.refusal is not None and self.state().exhausted else None

    def add(self, stream: Stream) -> None:
        """Keep *stream* subscribed. Until that is acknowledged, frames of an earlier subscription, which is ending, are
        none of its own: between those and what follows something may be missing."""
        self.streams.add(stream, muted=self.core.knows(stream.name))
        self.core.want([stream.name], self._clock.monotonic())
        self._pump()

    def remove(self, stream: Stream) -> None:
        """Keep *stream* subscribed no longer."""
        self.core.unwant([stream.name], self._clock.monotonic())
        self.streams.remove(stream.name)
        self._pump()

    def move(self, url: str) -> None:
        """Ask for the same streams at another address."""
        now = self._clock.monotonic()
        self._let_go()
        self.url = url
        self.core = StreamProtocol(self._rules, self._random, now, dials=self._dials)
        self.core.want([stream.name for stream in self.streams], now)
        self._pump()

    def suspect(self) -> None:
        """Something is silent that should not be: ask every connection for a sign of life."""
        now = self._clock.monotonic()
        for conn in tuple(self._sockets):
            self.core.suspect(conn, now)
        self._pump()

    async def close(self) -> None:
        """End everything. Idempotent."""
        self._is_closed = True
        tasks = [*self._dialling.values(), *([self._timer] if self._timer else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._timer = None
        self._let_go()

    def _let_go(self) -> None:
        """Of all sockets, and of those that are being opened. What they still tell is not heard."""
        dialling, self._dialling = self._dialling, {}
        for task in dialling.values():
            task.cancel()
        sockets, self._sockets = self._sockets, {}
        for socket in sockets.values():
            socket.abort(GOING_AWAY, "not needed any longer")

    def _pump(self) -> None:
        """Carry out what the core wants, and come back when it says."""
        if self._is_closed:
            return
        self._carry_out()
        self._changed.set()
        if self._timer is None or self._timer.done():
            self._timer = asyncio.get_running_loop().create_task(self._run())

    def _carry_out(self) -> None:
        core = self.core
        for action in core.actions():
            self._do(action)
        for event in core.events():
            self._tell(self, event)

    async def _run(self) -> None:
        while True:
            self._changed.clear()
            wakeup = self.core.next_wakeup()
            if wakeup is None:
                await self._changed.wait()
                continue
            left = wakeup - self._clock.monotonic()
            if left > 0 and await set_within(self._changed, left, self._clock):
                continue
            self.core.tick(self._clock.monotonic())
            self._carry_out()
            await asyncio.sleep(0)

    def _do(self, action: signals.Action) -> None:
        if isinstance(action, signals.Dial):
            task = asyncio.get_running_loop().create_task(self._dial(action.conn))
            self._dialling[action.conn] = task
            return
        if isinstance(action, signals.Close):
            self._give_up(action)
            return
        socket = self._sockets.get(action.conn)
        if socket is None:
            return
        match action:
            case signals.Send(payload=payload):
                socket.send(payload)
            case signals.Ping(payload=payload):
                socket.ping(payload)
            case signals.Pong(payload=payload):
                socket.pong(payload)
            case signals.Retire():
                socket.retire()

    def _give_up(self, close: signals.Close) -> None:
        task = self._dialling.pop(close.conn, None)
        if task is not None:
            task.cancel()
        socket = self._sockets.pop(close.conn, None)
        if socket is not None:
            socket.abort(close.code, close.why)

    async def _dial(self, conn: int) -> None:
        core = self.core
        handlers = Handlers(
            partial(self._opened, core, conn),
            partial(self._frames, core, conn),
            partial(self._pinged, core, conn),
            partial(self._ponged, core, conn),
            partial(self._closed, core, conn),
        )
        try:
            await self._connect(self.url, handlers)
        except BinanceMcpError as error:
            failure = failure_of(error)
            if failure.final:
                self.refusal = error
            core.failed(conn, failure, self._clock.monotonic())
        finally:
            self._dialling.pop(conn, None)
        self._pump()

    def _opened(self, core: StreamProtocol, conn: int, socket: Socket) -> None:
        if core is not self.core or self._is_closed:
            socket.abort(GOING_AWAY, "not needed any longer")
            return
        self.refusal = None
        self._sockets[conn] = socket
        core.connected(conn, self._clock.monotonic())
        self._pump()

    # What a socket tells of a core that was given up, since the address was, is not heard.

    def _frames(self, core: StreamProtocol, conn: int, frames: list[bytes]) -> None:
        if core is not self.core or self._is_closed:
            return
        now = self._clock.monotonic()
        others = self.streams.deliver(frames, now)
        core.heard(conn, now)
        if conn in core.awaited:
            for name in {frame[NAME_AT : frame.find(b'"', NAME_AT)] for frame in frames}:
                core.delivered(conn, name.decode(errors="replace"), now)
            self._pump()
        if others:
            self._others(conn, others, now)

    def _others(self, conn: int, frames: list[bytes], now: float) -> None:
        for frame in frames:
            data = frame if frame.startswith(_DATA) else usual_form(frame)
            if data is None or data.startswith(_NEWS):
                self.core.received(conn, frame, now)
            elif data is frame or self.streams.deliver([data], now):
                self.streams.strangers += 1  # of a stream that was just given up
        self._pump()

    def _pinged(self, core: StreamProtocol, conn: int, payload: bytes) -> None:
        core.pinged(conn, self._clock.monotonic(), payload)
        self._pump()

    def _ponged(self, core: StreamProtocol, conn: int, _payload: bytes) -> None:
        core.pong(conn, self._clock.monotonic())
        self._pump()
        if core is self.core:
            self._tell_alive()

    def _tell_alive(self) -> None:
        """A connection that answers is alive: what is silent on it has nothing to say."""
        now = self._clock.monotonic()
        for stream in self.streams:
            if stream.state == "stale":
                stream.state = "live"
                stream.heard_at = now

    def _closed(self, core: StreamProtocol, conn: int, why: str) -> None:
        if core is not self.core:
            return
        if self._sockets.pop(conn, None) is not None:
            core.closed(conn, why, self._clock.monotonic())
            self._pump()
