"""Subscriptions, and what they come to, as flat facts."""

from typing import Any

from binance_mcp_server.binance_ws_api.kinds import Spec
from binance_mcp_server.binance_ws_api.subscription import Subscription
from binance_mcp_server.commands.views.base import untrusted
from binance_mcp_server.market.times import format_time
from binance_mcp_server.mcp_support.tables import Cell, Facts
from binance_mcp_server.models.info import SymbolInfo

COLUMNS = ["id", "stream", "market", "state", "received", "dropped", "gaps_unrepaired"]
ALL_COLUMNS = [
    *COLUMNS,
    *("kind", "symbol", "buffer", "created", "last_event", "duplicates", "reordered", "repaired"),
    *("malformed", "reconnects", "delivered"),
]
_MOST_RANGES = 10
_COUNTERS = ("received", "duplicates", "reordered", "repaired", "malformed", "reconnects")
_MONEY = frozenset(
    {
        *("trade", "aggTrade", "blockTrade", "bookTicker", "depth", "partialDepth", "liquidation"),
        "account",
    }
)
"""Kinds with prices and quantities."""
_PRICES = frozenset({"avgPrice", "referencePrice", "markPrice"})
_FIRST_NOTES = {
    "connecting": "the venue has not acknowledged it yet",
    "live": "acknowledged; no data yet",
}


def opened(subscription: Subscription, info: SymbolInfo | None) -> Facts:
    """A new subscription; *info* of its symbol."""
    spec, stream = subscription.spec, subscription.stream
    facts: Facts = {
        "id": subscription.id,
        "stream": untrusted(spec.name, 80),
        "kind": spec.kind,
        "market": spec.market,
        **({"symbol": untrusted(spec.symbol)} if spec.symbol else {}),
        "state": stream.state,
        "buffer": subscription.buffer,
        "units": units(spec, info),
    }
    if info is not None and info.status != "TRADING":
        facts["not_trading"] = [untrusted(spec.symbol)]
    if not stream.first_frame:
        facts["note"] = _FIRST_NOTES.get(stream.state, f"no data yet; the stream is {stream.state}")
    return facts


def units(spec: Spec, info: SymbolInfo | None) -> str:
    """What the numbers of the stream count."""
    price = untrusted(info.quote_asset) if info else "each symbol's quote asset"
    size = untrusted(info.base_asset) if info else "its base asset"
    if spec.market == "coinm":
        size = "contracts"
    if spec.kind in _PRICES:
        return f"prices in {price}"
    what = "quantities" if spec.kind in _MONEY else "volumes"
    return f"prices in {price}, {what} in {size}"


def caveats(subscription: Subscription) -> Facts:
    """What a reader has to know of the stream now; nothing while all is well."""
    stream = subscription.stream
    facts: Facts = {}
    if stream.state != "live":
        facts["state"] = stream.state
    if stream.stale:
        facts["stale"] = True
    if stream.repairing:
        facts["repairing"] = True
    if subscription.closed:
        facts["closed"] = subscription.closed
    return facts


def losses(subscription: Subscription) -> Facts:
    """What was lost since the subscription."""
    ranges = [list(each) for each in subscription.dropped_ranges[-_MOST_RANGES:]]
    return {
        "dropped": subscription.dropped,
        **({"dropped_ranges": ranges} if ranges else {}),
        "gaps_unrepaired": subscription.gaps_unrepaired,
    }


def closed(subscription: Subscription) -> Facts:
    """A subscription that has ended, with its last counters."""
    stream = subscription.stream
    return {
        "id": subscription.id,
        "stream": untrusted(subscription.spec.name, 80),
        "closed": subscription.closed,
        "delivered": subscription.delivered,
        **{name: getattr(stream, name) for name in _COUNTERS},
        **losses(subscription),
    }


def row(subscription: Subscription) -> dict[str, Cell]:
    """Every column of one subscription in a list."""
    spec, stream = subscription.spec, subscription.stream
    last: Any = stream.last_event_ms
    return {
        "id": subscription.id,
        "stream": untrusted(spec.name, 80),
        "market": spec.market,
        "state": stream.state,
        "dropped": subscription.dropped,
        "gaps_unrepaired": subscription.gaps_unrepaired,
        "kind": spec.kind,
        "symbol": untrusted(spec.symbol) or None,
        "buffer": subscription.buffer,
        "delivered": subscription.delivered,
        "created": format_time(subscription.created_ms // 1000 * 1000),
        "last_event": format_time(last) if last else None,
        **{name: getattr(stream, name) for name in _COUNTERS},
    }
