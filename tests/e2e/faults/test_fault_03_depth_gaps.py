"""Fault 3: depth updates that are missing, and snapshots that are too old to fill the hole."""

from random import Random

import pytest

from tests.e2e.faults.judge import Judge
from tests.e2e.faults.scene import Recorded, scene

pytestmark = pytest.mark.anyio


async def test_a_book_with_a_hole_is_never_served_as_good(recording: Recorded) -> None:
    """One to fifty updates are lost at a time; after each the next three snapshots are from before the hole."""
    part = recording.part(300)
    async with scene(part) as it:
        random = Random(3)
        handle = await it.result(it.services.books.watch("spot", "BTCUSDT"))
        judge = Judge(handle, part)
        await it.play(2)
        await it.until(lambda: handle.state == "live")
        resyncs = 0
        while it.tape.position < 280:
            good = judge.good
            it.arm(
                {"kind": "stale_snapshots", "times": 3},
                {
                    "kind": "drop",
                    "every": 1,
                    "times": random.randint(1, 50),
                    "streams": ["*@depth*"],
                },
            )
            await it.play(6)
            await it.until(lambda: handle.state == "live" and it.struck()[0] == 3)
            await it.play(1)
            assert judge.good > good
            resyncs += 1
        assert judge.wrong == []
        assert handle.feed.book.resyncs >= resyncs
        assert it.broken_rules() == 0


async def test_a_hole_during_a_resync_makes_it_begin_again(recording: Recorded) -> None:
    part = recording.part(40)
    async with scene(part) as it:
        handle = await it.result(it.services.books.watch("spot", "BTCUSDT"))
        judge = Judge(handle, part)
        await it.play(2)
        await it.until(lambda: handle.state == "live")
        it.arm(
            {"kind": "slow_rest", "delay_ms": 4000, "paths": ["*/depth"]},
            {"kind": "drop", "every": 7, "streams": ["*@depth*"]},
        )
        for _ in range(10):
            await it.play(1)
            assert handle.state != "live" or judge.wrong == []
            await it.pass_time()
        it.arm()
        await it.live(10)
        assert handle.state == "live"
        assert (judge.wrong, it.broken_rules()) == ([], 0)


async def test_a_book_that_cannot_be_mended_says_so_all_the_time(recording: Recorded) -> None:
    async with scene(recording.part(60)) as it:
        handle = await it.result(it.services.books.watch("spot", "BTCUSDT"))
        await it.play(2)
        await it.until(lambda: handle.state == "live")
        it.arm(
            {"kind": "stale_snapshots", "times": 1000},
            {"kind": "drop", "every": 1, "times": 1, "streams": ["*@depth*"]},
        )
        await it.play(2)
        assert handle.book is None
        for _ in range(30):
            await it.live(1)
            assert (handle.state, handle.book) == ("resyncing", None)
        assert "older than the stream" in handle.feed.trouble
        assert handle.feed.snapshots < 30
