"""Orders that wait on the recorded BTCUSDT market are filled by its trades, once the queue before them is gone."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from binance_mcp_server.exchange.clock import VirtualClock
from binance_mcp_server.exchange.engine.account import Account
from binance_mcp_server.exchange.engine.events import Event, Execution
from binance_mcp_server.exchange.engine.ladder import Side
from binance_mcp_server.exchange.engine.orders import NewOrder, OrderType, SpotOrder
from binance_mcp_server.exchange.market.state import Market
from binance_mcp_server.exchange.numbers import SCALE, parse, show
from binance_mcp_server.exchange.sources.base import Frame
from binance_mcp_server.exchange.sources.replay import ReplaySource
from binance_mcp_server.exchange.trading import OWN_TRADES, Trading
from tests.exchange.plain_market import Plain, Step, Waiting
from tests.exchange.sources.recordings import real_files

SYMBOL = "BTCUSDT"
BEGIN = 1_723_161_255_208  # the first event of the recording
MOMENT = BEGIN + 150_000
QTY = "0.3"


class Venue:
    """The exchange on the same recording."""

    def __init__(self, data_dir: Path) -> None:
        self.source = ReplaySource(real_files(data_dir), VirtualClock(0))
        self.market = Market(self.source)
        self.trading = Trading(self.source, self.market)
        self.venue = self.trading.venue
        self.venue.open_account(Account(uid=1, name="a"))
        for asset in ("BTC", "USDT"):
            self.venue.deposit(1, asset, 10**9 * SCALE, BEGIN)
        self.told: list[Execution] = []
        self.venue.listeners.append(self._hear)

    def _hear(self, event: Event) -> None:
        if isinstance(event, Execution) and event.fill is not None:
            self.told.append(event)

    def place(self, side: Side, price: str, now: int) -> SpotOrder:
        asked = NewOrder(
            symbol=SYMBOL, side=side, type=OrderType.LIMIT, qty=parse(QTY), price=parse(price)
        )
        order = self.venue.place(1, asked, now)
        self.trading.flush()
        return order

    def frames(self) -> Iterator[tuple[Frame, dict[str, Any]]]:
        """Each frame once the market has taken it in, and what it says."""
        source = self.source.frames()
        with asyncio.Runner() as runner:
            while True:
                try:
                    batch = runner.run(_next(source))
                except StopAsyncIteration:
                    return
                for frame in batch:
                    self.market.apply([frame])
                    yield frame, msgspec.json.decode(frame.payload)


async def _next(source: AsyncIterator[Sequence[Frame]]) -> Sequence[Frame]:
    return await anext(source)


def told_at(event: dict[str, Any]) -> int:
    """Venue time; 0 where a frame has none."""
    at: int = event.get("data", {}).get("E", 0)
    return at


STEPS = """
    3735686167 0.01797000 0.15264000 0
    3735686168 0.00203000 0.15061000 0
    3735686170 0.02705000 0.12356000 0
    3735686171 0.03125000 0.09231000 0
    3735686172 0.03109000 0.06122000 0
    3735686173 0.03056000 0.03066000 0
    3735686174 0.01088000 0.01978000 0
    3735686175 0.01934000 0.00044000 0
    3735686176 0.00010000 0.00034000 0
    3735686177 0.00024000 0.00010000 0
    3735686178 0.00028000 0          0.00018000
    3735686179 0.14276000 0          0.14276000
    3735686180 0.18938000 0          0.15706000
"""
"""From the moment on: trade id, quantity printed, what stands before us, what we get."""


def test_a_buy_at_the_best_bid_is_filled_by_the_prints_that_its_turn_in_the_queue_gives_it(
    data_dir: Path,
) -> None:
    expected = [
        Step(int(number), qty, Decimal(before), Decimal(got))
        for number, qty, before, got in (line.split() for line in STEPS.split("\n") if line.strip())
    ]
    exchange, plain = Venue(data_dir), Plain()
    joined: Waiting | None = None
    order: SpotOrder | None = None
    seen: list[Step] = []
    for frame, event in exchange.frames():
        plain.hear(event)
        if order is None or joined is None:
            if told_at(event) >= MOMENT:
                joined = plain.join(Side.BUY, QTY)
                assert (joined.price, joined.before) == ("61741.32000000", Decimal("0.27999"))
                order = exchange.place(Side.BUY, joined.price, frame.time_ms)
            continue
        data = event.get("data", {})
        if data.get("e") == "trade" and data["p"] == joined.price and data["m"]:
            got = sum(each.qty for each in order.fills if each.id == data["t"])
            before = exchange.trading.before(order)
            seen.append(Step(data["t"], data["q"], Decimal(show(before)), Decimal(show(got))))
        if not order.status.is_open:
            break
    assert order is not None
    assert joined is not None
    assert seen == joined.steps == expected
    assert {fill.price for fill in order.fills} == {parse(joined.price)}
    assert all(fill.is_maker for fill in order.fills)
    assert [each.fill for each in exchange.told] == order.fills


@dataclass
class Pair:
    """One placement in both."""

    plain: Waiting
    order: SpotOrder
    at_touch: int | None = None
    """How much of it was filled once its price had been touched: traded, or reached by the other side's best."""


@pytest.fixture(scope="module")
def pairs(data_dir: Path) -> list[Pair]:
    """A buy and a sell at the best price every five seconds of three minutes, and what became of them."""
    exchange, plain = Venue(data_dir), Plain()
    found: list[Pair] = []
    due = BEGIN + 5_000
    for frame, event in exchange.frames():
        plain.hear(event)
        for each in found:
            if each.at_touch is None and _touches(each.plain, event):
                each.at_touch = each.order.executed
        if told_at(event) >= due:
            due += 5_000
            for side in Side:
                joined = plain.join(side, QTY)
                found.append(Pair(joined, exchange.place(side, joined.price, frame.time_ms)))
        if due > BEGIN + 180_000:
            break
    return found


def _touches(order: Waiting, event: dict[str, Any]) -> bool:
    data, buys, ours = event.get("data", {}), order.side is Side.BUY, Decimal(order.price)
    if data.get("e") == "trade":
        reached = [Decimal(data["p"])]
    elif data.get("e") == "depthUpdate":
        reached = [Decimal(price) for price, qty in data["a" if buys else "b"] if Decimal(qty)]
    else:
        return False
    return any(each <= ours if buys else each >= ours for each in reached)


def test_every_order_gets_what_plain_reading_says_print_by_print(pairs: list[Pair]) -> None:
    assert len(pairs) >= 60
    for each in pairs:
        told = {step.trade_id: step.got for step in each.plain.steps if step.got}
        got = [Decimal(show(fill.qty)) for fill in each.order.fills]
        assert got == list(told.values())
        # A print that fills several orders gives its id to one of them.
        ids = [fill.id for fill in each.order.fills]
        assert all(own in told or own >= OWN_TRADES for own in ids)
    assert any(len(each.order.fills) > 1 for each in pairs)
    assert sum(not each.order.status.is_open for each in pairs) >= 40


def test_a_touch_of_the_price_fills_no_order(pairs: list[Pair]) -> None:
    """Who fills at the touch would have filled all of these whole."""
    touched = [each for each in pairs if each.at_touch is not None]
    waited = [each for each in touched if each.at_touch == 0]
    assert len(touched) >= 60
    assert len(waited) >= len(touched) // 2
    assert any(each.order.status.is_open for each in touched)
