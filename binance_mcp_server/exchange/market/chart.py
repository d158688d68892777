"""The candles of one symbol: its past, the part that the source plays, and the candle where the two meet.

- A candle that closed before the source starts comes from history: the held row digit by digit, or else the sum of
  the longest held shorter interval that its grid is made of. Where nothing held fits, there is none.
- A candle that opens at the start or later is computed from trades alone.
- The candle that contains the start is the sum of the shorter history candles that closed before the start and of
  the trades since. What neither covers (the last seconds before the start, or all of it when there is no history)
  is missing from it.
- From its first candle on, the played part has no holes: a candle without trades stays at the close before it, with
  zero volume. The first one contains the first trade; if history reaches up to the start, it contains the start.
- A symbol that has not traded since the start has no played part: of a held interval its rows are all there is, of
  any other the unfinished candle is what history gives of it.
- A candle that opens after the venue's present time does not exist.

Ranges, as the venue takes them (rest-api.md "Kline/Candlestick data", read 2026-11-22): by open time, both ends
inclusive, always UTC; with a start the oldest candles from there, without one the newest.
"""

from collections.abc import Iterable, Sequence

from binance_mcp_server.exchange.engine.rules import SPOT_PLACES, Places
from binance_mcp_server.exchange.market.candles import Candle, merge
from binance_mcp_server.exchange.market.intervals import (
    HOUR,
    LISTING_DAY,
    MINUTE,
    SECOND,
    WIDTHS,
    Grid,
)
from binance_mcp_server.exchange.market.past import Past
from binance_mcp_server.exchange.market.series import Series
from binance_mcp_server.exchange.market.tape import Tape
from binance_mcp_server.exchange.market.types import Trade
from binance_mcp_server.exchange.sources.base import KlineRow

_WIDEST_LOOK = 1 << 62
"""Ends the search for rows in a history: later than any time."""


class Chart:
    """Trades in, candles out."""

    def __init__(self, past: Past, tape: Tape | None = None, places: Places = SPOT_PLACES) -> None:
        self.past = past
        self.tape = Tape() if tape is None else tape
        self._places = places
        self._minutes = Series(MINUTE)
        self._hours = Series(HOUR)
        self._first_trade_ms: int | None = None
        self._before_start: int | None = None  # the close that the played part continues from
        self._three_day_origin = past.three_day_origin() or LISTING_DAY

    def add(self, trade: Trade) -> bool:
        """Take in the next trade; one that was there already changes nothing and gives ``False``."""
        if not self.tape.add(trade):
            return False
        if self._first_trade_ms is None:
            self._first_trade_ms = trade.time
            self._before_start = self._last_close_of_past() if self.past.adjoins_start() else None
        self._minutes.add(trade)
        self._hours.add(trade)
        return True

    def grid(self, interval: str, offset_minutes: int) -> Grid:
        """Where candles of *interval* open. Raises ``KeyError`` for an interval that does not exist."""
        return Grid(interval, offset_minutes * MINUTE, self._three_day_origin)

    def rows(
        self, grid: Grid, *, start_ms: int | None, end_ms: int | None, limit: int, now_ms: int
    ) -> list[KlineRow]:
        """Candles of *grid* in a range (see the rules above), oldest first."""
        last = now_ms if end_ms is None else min(end_ms, now_ms)
        start = 0 if start_ms is None else max(0, start_ms)
        limit = min(limit, grid.most_until(last))
        if start > last or limit <= 0:
            return []
        if start_ms is None:
            return self._newest(grid, last, limit)
        return self._oldest(grid, start, last, limit)

    def since(self, start_ms: int) -> list[Candle]:
        """Few candles that together hold all trades of the played part since *start_ms*.

        Exact as long as the tape reaches back to *start_ms* or *start_ms* is a whole minute.
        """
        if start_ms <= self.past.start_ms:  # all of it
            start_ms = self.past.start_ms - self.past.start_ms % HOUR
        minute = start_ms + -start_ms % MINUTE
        hour = minute + -minute % HOUR
        first = candle_of_trades(start_ms, self.tape.between(start_ms, minute))
        rest = [*self._minutes.between(minute, hour), *self._hours.between(hour, _WIDEST_LOOK)]
        return [first, *rest] if first else rest

    def close_before(self, at_ms: int) -> int | None:
        """The last price before a moment, of trades or else of history."""
        trade = self.tape.before(at_ms)
        if trade:
            return trade.price
        minute = self._minutes.before(at_ms - at_ms % MINUTE)
        if minute:
            return minute.close
        candle = self.past.last_before(at_ms)
        return candle.close if candle else None

    def _oldest(self, grid: Grid, start: int, last: int, limit: int) -> list[KlineRow]:
        found = self._past_forward(grid, start, last, limit)
        begin = self._played_from(grid)
        if begin is None or len(found) == limit:
            return found
        first = grid.ceil(max(start, begin))
        end = min(grid.shift(first, limit - len(found)), last + 1)
        return found + self._played(grid, first, end)

    def _newest(self, grid: Grid, last: int, limit: int) -> list[KlineRow]:
        begin = self._played_from(grid)
        found: list[KlineRow] = []
        if begin is not None and last >= begin:
            first = max(begin, grid.shift(grid.floor(last), 1 - limit))
            found = self._played(grid, first, last + 1)
        missing = limit - len(found)
        return (self._past_backward(grid, last, missing) if missing else []) + found

    # --- history

    def _past_forward(self, grid: Grid, start: int, last: int, limit: int) -> list[KlineRow]:
        place, end = max(start, self._past_begin(grid)), self._past_end(grid, last)
        found: list[KlineRow] = []
        reach = limit
        while place < end and len(found) < limit:
            until = min(end, place + reach * grid.width)
            found += self._past_rows(grid, place, until)
            place, reach = until, reach * 4
        return found[:limit]

    def _past_backward(self, grid: Grid, last: int, limit: int) -> list[KlineRow]:
        begin, place = self._past_begin(grid), self._past_end(grid, last)
        found: list[KlineRow] = []
        reach = limit
        while place > begin and len(found) < limit:
            since = max(begin, place - reach * grid.width)
            found = self._past_rows(grid, since, place) + found
            place, reach = since, reach * 4
        return found[-limit:]

    def _past_begin(self, grid: Grid) -> int:
        """Open time of the first past candle; the end of the past when there is none."""
        origin = self._origin(grid)
        first = self.past.first_open(origin) if origin else None
        return self.past.start_ms if first is None else grid.floor(first)

    def _past_end(self, grid: Grid, last: int) -> int:
        """Past candles open before this."""
        return min(grid.floor(self.past.start_ms), last + 1)

    def _past_rows(self, grid: Grid, start: int, end: int) -> list[KlineRow]:
        """Closed candles of history with ``start <= open_time < end``."""
        if self._is_held(grid):
            return list(self.past.rows(grid.interval, start, end))
        base = self.past.base_of(grid)
        first = grid.ceil(start)
        if base is None or first >= end:
            return []
        until = grid.shift(grid.floor(end - 1), 1)
        tiers = self.past.longer(base, grid.width)
        if (
            len(tiers) > 1
        ):  # an odd time zone: short blocks at the ends of a candle, long ones within
            return self._printed(grid, self._covered(grid, tiers, first, until))
        return self._printed(grid, _grouped(grid, self.past.pieces(base, first, until)).values())

    def _covered(self, grid: Grid, tiers: Sequence[str], first: int, until: int) -> list[Candle]:
        """Past candles of *grid* with ``first <= open_time < until``, both on the grid."""
        candles: list[Candle] = []
        opens = first
        while opens < until:
            closes = grid.shift(opens, 1)
            candle = merge(opens, self.past.cover_with(tiers, opens, closes))
            candles += [candle] if candle else []
            opens = closes
        return candles

    def _is_held(self, grid: Grid) -> bool:
        """Whether held rows are candles of this very grid."""
        utc = Grid(grid.interval, 0, grid.three_day_origin)
        same = grid.offset_ms == 0 or (grid.interval in WIDTHS and grid.phase == utc.phase)
        return same and self.past.holds(grid.interval)

    def _origin(self, grid: Grid) -> str | None:
        """The held interval that past candles of *grid* come from."""
        if self._is_held(grid):
            return grid.interval
        base = self.past.base_of(grid)
        return self.past.origin_of(base) if base else None

    def _last_close_of_past(self) -> int | None:
        candle = self.past.last_before(self.past.start_ms)
        return candle.close if candle else None

    # --- what the source plays

    def _played_from(self, grid: Grid) -> int | None:
        """Open time of the first candle that is not past; ``None`` when there is none yet."""
        opening = grid.floor(self.past.start_ms)
        beginning = self._beginning_of(grid)
        oldest = self.tape.first()
        if oldest is None or self._first_trade_ms is None:
            return opening if beginning and not self._is_held(grid) else None
        if not grid.is_made_of(MINUTE):  # seconds come from the tape and reach as far as it does
            return max(opening, grid.floor(oldest.time))
        if beginning or self._before_start is not None:
            return opening
        return max(opening, grid.floor(self._first_trade_ms))

    def _beginning_of(self, grid: Grid) -> list[Candle]:
        """History candles inside of the candle that contains the start."""
        return self.past.cover(grid.floor(self.past.start_ms), self.past.start_ms)

    def _played(self, grid: Grid, first: int, end: int) -> list[KlineRow]:
        """All candles with ``first <= open_time < end``; *first* is on the grid and not before the played part."""
        if first >= end:
            return []
        until = grid.shift(grid.floor(end - 1), 1)
        candles = _grouped(grid, self._parts(grid, first, until))
        if first <= self.past.start_ms < grid.shift(first, 1):
            whole = [*self._beginning_of(grid), *([candles[first]] if first in candles else [])]
            opening = merge(first, whole)
            if opening:
                candles[first] = opening
        if self._first_trade_ms is None:
            return self._printed(grid, candles.values())
        return self._printed(grid, self._without_holes(grid, candles, first, end))

    def _without_holes(
        self, grid: Grid, candles: dict[int, Candle], first: int, end: int
    ) -> list[Candle]:
        close = self.close_before(first)
        filled: list[Candle] = []
        opens = first
        while opens < end:
            candle = candles.get(opens)
            if candle is None and close is not None:
                candle = Candle.flat(opens, close)
            if candle is not None:
                filled.append(candle)
                close = candle.close
            opens = grid.shift(opens, 1)
        return filled

    def _parts(self, grid: Grid, first: int, until: int) -> Sequence[Candle]:
        """Played candles, as long as possible, that make up the candles of *grid*."""
        if grid.is_made_of(HOUR):
            return self._hours.between(first, until)
        if grid.is_made_of(MINUTE):
            return self._minutes.between(first, until)
        seconds = Series(SECOND)
        for trade in self.tape.between(first, until):
            seconds.add(trade)
        return seconds.between(first, until)

    def _printed(self, grid: Grid, candles: Iterable[Candle]) -> list[KlineRow]:
        places = self._places
        return [candle.row(grid.shift(candle.open_time, 1) - 1, places) for candle in candles]


def candle_of_trades(open_time: int, trades: Sequence[Trade]) -> Candle | None:
    """One candle of *trades*; ``None`` of none."""
    if not trades:
        return None
    price = trades[0].price
    candle = Candle(open_time, price, price, price, price)
    for trade in trades:
        candle.add(trade)
    return candle


def _grouped(grid: Grid, parts: Sequence[Candle]) -> dict[int, Candle]:
    """Candles of *grid* by open time, from shorter ones in order."""
    groups: dict[int, list[Candle]] = {}
    for part in parts:
        groups.setdefault(grid.floor(part.open_time), []).append(part)
    merged = ((opens, merge(opens, group)) for opens, group in groups.items())
    return {opens: candle for opens, candle in merged if candle is not None}
