"""A candle is closed on evidence only."""

import pytest

from binance_mcp_server.market.candles import SAFETY_MS, closed_count
from binance_mcp_server.models.market import Kline


def row(open_time: int) -> Kline:
    return Kline(open_time, "1", "1", "1", "1", "1", open_time + 999, "1", 1, "1", "1")


@pytest.mark.parametrize(
    ("venue_ms", "closed"),
    [(2500, 2), (2999, 2), (2999 + SAFETY_MS, 2), (3000 + SAFETY_MS, 3)],
)
def test_the_last_of_a_reply_needs_time_to_have_passed(venue_ms: int, closed: int) -> None:
    assert closed_count([row(0), row(1000), row(2000)], venue_ms) == closed


def test_nothing_is_closed_of_nothing() -> None:
    assert closed_count([], 10**13) == 0
