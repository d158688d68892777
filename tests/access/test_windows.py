"""The sliding count keeps every window of the venue below the limit, whatever the skew and the latencies."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from binance_mcp_server.access.windows import SIZE, Limits, State
from binance_mcp_server.exchange.wire import limits as exchange_limits
from binance_mcp_server.exchange.wire.limits import IpLedger

WALL = 1_700_000_000_000
LIMITS = Limits(weight=100, raw=12)
HOLD_MS = 15_000


def fresh(mono_ms: int = 1_000_000, limits: Limits = LIMITS) -> State:
    state = State(bytearray(SIZE), limits)
    state.begin(WALL, mono_ms)
    return state


def at(state: State, mono_ms: int) -> State:
    state.settle(WALL + mono_ms, mono_ms)
    return state


@dataclass
class Shot:
    """One wish to send: so long after the last one, so heavy, so long on its way out and back."""

    gap_ms: int
    weight: int
    out_ms: int
    back_ms: int
    lost: bool
    patient: bool


SHOTS = st.lists(
    st.builds(
        Shot,
        st.one_of(st.integers(0, 400), st.integers(0, 90_000)),
        st.integers(1, 100),
        st.integers(0, HOLD_MS),
        st.integers(0, HOLD_MS),
        st.booleans(),
        st.booleans(),
    ),
    max_size=60,
)


def arrivals(shots: list[Shot], limits: Limits, start_ms: int) -> list[tuple[int, int]]:
    """When the venue sees which weight, if the ledger is asked before each."""
    state, now = fresh(start_ms, limits), start_ms
    out: list[tuple[int, int]] = []
    on_their_way: list[tuple[int, int, tuple[int, int]]] = []
    for shot in shots:
        now += shot.gap_ms
        at(state, now)
        for answered in [each for each in on_their_way if each[0] <= now]:
            on_their_way.remove(answered)
            state.complete(answered[1], answered[2], state.epoch, answered[0])
        refusal = state.refusal(shot.weight)
        if refusal is not None and shot.patient:
            now += refusal.wait_ms
            refusal = at(state, now).refusal(shot.weight)
            assert refusal is None  # the wait that was named is enough
        if refusal is not None:
            continue
        buckets = state.reserve(shot.weight, HOLD_MS)
        out.append((now + shot.out_ms, shot.weight))
        if not shot.lost:
            on_their_way.append((now + shot.out_ms + shot.back_ms, shot.weight, buckets))
    return sorted(out)


def most_in_any(window_ms: int, seen: list[tuple[int, int]]) -> int:
    """The largest sum of weights in a window of any alignment: the worst one begins at an arrival."""
    return max(
        (sum(w for t, w in seen if begin <= t < begin + window_ms) for begin, _ in seen), default=0
    )


@given(SHOTS, st.integers(0, 10**9))
def test_no_window_of_any_alignment_holds_more_than_the_limit(
    shots: list[Shot], start: int
) -> None:
    seen = arrivals(shots, Limits(weight=100), start)
    assert most_in_any(60_000, seen) <= 100


@given(SHOTS, st.integers(0, 10**9))
def test_nor_more_requests_than_the_raw_limit(shots: list[Shot], start: int) -> None:
    seen = arrivals(shots, LIMITS, start)
    assert most_in_any(300_000, [(t, 1) for t, _ in seen]) <= 12


@given(SHOTS, st.integers(0, 10**9), st.integers(0, 10**12))
def test_the_embedded_exchange_which_counts_by_itself_refuses_nothing(
    shots: list[Shot], start: int, its_clock_is_ahead_by: int
) -> None:
    venue = IpLedger()
    for arrival, weight in arrivals(shots, LIMITS, start):
        now = arrival + its_clock_is_ahead_by
        venue.charge(weight, exchange_limits.Limits(LIMITS.weight, LIMITS.raw), now)


@given(st.lists(st.integers(1, 60), min_size=1, max_size=20), st.integers(0, 300))
def test_the_venues_word_raises_the_count_and_never_lowers_it(sent: list[int], said: int) -> None:
    state = at(fresh(), 1_000_000)
    for weight in sent:
        state.reserve(weight, HOLD_MS)
    before = state.weight.total
    state.correct(said, state.mono_ms)
    assert state.weight.total == max(before, min(said, 200))
    assert state.corrected == (min(said, 200) > before)


def test_what_expired_since_the_request_was_sent_is_not_taken_for_somebody_elses() -> None:
    state = at(fresh(), 1_000_000)
    state.complete(80, state.reserve(80, HOLD_MS), state.epoch, state.mono_ms)
    sent_ms = at(state, 1_058_000).mono_ms
    state.reserve(5, HOLD_MS)
    at(state, 1_064_000)  # the 80 are out of our window, but were in the venue's when it answered
    state.correct(85, sent_ms)
    assert state.weight.total == 5


def test_a_reservation_nobody_completes_expires_a_window_after_its_deadline() -> None:
    state = at(fresh(), 1_000_000)
    state.reserve(100, HOLD_MS)
    assert at(state, 1_000_000 + HOLD_MS + 60_000).refusal(1) is not None
    assert at(state, 1_000_000 + HOLD_MS + 62_000).refusal(1) is None


def test_room_is_given_back_within_two_seconds_of_the_window() -> None:
    state = at(fresh(), 1_000_000)
    state.complete(100, state.reserve(100, HOLD_MS), state.epoch, state.mono_ms)
    refusal = state.refusal(1)
    assert refusal is not None
    assert refusal.reason == "weight"
    assert 60_000 < refusal.wait_ms <= 62_000


def test_after_a_restart_of_the_machine_the_count_holds_for_another_window() -> None:
    state = at(fresh(), 1_000_000)
    state.reserve(100, HOLD_MS)
    assert at(state, 20_000).refusal(1) is not None
    assert at(state, 82_000).refusal(1) is None


def test_a_machine_up_for_minutes_has_nothing_left_to_count() -> None:
    state = at(fresh(), 10_000_000)
    state.reserve(100, HOLD_MS)
    assert at(state, 600_000).refusal(100) is None


def test_an_answer_from_before_a_restart_counts_anew() -> None:
    state = at(fresh(), 10_000_000)
    buckets, epoch = state.reserve(100, HOLD_MS), state.epoch
    at(state, 600_000)
    state.complete(100, buckets, epoch, 600_000)
    assert state.refusal(1) is not None


def test_a_ban_keeps_its_length_when_the_clock_is_set_back() -> None:
    state = fresh()
    state.settle(WALL, 1_000_000)
    state.ban(120_000)
    state.settle(WALL - 86_400_000, 1_001_000)
    refusal = state.refusal(1)
    assert refusal is not None
    assert (refusal.reason, refusal.wait_ms) == ("banned", 120_000)
    state.settle(WALL - 86_400_000 + 120_000, 1_121_000)
    assert state.refusal(1) is None


def test_a_shorter_pause_or_ban_does_not_end_a_longer_one() -> None:
    state = at(fresh(), 1_000_000)
    state.ban(120_000)
    state.ban(1_000)
    state.pause(50_000)
    state.pause(10)
    assert state.banned_until - state.wall_ms == 120_000
    assert state.paused_until - state.wall_ms == 50_000


def test_a_state_comes_back_from_its_bytes() -> None:
    state = at(fresh(), 1_000_000)
    state.reserve(40, HOLD_MS)
    state.ban(5000)
    state.save()
    again = State(state.buffer, Limits())
    assert again.load()
    again.settle(state.wall_ms, state.mono_ms)
    assert (again.weight.total, again.weight.limit, again.raw.total) == (40, 100, 1)
    assert again.banned_until == state.banned_until


@pytest.mark.parametrize("byte", [0, 9, 20, 60, 100])
def test_a_damaged_state_is_noticed(byte: int) -> None:
    state = at(fresh(), 1_000_000)
    state.save()
    state.buffer[byte] ^= 0xFF
    assert not State(state.buffer, Limits()).load()


def test_a_new_limit_counts_at_once_and_a_new_window_forgets_nothing() -> None:
    state = at(fresh(), 1_000_000)
    state.reserve(60, HOLD_MS)
    state.set_limits(Limits(weight=50, raw=12))
    assert state.refusal(1) is not None
    state.set_limits(Limits(weight=100, weight_seconds=10, raw=12))
    assert state.weight.total == 60


@dataclass(frozen=True)
class Said:
    rate_limit_type: str
    limit: int
    seconds: int


def test_limits_are_the_venues_and_else_the_published_ones() -> None:
    said = [Said("REQUEST_WEIGHT", 1200, 60), Said("ORDERS", 100, 10), Said("RAW_REQUESTS", 0, 300)]
    assert Limits.of(said) == Limits(weight=1200)
    assert Limits.of([]) == Limits(weight=6000, weight_seconds=60, raw=300_000, raw_seconds=300)
