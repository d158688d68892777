"""A live book against a naive one: dictionaries of decimals, changed by every recorded update in turn."""

from bisect import bisect_left, insort
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec

from binance_mcp_server.feeds.books import BookHandle
from tests.e2e.faults.scene import Recorded

Levels = list[tuple[Decimal, Decimal]]
DEEP_EVERY = 100
"""Books between two that are compared whole."""
TOP = 20


class _Side:
    def __init__(self) -> None:
        self.quantities: dict[Decimal, Decimal] = {}
        self.prices: list[Decimal] = []

    def put(self, levels: Sequence[tuple[str, str]]) -> None:
        for text, quantity_text in levels:
            price, quantity = Decimal(text), Decimal(quantity_text)
            if not quantity:
                if self.quantities.pop(price, None) is not None:
                    del self.prices[bisect_left(self.prices, price)]
                continue
            if price not in self.quantities:
                insort(self.prices, price)
            self.quantities[price] = quantity


class Oracle:
    """The recorded book as it was after any update, asked for in their order."""

    def __init__(self, recorded: Recorded) -> None:
        opening: dict[str, Any] = msgspec.json.decode(recorded.opening[0].payload)
        self.update_id = opening["lastUpdateId"]
        self._bids, self._asks = _Side(), _Side()
        self._bids.put(opening["bids"])
        self._asks.put(opening["asks"])
        self._events = recorded.data("depthUpdate")
        self._next = 0

    def go_to(self, update_id: int) -> None:
        """Apply every update up to that one."""
        while self._next < len(self._events) and self._events[self._next]["u"] <= update_id:
            event = self._events[self._next]
            self._next += 1
            if event["u"] > self.update_id:
                self._bids.put(event["b"])
                self._asks.put(event["a"])
                self.update_id = event["u"]

    def top(self, most: int) -> tuple[Levels, Levels]:
        """Best first."""
        bids = [(price, self._bids.quantities[price]) for price in self._bids.prices[-most:]]
        asks = [(price, self._asks.quantities[price]) for price in self._asks.prices[:most]]
        return bids[::-1], asks


class Judge:
    """Looks at a book after each of its changes. What it finds wrong is kept: a listener must not raise."""

    def __init__(self, handle: BookHandle, recorded: Recorded) -> None:
        self.good = 0
        self.wrong: list[str] = []
        self._feed = handle.feed
        self._oracle = Oracle(recorded)
        handle.listen(self._look)

    def _look(self) -> None:
        if self._feed.state != "live":
            return
        self.good += 1
        book, oracle = self._feed.book, self._oracle
        oracle.go_to(book.last_update_id)
        if oracle.update_id != book.last_update_id:
            self.wrong.append(f"is at {book.last_update_id}, and there is {oracle.update_id}")
            return
        most = 10_000 if self.good % DEEP_EVERY == 0 else TOP
        top = book.top(most)
        true_bids, true_asks = oracle.top(most)
        low, high = book.known_to("bids"), book.known_to("asks")
        known_bids = [it for it in true_bids if low is None or it[0] >= Decimal(low)]
        known_asks = [it for it in true_asks if high is None or it[0] <= Decimal(high)]
        if (_numbers(top.bids), _numbers(top.asks)) != (known_bids, known_asks):
            self.wrong.append(f"is wrong at {book.last_update_id}")


def _numbers(levels: Sequence[tuple[str, str]]) -> Levels:
    return [(Decimal(price), Decimal(quantity)) for price, quantity in levels]
