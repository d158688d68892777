"""A recorded market in which an order waits its turn: what stands before it, what prints it gets, what takers leave."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from binance_mcp_server.exchange.engine.ladder import Order, Side
from binance_mcp_server.exchange.engine.matching import ACCOUNTS, OrderBook
from binance_mcp_server.exchange.engine.queue_models import MODELS, QueueModel, RiskAverse
from binance_mcp_server.exchange.engine.recorded_book import RecordedBook, market_before

Levels = Sequence[tuple[int, int]]


class Scene:
    """Bids 100 × 50 and 99 × 70, asks 101 × 40 and 102 × 60, and what was filled."""

    def __init__(self, model: QueueModel | None = None) -> None:
        self.book = OrderBook()
        self.market = RecordedBook(self.book, model or RiskAverse())
        self.market.replace([(100, 50), (99, 70)], [(101, 40), (102, 60)])
        self.fills: list[tuple[int, int]] = []

    def rest(self, order_id: int, side: Side, price: int, qty: int) -> Order:
        order = Order(ACCOUNTS + order_id, side, price, qty)
        assert self.book.limit(order) == []
        return order

    def take(self, side: Side, qty: int) -> list[tuple[int, int, bool]]:
        """Price, quantity, and whether it came from the recorded market."""
        fills = self.book.market(1000, side, qty)
        return [(fill.price, fill.qty, not fill.is_of_account) for fill in fills]

    def sold(self, price: int, qty: int) -> list[tuple[int, int]]:
        """Somebody sold at *price*: who was filled by how much."""
        return self._printed(price, qty, Side.SELL)

    def bought(self, price: int, qty: int) -> list[tuple[int, int]]:
        return self._printed(price, qty, Side.BUY)

    def _printed(self, price: int, qty: int, taker: Side) -> list[tuple[int, int]]:
        self.fills = []
        self.market.printed(price, qty, taker, self._fill)
        return self.fills

    def _fill(self, key: int, qty: int) -> None:
        self.fills.append((key - ACCOUNTS, qty))
        order = self.book.orders[key]
        ladder = self.book.side(order.side)
        self.book.trade(ladder, ladder.level_of(order), order, qty)

    def before(self, order_id: int) -> int:
        return market_before(self.book, ACCOUNTS + order_id)

    def rests(self, order_id: int) -> bool:
        return ACCOUNTS + order_id in self.book.orders

    def levels(self, side: Side) -> Levels:
        return [(level.price, level.qty) for level in self.book.side(side)]


def test_it_shows_what_was_recorded() -> None:
    scene = Scene()
    assert scene.levels(Side.BUY) == [(100, 50), (99, 70)]
    assert scene.levels(Side.SELL) == [(101, 40), (102, 60)]
    scene.market.update([(100, 0), (98, 5)], [(101, 41)])
    assert scene.levels(Side.BUY) == [(99, 70), (98, 5)]
    assert scene.levels(Side.SELL) == [(101, 41), (102, 60)]
    scene.market.replace([(97, 1)], [])
    assert (scene.levels(Side.BUY), scene.levels(Side.SELL)) == ([(97, 1)], [])
    assert len(scene.book.orders) == 1


def test_prints_serve_those_who_came_before_and_then_us() -> None:
    scene = Scene()
    scene.rest(1, Side.BUY, 100, 10)
    assert scene.before(1) == 50
    assert scene.sold(100, 30) == []
    assert scene.before(1) == 20
    assert scene.sold(100, 24) == [(1, 4)]
    assert scene.before(1) == 0
    assert scene.sold(100, 99) == [(1, 6)]
    assert not scene.rests(1)


def test_a_price_that_is_only_touched_fills_nobody() -> None:
    scene = Scene()
    scene.rest(1, Side.BUY, 100, 10)
    scene.market.update([], [(101, 0), (100, 3)])  # the best ask comes to our price …
    assert scene.bought(100, 3) == []  # … and is bought there: that took nothing from the bids
    scene.market.update([(100, 0)], [(99, 8)])  # quotes go through it
    assert scene.fills == []
    assert scene.rests(1)


def test_a_print_through_the_price_fills_the_order_whole() -> None:
    scene = Scene()
    scene.rest(1, Side.BUY, 100, 1000)
    scene.rest(2, Side.SELL, 101, 7)
    assert scene.sold(99, 1) == [(1, 1000)]
    assert scene.bought(102, 1) == [(2, 7)]


def test_who_joins_later_stands_behind_and_who_leaves_leaves_from_there() -> None:
    scene = Scene()
    scene.rest(1, Side.BUY, 100, 10)
    scene.market.update([(100, 80)], [])
    assert scene.before(1) == 50
    scene.market.update([(100, 50)], [])
    assert scene.before(1) == 50
    scene.market.update([(100, 45)], [])
    assert scene.before(1) == 45


def test_the_probable_queue_moves_up_when_others_leave() -> None:
    scene = Scene(MODELS["prob"])
    scene.rest(1, Side.BUY, 100, 10)
    scene.market.update([(100, 100)], [])
    scene.market.update([(100, 80)], [])  # 20 of 50 before and 50 behind
    assert scene.before(1) == 40


def test_what_a_fill_took_is_no_cancellation_when_the_update_tells_of_it() -> None:
    scene = Scene(MODELS["prob"])
    scene.rest(1, Side.BUY, 100, 10)
    scene.market.update([(100, 90)], [])
    assert scene.sold(100, 55) == [(1, 5)]  # 50 before us, 5 for us: the real market lost 55 of 90
    scene.market.update([(100, 35)], [])
    assert scene.levels(Side.BUY)[0] == (100, 5 + 35)
    assert scene.before(1) == 0


def test_accounts_stand_in_the_order_of_their_arrival_among_the_market() -> None:
    scene = Scene()
    scene.rest(1, Side.BUY, 100, 10)
    scene.market.update([(100, 60)], [])
    scene.rest(2, Side.BUY, 100, 10)
    assert (scene.before(1), scene.before(2)) == (50, 60)
    assert scene.sold(100, 75) == [(1, 10), (2, 5)]
    assert scene.levels(Side.BUY)[0] == (100, 5)


def test_an_iceberg_shows_a_part_and_the_next_part_joins_the_end_of_the_queue() -> None:
    scene = Scene()
    order = Order(ACCOUNTS + 1, Side.BUY, 100, 25, 10, hidden=15, part=10)
    scene.book.rest(order)
    scene.market.update([(100, 90)], [])
    assert scene.sold(100, 60) == [(1, 10)]
    assert scene.before(1) == 30
    assert scene.sold(99, 1) == [(1, 10), (1, 5)]  # through the price: all of it


def test_what_a_taker_took_is_gone_until_that_level_is_updated() -> None:
    scene = Scene()
    assert scene.take(Side.BUY, 70) == [(101, 40, True), (102, 30, True)]
    assert scene.take(Side.BUY, 99) == [(102, 30, True)]
    assert scene.take(Side.BUY, 1) == []
    scene.market.update([], [(102, 60)])
    assert scene.take(Side.BUY, 5) == [(102, 5, True)]
    assert scene.levels(Side.SELL) == [(102, 55)]


def test_a_taker_meets_accounts_and_market_in_the_order_of_the_queue() -> None:
    scene = Scene()
    scene.rest(1, Side.SELL, 101, 10)
    scene.market.update([], [(101, 45)])
    assert scene.take(Side.BUY, 52) == [(101, 40, True), (101, 10, False), (101, 2, True)]


def test_orders_of_accounts_stay_when_the_market_leaves_their_price() -> None:
    scene = Scene()
    scene.rest(1, Side.BUY, 100, 10)
    scene.market.update([(100, 0)], [])
    assert scene.levels(Side.BUY) == [(100, 10), (99, 70)]
    scene.market.replace([(98, 5)], [(99, 5)])
    assert scene.levels(Side.BUY) == [(100, 10), (98, 5)]
    assert scene.before(1) == 0


def test_an_order_that_another_fill_has_ended_is_passed_over() -> None:
    scene = Scene()
    scene.rest(1, Side.BUY, 100, 10)
    scene.rest(2, Side.BUY, 100, 10)
    filled: list[int] = []

    def fill(key: int, _qty: int) -> None:
        filled.append(key - ACCOUNTS)
        scene.book.cancel(ACCOUNTS + 2)  # the one ends the other

    scene.market.printed(100, 70, Side.SELL, fill)
    assert filled == [1]


QUANTITY = st.integers(0, 60)
STEP = st.one_of(
    st.tuples(st.just("update"), QUANTITY),
    st.tuples(st.just("print"), st.integers(1, 60)),
    st.tuples(st.just("take"), st.integers(1, 60)),
    st.tuples(st.just("rest"), st.integers(1, 20)),
)


@given(steps=st.lists(STEP, max_size=40), model=st.sampled_from(sorted(MODELS)))
def test_at_any_time_the_level_holds_the_recorded_quantity_or_less_and_its_sums_are_right(
    steps: Sequence[tuple[str, int]], model: str
) -> None:
    scene = Scene(MODELS[model])
    recorded, last_id = 50, 0
    for kind, amount in steps:
        before = {each: scene.before(each) for each in _resting(scene)}
        if kind == "update":
            scene.market.update([(100, amount)], [])
            recorded = amount
        elif kind == "print":
            scene.sold(100, amount)
        elif kind == "take":
            scene.take(Side.SELL, min(amount, _at_best(scene)) or 1)
        else:
            last_id += 1
            scene.rest(last_id, Side.BUY, 100, amount)
        blocks = [each for each in _queue(scene) if each.id < ACCOUNTS]
        assert all(each.left > 0 for each in _queue(scene))
        assert sum(each.left for each in blocks) <= recorded
        if kind == "update":
            assert sum(each.left for each in blocks) == recorded
        level = scene.book.bids.at(100)
        assert (level.qty if level else 0) == sum(each.left for each in _queue(scene))
        for each in _resting(scene) & before.keys():  # nobody is ever put back in the queue
            assert scene.before(each) <= before[each]


def _queue(scene: Scene) -> list[Order]:
    level = scene.book.bids.at(100)
    return list(level.orders.values()) if level else []


def _resting(scene: Scene) -> set[int]:
    return {each.id - ACCOUNTS for each in _queue(scene) if each.id >= ACCOUNTS}


def _at_best(scene: Scene) -> int:
    """Everything at 100, so that a taker goes no further."""
    return sum(each.left for each in _queue(scene))
