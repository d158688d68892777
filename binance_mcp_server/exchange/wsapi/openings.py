"""How a connection was opened: the path and the query of its handshake. Pure.

web-socket-api.md "General API Information" and "How to show/hide rate limit information" (read 2026-11-24).
"""

from typing import NamedTuple
from urllib.parse import parse_qsl

from binance_mcp_server.exchange.wire import errors

PATH = "/ws-api/v3"
_SCALES = {"MILLISECOND": 1, "millisecond": 1, "MICROSECOND": 1000, "microsecond": 1000}


class Opening(NamedTuple):
    """What a client asked for when it connected."""

    scale: int = 1
    """1: times in ms; 1000: in µs."""
    return_limits: bool = True
    """Whether replies show the rate limits when nothing is said."""


def read_query(query: str) -> Opening:
    """Raises :class:`~.wire.errors.VenueError`: -1194 on another unit of time, -1130 on no boolean, -1155 on SBE."""
    values = dict(parse_qsl(query, keep_blank_values=True))
    scale = _SCALES.get(values.get("timeUnit", "MILLISECOND"))
    if scale is None:
        raise errors.bad_time_unit()
    if values.get("responseFormat", "json").lower() != "json":
        raise errors.no_sbe()
    limits = values.get("returnRateLimits", "true")
    if limits not in {"true", "false"}:
        raise errors.invalid("returnRateLimits")
    return Opening(scale, limits == "true")
