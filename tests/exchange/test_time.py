"""Clocks that are wrong, steps, and a day in a minute, on a whole venue."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

import pytest

from binance_mcp_server.exchange.app import Exchange
from binance_mcp_server.exchange.clock import SteeredClock, VirtualClock
from binance_mcp_server.exchange.engine.symbols import LISTINGS
from binance_mcp_server.exchange.sources.scenario import ScenarioSource
from tests.exchange.test_order_faults import BY_ID, Trader
from tests.exchange.wire.fake_market import NOW

pytestmark = pytest.mark.anyio
DAY_MS = 86_400_000


class Steered(Trader):
    """A trader whose own clock stays right when the exchange's is steered."""

    def __init__(self) -> None:
        self.clock = VirtualClock(NOW)
        self.steered = SteeredClock(self.clock)
        source = ScenarioSource(1, self.steered.said, listings=LISTINGS[:1])
        self.exchange = Exchange(source, clock=self.steered)

    async def set_clock(self, **fields: float) -> None:
        assert (await self.ask("POST", "/__sim/clock", json.dumps(fields)))["status"] == 200

    async def pass_time(self, milliseconds: int) -> None:
        """Until the market has caught up with its clock."""
        await self.clock.advance(milliseconds)
        for _ in range(1000):
            await asyncio.sleep(0)

    async def find_later(self) -> dict[str, Any]:
        """The same as :meth:`find`, by the exchange's own clock."""
        text = urlencode(BY_ID | {"timestamp": await self.time()})
        target = f"/api/v3/order?{text}&signature={self.sign(text)}"
        return await self.ask("GET", target, key=self._key)

    async def time(self) -> int:
        said: int = (await self.ask("GET", "/api/v3/time"))["serverTime"]
        return said


@pytest.fixture
async def trader() -> AsyncIterator[Steered]:
    made = Steered()
    async with made.exchange:
        await made.open()
        yield made


@pytest.mark.parametrize(
    ("skew", "words"),
    [(-3000, "was 1000ms ahead of the server's time."), (6000, "outside of the recvWindow.")],
)
async def test_timestamps_by_a_right_clock_are_refused_by_a_wrong_one(
    trader: Steered, skew: int, words: str
) -> None:
    await trader.set_clock(skew_ms=skew)
    await trader.pass_time(6000)
    refused = await trader.find()
    assert (refused["status"], refused["code"]) == (400, -1021)
    assert refused["msg"].endswith(words)
    assert await trader.time() == trader.clock.now_ms() + skew
    await trader.set_clock(skew_ms=0)
    await trader.pass_time(6000)
    assert (await trader.find())["code"] == -2013


async def test_a_market_that_is_set_back_waits_and_never_runs_backwards(trader: Steered) -> None:
    await trader.pass_time(1000)
    before = await trader.time()
    await trader.set_clock(step_ms=-2000)
    times = []
    for _ in range(4):
        times.append(await trader.time())
        await trader.pass_time(1000)
    assert times == sorted(times)
    assert (times[0], times[-1]) == (before, before + 1000)


async def test_a_market_at_the_pace_of_a_day_in_a_minute_makes_every_step(trader: Steered) -> None:
    await trader.set_clock(speed=1440)
    await trader.pass_time(200)
    assert abs(await trader.time() - (NOW + 288_000)) <= 200
    trades = trader.exchange.markets["spot"].recent_trades("BTCUSDT", 1000)
    minutes = {trade.time // 60_000 for trade in trades}
    assert len(minutes) >= 4
    await trader.set_clock(speed=1)
    before = await trader.time()
    await trader.pass_time(1000)
    assert abs(await trader.time() - before - 1000) <= 200
    assert trader.exchange.rest.failure is None


async def test_what_was_cancelled_unfilled_is_archived_after_ninety_days(trader: Steered) -> None:
    await trader.place("rest")
    await trader.cancel("rest")
    assert (await trader.find())["status"] == "CANCELED"
    await trader.set_clock(step_ms=91 * DAY_MS)
    await trader.pass_time(1000)
    assert (await trader.find_later())["code"] == -2026
