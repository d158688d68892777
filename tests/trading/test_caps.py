"""Over random orders, caps, times and faults, with several processes of one owner, the venue never has what a cap
forbids."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest

from benchmarks.order_truth import FAULTS, INTENTS, LIMIT
from binance_mcp_server.clock import VirtualClock
from binance_mcp_server.errors import BinanceMcpError
from binance_mcp_server.trading.intents import Intent
from binance_mcp_server.trading.policy import Policy
from tests.trading.lives import POLICY, Life
from tests.trading.office import Door, Venue

pytestmark = pytest.mark.anyio
NOW = 1_795_000_000_000
ACTIONS = 40
D = Decimal


class Trade:
    """Three processes of an owner with limits, and somebody who does anything."""

    def __init__(self, venue: Venue, folder: Path, seed: int) -> None:
        self.random = Random(seed)
        self.door: Door = venue.open_account()
        self.venue = venue
        clock = venue.clock
        assert isinstance(clock, VirtualClock)
        self.clock = clock
        self.times: dict[int, int] = {}
        """When each order came; ms."""
        self.door.arrived = self._stamp
        self.policy = self._policy()
        self.lives = [Life(self.door, folder, clock, seed=seed) for _ in range(3)]
        for life in self.lives:
            life.desk.policy = self.policy
            life.desk._patience = 0.5  # nobody waits for what is unknown: others act meanwhile

    def _policy(self) -> Policy:
        pick = self.random.choice
        return replace(
            POLICY,
            order_notional=pick([None, None, D(600)]),
            day_notional=pick([None, D(900), D(2_000)]),
            open_orders=pick([None, None, 3]),
            orders_per_minute=pick([None, None, 3]),
        )

    def _stamp(self) -> None:
        for order in self.door.orders:
            self.times.setdefault(order["orderId"], self.clock.now_ms())

    async def act(self) -> None:
        """One thing, by one of them, or by two at once; then some time."""
        fault = FAULTS[self.random.choice([*FAULTS, *["none"] * 5])]
        self.venue.arm(*([{**fault, "share": 0.5}] if fault else []))
        many = self.random.choice([1, 1, 2, 3])
        lives = self.random.sample(self.lives, many)
        intents = [self._intent() for _ in lives]

        async def together() -> None:
            calls = [self._call(*each) for each in zip(lives, intents, strict=True)]
            await asyncio.gather(*calls)

        await lives[0].run(together())
        await self.clock.advance(self.random.choice([0.001, 0.001, 1, 3, 20, 61, 9_000]))

    async def _call(self, life: Life, intent: Intent) -> None:
        try:
            if self.random.random() < 0.5 or not intent.legs:
                await life.desk.perform(intent, "p")
            else:
                token = (await life.desk.preview(intent, "p")).token
                await life.desk.execute(token, "p")
        except BinanceMcpError:
            return

    def _intent(self) -> Intent:
        name = self.random.choice(["order"] * 4 + ["market"] * 2 + ["list", "cancel_all"])
        if name == "order":
            price = D(self.random.randint(45_000, 59_000))
            quantity = D(self.random.randint(1, 15)) / 1000
            return replace(LIMIT, price=price, quantity=quantity)
        return INTENTS[name]

    def check(self) -> None:
        """What the venue has, against what the owner allows."""
        policy, orders, now = self.policy, self.door.orders, self.clock.now_ms()
        is_open = sum(order["status"] in {"NEW", "PARTIALLY_FILLED"} for order in orders)
        assert is_open <= (policy.open_orders or is_open)
        for order in orders:
            assert worth(order) <= (policy.order_notional or worth(order))
        times = self.times
        minute = [order for order in orders if now - 60_000 < times[order["orderId"]]]
        assert len(minute) <= (policy.orders_per_minute or len(minute))
        day = [order for order in orders if now - 86_400_000 < times[order["orderId"]]]
        total = sum(map(worth, day), D(0))
        assert total <= (policy.day_notional or total)


def worth(order: dict[str, Any]) -> Decimal:
    """In USDT; of a list one order alone can be filled, the dearer one: its stop counts for nothing."""
    if order["type"] == "STOP_LOSS":
        return D(0)
    return max(D(order["price"]) * D(order["origQty"]), D(order["cummulativeQuoteQty"]))


@pytest.fixture(scope="module")
def venue() -> Venue:
    return Venue(VirtualClock(NOW))


@pytest.fixture
def trade(
    venue: Venue, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Trade]:
    monkeypatch.setattr("os.fsync", lambda _: None)
    made = Trade(venue, tmp_path, request.param)
    yield made
    for life in made.lives:
        life._file.close()


@pytest.mark.parametrize("trade", range(40), indirect=True)
async def test_no_cap_is_ever_broken(trade: Trade) -> None:
    for _ in range(ACTIONS):
        await trade.act()
        trade.check()
    for life in trade.lives:
        await life.bury()
    named = [name for name in trade.door.writes if name]
    assert len(named) == len(set(named))
