"""Where a connection is opened: its path and query → what it is. Pure.

web-socket-streams.md "General WSS information" (read 2026-11-22): ``/ws/<name>`` is raw, ``/stream?streams=<a>/<b>``
combined, ``timeUnit=MICROSECOND`` in the query. Both may name nothing and subscribe later; ccxt opens ``/ws/0``,
``/ws/1``: a number is no stream.

All products share one port, by path. Spot has no prefix. USDⓈ-M has the venue's own: ``/public``, ``/market``,
``/private`` (page "WebSocket Market Streams", read 2026-11-22); its host without one, here also ``/usdm``, behaves like
``/public``. The real COIN-M host has no prefix, so here it is ``/coinm``. The ``Host`` of a real client that was led
here decides as well.
"""

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from binance_mcp_server.exchange.engine.rules import Product
from binance_mcp_server.exchange.ws.names import MARKET, PRIVATE, PUBLIC

_USDM_HOST = "fstream.binance.com"
HOSTS: Mapping[str, Product] = {
    "stream.binance.com": "spot",
    "data-stream.binance.vision": "spot",
    _USDM_HOST: "usdm",
    "dstream.binance.com": "coinm",
    "stream.testnet.binance.vision": "spot",
    "demo-stream.binance.com": "spot",
    "demo-fstream.binance.com": "usdm",
    "demo-dstream.binance.com": "coinm",
}
"""Of the venue and of its two for practice, by product."""
_ROUTES = (PUBLIC, MARKET, PRIVATE)
_SCALES = {"MILLISECOND": 1, "millisecond": 1, "MICROSECOND": 1000, "microsecond": 1000}


class PathError(Exception):
    """Nothing can be opened there: ``status`` is the HTTP answer."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Opening(NamedTuple):
    """What a client asked for when it connected."""

    product: Product
    route: str | None
    """Of USDⓈ-M; ``None``: every stream of the product."""
    combined: bool
    names: tuple[str, ...]
    """Streams to begin with, as they were spelled."""
    scale: int
    """1: times in ms; 1000: in µs."""


def read_target(target: bytes, host: str) -> Opening:
    """The request target, and the host's name without a port. Raises :class:`PathError`."""
    path, _, query = target.partition(b"?")
    parts = [_text(part) for part in path.split(b"/") if part]
    product, route, parts = _product(parts, host)
    match parts:
        case ["ws", *names]:
            combined = False
        case ["stream"]:
            combined, names = True, _streams(query)
        case _:
            raise PathError(404, "there is /ws/<stream> and /stream?streams=<stream>/<stream>")
    kept = dict.fromkeys(name for name in names if name and not name.isdigit())
    scale = _scale(query) if product == "spot" else 1
    return Opening(product, route, combined, tuple(kept), scale)


def _product(parts: list[str], host: str) -> tuple[Product, str | None, list[str]]:
    """Product, route and the path without its prefix."""
    if parts[:1] == ["coinm"]:
        return "coinm", None, parts[1:]
    if parts[:1] == ["usdm"]:
        host, parts = _USDM_HOST, parts[1:]
    if parts and parts[0] in _ROUTES:
        return "usdm", parts[0], parts[1:]
    product = HOSTS.get(host, "spot")
    return product, PUBLIC if product == "usdm" else None, parts


def _streams(query: bytes) -> list[str]:
    return [_text(name) for value in _values(query, b"streams") for name in value.split(b"/")]


def _scale(query: bytes) -> int:
    scale = 1
    for value in _values(query, b"timeUnit"):
        unit = _text(value)
        if unit not in _SCALES:
            raise PathError(400, "timeUnit is MILLISECOND or MICROSECOND")
        scale = _SCALES[unit]
    return scale


def _values(query: bytes, name: bytes) -> list[bytes]:
    """Raw: a ``+`` stays one, it belongs to the name of a time zone."""
    pairs = (part.partition(b"=") for part in query.split(b"&"))
    return [value for key, _, value in pairs if key == name]


def _text(raw: bytes) -> str:
    try:
        return unquote_to_bytes(raw).decode()
    except UnicodeDecodeError:
        raise PathError(400, "names are percent-encoded UTF-8") from None
