"""Binance's names lead to the exchange and to nothing else, and only those who come through the proxy may use them."""

import asyncio
import contextlib
import errno
import socket
import ssl
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from binance_mcp_server.exchange import tls_proxy
from binance_mcp_server.exchange.app import Exchange
from binance_mcp_server.exchange.http.guard import Admitted
from binance_mcp_server.exchange.http.listener import reserve
from binance_mcp_server.exchange.http.severing import reset
from binance_mcp_server.exchange.sources.base import Frame
from binance_mcp_server.exchange.tls_proxy import ProxyError, TlsProxy
from tests.exchange.market.feeds import THURSDAY, HandFed
from tests.exchange.ws.scenes import snapshot

pytestmark = pytest.mark.anyio
SECONDS = 10


class Snapshotted(HandFed):
    async def frames(self) -> AsyncIterator[Sequence[Frame]]:
        yield [snapshot()]


@pytest.fixture
async def exchange() -> AsyncIterator[Exchange]:
    pytest.importorskip("trustme")
    async with Exchange(Snapshotted(THURSDAY), tls_proxy=True) as started:
        yield started


def address(exchange: Exchange) -> tuple[str, int]:
    environment = exchange.proxy()
    assert environment is not None
    host, _, port = environment["HTTPS_PROXY"].removeprefix("http://").partition(":")
    return host, int(port)


class Tunnel:
    """What a client does with ``HTTPS_PROXY`` and ``SSL_CERT_FILE``."""

    def __init__(self, exchange: Exchange) -> None:
        environment = exchange.proxy()
        assert environment is not None
        self._trusting = ssl.create_default_context(cafile=environment["SSL_CERT_FILE"])
        self._address = address(exchange)

    async def get(self, host: str, path: str, port: int = 443) -> bytes:
        """Head and body of the answer."""
        async with asyncio.timeout(SECONDS):
            reader, writer = await asyncio.open_connection(*self._address)
            writer.write(f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
            told = await reader.readuntil(b"\r\n\r\n")
            assert told.startswith(b"HTTP/1.1 200 "), told
            await writer.start_tls(self._trusting, server_hostname=host)
            writer.write(
                f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()
            )
            answer = await reader.read()
            writer.close()
            return answer


async def plain(where: tuple[str, int], said: bytes) -> bytes:
    async with asyncio.timeout(SECONDS):
        reader, writer = await asyncio.open_connection(*where)
        writer.write(said)
        answer = await reader.read()
        writer.close()
        return answer


@pytest.mark.parametrize(
    "host", ["api.binance.com", "api4.binance.com", "testnet.binance.vision", "fapi.binance.com"]
)
async def test_the_venues_names_lead_to_the_exchange(exchange: Exchange, host: str) -> None:
    path = "/fapi/v1/ping" if host == "fapi.binance.com" else "/api/v3/ping"
    answer = await Tunnel(exchange).get(host, path)
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert answer.endswith(b"{}")


async def test_the_names_of_streams_lead_to_streams(exchange: Exchange) -> None:
    answer = await Tunnel(exchange).get("stream.binance.com", "/nowhere", 9443)
    assert b"there is /ws/<stream>" in answer


async def test_the_switchboard_is_not_behind_the_venues_names(exchange: Exchange) -> None:
    assert b" 403 " in (await Tunnel(exchange).get("api.binance.com", "/__sim/state"))[:20]


async def test_a_name_of_the_venue_alone_opens_nothing(exchange: Exchange) -> None:
    host, _, port = exchange.rest_url.removeprefix("http://").partition(":")
    said = b"GET /api/v3/ping HTTP/1.1\r\nHost: api.binance.com\r\nConnection: close\r\n\r\n"
    assert (await plain((host, int(port)), said)).startswith(b"HTTP/1.1 403 ")


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (b"CONNECT example.com:443 HTTP/1.1\r\n\r\n", b"403"),
        (b"CONNECT api.binance.com.example.com:443 HTTP/1.1\r\n\r\n", b"403"),
        (b"CONNECT 127.0.0.1:22 HTTP/1.1\r\n\r\n", b"403"),
        (b"CONNECT api.binance.com HTTP/1.1\r\n\r\n", b"403"),
        (b"GET http://api.binance.com/ HTTP/1.1\r\n\r\n", b"405"),
        (b"\x16\x03\x01\r\n\r\n", b"405"),
        (b"x" * tls_proxy.MOST_HEAD_BYTES, b"405"),
    ],
)
async def test_it_leads_nowhere_else(exchange: Exchange, said: bytes, status: bytes) -> None:
    answer = await plain(address(exchange), said)
    assert answer.split(b" ")[1] == status


async def test_a_reset_of_the_exchange_reaches_the_client() -> None:
    """It must not look like an orderly end, after which some clients ask again."""
    pytest.importorskip("trustme")

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        reset(writer.transport)

    venue = reserve(0, "--port", reuse=True)
    proxy = TlsProxy(venue.getsockname()[1], 1, Admitted())
    async with await asyncio.start_server(refuse, sock=venue):
        await proxy.start()
        try:
            with pytest.raises(ConnectionResetError):
                await _Through(proxy).get("api.binance.com", "/")
        finally:
            await proxy.close()


class _Through(Tunnel):
    def __init__(self, proxy: TlsProxy) -> None:
        environment = proxy.environment()
        self._trusting = ssl.create_default_context(cafile=environment["SSL_CERT_FILE"])
        self._address = ("127.0.0.1", int(environment["HTTPS_PROXY"].rpartition(":")[2]))


async def test_what_it_wrote_is_gone_when_it_ends() -> None:
    pytest.importorskip("trustme")
    proxy = TlsProxy(1, 1, Admitted())
    await proxy.start()
    authority = Path(proxy.environment()["SSL_CERT_FILE"])
    written = authority.read_bytes()  # noqa: ASYNC240 - nobody waits
    assert written.startswith(b"-----BEGIN CERTIFICATE-----")
    assert b"PRIVATE KEY" not in written
    await proxy.close()
    assert not authority.parent.exists()


async def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "trustme", None)
    with pytest.raises(ProxyError, match=r"mcp-server-binance\[tls\]"):
        TlsProxy(1, 1, Admitted())


async def test_it_goes_on_when_it_cannot_let_somebody_in(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the process has no file left to open."""
    loop, refused = asyncio.get_running_loop(), 0
    accept = loop.sock_accept
    monkeypatch.setattr(tls_proxy, "PAUSE_SECONDS", 0)

    async def full(sock: socket.socket) -> object:
        nonlocal refused
        found = await accept(sock)
        if refused == 2:
            return found
        refused += 1
        found[0].close()
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(loop, "sock_accept", full)
    for _ in range(4):  # the first is let in by the call that waits already
        with contextlib.suppress(OSError):
            await plain(address(exchange), b"GET / HTTP/1.1\r\n\r\n")
    assert refused == 2
    assert b" 405 " in await plain(address(exchange), b"GET / HTTP/1.1\r\n\r\n")
