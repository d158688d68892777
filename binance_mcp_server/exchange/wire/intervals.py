"""Intervals, windows and time zones as parameters (rest-api.md, read 2026-11-22)."""

import re

from binance_mcp_server.exchange.wire import errors

INTERVALS = frozenset(
    (
        "1s",
        "1m",
        "3m",
        "5m",
        "15m",
        "30m",
        "1h",
        "2h",
        "4h",
        "6h",
        "8h",
        "12h",
        "1d",
        "3d",
        "1w",
        "1M",
    )
)
"""Case-sensitive."""

_WINDOW = re.compile(r"([1-9][0-9]?)([mhd])", re.ASCII)
_WINDOW_UNITS = {"m": (59, 60_000), "h": (23, 3_600_000), "d": (7, 86_400_000)}
"""Unit → the most of it, and its length in ms."""
_ZONE = re.compile(r"([+-]?)([0-9]{1,2})(?::([0-5][0-9]))?", re.ASCII)
_WEST, _EAST = -12 * 60, 14 * 60


def parse_interval(text: str) -> str:
    """A kline interval; raises -1120."""
    if text not in INTERVALS:
        raise errors.bad_interval()
    return text


def parse_window(text: str) -> int:
    """``1m`` … ``59m``, ``1h`` … ``23h``, ``1d`` … ``7d`` → ms; raises -1130."""
    match = _WINDOW.fullmatch(text)
    if match:
        most, length = _WINDOW_UNITS[match[2]]
        if int(match[1]) <= most:
            return int(match[1]) * length
    raise errors.invalid("windowSize")


def parse_zone(text: str) -> int:
    """``8``, ``-1:00``, ``05:45`` → minutes east of UTC, within -12:00 … +14:00; raises -1130."""
    match = _ZONE.fullmatch(text)
    if match:
        minutes = int(match[2]) * 60 + int(match[3] or 0)
        offset = -minutes if match[1] == "-" else minutes
        if _WEST <= offset <= _EAST:
            return offset
    raise errors.invalid("timeZone")
