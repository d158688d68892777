"""Intervals, windows and time zones: what the venue takes and what not."""

import pytest

from binance_mcp_server.exchange.wire.errors import VenueError
from binance_mcp_server.exchange.wire.intervals import (
    INTERVALS,
    parse_interval,
    parse_window,
    parse_zone,
)


def test_intervals_are_case_sensitive() -> None:
    assert len(INTERVALS) == 16
    assert all(parse_interval(text) == text for text in INTERVALS)
    for text in ("1D", "1H", "2m", "60", "1y", "1m "):
        with pytest.raises(VenueError, match="-1120 Invalid interval"):
            parse_interval(text)


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("1m", 60_000),
        ("59m", 3_540_000),
        ("1h", 3_600_000),
        ("23h", 82_800_000),
        ("7d", 604_800_000),
    ],
)
def test_windows(text: str, ms: int) -> None:
    assert parse_window(text) == ms


@pytest.mark.parametrize("text", ["0m", "60m", "24h", "8d", "1d2h", "1w", "01m", "1M", "m", "-1m"])
def test_windows_that_are_none(text: str) -> None:
    with pytest.raises(VenueError, match="-1130"):
        parse_window(text)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("0", 0),
        ("8", 480),
        ("-1:00", -60),
        ("05:45", 345),
        ("-12:00", -720),
        ("+14:00", 840),
        ("-3:30", -210),
    ],
)
def test_zones(text: str, minutes: int) -> None:
    assert parse_zone(text) == minutes


@pytest.mark.parametrize(
    "text", ["-12:01", "14:01", "15", "1:60", "x", "8:0", "1:000", "--1", "UTC"]
)
def test_zones_that_are_none(text: str) -> None:
    with pytest.raises(VenueError, match="-1130"):
        parse_zone(text)
