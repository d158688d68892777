"""Matching equals that of two engines which nobody here wrote: 100 seeds of 5,000 operations each.

``obook`` (0.1.0, Go behind a C interface) knows time in force, makers that must not take and reductions: against it
goes the venue, orders of three accounts and all. ``orderly-chaos`` (0.2.0, C++) knows limit and market orders, cancels
and reductions: against it goes the book alone. Both are for development; where one cannot be imported its tests are
skipped.
"""

from collections.abc import Iterator
from itertools import count
from random import Random
from typing import Any, NamedTuple

import pytest

from binance_mcp_server.exchange.engine.ladder import Order, Side
from binance_mcp_server.exchange.engine.matching import ACCOUNTS, OrderBook
from binance_mcp_server.exchange.engine.orders import NewOrder, OrderType, TimeInForce
from binance_mcp_server.exchange.engine.refusals import RefusedError
from binance_mcp_server.exchange.numbers import SCALE
from tests.exchange.engine.stage import ANN, BEN, CID, NOW, SYMBOL, Stage, rules_of

SEEDS = 100
OPERATIONS = 5_000
AT_ONCE = 10  # seeds in one test
BLOCKS = [range(first, first + AT_ONCE) for first in range(0, SEEDS, AT_ONCE)]
USERS = (ANN, BEN, CID)
LOWEST = 980


class Step(NamedTuple):
    """One operation. *pick*: 16 bits that say which of the orders so far a cancel or a reduction means."""

    verb: str
    user: int
    side: Side
    price: int
    qty: int
    pick: int


VERBS = ["limit"] * 10 + ["ioc", "fok", "maker", "market"] + ["cancel"] * 4 + ["reduce"] * 2
PLAIN = ["limit"] * 10 + ["market"] + ["cancel"] * 4 + ["reduce"] * 2


def steps(seed: int, verbs: list[str]) -> Iterator[Step]:
    """Prices lie about the middle, so that books grow, cross and empty."""
    bits = Random(f"oracle {seed}").getrandbits
    for _ in range(OPERATIONS):
        word = bits(80)
        yield Step(
            verbs[(word & 0xFFFF) % len(verbs)],
            USERS[(word >> 16 & 0xFF) % len(USERS)],
            Side.BUY if word >> 24 & 1 else Side.SELL,
            LOWEST + (word >> 32 & 0xFFFF) % 41,
            1 + (word >> 48 & 0xFFFF) % 59,
            word >> 64,
        )


class OurVenue:
    """The venue under the operations that ``obook`` has."""

    def __init__(self) -> None:
        stage = Stage(rules_of(max_orders=0, max_amends=0))
        self.venue = stage.venue
        self.venue.listeners.clear()
        self._names = count()
        for user in USERS:
            for asset in ("BTC", "USDT"):
                self.venue.deposit(user, asset, 10**9 * SCALE, NOW)

    def submit(self, step: Step) -> int | None:
        """The order's id; ``None`` when it was refused."""
        kinds = {"market": OrderType.MARKET, "maker": OrderType.LIMIT_MAKER}
        tifs = {"ioc": TimeInForce.IOC, "fok": TimeInForce.FOK}
        asked = NewOrder(
            symbol=SYMBOL,
            side=step.side,
            type=kinds.get(step.verb, OrderType.LIMIT),
            tif=tifs.get(step.verb, TimeInForce.GTC),
            qty=step.qty * SCALE,
            price=0 if step.verb == "market" else step.price * SCALE,
            client_id=str(next(self._names)),
        )
        try:
            return self.venue.place(step.user, asked, NOW).id
        except RefusedError as refused:
            _check(refused, "WOULD_MATCH_IMMEDIATELY")
            return None

    def cancel(self, user: int, order_id: int) -> bool:
        try:
            self.venue.cancel(user, SYMBOL, NOW, order_id=order_id)
        except RefusedError as refused:
            _check(refused, "NONE")
            return False
        return True

    def may_become(self, user: int, order_id: int, qty: int) -> bool:
        """Whether a reduction to *qty* is one that both engines admit: one to what has traded already ends an order
        there."""
        order = self.venue.order(user, SYMBOL, order_id=order_id)
        return order.status.is_open and order.executed < qty * SCALE < order.qty

    def reduce(self, user: int, order_id: int, qty: int) -> None:
        self.venue.amend(user, SYMBOL, NOW, qty * SCALE, order_id=order_id)

    def trades(self) -> list[tuple[int, int, int, int]]:
        """Taker, maker, price and quantity of each, in order."""
        sides: dict[int, dict[bool, tuple[int, int, int]]] = {}
        for user in USERS:
            for fill in self.venue.fills(user, SYMBOL):
                its = (fill.order_id, fill.price // SCALE, fill.qty // SCALE)
                sides.setdefault(fill.id, {})[fill.is_maker] = its
        both = (sides[number] for number in sorted(sides))
        return [(its[False][0], its[True][0], *its[True][1:]) for its in both]

    def standing(self) -> list[tuple[int, int, int]]:
        """Order, price and what is left, bids and then asks, as they would trade."""
        book = self.venue.book(SYMBOL)
        return [
            (order.id - ACCOUNTS, order.price // SCALE, order.left // SCALE)
            for ladder in (book.bids, book.asks)
            for level in ladder
            for order in level.orders.values()
        ]


def _check(refused: RefusedError, reason: str) -> None:
    """Refusals other than for *reason* are none that a seed should meet."""
    if refused.reason != reason:
        raise refused


class Obook:
    """``obook`` under the same operations; its ids are translated into ours. Each order has a user of its own, since
    this engine never lets a user trade with himself; prevention has tests of its own."""

    def __init__(self, obook: Any) -> None:
        self._its = obook
        self.book = obook.Book()
        self.ours: dict[int, int] = {}
        self.theirs: dict[int, tuple[int, int]] = {}
        self._user = 0
        self.trades: list[tuple[int, int, int, int]] = []

    def submit(self, step: Step, our_id: int | None) -> None:
        its = self._its
        tif = {"ioc": its.IOC, "fok": its.FOK}.get(step.verb, its.GTC)
        self._user += 1
        result = self.book.submit(
            self._user,
            its.BUY if step.side is Side.BUY else its.SELL,
            0 if step.verb == "market" else step.price,
            step.qty,
            its.MARKET if step.verb == "market" else its.LIMIT,
            tif,
            step.verb == "maker",
        )
        refused = result.reason is its.Reason.POST_ONLY_WOULD_CROSS
        assert refused == (our_id is None), (step, result)
        if our_id is not None:
            self.ours[result.order_id] = our_id
            self.theirs[our_id] = result.order_id, self._user

    def cancel(self, our_id: int) -> bool:
        result = self.book.cancel(*self.theirs[our_id])
        return bool(result.reason is self._its.Reason.NONE)

    def reduce(self, our_id: int, qty: int) -> bool:
        order_id, user = self.theirs[our_id]
        result = self.book.reduce(order_id, qty, user)
        return bool(result.reason is self._its.Reason.NONE)

    def drain(self) -> None:
        """After every operation: the records of trades are used again by the next one (seen in 0.1.0)."""
        trade = self._its.EventKind.TRADE
        for event in self.book.events():
            if event.kind is trade:
                taker, maker = self.ours[event.taker_id], self.ours[event.maker_id]
                self.trades.append((taker, maker, event.price, event.qty))

    def standing(self) -> list[tuple[int, int, int]]:
        return [
            (self.ours[each.order_id], each.price, each.qty - each.filled)
            for each in self.book.book()
        ]


@pytest.mark.parametrize("seeds", BLOCKS, ids=str)
def test_the_venue_matches_as_obook_does(seeds: range) -> None:
    obook = pytest.importorskip("obook", reason="obook is a development requirement")
    for seed in seeds:
        our, their = OurVenue(), Obook(obook)
        placed: list[tuple[int, int, int]] = []
        for step in steps(seed, VERBS):
            if step.verb not in ("cancel", "reduce"):
                our_id = our.submit(step)
                their.submit(step, our_id)
                if our_id is not None:
                    placed.append((our_id, step.user, step.qty))
            elif placed:
                # Of the latest ones, so that many are still there.
                our_id, user, qty = placed[-1 - (min(len(placed), 80) * step.pick >> 16)]
                if step.verb == "cancel":
                    assert our.cancel(user, our_id) == their.cancel(our_id)
                else:
                    less = 1 + (qty * step.pick >> 16)
                    if our.may_become(user, our_id, less):
                        our.reduce(user, our_id, less)
                        assert their.reduce(our_id, less)
            their.drain()
        trades = our.trades()
        assert len(trades) > OPERATIONS // 10
        assert trades == their.trades
        assert our.standing() == their.standing()
        our.venue.ledger.check()
        their.book.close()


@pytest.mark.parametrize("seeds", BLOCKS, ids=str)
def test_the_book_matches_as_orderly_chaos_does(seeds: range) -> None:
    reason = "orderly-chaos is built by a C++ compiler, where there is one"
    chaos = pytest.importorskip("orderly_chaos", reason=reason)
    sides = {Side.BUY: chaos.Side.BUY, Side.SELL: chaos.Side.SELL}
    for seed in seeds:
        ours = OrderBook()
        theirs: list[Any] = []
        book = chaos.LimitOrderBook(on_trade=theirs.append)
        trades: list[tuple[int, int, int, int]] = []
        for order_id, step in enumerate(steps(seed, PLAIN), 1):
            fills = []
            target = order_id - 1 - (min(order_id, 80) * step.pick >> 16)
            if step.verb == "limit":
                fills = ours.limit(Order(order_id, step.side, step.price, step.qty))
                book.limit(sides[step.side], order_id, step.qty, step.price)
            elif step.verb == "market":
                fills = ours.market(order_id, step.side, step.qty)
                book.market(sides[step.side], order_id, step.qty)
            elif (order := ours.orders.get(target)) is not None:
                if step.verb == "cancel":
                    ours.cancel(target)
                    book.cancel(target)
                else:
                    less = min(step.qty, order.left)
                    ours.reduce(target, less)
                    book.reduce(target, less)
            trades += [(fill.taker_id, fill.maker_id, fill.price, fill.qty) for fill in fills]
        assert len(trades) > OPERATIONS // 10
        assert trades == [(t.taker_id, t.maker_id, t.price, t.quantity) for t in theirs]
        for side, ladder in ((Side.BUY, ours.bids), (Side.SELL, ours.asks)):
            depth = [(level.price, level.qty, len(level.orders)) for level in ladder]
            assert depth == [
                (level.price, level.volume, level.count) for level in book.depth(sides[side], 1000)
            ]
