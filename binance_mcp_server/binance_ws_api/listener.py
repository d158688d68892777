"""The receiving end of one WebSocket: frames in, lists of payloads out. Nothing is decoded here.

picows calls ``on_ws_frame`` for each frame, so each nanosecond in it counts: reading ``frame.msg_type`` alone costs as
much as copying the payload. A frame that is whole (``fin``) and begins with ``{`` is taken for a text frame, because
all that Binance sends is: JSON objects as text, and control frames (its pings carry digits, a close carries a code
below 5000). Everything else takes the slow way, where types and reserved bits are read; while a message comes in
fragments, everything does. A ping that looked like JSON would be taken for an unknown frame and have no answer: let
the venue think.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from picows import (
    WSCloseCode,
    WSFrame,
    WSListener,
    WSMsgType,
    WSProtocolError,
    WSTransport,
)

from binance_mcp_server.binance_api.errors_map import clean
from binance_mcp_server.binance_ws_api.handlers import Handlers

if TYPE_CHECKING:
    from binance_mcp_server.binance_ws_api.connection import Connection

_log = logging.getLogger(__name__)

MAX_FRAME: Final = 16 * 1024 * 1024
"""Bytes, also of a message in fragments; the venue's largest, all tickers of a market, has two million."""
HANDOVER: Final = 2048
"""Frames handed over at once, at the most: a burst of fifty thousand would leave the processor's cache."""
NORMAL: Final = 1000
PROTOCOL_ERROR: Final = 1002
TOO_BIG: Final = 1009
"""Close codes, RFC 6455 section 7.4.1."""
CLOSE_TIMEOUT: Final = 5.0
_BRACE: Final = ord("{")


class Listener(WSListener):
    """Frames of one connection. *wrap* makes of it what handlers know; *wanted* says whether anybody waits for it
    still."""

    def __init__(
        self,
        handlers: Handlers,
        wrap: "Callable[[WSTransport, Listener], Connection]",
        wanted: Callable[[], bool],
    ) -> None:
        super().__init__()
        self.handlers = handlers
        self._wrap = wrap
        self._wanted = wanted
        self._is_told = False
        self._end: asyncio.TimerHandle | None = None
        self._watch: asyncio.Future[None] | None = None
        self.faults = 0
        """Times that a handler raised."""
        self.odd = 0
        """Frames that Binance does not send: binary, or a continuation of nothing."""
        self.why = ""
        """Why we end it, where we do."""
        self._fragments: list[bytes] = []
        self._take, self._flush, receive = self._receiver()
        self.on_ws_frame = receive  # type: ignore[assignment,method-assign]

    def _receiver(
        self,
    ) -> tuple[Callable[[bytes], None], Callable[[], None], Callable[[WSTransport, WSFrame], None]]:
        """The hot path. A closure over locals: an attribute of ``self`` costs more than all its tests."""
        slow, call, deliver = self._slow, self._call, self.handlers.deliver
        fragments = self._fragments
        frames: list[bytes] = []
        append = frames.append

        def flush() -> None:
            nonlocal frames, append
            if frames:
                done, frames = frames, []
                append = frames.append
                call(deliver, done)

        def on_ws_frame(transport: WSTransport, frame: WSFrame) -> None:
            payload = frame.get_payload_as_bytes()
            try:
                is_whole = payload[0] == _BRACE and frame.fin
            except IndexError:
                is_whole = False
            if is_whole and not fragments:
                append(payload)
            else:
                slow(transport, frame, payload)
            if frame.last_in_buffer or len(frames) >= HANDOVER:
                flush()

        def take(payload: bytes) -> None:
            append(payload)

        return take, flush, on_ws_frame

    def _call(self, handler: Callable[..., None], *arguments: object) -> None:
        try:
            handler(*arguments)
        except Exception:  # noqa: BLE001 - whatever it is, the connection lives on
            self.faults += 1
            if self.faults & (self.faults - 1) == 0:  # the 1st, 2nd, 4th …: no flood of logs
                _log.exception("A handler of stream frames failed (%d times)", self.faults)

    # -- everything but whole text frames

    def _slow(self, transport: WSTransport, frame: WSFrame, payload: bytes) -> None:
        kind = frame.msg_type
        if frame.rsv1 or frame.rsv2 or frame.rsv3:
            self.end(transport, PROTOCOL_ERROR, "a frame with reserved bits")
        elif kind is WSMsgType.PING:
            self._call(self.handlers.pinged, payload)
        elif kind is WSMsgType.PONG:
            self._call(self.handlers.ponged, payload)
        elif kind is WSMsgType.CLOSE:
            self._flush()
            transport.send_close(WSCloseCode.OK)
            self._leave(transport)
        elif kind is WSMsgType.BINARY or (kind is WSMsgType.CONTINUATION and not self._fragments):
            self.odd += 1
        else:
            self._gather(transport, frame, payload)

    def _gather(self, transport: WSTransport, frame: WSFrame, payload: bytes) -> None:
        """A text frame, or a part of one."""
        self._fragments.append(payload)
        if sum(map(len, self._fragments)) > MAX_FRAME:
            self._fragments.clear()
            self.end(transport, TOO_BIG, "a message that is too large")
        elif frame.fin:
            self._take(b"".join(self._fragments))
            self._fragments.clear()

    def end(self, transport: WSTransport, code: int, why: str) -> None:
        """Close at once, telling the peer where that is possible."""
        self.why = self.why or why
        transport.send_close(WSCloseCode(code), why.encode()[:120])
        transport.disconnect(graceful=False)

    def retire(self, transport: WSTransport) -> None:
        """Close politely. The peer's answer ends it, or a few seconds without one."""
        transport.send_close(WSCloseCode.OK)
        self._end = self._end or self._later(transport)

    def _leave(self, transport: WSTransport) -> None:
        transport.disconnect()
        self._end = self._end or self._later(transport)

    @staticmethod
    def _later(transport: WSTransport) -> asyncio.TimerHandle:
        loop = asyncio.get_running_loop()
        return loop.call_later(CLOSE_TIMEOUT, transport.disconnect, False)

    # -- picows calls these

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._watch = asyncio.ensure_future(_until_gone(transport))
        if self._wanted():
            self._is_told = True
            self._call(self.handlers.opened, self._wrap(transport, self))
        else:
            self.on_ws_frame = _ignore  # type: ignore[method-assign]
            self.end(transport, WSCloseCode.GOING_AWAY.value, "given up")

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        if self._end is not None:
            self._end.cancel()
        self._flush()
        if self._is_told:
            self._call(self.handlers.closed, self.why or _reason(transport))

    def pause_writing(self) -> None:
        """Control messages are few and small; a peer that takes none of them is found by its silence."""

    def resume_writing(self) -> None:
        """As above."""


async def _until_gone(transport: WSTransport) -> None:
    """picows keeps a breach of the protocol for whoever waits for the end; where nobody does, the loop reports it."""
    with contextlib.suppress(WSProtocolError):
        await transport.wait_disconnected()


def _ignore(transport: WSTransport, frame: WSFrame) -> None:
    """Nobody wants it."""


def _reason(transport: WSTransport) -> str:
    """Why the connection ended, as far as the closing handshake tells."""
    said = transport.close_handshake
    if said is None:
        return "the connection was cut"
    if said.recv is not None and (said.sent is None or said.recv_then_sent):
        return f"closed by the venue ({said.recv.code.value}{_words(said.recv.reason)})"
    if said.sent is not None:
        return f"closed by us ({said.sent.code.value}{_words(said.sent.reason)})"
    return "the connection was cut"


def _words(reason: str | None) -> str:
    return f", {clean(reason, 80)}" if reason else ""
