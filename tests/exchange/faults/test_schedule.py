"""What is struck follows from the seed and the order of frames, and from nothing else."""

from collections import Counter

from binance_mcp_server.exchange.faults.kinds import (
    CutRest,
    Day,
    Drop,
    Fault,
    Refuse,
    Reset,
    SlowRest,
    StaleSnapshots,
)
from binance_mcp_server.exchange.faults.plan import Plan
from binance_mcp_server.exchange.faults.schedule import Line, Schedule

TRADE, DEPTH = "btcusdt@trade", "btcusdt@depth@100ms"


def schedule(*faults: Fault, seed: int = 1) -> Schedule:
    return Schedule(Plan(seed, [(type(fault).__name__, fault) for fault in faults]))


def struck(line: Line, frames: int, stream: str = TRADE) -> list[int]:
    """Which of the next frames are struck, from 1 on."""
    return [number for number in range(1, frames + 1) if line.strike(stream)]


def counts(of: Schedule) -> list[int]:
    return [armed.struck for armed, _ in of.of(Fault)]


def test_every_kth_frame_of_each_connection_is_struck_and_no_more_than_asked_for() -> None:
    it = schedule(Reset(every=5, times=3))
    assert struck(Line(it, 1, "spot"), 12) == [5, 10]
    assert struck(Line(it, 2, "spot"), 12) == [5]
    assert counts(it) == [3]


def test_a_share_is_struck_by_chance_the_same_for_the_same_seed_and_connection() -> None:
    def run(seed: int, number: int) -> list[int]:
        return struck(Line(schedule(Drop(share=0.1), seed=seed), number, "spot"), 2000)

    assert run(7, 1) == run(7, 1)
    assert run(7, 1) != run(8, 1)
    assert run(7, 1) != run(7, 2)
    assert 150 < len(run(7, 1)) < 250


def test_frames_of_other_streams_and_products_are_not_even_counted() -> None:
    it = schedule(Drop(every=2, streams=("*@trade",), product="spot"))
    line = Line(it, 1, "spot")
    assert [bool(line.strike(each)) for each in (TRADE, DEPTH, DEPTH, TRADE)] == [
        False, False, False, True,
    ]  # fmt: skip
    assert struck(Line(it, 2, "usdm"), 10) == []


def test_two_that_are_due_for_one_frame_strike_one_after_the_other() -> None:
    it = schedule(Drop(every=2), Reset(every=4))
    line = Line(it, 1, "spot")
    kinds = [type(line.strike(TRADE)).__name__ for _ in range(8)]
    assert kinds == ["NoneType", "Drop", "NoneType", "Drop", "Reset", "Drop", "NoneType", "Drop"]


def test_one_that_is_spent_leaves_frames_to_the_next() -> None:
    it = schedule(Drop(every=1, times=2), Reset(every=1))
    line = Line(it, 1, "spot")
    found = Counter(type(line.strike(TRADE)).__name__ for _ in range(5))
    assert found == {"Drop": 2, "Reset": 3}


def test_requests_may_be_struck_by_several_at_once() -> None:
    it = schedule(
        SlowRest(delay_ms=5, paths=("/api/v3/*",)), CutRest(every=2, bytes=7, paths=("*/depth",))
    )
    assert it.requested("/fapi/v1/depth") == []
    found = [[type(each).__name__ for each in it.requested("/api/v3/depth")] for _ in range(3)]
    assert found == [["SlowRest", "CutRest"], ["SlowRest"], ["SlowRest", "CutRest"]]
    assert counts(it) == [3, 2]


def test_what_is_taken_is_used_up_and_what_is_looked_at_is_not() -> None:
    it = schedule(Refuse(times=2, product="usdm"), Day(seconds=30), StaleSnapshots())
    assert it.take(Refuse, "spot") is None
    for _ in range(2):
        assert it.peek(Refuse, "usdm") == it.take(Refuse, "usdm") is not None
    assert it.take(Refuse, "usdm") is None
    assert it.peek(Day, "coinm") == Day(seconds=30)
    assert (it.take(StaleSnapshots), it.take(StaleSnapshots)) == (StaleSnapshots(), None)
    assert counts(it) == [2, 0, 1]


def test_nothing_is_armed_to_begin_with() -> None:
    it = Schedule(Plan())
    assert not it
    assert it.requested("/api/v3/depth") == []
    assert struck(Line(it, 1, "spot"), 100) == []
