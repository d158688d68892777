"""What one connection may make the server hold, and requests that never come whole."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from starlette.types import Message, Receive, Scope, Send

from binance_mcp_server.exchange.http.answers import json_answer, send_answer
from binance_mcp_server.exchange.http.bodies import ClientGoneError, read_body
from binance_mcp_server.exchange.http.bounds import MOST_HEAD_BYTES, MOST_WAITING
from binance_mcp_server.exchange.http.listener import Listener, reserve
from tests.exchange import test_http_admin as switchboard
from tests.exchange.signing import Desk, signer
from tests.exchange.wire.fake_market import NOW
from tests.exchange.ws.sockets import eventually

pytestmark = pytest.mark.anyio
HEAD = b"GET / HTTP/1.1\r\nhost: localhost\r\n"
SOON = 10
ORDER = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=99"


class Served:
    """Answers nothing until it may."""

    def __init__(self) -> None:
        self.asked = 0
        self.may = asyncio.Event()

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        self.asked += 1
        await self.may.wait()
        await send_answer(scope, send, json_answer(200, {}))


@asynccontextmanager
async def connected() -> AsyncIterator[
    tuple[Served, asyncio.StreamReader, asyncio.StreamWriter, Callable[[], int]]
]:
    """A client, and how many requests of it were taken in."""
    served, sock = Served(), reserve(0, "--port", reuse=True)
    listener = Listener(served, sock)
    await listener.start()
    reader, writer = await asyncio.open_connection(*sock.getsockname())

    def taken_in() -> int:
        (connection,) = listener._server.server_state.connections
        return len(getattr(connection, "pipeline", ())) + served.asked

    try:
        yield served, reader, writer, taken_in
    finally:
        served.may.set()
        writer.close()
        await listener.stop()


def parting(part: bytes) -> Receive:
    """A client that goes when it has sent *part* of a body."""
    parts: list[Message] = [{"type": "http.request", "body": part, "more_body": True}]

    async def receive() -> Message:
        return parts.pop() if parts else {"type": "http.disconnect"}

    return receive


@pytest.mark.parametrize("piece", [b"x-more: %b\r\n" % (b"a" * 1000), b"a" * 1000])
async def test_a_head_that_does_not_end_is_refused(piece: bytes) -> None:
    """Many headers, and one without an end."""
    async with asyncio.timeout(SOON), connected() as (_, reader, writer, _):
        writer.write(HEAD)
        answering = asyncio.create_task(reader.read(12))
        sent = 0
        while not answering.done() and sent < 64 * MOST_HEAD_BYTES:
            writer.write(piece)
            sent += len(piece)
            await asyncio.sleep(0)
        assert await answering == b"HTTP/1.1 400"


async def test_heads_of_many_requests_are_not_taken_together() -> None:
    async with asyncio.timeout(SOON), connected() as (served, reader, writer, _):
        served.may.set()
        long = HEAD + b"x-more: %b\r\n\r\n" % (b"a" * (MOST_HEAD_BYTES // 2))
        for _ in range(4):
            for half in (long[:100], long[100:]):
                writer.write(half)
                await writer.drain()
            assert (await reader.readuntil(b"{}")).startswith(b"HTTP/1.1 200")


async def test_no_more_is_read_while_too_many_requests_wait_for_their_turn() -> None:
    """Each answer used to let in as many as one read of the socket holds."""
    whole, count = HEAD + b"\r\n", 40 * MOST_WAITING
    async with asyncio.timeout(SOON), connected() as (served, reader, writer, taken_in):
        first = MOST_WAITING * 2
        writer.write(whole * first)
        await eventually(lambda: bool(served.asked) and taken_in() >= first)
        writer.write(whole * count)
        served.may.set()
        most = 0
        for number in range(first + count):
            await reader.readuntil(b"{}")
            if number < first // 4:
                most = max(most, taken_in() - served.asked)
        assert most < first
        assert served.asked == first + count


async def test_a_body_of_which_a_part_never_comes_is_none() -> None:
    with pytest.raises(ClientGoneError):
        await read_body(parting(b"a=1"))


@pytest.mark.parametrize("part", [b"", b"&side=BUY"])
async def test_an_order_whose_request_never_came_whole_is_not_placed(part: bytes) -> None:
    """All that it needs is in the query; of the body that was announced only *part* has come when the client goes."""
    desk, path = Desk(), "/api/v3/order"
    query = f"{ORDER}&timestamp={NOW}".encode()
    signature = signer(desk.issued)(query + part)
    scope: Scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "query_string": query + b"&signature=" + signature.encode(),
        "headers": [(b"x-mbx-apikey", desk.issued.api_key.encode())],
        "client": ("127.0.0.1", 50_000),
    }
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    await desk.rest(scope, parting(part), send)
    assert (sent, desk.moved) == ([], 0)


async def test_a_wish_of_which_a_part_never_came_is_not_carried_out() -> None:
    desk = switchboard.Desk()
    scope: Scope = {"type": "http", "method": "POST", "path": "/__sim/play", "headers": []}
    scope["query_string"] = b""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    await desk.admin(scope, parting(b""), send)
    assert (sent, (await desk.state())["held"]) == ([], True)
