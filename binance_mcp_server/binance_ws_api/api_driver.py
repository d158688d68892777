"""Connections to the WebSocket API: the core decides, this carries it out on sockets and on the clock."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from random import Random
from typing import Final, Protocol

from binance_mcp_server.binance_ws_api import api_line, signals
from binance_mcp_server.binance_ws_api.api_core import GOING_AWAY, ApiCore
from binance_mcp_server.binance_ws_api.api_messages import Answer, Told
from binance_mcp_server.binance_ws_api.handlers import Connect, Handlers, Socket
from binance_mcp_server.binance_ws_api.handshake import failure_of, host_of
from binance_mcp_server.binance_ws_api.rules import Rules
from binance_mcp_server.clock import Clock, set_within
from binance_mcp_server.errors import (
    BinanceMcpError,
    LimitError,
    TransportError,
    UnavailableError,
)

log = logging.getLogger(__name__)

API_RULES: Final = Rules(first_backoff=0.25, longest_backoff=15.0)
"""As of streams where the venue says the same of both: 300 attempts in five minutes, a life of 24 hours."""


class NoAnswerError(Exception):
    """A request was sent, and no answer will come."""


class Listener(Protocol):
    """Who hears what comes without being asked for. Called at once; must neither wait nor raise."""

    def opened(self, conn: int) -> None: ...
    def ended(self, conn: int, why: str) -> None:
        """*why* is empty where it was our wish."""
        ...

    def told(self, conn: int, event: Told) -> None: ...


class ApiDriver:
    """Connections to one address. *admit* is awaited before each attempt: connecting has a weight of its own."""

    def __init__(
        self,
        url: str,
        clock: Clock,
        connect: Connect,
        admit: Callable[[], Awaitable[None]],
        *,
        random: Random,
        rules: Rules = API_RULES,
    ) -> None:
        self.url = url
        self.core = ApiCore(rules, random, clock.monotonic())
        self.listeners: list[Listener] = []
        self.is_closed = False
        self._clock = clock
        self._connect = connect
        self._admit = admit
        self._sockets: dict[int, Socket] = {}
        self._dialling: dict[int, asyncio.Task[None]] = {}
        self._asked: dict[int, asyncio.Future[Answer]] = {}
        self._waiting: set[asyncio.Event] = set()
        self._refusal: BinanceMcpError | None = None
        """Why the last attempt to connect failed."""
        self._changed = asyncio.Event()
        self._timer: asyncio.Task[None] | None = None

    def hold(self) -> None:
        """Keep a connection from now on, whether anything is asked or not."""
        self.core.hold(self._clock.monotonic())
        self._pump()

    def release(self) -> None:
        self.core.release(self._clock.monotonic())
        self._pump()

    def settled(self, conn: int) -> None:
        """Nobody listens any longer on the connection that *conn* replaces."""
        self.core.settled(conn, self._clock.monotonic())
        self._pump()

    def suspect(self, conn: int) -> None:
        """*conn* may be dead: see whether it answers."""
        self.core.suspect(conn, self._clock.monotonic())
        self._pump()

    async def line(self, seconds: float) -> int:
        """The connection to ask on, opened where there is none. Raises why there is none after *seconds*; nothing was
        sent then."""
        found = self.core.conn
        if found is not None and not self.is_closed:
            return found
        deadline = self._clock.monotonic() + seconds
        self._refusal = None
        woken = asyncio.Event()
        self._waiting.add(woken)
        self.core.wait(self._clock.monotonic())
        self._pump()
        try:
            while (found := self.core.conn) is None:
                left = deadline - self._clock.monotonic()
                if self.is_closed or left <= 0 or _is_final(self._refusal):
                    raise self._no_line()
                await set_within(woken, left, self._clock)
                woken.clear()
            return found
        finally:
            self._waiting.discard(woken)
            self.core.waited(self._clock.monotonic())
            self._pump()

    def _no_line(self) -> BinanceMcpError:
        """Why there is no connection, as an error of a request that was not sent."""
        refusal = self._refusal
        if self.is_closed:
            error = TransportError("The server is closing.")
            error.retryable = False
        elif refusal is None or isinstance(refusal, TransportError | UnavailableError):
            why = refusal.message if refusal else f"No connection to {host_of(self.url)} in time."
            error = TransportError(why, advice="Try again.")
        else:
            return refusal
        error.sent = False
        return error

    async def ask(self, conn: int, encode: Callable[[int], bytes], patience: float) -> Answer:
        """The venue's answer on *conn*, within *patience* seconds.

        Raises ``TransportError`` where nothing was sent, and :class:`NoAnswerError` where no answer comes.
        """
        number = self.core.ask(conn, encode, patience, self._clock.monotonic())
        if number is None or self.is_closed:
            error = TransportError("The connection ended before the request was sent.")
            error.sent = False
            raise error
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._asked[number] = answer
        self._pump()
        try:
            return await answer
        finally:
            self._asked.pop(number, None)

    async def close(self) -> None:
        """End everything. Idempotent."""
        self.is_closed = True
        tasks = [*self._dialling.values(), *([self._timer] if self._timer else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._timer = None
        for socket in tuple(self._sockets.values()):
            socket.abort(GOING_AWAY, "not needed any longer")
        self._sockets.clear()
        for answer in tuple(self._asked.values()):
            if not answer.done():
                answer.set_exception(NoAnswerError("this server is closing"))
        self._wake()

    # -- carrying out

    def _pump(self) -> None:
        if self.is_closed:
            return
        self._carry_out()
        self._changed.set()
        if self._timer is None or self._timer.done():
            self._timer = asyncio.get_running_loop().create_task(self._run())

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

    def _carry_out(self) -> None:
        for action in self.core.actions():
            self._do(action)
        for event in self.core.events():
            self._tell(event)

    def _do(self, action: signals.Action) -> None:
        if isinstance(action, signals.Dial):
            task = asyncio.get_running_loop().create_task(self._dial(action.conn))
            self._dialling[action.conn] = task
            return
        if isinstance(action, signals.Close):
            task_or_none = self._dialling.pop(action.conn, None)
            if task_or_none is not None:
                task_or_none.cancel()
            if (closing := self._sockets.pop(action.conn, None)) is not None:
                closing.abort(action.code, action.why)
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
            case signals.Retire(conn=conn):
                del self._sockets[conn]
                socket.retire()

    def _tell(self, event: api_line.Event) -> None:
        match event:
            case api_line.Answered(number=number, answer=answer):
                asked = self._asked.get(number)
                if asked is not None and not asked.done():
                    asked.set_result(answer)
            case api_line.Unanswered(number=number, why=why):
                asked = self._asked.get(number)
                if asked is not None and not asked.done():
                    asked.set_exception(NoAnswerError(why))
            case api_line.Opened(conn=conn):
                self._wake()
                for listener in tuple(self.listeners):
                    listener.opened(conn)
            case api_line.Ended(conn=conn, why=why):
                for listener in tuple(self.listeners):
                    listener.ended(conn, why)
            case api_line.Heard(conn=conn, told=told):
                for listener in tuple(self.listeners):
                    listener.told(conn, told)
            case api_line.Undialled():
                self._wake()

    def _wake(self) -> None:
        for woken in self._waiting:
            woken.set()

    # -- sockets

    async def _dial(self, conn: int) -> None:
        handlers = Handlers(
            partial(self._opened, conn),
            partial(self._frames, conn),
            partial(self._pinged, conn),
            partial(self._ponged, conn),
            partial(self._closed, conn),
        )
        try:
            await self._admit()
            await self._connect(self.url, handlers)
        except BinanceMcpError as error:
            self._refusal = error
            self.core.failed(conn, failure_of(error), self._clock.monotonic())
        finally:
            self._dialling.pop(conn, None)
        self._pump()

    def _opened(self, conn: int, socket: Socket) -> None:
        if self.is_closed:
            socket.abort(GOING_AWAY, "not needed any longer")
            return
        self._sockets[conn] = socket
        self.core.connected(conn, self._clock.monotonic())
        self._pump()

    def _frames(self, conn: int, frames: list[bytes]) -> None:
        self.core.received(conn, frames, self._clock.monotonic())
        self._pump()

    def _pinged(self, conn: int, payload: bytes) -> None:
        self.core.pinged(conn, payload, self._clock.monotonic())
        self._pump()

    def _ponged(self, conn: int, _payload: bytes) -> None:
        self.core.ponged(conn, self._clock.monotonic())
        self._pump()

    def _closed(self, conn: int, why: str) -> None:
        if self._sockets.pop(conn, None) is not None:
            self.core.closed(conn, why, self._clock.monotonic())
            self._pump()


def _is_final(refusal: BinanceMcpError | None) -> bool:
    """Whether trying again within the time that somebody waits would be wrong."""
    if refusal is None:
        return False
    return isinstance(refusal, LimitError) or failure_of(refusal).final or not refusal.retryable
