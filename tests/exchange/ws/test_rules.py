"""The venue's rules for connections: counted strictly, by time that only passes."""

from hypothesis import given
from hypothesis import strategies as st

from binance_mcp_server.exchange.ws.rules import FUTURES, Life, Step, StreamRules, Window

SPOT = StreamRules()


@given(st.lists(st.floats(0, 0.6, allow_nan=False), max_size=60), st.integers(1, 5))
def test_no_second_holds_more_messages_than_allowed(gaps: list[float], most: int) -> None:
    window, now, admitted = Window(1.0), 0.0, list[float]()
    for gap in gaps:
        now += gap
        inside = [at for at in admitted if at > now - 1.0]
        assert window.add(now, most) == (len(inside) < most)
        if len(inside) < most:
            admitted.append(now)


def test_the_wait_ends_when_the_oldest_is_forgotten() -> None:
    window = Window(300.0)
    assert window.wait(0.0) == 0.0
    assert window.add(10.0, 1)
    assert not window.add(20.0, 1)
    assert window.wait(20.0) == 290.0
    assert window.add(310.0, 1)


def steps(life: Life, now: float, rules: StreamRules = SPOT) -> list[Step]:
    return list(life.steps(now, rules))


def test_pings_come_every_twenty_seconds_and_on_futures_every_three_minutes() -> None:
    life = Life(100.0)
    assert steps(life, 119.9) == []
    assert steps(life, 120.0) == [Step.PING]
    life.pinged(b"1", 120.0)
    assert steps(life, 139.9) == []
    assert life.next_at(SPOT) == 140.0
    assert Life(0.0).next_at(FUTURES) == 180.0


def test_a_minute_without_a_pong_ends_it() -> None:
    life = Life(0.0)
    life.pinged(b"1", 20.0)
    life.pinged(b"2", 79.0)
    assert steps(life, 79.9) == []
    assert steps(life, 80.0) == [Step.NO_PONG]


def test_only_a_copy_of_a_ping_answers_it() -> None:
    life = Life(0.0)
    life.pinged(b"1", 20.0)
    assert not life.pong(b"")
    assert not life.pong(b"2")
    assert steps(life, 80.0) == [Step.NO_PONG]
    assert life.pong(b"1")
    assert not life.pong(b"1")
    assert Step.NO_PONG not in steps(life, 80.0)


def test_the_answer_to_the_newest_ping_answers_those_before_but_not_those_after() -> None:
    life = Life(0.0)
    for number in (1, 2, 3):
        life.pinged(str(number).encode(), 20.0 * number)
    assert life.pong(b"2")
    assert Step.NO_PONG not in steps(life, 119.0)
    assert steps(life, 120.0) == [Step.NO_PONG]


def test_a_day_ends_with_a_notice_before_it() -> None:
    rules, life = StreamRules(day_seconds=30.0), Life(5.0)
    life.pinged(b"1", 24.0)
    assert life.next_at(rules) == 25.0
    assert steps(life, 24.9, rules) == []
    assert steps(life, 25.0, rules) == [Step.NOTICE]
    assert steps(life, 26.0, rules) == []
    assert life.next_at(rules) == 35.0
    assert steps(life, 35.0, rules) == [Step.OLD]
    assert (SPOT.day_seconds, FUTURES.day_seconds) == (86_400.0, 86_400.0)
