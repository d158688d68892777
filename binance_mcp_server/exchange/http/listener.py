"""Ports on loopback, and the HTTP server on one of them."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable, Iterator
from typing import cast

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from binance_mcp_server.exchange.http.bounds import bounded
from binance_mcp_server.exchange.http.corking import corked
from binance_mcp_server.exchange.http.severing import severable

LOOPBACK = "127.0.0.1"
SHUTDOWN_SECONDS = 1
"""How long requests under way may take to end."""


class PortInUseError(OSError):
    """The port asked for cannot be had."""

    def __init__(self, port: int, option: str, reason: OSError) -> None:
        super().__init__(
            f"cannot use port {port} on {LOOPBACK} ({reason.strerror or reason}): choose another with "
            f"{option}, or {option} 0 for any free port"
        )


def reserve(port: int, option: str, *, reuse: bool) -> socket.socket:
    """A bound socket on loopback; port 0 takes any free one. Raises :class:`PortInUseError`.

    With *reuse* a port that was in use a moment ago can be had, and the socket listens at once: callers wait until
    they are served.
    """
    # Named as TCP, or asyncio does not switch Nagle off: small answers would wait 40 ms for an acknowledgement.
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if reuse:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((LOOPBACK, port))
        if reuse:  # two sockets may share a port until one of them listens
            sock.listen()
    except (OSError, OverflowError) as error:
        sock.close()
        reason = error if isinstance(error, OSError) else OSError(f"not a port: {port}")
        raise PortInUseError(port, option, reason) from None
    return sock


class _Server(uvicorn.Server):
    """uvicorn inside a loop that is not its own: it leaves the signals alone and says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self.listening.set()


def _not_cut_on_purpose(record: logging.LogRecord) -> bool:
    """An answer that is left unfinished is an error to uvicorn; here a test has asked for it."""
    return "without completing response" not in record.getMessage()


class Listener:
    """Serves one ASGI application on one socket."""

    def __init__(
        self, app: ASGIApp, sock: socket.socket, ws: Callable[..., asyncio.Protocol] | None = None
    ) -> None:
        """*ws* makes what takes over a connection that is upgraded to a WebSocket."""
        config = uvicorn.Config(
            app,
            lifespan="off",
            http=severable(corked(bounded(AutoHTTPProtocol))),
            ws=cast("type[asyncio.Protocol]", ws) if ws else "none",
            access_log=False,
            proxy_headers=False,  # nobody may say that he is another: limits are per address
            log_config=None,
            server_header=False,
            date_header=False,  # REST answers carry what the venue says the time is
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        )
        logging.getLogger("uvicorn.error").addFilter(_not_cut_on_purpose)
        self._server = _Server(config)
        self._sock = sock
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Returns when it listens."""
        self._task = asyncio.create_task(self._server.serve(sockets=[self._sock]))
        ready = asyncio.create_task(self._server.listening.wait())
        await asyncio.wait({self._task, ready}, return_when=asyncio.FIRST_COMPLETED)
        if not ready.done():
            ready.cancel()
            await self._task
            raise RuntimeError("the HTTP server ended before it listened")

    async def stop(self) -> None:
        """Requests under way get :data:`SHUTDOWN_SECONDS` to end."""
        self._server.should_exit = True
        if self._task is not None:
            await self._task
        self._sock.close()
