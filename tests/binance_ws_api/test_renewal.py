"""Make before break: no stream is without a connection while an old one is replaced (fault 6)."""

import pytest

from binance_mcp_server.binance_ws_api.rules import SPOT
from binance_mcp_server.binance_ws_api.signals import (
    Acknowledged,
    Exhausted,
    Failure,
    Lost,
    Moved,
    Restored,
    Retire,
    Send,
)
from tests.binance_ws_api.model_venue import ModelVenue

TRADE, DEPTH = "btcusdt@trade", "btcusdt@depth@100ms"


@pytest.fixture
def venue() -> ModelVenue:
    venue = ModelVenue(delay=0.05)
    venue.want(TRADE, DEPTH)
    venue.advance(2.0)
    return venue


@pytest.fixture
def pair(venue: ModelVenue) -> ModelVenue:
    """Connection 2 has been acknowledged and is taking over from 1."""
    venue.report(venue.core.shutdown, 1)
    venue.advance(1.0)
    assert venue.homes() == {TRADE: 2, DEPTH: 2}
    return venue


def test_a_connection_is_replaced_between_23_hours_and_23_and_a_half(venue: ModelVenue) -> None:
    venue.advance(23 * 3600 - 3.0)
    assert len(venue.dials) == 1
    venue.advance(1800 + SPOT.overlap + 5.0)
    assert len(venue.dials) == 2
    assert [type(each) for each in venue.events] == [Acknowledged, Moved]


def test_renewals_of_several_servers_do_not_fall_together() -> None:
    due = set()
    for seed in range(20):
        venue = ModelVenue(seed=seed)
        venue.want(TRADE)
        venue.advance(1.0)
        due.add(venue.core.state().next_renewal)
    assert len(due) == 20


def test_the_new_one_is_acknowledged_and_listed_before_the_old_one_goes(pair: ModelVenue) -> None:
    pair.advance(SPOT.overlap + 1.0)
    assert [method for method, _ in pair.conns[2].asked] == ["SUBSCRIBE", "LIST_SUBSCRIPTIONS"]
    assert pair.events[1:] == [Moved((TRADE, DEPTH), 1, 2)]
    assert pair.actions[-1] == Retire(1)
    assert pair.homes() == {TRADE: 1, DEPTH: 1}


def test_the_old_one_goes_sooner_when_every_stream_has_delivered(pair: ModelVenue) -> None:
    assert pair.core.awaited == {2}
    pair.report(pair.core.delivered, 2, TRADE)
    pair.advance(SPOT.linger + 0.1)
    assert len(pair.open) == 2  # one stream has not
    pair.report(pair.core.delivered, 2, DEPTH)
    pair.advance(SPOT.linger - 0.1)
    assert len(pair.open) == 2  # the old one's last frames may be late
    pair.advance(0.2)
    assert list(pair.open) == [2]
    assert pair.core.awaited == frozenset()


def test_the_venues_farewell_starts_it_whether_reported_or_received(venue: ModelVenue) -> None:
    farewell = b'{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1770123456789}}'
    venue.report(venue.core.received, 1, farewell)
    venue.advance(0.5)
    assert len(venue.dials) == 2
    assert venue.core.state().strays == 0


def test_a_new_one_that_cannot_connect_leaves_the_old_one_and_is_tried_again(
    venue: ModelVenue,
) -> None:
    venue.failures += [Failure("refused")] * 3
    venue.report(venue.core.shutdown, 1)
    venue.advance(SPOT.overlap + 30.0)
    assert [type(each) for each in venue.events] == [Acknowledged, Moved]
    assert len(venue.dials) == 5


def test_a_new_one_that_breaks_leaves_the_old_one_and_is_tried_again(pair: ModelVenue) -> None:
    pair.want("late@trade")
    pair.advance(2.0)
    pair.cut(2, "reset")
    pair.advance(SPOT.overlap + 10.0)
    lost = [each.names for each in pair.events if isinstance(each, Lost)]
    assert lost == [("late@trade",)]  # the others were on the old one all the time
    assert isinstance(pair.events[-1], Moved)
    assert pair.homes() == {TRADE: 1, DEPTH: 1, "late@trade": 1}


def test_when_the_old_one_breaks_first_its_streams_are_in_doubt_but_not_subscribed_again(
    pair: ModelVenue,
) -> None:
    pair.cut(1, "reset")
    lost, restored = pair.events[-2:]
    assert isinstance(lost, Lost)
    assert isinstance(restored, Restored)
    assert (restored.names, restored.conn) == ((TRADE, DEPTH), 2)
    pair.advance(20.0)
    assert [method for method, _ in pair.conns[2].asked].count("SUBSCRIBE") == 1
    assert len(pair.dials) == 2


def test_when_the_old_one_breaks_before_the_new_one_is_there_nothing_is_dialed_twice(
    venue: ModelVenue,
) -> None:
    venue.report(venue.core.shutdown, 1)
    venue.cut(1, "gone")
    venue.advance(5.0)
    assert len(venue.dials) == 2
    assert [type(each) for each in venue.events] == [Acknowledged, Lost, Restored]


def test_what_is_wanted_meanwhile_goes_to_the_new_one_and_what_is_not_leaves_both(
    pair: ModelVenue,
) -> None:
    pair.want("late@trade")
    pair.unwant(DEPTH)
    pair.advance(2.0)
    assert set(pair.conns[1].subscribed) == {TRADE}
    assert set(pair.conns[2].subscribed) == {TRADE, "late@trade"}


def test_a_refusal_for_good_leaves_the_old_one_alone(venue: ModelVenue) -> None:
    venue.failures.append(Failure("HTTP 451", final=True))
    venue.report(venue.core.shutdown, 1)
    venue.advance(120.0)
    assert venue.events[-1] == Exhausted("HTTP 451")
    assert venue.homes() == {TRADE: 1, DEPTH: 1}
    assert len(venue.dials) == 2


def test_the_new_one_gets_each_name_once(pair: ModelVenue) -> None:
    pair.advance(SPOT.overlap + 1.0)
    sent = [each for each in pair.actions if isinstance(each, Send) and each.conn == 2]
    assert sum(each.payload.count(TRADE.encode()) for each in sent) == 1
