"""Accounts in the simulated market: their orders are met by price and time, never cancelled, and public."""

import pytest

from binance_mcp_server.exchange.engine.fair import by_symbol
from binance_mcp_server.exchange.engine.ladder import Order, Side
from binance_mcp_server.exchange.engine.matching import ACCOUNTS, Fill
from binance_mcp_server.exchange.engine.scenario import Moved, Print, Scenario
from binance_mcp_server.exchange.engine.symbols import LISTINGS
from binance_mcp_server.exchange.numbers import SCALE

START_MS = 1_790_000_000_000
SYMBOL = "BTCUSDT"
KEY = ACCOUNTS + 1


class Ear:
    """Keeps what accounts are told."""

    def __init__(self) -> None:
        self.fills: list[tuple[int, int, int, int]] = []
        """Key, price, quantity, trade id."""
        self.prices: list[int] = []

    def filled(self, symbol: str, fill: Fill, trade_id: int, now: int) -> None:
        assert symbol == SYMBOL
        assert now > START_MS
        self.fills.append((fill.maker_id, fill.price, fill.qty, trade_id))

    def traded(self, symbol: str, price: int, now: int) -> None:
        assert symbol == SYMBOL
        assert now > START_MS
        self.prices.append(price)


class Scene:
    def __init__(self, seed: int = 1) -> None:
        self.scenario = Scenario(seed, START_MS, listings=[by_symbol(LISTINGS)[SYMBOL]])
        self.scenario.open()
        self.market = self.scenario.markets[SYMBOL]
        self.book = self.market.book
        self.ear = Ear()
        self.market.accounts = self.ear
        self.steps = 0

    def best(self, side: Side) -> int:
        level = self.book.side(side).best()
        assert level is not None
        return level.price

    def rest(self, side: Side, price: int, qty: int, key: int = KEY) -> Order:
        order = Order(key, side, price, qty)
        self.book.rest(order)
        return order

    def step(self, times: int = 1) -> list[Moved]:
        moved: list[Moved] = []
        for _ in range(times):
            self.steps += 1
            moved += self.scenario.step(START_MS + 100 * self.steps)
        return moved


@pytest.mark.parametrize("side", [Side.BUY, Side.SELL])
def test_an_order_before_all_others_is_met_by_the_next_takers(side: Side) -> None:
    scene = Scene()
    tick = scene.market.listing.rules.tick
    price = scene.best(side) + (tick if side is Side.BUY else -tick)
    order = scene.rest(side, price, SCALE // 100)
    prints = [trade for change in scene.step(400) for trade in change.trades]
    assert KEY not in scene.book.orders
    assert sum(qty for _, _, qty, _ in scene.ear.fills) == order.qty
    by_id = {trade.id: trade for trade in prints}
    for key, at, qty, trade_id in scene.ear.fills:
        assert key == KEY
        assert at == price
        assert by_id[trade_id].qty == qty
        assert by_id[trade_id].price == price
        assert by_id[trade_id].buyer_is_maker is (side is Side.BUY)


def test_an_order_behind_the_queue_waits_until_the_queue_is_gone() -> None:
    scene = Scene()
    price = scene.best(Side.BUY)
    level = scene.book.bids.at(price)
    assert level is not None
    others = list(level.orders)
    scene.rest(Side.BUY, price, SCALE)
    for _ in range(3000):
        scene.step()
        if scene.ear.fills:
            break
        level = scene.book.bids.at(price)
        assert level is not None
        assert KEY in level.orders
    assert scene.ear.fills
    assert not any(each in scene.book.orders for each in others)


def test_the_crowd_trades_with_what_stands_in_its_way_and_cancels_none_of_it() -> None:
    scene = Scene()
    price = scene.best(Side.SELL) + 500 * scene.market.listing.rules.tick
    whole = 1000 * SCALE
    for level in list(scene.book.asks):  # as if an account had bought all up to its price
        if level.price <= price:
            for each in list(level.orders):
                scene.book.cancel(each)
    order = scene.rest(Side.BUY, price, whole)
    scene.step(10)
    assert KEY in scene.book.orders
    sold = sum(qty for _, _, qty, _ in scene.ear.fills)
    assert sold == whole - order.left > 0
    assert all(at == price for _, at, _, _ in scene.ear.fills)
    best = scene.book.asks.best()
    assert best is None or best.price > price


def test_an_order_far_away_stays_for_ever() -> None:
    scene = Scene()
    scene.rest(Side.BUY, SCALE, 5 * SCALE)
    scene.rest(Side.SELL, 10**6 * SCALE, 5 * SCALE, KEY + 1)
    scene.step(3000)
    assert {KEY, KEY + 1} <= scene.book.orders.keys()
    assert scene.ear.fills == []


def test_every_trade_of_the_crowd_is_heard_of_once() -> None:
    scene = Scene()
    prints = [trade for change in scene.step(300) for trade in change.trades]
    assert scene.ear.prices == [trade.price for trade in prints]


def test_what_accounts_do_between_steps_is_told_at_once_and_then_never_again() -> None:
    scene = Scene()
    before = scene.step()[0]
    price = scene.best(Side.BUY) - 1
    scene.rest(Side.BUY, price, 7)
    trade_id = scene.market.new_trade_id()
    trade = Print(trade_id, price, 1, START_MS + 150, True)
    scene.market.printed(trade)
    [told] = scene.scenario.touched(START_MS + 160)
    assert scene.scenario.touched(START_MS + 160) == []
    assert told.bids == [(price, 7)]
    assert told.trades == (trade,)
    assert told.first_update_id == before.last_update_id + 1 == told.last_update_id
    after = scene.step()[0]
    assert after.first_update_id == told.last_update_id + 1
    assert trade not in after.trades
    ids = [each.id for each in (*told.trades, *after.trades)]
    assert ids == list(range(trade_id, trade_id + len(ids)))


def test_time_goes_on_from_what_accounts_did() -> None:
    scene = Scene()
    scene.step()
    scene.rest(Side.BUY, SCALE, 7)
    scene.scenario.touched(START_MS + 199)
    times = [trade.time for change in scene.step(200) for trade in change.trades]
    assert times == sorted(times)
    assert times[0] >= START_MS + 200


def test_a_halted_symbol_stands_still_and_goes_on() -> None:
    scene = Scene()
    scene.market.is_halted = True
    assert scene.step(20) == []
    scene.market.is_halted = False
    assert scene.step(20)[-1].last_update_id > 0
