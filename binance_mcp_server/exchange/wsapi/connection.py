"""One client's connection: handshake, frames, pings, and when it ends.

uvicorn hands an upgraded connection to this protocol (``ws=`` of its configuration) instead of to one of its own: ASGI
has no word for pings, for what waits to be sent, or for a reset.
"""

import asyncio
import contextlib
import logging
import socket
import struct
from collections import deque
from typing import TYPE_CHECKING, cast

import msgspec
from websockets.exceptions import InvalidState
from websockets.frames import Frame, Opcode
from websockets.http11 import Request as Handshake
from websockets.server import ServerProtocol

from binance_mcp_server.exchange.wire.errors import VenueError
from binance_mcp_server.exchange.ws.rules import Life, Step
from binance_mcp_server.exchange.wsapi import replies
from binance_mcp_server.exchange.wsapi.delays import Delay
from binance_mcp_server.exchange.wsapi.feed import Fate, Feed, Told
from binance_mcp_server.exchange.wsapi.openings import PATH, Opening, read_query
from binance_mcp_server.exchange.wsapi.session import Session

if TYPE_CHECKING:
    from binance_mcp_server.exchange.wsapi.api import WsApi

CLOSING_SECONDS = 5.0
"""How long a client may take to answer a close frame."""
LOW_WATER, HIGH_WATER = 64 * 1024, 256 * 1024
"""Bytes that wait to be sent: above the high one nothing is read, and no request answered, until it is below the low
one."""
MOST_WAITING = 8 * 1024 * 1024
"""Bytes of events that may wait for a client before it is cut off."""
MOST_MESSAGE_BYTES = 256 * 1024
MOST_REQUESTS = 1_000
"""That may wait for their turn: then nothing is read until half of them are answered."""
POLICY_VIOLATION, GOING_AWAY = 1008, 1001
SWITCHING = 101
_RST = struct.pack("ii", 1, 0)  # SO_LINGER on, 0 s: closing resets
_CLOSES = {
    Step.OLD: (GOING_AWAY, ""),
    Step.NO_PONG: (POLICY_VIOLATION, "Pong timeout"),
}


class Connection(asyncio.Protocol):
    """Answers requests one after another; events come between the replies."""

    def __init__(self, api: "WsApi", siblings: "set[asyncio.Protocol]") -> None:
        """*siblings*: what the server waits for when it stops."""
        self.ip = ""
        self.session: Session | None = None
        self.feed: Feed | None = None
        self.closed_at: float | None = None
        """When we began to close it, monotonic seconds: nothing is told any more."""
        self._api = api
        self._siblings = siblings
        self._transport: asyncio.Transport | None = None
        self._ws = ServerProtocol(
            max_size=MOST_MESSAGE_BYTES, logger=logging.getLogger("exchange.wsapi")
        )
        self._life = Life(api.clock.monotonic())
        self._parts: list[bytes] = []
        self._is_text = False
        self._waiting: deque[bytes] = deque()
        self._asked = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._is_paused = False
        self._in = Delay(api.clock, api.one_way_seconds, self._arrived)
        self._out = Delay(api.clock, api.one_way_seconds, self._put)
        self._worker: asyncio.Task[None] | None = None

    # --- what asyncio and uvicorn call

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(HIGH_WATER, LOW_WATER)
        self.ip = self._transport.get_extra_info("peername")[0]
        self._siblings.add(self)

    def data_received(self, data: bytes) -> None:
        self._ws.receive_data(data)
        for event in self._ws.events_received():
            if isinstance(event, Handshake):
                self._open(event)
            elif isinstance(event, Frame):
                self._take(event)
        self._flush()

    def eof_received(self) -> bool:
        self._ws.receive_eof()
        self._flush()
        return False

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's own
        self._siblings.discard(self)
        self.closed_at = self.closed_at or self._api.clock.monotonic()
        if self._worker is not None:
            self._worker.cancel()
        self._in.close()
        self._out.close()
        self._api.gone(self)

    def pause_writing(self) -> None:
        self._room.clear()
        if self._transport is not None:  # a ping is answered at once, also of who reads nothing
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        self._room.set()
        self._read_on()

    def _read_on(self) -> None:
        """Read again, if nothing stands against it."""
        if self._transport is not None and self._room.is_set() and not self._is_paused:
            self._transport.resume_reading()

    def shutdown(self) -> None:
        """The server stops."""
        if self.session is None:
            self.abort()
        elif self.closed_at is None:
            self._announce_end()
            self.close(GOING_AWAY, "")
            self._transport_close()

    # --- handshake

    def _open(self, handshake: Handshake) -> None:
        path, _, query = handshake.path.partition("?")
        refusal = self._api.refusal(self._transport, handshake, path)
        opening = Opening()
        try:
            if refusal is None:
                if path.rstrip("/") != PATH:
                    self._reject(404, {"error": f"the WebSocket API is at {PATH}"})
                    return
                opening = read_query(query)
                self._api.admit(self.ip)
        except VenueError as error:
            self._reject(error.status, error.body(), error.retry_after)
            return
        if refusal is not None:
            self._reject(403, {"error": refusal})
            return
        response = self._ws.accept(handshake)
        self._ws.send_response(response)
        if response.status_code == SWITCHING:
            self._begin(opening)

    def _begin(self, opening: Opening) -> None:
        api = self._api
        self.session = Session(opening, api.now_ms())
        self.feed = Feed(self.session, self._send_event, api.next_number)
        self._worker = asyncio.create_task(self._answer(), name="exchange ws api connection")
        api.opened(self)

    def _reject(self, status: int, body: object, retry_after: int | None = None) -> None:
        response = self._ws.reject(status, msgspec.json.encode(body).decode())
        del response.headers["Content-Type"]
        response.headers["Content-Type"] = "application/json;charset=UTF-8"
        if retry_after is not None:
            response.headers["Retry-After"] = str(retry_after)
        self._ws.send_response(response)

    # --- incoming

    def _take(self, frame: Frame) -> None:
        match frame.opcode:
            case Opcode.PONG:
                self._api.counters.pongs += self._life.pong(bytes(frame.data))
            case Opcode.TEXT | Opcode.BINARY | Opcode.CONT:
                if frame.opcode is not Opcode.CONT:
                    self._is_text = frame.opcode is Opcode.TEXT
                    self._parts = []
                if frame.data:  # a message may have any number of empty ones
                    self._parts.append(bytes(frame.data))
                if frame.fin:
                    self._in.put(b"".join(self._parts) if self._is_text else b"")

    def _arrived(self, message: bytes) -> None:
        if self.closed_at is not None or self._transport is None:
            return
        self._waiting.append(message)
        self._asked.set()
        if len(self._waiting) >= MOST_REQUESTS and not self._is_paused:
            self._is_paused = True
            self._transport.pause_reading()

    async def _answer(self) -> None:
        while True:
            await self._asked.wait()
            while self._waiting and self.closed_at is None:
                await self._room.wait()
                await self._api.answer(self, self._waiting.popleft())
                if self._is_paused and len(self._waiting) <= MOST_REQUESTS // 2:
                    self._is_paused = False
                    self._read_on()
                await asyncio.sleep(0)  # nobody's requests may keep the others waiting
            self._asked.clear()

    # --- outgoing

    def send(self, payload: bytes) -> None:
        """A text frame."""
        self._out.put(payload)

    def _send_event(self, payload: bytes) -> None:
        self._api.counters.events += 1
        self.send(payload)

    def tell(self, told: Told) -> None:
        """An event, if somebody here listens to its account."""
        api = self._api
        if self.feed is None or self.closed_at is not None:
            return
        fate = self.feed.tell(told, api.schedule, api.now_ms(), api.clock.monotonic())
        if fate is Fate.CUT:
            self.reset()
        elif self._transport and self._transport.get_write_buffer_size() > MOST_WAITING:
            api.counters.cut_off += 1
            self.close(POLICY_VIOLATION, "Too many events wait to be read")

    def settle(self) -> None:
        """What a request did to subscriptions is told."""
        if self.feed is not None:
            self.feed.settle(self._api.schedule, self._api.now_ms())

    def arm(self) -> None:
        """Other faults are armed."""
        api = self._api
        if self.feed is not None and self.closed_at is None:
            fate = self.feed.arm(api.schedule, api.now_ms(), api.clock.monotonic())
            if fate is Fate.CUT:
                self.reset()

    def _put(self, payload: bytes) -> None:
        if self.closed_at is None:
            self._api.counters.frames_out += 1
            with contextlib.suppress(InvalidState):  # the client has closed it
                self._ws.send_text(payload)
            self._flush()

    def _flush(self) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        for data in self._ws.data_to_send():
            if data:
                self._transport.write(data)
            else:  # both sides have said that it is over
                self._transport.close()

    # --- the end

    def next_at(self) -> float:
        """When :meth:`keep` has to be called again, monotonic seconds."""
        if self.closed_at is not None:
            return self.closed_at + CLOSING_SECONDS
        return self._life.next_at(self._api.rules)

    def keep(self, now: float) -> None:
        """Do what is due: ping, announce the end, end."""
        if self.closed_at is not None:
            if now >= self.closed_at + CLOSING_SECONDS:
                self.abort()
            return
        for step in self._life.steps(now, self._api.rules):
            self._step(step, now)

    def _step(self, step: Step, now: float) -> None:
        match step:
            case Step.PING:
                payload = str(self._api.clock.now_ms()).encode()
                self._api.counters.pings += 1
                self._life.pinged(payload, now)
                self._ws.send_ping(payload)
                self._flush()
            case Step.NOTICE:
                self._announce_end()
            case Step.NO_PONG | Step.OLD:
                self.close(*_CLOSES[step])

    def _announce_end(self) -> None:
        if self.session is not None:
            now = self._api.now_ms() * self.session.opening.scale
            self.send(replies.server_shutdown(now))

    def close(self, code: int, reason: str) -> None:
        """Say that it is over; the client has :data:`CLOSING_SECONDS` to answer."""
        if self.closed_at is None:
            self.closed_at = self._api.clock.monotonic()
            with contextlib.suppress(InvalidState):
                self._ws.send_close(code, reason)
            self._flush()

    def reset(self) -> None:
        """End it without a word."""
        if self._transport is not None:
            sock = self._transport.get_extra_info("socket")
            with contextlib.suppress(OSError):  # it is gone already
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RST)
        self.abort()

    def abort(self) -> None:
        self.closed_at = self.closed_at or self._api.clock.monotonic()
        if self._transport is not None:
            self._transport.abort()

    def _transport_close(self) -> None:
        if self._transport is not None:
            self._transport.close()
