"""The venues: hosts and capabilities, as a pure table.

Hosts: rest-api.md, web-socket-streams.md, web-socket-api.md, faqs/market_data_only.md and demo-mode/general-info.md
of Binance's spot documents, read 2026-11-22. Futures: "General Info" of the USDⓈ-M and COIN-M documents
(developers.binance.com/docs/derivatives) and the official SDK's constants, read 2026-11-22. Binance.US: its own API
documents (docs.binance.us); it trades no futures.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args
from urllib.parse import urlsplit

Market = Literal["spot", "usdm", "coinm"]
MARKETS: tuple[Market, ...] = get_args(Market)
BUILT_MARKETS: frozenset[Market] = frozenset(MARKETS)
"""Products that this release serves."""
PRODUCT_NAMES: dict[Market, str] = {"spot": "spot", "usdm": "USDⓈ-M", "coinm": "COIN-M"}
"""What Binance calls them."""

VenueName = Literal["live", "us", "testnet", "demo", "sim"]
VENUES: tuple[VenueName, ...] = get_args(VenueName)


@dataclass(frozen=True, slots=True)
class Hosts:
    """Addresses of one product at one venue; no trailing slash."""

    rest: str
    stream: str
    ws_api: str
    mirror: str = ""
    """Public market data without an account and without regional refusal; empty where there is none."""
    stream_mirror: str = ""
    """The same for streams."""
    stream_path: str = ""
    """What comes before ``/ws`` and ``/stream`` in a stream's address. USDⓈ-M's routes (``/public``, ``/market``) are
    its own: they follow from the stream."""
    lacks: frozenset[str] = field(default_factory=frozenset)
    """REST paths of this product that the venue does not serve."""
    by_status: bool = True
    """Whether figures can be asked for symbols of a status alone (``symbolStatus``, rest-api.md, since 2025-10-28)."""


MIRROR_PATHS: frozenset[str] = frozenset(
    f"/api/v3/{name}"
    for name in (
        "aggTrades",
        "avgPrice",
        "depth",
        "exchangeInfo",
        "klines",
        "ping",
        "ticker",
        "ticker/24hr",
        "ticker/bookTicker",
        "ticker/price",
        "time",
        "trades",
        "uiKlines",
    )
)
"""What the mirror documents (faqs/market_data_only.md, read 2026-11-22)."""

_NEWER = frozenset(
    f"/api/v3/{name}"
    for name in (
        "executionRules",
        "historicalBlockTrades",
        "referencePrice",
        "referencePrice/calculation",
    )
)
"""Endpoints of 2026 that Binance.US has not announced."""

_TABLE: dict[tuple[VenueName, Market], Hosts] = {
    ("live", "spot"): Hosts(
        rest="https://api.binance.com",
        stream="wss://stream.binance.com:9443",
        ws_api="wss://ws-api.binance.com:443/ws-api/v3",
        mirror="https://data-api.binance.vision",
        stream_mirror="wss://data-stream.binance.vision",
    ),
    ("us", "spot"): Hosts(
        rest="https://api.binance.us",
        stream="wss://stream.binance.us:9443",
        ws_api="wss://ws-api.binance.us:443/ws-api/v3",
        lacks=_NEWER | {"/api/v3/ticker/tradingDay", "/api/v3/uiKlines"},
        by_status=False,
    ),
    ("testnet", "spot"): Hosts(
        rest="https://testnet.binance.vision",
        stream="wss://stream.testnet.binance.vision",
        ws_api="wss://ws-api.testnet.binance.vision/ws-api/v3",
    ),
    ("demo", "spot"): Hosts(
        rest="https://demo-api.binance.com",
        stream="wss://demo-stream.binance.com",
        ws_api="wss://demo-ws-api.binance.com/ws-api/v3",
    ),
    ("live", "usdm"): Hosts(
        rest="https://fapi.binance.com",
        stream="wss://fstream.binance.com",
        ws_api="wss://ws-fapi.binance.com/ws-fapi/v1",
        by_status=False,
    ),
    ("testnet", "usdm"): Hosts(
        rest="https://testnet.binancefuture.com",
        stream="wss://fstream.binancefuture.com",
        ws_api="wss://testnet.binancefuture.com/ws-fapi/v1",
        by_status=False,
    ),
    ("demo", "usdm"): Hosts(  # its WebSocket API is documented nowhere
        rest="https://demo-fapi.binance.com",
        stream="wss://demo-fstream.binance.com",
        ws_api="",
        by_status=False,
    ),
    ("live", "coinm"): Hosts(
        rest="https://dapi.binance.com",
        stream="wss://dstream.binance.com",
        ws_api="wss://ws-dapi.binance.com/ws-dapi/v1",
        by_status=False,
    ),
    ("testnet", "coinm"): Hosts(
        rest="https://testnet.binancefuture.com",
        stream="wss://dstream.binancefuture.com",
        ws_api="wss://testnet.binancefuture.com/ws-dapi/v1",
        by_status=False,
    ),
    ("demo", "coinm"): Hosts(
        rest="https://demo-dapi.binance.com",
        stream="wss://demo-dstream.binance.com",
        ws_api="",
        by_status=False,
    ),
}

_BEYOND_MIRROR = _NEWER | {"/api/v3/historicalTrades", "/api/v3/ticker/tradingDay"}
"""What the mirror does not document."""

_BINANCE_DOMAINS = ("binance.com", "binance.us", "binance.vision", "binancefuture.com")
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def hosts(venue: VenueName, market: Market) -> Hosts | None:
    """Addresses of *market* at *venue*; ``None`` where the venue is given its addresses at start (``sim``)
    or does not trade it."""
    return _TABLE.get((venue, market))


def at(rest: str, stream: str, ws_api: str, market: Market = "spot") -> Hosts:
    """Addresses of *market* that the owner chose; what they can do is known where the REST host is one of the table's.

    On loopback there is an embedded exchange, which serves all products on the same two ports, by path.
    """
    if market != "spot":
        path = "/coinm" if market == "coinm" and is_loopback(stream) else ""
        return Hosts(rest, stream, ws_api, stream_path=path, by_status=False)
    for known in _TABLE.values():
        if rest == known.rest:
            return Hosts(rest, stream, ws_api, lacks=known.lacks, by_status=known.by_status)
        if rest == known.mirror:
            return Hosts(rest, stream, ws_api, lacks=_BEYOND_MIRROR)
    return Hosts(rest, stream, ws_api)


def beside(spot: Hosts, market: Market) -> Hosts:
    """Where *market* is at the embedded exchange whose spot addresses are known."""
    if market == "spot":
        return spot
    return at(spot.rest, spot.stream, "", market)


def is_plain_address(url: str, schemes: Sequence[str], *, with_path: bool = False) -> bool:
    """Whether *url* is one of *schemes*, a host and perhaps a port, and nothing else that two programs could read
    in two ways; a path only where it is admitted."""
    if not (url.isascii() and url.isprintable()) or any(mark in url for mark in "\\@?# "):
        return False
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    return (
        parts.scheme in schemes
        and bool(parts.hostname)
        and port != 0
        and (with_path or not parts.path)
    )


def is_loopback(url: str) -> bool:
    """Whether *url* points at this machine."""
    return (urlsplit(url).hostname or "") in _LOOPBACK


def is_binance(url: str) -> bool:
    """Whether *url* is an encrypted address of one of Binance's own hosts."""
    parts = urlsplit(url)
    name = parts.hostname or ""
    return parts.scheme in {"https", "wss"} and any(
        name == domain or name.endswith(f".{domain}") for domain in _BINANCE_DOMAINS
    )


def as_market(text: str) -> Market | None:
    """*text* as a product name, or ``None``."""
    return text if text in MARKETS else None
