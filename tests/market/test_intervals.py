"""The venue's intervals and windows, and what people mean by others."""

from typing import get_args

import pytest

from binance_mcp_server.binance_api import endpoints
from binance_mcp_server.errors import InputError
from binance_mcp_server.market.intervals import (
    INTERVALS,
    LENGTHS_MS,
    Interval,
    mean_length_ms,
    parse_interval,
    parse_window,
    shortest_length_ms,
)


def test_the_table_is_that_of_the_endpoint() -> None:
    assert INTERVALS == get_args(Interval) == get_args(endpoints.Interval)


@pytest.mark.parametrize("interval", INTERVALS)
def test_each_is_itself_and_no_longer_than_its_mean(interval: Interval) -> None:
    assert parse_interval(interval) == interval
    assert shortest_length_ms(interval) <= mean_length_ms(interval)
    assert LENGTHS_MS[interval] in {mean_length_ms(interval), None}


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        *(("60m", "1h"), ("1H", "1h"), ("1min", "1m"), ("60", "1h"), ("90m", "1h"), ("1D", "1d")),
        *(("24h", "1d"), ("7d", "1w"), ("daily", "1d"), ("1 hour", "1h"), ("4hours", "4h")),
        *(("1mo", "1M"), ("30d", "1M"), ("weekly", "1w"), (" 1m ", "1m"), ("3M", "3m")),
    ],
)
def test_others_are_refused_with_the_nearest(text: str, meant: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_interval(text)
    assert f"Did you mean {meant}?" in caught.value.advice


@pytest.mark.parametrize("text", ["", "x", "1y", "m1", "🕐", "-1m", "9" * 50])
def test_nonsense_is_refused_with_the_list(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_interval(text)
    assert "1s, 1m" in caught.value.advice


@pytest.mark.parametrize(
    ("text", "meant"),
    [("24H", "24h"), ("today", "day"), ("7 days", "7d"), ("1w", "7d"), ("60m", "1h"), ("8d", "7d")],
)
def test_a_window_in_other_words_is_answered_with_ours(text: str, meant: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_window(text)
    assert f"Did you mean {meant}?" in caught.value.advice


def test_a_month_is_not_answered_with_a_minute() -> None:
    with pytest.raises(InputError) as caught:
        parse_window("1M")
    assert "Did you mean" not in caught.value.advice


@pytest.mark.parametrize("text", ["24h", "day", "1m", "59m", "1h", "23h", "1d", "7d"])
def test_windows_that_the_venue_takes(text: str) -> None:
    assert parse_window(text) == text


@pytest.mark.parametrize(
    "text", ["", "0m", "60m", "25h", "8d", "1w", "1M", "1d2h", "01m", "day "[:2]]
)
def test_other_windows_are_refused_with_what_is_allowed(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_window(text)
    assert "1m to 59m" in caught.value.advice
