"""Reading what an answer that is no success says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from binance_mcp_server.binance_api.errors_map import (
    ADVICE,
    MAX_TEXT,
    Answer,
    banned_for,
    clean,
    error_of,
    excerpt,
    seconds,
)
from binance_mcp_server.errors import BinanceMcpError, VenueError

NOW_MS = 1_700_000_000_000


@given(st.text(max_size=600))
def test_cleaned_text_is_one_short_visible_line(text: str) -> None:
    shown = clean(text)
    assert len(shown) <= MAX_TEXT
    assert all(c.isprintable() or c in "\u3000\u00a0" for c in shown)
    assert clean(shown) == shown


@given(st.text("abc测试XYZ123 .,!?", max_size=100))
def test_plain_words_stay_as_they_are(text: str) -> None:
    assert clean(text) == " ".join(text.split())


def test_markup_and_scripts_are_left_out() -> None:
    page = b"<html><head><style>p{}</style><script>steal()</script></head><h1>403</h1> Blocked"
    assert excerpt(page) == "403 Blocked"


@pytest.mark.parametrize("text", ["7", " 30 ", "0", "86400"])
def test_retry_after_is_a_plain_number(text: str) -> None:
    assert seconds(text) == float(text)


@pytest.mark.parametrize(
    "text", [None, "", "soon", "-1", "1e9", "9" * 10, "Wed, 21 Oct 2026 07:28:00 GMT", "٣"]
)
def test_or_it_says_nothing(text: str | None) -> None:
    assert seconds(text) is None


def test_a_ban_may_say_its_end_in_words_only() -> None:
    body = f'{{"code":-1003,"msg":"IP banned until {NOW_MS + 90_000}. Use streams."}}'.encode()
    assert banned_for(Answer(418, body, "h"), NOW_MS) == 90
    assert banned_for(Answer(400, body, "h"), NOW_MS) == 90
    assert banned_for(Answer(418, b"", "h"), NOW_MS) == 120
    assert banned_for(Answer(429, b'{"code":-1003,"msg":"slow"}', "h"), NOW_MS) is None


@given(st.integers(201, 599), st.binary(max_size=400), st.text(max_size=40))
def test_any_answer_becomes_one_of_our_errors_with_a_short_text(
    status: int, body: bytes, header: str
) -> None:
    error = error_of(Answer(status, body, "host", header, header))
    assert isinstance(error, BinanceMcpError)
    assert len(error.message) < 2 * MAX_TEXT


@pytest.mark.parametrize("code", sorted(ADVICE))
def test_a_known_code_keeps_its_number_and_gets_advice(code: int) -> None:
    error = error_of(Answer(400, f'{{"code":{code},"msg":"words"}}'.encode(), "host"))
    assert isinstance(error, VenueError)
    assert (error.code, error.status, error.advice) == (code, 400, ADVICE[code])
    assert "words" in error.message


def test_a_redirects_target_shows_its_host_alone() -> None:
    answer = Answer(302, b"", "host", location="https://me:pw@portal.example:8443/login?token=1")
    text = str(error_of(answer))
    assert "portal.example:8443" in text
    assert "pw" not in text
    assert "token" not in text
