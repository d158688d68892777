"""Fault 1: TCP reset, FIN in the middle of a frame, frames that never come."""

from random import Random
from typing import Any

import pytest

from tests.e2e.faults.judge import Judge
from tests.e2e.faults.scene import Reader, Recorded, scene, served

pytestmark = pytest.mark.anyio


async def test_200_cuts_and_drops_lose_no_trade_and_spoil_no_book(recording: Recorded) -> None:
    """Readers of a stream that was cut 140 times and lost 60 frames besides have every id once; the book is right
    whenever it says that it is good."""
    async with scene(recording) as it:
        random = Random(1)
        trades = await it.subscribe()
        handle = await it.result(it.services.books.watch("spot", "BTCUSDT"))
        judge = Judge(handle, recording)
        it.arm(
            {"kind": "reset", "share": 0.01, "times": 70},
            {"kind": "fin", "share": 0.01, "times": 70},
            {"kind": "drop", "share": 0.01, "times": 60},
            seed=7,
        )
        readers = [Reader(trades), Reader(trades)]
        while it.tape.position < len(recording.seconds) - 5:
            await it.play(1)
            if random.random() < 0.9:  # else the venue goes on while we are away
                await it.until(lambda: trades.stream.state == "live")
            readers[random.random() < 0.5].read(random.randint(1, 400))
        assert it.struck() == [70, 70, 60]
        it.arm()
        await it.until(lambda: trades.stream.state == "live")
        await it.play(5)
        await it.until(lambda: handle.state == "live" and not trades.stream.repairing)
        for reader in readers:
            reader.read()
            assert reader.ids == recording.trade_ids
            assert reader.gaps == []
        assert (trades.gaps_unrepaired, trades.dropped) == (0, 0)
        assert trades.stream.repaired > 0
        assert judge.wrong == []
        assert judge.good > len(recording.seconds) / 2
        assert it.broken_rules() == 0


async def test_a_bad_network_loses_nothing_either(recording: Recorded) -> None:
    """Frames in small pieces, late by chance, and connections that end anywhere: in a header, between two bytes of a
    number."""
    part = recording.part(120)
    async with scene(part, proxied=True) as it:
        down = it.proxy.down
        trades = await it.subscribe()
        handle = await it.result(it.services.books.watch("spot", "BTCUSDT"))
        judge = Judge(handle, part)
        down.latency, down.jitter, down.slice = 0.05, 0.2, 500
        for second in range(len(part.seconds) - 10):
            if second % 10 == 5:
                down.limit_data = 20_000 + 37 * second
                down.limit_by = "reset" if second % 20 == 5 else "fin"
            if second % 30 == 20:
                it.proxy.reset()
            await it.live(1)
        down.limit_data = None
        it.proxy.reset()
        await it.until(lambda: trades.stream.state == "live")
        await it.live(10)
        await it.until(lambda: handle.state == "live" and not trades.stream.repairing)
        reader = Reader(trades)
        reader.read()
        assert reader.ids == part.trade_ids
        assert reader.gaps == []
        assert trades.stream.reconnects > 10
        assert (judge.wrong, it.broken_rules()) == ([], 0)


async def test_an_agent_reads_every_trade_through_the_cuts(recording: Recorded) -> None:
    part = recording.part(100)
    async with scene(part) as it, served(it) as agent:
        opened = await agent.ask("subscribe_stream", kind="trade", symbol="BTCUSDT")
        it.arm({"kind": "reset", "share": 0.02}, {"kind": "drop", "share": 0.02}, seed=3)
        ids: list[int] = []
        page: dict[str, Any] = {"next": None}
        for second in range(len(part.seconds) + 60):
            if second < len(part.seconds):
                await it.play(1)
            if second == len(part.seconds) - 5:
                it.arm()
            await it.after(1)
            page = await agent.ask(
                "read_stream", id=opened["id"], cursor=page["next"], format="json", limit=1000
            )
            column = page["columns"].index("id")
            ids += [int(row[column]) for row in page["rows"]]
        assert ids == part.trade_ids
        assert (page["dropped"], page["gaps_unrepaired"]) == (0, 0)
