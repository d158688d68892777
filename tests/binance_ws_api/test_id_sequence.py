"""Trades and aggregate trades: in order, each once; what is not given is inside exactly one gap."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from binance_mcp_server.binance_ws_api.id_sequence import IdSequence
from binance_mcp_server.binance_ws_api.sequence import RESTART_AFTER, Entry
from binance_mcp_server.models.events import Gap
from tests.binance_ws_api.frames import row, rows, trade, trades

MARKER = b'"t":'


@dataclass
class Taker:
    """A sequence of trades, and everything that it has given."""

    sequence: IdSequence = field(default_factory=lambda: IdSequence(MARKER))
    given: list[Entry] = field(default_factory=list)
    now: float = 0.0

    def take(self, *ids: int) -> None:
        self.now += 0.01
        self.given += self.sequence.take([trade(each) for each in ids], self.now)

    def fill(self, first: int, last: int, upto: int | None = None) -> None:
        self.given += self.sequence.fill(rows(first, last), upto, self.now)

    def give_up(self) -> None:
        self.given += self.sequence.give_up("lost", 7)

    @property
    def told(self) -> list[int | tuple[int, int]]:
        """Ids; gaps as ranges."""
        return [self._told(entry) for entry in self.given]

    def _told(self, entry: Entry) -> int | tuple[int, int]:
        if isinstance(entry, bytes):
            return self.sequence._number(entry)
        return (entry.first, entry.last) if isinstance(entry, Gap) else entry.id  # type: ignore[union-attr]


def spread(told: list[int | tuple[int, int]]) -> Iterator[int]:
    """Every id that is told of, given or missing, as often as it is."""
    for each in told:
        yield from range(each[0], each[1] + 1) if isinstance(each, tuple) else (each,)


START = st.sampled_from([1, 95, 999_990, 2**53 - 5, 3_735_683_259])


@st.composite
def arrivals(draw: st.DrawFn) -> tuple[list[int], list[list[int]]]:
    """The venue's ids, and how they arrive: some lost, some twice, some a little late, cut into bursts."""
    start, count = draw(START), draw(st.integers(1, 60))
    ids = list(range(start, start + count))
    lost = draw(st.sets(st.sampled_from(ids)))
    late = draw(st.lists(st.integers(0, 6), min_size=count, max_size=count))
    coming = [(i + late[i], each) for i, each in enumerate(ids) if each not in lost]
    again = draw(st.lists(st.sampled_from(coming), max_size=10)) if coming else []
    coming += [(when + draw(st.integers(0, 20)), each) for when, each in again]
    order = [each for _, each in sorted(coming)]
    cuts = sorted(draw(st.sets(st.integers(0, len(order)), max_size=8)))
    bursts = [order[a:b] for a, b in pairwise([0, *cuts, len(order)])]
    return ids, bursts


FILLS = ["all", "none", "half", "lagging", "beyond", "give up", "wait"]


def mend(taker: Taker, how: str) -> None:
    hole = taker.sequence.hole
    if hole is None:
        return
    middle = (hole.first + hole.last) // 2
    match how:
        case "all":
            taker.fill(hole.first, hole.last, hole.last)
        case "none":
            taker.fill(1, 0)
        case "half":
            taker.fill(middle, hole.last)
        case "lagging":
            taker.fill(hole.first, middle, middle)
        case "beyond":
            taker.fill(hole.first - 3, hole.last + 1, hole.last + 1)
        case "give up":
            taker.give_up()


@settings(max_examples=300)
@given(arrivals(), st.lists(st.sampled_from(FILLS), max_size=12))
def test_every_id_is_given_once_in_order_or_is_in_one_gap(
    arriving: tuple[list[int], list[list[int]]], fills: list[str]
) -> None:
    ids, bursts = arriving
    taker = Taker()
    for burst, how in zip(bursts, fills + ["wait"] * len(bursts), strict=False):
        taker.take(*burst)
        mend(taker, how)
    while taker.sequence.hole is not None:
        taker.give_up()
    told, seen = list(spread(taker.told)), [each for burst in bursts for each in burst]
    if not seen:
        assert told == []
        return
    assert told == list(range(seen[0], max(seen) + 1)), "each once, in order, none left out"
    assert set(told) <= set(ids)
    assert (taker.sequence.parked, taker.sequence.last) == (0, told[-1])


@given(arrivals())
def test_bursts_cut_otherwise_give_the_same(arriving: tuple[list[int], list[list[int]]]) -> None:
    _, bursts = arriving
    cut, whole, single = Taker(), Taker(), Taker()
    order = [each for burst in bursts for each in burst]
    whole.take(*order)
    for burst in bursts:
        cut.take(*burst)
    for each in order:
        single.take(each)
    assert cut.told == whole.told == single.told
    assert cut.sequence.duplicates == whole.sequence.duplicates == single.sequence.duplicates


def test_a_complete_burst_is_passed_on_as_it_is() -> None:
    """The way of nearly all frames makes no new list."""
    sequence = IdSequence(MARKER)
    sequence.take(trades(95, 95), 0.0)
    burst = trades(96, 105)
    assert sequence.take(burst, 0.0) is burst
    assert sequence.last == 105


def test_a_late_frame_closes_its_hole_without_anybody_s_help() -> None:
    taker = Taker()
    taker.take(1, 3, 4)
    assert taker.sequence.hole is not None
    assert (taker.sequence.hole.first, taker.sequence.hole.last) == (2, 2)
    taker.take(2)
    assert taker.told == [1, 2, 3, 4]
    assert (taker.sequence.reordered, taker.sequence.parked) == (1, 0)


def test_ids_that_the_venue_does_not_have_are_passed_over() -> None:
    """An answer that reaches beyond the hole, and has nothing in it, proves that there is nothing."""
    taker = Taker()
    taker.take(10, 15, 16)
    taker.given += taker.sequence.fill({12: row(12)}, 16, 0.0)
    assert taker.told == [10, 12, 15, 16]
    assert taker.sequence.gaps == 0


def test_an_answer_that_lags_behind_proves_nothing() -> None:
    taker = Taker()
    taker.take(10, 15)
    taker.fill(11, 12, 12)
    assert taker.told == [10, 11, 12]
    assert taker.sequence.hole is not None
    assert (taker.sequence.hole.first, taker.sequence.hole.last) == (13, 14)


def test_an_overlap_after_a_reconnect_is_given_once() -> None:
    taker = Taker()
    taker.take(*range(1, 50))
    taker.take(*range(40, 60))
    assert taker.told == list(range(1, 60))
    assert taker.sequence.duplicates == 10


def test_frames_that_cannot_be_read_are_holes_and_are_counted() -> None:
    taker = Taker()
    taker.take(1)
    frames = [trade(2), trade(3)[:70], b"\xff", b'{"stream":"btcusdt@trade","data":{}}', trade(4)]
    taker.given += taker.sequence.take(frames, 0.0)
    assert taker.sequence.malformed == 3
    assert taker.sequence.malformed_sample == frames[3]
    taker.fill(3, 3)
    assert taker.told == [1, 2, 3, 4]


def test_a_venue_that_counts_from_anew_is_followed_and_what_was_left_out_is_told() -> None:
    taker = Taker()
    taker.take(*range(500, 510))
    taker.take(*range(1, 20))  # so far they look like duplicates
    assert taker.told == list(range(500, 510))
    taker.now += RESTART_AFTER
    taker.take(20)
    taker.take(21)
    assert taker.told[10:] == [(1, 19), 20, 21]
    assert taker.sequence.last == 21


def test_what_waited_comes_before_the_new_count() -> None:
    taker = Taker()
    taker.take(500, 502, 505)
    taker.now += 2 * RESTART_AFTER
    taker.take(1, 2, 3, 4)
    assert taker.told == [500, (501, 501), 502, (503, 504), 505, (1, 3), 4]
    taker.take(5)
    assert taker.told[-1] == 5
    assert taker.sequence.parked == 0


def test_old_frames_alone_are_no_new_count() -> None:
    """Two connections carry the same for a while; nothing new has come for less than half a minute."""
    taker = Taker()
    taker.take(*range(1, 100))
    taker.now += RESTART_AFTER - 1
    taker.take(*range(90, 100))
    assert taker.told == list(range(1, 100))


@pytest.mark.parametrize("last", [99, 999_999, 10**18 - 1])
def test_ids_may_grow_by_a_digit(last: int) -> None:
    taker = Taker()
    taker.take(*range(last - 5, last + 6))
    taker.take(*range(last + 6, last + 20))
    assert taker.told == list(range(last - 5, last + 20))
