"""Fair values: what the participants of a symbol believe it to be worth, and how that moves.

A *fine* price is an integer in units of 1e-8 / 2**20, so that a symbol of 300 ticks can move by less than one.
"""

from collections.abc import Mapping, Sequence
from math import isqrt
from typing import Protocol

from binance_mcp_server.exchange.engine.dice import NORMAL_MEAN, NORMAL_SIGMA, Dice
from binance_mcp_server.exchange.engine.symbols import Listing
from binance_mcp_server.exchange.numbers import SCALE

FINE_BITS = 20
MINUTES_A_DAY = 1440
_PARTS = 10**12
_PULL_BITS = 17
"""A walk is drawn back by 1/2**17 of its distance from the opening price at each move: about a day's memory."""


def fine(price: int) -> int:
    """1e-8 units → fine units."""
    return price << FINE_BITS


def to_tick(fine_price: int, tick: int) -> int:
    """The nearest multiple of *tick*, at least one, in 1e-8 units."""
    fine_tick = fine(tick)
    return max((fine_price + fine_tick // 2) // fine_tick, 1) * tick


def fine_ratio(numerator: int, denominator: int) -> int:
    """Quotient of two fine prices, as a fine price."""
    return fine(numerator * SCALE) // denominator


def sigma(daily_move_bp: int, part: int, parts_a_day: int) -> int:
    """Standard deviation of the return over *part* of *parts_a_day*, in 1e-12: it grows with the root of time."""
    return isqrt((daily_move_bp * 10**8) ** 2 * part // parts_a_day)


def moved(fine_price: int, sigma_: int, dice: Dice) -> int:
    """A random change of *fine_price* by a return of standard deviation *sigma_* (1e-12), fine units."""
    return fine_price * sigma_ * dice.normal() // (NORMAL_SIGMA * _PARTS)


def moves(fine_price: int, sigma_: int, dice: Dice, count: int) -> list[int]:
    """What *count* calls of :func:`moved` would give, in a third of the time."""
    words = iter(dice.words(4 * count))
    spread, unit = fine_price * sigma_, NORMAL_SIGMA * _PARTS
    return [
        spread * (a + b + c + d - NORMAL_MEAN) // unit
        for a, b, c, d in zip(*[words] * 4, strict=True)
    ]


class Fair(Protocol):
    """What a symbol is worth now."""

    @property
    def value(self) -> int:
        """Fine units."""
        ...

    def push(self, fine_change: int) -> None:
        """A large trade told everybody something."""
        ...


class Walk:
    """A random walk with a slow pull to where it began."""

    def __init__(self, listing: Listing, dice: Dice, moves_a_minute: int) -> None:
        self._home = self._value = fine(listing.price)
        self._low = fine(listing.price) // 4
        self._sigma = sigma(listing.daily_move_bp, 1, MINUTES_A_DAY * moves_a_minute)
        self._dice = dice

    @property
    def value(self) -> int:
        return self._value

    def move(self) -> None:
        pull = (self._home - self._value) >> _PULL_BITS
        self.push(moved(self._value, self._sigma, self._dice) + pull)

    def push(self, fine_change: int) -> None:
        self._value = max(self._value + fine_change, self._low)


class Ratio:
    """The quotient of two other fair values; what happens here does not move them."""

    def __init__(self, numerator: Fair, denominator: Fair) -> None:
        self._numerator = numerator
        self._denominator = denominator

    @property
    def value(self) -> int:
        return fine_ratio(self._numerator.value, self._denominator.value)

    def move(self) -> None:
        """It moves with its parts."""

    def push(self, fine_change: int) -> None:
        """A trade here says nothing about the parts."""


def opening_price(listing: Listing, listings: Mapping[str, Listing]) -> int:
    """Where *listing* opens: its own price, or the quotient of its parts' prices; 1e-8 units, on the tick."""
    if listing.ratio is None:
        return to_tick(fine(listing.price), listing.rules.tick)
    numerator, denominator = (fine(listings[part].price) for part in listing.ratio)
    return to_tick(fine_ratio(numerator, denominator), listing.rules.tick)


def by_symbol(listings: Sequence[Listing]) -> dict[str, Listing]:
    return {listing.rules.symbol: listing for listing in listings}
