"""One client's connection: what comes in, what goes out, and when it ends."""

import socket
import struct
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport

from binance_mcp_server.exchange.faults.kinds import (
    Day,
    Fault,
    OfFrames,
    ServerShutdown,
    StreamsDown,
)
from binance_mcp_server.exchange.ws import payloads
from binance_mcp_server.exchange.ws.control import Session
from binance_mcp_server.exchange.ws.events import Form, Made
from binance_mcp_server.exchange.ws.framing import joined
from binance_mcp_server.exchange.ws.mishaps import Mishaps
from binance_mcp_server.exchange.ws.names import Stream
from binance_mcp_server.exchange.ws.paths import Opening
from binance_mcp_server.exchange.ws.rules import Life, Step, StreamRules, Window

if TYPE_CHECKING:
    from binance_mcp_server.exchange.ws.streams import Streams

CLOSING_SECONDS = 5.0
"""How long a client may take to answer a close frame."""
LOW_WATER, HIGH_WATER = 64 * 1024, 256 * 1024
"""Bytes that wait to be sent: above the high one nothing more should come until it is below the low one."""
MOST_MESSAGE_BYTES = 256 * 1024
"""Of one control message."""
SHUTDOWN = "!serverShutdown"
_TEXT = WSMsgType.TEXT
_RST = struct.pack("ii", 1, 0)  # SO_LINGER on, 0 s: closing resets
_CLOSES = {
    Step.OLD: (WSCloseCode.GOING_AWAY, ""),
    Step.NO_PONG: (WSCloseCode.POLICY_VIOLATION, "Pong timeout"),
}


class Connection(WSListener):
    """A member of the board. Everything that it is told goes through :meth:`send`."""

    def __init__(self, streams: "Streams", opening: Opening) -> None:
        self.opening = opening
        self.session = Session(opening.combined)
        self.transport: WSTransport | None = None
        self.closed_at: float | None = None
        """When we began to close it, monotonic seconds: nothing is told any more."""
        self._streams = streams
        self._life = Life(streams.clock.monotonic())
        self._incoming = Window(1.0)
        self._parts = bytearray()  # of a message in several frames
        self._held: list[bytes] = []  # until the end of this turn
        self._joined: dict[str, Stream] = {}
        self.number = streams.counters.dials
        """Of the dial that opened it."""
        self.mishaps = Mishaps(self, opening.product, self.number)
        self.mishaps.arm(streams.faults.schedule)

    @property
    def rules(self) -> StreamRules:
        return self._streams.rules_of(self.opening.product)

    @property
    def form(self) -> Form:
        return Form(self.session.combined, self.opening.scale)

    def send(self, stream: str | None, payload: bytes) -> None:
        """Send a text frame: an event of *stream*, or (``None``) the reply to a control message. Armed faults strike
        here."""
        if not self.mishaps.armed:
            if self._held:  # so it is open
                self._held.append(payload)
            else:
                self.put(payload)
        elif stream is None:
            self.mishaps.reply(payload)
        else:
            self.mishaps.event(stream, payload)

    # --- the way out

    def put(self, payload: bytes, *, reserved_bit: bool = False) -> None:
        """Send a text frame: all of one turn of the loop leave together, with one call of the system."""
        if self.closed_at is not None or self.transport is None:
            return
        if reserved_bit:
            self.flush()
            self._streams.counters.frames_out += 1
            self.transport.send(_TEXT, payload, True, reserved_bit)
            return
        if not self._held:
            self._streams.holds(self)
        self._held.append(payload)

    def flush(self) -> None:
        """Send what was put."""
        held, transport = self._held, self.transport
        if not held or transport is None:
            return
        self._held = []
        self._streams.counters.frames_out += len(held)
        if len(held) == 1:
            transport.send(_TEXT, held[0])
        elif not (transport.is_close_frame_sent or transport.is_disconnected):
            transport.underlying_transport.write(joined(held))

    def put_later(self, payload: bytes, seconds: float) -> None:
        self._streams.later(seconds, partial(self.put, payload))

    def reset(self) -> None:
        if self.transport is not None:
            self._end()
            sock = self.transport.underlying_transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RST)
            self.transport.disconnect(graceful=False)

    def end_with(self, last: bytes) -> None:
        if self.transport is not None:
            self._end()
            self.transport.underlying_transport.write(last)
            self.transport.disconnect()

    def monotonic(self) -> float:
        return self._streams.clock.monotonic()

    def _end(self) -> None:
        self.flush()
        self.closed_at = self.closed_at or self.monotonic()
        self._leave_all()

    # --- what picows calls

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport
        transport.underlying_transport.set_write_buffer_limits(HIGH_WATER, LOW_WATER)
        self._streams.opened(self)
        self.session.names.update(dict.fromkeys(self.opening.names))
        self._join(self.opening.names, self.form)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        kind = frame.msg_type
        if self.mishaps.is_dark:
            return
        if kind == WSMsgType.CLOSE:
            self.flush()
            if not transport.is_close_frame_sent:
                code = frame.get_close_code()
                transport.send_close(WSCloseCode.OK if code == WSCloseCode.NO_INFO else code)
            transport.disconnect()
        elif self.closed_at is None and self._admit():
            self._take(transport, frame)

    def on_ws_disconnected(self, transport: WSTransport) -> None:  # noqa: ARG002 - picows' own
        self._leave_all()
        self._streams.gone(self)

    def pause_writing(self) -> None:
        self._streams.full(self)

    def resume_writing(self) -> None:
        self._streams.has_room(self)

    # --- incoming

    def _admit(self) -> bool:
        """Count a message of the client; one too many ends the connection."""
        self._streams.counters.messages_in += 1
        now = self._streams.clock.monotonic()
        if self._incoming.add(now, self.rules.messages_per_second):
            return True
        self.break_rule("rate", "Too many requests")
        return False

    def _take(self, transport: WSTransport, frame: WSFrame) -> None:
        payload = frame.get_payload_as_bytes()
        match frame.msg_type:
            case WSMsgType.PING:
                transport.send_pong(payload)
            case WSMsgType.PONG:
                self._streams.counters.pongs += self._life.pong(payload)
            case _:
                self._parts += payload
                if len(self._parts) > MOST_MESSAGE_BYTES:
                    self.close(WSCloseCode.MESSAGE_TOO_BIG, "")
                elif frame.fin:
                    message, self._parts = bytes(self._parts), bytearray()
                    self._control(message)

    def _control(self, message: bytes) -> None:
        before = self.form
        change = self.session.take(message)
        self.mishaps.asked(change.method)
        self.send(None, change.reply)
        self._leave(change.removed)
        if self.form != before:
            for stream in self._joined.values():  # joined first: nobody's channel ends in between
                self._streams.board.join(stream, self, self.form)
                self._streams.board.leave(stream, self, before)
        self._join(change.added, self.form)

    # --- subscriptions

    def _join(self, names: Sequence[str], form: Form) -> None:
        if len(self.session.names) > self.rules.streams:
            self.break_rule("streams", "Too many streams")
            return
        for name in names:
            stream = self._streams.board.resolve(name, self.opening.product, self.opening.route)
            if stream is not None:
                self._joined[name] = stream
                self._streams.board.join(stream, self, form)
        if names and self._joined:
            self._streams.subscribed()

    def _leave(self, names: Sequence[str]) -> None:
        for name in names:
            stream = self._joined.pop(name, None)
            if stream is not None:
                self._streams.board.leave(stream, self, self.form)

    def _leave_all(self) -> None:
        self._leave(list(self._joined))

    # --- rules

    def strike_now(self, fault: Fault) -> bool:
        """Let a fault strike that waits for no frame and no dial; whether it is one, and about this connection."""
        if self.closed_at is not None or getattr(fault, "product", None) not in {
            None,
            self.opening.product,
        }:
            return False
        match fault:
            case OfFrames(recurs=False):
                names = self.session.names
                if fault.streams != ("*",) and not any(
                    fault.is_about(self.opening.product, it) for it in names
                ):
                    return False
                self.mishaps.strike_now(fault)
            case StreamsDown():
                self.reset()
            case ServerShutdown(seconds=seconds):
                self.shut_down(seconds)
            case _:
                return False
        return True

    def next_at(self) -> float:
        """When :meth:`keep` has to be called again, monotonic seconds."""
        if self.closed_at is not None:
            return self.closed_at + CLOSING_SECONDS
        if self.mishaps.is_dark:
            return self.mishaps.dark_until
        return self._life.next_at(self.rules)

    def keep(self, now: float) -> None:
        """Do what is due: ping, announce the end, end."""
        if self.closed_at is not None:
            if now >= self.closed_at + CLOSING_SECONDS:
                self.abort()
            return
        if self.mishaps.is_dark:
            return
        for step in self._life.steps(now, self.rules):
            self._step(step, now)

    def _step(self, step: Step, now: float) -> None:
        match step:
            case Step.PING:
                payload = str(self._streams.clock.now_ms()).encode()
                self._streams.counters.pings += 1
                self._life.pinged(payload, now)
                if self.transport is not None:
                    self.transport.send_ping(payload)
            case Step.NOTICE:
                said = self._streams.now_ms(self.opening.product)
                event = Made(SHUTDOWN.encode(), lambda scale: payloads.server_shutdown(said, scale))
                self.put(event.encoded(self.form))
            case Step.NO_PONG:
                self.break_rule("pong", _CLOSES[step][1])
            case Step.OLD:
                self._streams.faults.schedule.take(Day, self.opening.product)
                self.close(*_CLOSES[step])

    def shut_down(self, seconds: float) -> None:
        """Announce the end now, and end after *seconds*."""
        now = self.monotonic()
        self._life.end_at(now + seconds)
        self.keep(now)

    def break_rule(self, rule: str, reason: str) -> None:
        """Count a broken rule and close: the venue's answer to all of them is 1008."""
        self._streams.counters.broken_rules[rule] += 1
        self.close(WSCloseCode.POLICY_VIOLATION, reason)

    def close(self, code: WSCloseCode, reason: str) -> None:
        """Say that it is over; the client has :data:`CLOSING_SECONDS` to answer."""
        if self.closed_at is None and self.transport is not None:
            self._end()
            self.transport.send_close(code, reason)

    def abort(self) -> None:
        """End it without a word."""
        self._end()
        if self.transport is not None:
            self.transport.disconnect(graceful=False)

    def waiting(self) -> int:
        """Bytes that wait to be sent."""
        return self.transport.underlying_transport.get_write_buffer_size() if self.transport else 0
