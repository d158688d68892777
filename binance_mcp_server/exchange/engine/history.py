"""The past of the scenario: one-minute candles of three months before its start, made when asked for.

Every symbol has a value at each UTC midnight (walked back from the opening price) and, within a day, a random bridge
between two of them, each day from a seed of its own. So any day can be made alone, and a page is the same
whatever was asked before. A day is kept as columns of integers, a bounded number of days at a time.

The past ends with the last minute that had closed before the start, at the price at which the market opens. The
minute that contains the start belongs to live trades alone: what may have happened earlier in it is not told.
"""

from array import array
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple

from binance_mcp_server.exchange.engine.dice import Dice
from binance_mcp_server.exchange.engine.fair import (
    MINUTES_A_DAY,
    by_symbol,
    fine,
    fine_ratio,
    moved,
    moves,
    opening_price,
    sigma,
)
from binance_mcp_server.exchange.engine.symbols import LISTINGS, Listing
from binance_mcp_server.exchange.numbers import SCALE
from binance_mcp_server.exchange.turns import TurnOverError

MINUTE_MS = 60_000
DAY_MS = MINUTES_A_DAY * MINUTE_MS
DAYS = 92
"""Whole days of the past; the begun day before the start comes on top."""
_KEPT_DAYS = 200  # about 14 MB
_TELLING = 4  # trades that it takes to show an open, a high, a low and a close
_WICK_UNIT = 10**12 << 32
_FIFTHS_OF_QUOTE = 5 * SCALE  # fifths of a price times a quantity, to 1e-8 of the quote asset
_WORDS_A_MINUTE = 10
_PULL = 64  # a day's walk is drawn back by 1/64 of its distance from the opening price


class Candle(NamedTuple):
    """One minute. Prices and quantities in 1e-8, ``open_time`` in ms since the epoch."""

    open_time: int
    open: int
    high: int
    low: int
    close: int
    volume: int
    quote_volume: int
    trades: int
    taker_base: int
    taker_quote: int


class Day(NamedTuple):
    """A day's candles as columns: prices in ticks, quantities in steps. A minute opens where the last one closed."""

    opening: int
    """Where the day's first minute opens."""
    high: "array[int]"
    low: "array[int]"
    close: "array[int]"
    volume: "array[int]"
    trades: "array[int]"
    taker: "array[int]"


class Past:
    """All symbols' candles before *start_ms*."""

    def __init__(self, seed: int, start_ms: int, listings: Sequence[Listing] = LISTINGS) -> None:
        self._seed = seed
        self._listings: Mapping[str, Listing] = by_symbol(listings)
        self.end_ms = start_ms // MINUTE_MS * MINUTE_MS
        """Open time of the first minute that is not past."""
        self.first_ms = (self.end_ms // DAY_MS - DAYS) * DAY_MS
        """Open time of the oldest candle."""
        self._midnights: dict[str, list[int]] = {}
        self._days: OrderedDict[tuple[str, int], Day] = OrderedDict()
        self.allowance: int | None = None
        """How many days may still be made before :class:`TurnOverError`; ``None``: any number."""

    def traded(self, symbol: str) -> bool:
        """Has *symbol* a past? One that does not trade has none. Raises ``KeyError`` on an unknown one."""
        return self._listings[symbol].trading

    def candles(self, symbol: str, start_ms: int, end_ms: int) -> Iterator[Candle]:
        """Candles with ``start_ms <= open_time <= end_ms``, oldest first."""
        if not self.traded(symbol):
            return
        first = max(-(-start_ms // MINUTE_MS) * MINUTE_MS, self.first_ms)
        last = min(end_ms // MINUTE_MS * MINUTE_MS, self.end_ms - MINUTE_MS)
        while first <= last:
            number, minute = divmod((first - self.first_ms) // MINUTE_MS, MINUTES_A_DAY)
            count = min((last - first) // MINUTE_MS + 1, MINUTES_A_DAY - minute)
            yield from self._cut(symbol, number, minute, minute + count)
            first += count * MINUTE_MS

    def sums(self, symbol: str, width_ms: int, start_ms: int, end_ms: int) -> Iterator[Candle]:
        """Candles of *width_ms*, summed, with ``start_ms <= open_time < end_ms``, oldest first.

        *width_ms* is whole minutes and a whole part of a day, *start_ms* and *end_ms* are multiples of it. Only
        candles that are past to their end.
        """
        if not self.traded(symbol):
            return
        minutes = width_ms // MINUTE_MS
        end_ms = min(end_ms, self.end_ms - self.end_ms % width_ms)
        for time_ms in range(max(start_ms, self.first_ms), end_ms, width_ms):
            number, minute = divmod((time_ms - self.first_ms) // MINUTE_MS, MINUTES_A_DAY)
            yield self._sum(symbol, number, minute, minute + minutes, time_ms)

    def _sum(self, symbol: str, number: int, start: int, stop: int, time_ms: int) -> Candle:
        """One candle of the day's minutes ``start <= minute < stop``."""
        day = self._day(symbol, number)
        rules = self._listings[symbol].rules
        tick, step = rules.tick, rules.step
        per_quote = tick * step
        highs, lows, closes = day.high[start:stop], day.low[start:stop], day.close[start:stop]
        volumes, takers = day.volume[start:stop], day.taker[start:stop]
        opened = day.close[start - 1] if start else day.opening
        quote = taker_quote = 0
        last = opened
        for high, low, close, volume, taker in zip(
            highs, lows, closes, volumes, takers, strict=True
        ):
            fifths = last + high + low + 2 * close  # as in _cut, and cut by minute too
            quote += volume * fifths * per_quote // _FIFTHS_OF_QUOTE
            taker_quote += taker * fifths * per_quote // _FIFTHS_OF_QUOTE
            last = close
        return Candle(
            time_ms,
            opened * tick,
            max(highs) * tick,
            min(lows) * tick,
            last * tick,
            sum(volumes) * step,
            quote,
            sum(day.trades[start:stop]),
            sum(takers) * step,
            taker_quote,
        )

    def _cut(self, symbol: str, number: int, start: int, stop: int) -> Iterator[Candle]:
        day = self._day(symbol, number)
        rules = self._listings[symbol].rules
        tick, step = rules.tick, rules.step
        per_quote = tick * step
        time_ms = self.first_ms + (number * MINUTES_A_DAY + start) * MINUTE_MS
        opened = day.close[start - 1] if start else day.opening
        for minute in range(start, stop):
            high, low, close = day.high[minute], day.low[minute], day.close[minute]
            volume, taker = day.volume[minute], day.taker[minute]
            # The mean price of the minute, in fifths of a tick: between low and high, whatever the weights.
            fifths = opened + high + low + 2 * close
            yield Candle(
                time_ms,
                opened * tick,
                high * tick,
                low * tick,
                close * tick,
                volume * step,
                volume * fifths * per_quote // _FIFTHS_OF_QUOTE,
                day.trades[minute],
                taker * step,
                taker * fifths * per_quote // _FIFTHS_OF_QUOTE,
            )
            opened = close
            time_ms += MINUTE_MS

    def _day(self, symbol: str, number: int) -> Day:
        key = (symbol, number)
        day = self._days.pop(key, None) or self._make_day(symbol, number)
        self._days[key] = day
        if len(self._days) > _KEPT_DAYS:
            self._days.popitem(last=False)
        return day

    def _make_day(self, symbol: str, number: int) -> Day:
        if self.allowance is not None:
            if self.allowance <= 0:
                raise TurnOverError
            self.allowance -= 1
        listing = self._listings[symbol]
        path = self._path(symbol, number)
        return _trade_day(listing, path, Dice(self._seed, symbol, "day", number))

    def _minutes(self, number: int) -> int:
        """Length of a day: all but the begun one are whole."""
        return min(
            (self.end_ms - self.first_ms) // MINUTE_MS - number * MINUTES_A_DAY, MINUTES_A_DAY
        )

    def _path(self, symbol: str, number: int) -> list[int]:
        """Fine prices at each end of a minute of the day, and before the first."""
        listing = self._listings[symbol]
        if listing.ratio is not None:
            numerators, denominators = (self._path(part, number) for part in listing.ratio)
            return [fine_ratio(*pair) for pair in zip(numerators, denominators, strict=True)]
        midnights = self._midnights.get(symbol) or self._walk_back(listing)
        dice = Dice(self._seed, symbol, "path", number)
        ends = (midnights[number], midnights[number + 1])
        return _bridge(ends, self._minutes(number), listing.daily_move_bp, dice)

    def _walk_back(self, listing: Listing) -> list[int]:
        """Fine prices at each midnight and at the end of the past, oldest first."""
        symbol = listing.rules.symbol
        dice = Dice(self._seed, symbol, "midnights")
        value = home = fine(opening_price(listing, self._listings))
        begun = self._minutes(DAYS)
        values = [value]
        for minutes in ([begun] if begun else []) + [MINUTES_A_DAY] * DAYS:
            pull = (home - value) // _PULL
            value += moved(value, sigma(listing.daily_move_bp, minutes, MINUTES_A_DAY), dice) + pull
            values.append(value)
        self._midnights[symbol] = values[::-1]
        return self._midnights[symbol]


def _bridge(ends: tuple[int, int], minutes: int, daily_move_bp: int, dice: Dice) -> list[int]:
    """A random walk of *minutes* from one end to the other; some days are calmer than others."""
    start, end = ends
    mood = 500 + dice.below(1000)
    step = sigma(daily_move_bp, 1, MINUTES_A_DAY) * mood // 1000
    walk = list(accumulate(moves(start, step, dice, minutes), initial=0))
    missing = end - start - walk[-1]
    floor = min(ends) // 4
    return [max(start + at + missing * i // minutes, floor) for i, at in enumerate(walk)]


def _trade_day(listing: Listing, path: Sequence[int], dice: Dice) -> Day:
    """Candles along *path*. A minute may pass with a trade at the last price, or without any; the last minute of a
    day always trades, so that the day ends where the next one begins.

    A day is made while somebody waits, so this loop calls nothing: ten random words are a minute.
    """
    tick, step, rate = listing.rules.tick, listing.rules.step, listing.trades_per_minute
    half, fine_tick = fine(tick) // 2, fine(tick)
    closes = [max((at + half) // fine_tick, 1) for at in path]
    opening = closed = closes[0]
    wick = 2 * opening * sigma(listing.daily_move_bp, 1, MINUTES_A_DAY)  # 1e-12 ticks
    steady = rate >> 2
    spread = 4 * (rate - steady)
    size, least = listing.trade_size, listing.least_trade
    last = len(path) - 1
    rows: list[tuple[int, int, int, int, int, int]] = []
    words = iter(dice.words(_WORDS_A_MINUTE * last))
    for minute, (a, b, up, higher, down, lower, lot, taken, low_bits, high_bits) in enumerate(
        zip(*[words] * _WORDS_A_MINUTE, strict=True), 1
    ):
        # The mean of a * b is 2**30; the other two words are for what is less than a trade.
        trades = steady + (spread * a * b + (high_bits << 16 | low_bits) >> 32)
        if minute == last and trades < _TELLING:
            trades = _TELLING
        opened = closed
        if trades > 1:
            closed = closes[minute]
        high, low = (opened, closed) if opened > closed else (closed, opened)
        if trades >= _TELLING:
            high += wick * up * higher // _WICK_UNIT
            low -= wick * down * lower // _WICK_UNIT
            low = max(low, 1)
        # 0.75 to 1.75 of the listed mean (sweeps included), none below the least.
        mean, fewest = trades * size * (0xC000 + lot) >> 16, trades * least
        lots = max(fewest, mean) // step
        rows.append((high, low, closed, lots, trades, lots * (0x4000 + (taken >> 1)) >> 16))
    return Day(opening, *(array("q", column) for column in zip(*rows, strict=True)))
