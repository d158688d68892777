"""Depth updates: those that are given join, or a gap stands between them. Spot by ``U``, futures by ``pu``."""

from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from binance_mcp_server.binance_ws_api import headers
from binance_mcp_server.binance_ws_api.sequence import RESTART_AFTER, Entry
from binance_mcp_server.binance_ws_api.update_sequence import UpdateSequence
from binance_mcp_server.models.events import Gap
from tests.binance_ws_api.frames import depth


@dataclass
class Taker:
    sequence: UpdateSequence = field(default_factory=UpdateSequence)
    given: list[Entry] = field(default_factory=list)
    now: float = 0.0

    def take(self, *frames: bytes) -> None:
        self.now += 0.01
        self.given += self.sequence.take(list(frames), self.now)

    def give_up(self) -> None:
        while self.sequence.hole is not None:
            self.given += self.sequence.give_up("lost", 7)

    @property
    def told(self) -> list[tuple[int, int] | str]:
        """Ranges; ``"gap"`` for what is missing."""
        return [
            headers.updates(each)[:2] if isinstance(each, bytes) else "gap" for each in self.given
        ]


def joins(before: bytes, after: bytes) -> bool:
    """The venue's rule, restated."""
    one, two = headers.updates(before), headers.updates(after)
    if two.previous is not None:
        return two.previous == one.last
    return two.first <= one.last + 1 <= two.last


@st.composite
def updates(draw: st.DrawFn) -> tuple[list[bytes], list[bytes]]:
    """What the venue sent, and what arrived of it: lost, doubled, swapped, and cut otherwise after a reconnect."""
    futures = draw(st.booleans())
    lengths = draw(st.lists(st.integers(1, 40), min_size=1, max_size=30))
    first = draw(st.sampled_from([1, 90, 50_093_239_189]))
    sent, previous = [], first - 1
    for length in lengths:
        # Ids of futures leave some out between two updates.
        begin = previous + draw(st.integers(1, 9)) if futures else previous + 1
        sent.append(depth(begin, begin + length, previous if futures else None))
        previous = begin + length
    arriving = [(i + draw(st.integers(0, 3)), frame) for i, frame in enumerate(sent)]
    kept = [each for each in arriving if draw(st.integers(0, 9))]
    again = [(when + 5, frame) for when, frame in kept if not draw(st.integers(0, 4))]
    return sent, [frame for _, frame in sorted(kept + again, key=lambda each: each[0])]


@settings(max_examples=300)
@given(updates(), st.sets(st.integers(0, 60)))
def test_updates_join_or_a_gap_stands_between(
    both: tuple[list[bytes], list[bytes]], cuts: set[int]
) -> None:
    sent, arrived = both
    taker = Taker()
    places = sorted({0, *(cut for cut in cuts if cut < len(arrived)), len(arrived)})
    for begin, end in pairwise(places):
        taker.take(*arrived[begin:end])
    taker.give_up()
    for before, after in pairwise(taker.given):
        if isinstance(before, bytes) and isinstance(after, bytes):
            assert joins(before, after)
    given_ = [each for each in taker.given if isinstance(each, bytes)]
    order = [sent.index(frame) for frame in given_]
    assert order == sorted(set(order)), "each once, in the venue's order"
    gaps = sum(isinstance(each, Gap) for each in taker.given)
    assert gaps == taker.sequence.gaps
    missing = any(b - a > 1 for a, b in pairwise(order))
    assert gaps or not missing, "nothing is missing silently"
    assert not arrived or taker.sequence.last == max(headers.updates(each).last for each in given_)


@settings(max_examples=200)
@given(updates(), st.integers(1, 12))
def test_many_at_once_are_taken_as_one_by_one(
    both: tuple[list[bytes], list[bytes]], burst: int
) -> None:
    _, arrived = both
    together, single = Taker(), Taker()
    for start in range(0, len(arrived), burst):
        together.take(*arrived[start : start + burst])
    for frame in arrived:
        single.take(frame)
    for taker in (together, single):
        taker.give_up()
    assert together.given == single.given
    assert together.sequence.duplicates == single.sequence.duplicates


def test_what_arrives_in_order_is_passed_on_as_it_is() -> None:
    sequence = UpdateSequence()
    burst = [depth(n, n + 4) for n in range(1, 50, 5)]
    assert sequence.take(burst, 0.0) is burst


@pytest.mark.parametrize(
    "frames",
    [
        [depth(1, 5), depth(6, 9), depth(4, 12), depth(13, 13)],
        [depth(1, 5, 0), depth(8, 9, 5), depth(8, 9, 5), depth(12, 20, 9)],
    ],
    ids=["spot overlaps", "futures repeat"],
)
def test_an_overlap_after_a_reconnect_is_no_hole(frames: list[bytes]) -> None:
    taker = Taker()
    taker.take(*frames)
    assert (taker.sequence.parked, taker.sequence.gaps) == (0, 0)
    assert taker.told[-1] == headers.updates(frames[-1])[:2]


def test_two_that_were_swapped_are_put_in_order() -> None:
    taker = Taker()
    taker.take(depth(1, 5))
    taker.take(depth(10, 12), depth(6, 9), depth(13, 14))
    assert taker.told == [(1, 5), (6, 9), (10, 12), (13, 14)]
    assert taker.sequence.reordered == 1


def test_a_lost_one_is_a_gap_that_names_what_is_missing() -> None:
    taker = Taker()
    taker.take(depth(1, 5), depth(10, 12), depth(13, 14), depth(20, 21))
    taker.give_up()
    assert taker.given[1] == Gap(6, 9, "lost", 7)
    assert taker.told == [(1, 5), "gap", (10, 12), (13, 14), "gap", (20, 21)]


def test_on_futures_the_chain_decides_and_not_the_numbers() -> None:
    taker = Taker()
    taker.take(depth(1, 5, 0), depth(6, 9, 4))
    assert taker.told == [(1, 5)], "its numbers would join, but it does not follow"
    taker.give_up()
    assert taker.told == [(1, 5), "gap", (6, 9)]


def test_of_two_cut_differently_the_longer_is_kept() -> None:
    """Two connections may cut the same updates into different events."""
    taker = Taker()
    taker.take(depth(1, 5), depth(10, 15), depth(10, 20), depth(6, 9), depth(21, 22))
    assert taker.told == [(1, 5), (6, 9), (10, 20), (21, 22)]


def test_frames_that_cannot_be_read_are_holes_and_are_counted() -> None:
    taker = Taker()
    taker.take(depth(1, 5), depth(6, 9)[:60], depth(10, 12))
    assert (taker.sequence.malformed, taker.sequence.parked) == (1, 1)
    taker.give_up()
    assert taker.told == [(1, 5), "gap", (10, 12)]


def test_a_venue_that_counts_from_anew_is_followed() -> None:
    taker = Taker()
    taker.take(depth(500, 505))
    taker.now += 2 * RESTART_AFTER
    taker.take(*(depth(n, n) for n in range(1, 6)))
    assert taker.given[1] == Gap(1, 3, "the venue numbers from anew", 0)
    assert taker.told == [(500, 505), "gap", (4, 4), (5, 5)]


def test_a_range_names_all_updates_of_a_frame() -> None:
    assert UpdateSequence().span(depth(6, 9)) == (6, 9)
    assert UpdateSequence().number(depth(6, 9)) == 9
    assert UpdateSequence().span(b"{}") is None
