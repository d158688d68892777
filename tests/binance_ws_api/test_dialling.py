"""Attempts to connect: spaced, counted, backing off, and ended where the venue refuses us for good (fault 11)."""

from random import Random

from binance_mcp_server.binance_ws_api.pacing import Backoff, Dials
from binance_mcp_server.binance_ws_api.protocol import StreamProtocol
from binance_mcp_server.binance_ws_api.rules import SPOT, Rules
from binance_mcp_server.binance_ws_api.signals import Acknowledged, Close, Dial, Exhausted, Failure
from tests.binance_ws_api.model_venue import ModelVenue, most_within

TRADE = "btcusdt@trade"


def test_no_more_than_the_venues_number_of_attempts_in_any_five_minutes() -> None:
    dials, now, times = Dials(SPOT), 0.0, []
    while now < 2000.0:
        now = max(now, dials.ready_at())
        dials.note(now)
        times.append(now)
    assert most_within(times, 300.0) == 300
    assert most_within(times, 301.0) == 300  # and a second for attempts that arrive late
    assert most_within(times, 1.0) == 1


def test_endpoints_of_one_address_share_the_count() -> None:
    dials = Dials(Rules(dials=3))
    cores = [StreamProtocol(SPOT, Random(n), 0.0, dials=dials) for n in range(2)]
    made = 0
    for second in range(200):
        for core in cores:
            core.want([TRADE], float(second))
            for action in core.actions():
                if isinstance(action, Dial):
                    made += 1
                    core.failed(action.conn, Failure("refused"), float(second))
    assert made == 3


def test_waits_grow_are_jittered_and_bounded() -> None:
    waits = [[Backoff(SPOT, Random(seed)) for seed in range(200)]]
    rounds = [[each.wait() for each in waits[0]] for _ in range(40)]
    assert [max(r) <= min(30.0, 0.5 * 2**n) for n, r in enumerate(rounds)] == [True] * 40
    assert all(min(r) < 0.1 * max(r) for r in rounds)  # full jitter
    assert max(rounds[-1]) > 25.0


def test_while_the_venue_is_down_attempts_thin_out() -> None:
    venue = ModelVenue()
    venue.failures += [Failure("refused")] * 1000
    venue.want(TRADE)
    venue.advance(600.0)
    assert 20 < len(venue.dials) < 80
    assert venue.breaches() == []


def test_a_connection_that_lasted_clears_the_count_of_failures() -> None:
    venue = ModelVenue()
    venue.failures += [Failure("refused")] * 12
    venue.want(TRADE)
    venue.advance(600.0)
    venue.cut(max(venue.open))
    venue.advance(1.2)
    assert venue.core.state().connections[0].streams == 1


def test_connections_that_do_not_last_back_off_too() -> None:
    venue = ModelVenue()
    venue.want(TRADE)
    for _ in range(600):
        venue.advance(1.0)
        for number in venue.open:
            venue.cut(number, "closed with 1008")
    assert len(venue.dials) < 80


def test_a_refusal_for_good_is_one_request_until_somebody_asks_again_later() -> None:
    venue = ModelVenue()
    venue.failures += [Failure("HTTP 451, not from here", final=True)] * 2
    venue.want(TRADE)
    venue.advance(30.0)
    venue.want(TRADE)
    venue.advance(3600.0)
    assert len(venue.dials) == 1
    assert venue.events == [Exhausted("HTTP 451, not from here")]
    assert venue.core.state().exhausted
    assert "451" in str(venue.core.state())
    venue.want(TRADE)
    venue.advance(3600.0)
    assert len(venue.dials) == 2
    venue.want(TRADE)
    venue.advance(5.0)
    assert isinstance(venue.events[-1], Acknowledged)


def test_a_wait_that_the_venue_asked_for_is_kept() -> None:
    venue = ModelVenue()
    venue.failures.append(Failure("HTTP 429", wait=100.0))
    venue.want(TRADE)
    venue.advance(99.0)
    assert len(venue.dials) == 1
    venue.advance(3.0)
    assert len(venue.dials) == 2


def test_an_attempt_that_nobody_reports_on_has_failed() -> None:
    core = StreamProtocol(SPOT, Random(1), 0.0)
    core.want([TRADE], 0.0)
    assert core.actions() == [Dial(1)]
    core.tick(SPOT.dial_timeout)
    (close,) = core.actions()
    assert isinstance(close, Close)
    core.tick(SPOT.dial_timeout + 2.0)
    assert core.actions() == [Dial(2)]
    core.connected(1, SPOT.dial_timeout + 3.0)  # it came after all: it is not needed
    (late,) = core.actions()
    assert isinstance(late, Close)


def test_a_wish_given_up_before_the_attempt_succeeded_leaves_nothing_behind() -> None:
    venue = ModelVenue(delay=0.5)
    venue.want(TRADE)
    venue.unwant(TRADE)
    venue.advance(SPOT.idle + 2.0)
    assert venue.open == {}
    assert venue.core.next_wakeup() is None
