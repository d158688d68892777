"""One request over aiohttp: status, the headers that matter, the whole body. The only HTTP I/O of ours.

aiohttp is imported when the first request is made, not with this module.
"""

import os
import time
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from binance_mcp_server import __version__
from binance_mcp_server.errors import TransportError
from binance_mcp_server.venues import is_loopback

if TYPE_CHECKING:
    import aiohttp
    from yarl import URL

MAX_BODY: Final = 64 * 1024 * 1024
"""Bytes, unpacked."""
MAX_CONNECTIONS: Final = 50
"""In all: a client has one host, or its mirror instead."""
CONNECT_TIMEOUT: Final = 5.0
_IDLE: Final = 30.0
_DNS_AGE: Final = 300
_AT_ONCE: Final = 0.002
"""Seconds; a kept connection is there sooner."""


@dataclass(slots=True)
class _Passage:
    """How far the request at hand came."""

    asked: bool = False
    """It asked for a connection."""
    connected: bool = False
    """It got one: from here on the venue may have seen it."""


_passage: ContextVar[_Passage] = ContextVar("passage")


@dataclass(slots=True)
class Raw:
    """An answer as it came."""

    status: int
    body: bytes
    used_weight: str | None
    retry_after: str | None = None
    location: str | None = None
    date: str | None = None
    order_counts: dict[int, int] = field(default_factory=dict)
    """What the venue counts of this account's unfilled orders: seconds of the interval → orders."""


class RetryableTransportError(TransportError):
    """Nothing usable came, in a way that another try may heal at once."""


class HeldBackError(TransportError):
    """Nothing was sent: while the request waited for a connection, the venue asked to stop."""

    sent = False


class _CutError(Exception):
    """A connection was lost, and aiohttp is about to send again by itself, which the ledger would not know of."""


class Transport:
    """Connections that are kept and shared. Raises ``TransportError``; its texts never hold a query or a secret."""

    def __init__(
        self, *, timeout: float, trust_env_proxy: bool, may_send: Callable[[], bool]
    ) -> None:
        self._may_send = may_send
        """Asked again when a connection was not there at once: whether the venue still wants to hear from us."""
        self._timeout = timeout
        self._trust_env_proxy = trust_env_proxy
        self._session: aiohttp.ClientSession | None = None
        self._client: Any = None
        self._url: type[URL] | None = None
        self._proxies: dict[str, str | None] = {}
        self._closed = False
        self._failures: tuple[type[Exception], ...] = ()
        self._used = self._date = ""

    def _open(self) -> "aiohttp.ClientSession":
        import aiohttp
        from multidict import istr
        from yarl import URL

        if self._closed:
            error = TransportError("The client is closed.")
            error.retryable = False
            raise error
        self._client, self._url = aiohttp, URL
        self._used, self._date = istr("X-MBX-USED-WEIGHT-1M"), istr("Date")
        self._failures = (
            aiohttp.ClientError,
            aiohttp.http.HttpProcessingError,
            _CutError,
            OSError,
            ValueError,
        )
        self._session = aiohttp.ClientSession(
            connector=_pool(aiohttp, self._may_send),
            timeout=aiohttp.ClientTimeout(
                total=self._timeout, sock_connect=min(CONNECT_TIMEOUT, self._timeout)
            ),
            headers={
                "User-Agent": f"mcp-server-binance/{__version__}",
                "Accept-Encoding": "gzip, deflate",
            },
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        return self._session

    async def send(
        self,
        base: str,
        url: str,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
    ) -> Raw:
        """*method* on *url*, which is percent-encoded already and lies below *base*. It leaves once at the most.

        The ``sent`` of an error says whether it left.
        """
        session = self._session or self._open()
        proxy = self._proxy(base) if self._trust_env_proxy else None
        address = self._url(url, encoded=True)  # type: ignore[misc]
        response: aiohttp.ClientResponse | None = None
        passage = _Passage()
        _passage.set(passage)
        try:
            response = await session.request(
                method, address, allow_redirects=False, proxy=proxy, headers=headers
            )
            answered, status = response.headers, response.status
            raw = Raw(status, await _body(response.content, base), answered.get(self._used))
            raw.date = answered.get(self._date)
            if method != "GET":
                raw.order_counts = _order_counts(answered)
            if status != 200:
                raw.retry_after = answered.get("Retry-After")
                raw.location = answered.get("Location")
        except self._failures as error:
            translated = self._translate(error, base, proxy)
            translated.sent = passage.connected
            raise translated from None
        else:
            return raw
        finally:
            if response is not None:
                response.close()  # by now the connection is back in the pool, unless the body was not read whole

    def _proxy(self, base: str) -> str | None:
        """The proxy of the environment for *base*, looked up once; none for this machine."""
        if base not in self._proxies:
            parts = urlsplit(base)
            direct = is_loopback(base) or proxy_bypass(parts.hostname or "")
            self._proxies[base] = None if direct else getproxies().get(parts.scheme)
        return self._proxies[base]

    def _translate(self, error: BaseException, base: str, proxy: str | None) -> TransportError:
        """What happened, in words of ours: a library's may hold the address with its query or a proxy's password."""
        lib, host = self._client, urlsplit(base).netloc.rpartition("@")[2]
        via = " through the proxy" if proxy else ""
        if isinstance(error, lib.ClientConnectorCertificateError | lib.ClientSSLError):
            return _final(
                f"No trusted TLS connection to {host}{via}.",
                "Something in between presents another certificate; add its authority to SSL_CERT_FILE.",
            )
        if isinstance(error, lib.ClientHttpProxyError):
            return _final(
                f"The proxy refused the way to {host} (HTTP {error.status}).",
                "Check HTTPS_PROXY and its credentials.",
            )
        if isinstance(error, ValueError):
            return _final(
                f"No request to {host}{via} is possible.", "Check the address and HTTPS_PROXY."
            )
        if isinstance(error, lib.ClientConnectorDNSError):
            return RetryableTransportError(
                f"The name {host} is not known here{via}.", advice="Check the network and DNS."
            )
        if isinstance(error, lib.ConnectionTimeoutError | lib.ClientConnectorError):
            return RetryableTransportError(
                f"No connection to {host}{via}{_reason(error)}.",
                advice="Check the network; `doctor` tells more. A proxy is taken from HTTPS_PROXY.",
            )
        if isinstance(error, TimeoutError):
            return TransportError(
                f"No answer from {host}{via} within {self._timeout:g} s.", advice="Try again."
            )
        return RetryableTransportError(
            f"The answer of {host}{via} was cut off or cannot be unpacked.", advice="Try again."
        )

    async def close(self) -> None:
        """Close all connections. Idempotent."""
        self._closed = True
        session, self._session = self._session, None
        if session is not None:
            await session.close()


_COUNT_HEADER: Final = "x-mbx-order-count-"
_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def _order_counts(headers: Mapping[str, str]) -> dict[int, int]:
    """``X-MBX-ORDER-COUNT-10S`` and its like (rest-api.md "Unfilled Order Count", read 2026-11-24)."""
    found: dict[int, int] = {}
    for name, value in headers.items():
        interval = name.lower().removeprefix(_COUNT_HEADER)
        number, unit = interval[:-1], interval[-1:]
        if len(interval) == len(name) or unit not in _UNITS:
            continue
        if number.isdecimal() and value.isdecimal() and len(number) < 6 > len(value) - 4:
            found[int(number) * _UNITS[unit]] = int(value)
    return found


async def _body(content: "aiohttp.StreamReader", base: str) -> bytes:
    first = await content.readany()
    if content.at_eof():
        if len(first) > MAX_BODY:
            raise _too_large(base)
        return first
    parts, size = [first], len(first)
    while chunk := await content.readany():
        parts.append(chunk)
        size += len(chunk)
        if size > MAX_BODY:
            raise _too_large(base)
    return b"".join(parts)


def _too_large(base: str) -> TransportError:
    host = urlsplit(base).netloc.rpartition("@")[2]
    return _final(f"The answer of {host} is larger than {MAX_BODY >> 20} MiB.", "Ask for less.")


def _final(message: str, advice: str) -> TransportError:
    error = TransportError(message, advice=advice)
    error.retryable = False
    return error


def _reason(error: BaseException) -> str:
    """The operating system's word for it."""
    system = getattr(error, "os_error", None)
    if isinstance(system, OSError) and system.errno:
        return f": {os.strerror(system.errno)}"
    return ""


def _pool(lib: Any, may_send: Callable[[], bool]) -> "aiohttp.BaseConnector":
    """Connections with a guard before each use: nothing leaves twice, and nothing after the venue said stop."""

    class Pool(lib.TCPConnector):  # type: ignore[misc]
        async def connect(self, req: Any, traces: Any, timeout: Any) -> Any:
            passage = _passage.get()
            if passage.asked:
                raise _CutError
            passage.asked = True
            asked = time.monotonic()
            connection = await super().connect(req, traces, timeout)
            if time.monotonic() - asked > _AT_ONCE and not may_send():
                connection.release()
                raise HeldBackError("Held back: the venue asked to stop.")
            passage.connected = True
            return connection

    pool: aiohttp.BaseConnector = Pool(
        limit=MAX_CONNECTIONS,
        ttl_dns_cache=_DNS_AGE,
        keepalive_timeout=_IDLE,
    )
    return pool
