"""Fault 17: REST without streams, streams without REST, neither: what works goes on, and replies say what does not."""

import pytest

from tests.e2e.faults.judge import Judge
from tests.e2e.faults.scene import Agent, Reader, Recorded, Scene, scene, served

pytestmark = pytest.mark.anyio

STREAMS_DOWN: dict[str, object] = {"kind": "streams_down"}
REST_DOWN: dict[str, object] = {"kind": "rest_down"}
MATRIX = [([], True, True), ([STREAMS_DOWN], True, False), ([REST_DOWN], False, True)]
MATRIX += [([STREAMS_DOWN, REST_DOWN], False, False)]


async def rest_answers(agent: Agent) -> bool:
    """Whether REST can be asked; where it cannot, the error says so and that trying again may help."""
    try:
        return "price" in await agent.ask("get_price", symbols=["BTCUSDT"])
    except AssertionError:
        text = await agent.ask_in_vain("get_price", symbols=["BTCUSDT"])
        assert "HTTP 503" in text
        assert "retry: no" not in text
        return False


@pytest.mark.parametrize(("faults", "rest", "streams"), MATRIX)
async def test_each_half_works_without_the_other(
    recording: Recorded, faults: list[dict[str, object]], rest: bool, streams: bool
) -> None:
    async with scene(recording.part(60)) as it, served(it) as agent:
        opened = await agent.ask("subscribe_stream", kind="trade", symbol="BTCUSDT")
        await it.live(10)
        it.arm(*faults)
        await it.live(10)
        assert await rest_answers(agent) is rest
        page = await agent.ask(
            "read_stream", id=opened["id"], format="json", limit=10_000, max_bytes=4_000_000
        )
        told = [int(row[page["columns"].index("id")]) for row in page["rows"]]
        if streams:
            assert "state" not in page
            assert told == recording.part(20).trade_ids
        else:
            assert page["state"] == "reconnecting"
            assert told == recording.part(10).trade_ids  # what came before is still there
        status = await agent.ask("get_exchange_status")
        assert status["reachable"] is rest


async def recovered(it: Scene, reader: Reader, recorded: Recorded) -> None:
    """All is up again, and nothing is missing."""
    it.arm()
    await it.live(10)
    await it.after(120)
    reader.read()
    assert reader.ids == recorded.trade_ids
    assert it.broken_rules() == 0


@pytest.mark.parametrize("faults", [[STREAMS_DOWN], [STREAMS_DOWN, REST_DOWN]])
async def test_after_an_outage_of_streams_nothing_is_missing(
    recording: Recorded, faults: list[dict[str, object]]
) -> None:
    part = recording.part(80)
    async with scene(part) as it:
        trades = await it.subscribe()
        handle = await it.result(it.services.books.watch("spot", "BTCUSDT"))
        judge = Judge(handle, part)
        await it.live(10)
        it.arm(*faults)
        await it.live(60)
        assert (trades.stream.state, handle.book) == ("reconnecting", None)
        await recovered(it, Reader(trades), part)
        assert handle.state == "live"
        assert judge.wrong == []


async def test_without_rest_a_hole_is_a_gap_with_its_ids_and_a_book_waits(
    recording: Recorded,
) -> None:
    part = recording.part(80)
    async with scene(part) as it:
        trades = await it.subscribe()
        handle = await it.result(it.services.books.watch("spot", "BTCUSDT"))
        judge = Judge(handle, part)
        await it.live(10)
        it.arm(REST_DOWN, {"kind": "drop", "every": 40, "times": 3})
        await it.live(50)
        assert it.struck()[1] == 3
        reader = Reader(trades)
        reader.read()
        missing = [lost for gap in reader.gaps for lost in range(gap.first, gap.last + 1)]
        assert sorted([*reader.ids, *missing]) == part.part(60).trade_ids
        assert trades.gaps_unrepaired == len(reader.gaps)
        it.arm()
        await it.live(20)
        assert handle.state == "live"
        assert judge.wrong == []


async def test_the_live_book_answers_without_rest_and_rest_without_the_live_book(
    recording: Recorded,
) -> None:
    """get_order_book takes what there is, and says which."""
    async with scene(recording.part(60)) as it, served(it) as agent:
        await agent.ask("subscribe_stream", kind="depth", symbol="BTCUSDT")
        await it.live(5)
        it.arm(REST_DOWN)
        live = await agent.ask("get_order_book", symbol="BTCUSDT", format="json", limit=5)
        assert live["source"] == "live book"
        it.arm(STREAMS_DOWN)
        await it.live(5)
        told = await agent.ask("get_order_book", symbol="BTCUSDT", format="json", limit=5)
        assert told.get("source", "rest") == "rest"
        assert told["book"] in {"stale", "resyncing"}
        it.arm(STREAMS_DOWN, REST_DOWN)
        await it.live(5)
        text = await agent.ask_in_vain("get_order_book", symbol="BTCUSDT", format="json", limit=5)
        assert "HTTP 503" in text
