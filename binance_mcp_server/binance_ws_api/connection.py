"""One WebSocket over picows: dial, send, close. The only socket I/O of ours.

picows is imported when the first connection is dialed, not with this module. Compression is never offered: unpacking
costs more than all the rest of the way.
"""

import asyncio
import functools
import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from binance_mcp_server import __version__
from binance_mcp_server.binance_ws_api.handlers import Handlers
from binance_mcp_server.binance_ws_api.handshake import cut_short, no_connection, refusal
from binance_mcp_server.venues import is_loopback

if TYPE_CHECKING:
    from picows import WSTransport

    from binance_mcp_server.binance_ws_api.listener import Listener

CONNECT_TIMEOUT: Final = 10.0
"""Seconds for name, TCP, proxy and TLS."""
HANDSHAKE_TIMEOUT: Final = 5.0
"""Seconds for the answer to the upgrade."""
GOING_AWAY: Final = 1001
_ENDPOINT: Final = "/stream"


def endpoint(stream_base: str, route: str = "") -> str:
    """The address of combined streams: USDⓈ-M has several, by *route* (``public``, ``market``)."""
    return f"{stream_base}{'/' + route if route else ''}{_ENDPOINT}"


class Connection:
    """An open WebSocket. Sending after its end does nothing."""

    def __init__(self, transport: "WSTransport", listener: "Listener") -> None:
        self._transport = transport
        self._listener = listener

    @property
    def is_open(self) -> bool:
        return not (self._transport.is_disconnected or self._transport.is_close_frame_sent)

    @property
    def faults(self) -> int:
        """Times that a handler raised, and frames of a kind that Binance does not send."""
        return self._listener.faults + self._listener.odd

    def send(self, payload: bytes) -> None:
        """A text frame."""
        from picows import WSMsgType

        self._transport.send(WSMsgType.TEXT, payload)

    def ping(self, payload: bytes) -> None:
        self._transport.send_ping(payload)

    def pong(self, payload: bytes) -> None:
        self._transport.send_pong(payload)

    def retire(self) -> None:
        """Close politely: frames may still come until the peer agrees, or for a few seconds."""
        self._listener.retire(self._transport)

    def abort(self, code: int, why: str) -> None:
        """Close at once: the peer may be dead."""
        self._listener.end(self._transport, code, why)


async def dial(
    url: str,
    handlers: Handlers,
    *,
    trust_env_proxy: bool = False,
    tls: ssl.SSLContext | None = None,
) -> Connection:
    """Open *url* (``ws`` or ``wss``). From then on *handlers* are told, ``opened`` first.

    Raises ``FirewallError`` (403), ``RegionError`` (451), ``ThrottledError`` (429), ``BannedError`` (418),
    ``UnavailableError`` (5xx), ``TransportError``; their texts hold no more of the address than the host.
    """
    given_up: list[bool] = []
    attempt = asyncio.ensure_future(
        _connect(url, handlers, lambda: not given_up, _proxy(url) if trust_env_proxy else None, tls)
    )
    try:
        return await asyncio.shield(attempt)
    except asyncio.CancelledError:
        # Cancelled between TCP and the upgrade, picows would leave a socket behind: let it come to its end by itself.
        given_up.append(True)
        attempt.add_done_callback(_forget)
        raise


def _forget(attempt: "asyncio.Future[Connection]") -> None:
    """Nobody waits for it: an error is no news, a connection is not kept."""
    if not attempt.cancelled() and attempt.exception() is None:
        attempt.result().abort(GOING_AWAY, "given up")


async def _connect(
    url: str,
    handlers: Handlers,
    wanted: Callable[[], bool],
    proxy: str | None,
    tls: ssl.SSLContext | None,
) -> Connection:
    from picows import WSHandshakeError, ws_connect

    from binance_mcp_server.binance_ws_api.listener import MAX_FRAME, Listener

    timeout = CONNECT_TIMEOUT + HANDSHAKE_TIMEOUT
    try:
        async with asyncio.timeout(timeout):
            transport, listener = await ws_connect(
                lambda: Listener(handlers, Connection, wanted),
                url,
                ssl_context=(tls or _trusted()) if url.startswith("wss:") else None,
                websocket_handshake_timeout=HANDSHAKE_TIMEOUT,
                enable_auto_pong=False,  # pongs count in the pace, which is not kept here
                max_frame_size=MAX_FRAME,
                extra_headers={"User-Agent": f"mcp-server-binance/{__version__}"},
                max_redirects=0,
                proxy=proxy,
            )
    except WSHandshakeError as error:
        raise refusal(error, url) from None
    except Exception as error:  # noqa: BLE001 - a library's text may hold the address, with a proxy's password
        raise no_connection(error, url, proxied=proxy is not None, timeout=timeout) from None
    if not isinstance(listener, Listener):  # picows takes a hang-up before the answer for an answer
        raise cut_short(url)
    return Connection(transport, listener)


@functools.cache
def _trusted() -> ssl.SSLContext:
    """Reading the authorities takes some 20 ms: once."""
    return ssl.create_default_context()


def _proxy(url: str) -> str | None:
    """The proxy of the environment for *url*; none for this machine."""
    parts = urlsplit(url)
    if is_loopback(url) or proxy_bypass(parts.hostname or ""):
        return None
    return getproxies().get("https" if parts.scheme == "wss" else "http")
