"""Candle intervals and where their candles open.

Intervals are those of the venue's klines (rest-api.md "Kline/Candlestick data", read 2026-11-22). Candles up to
12 hours open at multiples of their width since the epoch, days at midnight, weeks on Monday, months on the first,
all in the time zone asked for. Three-day candles of the real venue are counted from the day a symbol was listed
(measured on the kline files of BTCUSDT and SOLUSDT), so their grid has a phase of its own for each symbol.
"""

import calendar
import time
from collections.abc import Mapping
from dataclasses import dataclass

SECOND = 1_000
MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR

WIDTHS: Mapping[str, int] = {
    "1s": SECOND,
    "1m": MINUTE,
    "3m": 3 * MINUTE,
    "5m": 5 * MINUTE,
    "15m": 15 * MINUTE,
    "30m": 30 * MINUTE,
    "1h": HOUR,
    "2h": 2 * HOUR,
    "4h": 4 * HOUR,
    "6h": 6 * HOUR,
    "8h": 8 * HOUR,
    "12h": 12 * HOUR,
    "1d": DAY,
    "3d": 3 * DAY,
    "1w": 7 * DAY,
}
"""Widths in ms of the intervals that have a fixed one."""

MONTH = "1M"
INTERVALS = (*WIDTHS, MONTH)
"""All intervals, shortest first."""

LISTING_DAY = 1_502_928_000_000
"""2017-08-17: the day that three-day candles are counted from when a symbol's own is not known (it is BTCUSDT's)."""

_MONDAY = 4 * DAY  # the epoch was a Thursday; 1970-01-05 the first Monday
_LONGEST_MONTH = 31 * DAY
_SHORTEST_MONTH = 28 * DAY


@dataclass(frozen=True, slots=True)
class Grid:
    """The open times of one interval's candles. All times are ms since the epoch, UTC."""

    interval: str
    offset_ms: int = 0
    """The time zone that candles are cut in, ms ahead of UTC."""
    three_day_origin: int = LISTING_DAY

    @property
    def width(self) -> int:
        """Width in ms; of a month, the most that it can be."""
        return WIDTHS.get(self.interval, _LONGEST_MONTH)

    @property
    def phase(self) -> int:
        """Where candles of a fixed width open, modulo the width, ms."""
        origins = {"1w": _MONDAY, "3d": self.three_day_origin}
        return (origins.get(self.interval, 0) - self.offset_ms) % self.width

    def floor(self, at_ms: int) -> int:
        """Open time of the candle that contains *at_ms*."""
        if self.interval == MONTH:
            return _month_start(_month_of(at_ms + self.offset_ms)) - self.offset_ms
        return at_ms - (at_ms - self.phase) % self.width

    def shift(self, open_ms: int, count: int) -> int:
        """Open time of the candle that is *count* candles after (before, if negative) the one at *open_ms*."""
        if self.interval == MONTH:
            month = _month_of(open_ms + self.offset_ms) + count
            return _month_start(month) - self.offset_ms
        return open_ms + count * self.width

    def ceil(self, at_ms: int) -> int:
        """The first open time at or after *at_ms*."""
        opens = self.floor(at_ms)
        return opens if opens == at_ms else self.shift(opens, 1)

    def most_until(self, at_ms: int) -> int:
        """No more candles than this open between the epoch and *at_ms*."""
        return at_ms // WIDTHS.get(self.interval, _SHORTEST_MONTH) + 1

    def is_made_of(self, width: int) -> bool:
        """Whether whole candles of *width* ms, opening at multiples of it, make up each candle of this grid."""
        if self.interval == MONTH:
            return DAY % width == 0 and self.offset_ms % width == 0
        return self.width % width == 0 and self.phase % width == 0


def _month_of(local_ms: int) -> int:
    """Months since year 0."""
    day = time.gmtime(local_ms // SECOND)
    return day.tm_year * 12 + day.tm_mon - 1


def _month_start(month: int) -> int:
    year, index = divmod(month, 12)
    return calendar.timegm((year, index + 1, 1, 0, 0, 0)) * SECOND
