"""Fault 2: a connection that is there and says nothing."""

import pytest

from tests.e2e.faults.judge import Judge
from tests.e2e.faults.scene import Reader, Recorded, scene, served

pytestmark = pytest.mark.anyio

SOON = 15.0
"""Seconds within which silence of a busy stream has to be noticed, and a new connection made."""


async def test_silence_is_noticed_and_told_and_the_stream_goes_on_whole(
    recording: Recorded,
) -> None:
    part = recording.part(90)
    async with scene(part, proxied=True) as it:
        trades = await it.subscribe()
        handle = await it.result(it.services.books.watch("spot", "BTCUSDT"))
        judge = Judge(handle, part)
        await it.live(40)
        assert (trades.stream.state, trades.stream.reconnects) == ("live", 0)
        it.proxy.down.blackhole = True
        await it.play(20)
        began = it.clock.monotonic()
        await it.until(lambda: trades.stream.stale, SOON)
        assert handle.state != "live"
        await it.until(lambda: trades.stream.reconnects == 1, SOON)
        it.proxy.down.blackhole = False
        await it.until(lambda: trades.stream.state == "live", SOON)
        assert it.clock.monotonic() - began < 2 * SOON
        await it.live(30)
        reader = Reader(trades)
        reader.read()
        assert reader.ids == part.trade_ids
        assert (trades.gaps_unrepaired, judge.wrong, it.broken_rules()) == (0, [], 0)


async def test_a_quiet_market_is_not_taken_for_a_dead_connection(recording: Recorded) -> None:
    """What answers our ping is alive, however long it has nothing to say."""
    async with scene(recording.part(40), proxied=True) as it:
        trades = await it.subscribe()
        await it.live(30)
        await it.after(300)
        assert (trades.stream.state, trades.stream.reconnects) == ("live", 0)
        assert it.proxy.connections == 1
        await it.live(5)
        assert trades.stream.gaps == 0


async def test_a_venue_that_answers_nothing_is_left(recording: Recorded) -> None:
    """As far as TCP goes all is well, and no pong comes."""
    async with scene(recording.part(60)) as it:
        trades = await it.subscribe()
        await it.live(30)
        it.arm({"kind": "blackhole"})
        await it.play(10)
        await it.until(lambda: trades.stream.reconnects == 1, SOON)
        await it.until(lambda: trades.stream.state == "live", SOON)
        await it.live(10)
        reader = Reader(trades)
        reader.read()
        assert reader.ids == recording.part(50).trade_ids


async def test_an_agent_reads_that_the_stream_is_stale(recording: Recorded) -> None:
    async with scene(recording.part(60)) as it, served(it) as agent:
        opened = await agent.ask("subscribe_stream", kind="trade", symbol="BTCUSDT")
        await it.live(30)
        fresh = await agent.ask("read_stream", id=opened["id"], format="json", limit=1)
        assert "stale" not in fresh
        it.arm({"kind": "blackhole"}, {"kind": "refuse", "status": 503})
        await it.after(8)
        silent = await agent.ask("read_stream", id=opened["id"], format="json", limit=1)
        assert (silent["state"], silent["stale"]) == ("stale", True)
        await it.after(20)
        cut = await agent.ask("read_stream", id=opened["id"], format="json", limit=1)
        assert cut["state"] == "reconnecting"
