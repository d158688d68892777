"""``exchange --tls-proxy``: clients that know nothing but Binance's real names reach the exchange.

A proxy on loopback takes ``CONNECT api.binance.com:443``, ends the TLS of the connection with a certificate of its own
authority, and hands the bytes to the exchange's port. It connects to nothing but the exchange: any other name is
refused, so that a client which runs in its environment cannot reach the real venue by accident.

The authority is made at the start and its key never leaves the process. Clients are told to trust it by a file, and
they trust nothing else then.
"""

import asyncio
import contextlib
import logging
import socket
import ssl
import tempfile
from collections.abc import Coroutine
from pathlib import Path

from binance_mcp_server.exchange.http.guard import VENUE_HOSTS, Admitted
from binance_mcp_server.exchange.http.listener import LOOPBACK, reserve
from binance_mcp_server.exchange.http.severing import reset
from binance_mcp_server.exchange.ws.paths import HOSTS as STREAM_HOSTS

log = logging.getLogger(__name__)

MOST_HEAD_BYTES = 16 * 1024
"""Of a CONNECT request."""
HEAD_SECONDS = 10.0
"""How long it may take to come, and TLS to be agreed on."""
CHUNK_BYTES = 64 * 1024
PAUSE_SECONDS = 0.5
"""Before the next client is let in when there is no room for one."""


class ProxyError(RuntimeError):
    """The proxy cannot start; the message says why and what to do."""


class TlsProxy:
    """*rest* and *stream* are the exchange's ports; *admitted* learns which connections come from here."""

    def __init__(self, rest: int, stream: int, admitted: Admitted) -> None:
        self._ports = dict.fromkeys(VENUE_HOSTS, rest) | dict.fromkeys(STREAM_HOSTS, stream)
        self._admitted = admitted
        self._context, authority = _tls(sorted(self._ports))
        self._folder = tempfile.TemporaryDirectory(prefix="mcp-server-binance-")
        self._authority = Path(self._folder.name) / "ca.pem"
        self._authority.write_bytes(authority)
        self._socket: socket.socket | None = None
        self._acceptor: asyncio.Task[None] | None = None
        self._open: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen on a free port of loopback."""
        self._socket = reserve(0, "--tls-proxy", reuse=True)
        self._socket.setblocking(False)
        self._acceptor = asyncio.create_task(self._accept(self._socket), name="TLS proxy")

    async def close(self) -> None:
        """Cut everything; may be called twice."""
        tasks = [*self._open, *([self._acceptor] if self._acceptor else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._socket is not None:
            self._socket.close()
        self._folder.cleanup()

    def environment(self) -> dict[str, str]:
        """Under which a client finds the exchange by Binance's names; to be asked when it listens."""
        assert self._socket is not None  # noqa: S101 - started
        return {
            "HTTPS_PROXY": f"http://{LOOPBACK}:{self._socket.getsockname()[1]}",
            "SSL_CERT_FILE": str(self._authority),
            "REQUESTS_CA_BUNDLE": str(self._authority),
        }

    async def _accept(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                sock, _ = await loop.sock_accept(listening)
            except OSError as error:  # no file left to open, or a client that has gone already
                log.warning("a client of the proxy has to wait: %s", error)
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            sock.setblocking(False)
            task = asyncio.create_task(self._serve(sock), name="TLS proxy, a client")
            self._open.add(task)
            task.add_done_callback(self._open.discard)

    async def _serve(self, sock: socket.socket) -> None:
        with contextlib.suppress(OSError, TimeoutError):  # a client that goes is no error
            try:
                async with asyncio.timeout(HEAD_SECONDS):
                    port = await self._asked(sock)
            except BaseException:
                sock.close()
                raise
            if port is None:
                sock.close()
            else:
                await self._join(sock, port)

    async def _asked(self, sock: socket.socket) -> int | None:
        """The port that the client wants to be connected to; ``None`` when it was told that it cannot."""
        loop = asyncio.get_running_loop()
        head = b""
        while b"\r\n\r\n" not in head and len(head) < MOST_HEAD_BYTES:
            more = await loop.sock_recv(sock, 4096)
            if not more:
                return None
            head += more
        status, reason, port = self._judge(head)
        body = b"" if port is not None else f"{reason}\n".encode()
        length = b"" if port is not None else b"Content-Length: %d\r\n" % len(body)
        line = f"HTTP/1.1 {status}\r\n".encode()
        await loop.sock_sendall(sock, line + length + b"\r\n" + body)
        return port

    def _judge(self, head: bytes) -> tuple[str, str, int | None]:
        method, _, rest = head.partition(b"\r\n")[0].partition(b" ")
        if method != b"CONNECT":
            return "405 Method Not Allowed", "this proxy takes CONNECT only", None
        name = rest.partition(b" ")[0].rpartition(b":")[0].decode("latin-1").lower()
        if name not in self._ports:
            known = "this proxy leads to the embedded exchange, by Binance's names only"
            return "403 Forbidden", known, None
        return "200 Connection established", "", self._ports[name]

    async def _join(self, sock: socket.socket, port: int) -> None:
        """Both ways until either side ends; an end by reset is passed on as one."""
        near_reader, near = await _accepted(sock, self._context)
        venue = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        with contextlib.closing(near), self._admitted.address(venue):
            far_reader, far = await _connected(venue, port)
            with contextlib.closing(far):
                try:
                    await _both(_pump(near_reader, far), _pump(far_reader, near))
                except ConnectionResetError:
                    reset(near.transport)
                    reset(far.transport)


def _tls(names: list[str]) -> tuple[ssl.SSLContext, bytes]:
    """A server's context for *names*, and the certificate of its authority in PEM."""
    try:
        import trustme
    except ImportError:
        raise ProxyError(
            "--tls-proxy needs the package trustme: install mcp-server-binance[tls]"
        ) from None
    authority = trustme.CA(organization_name="mcp-server-binance, embedded exchange")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols(["http/1.1"])
    authority.issue_cert(*names).configure_cert(context)
    return context, authority.cert_pem.bytes()


async def _accepted(
    sock: socket.socket, context: ssl.SSLContext
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """TLS on a socket that was accepted, this side being the server."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    transport, _ = await loop.connect_accepted_socket(
        lambda: protocol, sock, ssl=context, ssl_handshake_timeout=HEAD_SECONDS
    )
    return reader, asyncio.StreamWriter(transport, protocol, reader, loop)


async def _connected(
    sock: socket.socket, port: int
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    try:
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, (LOOPBACK, port))
    except BaseException:
        sock.close()
        raise
    return await asyncio.open_connection(sock=sock)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(CHUNK_BYTES):
        writer.write(data)
        await writer.drain()


async def _both(*pumps: Coroutine[None, None, None]) -> None:
    """Until the first ends; raises what it raised."""
    tasks = [asyncio.ensure_future(pump) for pump in pumps]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()
