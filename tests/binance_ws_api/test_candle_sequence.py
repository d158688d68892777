"""Candles: each one's last event is its closing one, none is left out without a word, and what is lost is fetched."""

from dataclasses import dataclass, field
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from binance_mcp_server.binance_ws_api import headers
from binance_mcp_server.binance_ws_api.candle_sequence import CandleSequence
from binance_mcp_server.binance_ws_api.sequence import RESTART_AFTER, Entry
from binance_mcp_server.models.events import Candle, Event, Gap, KlineEvent
from tests.binance_ws_api.frames import MINUTE, candle

DAY = 86_400_000


def fetched(minute: int) -> KlineEvent:
    opened = minute * MINUTE
    shape = Candle(
        opened, opened + MINUTE - 1, "1m", "1", "2", "2", "1", "9", 2, True, "14", "4", "6"
    )
    return KlineEvent(opened + MINUTE - 1, "BTCUSDT", shape)


def rows(*minutes: int) -> dict[int, Event]:
    return {minute * MINUTE: fetched(minute) for minute in minutes}


@dataclass
class Taker:
    sequence: CandleSequence = field(default_factory=lambda: CandleSequence("1m"))
    given: list[Entry] = field(default_factory=list)
    now: float = 0.0

    def take(self, *frames: bytes) -> None:
        self.now += 1
        self.given += self.sequence.take(list(frames), self.now)

    def fill(self, *minutes: int, upto: int | None = None) -> None:
        known = None if upto is None else upto * MINUTE - 1
        self.given += self.sequence.fill(rows(*minutes), known, self.now)

    @property
    def told(self) -> list[str]:
        """``"5"`` an event of minute 5, ``"5!"`` its closing one, ``"5*"`` fetched; ``"gap 5-6"``."""
        return [self._told(entry) for entry in self.given]

    def _told(self, entry: Entry) -> str:
        if isinstance(entry, bytes):
            mark = headers.candle(entry)
            return f"{mark.open_time // MINUTE}{'!' if mark.closed else ''}"
        if isinstance(entry, Gap):
            return f"gap {entry.first // MINUTE}-{entry.last // MINUTE}"
        assert isinstance(entry, KlineEvent)
        return f"{entry.candle.open_time // MINUTE}*"


def test_candles_follow_each_other() -> None:
    taker = Taker()
    taker.take(candle(5, second=3), candle(5, second=5), candle(5, closed=True, second=60))
    taker.take(candle(6, second=2), candle(6, closed=True, second=60), candle(7))
    assert taker.told == ["5", "5", "5!", "6", "6!", "7"]
    assert taker.sequence.hole is None


def test_a_lost_close_is_fetched_and_comes_before_the_next_candle() -> None:
    taker = Taker()
    taker.take(candle(5, second=3), candle(6, second=2), candle(6, second=4))
    hole = taker.sequence.hole
    assert hole is not None
    assert (hole.first, hole.last) == (5 * MINUTE, 6 * MINUTE - 1)
    taker.fill(5, upto=6)
    assert taker.told == ["5", "5*", "6", "6"]
    assert (taker.sequence.repaired, taker.sequence.hole) == (1, None)


def test_lost_candles_are_fetched() -> None:
    taker = Taker()
    taker.take(candle(5, closed=True, second=60), candle(8, second=2))
    hole = taker.sequence.hole
    assert hole is not None
    assert (hole.first, hole.last) == (6 * MINUTE, 8 * MINUTE - 1)
    taker.fill(6, 7, upto=8)
    assert taker.told == ["5!", "6*", "7*", "8"]


def test_an_answer_that_lags_behind_proves_nothing() -> None:
    taker = Taker()
    taker.take(candle(5, closed=True, second=60), candle(8, second=2))
    taker.fill()
    taker.fill(6, upto=7)
    assert taker.told == ["5!", "6*"]
    assert taker.sequence.hole is not None
    taker.fill(7)
    assert taker.told == ["5!", "6*", "7*", "8"]


def test_candles_that_the_venue_does_not_have_are_passed_over_and_those_it_has_are_not() -> None:
    """Its outages leave holes in its candles too; what stands among them was fetched and is given."""
    taker = Taker()
    taker.take(candle(5, closed=True, second=60), candle(10, second=2))
    taker.fill(7, 9, upto=10)
    assert taker.told == ["5!", "7*", "9*", "10"]
    assert taker.sequence.gaps == 0


def test_a_close_that_cannot_be_had_is_told() -> None:
    taker = Taker()
    taker.take(candle(5, second=3), candle(9, second=2))
    taker.fill(8, upto=9)
    assert taker.told == ["5", "gap 5-5", "8*", "9"]


def test_given_up_it_goes_on_behind_a_gap() -> None:
    taker = Taker()
    taker.take(candle(5, second=3), candle(8, second=2), candle(8, second=4))
    taker.given += taker.sequence.give_up("lost", 7)
    assert taker.told == ["5", "gap 5-7", "8", "8"]


def test_late_and_repeated_events_are_left_out() -> None:
    """Two connections carry the same for a while."""
    taker = Taker()
    events = [candle(5, second=s) for s in (1, 3, 5)] + [candle(5, closed=True, second=60)]
    taker.take(*events[:3], *events[:3], events[3], *events, candle(6), *events[2:])
    assert taker.told == ["5", "5", "5", "5!", "6"]
    assert taker.sequence.duplicates + taker.sequence.reordered == 9


def test_nothing_of_a_candle_comes_after_its_close() -> None:
    taker = Taker()
    taker.take(candle(5, closed=True, second=60), candle(5, second=61))
    taker.take(candle(5, closed=True, second=62), candle(6, second=2))
    assert taker.told == ["5!", "6"]


def test_months_are_as_long_as_they_are() -> None:
    taker = Taker(CandleSequence("1M"))
    starts = [0, 31 * DAY, 59 * DAY, 90 * DAY]  # 1970
    for start in starts:
        taker.take(candle(start // MINUTE, closed=True, second=60))
    assert taker.sequence.hole is None
    taker.take(candle(151 * DAY // MINUTE))  # June, without May
    assert taker.sequence.hole is not None


def test_a_venue_whose_time_jumps_back_is_followed() -> None:
    taker = Taker()
    taker.take(candle(500))
    taker.now += 2 * RESTART_AFTER
    taker.take(*(candle(5, second=s) for s in range(1, 7)))
    assert taker.told == ["500", "gap 500-500", "5", "5", "5"]


@st.composite
def arrivals(draw: st.DrawFn) -> list[bytes]:
    """Eight minutes of candles, some events lost, doubled or late."""
    sent = [candle(m, second=s) for m in range(8) for s in (1, 20, 40)]
    sent += [candle(m, closed=True, second=60) for m in range(8)]
    sent.sort(key=lambda frame: (headers.candle(frame).event_ms, headers.candle(frame).open_time))
    times = [
        (i + draw(st.integers(0, 2)), f) for i, f in enumerate(sent) if draw(st.integers(0, 4))
    ]
    times += [(when + 4, frame) for when, frame in times if not draw(st.integers(0, 5))]
    return [frame for _, frame in sorted(times, key=lambda each: each[0])]


@settings(max_examples=200)
@given(arrivals(), st.sampled_from(["fetch", "lag", "give up"]))
def test_every_candle_closes_before_the_next_or_a_gap_stands_between(
    arrived: list[bytes], how: str
) -> None:
    taker = Taker()
    for frame in arrived:
        taker.take(frame)
        hole = taker.sequence.hole
        if hole is not None and how != "give up":
            first, end = -(-hole.first // MINUTE), hole.last // MINUTE + 1
            taker.fill(*range(first, end if how == "fetch" else max(first, end - 1)), upto=None)
    while taker.sequence.hole is not None:
        taker.given += taker.sequence.give_up("lost", 0)
    minutes: list[tuple[int, bool]] = []
    for entry, told in zip(taker.given, taker.told, strict=True):
        if isinstance(entry, Gap):
            minutes.append((-1, True))
        else:
            minutes.append((int(told.strip("!*")), told[-1] in "!*"))
    for (one, closed), (two, _) in pairwise(minutes):
        assert one == -1 or two == -1 or (two == one and not closed) or (two == one + 1 and closed)


@settings(max_examples=200)
@given(arrivals(), st.integers(2, 9))
def test_many_at_once_are_taken_as_one_by_one(arrived: list[bytes], burst: int) -> None:
    together, single = Taker(), Taker()
    for start in range(0, len(arrived), burst):
        together.take(*arrived[start : start + burst])
    for frame in arrived:
        single.take(frame)
    assert together.given == single.given
    assert together.sequence.duplicates == single.sequence.duplicates
    assert together.sequence.reordered == single.sequence.reordered


def test_a_burst_of_the_open_candle_is_passed_on_as_it_is() -> None:
    sequence = CandleSequence("1m")
    sequence.take([candle(5, second=1)], 0.0)
    burst = [candle(5, second=second) for second in (3, 5, 7)]
    assert sequence.take(burst, 0.1) is burst
    assert sequence.take([burst[2]], 0.2) == []
    assert sequence.duplicates == 1
    assert sequence.take([candle(5, second=9), candle(5, closed=True, second=60)], 0.3)
    assert sequence.take([candle(5, second=61)], 0.4) == []
