"""What a failed attempt to open a WebSocket means: one error of ours, in words that hold no address but the host.

HTTP statuses: rest-api.md "HTTP Return Codes" and "IP Limits" of Binance's spot documents (2026-07-21), read
2026-11-22; the stream hosts stand behind the same front.
"""

import os
import re
import socket
import ssl
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from binance_mcp_server.binance_api.errors_map import SHORTEST_BAN, Answer, error_of, seconds
from binance_mcp_server.binance_ws_api.signals import Failure
from binance_mcp_server.errors import (
    BannedError,
    BinanceMcpError,
    FirewallError,
    RegionError,
    TransportError,
)

if TYPE_CHECKING:
    from picows import WSHandshakeError

REGION_ADVICE: Final = (
    "Binance does not serve this from here. Spot streams of market data are also on"
    " wss://data-stream.binance.vision (BINANCE_MCP_STREAM_URL); in the USA use venue `us`; offline use"
    " venue `sim`."
)
FIREWALL_ADVICE: Final = (
    "The venue's web firewall refused it: too many connections from this address, or a blocked network. Do not"
    " repeat it; wait some minutes. Spot streams of market data are also on wss://data-stream.binance.vision"
    " (BINANCE_MCP_STREAM_URL)."
)
_STATUS: Final = re.compile(rb"HTTP/\d\.\d (\d{3})\b")


def failure_of(error: BinanceMcpError) -> Failure:
    """What the protocol core makes of it: whether to try again, and when."""
    final = isinstance(error, FirewallError | RegionError)
    return Failure(error.message, final=final, wait=error.retry_after or 0.0)


def refusal(error: "WSHandshakeError", url: str) -> BinanceMcpError:
    """The server answered, but not with a WebSocket."""
    found = _STATUS.match(error.raw_header or b"")
    if found is None:
        return _final(
            f"{host_of(url)} did not answer in HTTP.", "Is this the right address and port?"
        )
    headers = error.response.headers if error.response is not None else {}
    answer = Answer(
        status=int(found[1]),
        body=error.raw_body or b"",
        host=host_of(url),
        retry_after=headers.get("Retry-After"),
        location=headers.get("Location"),
    )
    return _error_of(answer)


def _error_of(answer: Answer) -> BinanceMcpError:
    if answer.status == 101:
        return _final(
            f"The WebSocket handshake of {answer.host} is not valid.", "Is something in between?"
        )
    if answer.status == 418:
        said = seconds(answer.retry_after)
        return BannedError(
            f"{answer.host} has banned this address (HTTP 418).",
            advice="Nothing is sent until the ban ends.",
            retry_after=SHORTEST_BAN if said is None else said,
        )
    error = error_of(answer)
    if isinstance(error, RegionError):
        error.advice = REGION_ADVICE
    elif isinstance(error, FirewallError):
        error.advice = FIREWALL_ADVICE
    return error


def cut_short(url: str) -> TransportError:
    """The server hung up before it answered."""
    return TransportError(f"{host_of(url)} hung up before it answered.", advice="Try again.")


def no_connection(error: Exception, url: str, *, proxied: bool, timeout: float) -> TransportError:
    """No answer at all: what the network, TLS or a proxy did, in words of ours."""
    host, via = host_of(url), " through the proxy" if proxied else ""
    if isinstance(error, ssl.SSLError):
        return _final(
            f"No trusted TLS connection to {host}{via}.",
            "Something in between presents another certificate; add its authority to SSL_CERT_FILE.",
        )
    if isinstance(error, socket.gaierror):
        return TransportError(
            f"The name {host} is not known here{via}.", advice="Check the network and DNS."
        )
    if isinstance(error, TimeoutError):
        return TransportError(
            f"No answer from {host}{via} within {timeout:g} s.", advice="Try again."
        )
    if isinstance(error, OSError):
        reason = f": {os.strerror(error.errno)}" if error.errno else ""
        return TransportError(
            f"No connection to {host}{via}{reason}.",
            advice="Check the network; `doctor` tells more. A proxy is taken from HTTPS_PROXY.",
        )
    if proxied and not isinstance(error, ValueError):
        return _final(
            f"The proxy refused the way to {host}.", "Check HTTPS_PROXY and its credentials."
        )
    return _final(
        f"No connection to {host}{via} is possible.", "Check the address and HTTPS_PROXY."
    )


def host_of(url: str) -> str:
    """Host and port of *url*; never a user's name or password."""
    return urlsplit(url).netloc.rpartition("@")[2]


def _final(message: str, advice: str) -> TransportError:
    error = TransportError(message, advice=advice)
    error.retryable = False
    return error
