"""Fault 8: an agent that subscribes and sleeps."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastmcp import Client

from tests.e2e.clients import ask_json, over_stdio
from tests.e2e.faults.scene import TRADES, Reader, Recorded, scene
from tests.e2e.processes import Exchange, children

pytestmark = pytest.mark.anyio

BUFFER = 1000
SLACK = 1.0625
"""A buffer may hold a little more: old records leave many at a time."""
GROWTH = 1.05
KINDS = ("trade", "bookTicker", "depth")
FULL = 0.3
"""Of the recording: all buffers are full by then."""


@pytest.fixture
def held(captures: list[Path]) -> Iterator[Exchange]:
    with Exchange("--replay", *captures, "--speed", "max", "--hold") as exchange:
        yield exchange


def resident(pid: int) -> int:
    """Memory of a process, kB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


def played(exchange: Exchange, share: float) -> None:
    """Return when so much of the recording has been played."""
    for _ in range(20_000):
        state = exchange.state()
        assert state["failure"] is None
        if state["ended"] or state["frames"] >= share * state["frames_total"]:
            return
    raise AssertionError("the replay does not go on")


async def all_arrived(agent: Client[Any], trades: int) -> None:
    """Return when the server has received so many trades; to look at the list is not to read."""
    for _ in range(500):
        page = await ask_json(agent, "list_streams", format="json")
        received = page["columns"].index("received")
        if page["rows"][0][received] == trades:
            return
    raise AssertionError("not all trades arrive")


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
async def test_memory_stays_flat_while_an_agent_sleeps_and_it_is_told_what_it_missed(
    held: Exchange, recording: Recorded, tmp_path: Path
) -> None:
    settings = {
        "BINANCE_MCP_REST_URL": held.rest,
        "BINANCE_MCP_STREAM_URL": held.ready["stream"],
        "BINANCE_MCP_STATE_DIR": tmp_path,
    }
    before = set(children(os.getpid()))
    async with over_stdio(tmp_path / "stderr", settings) as agent:
        opened = [
            await ask_json(agent, "subscribe_stream", kind=kind, symbol="BTCUSDT", buffer=BUFFER)
            for kind in KINDS
        ]
        [server] = set(children(os.getpid())) - before
        held.post("play")
        played(held, FULL)
        full = resident(server)
        played(held, 1.0)
        await all_arrived(agent, len(recording.trade_ids))
        end = resident(server)
        pages = [
            await ask_json(agent, "read_stream", id=each["id"], format="json", limit=1)
            for each in opened
        ]
    assert end <= GROWTH * full
    kept = len(recording.trade_ids) - pages[0]["dropped"]
    assert BUFFER <= kept <= BUFFER * SLACK
    assert all(page["dropped"] > BUFFER and page["dropped_ranges"] for page in pages)
    assert held.state()["streams"]["cut_off"] == 0


async def test_one_who_sleeps_costs_the_others_nothing(recording: Recorded) -> None:
    """Two subscriptions of one stream: what the small one drops, the large one has."""
    part = recording.part(100)
    async with scene(part) as it:
        sleeper, careful = await it.subscribe(buffer=100), await it.subscribe()
        reader = Reader(careful)
        while not it.tape.ended:
            await it.play(1)
            reader.read()
        assert reader.ids == part.trade_ids
        assert (reader.dropped, careful.dropped) == (0, 0)
        late = Reader(sleeper)
        late.read()
        missed = [lost for first, last in late.dropped_ranges for lost in range(first, last + 1)]
        assert sorted([*late.ids, *missed]) == part.trade_ids
        assert it.broken_rules() == 0


async def test_a_stream_that_nobody_reads_ends_and_says_so(recording: Recorded) -> None:
    async with scene(recording.part(30)) as it:
        trades = await it.subscribe(TRADES)
        await it.live(5)
        await it.after(16 * 60)
        assert "15 minutes" in trades.closed
        await it.after(60)
        assert not it.exchange.streams.connections
