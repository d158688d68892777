"""Repairs in a storm: few at once, within their part of the venue's limit, in the order of asking, all in the end."""

import asyncio

import pytest

from binance_mcp_server.clock import VirtualClock
from binance_mcp_server.feeds.repair_turns import (
    AT_ONCE,
    FUTURES_WEIGHT,
    SPOT_WEIGHT,
    WINDOW,
    RepairTurns,
)
from binance_mcp_server.venues import Market

pytestmark = pytest.mark.anyio


class Storm:
    """Repairs that each take a second of the venue's time."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.turns = RepairTurns(self.clock)
        self.begun: list[tuple[float, int, int]] = []
        """When, which, weight."""
        self.running = 0
        self.most = 0

    async def repair(self, which: int, weight: int, market: Market = "spot") -> None:
        async with self.turns.turn(market, weight):
            self.begun.append((self.clock.monotonic(), which, weight))
            self.running += 1
            self.most = max(self.most, self.running)
            try:
                await self.clock.sleep(1)
            finally:
                self.running -= 1

    async def pass_(self, seconds: int) -> None:
        for _ in range(seconds):
            await self.clock.advance(1)
            for _ in range(20):
                await asyncio.sleep(0)

    def most_in_a_window(self) -> int:
        times = [at for at, _, _ in self.begun]
        return max(
            sum(weight for at, _, weight in self.begun if begin <= at < begin + WINDOW)
            for begin in times
        )


async def test_five_hundred_streams_are_caught_up_within_their_part_of_the_limit() -> None:
    storm = Storm()
    tasks = [asyncio.create_task(storm.repair(which, 25)) for which in range(500)]
    await storm.pass_(6 * 60)
    await asyncio.wait_for(asyncio.gather(*tasks), 5)
    assert [which for _, which, _ in storm.begun] == list(range(500)), "in the order of asking"
    assert storm.most == AT_ONCE
    assert storm.most_in_a_window() <= SPOT_WEIGHT


async def test_both_futures_share_a_limit_that_spot_does_not_touch() -> None:
    storm = Storm()
    markets: tuple[Market, ...] = ("usdm", "coinm")
    tasks = [
        asyncio.create_task(storm.repair(which, 20, markets[which % 2])) for which in range(100)
    ]
    await storm.pass_(50)
    assert sum(weight for _, _, weight in storm.begun) == FUTURES_WEIGHT
    await asyncio.gather(asyncio.create_task(storm.repair(999, 25)), storm.pass_(2))
    await storm.pass_(200)
    await asyncio.wait_for(asyncio.gather(*tasks), 5)


async def test_who_gives_up_leaves_its_place_to_the_next() -> None:
    storm = Storm()
    tasks = [asyncio.create_task(storm.repair(which, SPOT_WEIGHT)) for which in range(3)]
    await storm.pass_(5)
    tasks[1].cancel()
    await storm.pass_(int(WINDOW))
    assert [which for _, which, _ in storm.begun] == [0, 2]
    assert isinstance((await asyncio.gather(*tasks, return_exceptions=True))[1], BaseException)


async def test_one_that_weighs_more_than_the_part_goes_when_nothing_else_does() -> None:
    storm = Storm()
    await asyncio.gather(storm.repair(1, SPOT_WEIGHT + 1), storm.pass_(2))
    assert len(storm.begun) == 1
