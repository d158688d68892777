"""The exchange as a child: started once, gone when it is closed, and an error when it does not come up."""

import asyncio
import socket
from urllib.parse import urlsplit

import pytest

from binance_mcp_server.cli.sim import SimVenue
from binance_mcp_server.errors import SettingsError

pytestmark = pytest.mark.anyio


def listens(url: str) -> bool:
    parts = urlsplit(url)
    with socket.socket() as probe:
        return probe.connect_ex((parts.hostname, parts.port)) == 0


async def test_it_is_started_once_and_is_gone_after_close() -> None:
    sim = SimVenue()
    try:
        first, second = await asyncio.gather(sim.addresses(), sim.addresses())
        assert first == second
        assert listens(first.rest)
    finally:
        await sim.close()
    assert not listens(first.rest)
    await sim.close()


async def test_one_that_does_not_come_up_is_an_error(capfd: pytest.CaptureFixture[str]) -> None:
    sim = SimVenue(["--replay", "/nowhere/at/all.gz"])
    for _ in range(2):
        with pytest.raises(SettingsError, match="did not start"):
            await sim.start()
    await sim.close()
    assert "nowhere" in capfd.readouterr().err
