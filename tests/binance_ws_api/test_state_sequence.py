"""Streams that tell the whole state: only forward, and an interruption is told. Loose ones: no frame twice."""

from hypothesis import given
from hypothesis import strategies as st

from binance_mcp_server.binance_ws_api.sequence import RESTART_AFTER, Entry
from binance_mcp_server.binance_ws_api.state_sequence import (
    _RECENT,
    LooseSequence,
    RisingSequence,
)
from binance_mcp_server.models.events import Gap
from tests.binance_ws_api.frames import best, tickers


def rising() -> RisingSequence:
    return RisingSequence(b'"u":')


def numbers(sequence: RisingSequence, *bursts: list[int]) -> list[int]:
    given_: list[Entry] = []
    for burst in bursts:
        given_ += sequence.take([best(number) for number in burst], 0.0)
    return [sequence._number(each) for each in given_ if isinstance(each, bytes)]


@given(st.lists(st.lists(st.integers(1, 200), max_size=6), max_size=12))
def test_what_is_given_only_rises_and_the_newest_is_always_given(bursts: list[list[int]]) -> None:
    sequence = rising()
    given_ = numbers(sequence, *bursts)
    came = [number for burst in bursts for number in burst]
    highest = [n for i, n in enumerate(came) if n > max(came[:i], default=0)]
    assert given_ == highest
    assert sequence.duplicates + sequence.reordered == len(came) - len(highest)


def test_a_rising_burst_is_passed_on_as_it_is() -> None:
    sequence, burst = rising(), [best(number) for number in (1, 5, 99, 100)]
    assert sequence.take(burst, 0.0) is burst


def test_an_interruption_is_a_gap_between_what_came_before_and_after() -> None:
    sequence = rising()
    numbers(sequence, [10, 20])
    sequence.interrupted("cut")
    given_ = sequence.take([best(30), best(40)], 0.0)
    assert given_ == [Gap(21, 29, "cut", 0), best(30), best(40)]
    assert sequence.gaps == 1


def test_nothing_lies_between_neighbours() -> None:
    sequence = rising()
    numbers(sequence, [10])
    sequence.interrupted("cut")
    assert sequence.take([best(11)], 0.0) == [best(11)]
    assert sequence.take([best(15)], 0.0) == [best(15)], "told once, or not at all"


def test_an_interruption_before_anything_came_is_told_with_the_first_frame() -> None:
    """Whether something came before it nobody knows."""
    sequence = rising()
    sequence.interrupted("cut")
    assert sequence.take([best(30), best(40)], 0.0) == [Gap(29, 29, "cut", 0), best(30), best(40)]
    assert sequence.gaps == 1


def test_old_frames_of_a_second_connection_do_not_end_an_interruption() -> None:
    sequence = rising()
    numbers(sequence, [10, 20])
    sequence.interrupted("cut")
    assert sequence.take([best(20), best(15)], 0.0) == []
    assert sequence.take([best(25)], 0.0) == [Gap(21, 24, "cut", 0), best(25)]


def test_a_venue_that_counts_from_anew_is_followed() -> None:
    sequence = rising()
    numbers(sequence, [500])
    given_ = sequence.take([best(number) for number in (1, 2, 3, 4, 5)], 2 * RESTART_AFTER)
    assert given_ == [Gap(1, 3, "the venue numbers from anew", 0), best(4), best(5)]


def test_frames_that_cannot_be_read_are_counted() -> None:
    sequence = rising()
    assert sequence.take([best(1), b"{}", best(2)], 0.0) == [best(1), best(2)]
    assert sequence.malformed == 1


def test_a_loose_stream_gives_no_frame_twice() -> None:
    sequence = LooseSequence()
    one, two = tickers("AB", event_ms=5), tickers("CD", event_ms=5)
    assert sequence.take([one, two, one], 0.0) == [one, two]
    assert sequence.take([two, tickers("AB", event_ms=6)], 0.0) == [tickers("AB", event_ms=6)]
    assert sequence.duplicates == 2


def test_a_loose_stream_forgets_old_frames() -> None:
    sequence = LooseSequence()
    frames = [tickers("AB", event_ms=time) for time in range(1, 2 * _RECENT)]
    assert sequence.take(frames, 0.0) == frames
    assert len(sequence._known) == len(sequence._recent) == _RECENT
    assert sequence.take(frames[:1], 0.0) == frames[:1]


def test_an_interruption_of_a_loose_stream_is_told_with_both_ends() -> None:
    """Others of the same millisecond may be among what was lost."""
    sequence = LooseSequence()
    sequence.take([tickers("AB", event_ms=5)], 0.0)
    sequence.interrupted("cut")
    after = tickers("AB", event_ms=9)
    assert sequence.take([after], 0.0) == [Gap(5, 9, "cut", 0), after]


def test_a_frame_without_a_time_leaves_the_last_one_standing() -> None:
    sequence = LooseSequence()
    empty = b'{"stream":"!miniTicker@arr","data":[]}'
    sequence.take([tickers("AB", event_ms=5), empty], 0.0)
    assert sequence.last == 5
