"""A stream server on loopback with a market that the test feeds, and a client that waits for what it needs."""

import asyncio
import itertools
import json
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import picows
from picows import WSFrame, WSListener, WSMsgType, WSTransport

from binance_mcp_server.exchange.clock import VirtualClock
from binance_mcp_server.exchange.http.listener import reserve
from binance_mcp_server.exchange.market.state import Market
from binance_mcp_server.exchange.sources.base import Frame
from binance_mcp_server.exchange.ws.streams import Streams
from tests.exchange.market.feeds import THURSDAY, HandFed

SOON = 5.0
"""Seconds that anything may take."""


async def eventually(condition: Callable[[], bool]) -> None:
    """Let the loop run until *condition* holds."""
    async with asyncio.timeout(SOON):
        for _ in itertools.count():
            if condition():
                return
            await asyncio.sleep(0)


class Client(WSListener):
    """What came, in order; ``silent`` answers no pings."""

    def __init__(self) -> None:
        self.transport: WSTransport | None = None
        self.frames: deque[bytes] = deque()
        self.pings: list[bytes] = []
        self.closed: tuple[int, str] | None = None
        self.silent = False
        self._news = asyncio.Event()

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        match frame.msg_type:
            case WSMsgType.TEXT:
                self.frames.append(frame.get_payload_as_bytes())
            case WSMsgType.PING:
                self.pings.append(frame.get_payload_as_bytes())
                if not self.silent:
                    transport.send_pong(frame.get_payload_as_bytes())
            case WSMsgType.CLOSE:
                self.closed = (frame.get_close_code().value, frame.get_close_reason() or "")
                transport.send_close(frame.get_close_code())
                transport.disconnect()
        self._news.set()

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self.closed = self.closed or (1006, "")
        self._news.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until *condition* holds; it is looked at whenever something has come."""
        async with asyncio.timeout(SOON):
            while not condition():
                self._news.clear()
                await self._news.wait()

    async def next(self) -> Any:
        """The next frame, decoded."""
        await self.until(lambda: bool(self.frames))
        return json.loads(self.frames.popleft())

    async def ask(self, method: str, *params: object, id: object = 1) -> Any:
        """Send a control message; its reply."""
        self.say(json.dumps({"method": method, "params": params, "id": id}).encode())
        return await self.next()

    async def all_received(self) -> None:
        """Return when everything has come that was sent up to now; the reply that shows it is left out."""
        self.say(b'{"method":"GET_PROPERTY","params":["combined"],"id":"last"}')
        await self.until(lambda: bool(self.frames) and self.frames[-1].endswith(b'"id":"last"}'))
        self.frames.pop()

    def say(self, message: bytes, kind: WSMsgType = WSMsgType.TEXT) -> None:
        assert self.transport is not None
        self.transport.send(kind, message)

    async def ended(self) -> tuple[int, str]:
        """Code and reason; 1006 without a close frame."""
        await self.until(lambda: self.closed is not None)
        assert self.closed is not None
        return self.closed

    def leave(self) -> None:
        if self.transport is not None:
            self.transport.disconnect(graceful=False)


class Venue:
    """The server and its market."""

    def __init__(self, port: int, streams: Streams, market: Market, source: HandFed) -> None:
        self.port, self.streams, self.market, self.source = port, streams, market, source
        self.clients: list[Client] = []

    async def open(self, path: str = "/stream", **options: Any) -> Client:
        client = Client()
        await picows.ws_connect(
            lambda: client,
            f"ws://127.0.0.1:{self.port}{path}",
            enable_auto_pong=False,
            **options,
        )
        self.clients.append(client)
        return client

    async def play(self, *frames: Frame, at: int | None = None) -> None:
        """Take in a batch and tell; *at* is the venue's time after it, ms since midnight."""
        if at is not None:
            self.source.time_ms = THURSDAY + at
        self.market.apply(frames)
        async with asyncio.timeout(SOON):
            await self.streams.publish(frames)

    async def gone(self, count: int = 0) -> None:
        """Until only *count* connections are left."""
        await eventually(lambda: len(self.streams.connections) <= count)


@asynccontextmanager
async def venue(
    clock: VirtualClock | None = None,
    *,
    patient: bool = False,
    first: Callable[[], None] | None = None,
) -> AsyncIterator[Venue]:
    source = HandFed(THURSDAY)
    market = Market(source)
    streams = Streams({"spot": market}, clock or VirtualClock(), patient=patient, first=first)
    sock = reserve(0, "--stream-port", reuse=True)
    await streams.start(sock)
    place = Venue(sock.getsockname()[1], streams, market, source)
    try:
        yield place
    finally:
        for client in place.clients:
            client.leave()
        await streams.close()
        sock.close()
        await asyncio.gather(
            *(it.transport.wait_disconnected() for it in place.clients if it.transport),
            return_exceptions=True,
        )
