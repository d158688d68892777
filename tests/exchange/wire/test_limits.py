"""The venue's limits: no window ever holds more than its limit, and who does not stop is banned."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from binance_mcp_server.exchange.wire.errors import VenueError
from binance_mcp_server.exchange.wire.limits import IpLedger, Limits

MINUTE = 60_000
NOW = 1_700_000_040_000 - 1_700_000_040_000 % MINUTE
"""The beginning of a minute."""


def refusal(ledger: IpLedger, weight: int, limits: Limits, now_ms: int) -> VenueError:
    with pytest.raises(VenueError) as caught:
        ledger.charge(weight, limits, now_ms)
    return caught.value


@given(
    st.lists(st.tuples(st.integers(1, 250), st.integers(0, 20_000)), max_size=80),
    st.integers(1, 500),
    st.integers(1, 30),
)
def test_no_window_ever_holds_more_than_its_limit(
    requests: list[tuple[int, int]], weight_limit: int, raw_limit: int
) -> None:
    ledger, limits = IpLedger(), Limits(weight_limit, raw_limit, ban_after=3)
    now, weights, counts = NOW, dict[int, int](), dict[int, int]()
    for weight, pause in requests:
        now += pause
        try:
            ledger.charge(weight, limits, now)
        except VenueError:
            continue
        weights[now // MINUTE] = weights.get(now // MINUTE, 0) + weight
        counts[now // (5 * MINUTE)] = counts.get(now // (5 * MINUTE), 0) + 1
    assert all(total <= weight_limit for total in weights.values())
    assert all(total <= raw_limit for total in counts.values())


def test_over_the_weight_is_429_until_the_minute_ends() -> None:
    ledger, limits = IpLedger(), Limits(request_weight=100)
    ledger.charge(100, limits, NOW + 1_500)
    error = refusal(ledger, 1, limits, NOW + 1_500)
    assert (error.status, error.code, error.retry_after) == (429, -1003, 59)
    assert "current limit is 100 request weight per 1 MINUTE" in error.message
    ledger.charge(1, limits, NOW + MINUTE)
    assert ledger.usage(NOW + MINUTE).weight == 1


def test_raw_requests_have_a_window_of_five_minutes() -> None:
    ledger, limits = IpLedger(), Limits(raw_requests=2, ban_after=50)
    start = NOW - NOW % (5 * MINUTE)
    ledger.charge(1, limits, start)
    ledger.charge(1, limits, start + 2 * MINUTE)
    assert refusal(ledger, 1, limits, start + 4 * MINUTE).retry_after == 60
    ledger.charge(1, limits, start + 5 * MINUTE)


def test_a_refused_request_adds_no_weight() -> None:
    ledger, limits = IpLedger(), Limits(request_weight=10)
    ledger.charge(8, limits, NOW)
    refusal(ledger, 5, limits, NOW)
    ledger.charge(2, limits, NOW)
    assert ledger.usage(NOW).weight == 10


def test_going_on_after_429_is_a_ban_that_doubles_up_to_three_days() -> None:
    ledger, limits = IpLedger(), Limits(request_weight=0, ban_after=2)
    now, lengths = NOW, list[int]()
    for _ in range(14):
        statuses = [refusal(ledger, 1, limits, now).status for _ in range(3)]
        assert statuses == [429, 429, 418]
        until = ledger.usage(now).banned_until_ms
        assert str(until) in refusal(ledger, 1, limits, until - 1).message
        lengths.append(until - now)
        now = until + MINUTE - until % MINUTE
    assert lengths[:3] == [2 * MINUTE, 4 * MINUTE, 8 * MINUTE]
    assert lengths[-1] == 3 * 86_400_000


def test_a_ban_says_how_long_and_ends_by_itself() -> None:
    ledger, limits = IpLedger(), Limits(request_weight=1, ban_after=0)
    ledger.charge(1, limits, NOW)
    error = refusal(ledger, 1, limits, NOW)
    assert (error.status, error.retry_after) == (418, 120)
    assert refusal(ledger, 1, limits, NOW + 119_001).retry_after == 1
    ledger.charge(1, limits, NOW + 120_000)
    assert ledger.usage(NOW + 120_000).banned_until_ms == 0


def test_refusals_are_forgotten_with_the_minute() -> None:
    ledger, limits = IpLedger(), Limits(request_weight=0, ban_after=2)
    for minute in range(5):
        for _ in range(2):
            assert refusal(ledger, 1, limits, NOW + minute * MINUTE).status == 429
