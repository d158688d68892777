"""What others wrote is shown as harmless text, derived numbers as plain digits, and every reply with its origin."""

import unicodedata
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from binance_mcp_server.commands.views.base import provenance, ratio_percent, rounded, untrusted
from binance_mcp_server.queries.answer import Answer


@given(st.text(max_size=300))
def test_untrusted_text_is_visible_and_short(text: str) -> None:
    shown = untrusted(text)
    assert len(shown) <= 60
    assert not {unicodedata.category(char) for char in shown} & {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}
    assert untrusted(shown) == shown


def test_marks_that_turn_or_hide_text_are_gone() -> None:
    assert untrusted("BTC\u202eTDSU\u200b\ufeff\x1b[31m\n") == "BTCTDSU[31m"
    assert untrusted("币安人生") == "币安人生"
    assert untrusted("x" * 61) == "x" * 59 + "…"


def test_a_reply_names_its_venue_and_moment_and_what_is_unusual() -> None:
    assert provenance("live", Answer(None, 1_790_000_000_999)) == {
        "venue": "live",
        "as_of": "2026-09-21T14:13:20Z",
    }
    unusual = provenance("live", Answer(None, 1_790_000_040_000, "cache", "half of it"))
    assert unusual["as_of"] == "2026-09-21T14:14Z"
    assert (unusual["source"], unusual["partial"]) == ("cache", "half of it")


@pytest.mark.parametrize(
    ("number", "places", "text"),
    [("1.005", 2, "1"), ("1.015", 2, "1.02"), ("-0.0001", 2, "0"), ("1E+5", 0, "100000")],
)
def test_derived_numbers_are_rounded_half_to_even(number: str, places: int, text: str) -> None:
    assert rounded(Decimal(number), places) == text


def test_a_share_of_nothing_is_empty() -> None:
    assert ratio_percent(Decimal(1), Decimal(3)) == "33.333"
    assert ratio_percent(Decimal(1), Decimal(0)) == ""
