"""Grids open where the calendar and the real kline files say."""

import gzip
import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from binance_mcp_server.exchange.market.intervals import INTERVALS, MINUTE, WIDTHS, Grid
from tests.exchange.market.feeds import plain_open

TIMES = st.integers(1_483_228_800_000, 1_924_991_999_999)  # 2017 to 2030
OFFSETS = st.integers(-12 * 60, 14 * 60)


@given(st.sampled_from(INTERVALS), TIMES, OFFSETS)
def test_a_candle_opens_where_the_calendar_says_and_contains_its_moment(
    interval: str, at_ms: int, offset: int
) -> None:
    grid = Grid(interval, offset * MINUTE)
    opens = grid.floor(at_ms)
    assert opens <= at_ms < grid.shift(opens, 1)
    assert grid.floor(opens) == grid.ceil(opens) == opens
    assert opens == plain_open(interval, at_ms, offset)


@given(st.sampled_from(INTERVALS), TIMES, st.integers(-100, 100))
def test_shifting_there_and_back_ends_where_it_began(interval: str, at_ms: int, count: int) -> None:
    grid = Grid(interval)
    opens = grid.floor(at_ms)
    assert grid.shift(grid.shift(opens, count), -count) == opens


def test_hours_are_counted_from_local_midnight_in_a_time_zone() -> None:
    grid = Grid("4h", 8 * 60 * MINUTE)
    local_midnight = 1_723_161_600_000 - 8 * 60 * MINUTE
    assert grid.floor(local_midnight + 5) == local_midnight


@given(st.sampled_from(INTERVALS), OFFSETS, st.sampled_from(list(WIDTHS.values())), TIMES)
def test_what_a_grid_is_made_of_never_crosses_its_borders(
    interval: str, offset: int, width: int, at_ms: int
) -> None:
    grid = Grid(interval, offset * MINUTE)
    if grid.is_made_of(width):
        assert grid.floor(at_ms) % width == 0


@pytest.mark.parametrize("symbol", ["BTCUSDT", "SOLUSDT"])
@pytest.mark.parametrize("interval", ["15m", "2h", "6h", "12h", "1d", "3d", "1w", "1M"])
def test_real_candles_are_on_the_grid(data_dir: Path, symbol: str, interval: str) -> None:
    with gzip.open(data_dir / "klines" / f"{symbol}_{interval}.jsonl.gz", "rt") as file:
        opens = [json.loads(line)[0] for line in file]
    grid = Grid(interval, three_day_origin=opens[0])
    assert all(grid.floor(each) == each for each in opens)
    if interval in {"1d", "3d", "1w", "1M"}:  # shorter ones have the venue's outages
        assert all(grid.shift(one, 1) == following for one, following in pairwise(opens))


def test_without_a_symbols_own_three_days_those_of_btcusdt_are_taken(data_dir: Path) -> None:
    with gzip.open(data_dir / "klines" / "BTCUSDT_3d.jsonl.gz", "rt") as file:
        opens = [json.loads(line)[0] for line in file]
    assert all(Grid("3d").floor(each) == each for each in opens)
