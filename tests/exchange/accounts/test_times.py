"""recvWindow and timestamps: on the millisecond, and below it."""

import pytest

from binance_mcp_server.exchange.accounts.times import (
    DEFAULT_WINDOW_US,
    check_times,
    read_window,
)
from binance_mcp_server.exchange.wire.errors import VenueError

NOW = 1_700_000_000_000
LATE = "400 -1021 Timestamp for this request is outside of the recvWindow."
EARLY = "400 -1021 Timestamp for this request was 1000ms ahead of the server's time."


def refusal(timestamp: int, window: str | None = None, clocks: tuple[int, ...] = (NOW,)) -> str:
    try:
        check_times(timestamp, read_window(window), clocks)
    except VenueError as error:
        return f"{error.status} {error}"
    return ""


@pytest.mark.parametrize(
    ("timestamp", "window", "answer"),
    [
        (NOW, None, ""),
        (NOW - 5_000, None, ""),
        (NOW - 5_001, None, LATE),
        (NOW + 999, None, ""),
        (NOW + 1_000, None, EARLY),
        (NOW + 1_000, "60000", EARLY),
        (NOW - 60_000, "60000", ""),
        (NOW - 1, "0", LATE),
        (NOW, "0", ""),
        (NOW * 1000 - 100_346, "100.346", ""),
        (NOW * 1000 - 100_347, "100.346", LATE),
        (NOW * 1000 + 999_999, None, ""),
        (NOW * 1000 + 1_000_000, None, EARLY),
        (0, None, LATE),
        (10**15 - 1, None, EARLY),
        (10**15, None, LATE),
    ],
)
def test_a_request_is_in_time_within_its_window(
    timestamp: int, window: str | None, answer: str
) -> None:
    assert refusal(timestamp, window) == answer


def test_on_a_replay_either_clock_will_do() -> None:
    clocks = (NOW, NOW + 86_400_000)
    assert refusal(NOW - 5_000, clocks=clocks) == ""
    assert refusal(NOW + 86_400_000, clocks=clocks) == ""
    assert refusal(NOW - 5_001, clocks=clocks) == LATE
    assert refusal(NOW + 86_400_000 - 6_000, clocks=clocks) == LATE
    assert refusal(NOW + 86_400_000 + 1_000, clocks=clocks) == EARLY


@pytest.mark.parametrize(
    ("text", "window"),
    [
        (None, DEFAULT_WINDOW_US),
        ("5000", 5_000_000),
        ("6000.346", 6_000_346),
        ("0.5", 500),
        ("60000.0000", 60_000_000),
    ],
)
def test_a_window_has_three_decimals(text: str | None, window: int) -> None:
    assert read_window(text) == window


@pytest.mark.parametrize(
    ("text", "code"),
    [
        *((each, -1100) for each in ("", "abc", "-1", "1.", ".5", "1e3", "1,5", "٣", " 1")),
        ("1.0001", -1111),
        ("60000.001", -1131),
        ("60001", -1131),
        ("99999999999999999999", -1131),
    ],
)
def test_other_windows_are_refused(text: str, code: int) -> None:
    with pytest.raises(VenueError) as caught:
        read_window(text)
    assert caught.value.code == code
