"""Pages of candles with their evidence, and how they become one answer."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from binance_mcp_server.models.market import Kline
from binance_mcp_server.queries.answer import Answer
from binance_mcp_server.queries.fetch import joined

NOWHERE = 2**62


@dataclass(frozen=True, slots=True)
class CandlePage:
    """Candles, oldest first."""

    rows: Sequence[Kline]
    next_start_ms: int | None
    """Where the range goes on, as the next ``start_ms``; ``None`` at its end."""
    open: bool
    """The last row is not closed yet, or not provably so: its figures may still change."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Candles so far, and how many the range has room for: fewer come where the venue has holes."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Part:
    """One page with its evidence."""

    rows: tuple[Kline, ...]
    answer: Answer[None]
    open: bool
    more: bool
    """There may be further candles beyond, in the direction of reading."""
    begins_ms: int
    ends_ms: int
    """The stretch of time, ends included, whose candles these are all."""

    @property
    def next_ms(self) -> int:
        return self.ends_ms + 1

    def cut(self, limit: int) -> "Part":
        """The first *limit* rows of this page."""
        if len(self.rows) <= limit:
            return self
        rows = self.rows[:limit]
        return replace(self, rows=rows, open=False, ends_ms=rows[-1].close_time)


def remembered(rows: tuple[Kline, ...], as_of_ms: int, limit: int) -> Part:
    """Candles from memory, where *limit* were wanted."""
    return part_of(rows, Answer(None, as_of_ms, "cache"), limit, open=False)


def part_of(rows: tuple[Kline, ...], evidence: Answer[None], limit: int, *, open: bool) -> Part:
    """An answer: where it has as many rows as were asked for, there may be more."""
    begins_ms, ends_ms = (rows[0].open_time, rows[-1].close_time) if rows else (NOWHERE, 0)
    return Part(rows, evidence, open, len(rows) >= limit, begins_ms, ends_ms)


def rows_in(parts: Sequence[Part]) -> int:
    """How many candles *parts* hold."""
    return sum(len(part.rows) for part in parts)


def page_of(parts: Sequence[Part], next_ms: int | None) -> Answer[CandlePage]:
    """*parts*, oldest first, as one."""
    rows = [row for part in parts for row in part.rows]
    is_open = next((part.open for part in reversed(parts) if part.rows), False)
    return joined(CandlePage(rows, next_ms, is_open), [part.answer for part in parts])
