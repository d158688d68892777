"""The exchange's clocks: the wall's time may be set, what passes only passes."""

import asyncio

import pytest

from binance_mcp_server.exchange.clock import (
    Clock,
    MachineClock,
    SteeredClock,
    VirtualClock,
)

NOW = 1_700_000_000_000


def test_the_machines_monotonic_time_never_goes_back() -> None:
    clock: Clock = MachineClock()
    readings = [clock.monotonic() for _ in range(100)]
    assert readings == sorted(readings)


@pytest.mark.anyio
async def test_setting_the_clock_moves_the_walls_time_alone() -> None:
    clock = VirtualClock(NOW)
    await clock.advance(1_500)
    clock.set(NOW - 3_600_000)
    assert (clock.now_ms(), clock.monotonic()) == (NOW - 3_600_000, 1.5)
    await clock.advance(500)
    assert (clock.now_ms(), clock.monotonic()) == (NOW - 3_599_500, 2.0)


@pytest.mark.anyio
async def test_sleepers_wake_in_order_at_their_deadlines_though_the_clock_is_set() -> None:
    clock = VirtualClock(NOW)
    woken: list[tuple[float, float]] = []

    async def sleeper(seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append((seconds, clock.monotonic()))

    tasks = [asyncio.create_task(sleeper(seconds)) for seconds in (0.3, 0.1, 0.2)]
    await clock.advance(150)
    clock.set(NOW - 3_600_000)
    await clock.advance(150)
    assert woken == [(0.1, 0.1), (0.2, 0.2), (0.3, 0.3)]
    await asyncio.gather(*tasks)


@pytest.mark.anyio
async def test_a_move_gives_others_a_turn_when_nobody_sleeps() -> None:
    clock = VirtualClock(NOW)
    ran = asyncio.Event()
    asyncio.get_running_loop().call_soon(ran.set)
    await clock.advance(1)
    assert ran.is_set()


@pytest.mark.anyio
async def test_a_steered_clock_is_wrong_by_as_much_as_it_was_set() -> None:
    machine = VirtualClock(NOW)
    clock = SteeredClock(machine)
    clock.skew_ms = -3000
    assert (clock.now_ms(), clock.said.now_ms()) == (NOW - 3000, NOW - 3000)
    await machine.advance(500)
    assert (clock.now_ms(), clock.said.now_ms()) == (NOW - 2500, NOW - 2500)
    assert clock.monotonic() == 0.5


@pytest.mark.anyio
async def test_what_is_said_may_run_away_while_what_is_enforced_keeps_the_machines_pace() -> None:
    machine = VirtualClock(NOW)
    clock = SteeredClock(machine)
    clock.said.pace = 1440
    await machine.advance(60_000)
    assert clock.said.now_ms() == NOW + 86_400_000
    assert (clock.now_ms(), clock.monotonic()) == (NOW + 60_000, 60)
    clock.said.pace = 1
    await machine.advance(1000)
    assert clock.said.now_ms() == NOW + 86_401_000
    assert clock.said.monotonic() == 86_401


@pytest.mark.anyio
async def test_sleepers_of_a_paced_clock_follow_its_pace_also_when_it_changes() -> None:
    machine = VirtualClock(NOW)
    clock = SteeredClock(machine)
    asleep = asyncio.create_task(clock.said.sleep(100))
    await machine.advance(1000)
    assert not asleep.done()
    clock.said.pace = 1000
    await machine.advance(200)
    assert asleep.done()
