"""Every way in which an attempt to connect fails is one error of ours, without secrets, and told apart for retries."""

import asyncio
import base64
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from binance_mcp_server.binance_ws_api import connection as under_test
from binance_mcp_server.binance_ws_api.connection import Connection, dial, endpoint
from binance_mcp_server.binance_ws_api.handlers import Handlers
from binance_mcp_server.binance_ws_api.handshake import failure_of, host_of, no_connection
from binance_mcp_server.errors import (
    BannedError,
    BinanceMcpError,
    FirewallError,
    RegionError,
    ThrottledError,
    TransportError,
    UnavailableError,
)
from tests.binance_ws_api.scripted_server import ScriptedServer, bounded

pytestmark = pytest.mark.anyio
told: list[object] = []
HANDLERS = Handlers(told.append, told.append, told.append, told.append, told.append)
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture(autouse=True)
def _nothing_told() -> None:
    told.clear()


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    async with ScriptedServer() as server:
        yield server


@pytest.mark.parametrize(
    ("status", "headers", "kind", "final", "wait"),
    [
        (403, {}, FirewallError, True, 0.0),
        (451, {}, RegionError, True, 0.0),
        (429, {"retry_after": "7"}, ThrottledError, False, 7.0),
        (418, {"retry_after": "300"}, BannedError, False, 300.0),
        (418, {}, BannedError, False, 120.0),
        (503, {}, UnavailableError, False, 0.0),
        (404, {}, TransportError, False, 0.0),
    ],
)
async def test_a_refusal_is_its_own_error_and_says_whether_to_try_again(
    server: ScriptedServer,
    status: int,
    headers: dict[str, str],
    kind: type[BinanceMcpError],
    final: bool,
    wait: float,
) -> None:
    server.refuse(status, b"<html>no\x00 way</html>", **headers)
    with pytest.raises(kind) as caught:
        await bounded(dial(endpoint(server.url), HANDLERS))
    error = caught.value
    assert type(error) is kind
    failure = failure_of(error)
    assert (failure.why, failure.final, failure.wait) == (error.message, final, wait)
    assert "\x00" not in error.message
    assert server.attempts == 1
    assert told == []


async def test_a_region_is_sent_to_the_streams_that_serve_it(server: ScriptedServer) -> None:
    server.refuse(451)
    with pytest.raises(RegionError) as caught:
        await bounded(dial(endpoint(server.url), HANDLERS))
    assert "data-stream.binance.vision" in caught.value.advice


async def serving(serve: Serve) -> tuple[asyncio.Server, int]:
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    return server, server.sockets[0].getsockname()[1]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"HTTP/1.1 520 Web server\r\n\r\n", "HTTP 520"),
        (b"HTTP/1.1 302 Found\r\nLocation: https://u:p@portal.test/x\r\n\r\n", "portal.test"),
        (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n", "not valid"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "HTTP"),
        (b"", "hung up"),
    ],
    ids=["unknown status", "redirect", "half a handshake", "another protocol", "hang-up"],
)
async def test_what_is_no_websocket_is_a_transport_error(answer: bytes, words: str) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    server, port = await serving(serve)
    async with server:
        with pytest.raises((TransportError, UnavailableError), match=words) as caught:
            await bounded(dial(f"ws://127.0.0.1:{port}/stream", HANDLERS))
    assert "u:p" not in str(caught.value)
    assert not failure_of(caught.value).final


async def test_a_closed_port_is_a_transport_error() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        with pytest.raises(TransportError, match=f"No connection to 127.0.0.1:{port}") as caught:
            await bounded(dial(f"ws://127.0.0.1:{port}/stream", HANDLERS))
    assert caught.value.retryable


async def test_a_server_that_says_nothing_is_waited_for_only_so_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(under_test, "HANDSHAKE_TIMEOUT", 0.05)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server, port = await serving(serve)
    async with server:
        with pytest.raises(TransportError, match="No answer from"):
            await bounded(dial(f"ws://127.0.0.1:{port}/stream", HANDLERS))


async def test_an_attempt_given_up_opens_nothing_later(server: ScriptedServer) -> None:
    """The answer to the upgrade comes after nobody waits for it any longer."""
    asked, go, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        inner, there = await asyncio.open_connection("127.0.0.1", server.port)
        there.write(head)
        answer = await inner.readuntil(b"\r\n\r\n")
        asked.set()
        await go.wait()
        writer.write(answer + b"\x81\x02{}")
        await reader.read()  # until we hang up
        writer.close()
        there.close()
        ended.set()

    proxy, port = await serving(serve)
    async with proxy:
        attempt = asyncio.ensure_future(dial(f"ws://127.0.0.1:{port}/stream", HANDLERS))
        await bounded(asked.wait())
        attempt.cancel()
        with pytest.raises(asyncio.CancelledError):
            await attempt
        go.set()
        await bounded(ended.wait())
    assert told == []


SECRET = "s3cret"


@pytest.fixture
def through_proxy(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "no_proxy", "http_proxy"):
        monkeypatch.delenv(name, raising=False)

    def use(port: int) -> None:
        monkeypatch.setenv("http_proxy", f"http://user:{SECRET}@127.0.0.1:{port}")

    return use


async def test_the_proxy_of_the_environment_is_used_but_not_for_this_machine(
    server: ScriptedServer, through_proxy: Callable[[int], None]
) -> None:
    heads = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
        inner, there = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        there.write(await reader.readuntil(b"\r\n\r\n"))
        writer.write(await inner.readuntil(b"\r\n\r\n"))
        await reader.read()
        writer.close()
        there.close()

    proxy, port = await serving(serve)
    through_proxy(port)
    async with proxy:
        made = await bounded(dial("ws://stream.binance.com/stream", HANDLERS, trust_env_proxy=True))
        assert isinstance(made, Connection)
        made.abort(1000, "done")
        await bounded(dial(endpoint(server.url), HANDLERS, trust_env_proxy=True))
        await server.until(lambda: server.peers[0].is_gone)
    assert len(heads) == 1
    assert heads[0].startswith("CONNECT stream.binance.com:80 HTTP/1.1\r\n")
    assert base64.b64encode(f"user:{SECRET}".encode()).decode() in heads[0]


async def test_a_proxy_that_refuses_is_named_without_its_password(
    through_proxy: Callable[[int], None],
) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
        await reader.read()
        writer.close()

    proxy, port = await serving(serve)
    through_proxy(port)
    async with proxy:
        with pytest.raises(TransportError, match="proxy refused the way to stream") as caught:
            await bounded(dial("ws://stream.binance.com/stream", HANDLERS, trust_env_proxy=True))
    assert SECRET not in f"{caught.value} {caught.value.advice}"


@pytest.mark.parametrize(
    ("error", "words", "retryable"),
    [
        (socket.gaierror(-2, "Name or service not known"), "name stream.test", True),
        (ssl.SSLCertVerificationError("self-signed"), "TLS", False),
        (ConnectionRefusedError(111, "refused"), "No connection", True),
        (TimeoutError(), "within 15 s", True),
        (ValueError(f"http://user:{SECRET}@proxy"), "possible", False),
        (RuntimeError(f"http://user:{SECRET}@proxy"), "proxy refused", False),
    ],
)
def test_words_are_ours_and_hold_no_secret(error: Exception, words: str, retryable: bool) -> None:
    url = f"wss://user:{SECRET}@stream.test:9443/stream"
    found = no_connection(error, url, proxied=True, timeout=15.0)
    assert words in found.message
    assert found.retryable == retryable
    assert SECRET not in found.message + found.advice
    assert host_of(url) == "stream.test:9443"
