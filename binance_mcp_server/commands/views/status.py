"""The status of venue and server as flat facts."""

from collections.abc import Sequence

from binance_mcp_server import __version__
from binance_mcp_server.access.limits import Snapshot
from binance_mcp_server.market.times import format_time
from binance_mcp_server.mcp_support.tables import Facts
from binance_mcp_server.queries.status import Status
from binance_mcp_server.settings import Settings


def facts(
    settings: Settings,
    status: Status,
    futures: Snapshot | None = None,
    toolsets: Sequence[str] | None = None,
) -> Facts:
    """What was found, what is used of the limits (of the *futures*' too, once they were asked), what is served."""
    found: Facts = {
        "venue": settings.label,
        "as_of": format_time(status.as_of_ms // 1000 * 1000),
        "reachable": status.failure is None,
        "ping_ms": status.ping_ms,
        "clock_offset_ms": status.offset_ms,
        **_caveats(status),
        **(_limits(status.limits) if status.limits else {}),
        **(_futures_limits(futures) if futures else {}),
        "markets": list(settings.markets),
        "toolsets": list(settings.served_toolsets if toolsets is None else toolsets),
        "credentials": "found" if settings.keys.is_given else "none (market data needs none)",
        "server": f"mcp-server-binance {__version__}",
    }
    return {name: value for name, value in found.items() if value not in (None, "")}


def _caveats(status: Status) -> Facts:
    if status.failure is not None:
        return {"error": status.failure.message, "do": status.failure.advice}
    if status.source == "mirror":
        words = "the venue refuses this region (451); its public mirror answers"
        return {"source": "mirror", "partial": words}
    return {}


def _futures_limits(used: Snapshot) -> Facts:
    """USDⓈ-M and COIN-M count together."""
    return {
        "futures_weight_used": used.used,
        "futures_weight_limit": used.limit,
        "futures_weight_window_s": used.window_seconds,
        "futures_paused_until": format_time(used.paused_until) if used.paused_until else None,
        "futures_banned_until": format_time(used.banned_until) if used.banned_until else None,
    }


def _limits(used: Snapshot) -> Facts:
    return {
        "weight_used": used.used,
        "weight_limit": used.limit,
        "weight_window_s": used.window_seconds,
        "requests_used": used.raw_used,
        "requests_limit": used.raw_limit,
        "requests_window_s": used.raw_window_seconds,
        "weight_includes_other_programs": used.source == "header",
        "weight_shared_by_processes": used.shared,
        "paused_until": format_time(used.paused_until) if used.paused_until else None,
        "banned_until": format_time(used.banned_until) if used.banned_until else None,
    }
