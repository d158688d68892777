"""Candle intervals and ticker windows: what the venue takes, and what people mean.

Intervals: rest-api.md, klines; windows: rest-api.md, ticker; both read 2026-11-22.
"""

import re
from typing import Literal

from binance_mcp_server.errors import InputError

Interval = Literal[
    "1s", "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d", "3d", "1w", "1M"
]  # fmt: skip

_SECOND, _MINUTE, _HOUR, _DAY = 1000, 60_000, 3_600_000, 86_400_000
LENGTHS_MS: dict[Interval, int | None] = {
    "1s": _SECOND,
    "1m": _MINUTE,
    "3m": 3 * _MINUTE,
    "5m": 5 * _MINUTE,
    "15m": 15 * _MINUTE,
    "30m": 30 * _MINUTE,
    "1h": _HOUR,
    "2h": 2 * _HOUR,
    "4h": 4 * _HOUR,
    "6h": 6 * _HOUR,
    "8h": 8 * _HOUR,
    "12h": 12 * _HOUR,
    "1d": _DAY,
    "3d": 3 * _DAY,
    "1w": 7 * _DAY,
    "1M": None,
}
"""Length of each interval in ms; months have none."""

INTERVALS: tuple[Interval, ...] = tuple(LENGTHS_MS)
_SHORTEST_MONTH = 28 * _DAY
_MEAN_MONTH = 2_629_746_000

_UNITS = {
    "s": _SECOND,
    "sec": _SECOND,
    "second": _SECOND,
    "m": _MINUTE,
    "min": _MINUTE,
    "minute": _MINUTE,
    "": _MINUTE,  # charting programs write 60 for an hour
    "h": _HOUR,
    "hr": _HOUR,
    "hour": _HOUR,
    "d": _DAY,
    "day": _DAY,
    "w": 7 * _DAY,
    "wk": 7 * _DAY,
    "week": 7 * _DAY,
    "mo": _MEAN_MONTH,
    "mon": _MEAN_MONTH,
    "month": _MEAN_MONTH,
}
_WORDS = {"minutely": "1m", "hourly": "1h", "daily": "1d", "weekly": "1w", "monthly": "1M"}


def parse_interval(text: str) -> Interval:
    """*text* as one of the venue's sixteen; case matters (``1m`` is a minute, ``1M`` a month).

    Raises :class:`InputError` with the nearest for others.
    """
    if text in LENGTHS_MS:
        return text
    guess = _nearest(text)
    meant = f"Did you mean {guess}? " if guess else ""
    raise InputError(
        f"Unknown interval {text[:20]!r}.", advice=f"{meant}Intervals: {', '.join(INTERVALS)}."
    )


def _nearest(text: str) -> str | None:
    plain = text.strip().lower()
    if plain in _WORDS:
        return _WORDS[plain]
    match = re.fullmatch(r"([0-9]{0,6})\s*([a-z]*)", plain)
    unit = _UNITS.get(match[2]) or _UNITS.get(match[2].removesuffix("s")) if match else None
    if match is None or unit is None or not plain:
        return None
    length = int(match[1] or 1) * unit
    return min(INTERVALS, key=lambda interval: abs(mean_length_ms(interval) - length))


def mean_length_ms(interval: Interval) -> int:
    """Length for estimates; a month counts 30.4 days."""
    return LENGTHS_MS[interval] or _MEAN_MONTH


def shortest_length_ms(interval: Interval) -> int:
    """A length that no candle of *interval* falls short of."""
    return LENGTHS_MS[interval] or _SHORTEST_MONTH


WINDOWS = "24h, day (the trading day), 1m to 59m, 1h to 23h, 1d to 7d"
_WINDOW_LIMITS = {"m": 59, "h": 23, "d": 7}


def parse_window(text: str) -> str:
    """*text* as a ticker window: ``24h`` (rolling), ``day`` (trading day) or ``1m``…``59m``, ``1h``…``23h``,
    ``1d``…``7d``. Raises :class:`InputError` that names what is allowed."""
    plain = text.strip()
    if plain in {"24h", "day"}:
        return plain
    match = re.fullmatch(r"([1-9][0-9]?)([mhd])", plain)
    if match and int(match[1]) <= _WINDOW_LIMITS[match[2]]:
        return plain
    guess = None if re.fullmatch(r"[0-9]*\s*M", plain) else _nearest_window(plain.lower())
    meant = f"Did you mean {guess}? " if guess else ""
    raise InputError(f"Unknown window {text[:20]!r}.", advice=f"{meant}Windows: {WINDOWS}.")


def _nearest_window(plain: str) -> str | None:
    if plain in {"24h", "day"}:
        return plain
    if plain in {"today", "tradingday", "trading day"}:
        return "day"
    match = re.fullmatch(r"([0-9]{0,4})\s*([a-z]+)", plain)
    unit = _UNITS.get(match[2]) or _UNITS.get(match[2].removesuffix("s")) if match else None
    if match is None or unit is None:
        return None
    minutes = int(match[1] or 1) * unit // 60_000
    if minutes < 60:
        return f"{max(minutes, 1)}m"
    return f"{minutes // 60}h" if minutes < 1440 else f"{min(minutes // 1440, 7)}d"
