"""Accounts on both kinds of market: in the simulated one they are public, beside a recorded one they are not."""

import hashlib
import json
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import pytest

from binance_mcp_server.exchange.clock import VirtualClock
from binance_mcp_server.exchange.engine.account import Account
from binance_mcp_server.exchange.engine.events import Event, Execution
from binance_mcp_server.exchange.engine.fair import by_symbol
from binance_mcp_server.exchange.engine.ladder import Side
from binance_mcp_server.exchange.engine.orders import NewOrder, OrderType, SpotOrder, Status
from binance_mcp_server.exchange.engine.queue_models import MODELS
from binance_mcp_server.exchange.engine.symbols import LISTINGS
from binance_mcp_server.exchange.market.state import Market
from binance_mcp_server.exchange.market.types import Trade
from binance_mcp_server.exchange.numbers import SCALE, parse
from binance_mcp_server.exchange.sources.base import Frame, OpenSource
from binance_mcp_server.exchange.sources.scenario import ScenarioSource
from binance_mcp_server.exchange.trading import OWN_TRADES, Trading
from binance_mcp_server.exchange.wire.info import Catalogue
from binance_mcp_server.exchange.wire.limits import Limits
from binance_mcp_server.exchange.wire.params import Query
from tests.exchange.market.feeds import SYMBOL, THURSDAY, HandFed, depth_frame, trade_frame

START_MS = 1_790_000_000_000
LIMIT, MARKET, STOP = OrderType.LIMIT, OrderType.MARKET, OrderType.STOP_LOSS
BUY, SELL = Side.BUY, Side.SELL
BEFORE_ACCOUNTS = "e3caa8e201c9ed54de89f064a7245480c09505b854b2aa106d23ed9afbe6c4d7"
"""Of thirty seconds of the simulated market, made before accounts could trade in it."""
SNAPSHOT = b'{"lastUpdateId":7,"bids":[["99.00000000","5.00000000"]],"asks":[["101.00000000","2.00000000"]]}'


class Desk:
    """An account with all that it needs; every order is followed by what the exchange does after it."""

    def __init__(self, market: Market, trading: Trading) -> None:
        self.market, self.trading, self.venue = market, trading, trading.venue
        self.executions: list[Execution] = []
        self.venue.listeners.append(self._hear)
        self.venue.open_account(Account(uid=1, name="a"))
        for asset in ("BTC", "USDT"):
            self.venue.deposit(1, asset, 10**7 * SCALE, market.now_ms())

    def _hear(self, event: Event) -> None:
        if isinstance(event, Execution):
            self.executions.append(event)

    def place(
        self, side: Side, kind: OrderType, qty: str, price: str = "0", stop: str = "0"
    ) -> SpotOrder:
        asked = NewOrder(
            symbol=SYMBOL,
            side=side,
            type=kind,
            qty=parse(qty),
            price=parse(price),
            stop_price=parse(stop),
        )
        order = self.venue.place(1, asked, self.market.now_ms())
        self.trading.flush()
        return order

    def cancel(self, order: SpotOrder) -> None:
        self.venue.cancel(1, SYMBOL, self.market.now_ms(), order_id=order.id)
        self.trading.flush()


class Simulated(Desk):
    """In the scenario, with BTCUSDT alone."""

    def __init__(self, *, joined: bool = True) -> None:
        self.clock = VirtualClock(START_MS)
        listings = [by_symbol(LISTINGS)[SYMBOL]]
        self.source = ScenarioSource(3, self.clock, listings=listings)
        market = Market(self.source)
        self.told: list[Frame] = []
        trading = Trading(self.source, market)
        if joined:
            super().__init__(market, trading)
        else:
            self.market, self.trading = market, trading
        self._play(self.source.open())

    def step(self, times: int = 1) -> None:
        for _ in range(times):
            self.clock.set(self.clock.now_ms() + 100)
            self._play(self.source.step())

    def _play(self, batch: list[Frame]) -> None:
        """As the exchange does it."""
        self.market.apply(batch)
        self.told += [*self.trading.take_frames(), *batch]

    def best(self, side: Side) -> int:
        view = self.market.book(SYMBOL, 1)
        return (view.bids if side is BUY else view.asks)[0].price


def data(frames: Iterable[Frame], kind: str) -> list[dict[str, Any]]:
    bodies = [json.loads(frame.payload) for frame in frames]
    return [body["data"] for body in bodies if body.get("stream", "").endswith(f"@{kind}")]


def text(units: int) -> str:
    return f"{units // SCALE}.{units % SCALE:08d}"


# --- in the simulated market


def test_the_scenario_is_a_source_that_accounts_can_trade_in() -> None:
    assert isinstance(ScenarioSource(1, VirtualClock(START_MS)), OpenSource)


def test_without_orders_of_accounts_the_market_is_what_it_was() -> None:
    alone, watched = Simulated(joined=False), Simulated()
    alone.step(300)
    watched.step(300)
    assert [frame.payload for frame in watched.told] == [frame.payload for frame in alone.told]
    digest = hashlib.sha256(b"\n".join(frame.payload for frame in alone.told)).hexdigest()
    assert digest == BEFORE_ACCOUNTS


def test_an_order_is_in_the_public_book_at_once() -> None:
    desk = Simulated()
    desk.step(5)
    price = desk.best(BUY) - parse("0.01")
    before = desk.market.book(SYMBOL, 1000)
    order = desk.place(BUY, LIMIT, "1.5", text(price))
    standing = {level.price: level.qty for level in desk.market.book(SYMBOL, 1000).bids}
    was = {level.price: level.qty for level in before.bids}
    assert standing[price] - was.get(price, 0) == parse("1.5")
    desk.cancel(order)
    assert desk.market.book(SYMBOL, 1000).bids == before.bids


def test_a_taker_is_on_the_public_tape_at_once_with_the_ids_of_its_fills() -> None:
    desk = Simulated()
    desk.step(5)
    order = desk.place(BUY, MARKET, "8")
    assert order.status is Status.FILLED
    assert len(order.fills) > 1
    trades = desk.market.recent_trades(SYMBOL, len(order.fills))
    assert [(it.id, it.price, it.qty) for it in trades] == [
        (it.id, it.price, it.qty) for it in order.fills
    ]
    assert not any(it.buyer_is_maker for it in trades)
    assert desk.market.last_price(SYMBOL) == order.fills[-1].price
    desk.venue.ledger.check()


def test_streams_hear_of_it_in_order_and_without_a_gap() -> None:
    desk = Simulated()
    for number in range(40):
        desk.clock.set(desk.clock.now_ms() + 37 * (number % 2))
        desk.place(BUY if number % 3 else SELL, MARKET, "0.3")
        desk.place(BUY, LIMIT, "0.2", text(desk.best(BUY)))
        desk.step()
    assert desk.market.counters()["gaps"] == 0
    updates = data(desk.told, "depth@100ms")
    assert all(later["U"] == earlier["u"] + 1 for earlier, later in pairwise(updates))
    ids = [trade["t"] for trade in data(desk.told, "trade")]
    assert ids == list(range(ids[0], ids[0] + len(ids)))
    times = [frame.time_ms for frame in desk.told]
    assert times == sorted(times)


def test_a_resting_order_is_filled_by_the_crowd_under_the_ids_of_the_tape() -> None:
    desk = Simulated()
    desk.step(5)
    order = desk.place(SELL, LIMIT, "0.05", text(desk.best(SELL)))
    for _ in range(5000):
        if not order.status.is_open:
            break
        desk.step()
    assert order.status is Status.FILLED
    told = {trade["t"]: trade for trade in data(desk.told, "trade")}
    for fill in order.fills:
        assert fill.is_maker
        assert parse(told[fill.id]["q"]) == fill.qty
        assert told[fill.id]["T"] == fill.time
    desk.venue.ledger.check()


def test_a_stop_is_triggered_by_a_trade_of_the_crowd_and_its_own_trades_are_told_after_it() -> None:
    desk = Simulated()
    desk.step(5)
    last = desk.market.last_price(SYMBOL)
    assert last is not None
    stops = [
        desk.place(SELL, STOP, "0.4", stop=text(last - parse("5"))),
        desk.place(BUY, STOP, "0.4", stop=text(last + parse("5"))),
    ]
    for _ in range(2000):
        if any(order.fills for order in stops):
            break
        desk.step()
    [order] = [order for order in stops if order.fills]
    reached = order.stop_price
    trades = data(desk.told, "trade")
    place = next(n for n, trade in enumerate(trades) if trade["t"] == order.fills[0].id)
    by = parse(trades[place - 1]["p"])
    assert by <= reached if order.side is SELL else by >= reached
    assert trades[place - 1]["T"] == order.fills[0].time
    ids = [trade["t"] for trade in trades]
    assert ids == list(range(ids[0], ids[0] + len(ids)))


def test_a_halted_symbol_says_so_and_nobody_trades_it_until_it_is_let_go() -> None:
    desk = Simulated()
    desk.step(5)
    desk.trading.set_status(SYMBOL, "HALT", desk.market.now_ms())
    book = desk.market.book(SYMBOL, 5)
    desk.step(30)
    assert desk.market.book(SYMBOL, 5) == book
    catalogue = Catalogue(desk.market.rules)
    body = catalogue.body(Query({}, ()), Limits(), START_MS)
    [info] = json.loads(json.dumps([json.loads(bytes(it)) for it in body["symbols"]]))  # type: ignore[attr-defined]
    assert info["status"] == "HALT"
    desk.trading.set_status(SYMBOL, "TRADING", desk.market.now_ms())
    desk.step(30)
    assert desk.market.book(SYMBOL, 5) != book


# --- beside a recorded market


class Recorded(Desk):
    """Bid 99 × 5, ask 101 × 2, then what the test plays."""

    def __init__(self, model: str = "risk_averse") -> None:
        self.source = HandFed(THURSDAY)
        market = Market(self.source)
        market.apply([Frame(THURSDAY, SYMBOL, SNAPSHOT)])
        self.ids = iter(range(1, 1000))
        self.update = 7
        super().__init__(market, Trading(self.source, market, model=MODELS[model]))

    def sold(self, price: int, qty: int, at: int = 10) -> int:
        """Somebody sells; the trade's id."""
        trade = Trade(next(self.ids), price * SCALE, qty * SCALE, THURSDAY + at, True)
        self.market.apply([trade_frame(trade)])
        return trade.id

    def bids(self, price: int, qty: int) -> None:
        self.update += 1
        levels = f'[["{price}.00000000","{qty}.00000000"]]'
        self.market.apply([depth_frame(self.update, self.update, levels)])


def test_nothing_of_accounts_is_public_beside_a_recorded_market() -> None:
    desk = Recorded()
    before = desk.market.book(SYMBOL, 5), desk.market.recent_trades(SYMBOL, 5)
    desk.place(BUY, LIMIT, "1", "99")
    taker = desk.place(BUY, MARKET, "1.5")
    assert taker.executed == parse("1.5")
    assert (desk.market.book(SYMBOL, 5), desk.market.recent_trades(SYMBOL, 5)) == before
    assert desk.trading.take_frames() == []


def test_a_print_fills_under_its_own_id_and_takers_have_ids_of_their_own() -> None:
    desk = Recorded()
    first = desk.place(BUY, LIMIT, "1", "99")
    second = desk.place(BUY, LIMIT, "1", "99")
    assert desk.trading.before(first) == parse("5")
    desk.sold(99, 4)
    assert first.fills == []
    number = desk.sold(99, 3)
    assert [fill.id for fill in first.fills] == [number]
    assert [fill.id for fill in second.fills] == [OWN_TRADES]
    taker = desk.place(BUY, MARKET, "1")
    assert [fill.id for fill in taker.fills] == [OWN_TRADES + 1]
    desk.venue.ledger.check()


def test_a_fill_is_never_before_its_order() -> None:
    desk = Recorded()
    desk.source.time_ms = THURSDAY + 50
    order = desk.place(BUY, LIMIT, "1", "99")
    desk.sold(98, 1, at=49)
    assert [fill.time for fill in order.fills] == [order.time]


def test_a_print_triggers_stops_which_take_what_is_recorded() -> None:
    desk = Recorded()
    desk.sold(100, 1)
    stop = desk.place(SELL, STOP, "2", stop="99")
    desk.sold(99, 1)
    assert stop.status is Status.FILLED
    assert [(fill.price, fill.qty) for fill in stop.fills] == [(99 * SCALE, 2 * SCALE)]
    after = desk.place(SELL, MARKET, "3")
    assert after.executed == parse("2")  # 5 were there, 1 was sold, 2 went to the stop
    desk.bids(99, 6)
    assert desk.place(SELL, MARKET, "3").executed == parse("3")


def test_the_queue_model_is_the_one_that_was_asked_for() -> None:
    for model, before in (("risk_averse", "5"), ("prob", "4")):
        desk = Recorded(model)
        order = desk.place(BUY, LIMIT, "1", "99")
        desk.bids(99, 10)
        desk.bids(99, 8)
        assert desk.trading.before(order) == parse(before)


def test_a_halted_symbol_fills_nobody_though_the_recording_goes_on() -> None:
    desk = Recorded()
    order = desk.place(BUY, LIMIT, "1", "99")
    desk.trading.set_status(SYMBOL, "HALT", THURSDAY)
    desk.sold(98, 1)
    assert order.fills == []
    desk.trading.set_status(SYMBOL, "TRADING", THURSDAY)
    desk.sold(98, 1)
    assert order.status is Status.FILLED


@pytest.mark.parametrize("late", [False, True])
def test_whoever_comes_late_finds_the_market_as_it_is(*, late: bool) -> None:
    source = HandFed(THURSDAY)
    market = Market(source)
    trading = Trading(source, market)
    desk = None if late else Desk(market, trading)
    market.apply([Frame(THURSDAY, SYMBOL, SNAPSHOT)])
    market.apply([depth_frame(8, 8, '[["99.50000000","1.00000000"]]')])
    desk = desk or Desk(market, trading)
    assert [fill.price for fill in desk.place(SELL, MARKET, "2").fills] == [
        parse("99.5"),
        parse("99"),
    ]
