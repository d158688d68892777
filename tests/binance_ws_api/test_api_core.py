"""When the WebSocket API is dialled, pinged, renewed and left, and what becomes of requests, in seconds of a test."""

import json
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from binance_mcp_server.binance_ws_api import api_line, signals
from binance_mcp_server.binance_ws_api.api_core import IDLE, ApiCore
from binance_mcp_server.binance_ws_api.rules import Rules
from binance_mcp_server.binance_ws_api.signals import Failure

RULES = Rules(lifetime_jitter=0.0)


class Driver:
    """Carries out what the core wants on connections that are made up."""

    def __init__(self, rules: Rules = RULES) -> None:
        self.now = 0.0
        self.core = ApiCore(rules, Random(1), 0.0)
        self.sent: dict[int, list[dict[str, Any]]] = {}
        self.events: list[api_line.Event] = []
        self.dials: list[tuple[float, int]] = []
        self.pings: list[int] = []
        self.pongs: list[bytes] = []
        self.gone: list[int] = []
        self.connects = True

    def pump(self) -> None:
        for action in self.core.actions():
            match action:
                case signals.Dial(conn=conn):
                    self.dials.append((self.now, conn))
                    self.sent[conn] = []
                    if self.connects:
                        self.core.connected(conn, self.now)
                        self.pump()
                case signals.Send(conn=conn, payload=payload):
                    self.sent[conn].append(json.loads(payload))
                case signals.Ping(conn=conn):
                    self.pings.append(conn)
                case signals.Pong(payload=payload):
                    self.pongs.append(payload)
                case signals.Retire(conn=conn) | signals.Close(conn=conn):
                    self.gone.append(conn)
        self.events += self.core.events()

    def at(self, now: float) -> None:
        """Go there, doing on the way what is due."""
        while (due := self.core.next_wakeup()) is not None and due <= now:
            self.now = max(self.now, due)
            self.core.tick(self.now)
            self.pump()
        self.now = now
        self.core.tick(now)
        self.pump()

    def ask(self, method: str, patience: float = 10.0) -> int:
        conn = self.core.conn
        assert conn is not None

        def encode(number: int) -> bytes:
            return json.dumps({"id": number, "method": method}).encode()

        number = self.core.ask(conn, encode, patience, self.now)
        assert number is not None
        self.pump()
        return number

    def hear(self, conn: int, *frames: object) -> None:
        self.core.received(conn, [json.dumps(frame).encode() for frame in frames], self.now)
        self.pump()

    def of(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]


def held(rules: Rules = RULES) -> Driver:
    it = Driver(rules)
    it.core.hold(0.0)
    it.pump()
    return it


def test_nothing_is_dialled_before_somebody_wants_it() -> None:
    it = Driver()
    it.at(100)
    assert it.dials == []
    it.core.wait(100)
    it.pump()
    assert it.core.conn == 1


def test_answers_find_their_requests_in_any_order() -> None:
    it = held()
    first, second = it.ask("a"), it.ask("b")
    it.hear(
        1, {"id": second, "status": 200, "result": 2}, {"id": first, "status": 400, "error": {}}
    )
    assert [(each.number, each.answer.status) for each in it.of(api_line.Answered)] == [
        (second, 200),
        (first, 400),
    ]
    it.hear(1, {"id": first, "status": 200, "result": 1}, {"id": 99, "status": 200, "result": 1})
    assert len(it.of(api_line.Answered)) == 2
    assert it.core.strays == 2


def test_a_request_is_unanswered_when_its_time_is_over_and_the_connection_is_asked_for_life() -> (
    None
):
    it = held()
    number = it.ask("a", patience=10)
    it.at(9.9)
    assert it.of(api_line.Unanswered) == []
    it.at(10)
    assert [each.number for each in it.of(api_line.Unanswered)] == [number]
    assert it.pings == [1]
    it.core.ponged(1, 11)
    it.at(20)
    assert it.of(api_line.Ended) == []


def test_a_connection_that_gives_no_sign_of_life_is_replaced() -> None:
    it = held()
    number = it.ask("a", patience=100)
    it.at(RULES.idle_ping + RULES.pong_timeout - 0.1)
    assert it.core.conn == 1
    it.at(RULES.idle_ping + RULES.pong_timeout)
    assert [each.conn for each in it.of(api_line.Ended)] == [1]
    assert [each.number for each in it.of(api_line.Unanswered)] == [number]
    it.at(60)
    assert it.core.conn == 2


def test_the_venues_ping_has_its_own_payload_back_at_once() -> None:
    it = held()
    it.core.pinged(1, b"1700000000000", 5)
    it.pump()
    assert it.pongs == [b"1700000000000"]


def test_a_lost_connection_leaves_what_was_asked_unanswered_and_is_dialled_again() -> None:
    it = held()
    number = it.ask("a")
    it.core.closed(1, "the connection was cut", 3)
    it.pump()
    assert it.of(api_line.Unanswered)[0].number == number
    assert it.of(api_line.Ended)[0].why == "the connection was cut"
    assert it.core.ask(1, lambda number: b"{}", 1, 3) is None
    it.at(20)
    assert it.core.conn == 2


def test_it_is_renewed_before_a_day_is_over_without_a_moment_between() -> None:
    it = held()
    day = RULES.lifetime
    for hour in range(int(day // 20)):
        it.now = hour * 20.0
        it.core.pinged(1, b"x", it.now)
        it.pump()
    it.at(day)
    assert it.core.conn == 2
    assert it.gone == []
    it.core.settled(2, day + 1)
    it.core.pinged(1, b"x", day + 1)
    it.at(day + 1 + RULES.linger)
    assert it.gone == [1]
    assert [(each.conn, each.why) for each in it.of(api_line.Ended)] == [(1, "")]
    assert (it.core.renewals, it.core.losses) == (1, 0)


def test_an_old_connection_waits_for_its_answers_and_not_for_ever() -> None:
    it = held()
    number = it.ask("a", patience=12)
    it.hear(1, {"event": {"e": "serverShutdown", "E": 1}})
    it.at(1)
    assert it.core.conn == 2
    it.core.settled(2, 1)
    it.at(5)
    assert it.gone == []
    it.hear(1, {"id": number, "status": 200, "result": {}})
    assert it.of(api_line.Answered)[0].number == number
    it.at(1 + RULES.overlap)
    assert it.gone == [1]


def test_a_refusal_for_good_ends_the_attempts_until_somebody_asks_later() -> None:
    it = Driver()
    it.connects = False
    it.core.wait(0)
    it.pump()
    it.core.failed(1, Failure("refused", final=True), 1)
    it.pump()
    it.at(300)
    assert len(it.dials) == 1
    assert it.core.barred == "refused"
    it.core.wait(301)
    it.pump()
    assert len(it.dials) == 2


def test_a_connection_that_nobody_uses_goes_and_comes_back_when_wanted() -> None:
    it = Driver()
    it.core.wait(0)
    it.pump()
    number = it.ask("a")
    it.hear(1, {"id": number, "status": 200, "result": {}})
    it.core.waited(1)
    for second in range(0, int(IDLE), 20):
        it.now = float(second)
        it.core.pinged(1, b"x", it.now)
        it.pump()
    it.at(IDLE - 1)
    assert it.gone == []
    it.at(IDLE + 1)
    assert it.gone == [1]
    assert it.core.next_wakeup() is None
    it.core.wait(IDLE + 2)
    it.pump()
    assert it.core.conn == 2


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["hold", "release", "ask", "answer", "cut", "shutdown", "settle", "ping",
                         "fail", "connect", "tick"]),
        st.floats(min_value=0.0, max_value=40.0),
    ),
    max_size=60,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(STEPS, st.booleans())
def test_under_any_events_each_request_ends_once_and_dials_keep_their_pace(
    steps: list[tuple[str, float]], connects: bool
) -> None:
    it = Driver(Rules(lifetime=60.0, lifetime_jitter=10.0))
    it.connects = connects
    asked: list[int] = []
    holds = 0
    for what, wait in steps:
        it.at(it.now + wait)
        if what == "hold":
            it.core.hold(it.now)
            holds += 1
        elif what == "release" and holds:
            it.core.release(it.now)
            holds -= 1
        elif what == "fail" and it.dials:
            it.core.failed(it.dials[-1][1], Failure("no"), it.now)
        elif what == "connect" and it.dials:
            it.core.connected(it.dials[-1][1], it.now)
        elif (conn := it.core.conn) is not None:
            happen(it, what, conn, asked)
        it.pump()
    it.at(it.now + 200)
    ended = [e.number for e in it.events if isinstance(e, api_line.Answered | api_line.Unanswered)]
    assert sorted(ended) == sorted(asked)
    times = [when for when, _ in it.dials]
    assert all(b - a >= Rules().dial_spacing for a, b in pairwise(times))
    if holds and connects:
        assert it.core.conn is not None


def happen(it: Driver, what: str, conn: int, asked: list[int]) -> None:
    """Something on an open connection."""
    match what:
        case "ask":
            asked.append(it.ask("x"))
        case "answer" if asked:
            it.hear(conn, {"id": asked[-1], "status": 200, "result": 1})
        case "cut":
            it.core.closed(conn, "cut", it.now)
        case "shutdown":
            it.hear(conn, {"event": {"e": "serverShutdown"}})
        case "settle":
            it.core.settled(conn, it.now)
        case "ping":
            it.core.pinged(conn, b"x", it.now)


@pytest.mark.parametrize("seconds", [0.0, 5.0])
def test_who_waits_in_vain_is_told_why(seconds: float) -> None:
    it = Driver()
    it.connects = False
    it.core.wait(0)
    it.pump()
    it.core.failed(1, Failure("no route"), seconds)
    it.pump()
    assert [each.failure.why for each in it.of(api_line.Undialled)] == ["no route"]
