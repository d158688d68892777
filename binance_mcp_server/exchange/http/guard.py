"""Who may ask: the socket is on loopback, and so must be the name by which it was called.

A page in a browser can be made to call a loopback port by a name of its own (DNS rebinding), or from its own
origin. So every request has to carry a loopback ``Host``, and an ``Origin`` on the admin side must be loopback too.
"""

import contextlib
import socket
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from binance_mcp_server.exchange.http.answers import header, json_answer, send_answer

LOOPBACK_NAMES = frozenset(("127.0.0.1", "localhost", "::1"))
VENUE_HOSTS = frozenset(
    (
        *("api.binance.com", "api-gcp.binance.com", "data-api.binance.vision"),
        *(f"api{number}.binance.com" for number in range(1, 5)),
        *("fapi.binance.com", "dapi.binance.com", "eapi.binance.com", "papi.binance.com"),
        *("ws-api.binance.com", "ws-fapi.binance.com", "ws-dapi.binance.com"),
        *("testnet.binance.vision", "api1.testnet.binance.vision"),
        *("ws-api.testnet.binance.vision", "demo-api.binance.com", "demo-ws-api.binance.com"),
        *("demo-fapi.binance.com", "demo-dapi.binance.com"),
    )
)
"""Of REST and the WebSocket API, on all of the venue's own markets and on its two for practice (rest-api.md,
web-socket-api.md, testnet/ and demo-mode/general-info.md, read 2026-11-24)."""


def host_name(host: bytes) -> str | None:
    """The name in a ``Host``, without a port; ``None`` if it is none."""
    return _name_of(f"//{host.decode('latin-1')}")


@lru_cache(maxsize=64)
def is_loopback_host(host: bytes) -> bool:
    """``127.0.0.1:8080``, ``localhost``, ``[::1]:1`` …: a loopback name with any port or none."""
    return host_name(host) in LOOPBACK_NAMES


def is_loopback_origin(origin: bytes) -> bool:
    """``http://localhost:3000`` …; ``null`` is not."""
    return _name_of(origin.decode("latin-1")) in LOOPBACK_NAMES


def _name_of(address: str) -> str | None:
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return None
    return parts.hostname if parts.username is None and not parts.path.strip("/") else None


class Admitted:
    """Connections that may call the exchange by the venue's names: those that the TLS proxy opens, known by their own
    address. A page in a browser cannot open one."""

    def __init__(self) -> None:
        self._addresses: set[tuple[str, int]] = set()

    def __contains__(self, address: object) -> bool:
        return address in self._addresses

    @contextlib.contextmanager
    def address(self, sock: socket.socket) -> Iterator[None]:
        """*sock* gets an address of its own, which is admitted meanwhile."""
        sock.bind(("127.0.0.1", 0))
        address = sock.getsockname()
        self._addresses.add(address)
        try:
            yield
        finally:
            self._addresses.discard(address)


class LoopbackGuard:
    """ASGI: only requests to a loopback name pass, and *admitted* ones to a name of the venue; *admin* paths only by a
    loopback name, from a loopback origin or none."""

    def __init__(self, app: ASGIApp, *, admin: str, admitted: Admitted | None = None) -> None:
        self._app = app
        self._admin = admin
        self._admitted = admitted or Admitted()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self.refusal(scope)
        if refusal is None:
            await self._app(scope, receive, send)
        else:
            await send_answer(scope, send, json_answer(403, {"error": refusal}))

    def refusal(self, scope: Scope) -> str | None:
        """Why a request does not pass, by its path, headers and client."""
        if not (is_loopback_host(header(scope, b"host")) or self._is_admitted(scope)):
            return "this exchange answers to loopback names only: 127.0.0.1, localhost or [::1]"
        origin = header(scope, b"origin")
        if origin and self._is_admin(scope) and not is_loopback_origin(origin):
            return "the admin side takes requests from loopback origins only"
        return None

    def _is_admitted(self, scope: Scope) -> bool:
        known = host_name(header(scope, b"host")) in VENUE_HOSTS
        return known and scope.get("client") in self._admitted and not self._is_admin(scope)

    def _is_admin(self, scope: Scope) -> bool:
        path: str = scope["path"]
        return path.startswith(self._admin)
