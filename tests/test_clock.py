"""Time moves when it is told to, and wakes sleepers in order."""

import asyncio

import pytest

from binance_mcp_server.clock import SystemClock, VirtualClock

pytestmark = pytest.mark.anyio


async def test_the_machine_s_clock_runs_forwards() -> None:
    clock = SystemClock()
    first, monotonic = clock.now_ms(), clock.monotonic()
    await clock.sleep(0)
    assert clock.now_ms() > 1_700_000_000_000
    assert clock.now_ms() >= first - 1000
    assert clock.monotonic() >= monotonic


async def test_sleepers_wake_in_the_order_of_their_deadlines() -> None:
    clock, woken = VirtualClock(1_000_000), list[tuple[str, int]]()

    async def sleeper(name: str, seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append((name, clock.now_ms()))

    async with asyncio.TaskGroup() as group:
        for name, seconds in (("late", 3.0), ("early", 1.5), ("never waits", 0.0), ("too", 1.5)):
            group.create_task(sleeper(name, seconds))
        for _ in range(3):  # until all of them wait
            await asyncio.sleep(0)
        await clock.advance(2)
        assert (clock.now_ms(), clock.monotonic()) == (1_002_000, 2.0)
        await clock.advance(1)
    assert woken == [
        ("never waits", 1_000_000),
        ("early", 1_001_500),
        ("too", 1_001_500),
        ("late", 1_003_000),
    ]


async def test_a_sleeper_that_was_cancelled_holds_nobody_up() -> None:
    clock = VirtualClock()
    task = asyncio.create_task(clock.sleep(1))
    await asyncio.sleep(0)
    task.cancel()
    await clock.advance(5)
    assert clock.monotonic() == 5.0
    assert task.cancelled()


async def test_a_clock_that_moves_by_itself_never_waits() -> None:
    clock = VirtualClock(0, auto_advance=True)
    await clock.sleep(60)
    await clock.sleep(-1)
    assert clock.now_ms() == 60_000
