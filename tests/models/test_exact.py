"""The venue's digits stay as they are until somebody calculates; shown, they lose zeros and nothing else."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from binance_mcp_server.models.exact import plain, trim

numbers = st.decimals(allow_nan=False, allow_infinity=False, min_value="-1e20", max_value="1e20")


@given(numbers)
def test_plain_digits_say_the_same_number_without_an_exponent(number: Decimal) -> None:
    text = plain(number)
    assert Decimal(text) == number
    assert "E" not in text
    assert "." not in text or not text.endswith(("0", "."))
    assert text != "-0"


@given(st.integers(0, 10**18), st.integers(0, 18))
def test_trimming_changes_no_value(units: int, places: int) -> None:
    text = f"{Decimal(units).scaleb(-places):f}"
    assert Decimal(trim(text)) == Decimal(text)
    assert trim(trim(text)) == trim(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("61837.63000000", "61837.63"),
        ("0.00000280", "0.0000028"),
        ("100", "100"),
        ("0.000", "0"),
        ("", ""),
    ],
)
def test_trailing_zeros_are_cut(text: str, shown: str) -> None:
    assert trim(text) == shown
