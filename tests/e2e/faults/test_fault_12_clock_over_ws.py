"""Fault 12, over the WebSocket API: the venue's clock is another than ours, steps or drifts. A refusal of the timestamp
is answered by one measurement and one more try; nothing is ever placed twice."""

import asyncio

import pytest

from binance_mcp_server.binance_api import endpoints_account as ask
from binance_mcp_server.errors import RejectedError
from tests.e2e.faults.account_scene import AccountScene, Reader, account_scene, not_now

pytestmark = pytest.mark.anyio

SKEWS = (-5_000, -1_500, 999, 3_000, 5_500, 30_000)


def names(it: AccountScene) -> list[str]:
    return [order.client_id for order in it.orders()]


@pytest.mark.parametrize("skew_ms", SKEWS)
async def test_a_clock_that_is_off_from_the_start_is_measured_first(skew_ms: int) -> None:
    async with account_scene() as it:
        await it.skew(skew_ms)
        name = await it.result(it.place())
        assert names(it) == [name]
        assert it.exchange.ws_api.counters.by_status[400] == 0


@pytest.mark.parametrize("skew_ms", SKEWS)
async def test_a_clock_that_steps_costs_one_refusal_at_the_most(skew_ms: int) -> None:
    async with account_scene() as it:
        first = await it.result(it.place())
        await it.skew(skew_ms)
        second = await it.result(it.place())
        third = await it.result(it.place())
        assert names(it) == [first, second, third]
        assert it.exchange.ws_api.counters.by_status[400] <= 1


async def test_many_at_once_measure_the_clock_once() -> None:
    async with account_scene() as it:
        await it.result(it.place())
        await it.skew(-5_000)
        asked = it.exchange.rest.counters.by_path["/api/v3/time"]
        placed = await it.result(gathered(it, 20))
        assert sorted(names(it)[1:]) == sorted(placed)
        assert it.exchange.rest.counters.by_path["/api/v3/time"] - asked == 3


async def gathered(it: AccountScene, many: int) -> list[str]:
    return list(await asyncio.gather(*(it.place() for _ in range(many))))


async def test_a_clock_that_cannot_be_measured_is_a_refusal_and_places_nothing() -> None:
    async with account_scene() as it:
        first = await it.result(it.place())
        await it.skew(-5_000)
        it.arm({"kind": "rest_down", "paths": ["/api/v3/time"]})
        error = await it.result(not_now(it.place()))
        assert isinstance(error, RejectedError)
        assert error.code == -1021
        assert names(it) == [first]
        assert it.exchange.ws_api.counters.by_status[400] == 2
        read = await it.result(not_now(it.ws.send(ask.open_orders())))
        assert isinstance(read, RejectedError)


async def test_a_clock_that_drifts_is_followed() -> None:
    """A tenth too fast for ten minutes: a whole minute by the end."""
    async with account_scene() as it:
        placed = []
        for second in range(0, 600, 20):
            it.exchange.clock.skew_ms = second * 100
            placed.append(await it.result(it.place()))
            await it.after(20)
        assert names(it) == placed
        assert it.exchange.ws_api.counters.by_status[400] <= 600 * 100 // 1000


@pytest.mark.parametrize("skew_ms", SKEWS)
async def test_a_subscription_is_signed_anew_by_the_right_time(skew_ms: int) -> None:
    async with account_scene() as it:
        reader = Reader(await it.subscribe())
        await it.skew(skew_ms)
        it.arm({"kind": "user_stream", "then": "terminated", "every": 1, "times": 1})
        it.behind_our_back("BUY", "0.1")
        await it.until_certain()
        reader.read()
        assert reader.reports[-1].status == "FILLED"
        assert it.our_balances() == it.true_balances()
