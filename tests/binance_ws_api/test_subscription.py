"""One caller's view of a stream: cursors, counters, and waiting that ends."""

import asyncio

import pytest

from binance_mcp_server.binance_ws_api.kinds import Spec
from binance_mcp_server.binance_ws_api.stream import Stream
from binance_mcp_server.binance_ws_api.subscription import Place, Subscription
from binance_mcp_server.clock import VirtualClock
from binance_mcp_server.models.events import Gap
from tests.binance_ws_api.frames import (
    BEST,
    DEPTH,
    EVERYTHING,
    TRADES,
    best,
    depth,
    ids,
    tickers,
    trade,
    trades,
)

pytestmark = pytest.mark.anyio


def subscribed(of: Spec = TRADES, buffer: int = 10) -> tuple[Subscription, Stream, VirtualClock]:
    clock, stream = VirtualClock(), Stream(of, buffer)
    return Subscription("s1", stream, buffer, 0, clock), stream, clock


async def settle() -> None:
    """Let every task come to its next wait."""
    for _ in range(5):
        await asyncio.sleep(0)


def test_it_begins_with_what_comes_after_it() -> None:
    stream = Stream(TRADES, 10)
    stream.take(trades(1, 5), 0.0)
    subscription = Subscription("s1", stream, 10, 0, VirtualClock())
    stream.take(trades(6, 7), 0.0)
    assert ids(subscription.read(None, 9).records) == [6, 7]


def test_two_readers_read_the_same_stream() -> None:
    subscription, stream, _ = subscribed()
    stream.take(trades(1, 5), 0.0)
    one = subscription.read(None, 2)
    two = subscription.read(None, 9)
    assert ids(one.records) == [1, 2]
    assert ids(two.records) == [1, 2, 3, 4, 5]
    assert ids(subscription.read(one.next, 9).records) == [3, 4, 5]
    assert subscription.read(two.next, 9).records == []
    assert subscription.delivered == 10


def test_a_cursor_gives_the_same_again_while_it_is_kept() -> None:
    subscription, stream, _ = subscribed()
    stream.take(trades(1, 5), 0.0)
    begin = subscription.read(None, 1).next
    assert subscription.read(begin, 3).records == subscription.read(begin, 3).records


def test_what_nobody_read_in_time_is_told_to_everybody() -> None:
    subscription, stream, _ = subscribed(buffer=10)
    stream.take(trades(1, 50), 0.0)
    assert (subscription.dropped, subscription.dropped_ranges) == (40, [(1, 40)])
    batch = subscription.read(None, 99)
    assert (batch.dropped, batch.dropped_ranges) == (40, [(1, 40)])
    assert ids(batch.records) == list(range(41, 51))


def test_what_one_reader_missed_the_other_did_not() -> None:
    subscription, stream, _ = subscribed(buffer=10)
    stream.take(trades(1, 5), 0.0)
    slow, quick = subscription.read(None, 2), subscription.read(None, 99)
    stream.take(trades(6, 14), 0.0)
    slow, quick = subscription.read(slow.next, 99), subscription.read(quick.next, 99)
    assert (slow.dropped, slow.dropped_ranges) == (2, [(3, 4)])
    assert quick.dropped == subscription.dropped == 0


def test_asking_twice_for_what_is_gone_counts_it_once() -> None:
    subscription, stream, _ = subscribed(buffer=10)
    begin = subscription.read(None, 1).next
    stream.take(trades(1, 15), 0.0)
    for _ in range(2):
        batch = subscription.read(begin, 3)
        assert (batch.dropped, batch.dropped_ranges) == (5, [(1, 5)])


def test_what_is_given_back_has_been_read_by_nobody() -> None:
    """A reply may hold fewer rows than were read for it."""
    subscription, stream, _ = subscribed(buffer=10)
    stream.take(trades(1, 10), 0.0)
    batch = subscription.read(None, 99)
    place = batch.places[3]
    assert subscription.read(place, 0).next == place
    stream.take(trades(11, 18), 0.0)
    assert subscription.dropped_ranges == [(5, 8)]
    back = subscription.read(place, 99)
    assert (back.dropped_ranges, ids(back.records)) == ([(5, 8)], list(range(9, 19)))
    assert subscription.read(None, 1).dropped_ranges == [(5, 8)]


def test_dropped_updates_are_named_whole() -> None:
    subscription, stream, _ = subscribed(DEPTH, buffer=2)
    stream.take([depth(n, n + 9) for n in range(10, 100, 10)], 0.0)
    assert subscription.dropped_ranges == [(10, 79)]


def test_dropped_states_are_named_by_what_numbers_them() -> None:
    subscription, stream, _ = subscribed(BEST, buffer=2)
    stream.take([best(n) for n in (5, 70, 71, 90)], 0.0)
    assert (subscription.dropped, subscription.dropped_ranges) == (2, [(5, 70)])


def test_gaps_are_counted_since_the_subscription_and_are_no_loss_of_its_own() -> None:
    stream = Stream(TRADES, 3)
    stream.take([trade(1), trade(3)], 0.0)
    stream.add(stream.sequence.give_up("lost", 0))
    subscription = Subscription("s1", stream, 3, 0, VirtualClock())
    stream.take([trade(4), trade(6)], 0.0)
    stream.add(stream.sequence.give_up("lost", 0))
    batch = subscription.read(None, 9)
    assert ids(batch.records) == [4, (5, 5), 6]
    assert batch.gaps_unrepaired == subscription.gaps_unrepaired == 1
    stream.take(trades(7, 20), 0.0)
    assert subscription.read(None, 9).dropped_ranges == [(7, 17)], "the others had been read"


def test_a_frame_that_turns_out_to_be_unreadable_is_a_gap_that_counts_once() -> None:
    subscription, stream, _ = subscribed()
    stream.take([trade(1), trade(2).replace(b'"p":"', b'"p":null,"x":"'), trade(3)], 0.0)
    for _ in range(3):
        assert ids(subscription.read(None, 9).records) == [1, (2, 2), 3]
    assert (stream.malformed, subscription.gaps_unrepaired) == (1, 1)


@pytest.mark.parametrize(
    "place", [Place(7, 0), Place(0, 3), Place(-4, -9), Place(1, 10**18), Place(2**70, 2, 5)]
)
def test_places_that_nobody_gave_out_do_no_harm(place: Place) -> None:
    subscription, stream, _ = subscribed()
    mine = subscription.read(None, 1)
    stream.take(trades(1, 5), 0.0)
    batch = subscription.read(place, 2)
    assert len(batch.records) <= 2
    assert batch.dropped == 0
    assert ids(subscription.read(mine.next, 9).records) == [1, 2, 3, 4, 5]


def test_an_empty_frame_of_a_list_does_not_hold_anybody_up() -> None:
    subscription, stream, _ = subscribed(EVERYTHING)
    empty = b'{"stream":"!miniTicker@arr","data":[]}'
    stream.take([tickers("AB"), empty], 0.0)
    first = subscription.read(None, 9)
    assert len(first.records) == 1
    assert first.next.at == 2


async def test_a_wait_ends_with_the_next_record() -> None:
    subscription, stream, _ = subscribed()
    place = subscription.read(None, 9).next
    waiting = asyncio.create_task(subscription.wait(place, 45))
    await settle()
    assert subscription.waiting
    stream.take([trade(1)], 0.0)
    assert await asyncio.wait_for(waiting, 5)
    assert not subscription.waiting
    assert await subscription.wait(place, 45), "what is there already needs no waiting"


async def test_a_wait_ends_with_its_time() -> None:
    subscription, _, clock = subscribed()
    place = subscription.read(None, 9).next
    waiting = asyncio.create_task(subscription.wait(place, 45))
    await settle()
    await clock.advance(44.9)
    assert not waiting.done()
    await clock.advance(0.2)
    assert await asyncio.wait_for(waiting, 5) is False
    assert await subscription.wait(place, 0) is False


async def test_a_wait_ends_with_its_subscription() -> None:
    subscription, _, _ = subscribed()
    place = subscription.read(None, 9).next
    waiting = asyncio.create_task(subscription.wait(place, 45))
    await settle()
    subscription.release("it was unsubscribed")
    assert await asyncio.wait_for(waiting, 5) is False


async def test_a_wait_that_is_cancelled_leaves_nothing() -> None:
    before = asyncio.all_tasks()
    subscription, stream, _ = subscribed()
    place = subscription.read(None, 9).next
    waiting = asyncio.create_task(subscription.wait(place, 45))
    await settle()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await settle()
    assert not subscription.waiting
    assert asyncio.all_tasks() == before
    stream.take([trade(1)], 0.0)


def test_a_closed_one_counts_no_longer_and_tells_once() -> None:
    subscription, stream, _ = subscribed(buffer=2)
    told: list[str] = []

    def fail() -> None:
        raise ValueError("a bad listener")

    subscription.on_closed += [fail, lambda: told.append(subscription.closed)]
    subscription.release("it was unsubscribed")
    stream.take(trades(1, 9), 0.0)
    assert told == ["it was unsubscribed"]
    assert subscription.dropped == 0
    assert (stream.on_evicted, stream.on_records) == ([], [])


def test_a_gap_of_a_list_is_read_too() -> None:
    subscription, stream, _ = subscribed(EVERYTHING)
    stream.take([tickers("AB", event_ms=5)], 0.0)
    stream.sequence.interrupted("cut")
    stream.take([tickers("AB", "CD", event_ms=9)], 0.0)
    records = subscription.read(None, 3).records
    assert records[1] == Gap(5, 9, "cut", 0)
