"""One side of an order book: price levels, each a queue of resting orders in the order of their arrival.

Prices and quantities are integers in units of 1e-8. Finding the best price, joining a queue, leaving it from any
place and taking its head are O(1); a new price is inserted by bisection.
"""

from bisect import bisect_left, insort
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum


class Side(Enum):
    """Which way an order trades."""

    BUY = "BUY"
    SELL = "SELL"


@dataclass(slots=True)
class Order:
    """An order as the engine sees it."""

    id: int
    side: Side
    price: int
    """Limit price, 1e-8 of the quote asset."""
    qty: int
    """Quantity as placed, 1e-8 of the base asset."""
    left: int = field(default=-1)
    """Quantity not filled yet; the whole of it when not given. Of an iceberg, what of it shows."""
    hidden: int = 0
    """What an iceberg holds back."""
    part: int = 0
    """How much of it shows at a time."""

    def __post_init__(self) -> None:
        if self.left < 0:
            self.left = self.qty


class Level:
    """All orders at one price. An ``OrderedDict`` is a linked list: its head stays O(1) after removals,
    which a plain ``dict`` with many deleted entries in front does not offer."""

    __slots__ = ("orders", "price", "qty")

    def __init__(self, price: int) -> None:
        self.price = price
        self.qty = 0
        self.orders: OrderedDict[int, Order] = OrderedDict()

    def head(self) -> Order:
        """The order that trades next."""
        return self.orders[next(iter(self.orders))]


class Ladder:
    """The levels of one side, and which of them have changed since they were last asked for."""

    __slots__ = ("_changed", "_keys", "_levels", "_sign", "side")

    def __init__(self, side: Side) -> None:
        self.side = side
        # Keys grow towards the best price, so that it is the cheap end of the list.
        self._sign = 1 if side is Side.BUY else -1
        self._keys: list[int] = []
        self._levels: dict[int, Level] = {}
        self._changed: set[int] = set()

    def __len__(self) -> int:
        """How many prices have orders."""
        return len(self._keys)

    def __iter__(self) -> Iterator[Level]:
        """Levels, best first. The ladder must not change meanwhile."""
        return (self._levels[self._sign * key] for key in reversed(self._keys))

    def best(self) -> Level | None:
        """The level that trades next, if there is any."""
        return self._levels[self._sign * self._keys[-1]] if self._keys else None

    def worst(self) -> Level | None:
        """The level farthest from trading, if there is any."""
        return self._levels[self._sign * self._keys[0]] if self._keys else None

    def at(self, price: int) -> Level | None:
        """The level of *price*, if it has orders."""
        return self._levels.get(price)

    def level_of(self, order: Order) -> Level:
        """Where *order* rests. Raises ``KeyError`` when it does not."""
        return self._levels[order.price]

    def accepts(self, price: int, limit: int) -> bool:
        """Does a taker with price *limit* trade against this side's *price*?"""
        return self._sign * price >= self._sign * limit

    def add(self, order: Order) -> None:
        """Queue *order* behind those of its price."""
        price = order.price
        level = self._levels.get(price)
        if level is None:
            level = self._levels[price] = Level(price)
            insort(self._keys, self._sign * price)
        level.orders[order.id] = order
        level.qty += order.left
        self._changed.add(price)

    def remove(self, order: Order) -> None:
        """Take a resting *order* out, wherever it stands in its queue."""
        level = self._levels[order.price]
        del level.orders[order.id]
        self.reduce(level, order.left)

    def reduce(self, level: Level, qty: int) -> None:
        """*qty* of *level* has traded or left; a level without orders goes."""
        level.qty -= qty
        self._changed.add(level.price)
        if not level.orders:
            self._drop(level.price)

    def _drop(self, price: int) -> None:
        del self._levels[price]
        key = self._sign * price
        if self._keys[-1] == key:
            self._keys.pop()
        else:
            del self._keys[bisect_left(self._keys, key)]

    def forget_changes(self) -> None:
        """Nobody is going to ask for those so far."""
        self._changed.clear()

    def take_changes(self) -> list[tuple[int, int]]:
        """``(price, quantity now)`` of every level changed since the last call, best first; quantity 0: it is gone."""
        prices = sorted(self._changed, reverse=self.side is Side.BUY)
        self._changed.clear()
        levels = self._levels
        return [(price, levels[price].qty if price in levels else 0) for price in prices]
