"""Candles from before the source starts: held rows as they are, others summed from shorter ones.

A row counts as past only if it closed before the source starts; later rows (a recording of 2024 may come with files
up to 2026) are never looked at. The intervals held, and quarters of an hour, hours and days made of them, serve as
building blocks; they are kept in memory by whole UTC days, within a budget.
"""

from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Sequence

from binance_mcp_server.exchange.market.candles import Candle, candle_of, merge
from binance_mcp_server.exchange.market.intervals import DAY, HOUR, WIDTHS, Grid
from binance_mcp_server.exchange.numbers import SCALE
from binance_mcp_server.exchange.sources.base import (
    BoundedHistory,
    History,
    IntegerHistory,
    Integers,
    KlineRow,
)

_BLOCK_BUDGET = 60_000
"""Candles kept as building blocks below an hour, and as many of an hour and more: about 25 MB each."""

_DERIVED = ("15m", "1h", "1d")
"""Building blocks that are made when they are not held."""

_LONGEST_BLOCK = DAY


Key = tuple[str, str, int]
"""Symbol, interval, day."""


class Past:
    """The history of one symbol up to *start_ms* (exclusive), the beginning of its source."""

    def __init__(self, history: History, symbol: str, start_ms: int, blocks: "Blocks") -> None:
        self.start_ms = start_ms
        self._history = history
        self._integers = history if isinstance(history, IntegerHistory) else None
        self._symbol = symbol
        self._blocks = blocks
        self._held = [name for name in WIDTHS if name in history.intervals(symbol)]
        self._all_held = frozenset(history.intervals(symbol))
        self._tiers = self._with_derived()
        self._first: dict[str, int | None] = {}

    def holds(self, interval: str) -> bool:
        """Whether rows of this very interval are held."""
        return interval in self._all_held

    def rows(self, interval: str, start_ms: int, end_ms: int) -> Sequence[KlineRow]:
        """Held rows with ``start_ms <= open_time < end_ms``; *end_ms* is not after the start of the source."""
        return self._history.rows(self._symbol, interval, start_ms, end_ms - 1) or ()

    def first_open(self, interval: str) -> int | None:
        """Open time of the first row held of *interval*; ``None`` when there is none."""
        if interval not in self._first:
            self._first[interval] = self._look_for_first(interval)
        return self._first[interval]

    def base_of(self, grid: Grid) -> str | None:
        """The longest building block that whole candles of *grid* are made of."""
        fitting = [name for name in self._tiers if grid.is_made_of(WIDTHS[name])]
        return fitting[-1] if fitting else None

    def longer(self, base: str, width: int) -> list[str]:
        """*base* and the longer building blocks of the same origin that are shorter than *width*, shortest first."""
        origin = self.origin_of(base)
        return [
            name
            for name in self._tiers
            if WIDTHS[base] <= WIDTHS[name] < width and self.origin_of(name) == origin
        ]

    def origin_of(self, tier: str) -> str:
        """The held interval that a building block comes from."""
        return tier if tier in self._held else self.origin_of(self._source_of(tier))

    def three_day_origin(self) -> int | None:
        """An open time of a held three-day candle: what the symbol's three days are counted from."""
        return self.first_open("3d") if self.holds("3d") else None

    def pieces(self, tier: str, start_ms: int, end_ms: int) -> list[Candle]:
        """Candles of a building block with ``start_ms <= open_time < end_ms``, closed before the source starts."""
        end_ms = min(end_ms, self.start_ms)
        if self._integers and tier in self._held:
            latest = min(end_ms - 1, self.start_ms - WIDTHS[tier])
            read = self._integers.integers(self._symbol, tier, start_ms, latest)
            return [_candle(numbers) for numbers in read]
        found: list[Candle] = []
        for day in range(start_ms - start_ms % DAY, end_ms, DAY):
            block = self._block(tier, day)
            if day < start_ms or day + DAY > end_ms:
                block = [candle for candle in block if start_ms <= candle.open_time < end_ms]
            found += block
        return found

    def cover(self, start_ms: int, end_ms: int) -> list[Candle]:
        """The fewest candles that lie within the range and cover what is held of it, in order."""
        return self.cover_with(self._tiers, start_ms, end_ms)

    def cover_with(self, tiers: Sequence[str], start_ms: int, end_ms: int) -> list[Candle]:
        """The same of these building blocks alone, shortest first."""
        return self._cover(tiers, start_ms, min(end_ms, self.start_ms))

    def last_before(self, end_ms: int) -> Candle | None:
        """The held candle that closed last by *end_ms*, which may be long before it."""
        found = [(WIDTHS[name], self._last_row(name, end_ms)) for name in self._held]
        closed = [(row.open_time + width, -width, row) for width, row in found if row]
        return candle_of(max(closed)[2]) if closed else None

    def adjoins_start(self) -> bool:
        """Whether the history reaches up to the start: the last row that could have closed before it is held."""
        return any(
            self.rows(name, self.start_ms - 2 * WIDTHS[name] + 1, self.start_ms - WIDTHS[name] + 1)
            for name in self._held
        )

    def _last_row(self, interval: str, end_ms: int) -> KlineRow | None:
        """Looks back further and further, so that the usual case reads two rows."""
        width = WIDTHS[interval]
        latest = min(end_ms, self.start_ms) - width + 1
        reach = 2 * width
        while latest > 0:
            rows = self.rows(interval, max(0, latest - reach), latest)
            if rows:
                return rows[-1]
            if reach >= latest:
                break
            reach *= 8
        return None

    def _cover(self, tiers: Sequence[str], start_ms: int, end_ms: int) -> list[Candle]:
        if not tiers or start_ms >= end_ms:
            return []
        *shorter, name = tiers
        width = WIDTHS[name]
        first, last = start_ms + -start_ms % width, end_ms - end_ms % width
        middle = self.pieces(name, first, last) if first < last else []
        if not middle:
            return self._cover(shorter, start_ms, end_ms)
        first, last = middle[0].open_time, middle[-1].open_time + width
        left, right = self._cover(shorter, start_ms, first), self._cover(shorter, last, end_ms)
        return left + middle + right

    def _block(self, tier: str, day: int) -> list[Candle]:
        key = (self._symbol, tier, day)
        block = self._blocks.get(key)
        if block is None:
            block = (
                self._held_block(tier, day) if tier in self._held else self._made_block(tier, day)
            )
            self._blocks.put(key, block)
        return block

    def _held_block(self, tier: str, day: int) -> list[Candle]:
        latest = min(day + DAY, self.start_ms - WIDTHS[tier] + 1)
        if latest <= day:
            return []
        return [candle_of(row) for row in self.rows(tier, day, latest)]

    def _made_block(self, tier: str, day: int) -> list[Candle]:
        source, width = self._source_of(tier), WIDTHS[tier]
        if self._integers and source in self._held:
            sums = self._integers.sums(self._symbol, source, width, day, day + DAY)
            return [_candle(numbers) for numbers in sums]
        parts = self.pieces(source, day, day + DAY)
        opens = [part.open_time for part in parts]
        made: list[Candle] = []
        for start in range(day, day + DAY, width):
            if start + width > self.start_ms:
                break
            inside = parts[bisect_left(opens, start) : bisect_left(opens, start + width)]
            candle = merge(start, inside)
            if candle:
                made.append(candle)
        return made

    def _source_of(self, tier: str) -> str:
        return [name for name in self._tiers if _divides(name, tier)][-1]

    def _with_derived(self) -> list[str]:
        """Names of the building blocks, shortest first."""
        held = [name for name in self._held if WIDTHS[name] <= _LONGEST_BLOCK]
        made = [name for name in _DERIVED if any(_divides(shorter, name) for shorter in held)]
        return [name for name in WIDTHS if name in {*held, *made}]

    def _look_for_first(self, interval: str) -> int | None:
        if isinstance(self._history, BoundedHistory):
            return self._history.first_open(self._symbol, interval)
        rows = self.rows(interval, 0, self.start_ms)
        return rows[0].open_time if rows else None


class Blocks:
    """Building blocks by (symbol, interval, day): the least recently used leave first."""

    def __init__(self, budget: int = _BLOCK_BUDGET) -> None:
        self._short, self._long = _Shelf(budget), _Shelf(budget)

    def get(self, key: Key) -> list[Candle] | None:
        return self._shelf(key).get(key)

    def put(self, key: Key, block: list[Candle]) -> None:
        self._shelf(key).put(key, block)

    def _shelf(self, key: Key) -> "_Shelf":
        """Hours and days stand apart: the minutes that they are made of would push them out."""
        return self._long if WIDTHS[key[1]] >= HOUR else self._short


class _Shelf:
    def __init__(self, budget: int) -> None:
        self._budget = budget
        self._held = 0
        self._blocks: OrderedDict[Key, list[Candle]] = OrderedDict()

    def get(self, key: Key) -> list[Candle] | None:
        block = self._blocks.get(key)
        if block is not None:
            self._blocks.move_to_end(key)
        return block

    def put(self, key: Key, block: list[Candle]) -> None:
        self._blocks[key] = block
        self._held += len(block) + 1
        while self._held > self._budget and len(self._blocks) > 1:
            _, gone = self._blocks.popitem(last=False)
            self._held -= len(gone) + 1


def _candle(numbers: Integers) -> Candle:
    time_ms, opened, high, low, close, volume, quote, trades, taker_base, taker_quote = numbers
    return Candle(
        time_ms,
        opened,
        high,
        low,
        close,
        volume,
        quote * SCALE,
        trades,
        taker_base,
        taker_quote * SCALE,
    )


def _divides(shorter: str, longer: str) -> bool:
    return WIDTHS[shorter] < WIDTHS[longer] and WIDTHS[longer] % WIDTHS[shorter] == 0
