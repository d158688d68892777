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
from typing import NamedTuple

from binance_mcp_server.exchange.engine.dice import Dice
from binance_mcp_server.exchange.engine.fair import (
    MINUTES_A_DAY,
    fine,
    fine_ratio,
    moved,
    opening_price,
    sigma,
    to_tick,
)
from binance_mcp_server.exchange.engine.symbols import LISTINGS, Listing

MINUTE_MS = 60_000
DAY_MS = MINUTES_A_DAY * MINUTE_MS
DAYS = 92
"""Whole days of the past; the begun day before the start comes on top."""
_KEPT_DAYS = 200  # about 14 MB
_TELLING = 4  # trades that it takes to show an open, a high, a low and a close
_WICK_UNIT = 10**12 << 32
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
        self._listings: Mapping[str, Listing] = {item.rules.symbol: item for item in listings}
        self.end_ms = start_ms // MINUTE_MS * MINUTE_MS
        """Open time of the first minute that is not past."""
        self.first_ms = (self.end_ms // DAY_MS - DAYS) * DAY_MS
        """Open time of the oldest candle."""
        self._midnights: dict[str, list[int]] = {}
        self._days: OrderedDict[tuple[str, int], Day] = OrderedDict()

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
                volume * fifths * per_quote // 500_000_000,
                day.trades[minute],
                taker * step,
                taker * fifths * per_quote // 500_000_000,
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
    walk = [0]
    for _ in range(minutes):
        walk.append(walk[-1] + moved(start, step, dice))
    missing = end - start - walk[-1]
    floor = min(ends) // 4
    return [max(start + at + missing * i // minutes, floor) for i, at in enumerate(walk)]


def _trade_day(listing: Listing, path: Sequence[int], dice: Dice) -> Day:
    """Candles along *path*. A minute may pass with a trade at the last price, or without any; the last minute of a
    day always trades, so that the day ends where the next one begins."""
    tick, rate = listing.rules.tick, listing.trades_per_minute
    closed = to_tick(path[0], tick) // tick
    day = Day(closed, *(array("q") for _ in range(6)))
    wick = 2 * closed * sigma(listing.daily_move_bp, 1, MINUTES_A_DAY)  # 1e-12 ticks
    steady = rate >> 2
    last = len(path) - 1
    for minute in range(1, len(path)):
        bits = dice.bits(160)
        luck = (bits & 0xFFFF) * (bits >> 16 & 0xFFFF)  # its mean is 2**30
        trades = steady + (4 * (rate - steady) * luck + (bits >> 128) >> 32)
        if minute == last:
            trades = max(trades, _TELLING)
        opened = closed
        if trades > 1:
            closed = to_tick(path[minute], tick) // tick
        high, low = (opened, closed) if opened > closed else (closed, opened)
        if trades >= _TELLING:
            high += wick * (bits >> 32 & 0xFFFF) * (bits >> 48 & 0xFFFF) // _WICK_UNIT
            low -= wick * (bits >> 64 & 0xFFFF) * (bits >> 80 & 0xFFFF) // _WICK_UNIT
        lots = _lots(listing, trades, bits >> 96 & 0xFFFF)
        day.high.append(high)
        day.low.append(max(low, 1))
        day.close.append(closed)
        day.volume.append(lots)
        day.trades.append(trades)
        day.taker.append(lots * (0x4000 + (bits >> 113 & 0x7FFF)) >> 16)
    return day


def _lots(listing: Listing, trades: int, luck: int) -> int:
    """Quantity of *trades* in steps: 0.75 to 1.75 of the listed mean (sweeps included), none below the least."""
    step = listing.rules.step
    mean = trades * listing.trade_size * (0xC000 + luck) >> 16
    return max(mean, trades * listing.least_trade) // step
