"""A WebSocket server on loopback that does as it is told, down to single bytes; its peers remember what they heard."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Self, TypeVar

from picows import (
    WSCloseCode,
    WSFrame,
    WSListener,
    WSMsgType,
    WSTransport,
    WSUpgradeRequest,
    WSUpgradeResponse,
    WSUpgradeResponseWithListener,
    ws_create_server,
)

BOUND = 10.0
"""Seconds that any wait takes at the most."""
Found = TypeVar("Found")


async def bounded(wait: Awaitable[Found]) -> Found:
    return await asyncio.wait_for(wait, BOUND)


class Peer(WSListener):
    """One connection, as the server has it."""

    def __init__(self, request: WSUpgradeRequest, changed: Callable[[], None]) -> None:
        super().__init__()
        self.path = request.path.decode()
        self.agent = request.headers.get("User-Agent", "")
        self.heard: list[tuple[str, bytes]] = []
        """Kind and payload of every frame, in order."""
        self.subscribed: list[str] = []
        self.answers = True
        """Whether requests get their replies."""
        self.is_gone = False
        self._changed = changed

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport
        self._changed()

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        payload = frame.get_payload_as_bytes()
        self.heard.append((frame.msg_type.name, payload))
        if frame.msg_type is WSMsgType.CLOSE:
            transport.send_close(WSCloseCode.OK)
            transport.disconnect()
        elif frame.msg_type is WSMsgType.TEXT and self.answers:
            self.send(json.dumps(self._answer(json.loads(payload))).encode())
        self._changed()

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self.is_gone = True
        self._changed()

    def _answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        names = asked.get("params", [])
        if asked["method"] == "SUBSCRIBE":
            self.subscribed += names
        elif asked["method"] == "UNSUBSCRIBE":
            self.subscribed = [name for name in self.subscribed if name not in names]
        else:
            return {"result": self.subscribed, "id": asked["id"]}
        return {"result": None, "id": asked["id"]}

    def send(self, payload: bytes) -> None:
        self.transport.send(WSMsgType.TEXT, payload)

    def write(self, data: bytes) -> None:
        """*data* as they are, below WebSocket."""
        self.transport.underlying_transport.write(data)

    def ping(self, payload: bytes) -> None:
        self.transport.send_ping(payload)

    def close(self, code: int, reason: str) -> None:
        self.transport.send_close(WSCloseCode(code), reason.encode())

    def finish(self) -> None:
        """FIN, without a word."""
        self.transport.underlying_transport.close()

    def reset(self) -> None:
        """Cut, as a fault would."""
        self.transport.underlying_transport.abort()

    @property
    def pongs(self) -> list[bytes]:
        return [payload for kind, payload in self.heard if kind == "PONG"]


class ScriptedServer:
    """Accepts, or refuses with the next of ``refusals``."""

    def __init__(self) -> None:
        self.peers: list[Peer] = []
        self.refusals: list[WSUpgradeResponse] = []
        self.attempts = 0
        self._change = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._server = await ws_create_server(
            self._accept, "127.0.0.1", 0, enable_auto_pong=True, max_frame_size=1 << 20
        )
        self.port = self._server.sockets[0].getsockname()[1]
        self.url = f"ws://127.0.0.1:{self.port}"
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._server.close()
        for peer in self.peers:
            peer.reset()
        await self.until(lambda: all(peer.is_gone for peer in self.peers))
        await bounded(self._server.wait_closed())

    def _accept(self, request: WSUpgradeRequest) -> WSListener | WSUpgradeResponseWithListener:
        self.attempts += 1
        if self.refusals:
            return WSUpgradeResponseWithListener(self.refusals.pop(0), None)
        self.peers.append(Peer(request, self._change.set))
        return self.peers[-1]

    def refuse(self, status: int, body: bytes = b"", **headers: str) -> None:
        """The next attempt gets this answer. ``retry_after="3"`` becomes ``retry-after: 3``."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.refusals.append(WSUpgradeResponse.create_error_response(status, body, named))

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until *condition* holds; it is looked at whenever something happens here."""
        async with asyncio.timeout(BOUND):
            while not condition():
                self._change.clear()
                await self._change.wait()
