"""A start that failed may be tried again, and one that is under way ends with its owner."""

import asyncio
from typing import Any

import pytest

from binance_mcp_server.cli.sim import SimVenue
from binance_mcp_server.errors import SettingsError

pytestmark = pytest.mark.anyio


async def test_a_start_under_way_ends_with_its_owner() -> None:
    sim, others = SimVenue(), asyncio.all_tasks()
    starting = asyncio.create_task(sim.start())
    await asyncio.sleep(0)
    await sim.close()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert asyncio.all_tasks() == others


async def test_a_machine_that_could_not_start_it_once_is_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    start, tries = asyncio.create_subprocess_exec, list[str]()

    async def busy_at_first(
        program: str, *arguments: str, **how: Any
    ) -> asyncio.subprocess.Process:
        tries.append(program)
        if len(tries) == 1:
            raise BlockingIOError(11, "Resource temporarily unavailable")
        return await start(program, *arguments, **how)

    monkeypatch.setattr(asyncio, "create_subprocess_exec", busy_at_first)
    sim = SimVenue()
    try:
        with pytest.raises(SettingsError, match="temporarily unavailable"):
            await sim.start()
        assert (await sim.addresses()).rest.startswith("http://127.0.0.1:")
    finally:
        await sim.close()
