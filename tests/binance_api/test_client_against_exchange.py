"""The embedded exchange counts by itself, in its own windows: the client never makes it say 429."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request as Http
from urllib.request import urlopen

import pytest

from binance_mcp_server.access.limits import Limits, open_ledger
from binance_mcp_server.binance_api import endpoints
from binance_mcp_server.binance_api.client import BinanceApi
from binance_mcp_server.clock import SystemClock, VirtualClock
from binance_mcp_server.errors import BannedError, LimitError
from binance_mcp_server.venues import Hosts
from tests.clients.process import ROOT, ExchangeProcess

pytestmark = pytest.mark.anyio

LIMIT = 300


@pytest.fixture
def venue() -> Iterator[ExchangeProcess]:
    with ExchangeProcess() as process:
        admin(process.rest, "limits", {"REQUEST_WEIGHT": LIMIT})
        yield process


def admin(rest: str, what: str, body: dict[str, object] | None = None) -> dict[str, Any]:
    data = None if body is None else json.dumps(body).encode()
    with urlopen(Http(f"{rest}/__sim/{what}", data), timeout=10) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


async def hammer(rest: str, folder: Path, calls: int) -> int:
    """Ask for much at once without patience; returns how many requests were answered."""
    ledger = open_ledger(rest, clock=SystemClock(), state_dir=folder, limits=Limits(weight=LIMIT))
    client = BinanceApi(Hosts(rest, "", ""), ledger=ledger, clock=SystemClock(), max_wait=0)

    async def one(number: int) -> bool:
        try:
            if number % 3:
                await client.send(endpoints.depth("BTCUSDT"))
            else:
                await client.send(endpoints.average_price("BTCUSDT"))
        except LimitError:
            return False
        return True

    answered = await asyncio.gather(*(one(number) for number in range(calls)))
    await client.close()
    ledger.close()
    return sum(answered)


_PROGRAM = """
import asyncio, sys
from pathlib import Path
from tests.binance_api.test_client_against_exchange import hammer
print(asyncio.run(hammer(sys.argv[1], Path(sys.argv[2]), 150)))
"""


def test_two_processes_never_pass_the_limit_that_the_venue_counts(
    venue: ExchangeProcess, tmp_path: Path
) -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", _PROGRAM, venue.rest, str(tmp_path / "state")]
    both = [
        subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True)
        for _ in range(2)
    ]
    answered = [int(process.communicate(timeout=60)[0]) for process in both]
    seen = admin(venue.rest, "state")
    assert seen["refused_429"] == seen["refused_418"] == 0
    assert seen["requests"] == sum(answered)
    assert 60 <= sum(answered) <= 90  # 300 of weight 5 and 2, all of it used
    assert [process.returncode for process in both] == [0, 0]


async def test_after_a_ban_nothing_leaves_until_it_ends_restart_included(
    venue: ExchangeProcess, tmp_path: Path
) -> None:
    banned = {"path": "/api/v3/ping", "status": 418, "headers": {"Retry-After": "600"}}
    admin(venue.rest, "respond", banned)

    async def ask(clock: VirtualClock) -> None:
        ledger = open_ledger(venue.rest, clock=clock, state_dir=tmp_path)
        client = BinanceApi(Hosts(venue.rest, "", ""), ledger=ledger, clock=clock)
        try:
            await client.send(endpoints.ping())
        finally:
            await client.close()
            ledger.close()

    clock = VirtualClock(auto_advance=True)
    for _ in range(3):  # each time a new client and a new ledger
        with pytest.raises(BannedError):
            await ask(clock)
        await clock.sleep(200)
    assert admin(venue.rest, "state")["requests"] == 1
    await clock.sleep(1)
    await ask(clock)
    assert admin(venue.rest, "state")["requests"] == 2
