"""Fault 6: the venue ends every connection after a day, and before that when it shuts a server down."""

import pytest

from tests.e2e.faults.judge import Judge
from tests.e2e.faults.scene import Reader, Recorded, scene

pytestmark = pytest.mark.anyio


async def test_days_of_thirty_seconds_lose_nothing(recording: Recorded) -> None:
    """A new connection is made before the old one goes: no hole, no repair, a book that is good throughout."""
    async with scene(recording) as it:
        trades = await it.subscribe()
        handle = await it.result(it.services.books.watch("spot", "BTCUSDT"))
        judge = Judge(handle, recording)
        await it.live(3)
        it.arm({"kind": "day", "seconds": 30, "notice_seconds": 15})
        good, changes = judge.good, trades.stream.received
        while not it.tape.ended:
            await it.live(1)
            assert handle.state == "live"
        reader = Reader(trades)
        reader.read()
        assert reader.ids == recording.trade_ids
        assert trades.stream.gaps == trades.stream.repaired == trades.stream.reconnects == 0
        assert (handle.feed.book.resyncs, handle.feed.snapshots) == (0, 1)
        assert judge.wrong == []
        assert (judge.good > good, trades.stream.received > changes) == (True, True)
        [state] = it.services.hub.state().endpoints.values()
        assert state.renewals >= len(recording.seconds) / 30 - 2
        assert it.broken_rules() == 0


async def test_a_shutdown_moves_the_streams_before_it_comes(recording: Recorded) -> None:
    part = recording.part(60)
    async with scene(part) as it:
        trades = await it.subscribe()
        await it.live(10)
        it.arm({"kind": "serverShutdown", "seconds": 10})
        await it.live(50)
        reader = Reader(trades)
        reader.read()
        assert reader.ids == part.trade_ids
        assert trades.stream.reconnects == trades.stream.repaired == 0
        assert it.exchange.streams.counters.dials == 2


async def test_a_shutdown_without_time_to_move_is_repaired(recording: Recorded) -> None:
    part = recording.part(60)
    async with scene(part) as it:
        trades = await it.subscribe()
        await it.live(10)
        it.arm({"kind": "serverShutdown", "seconds": 0})
        await it.play(20)
        await it.live(30)
        await it.until(lambda: trades.stream.state == "live" and not trades.stream.repairing)
        reader = Reader(trades)
        reader.read()
        assert reader.ids == part.trade_ids
        assert trades.stream.repaired > 0
