"""Errors of the futures that spot does not have, or words otherwise.

Codes: "Error Codes" of both products (read 2026-11-24). Where the live venue's words differ from the page they are the
live venue's: of -1003 as users report them since 2021, of -4021 as measured on 2026-09-15 and 2026-10-07.
"""

from functools import partial

from binance_mcp_server.exchange.wire.errors import VenueError
from binance_mcp_server.exchange.wire.limits import Refusals


def start_after_end() -> VenueError:
    return VenueError(-1023, "Start time is greater than end time.")


def too_long(hours: int) -> VenueError:
    return VenueError(-1127, f"More than {hours} hours between startTime and endTime.")


def bad_key() -> VenueError:
    return VenueError(-2014, "API-key format invalid.", status=401)


def bad_depth_limit(limit: int) -> VenueError:
    return VenueError(-4021, f"{limit} is not valid depth limit")


def bad_pair() -> VenueError:
    return VenueError(-4144, "Invalid pair")


def too_long_ago() -> VenueError:
    return VenueError(-4166, "Search window is restricted to recent 2 days only.")


def too_much_weight(ip: str, limit: int, retry_after: int) -> VenueError:
    return VenueError(
        -1003,
        f"Too many requests; current limit of IP({ip}) is {limit} requests per minute. "
        "Please use the websocket for live updates to avoid polling the API.",
        status=429,
        retry_after=retry_after,
    )


def banned(ip: str, until_ms: int, retry_after: int) -> VenueError:
    return VenueError(
        -1003,
        f"Way too many requests; IP({ip}) banned until {until_ms}. "
        "Please use the websocket for live updates to avoid bans.",
        status=418,
        retry_after=retry_after,
    )


def of_limits(ip: str) -> Refusals:
    """What is said to an IP that passes the limit."""
    return Refusals(weight=partial(too_much_weight, ip), ban=partial(banned, ip))
