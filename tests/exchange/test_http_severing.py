"""A request may be answered by nothing: the client sees its connection reset, and the next one is served."""

import asyncio

import pytest
from starlette.types import Receive, Scope, Send

from binance_mcp_server.exchange.clock import VirtualClock
from binance_mcp_server.exchange.http.answers import json_answer, send_answer
from binance_mcp_server.exchange.http.listener import Listener, reserve
from binance_mcp_server.exchange.http.severing import sever

pytestmark = pytest.mark.anyio
POST = b"POST /%s HTTP/1.1\r\nhost: localhost\r\ncontent-length: 4\r\n\r\na=b1"


class Served:
    """Paths that begin with ``/lost`` are answered by nothing, after three seconds where they end so."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.left = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not scope["path"].startswith("/lost"):
            await send_answer(scope, send, json_answer(200, {}))
            return
        await sever(scope, receive, self.clock, 3 if scope["path"] == "/lost3" else 0)
        self.left.set()


async def ask(address: tuple[str, int], path: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(*address)
    writer.write(POST % path)
    try:
        return await asyncio.wait_for(reader.read(12), 10)
    finally:
        writer.close()


async def test_a_reset_comes_in_the_place_of_an_answer(caplog: pytest.LogCaptureFixture) -> None:
    served, sock = Served(), reserve(0, "--port", reuse=True)
    listener = Listener(served, sock)
    await listener.start()
    address = sock.getsockname()
    try:
        with pytest.raises(ConnectionResetError):
            await ask(address, b"lost")
        assert await ask(address, b"kept") == b"HTTP/1.1 200"
    finally:
        await listener.stop()
    assert caplog.records == []


async def test_silence_lasts_as_long_as_was_asked() -> None:
    served, sock = Served(), reserve(0, "--port", reuse=True)
    listener = Listener(served, sock)
    await listener.start()
    try:
        asking = asyncio.create_task(ask(sock.getsockname(), b"lost3"))
        for _ in range(29):
            await served.clock.advance(100)
        assert not asking.done()
        while not asking.done():  # the request may only have come now
            await served.clock.advance(100)
            await asyncio.sleep(0)
        with pytest.raises(ConnectionResetError):
            await asking
    finally:
        await listener.stop()


async def test_a_client_that_gives_up_ends_the_silence() -> None:
    served, sock = Served(), reserve(0, "--port", reuse=True)
    listener = Listener(served, sock)
    await listener.start()
    try:
        _reader, writer = await asyncio.open_connection(*sock.getsockname())
        writer.write(POST % b"lost3")
        await writer.drain()
        writer.close()
        await asyncio.wait_for(served.left.wait(), 10)
        assert served.clock.monotonic() == 0
    finally:
        await listener.stop()
