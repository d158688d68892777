"""What the core sends and tells, case by case, against a venue of numbers."""

from typing import TypeVar

import pytest

from binance_mcp_server.binance_ws_api.rules import FUTURES, SPOT, Rules
from binance_mcp_server.binance_ws_api.signals import (
    Acknowledged,
    Close,
    Dial,
    Event,
    Lost,
    Ping,
    Pong,
    Refused,
    Restored,
    Retire,
    Send,
    Unlisted,
)
from tests.binance_ws_api.model_venue import ModelVenue, most_within

Told = TypeVar("Told", bound=Event)
TRADE, DEPTH = "btcusdt@trade", "btcusdt@depth@100ms"


def many(number: int) -> list[str]:
    return [f"s{n}@trade" for n in range(number)]


def asked(venue: ModelVenue, conn: int) -> list[str]:
    return [method for method, _ in venue.conns[conn].asked]


def told(venue: ModelVenue, kind: type[Told]) -> list[Told]:
    return [event for event in venue.events if isinstance(event, kind)]


@pytest.fixture
def venue() -> ModelVenue:
    """One that has been given two streams, and has them."""
    venue = ModelVenue(delay=0.05)
    venue.want(TRADE, DEPTH)
    venue.advance(2.0)
    return venue


def test_wishes_of_one_moment_share_a_frame_and_are_told_when_acknowledged(
    venue: ModelVenue,
) -> None:
    payload = b'{"method":"SUBSCRIBE","params":["btcusdt@trade","btcusdt@depth@100ms"],"id":1}'
    assert venue.actions == [Dial(1), Send(1, payload)]
    (event,) = venue.events
    assert isinstance(event, Acknowledged)
    assert (event.names, event.conn) == ((TRADE, DEPTH), 1)


def test_a_wish_repeated_changes_nothing(venue: ModelVenue) -> None:
    venue.want(TRADE)
    venue.advance(5.0)
    assert asked(venue, 1) == ["SUBSCRIBE"]


def test_a_wish_given_up_and_taken_back_at_once_sends_nothing() -> None:
    venue = ModelVenue()
    for name in many(20):  # uses up the pace
        venue.want(name)
        venue.advance(0.001)
    venue.unwant("s0@trade")
    venue.want("s0@trade")
    venue.want("x@trade")
    venue.unwant("x@trade")
    venue.advance(5.0)
    assert "UNSUBSCRIBE" not in asked(venue, 1)
    assert set(venue.homes()) == set(many(20))
    assert any("s0@trade" in each.names for each in told(venue, Acknowledged)[1:])


def test_what_nobody_wants_is_unsubscribed_and_the_idle_connection_goes(venue: ModelVenue) -> None:
    venue.unwant(DEPTH)
    venue.advance(2.0)
    assert venue.homes() == {TRADE: 1}
    venue.unwant(TRADE)
    venue.advance(SPOT.idle + 1.0)
    assert venue.actions[-1] == Retire(1)
    assert venue.core.next_wakeup() is None
    assert not told(venue, Lost)


def test_ten_thousand_streams_fill_ten_connections_within_the_pace() -> None:
    venue = ModelVenue(delay=0.05)
    venue.want(*many(10_000))
    venue.advance(60.0)
    assert sorted(len(conn.subscribed) for conn in venue.open.values()) == [784] + [1024] * 9
    assert set(venue.homes().values()) == {1}
    assert venue.breaches() == []


def test_a_full_connection_unsubscribes_before_it_subscribes() -> None:
    venue = ModelVenue(Rules(streams_per_connection=3))
    venue.want(*many(3))
    venue.advance(2.0)
    venue.unwant("s0@trade")
    venue.want("new@trade")
    venue.advance(3.0)
    assert venue.breaches() == []
    assert venue.homes() == dict.fromkeys(["s1@trade", "s2@trade", "new@trade"], 1)


def test_names_fill_the_room_that_a_lost_connection_left_elsewhere() -> None:
    venue = ModelVenue(Rules(streams_per_connection=3))
    venue.want(*many(5))
    venue.advance(5.0)
    venue.unwant("s0@trade", "s1@trade")
    venue.advance(2.0)
    venue.cut(2)
    venue.advance(2.0)
    assert len(venue.dials) == 2
    assert set(venue.conns[1].subscribed) == {"s2@trade", "s3@trade", "s4@trade"}


def test_a_lost_connection_is_told_dialed_again_and_resubscribed_once_then_audited(
    venue: ModelVenue,
) -> None:
    venue.cut(1, "reset by peer")
    venue.advance(5.0)
    assert asked(venue, 2) == ["SUBSCRIBE", "LIST_SUBSCRIPTIONS"]
    lost, restored = venue.events[1:]
    assert isinstance(lost, Lost)
    assert (lost.names, lost.conn, lost.why) == ((TRADE, DEPTH), 1, "reset by peer")
    assert isinstance(restored, Restored)
    assert (restored.names, restored.conn) == ((TRADE, DEPTH), 2)


def test_what_the_audit_misses_is_told_and_subscribed_again_once(venue: ModelVenue) -> None:
    venue.forgotten.add(DEPTH)
    venue.cut(1)
    venue.advance(5.0)
    assert [each.names for each in told(venue, Unlisted)] == [(DEPTH,)]
    assert told(venue, Restored)[-1].names == (DEPTH,)
    assert asked(venue, 2) == ["SUBSCRIBE", "LIST_SUBSCRIPTIONS", "SUBSCRIBE"]
    assert venue.homes() == {TRADE: 1, DEPTH: 1}


def test_a_venue_that_spells_names_its_own_way_starts_no_storm(venue: ModelVenue) -> None:
    venue.spell = str.upper
    venue.cut(1)
    venue.advance(20.0)
    assert len(asked(venue, 2)) <= 4
    assert "UNSUBSCRIBE" not in asked(venue, 2)
    venue.want("more@trade")
    venue.advance(10.0)
    assert len(asked(venue, 2)) <= 5


def test_a_stranger_in_the_list_is_unsubscribed(venue: ModelVenue) -> None:
    venue.cut(1)
    while 2 not in venue.conns:
        venue.advance(0.01)
    venue.conns[2].subscribed.append("stranger@trade")
    venue.advance(5.0)
    assert venue.conns[2].asked[-1] == ("UNSUBSCRIBE", ("stranger@trade",))
    assert venue.homes() == {TRADE: 1, DEPTH: 1}


def test_of_a_refused_frame_only_the_name_at_fault_is_given_up() -> None:
    venue = ModelVenue()
    venue.refused = frozenset({"s7@trade"})
    venue.want(*many(20))
    venue.advance(20.0)
    assert told(venue, Refused) == [Refused(("s7@trade",), 2, "Invalid request")]
    assert set(venue.homes()) == set(many(20)) - {"s7@trade"}
    assert venue.core.state().wanted == 19
    assert venue.breaches() == []


def test_an_error_without_an_id_is_about_the_oldest_request() -> None:
    venue = ModelVenue()
    venue.lost = [True]
    venue.want(TRADE)
    venue.advance(0.1)
    venue.report(venue.core.received, 1, b'{"code":3,"msg":"Invalid JSON"}')
    assert venue.events == [Refused((TRADE,), 3, "Invalid JSON")]


def test_a_refused_unsubscribe_is_not_repeated(venue: ModelVenue) -> None:
    venue.refused = frozenset({DEPTH})
    venue.unwant(DEPTH)
    venue.advance(20.0)
    assert asked(venue, 1).count("UNSUBSCRIBE") == 1


def test_a_lost_acknowledgement_is_asked_about_not_sent_again() -> None:
    venue = ModelVenue()
    venue.lost = [True]
    venue.want(TRADE)
    venue.advance(SPOT.ack_timeout + 2.0)
    assert asked(venue, 1) == ["SUBSCRIBE", "LIST_SUBSCRIPTIONS"]
    assert [type(each) for each in venue.events] == [Acknowledged]
    assert not [each for each in venue.actions if isinstance(each, Close)]


def test_a_connection_that_answers_nothing_is_given_up_within_two_waits() -> None:
    venue = ModelVenue(Rules(idle_ping=1000.0))
    venue.want(TRADE)
    venue.advance(0.5)
    venue.conns[1].mute = True
    venue.want(DEPTH)
    venue.advance(2 * SPOT.ack_timeout + 2.0)
    assert [each.conn for each in venue.actions if isinstance(each, Close)] == [1]
    assert venue.homes() == {TRADE: 1, DEPTH: 1}
    assert told(venue, Lost)


def test_a_connection_that_lists_but_does_not_acknowledge_is_given_up() -> None:
    venue = ModelVenue()
    venue.lost = [True, False, True]
    venue.forgotten = {TRADE}
    venue.want(TRADE)
    venue.advance(2 * SPOT.ack_timeout + 3.0)
    assert asked(venue, 1) == ["SUBSCRIBE", "LIST_SUBSCRIPTIONS", "SUBSCRIBE"]
    assert [each.conn for each in venue.actions if isinstance(each, Close)] == [1]
    assert venue.homes() == {TRADE: 1}


def test_a_suspected_connection_without_a_pong_is_given_up(venue: ModelVenue) -> None:
    venue.report(venue.core.suspect, 1)
    venue.advance(1.0)
    venue.conns[1].mute = True
    venue.report(venue.core.suspect, 1)
    venue.advance(SPOT.pong_timeout + 3.0)
    lost, restored = venue.events[1:]
    assert isinstance(lost, Lost)
    assert lost.at == pytest.approx(3.0 + SPOT.pong_timeout)
    assert "ping" in lost.why
    assert isinstance(restored, Restored)


def test_a_dead_connection_is_found_although_nobody_suspects_it(venue: ModelVenue) -> None:
    venue.conns[1].mute = True
    venue.advance(SPOT.idle_ping + SPOT.pong_timeout + 1.0)
    assert told(venue, Lost)


def test_data_are_a_sign_of_life_when_the_pong_is_late(venue: ModelVenue) -> None:
    venue.conns[1].mute = True
    venue.report(venue.core.suspect, 1)
    venue.advance(1.0)
    venue.report(venue.core.heard, 1)
    venue.advance(SPOT.pong_timeout + 1.0)
    assert not told(venue, Lost)


def test_a_ping_is_answered_at_once_and_a_flood_of_them_in_pace(venue: ModelVenue) -> None:
    venue.core.pinged(1, venue.now, b"one")
    assert venue.core.actions() == [Pong(1, b"one")]
    for n in range(50):
        venue.report(lambda now, n=n: venue.core.pinged(1, now, b"%d" % n))
        venue.advance(0.1)
    venue.advance(5.0)
    pongs = [each.payload for each in venue.actions if isinstance(each, Pong)]
    assert len(pongs) <= 6
    assert pongs[-1] == b"49"  # the latest always has its answer
    assert venue.breaches() == []


def test_the_pace_counts_by_the_venues_clock_not_by_ours() -> None:
    venue = ModelVenue(delay=0.9, seed=3)
    for name in many(300):
        venue.want(name)
        venue.advance(0.1)
    venue.advance(30.0)
    assert most_within(sorted(venue.conns[1].arrived), 1.0) <= 4
    assert set(venue.homes()) == set(many(300))


def test_futures_may_send_more_and_still_keep_their_limit() -> None:
    venue = ModelVenue(FUTURES)
    for name in many(300):
        venue.want(name)
        venue.advance(0.01)
    venue.advance(10.0)
    assert most_within(venue.conns[1].sent, 1.0) == 8


def test_reports_about_a_connection_that_is_gone_change_nothing(venue: ModelVenue) -> None:
    venue.cut(1)
    venue.advance(5.0)
    before = venue.core.state()
    core = venue.core
    core.closed(1, "again", venue.now)
    core.received(1, b'{"result":null,"id":1}', venue.now)
    core.pinged(1, venue.now)
    core.pong(1, venue.now)
    core.heard(1, venue.now)
    core.delivered(1, TRADE, venue.now)
    core.shutdown(1, venue.now)
    core.suspect(1, venue.now)
    core.connected(1, venue.now)
    assert [type(each) for each in core.actions()] == [Close]
    assert core.events() == []
    assert core.state() == before


def test_noise_is_counted_and_nothing_else(venue: ModelVenue) -> None:
    for noise in (b"", b"\xff", b"[]", b"{}", b'{"id":1}', b'{"result":null,"id":77}', b'"x"'):
        venue.report(venue.core.received, 1, noise)
    assert venue.core.state().strays == 7
    assert len(venue.events) == 1


def test_the_state_reads_as_a_sentence(venue: ModelVenue) -> None:
    venue.report(venue.core.suspect, 1)
    venue.advance(0.2)
    state = venue.core.state()
    assert str(state) == "2 streams (0 waiting), #1 open, 2 s, 2 of 2 streams; 1 dials"
    link = state.connections[0]
    assert (link.conn, link.state, link.streams, link.wanted, link.sent) == (1, "open", 2, 2, 2)
    assert link.round_trip is not None
    assert isinstance(venue.actions[-1], Ping)
