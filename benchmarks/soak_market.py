"""A market whose every trade and book follows from a number, so that who reads it can know what had to come.

Made-up and lively, not plausible: what is soaked is the way from the venue to a reader. Pure; the venue's process and
the checking one run it side by side and exchange nothing but the venue's own protocol.
"""

import random
from collections import deque
from typing import Final, NamedTuple

SYMBOLS: Final = tuple(f"SOAK{letter}USDT" for letter in "ABCDE")
FIRST_TRADE: Final = 999_990_001
"""Ids become a digit longer on the way. Aggregates, one a trade, are numbered from 0."""
FIRST_UPDATE: Final = 7_000_000
IDS_AN_UPDATE: Final = 10
LEVELS: Final = 300
"""A side."""
_CHANGES: Final = 12
_GONE: Final = 40_000
"""Of 200,000 lots: a fifth of the changes take a level away."""
_MID: Final = 6_100_000
"""In cents."""
_DRIFT: Final = 40_000
_REMEMBERED: Final = 600
"""Books whose best levels are kept: a minute."""

Level = tuple[str, str]
"""Price and quantity as the venue writes them."""


class Trade(NamedTuple):
    """What a trade says besides its id and its time."""

    price_text: str
    quantity_text: str
    buyer_is_maker: bool


class Update(NamedTuple):
    """One difference of a book."""

    first_id: int
    last_id: int
    bids: list[Level]
    asks: list[Level]


def price(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}000000"


def quantity(lots: int) -> str:
    """*lots* of 0.00001."""
    return f"{lots // 100_000}.{lots % 100_000:05d}000"


def trade(number: int) -> Trade:
    """The trade with the id *number*, of any symbol. Sides alternate: each trade is an aggregate of its own."""
    cents = _MID + abs(number * 7 % 20_001 - 10_000)
    return Trade(price(cents), quantity(1 + number * 13 % 99_991), number % 2 == 0)


def aggregate(number: int) -> Trade:
    """The aggregate trade with the id *number*."""
    return trade(FIRST_TRADE + number)


class Book:
    """The book of one symbol, update after update."""

    def __init__(self, symbol: str) -> None:
        self._dice = random.Random(symbol)
        self._mid = _MID
        steps = range(1, LEVELS + 1)
        self.bids = {self._mid - step: 1000 + step for step in steps}
        self.asks = {self._mid + step: 1000 + step for step in steps}
        self.last_id = FIRST_UPDATE

    def step(self) -> Update:
        """The next difference."""
        before = dict(self.bids), dict(self.asks)
        away = self._mid - _MID
        self._mid += self._dice.choice(
            (-1, 0, 1) if abs(away) < _DRIFT else (-1 if away > 0 else 1, 0)
        )
        self._change(self.bids, -1)
        self._change(self.asks, 1)
        first, self.last_id = self.last_id + 1, self.last_id + IDS_AN_UPDATE
        bids, asks = _changes(before[0], self.bids), _changes(before[1], self.asks)
        return Update(first, self.last_id, bids, asks)

    def top(self, most: int) -> tuple[tuple[Level, ...], tuple[Level, ...]]:
        """Best first."""
        bids = [(price(it), quantity(self.bids[it])) for it in sorted(self.bids)[: -most - 1 : -1]]
        asks = [(price(it), quantity(self.asks[it])) for it in sorted(self.asks)[:most]]
        return tuple(bids), tuple(asks)

    def _change(self, side: dict[int, int], sign: int) -> None:
        """Some levels come, change and go; none is left on the wrong side of the mid, and not too many in all."""
        dice, mid = self._dice, self._mid
        for _ in range(_CHANGES):
            self._set(side, mid + sign * (1 + int(dice.expovariate(0.02))), dice.randrange(200_000))
        side[mid + sign] = 1 + dice.randrange(200_000)
        ordered = sorted(side, key=lambda cents: (cents - mid) * sign)
        crossed = sum((cents - mid) * sign <= 0 for cents in ordered)
        for cents in (*ordered[:crossed], *ordered[crossed + LEVELS :]):
            del side[cents]

    @staticmethod
    def _set(side: dict[int, int], cents: int, lots: int) -> None:
        if lots > _GONE:
            side[cents] = lots
        else:
            side.pop(cents, None)


class Truth:
    """What a book's best levels were after each of its updates, for a while."""

    def __init__(self, symbol: str, most: int) -> None:
        self._book, self._most = Book(symbol), most
        self._tops = {self._book.last_id: hash(self._book.top(most))}
        self._order: deque[int] = deque(self._tops)

    def is_true(self, update_id: int, top: tuple[tuple[Level, ...], tuple[Level, ...]]) -> bool:
        """Whether the book was so at *update_id*; nothing is true of an update that there never was."""
        while self._book.last_id < update_id:
            self._book.step()
            self._tops[self._book.last_id] = hash(self._book.top(self._most))
            self._order.append(self._book.last_id)
        while len(self._order) > _REMEMBERED:
            del self._tops[self._order.popleft()]
        return self._tops.get(update_id) == hash(top)


def _changes(before: dict[int, int], after: dict[int, int]) -> list[Level]:
    gone = [(price(cents), quantity(0)) for cents in before if cents not in after]
    new = [(price(at), quantity(lots)) for at, lots in after.items() if before.get(at) != lots]
    return gone + new
