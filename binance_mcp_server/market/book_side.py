"""One side of a live order book: quantities by price, both in the venue's own digits.

A difference is taken at the price of one ``dict.update``; order is made when somebody reads. All prices of a symbol
come with the same number of decimals, so that their texts order like numbers: the longer one is higher, and among
texts of one length the alphabet decides. Correctness does not hang on it: the first price of another form turns on a
slow path that gives every price the same decimals before it is used.

A level that is gone keeps its place with quantity zero until it is swept out, a bounded stretch at a time.
"""

from bisect import insort
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Literal

from binance_mcp_server.errors import TransportError
from binance_mcp_server.models.exact import number

Row = tuple[str, str]
"""Price and quantity as text."""

_ZEROS = frozenset({"0", *("0." + "0" * decimals for decimals in range(1, 31))})
_FEW = 64
"""Up to so many new prices it is quicker to insert each than to sort anew."""
_UNSETTLED = 256
"""New prices that wait for a reader; with more, they are put in their places without one."""
_SPARE = 12
"""Levels looked at beyond those wanted, since some may be gone."""
_NO_POINT = 0


class BookSide:
    """Bids (``best="highest"``) or asks (``best="lowest"``), from a snapshot on.

    What lies beyond the snapshot's worst level is unknown until it changes, so levels there are not kept, unless the
    snapshot was *whole*: had all levels that there are.
    """

    __slots__ = ("_bound", "_fresh", "_high", "_mixed", "_point", "_quantities", "_runs", "_swept")

    def __init__(
        self, levels: Iterable[Row], *, best: Literal["highest", "lowest"], whole: bool = False
    ) -> None:
        self._high = best == "highest"
        self._quantities: dict[str, str] = {}
        """Every price in one of the runs or fresh; nothing else."""
        self._runs: dict[int, list[str]] = {}
        """Prices by the length of their text, each run rising."""
        self._fresh: list[str] = []
        """Prices that have no place in a run yet."""
        self._point: int | None = None
        """Where the decimal point of every price is, from the end; ``_NO_POINT``: nowhere; ``None``: not known yet."""
        self._mixed = 0
        """Decimals given to every price, once they came in different forms; 0 before."""
        self._bound: tuple[int, str] | None = None
        self._swept = (0, 0)
        """Length of the run and place in it where the broom stopped."""
        self.apply(list(levels))
        self._settle()
        if not whole:
            self._bound = self._worst()

    def apply(self, levels: Sequence[Row]) -> None:
        """Set the quantities of *levels*, in their order; zero takes a level away.

        Raises ``TransportError`` for a price that is no number; then the side is not to be used any more.
        """
        if self._mixed:
            levels = self._alike_made(levels)
        quantities = self._quantities
        before = len(quantities)
        quantities.update(levels)
        added = len(quantities) - before
        if not added:
            return
        new = list(islice(reversed(quantities), added))
        if not self._mixed and not self._alike(new):
            self.apply(self._alike_made(levels))
            return
        self._fresh += new
        if len(self._fresh) > _UNSETTLED:
            self._settle()

    def best(self, most: int) -> tuple[Row, ...]:
        """The best *most* levels of those that are known, best first."""
        self._settle()
        found: list[Row] = []
        for length in sorted(self._runs, reverse=self._high):
            if len(found) >= most:
                break
            self._collect(self._runs[length], most, found)
        return tuple(found)

    def known_to(self) -> str | None:
        """The worst price up to which all levels are known; ``None``: all are."""
        return self._bound[1] if self._bound else None

    def __len__(self) -> int:
        """Levels that are known and not gone."""
        self._settle()
        return sum(quantity not in _ZEROS for quantity in self._quantities.values())

    @property
    def kept(self) -> int:
        """Prices in memory, those that are gone but not swept out yet included."""
        return len(self._quantities)

    def _alike(self, prices: Sequence[str]) -> bool:
        """Whether *prices* have their decimal point where all others have it."""
        if self._point is None:
            first = prices[0]
            self._point = first.index(".") - len(first) if "." in first else _NO_POINT
        point = self._point
        if point == _NO_POINT:
            return all(map(str.isdecimal, prices))
        try:
            for price in prices:
                if price[point] != "." or price < "0":
                    return False
        except IndexError:
            return False
        return True

    def _alike_made(self, levels: Sequence[Row]) -> list[Row]:
        """*levels* with as many decimals as all others, after giving those more if need be."""
        plain = [(_fixed(price), quantity) for price, quantity in levels]
        needed = max((_decimals(price) for price, _ in plain), default=0)
        if needed > self._mixed or not self._mixed:
            self._widen(max(needed, 1))
        return [(_wide(price, self._mixed), quantity) for price, quantity in plain]

    def _widen(self, decimals: int) -> None:
        """Give every price at least *decimals* decimals; they lose their places."""
        kept = {_fixed(price): quantity for price, quantity in self._quantities.items()}
        self._mixed = max(decimals, *map(_decimals, kept), 1)
        self._quantities = {_wide(price, self._mixed): kept[price] for price in kept}
        self._fresh, self._runs = list(self._quantities), {}
        if self._bound:
            bound = _wide(_fixed(self._bound[1]), self._mixed)
            self._bound = (len(bound), bound)

    def _settle(self) -> None:
        """Put fresh prices in their places, except those that are gone again or beyond what is known."""
        fresh = self._fresh
        if not fresh:
            return
        quantities, runs, bound = self._quantities, self._runs, self._bound
        many = len(fresh) > _FEW
        for price in fresh:
            length = len(price)
            gone = quantities[price] in _ZEROS
            if gone or (bound and price != bound[1] and ((length, price) < bound) == self._high):
                del quantities[price]
            elif many:
                runs.setdefault(length, []).append(price)
            else:
                insort(runs.setdefault(length, []), price)
        if many:
            for run in runs.values():
                run.sort()
        self._sweep(4 * len(fresh))
        self._fresh = []

    def _collect(self, run: list[str], most: int, found: list[Row]) -> None:
        """Add the best levels of *run* to *found* until there are *most*; what is passed and gone is swept out."""
        quantities = self._quantities
        at = 0
        while at < len(run) and len(found) < most:
            step = most - len(found) + _SPARE
            place = self._place(len(run), at, step)
            part = run[place]
            rows = [(p, q) for p in part if (q := quantities[p]) not in _ZEROS]
            if len(rows) + _SPARE < len(part):
                self._drop_gone(run, place)
                at += len(rows)
            else:
                at += len(part)
            found += reversed(rows) if self._high else rows
        del found[most:]

    def _place(self, length: int, at: int, step: int) -> slice:
        """*step* levels from the *at*-th best on, in a run of *length*."""
        if self._high:
            return slice(max(0, length - at - step), length - at)
        return slice(at, at + step)

    def _drop_gone(self, run: list[str], place: slice) -> int:
        """Sweep out what is gone in a stretch of *run*; how many stay."""
        quantities = self._quantities
        part = run[place]
        stay = [price for price in part if quantities[price] not in _ZEROS]
        if len(stay) < len(part):
            for price in part:
                if quantities[price] in _ZEROS:
                    del quantities[price]
            run[place] = stay
        return len(stay)

    def _sweep(self, steps: int) -> None:
        """Sweep the next *steps* levels. Called as prices come in, four steps each, so gone ones stay few."""
        length, at = self._swept
        run = self._runs.get(length, [])
        at += self._drop_gone(run, slice(at, at + steps))
        if at >= len(run):
            lengths = sorted(self._runs)
            length, at = next((other for other in lengths if other > length), 0), 0
        self._swept = (length, at)

    def _worst(self) -> tuple[int, str] | None:
        """The worst price of all, with the length that orders it; ``None`` on an empty side."""
        if not self._quantities:
            return None
        length = (min if self._high else max)(self._runs)
        return length, self._runs[length][0 if self._high else -1]


def _fixed(price: str) -> str:
    """*price* in plain digits, no zeros in front. Raises ``TransportError`` for anything but a positive number."""
    value = number(price)
    if value <= 0:
        raise TransportError(
            "The venue sent an order book with a price that is not above zero.",
            advice="Try again; if it stays, something in between changes the venue's answers.",
        )
    return format(value, "f")


def _decimals(price: str) -> int:
    return len(price.partition(".")[2])


def _wide(price: str, decimals: int) -> str:
    whole, _, part = price.partition(".")
    return f"{whole}.{part.ljust(decimals, '0')}"
