"""What was lost is counted and named: no more ranges than can be told, none that covers what was not lost."""

from hypothesis import given
from hypothesis import strategies as st

from binance_mcp_server.binance_ws_api.losses import MOST_RUNS, Losses, Run, Seen, runs_of
from binance_mcp_server.binance_ws_api.sequence import Entry
from binance_mcp_server.models.events import Gap

Span = tuple[int, int]


def span(entry: Entry) -> Span | None:
    """Numbers of an entry of these tests: ``b"5"`` or ``b"5-9"``; ``b"?"`` has none."""
    assert isinstance(entry, bytes)
    first, _, last = entry.decode().partition("-")
    return None if first == "?" else (int(first), int(last or first))


def lost(entries: list[Entry], *, by_id: bool, place: int = 0) -> Losses:
    losses = Losses(by_id=by_id)
    losses.extend(runs_of(entries, place, span, by_id=by_id))
    return losses


def trades(*ids: int) -> list[Entry]:
    return [b"%d" % each for each in ids]


def test_ids_without_a_hole_are_one_range() -> None:
    losses = lost(trades(5, 6, 7), by_id=True)
    assert (losses.count, losses.ranges) == (3, [(5, 7)])


def test_ids_with_a_hole_are_two_ranges_and_a_gap_is_no_loss() -> None:
    entries = [*trades(5), Gap(6, 6, "lost", 0), *trades(7)]
    losses = lost(entries, by_id=True)
    assert (losses.count, losses.ranges) == (2, [(5, 5), (7, 7)])
    losses = lost(trades(5, 9), by_id=True)
    assert losses.ranges == [(5, 5), (9, 9)]


def test_updates_are_named_from_the_first_to_the_last_of_each() -> None:
    losses = lost([b"10-15", b"16-16", b"17-30"], by_id=False)
    assert (losses.count, losses.ranges) == (3, [(10, 30)])


def test_what_has_no_number_is_counted() -> None:
    losses = lost([b"?", b"?"], by_id=False)
    assert (losses.count, losses.ranges) == (2, [])


def test_what_stood_side_by_side_is_one_range_whatever_lies_between_its_numbers() -> None:
    losses = lost([b"100", b"250"], by_id=False, place=0)
    losses.extend(runs_of([b"300"], 2, span, by_id=False))
    assert losses.ranges == [(100, 300)]
    losses.extend(runs_of([b"900"], 7, span, by_id=False))
    assert losses.ranges == [(100, 300), (900, 900)]


def test_too_many_ranges_are_joined_and_that_is_said() -> None:
    losses = lost(trades(*range(0, 4 * MOST_RUNS, 2)), by_id=True)
    assert losses.count == 2 * MOST_RUNS
    assert len(losses.ranges) == MOST_RUNS
    assert losses.ranges[0] == (0, 2 * MOST_RUNS)
    assert losses.ranges[-1] == (4 * MOST_RUNS - 2, 4 * MOST_RUNS - 2)
    assert losses.merged


@given(st.lists(st.integers(1, 3), min_size=1, max_size=60), st.integers(0, 60), st.integers(0, 60))
def test_a_stretch_of_ids_is_cut_out_exactly(steps: list[int], start: int, end: int) -> None:
    ids = [sum(steps[:i]) for i in range(1, len(steps) + 1)]
    losses = lost(trades(*ids), by_id=True, place=0)
    cut = Losses(by_id=True)
    cut.extend(losses.between(start, end))
    wanted = ids[start:end]
    assert cut.count == len(wanted)
    assert [each for first, last in cut.ranges for each in range(first, last + 1)] == wanted
    assert not cut.merged


def test_a_stretch_cut_where_nobody_knows_says_so() -> None:
    losses = lost([b"100", b"250", b"300"], by_id=False)
    assert losses.between(0, 3) == [Run(0, 3, 3, 100, 300)]
    (run,) = losses.between(1, 3)
    assert (run.size, run.exact) == (2, False)


def test_a_copy_goes_on_by_itself() -> None:
    losses = lost(trades(1, 2), by_id=True)
    twin = losses.copy()
    twin.extend(runs_of(trades(3), 2, span, by_id=True))
    assert (losses.count, twin.count) == (2, 3)
    assert (losses.ranges, twin.ranges) == ([(1, 2)], [(1, 3)])


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 12)), max_size=15),
    st.lists(st.integers(0, 9), max_size=6),
)
def test_seen_is_a_set_of_places(reads: list[tuple[int, int]], steps: list[int]) -> None:
    seen, places = Seen(), set[int]()
    for start, length in reads:
        seen.add(start, start + length)
        places |= set(range(start, start + length))
    start = 0
    for step in steps:
        unseen = seen.unseen(start, start + step)
        missing = [place for first, end in unseen for place in range(first, end)]
        assert missing == [n for n in range(start, start + step) if n not in places]
        start += step
