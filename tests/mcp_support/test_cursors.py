"""A cursor says where to go on, and only in the call that it was issued for."""

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from binance_mcp_server.errors import CursorError
from binance_mcp_server.mcp_support import cursors

values = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(), st.floats(), st.lists(st.text(), max_size=3)
)
questions = st.dictionaries(st.text(max_size=12), values, max_size=4)
places = st.dictionaries(
    st.text(max_size=8, alphabet="abcdef"), st.integers(0, 2**62), min_size=1, max_size=3
)
ASKED: dict[str, object] = {"symbol": "BTCUSDT"}


@given(st.text(max_size=20), questions, places)
def test_what_was_issued_is_redeemed(
    tool: str, question: dict[str, Any], place: cursors.Place
) -> None:
    cursor = cursors.issue(tool, question, place)
    assert cursors.redeem(cursor, tool, question) == place
    assert cursor.isascii()
    assert cursor.replace("-", "").replace("_", "").isalnum()


@given(questions, questions, places)
def test_another_question_does_not_redeem_it(
    one: dict[str, Any], other: dict[str, Any], place: cursors.Place
) -> None:
    cursor = cursors.issue("get_candles", one, place)
    if repr(sorted(one.items(), key=str)) != repr(sorted(other.items(), key=str)):
        with pytest.raises(CursorError, match="another call"):
            cursors.redeem(cursor, "get_candles", other)
    with pytest.raises(CursorError, match="another call"):
        cursors.redeem(cursor, "get_trades", one)


@given(st.text())
def test_garbage_is_no_cursor(text: str) -> None:
    with pytest.raises(CursorError):
        cursors.redeem(text, "get_candles", ASKED)


@given(st.binary(max_size=60))
def test_other_bytes_are_no_cursor(raw: bytes) -> None:
    text = base64.urlsafe_b64encode(raw).decode().rstrip("=")
    with pytest.raises(CursorError):
        cursors.redeem(text, "get_candles", ASKED)


@given(st.integers(0, 100))
def test_a_truncated_cursor_is_refused(kept: int) -> None:
    cursor = cursors.issue("get_candles", ASKED, {"from": 1_790_000_000_000})
    with pytest.raises(CursorError):
        cursors.redeem(cursor[: min(kept, len(cursor) - 1)], "get_candles", ASKED)


@given(st.integers(0, 14), st.characters(codec="ascii", categories=["L", "N"]))
def test_a_tampered_fingerprint_is_refused(position: int, character: str) -> None:
    cursor = cursors.issue("get_candles", ASKED, {"from": 1})
    changed = cursor[:position] + character + cursor[position + 1 :]
    if changed != cursor:
        with pytest.raises(CursorError):
            cursors.redeem(changed, "get_candles", ASKED)


def test_a_cursor_without_a_place_is_refused() -> None:
    with pytest.raises(CursorError):
        cursors.redeem(cursors.issue("get_candles", ASKED, {}), "get_candles", ASKED)


@pytest.mark.parametrize("place", [{}, {"from": -1}, {"from": "1"}, {"to": 1}])
def test_a_number_is_there_and_not_negative(place: cursors.Place) -> None:
    assert cursors.number({"from": 0}, "from") == 0
    with pytest.raises(CursorError):
        cursors.number(place, "from")
