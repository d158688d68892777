"""Numbers are printed with as many decimals as the venue has, cut and never rounded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from binance_mcp_server.exchange.numbers import parse, show, show_quote


@given(st.integers(-(10**20), 10**20), st.integers(0, 8))
def test_fewer_decimals_are_a_beginning_of_all_of_them(units: int, places: int) -> None:
    whole = show(units)
    assert whole.startswith(show(units, places))
    assert len(show(units, places).partition(".")[2]) == places
    assert parse(whole) == units


@pytest.mark.parametrize(
    ("product", "places", "text"),
    [
        (1_999_999_999_999_999, 8, "0.19999999"),
        (1_999_999_999_999_999, 2, "0.19"),
        (-(10**16), 0, "-1"),
    ],
)
def test_products_are_cut(product: int, places: int, text: str) -> None:
    assert show_quote(product, places) == text
