"""Identical concurrent reads share one, whatever becomes of those who wait."""

import asyncio

import pytest

from binance_mcp_server.queries.single_flight import SingleFlight

pytestmark = pytest.mark.anyio


class Work:
    """A call that waits to be let go, and counts how often it began and was cancelled."""

    def __init__(self) -> None:
        self.begun = self.cancelled = 0
        self.gate = asyncio.Event()

    async def __call__(self) -> int:
        self.begun += 1
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return 7


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_ten_callers_share_one_call_and_nothing_is_kept() -> None:
    flights, work = SingleFlight(), Work()
    callers = [asyncio.create_task(flights.run("k", work)) for _ in range(10)]
    await settle()
    work.gate.set()
    assert await asyncio.gather(*callers) == [7] * 10
    assert (work.begun, len(flights)) == (1, 0)


async def test_different_keys_do_not_share() -> None:
    flights, work = SingleFlight(), Work()
    work.gate.set()
    await asyncio.gather(flights.run(1, work), flights.run(2, work))
    assert work.begun == 2


async def test_a_finished_result_is_not_served_again() -> None:
    flights, work = SingleFlight(), Work()
    work.gate.set()
    await flights.run("k", work)
    await flights.run("k", work)
    assert work.begun == 2


async def test_a_cancelled_waiter_leaves_the_others_alone() -> None:
    """The first caller, who started the call, may leave like any other."""
    flights, work = SingleFlight(), Work()
    first, second = (asyncio.create_task(flights.run("k", work)) for _ in range(2))
    await settle()
    first.cancel()
    await settle()
    work.gate.set()
    assert await second == 7
    assert first.cancelled()


async def test_when_the_last_waiter_leaves_the_call_ends_and_a_new_one_starts_afresh() -> None:
    flights, work = SingleFlight(), Work()
    lone = asyncio.create_task(flights.run("k", work))
    await settle()
    lone.cancel()
    late = asyncio.create_task(flights.run("k", work))
    await settle()
    work.gate.set()
    assert await late == 7
    assert (work.begun, work.cancelled, len(flights)) == (2, 1, 0)


async def test_an_error_reaches_all_who_wait() -> None:
    flights, gate = SingleFlight(), asyncio.Event()

    async def fail() -> int:
        await gate.wait()
        raise ValueError("no")

    callers = [asyncio.create_task(flights.run("k", fail)) for _ in range(3)]
    await settle()
    gate.set()
    outcomes = await asyncio.gather(*callers, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [ValueError] * 3
    assert len(flights) == 0
