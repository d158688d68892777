"""No order leaves that the venue would count past its limit; what the venue says of fills makes room again."""

import asyncio
import multiprocessing
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from binance_mcp_server.access.order_limits import (
    PUBLISHED,
    OrderLedger,
    OrderReservation,
    Usage,
    limits_of,
    open_order_ledger,
)
from binance_mcp_server.access.pools import Ledgers
from binance_mcp_server.clock import SystemClock, VirtualClock
from binance_mcp_server.errors import LimitError
from binance_mcp_server.models.account import UnfilledCount
from binance_mcp_server.models.info import RateLimit

LIMITS = ((10, 5), (86_400, 1000))
KEY = "SIM" + "k" * 61
URL = "http://127.0.0.1:8080"
TEN_SECONDS = 10.0


def move(clock: VirtualClock, seconds: float) -> None:
    asyncio.run(clock.advance(seconds))


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def ledger(clock: VirtualClock) -> OrderLedger:
    return OrderLedger(clock, limits=LIMITS)


def used(ledger: OrderLedger) -> list[int]:
    return [each.used for each in ledger.usage()]


def test_the_order_that_does_not_fit_is_refused_with_when_it_will(
    ledger: OrderLedger, clock: VirtualClock
) -> None:
    for _ in range(5):
        ledger.take(1).done()
    with pytest.raises(LimitError) as caught:
        ledger.take(1)
    assert "5 of 5 in 10 s" in caught.value.message
    wait = caught.value.retry_after
    assert wait is not None
    assert TEN_SECONDS <= wait <= TEN_SECONDS + 2
    move(clock, wait - 0.01)
    with pytest.raises(LimitError):
        ledger.take(1)
    move(clock, 0.02)
    ledger.take(1)


def test_a_list_takes_the_room_of_its_orders_and_a_cancellation_none(ledger: OrderLedger) -> None:
    ledger.take(3).done()
    with pytest.raises(LimitError):
        ledger.take(3)
    ledger.take(2).done()
    ledger.take(0).done()
    assert used(ledger) == [5, 5]


def test_an_order_on_its_way_counts_until_a_window_after_its_answer(
    ledger: OrderLedger, clock: VirtualClock
) -> None:
    room = ledger.take(5, hold=15)
    move(clock, 14)
    room.done()
    move(clock, 9)
    with pytest.raises(LimitError):
        ledger.take(1)
    move(clock, 3)
    ledger.take(5)


def test_one_that_is_never_answered_counts_from_its_deadline(
    ledger: OrderLedger, clock: VirtualClock
) -> None:
    ledger.take(5, hold=15)
    move(clock, 24)
    with pytest.raises(LimitError):
        ledger.take(1)
    move(clock, 3)
    ledger.take(5)


def test_what_was_not_sent_is_given_back(ledger: OrderLedger) -> None:
    for _ in range(20):
        ledger.take(5).give_back()
    room = ledger.take(5)
    room.done()
    room.give_back()  # too late: it was answered
    assert used(ledger) == [5, 5]


def test_the_venue_s_word_on_fills_makes_room(ledger: OrderLedger) -> None:
    """Market orders that fill at once do not count there, so a trader may go on."""
    for _ in range(50):
        ledger.take(1).done({10: 1, 86_400: 7})
    assert used(ledger) == [1, 7]
    for _ in range(4):
        ledger.take(1)
    with pytest.raises(LimitError):
        ledger.take(1)


def test_an_order_that_may_have_arrived_after_the_venue_counted_is_added_to_its_word(
    ledger: OrderLedger,
) -> None:
    early, late = ledger.take(1), ledger.take(2)
    late.done({10: 2, 86_400: 2})  # the early one may come in yet
    assert used(ledger) == [3, 3]
    early.done({10: 3, 86_400: 3})
    assert used(ledger) == [3, 3]


def test_orders_of_others_on_the_account_count(ledger: OrderLedger) -> None:
    ledger.take(1).done({10: 4, 86_400: 900})
    assert used(ledger) == [4, 900]
    ledger.take(1)
    with pytest.raises(LimitError):
        ledger.take(1)


def test_after_the_venue_said_too_many_no_order_leaves_until_then(
    ledger: OrderLedger, clock: VirtualClock
) -> None:
    ledger.pause(7)
    with pytest.raises(LimitError) as caught:
        ledger.take(1)
    assert caught.value.retry_after == 8
    ledger.take(0)
    move(clock, 8.1)
    ledger.take(1)


class Venue:
    """Counts as the documents say: fixed windows, a fill takes one off again."""

    def __init__(self) -> None:
        self.counts = [0, 0]
        self.window = [0, 0]

    def place(self, now: float, orders: int, fills: int) -> dict[int, int] | None:
        for number, (seconds, _) in enumerate(LIMITS):
            if self.window[number] != now // seconds:
                self.window[number], self.counts[number] = int(now // seconds), 0
        if any(
            count + orders > limit for count, (_, limit) in zip(self.counts, LIMITS, strict=True)
        ):
            return None
        self.counts = [max(0, count + orders - fills) for count in self.counts]
        return {seconds: count for (seconds, _), count in zip(LIMITS, self.counts, strict=True)}


STEPS = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.1, 0.9, 3.0, 9.9]),
        st.integers(1, 3),
        st.booleans(),
        st.sampled_from(["at once", "at once", "arrives late", "answered late", "never answered"]),
    ),
    max_size=80,
)


@settings(max_examples=300, deadline=None)
@given(steps=STEPS, phase=st.floats(0, 10))
def test_whatever_happens_the_venue_never_sees_one_too_many(
    steps: list[tuple[float, int, bool, str]], phase: float
) -> None:
    """Fills, lost answers, orders that arrive and answers that come late, wherever the venue's windows begin."""
    clock, venue = VirtualClock(), Venue()
    ledger = OrderLedger(clock, limits=LIMITS)
    travelling: list[tuple[OrderReservation, int, bool]] = []
    unanswered: list[tuple[OrderReservation, dict[int, int]]] = []

    def arrive(orders: int, *, fills: bool) -> dict[int, int]:
        counts = venue.place(clock.monotonic() + phase, orders, orders if fills else 0)
        assert counts is not None
        return counts

    for wait, orders, fills, way in steps:
        answers, unanswered = unanswered, []
        late, travelling = travelling, []
        move(clock, wait)
        for answered, its_counts in answers:
            answered.done(its_counts)
        room: OrderReservation | None = None
        with suppress(LimitError):
            room = ledger.take(orders)
        if room is not None:
            if way == "arrives late":
                travelling.append((room, orders, fills))
            else:
                counts = arrive(orders, fills=fills)
                if way == "answered late":
                    unanswered.append((room, counts))
                elif way == "at once":
                    room.done(counts)
        for slow, its_orders, its_fills in late:
            slow.done(arrive(its_orders, fills=its_fills))


def test_processes_share_the_count_and_a_restart_keeps_it(tmp_path: Path) -> None:
    clock = VirtualClock()
    one, two = (
        open_order_ledger(URL, KEY, clock=clock, state_dir=tmp_path, limits=LIMITS)
        for _ in range(2)
    )
    assert one.shared
    one.take(2).done({10: 2, 86_400: 2})
    two.take(2).done({10: 4, 86_400: 4})
    assert used(one) == used(two) == [4, 4]
    one.pause(60)
    one.close()
    again = open_order_ledger(URL, KEY, clock=clock, state_dir=tmp_path, limits=LIMITS)
    assert used(again) == [4, 4]
    with pytest.raises(LimitError, match="too many were placed"):
        again.take(1)
    other = open_order_ledger(URL, KEY[::-1], clock=clock, state_dir=tmp_path, limits=LIMITS)
    other.take(5)


def test_the_name_of_the_file_says_nothing_of_the_key(tmp_path: Path) -> None:
    open_order_ledger(URL, KEY, clock=SystemClock(), state_dir=tmp_path).close()
    (file,) = tmp_path.iterdir()
    assert KEY[3:9] not in file.name
    assert KEY.encode() not in file.read_bytes()
    assert file.stat().st_mode & 0o077 == 0


def _take_many(folder: str) -> int:
    ledger = open_order_ledger(
        URL, KEY, clock=SystemClock(), state_dir=Path(folder), limits=((86_400, 100),)
    )
    taken = 0
    for _ in range(2000):
        try:
            ledger.take(1).done()
        except LimitError as error:
            if error.retry_after and error.retry_after > 1:
                break
        else:
            taken += 1
    return taken


def test_two_processes_at_once_take_no_more_than_there_is(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        both = pool.map_async(_take_many, [str(tmp_path)] * 2).get(timeout=60)
    assert sum(both) == 100


def test_a_machine_that_started_anew_counts_on(tmp_path: Path) -> None:
    old = VirtualClock()
    move(old, 1000)
    ledger = open_order_ledger(URL, KEY, clock=old, state_dir=tmp_path, limits=LIMITS)
    ledger.take(5).done()
    ledger.close()
    new = VirtualClock(old.now_ms() + 2000)
    ledger = open_order_ledger(URL, KEY, clock=new, state_dir=tmp_path, limits=LIMITS)
    assert used(ledger) == [5, 5]
    ledger.close()
    much_later = VirtualClock(old.now_ms() + 200_000_000)
    ledger = open_order_ledger(URL, KEY, clock=much_later, state_dir=tmp_path, limits=LIMITS)
    assert used(ledger) == [0, 0]


@pytest.mark.parametrize("content", [b"", b"x", b"\0" * 100, b"bmcpord1" + b"\xff" * 5000])
def test_a_file_that_is_not_whole_is_begun_anew(tmp_path: Path, content: bytes) -> None:
    clock = VirtualClock()
    open_order_ledger(URL, KEY, clock=clock, state_dir=tmp_path).close()
    (file,) = tmp_path.iterdir()
    file.write_bytes(content)
    ledger = open_order_ledger(URL, KEY, clock=clock, state_dir=tmp_path, limits=LIMITS)
    ledger.take(1).done()
    assert used(ledger) == [1, 1]


def test_a_state_directory_that_cannot_be_is_no_reason_to_stop(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    ledger = open_order_ledger(URL, KEY, clock=SystemClock(), state_dir=file / "state")
    assert not ledger.shared
    ledger.take(1).done()


def test_the_venue_s_limits_count_from_when_they_are_known(tmp_path: Path) -> None:
    clock = VirtualClock()
    shared = Ledgers(clock, tmp_path).of("spot", URL)
    early = shared.orders(KEY)
    assert [(each.seconds, each.limit) for each in early.usage()] == list(PUBLISHED)
    early.take(3).done()
    shared.tell("spot", [RateLimit("ORDERS", "SECOND", 4, 10), RateLimit("ORDERS", "DAY", 9)])
    assert early.usage() == (Usage(10, 3, 4), Usage(86_400, 3, 9))
    assert shared.orders(KEY) is early
    assert shared.orders(KEY[::-1]).usage() == (Usage(10, 0, 4), Usage(86_400, 0, 9))


def test_limits_are_read_as_the_venue_names_them() -> None:
    told = (
        UnfilledCount("ORDERS", "DAY", 1, 160_000, 0),
        UnfilledCount("ORDERS", "SECOND", 10, 50, 0),
        UnfilledCount("REQUEST_WEIGHT", "MINUTE", 1, 6000, 0),
        UnfilledCount("ORDERS", "SECOND", 0, 50, 0),
    )
    assert limits_of(told) == ((10, 50), (86_400, 160_000))
    assert limits_of(()) == PUBLISHED
