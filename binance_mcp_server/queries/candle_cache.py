"""Closed candles in bounded memory, with exact knowledge of what is known.

A block holds one contiguous stretch of time: every candle that opened in it is there, and where there is none, the
venue has none. So a request is answered from memory only if its whole range is known, holes of the venue included.
"""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import NamedTuple

from binance_mcp_server.market.intervals import Interval, shortest_length_ms
from binance_mcp_server.models.market import Kline

BLOCK_CANDLES = 500
_LONGEST_HOLE = 8  # blocks
MAX_CANDLES = 50_000
"""About 35 MB of candles."""


class Series(NamedTuple):
    """What candles are of."""

    symbol: str
    interval: Interval
    time_zone: str | None = None


@dataclass(slots=True)
class _Block:
    first_ms: int
    """Known from here …"""
    last_ms: int
    """… to here, both inclusive, by open time."""
    as_of_ms: int
    rows: dict[int, Kline] = field(default_factory=dict)
    """By open time, ascending."""


class Known(NamedTuple):
    """Candles from memory, ascending, and when the venue said the oldest of them."""

    rows: tuple[Kline, ...]
    as_of_ms: int


class CandleCache:
    """Least recently used blocks go first."""

    def __init__(self, max_candles: int = MAX_CANDLES) -> None:
        self._max = max_candles
        self._blocks: OrderedDict[tuple[Series, int], _Block] = OrderedDict()
        self._count = 0

    def __len__(self) -> int:
        """Candles held."""
        return self._count

    def add(self, series: Series, first_ms: int, rows: Sequence[Kline], as_of_ms: int) -> None:
        """Learn that *rows* (ascending, closed) are all candles that opened from *first_ms* to the end of the last."""
        if not rows:
            return
        width, last_ms = _width(series), rows[-1].close_time
        by_block: dict[int, list[Kline]] = {
            number: list(part) for number, part in groupby(rows, lambda row: row.open_time // width)
        }
        for number in _known_blocks([*by_block, last_ms // width]):
            low, high = number * width, (number + 1) * width - 1
            self._learn(
                (series, number),
                max(first_ms, low),
                min(last_ms, high),
                by_block.get(number, []),
                as_of_ms,
            )
        self._evict()

    def _learn(
        self, key: tuple[Series, int], low: int, high: int, rows: Sequence[Kline], as_of_ms: int
    ) -> None:
        old = self._blocks.pop(key, None)
        found = {row.open_time: row for row in rows}
        if old is not None:
            self._count -= len(old.rows)
            if low <= old.last_ms + 1 and old.first_ms <= high + 1:
                found = dict(sorted((old.rows | found).items()))
                low, high = min(low, old.first_ms), max(high, old.last_ms)
                as_of_ms = min(as_of_ms, old.as_of_ms)
        self._blocks[key] = _Block(low, high, as_of_ms, found)
        self._count += len(found)

    def _evict(self) -> None:
        while self._count > self._max or len(self._blocks) > self._max:
            _, block = self._blocks.popitem(last=False)
            self._count -= len(block.rows)

    def from_start(
        self, series: Series, start_ms: int, end_ms: int | None, limit: int
    ) -> Known | None:
        """The oldest *limit* candles that opened from *start_ms* to *end_ms*; ``None`` unless all that is known."""
        rows: list[Kline] = []
        as_of_ms, reached = None, start_ms
        for block in self._walk(series, start_ms, 1):
            if not block.first_ms <= reached <= block.last_ms:
                return None
            as_of_ms = block.as_of_ms if as_of_ms is None else min(as_of_ms, block.as_of_ms)
            until = block.last_ms if end_ms is None else min(block.last_ms, end_ms)
            rows.extend(row for row in block.rows.values() if start_ms <= row.open_time <= until)
            reached = block.last_ms + 1
            if len(rows) >= limit or (end_ms is not None and reached > end_ms):
                return Known(tuple(rows[:limit]), as_of_ms)
        return None

    def up_to_end(self, series: Series, end_ms: int, limit: int) -> Known | None:
        """The latest *limit* candles that opened up to *end_ms*; ``None`` unless all that is known."""
        rows: list[Kline] = []
        as_of_ms, reached = None, end_ms
        for block in self._walk(series, end_ms, -1):
            if not block.first_ms <= reached <= block.last_ms:
                return None
            as_of_ms = block.as_of_ms if as_of_ms is None else min(as_of_ms, block.as_of_ms)
            rows.extend(row for row in reversed(block.rows.values()) if row.open_time <= end_ms)
            reached = block.first_ms - 1
            if len(rows) >= limit:
                return Known(tuple(reversed(rows[:limit])), as_of_ms)
        return None

    def _walk(self, series: Series, from_ms: int, step: int) -> Iterator[_Block]:
        number = from_ms // _width(series)
        while (block := self._blocks.get((series, number))) is not None:
            self._blocks.move_to_end((series, number))
            yield block
            number += step


def _known_blocks(numbers: Sequence[int]) -> Iterator[int]:
    """*numbers* (ascending) and the empty blocks between them, but for the venue's very long holes."""
    before = numbers[0]
    for number in numbers:
        if number - before <= _LONGEST_HOLE:
            yield from range(before + 1, number)
        if number != before or number == numbers[0]:
            yield number
        before = number


def _width(series: Series) -> int:
    return BLOCK_CANDLES * shortest_length_ms(series.interval)
