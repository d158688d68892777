"""The order book of one symbol: a snapshot and the diffs after it.

The venue's procedure (web-socket-streams.md "How to manage a local order book correctly", read 2026-11-22), seen
from the venue's own side: diffs that come before the snapshot are kept, those that it contains are dropped, the
others are applied after it. A client would start again after a missed diff; the exchange has nobody to ask, so it
counts the gap, goes on, and takes the next snapshot whatever its id.

Update ids of futures are shared by many symbols, so a diff names the id that its book had before (``pu``; "How to
manage a local order book correctly" of USDⓈ-M and COIN-M, read 2026-11-24: after a snapshot the first diff has
``U <= lastUpdateId <= u``, each later one the ``u`` of the one before as its ``pu``). On spot that id is ``U`` - 1. A
diff is missing where it is past the book's.
"""

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from binance_mcp_server.exchange.market.types import BookView, Level

_KEPT_DIFFS = 20_000
"""Diffs kept while waiting for a snapshot: half an hour at ten a second."""


class Diff(NamedTuple):
    """A depth update: levels with their new quantities (0 removes), prices and quantities in units of 1e-8."""

    first_id: int
    last_id: int
    bids: Sequence[tuple[int, int]]
    asks: Sequence[tuple[int, int]]
    time: int = 0
    """When the venue made it, ms."""
    previous_id: int | None = None
    """Futures: the book's id before it."""

    @property
    def before(self) -> int:
        """The book's id before it."""
        return self.first_id - 1 if self.previous_id is None else self.previous_id


class Book:
    """Both sides, and whether they can be trusted.

    Before the first snapshot the book is what the diffs so far say, with the last of their ids.
    """

    def __init__(self) -> None:
        self.last_update_id = 0
        self.time = 0
        """When the venue made what the book is, ms."""
        self.in_sync = False
        """A snapshot has been seen, and no diff is missing since."""
        self.gaps = 0
        """How often a diff was missing."""
        self._bids = _Side()
        self._asks = _Side()
        self._waiting: deque[Diff] = deque(maxlen=_KEPT_DIFFS)
        self._views: dict[int, BookView] = {}

    def snapshot(
        self,
        update_id: int,
        bids: Sequence[tuple[int, int]],
        asks: Sequence[tuple[int, int]],
        time: int = 0,
    ) -> bool:
        """Replace the book, then apply what came before the snapshot and is newer than it.

        A snapshot that a book in sync already contains is left alone (``False``): going on from the book is exact.
        """
        if self.in_sync and update_id <= self.last_update_id:
            return False
        self._bids, self._asks = _Side(), _Side()
        self._views.clear()
        self._bids.update(bids)
        self._asks.update(asks)
        self.last_update_id, self.time = update_id, time
        self.in_sync = True
        waiting, self._waiting = self._waiting, deque(maxlen=_KEPT_DIFFS)
        for diff in waiting:
            self.apply(diff)
        return True

    def apply(self, diff: Diff) -> bool:
        """Apply a diff, ignore it if the book contains it (``False``), count a gap if one is missing before it."""
        if diff.last_id <= self.last_update_id:
            return False
        if self.in_sync and diff.before > self.last_update_id:
            self.gaps += 1
            self.in_sync = False
        if not self.in_sync:
            self._waiting.append(diff)
        self._views.clear()
        self._bids.update(diff.bids)
        self._asks.update(diff.asks)
        self.last_update_id, self.time = diff.last_id, diff.time
        return True

    def view(self, limit: int) -> BookView:
        """The best *limit* levels of each side."""
        view = self._views.get(limit)
        if view is None:
            bids, asks = self._bids.highest(limit), self._asks.lowest(limit)
            view = self._views[limit] = BookView(self.last_update_id, bids, asks)
        return view


class _Side:
    """Quantities by price, with the prices in order."""

    def __init__(self) -> None:
        self._quantities: dict[int, int] = {}
        self._prices: list[int] = []

    def update(self, levels: Sequence[tuple[int, int]]) -> None:
        quantities, prices = self._quantities, self._prices
        for price, qty in levels:
            if qty:
                if price not in quantities:
                    insort(prices, price)
                quantities[price] = qty
            elif price in quantities:
                del quantities[price]
                del prices[bisect_left(prices, price)]

    def highest(self, limit: int) -> tuple[Level, ...]:
        prices = self._prices[max(0, len(self._prices) - limit) :]
        return tuple(Level(price, self._quantities[price]) for price in reversed(prices))

    def lowest(self, limit: int) -> tuple[Level, ...]:
        return tuple(Level(price, self._quantities[price]) for price in self._prices[:limit])
