"""The engine against a model that is too simple to be wrong, and the promises a matching engine makes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from binance_mcp_server.exchange.engine.ladder import Ladder, Order, Side
from binance_mcp_server.exchange.engine.matching import Fill, OrderBook

sides = st.sampled_from(Side)
limits = st.tuples(st.just("limit"), sides, st.integers(1, 12), st.integers(1, 20))
markets = st.tuples(st.just("market"), sides, st.just(0), st.integers(1, 60))
cancels = st.tuples(st.just("cancel"), sides, st.integers(0, 80), st.just(1))
Action = tuple[str, Side, int, int]
actions = st.lists(limits | markets | cancels, max_size=80)


class NaiveBook:
    """One list of resting orders in order of arrival; everything is a search."""

    def __init__(self) -> None:
        self.resting: list[Order] = []

    def take(self, taker: Order, limit: int | None) -> list[Fill]:
        fills = []
        buys = taker.side is Side.BUY
        for maker in sorted(
            (order for order in self.resting if order.side is not taker.side),
            key=lambda order: order.price if buys else -order.price,
        ):
            fits = limit is None or (maker.price <= limit if buys else maker.price >= limit)
            qty = min(taker.left, maker.left)
            if fits and qty:
                taker.left -= qty
                maker.left -= qty
                fills.append(Fill(taker.id, maker.id, maker.price, qty, taker.side))
        self.resting = [order for order in self.resting if order.left]
        if limit is not None and taker.left:
            self.resting.append(taker)
        return fills

    def cancel(self, order_id: int) -> bool:
        before = len(self.resting)
        self.resting = [order for order in self.resting if order.id != order_id]
        return len(self.resting) < before

    def levels(self, side: Side) -> dict[int, int]:
        levels: dict[int, int] = {}
        for order in self.resting:
            if order.side is side:
                levels[order.price] = levels.get(order.price, 0) + order.left
        return levels


def do(book: OrderBook, order_id: int, action: Action) -> list[Fill]:
    verb, side, number, qty = action
    if verb == "limit":
        return book.limit(Order(order_id, side, number, qty))
    if verb == "market":
        return book.market(order_id, side, qty)
    if number in book.orders:
        book.cancel(number)
    return []


def levels(ladder: Ladder) -> dict[int, int]:
    return {level.price: level.qty for level in ladder}


@given(actions)
def test_it_does_what_the_naive_model_does(steps: list[Action]) -> None:
    book, model = OrderBook(), NaiveBook()
    for order_id, (verb, side, number, qty) in enumerate(steps):
        fills = do(book, order_id, (verb, side, number, qty))
        if verb == "cancel":
            model.cancel(number)
            continue
        limit = number if verb == "limit" else None
        assert fills == model.take(Order(order_id, side, number, qty), limit)
        assert levels(book.bids) == model.levels(Side.BUY)
        assert levels(book.asks) == model.levels(Side.SELL)
    assert sorted(book.orders) == sorted(order.id for order in model.resting)


@given(actions)
def test_changed_levels_are_all_it_takes_to_follow_the_book(steps: list[Action]) -> None:
    book = OrderBook()
    copies: dict[Side, dict[int, int]] = {side: {} for side in Side}
    for order_id, action in enumerate(steps):
        before = book.revision
        do(book, order_id, action)
        changed = 0
        for side, copy in copies.items():
            for price, qty in book.side(side).take_changes():
                changed += 1
                copy[price] = qty
                if not qty:
                    del copy[price]
            assert copy == levels(book.side(side))
        assert bool(changed) == (book.revision > before)


@given(actions)
def test_a_book_is_never_crossed_and_sorted_best_first(steps: list[Action]) -> None:
    book = OrderBook()
    for order_id, action in enumerate(steps):
        do(book, order_id, action)
        bids, asks = list(levels(book.bids)), list(levels(book.asks))
        assert bids == sorted(bids, reverse=True)
        assert asks == sorted(asks)
        assert not (bids and asks and bids[0] >= asks[0])


@given(actions)
def test_quantity_is_conserved(steps: list[Action]) -> None:
    """What limit orders brought = what rests + what was cancelled + what traded, on both sides of each trade."""
    book = OrderBook()
    brought = traded = cancelled = 0
    for order_id, action in enumerate(steps):
        verb, _, number, qty = action
        leaving = book.orders.get(number) if verb == "cancel" else None
        cancelled += leaving.left if leaving else 0
        filled = sum(fill.qty for fill in do(book, order_id, action))
        traded += filled * (2 if verb == "limit" else 1)
        brought += qty if verb == "limit" else 0
    assert brought == sum(order.left for order in book.orders.values()) + cancelled + traded


def test_at_one_price_the_first_to_come_trades_first_and_a_fill_keeps_its_place() -> None:
    book = OrderBook()
    for order_id in (1, 2, 3):
        book.limit(Order(order_id, Side.SELL, 100, 5))
    assert [fill.maker_id for fill in book.market(4, Side.BUY, 3)] == [1]
    assert [fill.maker_id for fill in book.market(5, Side.BUY, 4)] == [1, 2]
    book.cancel(2)
    assert [fill.maker_id for fill in book.market(6, Side.BUY, 9)] == [3]


def test_a_better_price_trades_first_at_the_makers_price() -> None:
    book = OrderBook()
    book.limit(Order(1, Side.BUY, 99, 5))
    book.limit(Order(2, Side.BUY, 101, 5))
    fills = book.limit(Order(3, Side.SELL, 98, 12))
    assert [(fill.maker_id, fill.price, fill.qty) for fill in fills] == [(2, 101, 5), (1, 99, 5)]
    assert levels(book.asks) == {98: 2}


def test_a_market_order_into_nothing_does_nothing() -> None:
    book = OrderBook()
    assert book.market(1, Side.BUY, 5) == []
    assert book.revision == 0


@pytest.mark.parametrize(("price", "qty"), [(0, 1), (-1, 1), (1, 0), (1, -5)])
def test_senseless_orders_are_refused(price: int, qty: int) -> None:
    book = OrderBook()
    with pytest.raises(ValueError, match="positive"):
        book.limit(Order(1, Side.BUY, price, qty, left=max(qty, 0)))
    assert book.revision == 0


def test_a_used_id_and_an_unknown_one_are_refused() -> None:
    book = OrderBook()
    book.limit(Order(1, Side.BUY, 5, 5))
    with pytest.raises(ValueError, match="rests already"):
        book.limit(Order(1, Side.BUY, 5, 5))
    with pytest.raises(ValueError, match="positive"):
        book.market(2, Side.BUY, 0)
    with pytest.raises(KeyError):
        book.cancel(2)
