"""The memory of a stream: bounded, in order, and a place means the same entry for ever."""

import sys

from hypothesis import given
from hypothesis import strategies as st

from binance_mcp_server.binance_ws_api.ring import NOMINAL_BYTES, Ring
from binance_mcp_server.binance_ws_api.sequence import Entry
from binance_mcp_server.models.events import Gap
from tests.binance_ws_api.frames import row

GAP = Gap(1, 1, "lost", 0)


def entry(place: int, size: int) -> Entry:
    """An entry that knows its place; some are no frames."""
    if size % 7 == 0:
        return row(place)
    return b"%d:" % place + b"x" * size


def weight(entries: list[Entry]) -> int:
    return sum(len(each) if isinstance(each, bytes) else NOMINAL_BYTES for each in entries)


STEPS = st.lists(
    st.one_of(
        st.lists(st.integers(0, 60), max_size=20),
        st.tuples(st.integers(1, 50), st.integers(1, 2_000)),
    ),
    max_size=60,
)


@given(STEPS, st.integers(1, 40), st.integers(1, 2_000))
def test_it_is_a_bounded_list_whose_places_never_change(
    steps: list[list[int] | tuple[int, int]], most: int, most_bytes: int
) -> None:
    ring = Ring(most, most_bytes)
    everything: list[Entry] = []
    left: list[Entry] = []
    for step in steps:
        if isinstance(step, tuple):
            left += ring.resize(*step)
        else:
            fresh = [entry(len(everything) + i, size) for i, size in enumerate(step)]
            everything += fresh
            left += ring.extend(fresh)
        kept = everything[len(left) :]
        assert left == everything[: len(left)], "each leaves once, oldest first"
        assert (ring.first, ring.next) == (len(left), len(everything))
        assert ring.read(ring.first, 10**6) == kept
        assert len(ring) == len(kept)
        assert ring.size == weight(kept)
        assert len(kept) <= ring.max_records * 17 / 16
        assert ring.size <= ring.max_bytes or len(kept) == 1
        assert bool(kept) == bool(everything), "the newest stays"
        for place in range(ring.first, ring.next, 3):
            assert ring.read(place, 2) == everything[place : place + 2]
        assert ring.newest(3) == kept[-3:]


def test_as_many_as_were_asked_for_are_kept() -> None:
    ring = Ring(1_000, 10**9)
    for start in range(0, 5_000, 7):
        ring.extend([b"%d" % n for n in range(start, start + 7)])
        assert len(ring) >= min(start + 7, 1_000)


def test_a_reader_that_comes_too_late_begins_at_the_oldest() -> None:
    ring = Ring(3, 10**6)
    ring.extend([b"a", b"b", b"c", b"d", b"e"])
    assert ring.read(0, 2) == [b"c", b"d"]
    assert ring.read(5, 2) == []


def test_one_burst_may_be_larger_than_the_ring() -> None:
    ring = Ring(3, 10**6)
    assert ring.extend([b"a", b"b", b"c", b"d", b"e"]) == [b"a", b"b"]


def test_bytes_bound_it_too_but_for_the_newest() -> None:
    ring = Ring(100, 10)
    assert ring.extend([b"x" * 8]) == []
    assert ring.extend([b"y" * 50]) == [b"x" * 8]
    assert ring.read(0, 9) == [b"y" * 50]


def test_the_bytes_of_those_that_left_are_let_go() -> None:
    """Places of the list may wait to be cleared; what stood there must not."""
    ring = Ring(4, 10**6)
    frame = b"z" * 1_000
    ring.extend([frame])
    counted = sys.getrefcount(frame)
    for number in range(8):
        ring.extend([b"%d" % number])
    assert sys.getrefcount(frame) == counted - 1


def test_its_list_does_not_grow_for_ever() -> None:
    ring = Ring(100, 10**9)
    for number in range(20_000):
        ring.extend([b"%d" % number])
    assert len(ring._entries) < 1_000


def test_what_is_no_frame_has_a_weight_too() -> None:
    ring = Ring(10**6, 10 * NOMINAL_BYTES)
    entries: list[Entry] = [GAP, row(1)]
    ring.extend(entries * 20)
    assert 0 < len(ring) <= 10
