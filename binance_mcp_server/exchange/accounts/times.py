"""Whether a signed request comes in time (rest-api.md "Timing security", read 2026-11-24). Pure.

A timestamp is in ms or µs, told apart by its size as everywhere; ``recvWindow`` is in ms with up to three decimals.
Inside, everything is whole µs.
"""

import re
from collections.abc import Sequence

from binance_mcp_server.exchange.accounts import refusals
from binance_mcp_server.exchange.wire import errors
from binance_mcp_server.exchange.wire.params import MICROSECONDS_FROM

DEFAULT_WINDOW_US = 5_000_000
LONGEST_WINDOW_US = 60_000_000
_AHEAD_US = 1_000_000
_US = 1_000

DECIMAL_RANGE = r"^([0-9]{1,20})(\.[0-9]{1,20})?$"
_DECIMAL = re.compile(r"([0-9]{1,20})(?:\.([0-9]{1,20}))?", re.ASCII)


def read_window(text: str | None) -> int:
    """``recvWindow`` → µs. Raises -1100 (not a number), -1111 (more than three decimals), -1131 (too long)."""
    if text is None:
        return DEFAULT_WINDOW_US
    match = _DECIMAL.fullmatch(text)
    if match is None:
        raise errors.illegal_characters("recvWindow", DECIMAL_RANGE)
    fraction = (match[2] or "").rstrip("0")
    if len(fraction) > 3:
        raise refusals.too_precise("recvWindow")
    window = int(match[1]) * _US + int(fraction.ljust(3, "0"))
    if window > LONGEST_WINDOW_US:
        raise refusals.window_too_long()
    return window


def check_times(timestamp: int, window_us: int, clocks: Sequence[int]) -> None:
    """Raises -1021 when the request is a second or more ahead, or older than its window.

    *clocks*: the times (ms) of the venue. A replay has two, what it says and the machine's; a request that fits
    either is in time, one that fits none is told about the nearer.
    """
    sent = timestamp if timestamp >= MICROSECONDS_FROM else timestamp * _US
    ages = [now * _US - sent for now in clocks]
    if not any(-_AHEAD_US < age <= window_us for age in ages):
        raise refusals.too_late() if min(ages, key=abs) > 0 else refusals.too_early()
