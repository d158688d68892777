"""Who may ask: the socket is on loopback, and so must be the name by which it was called.

A page in a browser can be made to call a loopback port by a name of its own (DNS rebinding), or from its own
origin. So every request has to carry a loopback ``Host``, and an ``Origin`` on the admin side must be loopback too.
"""

from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from binance_mcp_server.exchange.http.answers import header, json_answer, send_answer

LOOPBACK_NAMES = frozenset(("127.0.0.1", "localhost", "::1"))


def host_name(host: bytes) -> str | None:
    """The name in a ``Host``, without a port; ``None`` if it is none."""
    return _name_of(f"//{host.decode('latin-1')}")


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


class LoopbackGuard:
    """ASGI: only requests to a loopback name pass; *admin* paths only from a loopback origin or none."""

    def __init__(self, app: ASGIApp, *, admin: str) -> None:
        self._app = app
        self._admin = admin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self._refusal(scope)
        if refusal is None:
            await self._app(scope, receive, send)
        else:
            await send_answer(scope, send, json_answer(403, {"error": refusal}))

    def _refusal(self, scope: Scope) -> str | None:
        if not is_loopback_host(header(scope, b"host")):
            return "this exchange answers to loopback names only: 127.0.0.1, localhost or [::1]"
        origin = header(scope, b"origin")
        if origin and scope["path"].startswith(self._admin) and not is_loopback_origin(origin):
            return "the admin side takes requests from loopback origins only"
        return None
