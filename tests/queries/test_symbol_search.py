"""The distance between words, against a plain oracle."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from binance_mcp_server.queries.symbol_search import edit_distance

words = st.text("ABC", max_size=7)


@pytest.mark.parametrize(
    ("left", "right", "distance"),
    [
        ("BTCUSDT", "BTCUSDT", 0),
        ("BTCUSD", "BTCUSDT", 1),
        ("BCTUSDT", "BTCUSDT", 1),
        ("XTCUSDT", "BTCUSDT", 1),
        ("BTC", "ETH", 2),
        ("", "AB", 2),
    ],
)
def test_edits_are_counted(left: str, right: str, distance: int) -> None:
    assert edit_distance(left, right, 5) == distance


@given(left=words, right=words, most=st.integers(0, 4))
def test_a_bound_changes_only_what_lies_beyond_it(left: str, right: str, most: int) -> None:
    """The plain recursion over whole words, capped, is the oracle."""
    assert edit_distance(left, right, most) == min(plain(left, right), most + 1)


def plain(left: str, right: str) -> int:
    rows = [
        [i + j if i * j == 0 else 0 for j in range(len(right) + 1)] for i in range(len(left) + 1)
    ]
    for i in range(1, len(left) + 1):
        for j in range(1, len(right) + 1):
            differs = left[i - 1] != right[j - 1]
            best = min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + differs)
            if i > 1 and j > 1 and left[i - 1] == right[j - 2] and left[i - 2] == right[j - 1]:
                best = min(best, rows[i - 2][j - 2] + 1)
            rows[i][j] = best
    return rows[-1][-1]
