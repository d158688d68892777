"""Times in every form that people and programs write, and none that could mean two things."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from binance_mcp_server.errors import InputError
from binance_mcp_server.market.times import format_time, parse_time, parse_time_zone

EIGHT = 1_795_334_400_000  # 2026-11-22T08:00Z


@pytest.mark.parametrize(
    "value",
    [
        "2026-11-22T08:00Z",
        "2026-11-22T08:00:00+00:00",
        "2026-11-22 08:00",
        " 2026-11-22T08 ",
        "2026-11-22T13:45+05:45",
        EIGHT,
        str(EIGHT),
        EIGHT * 1000,
        str(EIGHT * 1000),
    ],
)
def test_every_form_of_one_moment_is_that_moment(value: str | int) -> None:
    assert parse_time(value) == EIGHT


def test_a_date_is_its_midnight_and_zero_is_the_beginning() -> None:
    assert parse_time("2026-11-22") == EIGHT - 8 * 3_600_000
    assert parse_time(0) == parse_time("0") == 0


@pytest.mark.parametrize(
    ("text", "back"),
    [
        ("now", 0),
        ("-24h", 86_400_000),
        ("-7d", 604_800_000),
        ("90 m ago", 5_400_000),
        ("-1W", 604_800_000),
    ],
)
def test_relative_times_count_from_now(text: str, back: int) -> None:
    assert parse_time(text, now_ms=EIGHT) == EIGHT - back


@pytest.mark.parametrize(
    "value",
    [
        *("", "   ", "NaN", "inf", "yesterday", "2026-13-01", "2026-11-22T25:00", "1e12", "-5"),
        *("1000000000-01-01", "10000-01-01", "1969-12-31", "9" * 60, "1700000000", 1_700_000_000),
        *(-1, 10**15 - 1, 10**18, True, float("nan"), 1.7e12, None, "١٧٠٠٠٠٠٠٠٠٠٠٠"),
        "-24h",  # relative to what?
    ],
)
def test_what_is_no_time_or_could_be_two_is_refused_with_advice(value: str | int) -> None:
    with pytest.raises(InputError) as caught:
        parse_time(value)
    assert "ISO-8601" in caught.value.advice


@pytest.mark.parametrize("text", ["-3M", "1M ago", "2 M"])
def test_a_month_is_never_taken_for_a_minute(text: str) -> None:
    with pytest.raises(InputError, match="month"):
        parse_time(text, now_ms=EIGHT)


@pytest.mark.parametrize("text", ["2026-11-22 08:00 UTC", "2026-11-22T08:00:00UTC"])
def test_utc_may_be_said_in_letters(text: str) -> None:
    assert parse_time(text) == EIGHT


def test_seconds_are_called_seconds() -> None:
    with pytest.raises(InputError, match="seconds"):
        parse_time(1_700_000_000)


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (EIGHT, "2026-11-22T08:00Z"),
        (EIGHT + 5000, "2026-11-22T08:00:05Z"),
        (EIGHT + 5, "2026-11-22T08:00:00.005Z"),
        (10**18, "1000000000000000000"),
    ],
)
def test_times_are_written_no_finer_than_needed(ms: int, text: str) -> None:
    assert format_time(ms) == text


@given(st.integers(100_000_000_000, 253_402_300_799_999))
def test_what_is_written_reads_back_the_same(ms: int) -> None:
    assert parse_time(format_time(ms)) == parse_time(ms) == ms


@given(st.text(max_size=30))
def test_any_text_is_a_time_or_a_clear_error(text: str) -> None:
    with contextlib.suppress(InputError):
        assert parse_time(text, now_ms=EIGHT) >= 0


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        *(("0", None), ("UTC", None), ("Z", None), ("+00:00", None), (None, None)),
        *(("8", "08:00"), ("+8", "08:00"), ("UTC+8", "08:00"), ("-1:00", "-01:00")),
        *(("05:45", "05:45"), ("-12:00", "-12:00"), ("+14", "14:00")),
    ],
)
def test_zones_are_offsets_from_utc(text: str | None, zone: str | None) -> None:
    assert parse_time_zone(text) == zone


@pytest.mark.parametrize(
    "text", ["", "Europe/Berlin", "15", "-12:01", "14:01", "8:60", "8:5", "--8"]
)
def test_other_zones_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="time zone"):
        parse_time_zone(text)
