"""Candles in integers: exact, and the same whichever way they are made."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from binance_mcp_server.exchange.market.candles import (
    Candle,
    candle_of,
    merge,
    units,
)
from binance_mcp_server.exchange.numbers import parse, show


def test_a_part_without_trades_counts_only_among_its_like() -> None:
    idle, busy = Candle.flat(0, 5), Candle(60, 7, 9, 6, 8, 1, 8, 1)
    assert merge(0, [idle, busy, Candle.flat(120, 100)]) == Candle(0, 7, 9, 6, 8, 1, 8, 1)
    assert merge(0, [idle, Candle.flat(60, 6)]) == idle
    assert merge(0, []) is None


def test_merging_leaves_the_parts_alone() -> None:
    parts = [Candle(0, 1, 2, 1, 2, 1, 2, 1), Candle(60, 2, 3, 1, 1, 1, 1, 1)]
    merge(0, parts)
    assert parts[0] == Candle(0, 1, 2, 1, 2, 1, 2, 1)


def test_a_candle_of_a_row_gives_the_row_back() -> None:
    candle = Candle(0, 10, 12, 9, 11, 500, 77 * 10**8, 3, 100, 5 * 10**8)
    assert candle_of(candle.row(59_999)) == candle


@given(st.integers(0, 10**20))
def test_units_read_what_is_shown(value: int) -> None:
    assert units(show(value)) == value


@pytest.mark.parametrize(
    "text", ["", "-1", "-1.00000000", "1_0.00000000", " 1.00000000", "٣.00000000", "1e5", "NaN"]
)
def test_units_refuse_what_is_not_a_plain_decimal(text: str) -> None:
    with pytest.raises(ValueError):
        units(text)


@pytest.mark.parametrize("text", ["17315", "8.9810", "0.1", "155466.8640"])
def test_units_read_shorter_decimals_too(text: str) -> None:
    assert units(text) == parse(text)
