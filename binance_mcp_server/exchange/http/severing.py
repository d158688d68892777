"""Connections that end without an answer: kept silent for a while, then reset.

ASGI has no word for that, so uvicorn's protocol of HTTP is given one: every scope carries a way to reset its
connection.
"""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable
from functools import partial
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from binance_mcp_server.exchange.clock import Clock

RESET = "exchange.reset"
"""In ``scope["extensions"]``: a function without arguments."""
_RST = struct.pack("ii", 1, 0)  # SO_LINGER on, 0 s: closing resets


def severable(protocol: type[Any]) -> type[asyncio.Protocol]:
    """One of uvicorn's protocols, whose scopes have :data:`RESET`."""

    class Severable(protocol):  # type: ignore[misc]
        app: ASGIApp

        def connection_made(self, transport: asyncio.Transport) -> None:
            super().connection_made(transport)
            self.app = _with_reset(self.app, transport)

    return Severable


def _with_reset(app: ASGIApp, transport: asyncio.Transport) -> ASGIApp:
    async def carry(scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("extensions", {})[RESET] = partial(reset, transport)
        await app(scope, receive, send)

    return carry


def reset(transport: asyncio.WriteTransport) -> None:
    """End a connection by RST; what waits to be sent is lost."""
    sock = transport.get_extra_info("socket")
    with contextlib.suppress(OSError):  # it is gone already
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RST)
    transport.abort()


def reset_of(scope: Scope) -> Callable[[], None]:
    """What resets the connection of *scope*; does nothing where there is none, as in a test without sockets."""
    found: Callable[[], None] = scope.get("extensions", {}).get(RESET, lambda: None)
    return found


async def sever(scope: Scope, receive: Receive, clock: Clock, seconds: float) -> None:
    """Answer an HTTP request with nothing: silence for *seconds*, unless the client goes before; then RST.

    Returns when the connection is gone; the application must not send anything then.
    """
    gone = asyncio.ensure_future(_disconnected(receive))
    if seconds:
        waiting = asyncio.ensure_future(clock.sleep(seconds))
        try:
            await asyncio.wait({waiting, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
    if RESET not in scope.get("extensions", {}):
        gone.cancel()
        return
    reset_of(scope)()
    await gone


async def _disconnected(receive: Receive) -> None:
    message = await receive()
    while message["type"] != "http.disconnect":  # a body that nobody has read
        await asyncio.sleep(0)
        message = await receive()
