"""Candles of history and of what is played fit together, in every interval, time zone and range."""

import gzip
import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from binance_mcp_server.exchange.market.intervals import DAY, HOUR, INTERVALS, MINUTE, WIDTHS
from binance_mcp_server.exchange.market.state import Market
from binance_mcp_server.exchange.market.types import Trade
from binance_mcp_server.exchange.sources.base import KlineRow
from tests.exchange.market.feeds import (
    SYMBOL,
    THURSDAY,
    HandFed,
    plain_candles,
    plain_rows,
    told,
    trade_frame,
)

Steps = list[tuple[int, int, int, bool]]
STEPS = st.lists(
    st.tuples(
        st.sampled_from([0, 1, 900, 40_000, 7 * MINUTE, 5 * HOUR]) | st.integers(0, DAY),
        st.integers(1, 10**6).map(lambda ticks: ticks * 10**6),
        st.integers(1, 10**6).map(lambda lots: lots * 10**3),
        st.booleans(),
    ),
    min_size=1,
    max_size=40,
)
OFFSETS = st.sampled_from([0, 60, -180, 330, 345, 480, 14 * 60, -12 * 60])


def trades_of(steps: Steps, begin: int) -> list[Trade]:
    trades, time = [], begin
    for number, (wait, price, qty, maker) in enumerate(steps):
        time += wait
        trades.append(Trade(number, price, qty, time, maker))
    return trades


def market_of(
    played: list[Trade], start_ms: int, rows: dict[str, list[KlineRow]] | None = None
) -> Market:
    source = HandFed(start_ms, rows)
    market = Market(source)
    market.apply([trade_frame(trade) for trade in played])
    source.time_ms = max([start_ms, *(trade.time for trade in played)])
    return market


def klines(
    market: Market,
    interval: str,
    *,
    start_ms: int | None = None,
    end_ms: int | None = None,
    offset_minutes: int = 0,
    limit: int = 1000,
) -> list[KlineRow]:
    rows = market.klines(
        SYMBOL,
        interval,
        start_ms=start_ms,
        end_ms=end_ms,
        offset_minutes=offset_minutes,
        limit=limit,
    )
    return list(rows)


@given(STEPS, st.sampled_from(INTERVALS), OFFSETS)
def test_played_alone_candles_are_those_of_the_trades(
    steps: Steps, interval: str, offset: int
) -> None:
    trades = trades_of(steps, THURSDAY + 12_345)
    market = market_of(trades, THURSDAY + 12_000)
    rows = klines(
        market, interval, offset_minutes=offset, limit=100_000 if interval != "1s" else 1000
    )
    plain = plain_candles(trades, interval, offset)
    first = rows[0].open_time
    busy = {row.open_time: told(row) for row in rows if row.trades}
    assert busy == {opens: cells for opens, cells in plain.items() if opens >= first}
    assert interval == "1s" or first == min(plain)


@given(STEPS, st.sampled_from(INTERVALS[1:]))
def test_a_candle_without_trades_stays_at_the_last_close(steps: Steps, interval: str) -> None:
    trades = trades_of(steps, THURSDAY)
    rows = klines(market_of(trades, THURSDAY), interval, limit=100_000)
    for one, following in pairwise(rows):
        assert one.close_time + 1 == following.open_time
        if not following.trades:
            flat = (one.close,) * 4
            assert following[1:5] == flat
            assert following[5:6] + following[7:] == (
                "0.00000000",
                "0.00000000",
                0,
                *["0.00000000"] * 2,
            )


@settings(deadline=None)
@given(STEPS, st.data(), st.sampled_from(["1m", "15m", "1h"]), OFFSETS)
def test_history_and_play_together_are_as_one_tape(
    steps: Steps, data: st.DataObject, held: str, offset: int
) -> None:
    """Where the border is on the held interval's grid nothing is missing, whatever is asked for."""
    trades = trades_of(steps, THURSDAY + 1)
    past = trades[: data.draw(st.integers(0, len(trades) - 1), "trades before the start")]
    begin = past[-1].time if past else THURSDAY
    width = WIDTHS[held]
    start = begin - begin % width + width
    past = [trade for trade in trades if trade.time < start]
    market = market_of(trades[len(past) :], start, {held: plain_rows(past, held)})
    longer = [name for name in INTERVALS if name == "1M" or WIDTHS[name] >= width]
    interval = data.draw(st.sampled_from(longer))
    if offset * MINUTE % width:
        offset = 0
    rows = klines(market, interval, offset_minutes=offset, limit=100_000)
    busy = {row.open_time: told(row) for row in rows if row.trades}
    assert busy == plain_candles(trades, interval, offset)


@given(
    STEPS,
    st.sampled_from(["1m", "5m", "1h", "1d", "1w"]),
    st.none() | st.integers(-2 * DAY, 9 * DAY),
    st.none() | st.integers(-2 * DAY, 9 * DAY),
    st.integers(1, 30),
)
def test_a_range_is_cut_as_the_venue_cuts_it(
    steps: Steps, interval: str, start: int | None, end: int | None, limit: int
) -> None:
    trades = trades_of(steps, THURSDAY + 1)
    border = THURSDAY + 2 * HOUR
    past = [trade for trade in trades if trade.time < border]
    market = market_of(trades[len(past) :], border, {"1m": plain_rows(past, "1m")})
    start = None if start is None else THURSDAY + start
    end = None if end is None else THURSDAY + end
    whole = [
        row
        for row in klines(market, interval, limit=100_000)
        if (start is None or row.open_time >= start) and (end is None or row.open_time <= end)
    ]
    expected = whole[-limit:] if start is None else whole[:limit]
    assert klines(market, interval, start_ms=start, end_ms=end, limit=limit) == expected


def rows_1h(*opens: int) -> list[KlineRow]:
    numbers = ("1.5", "2.5", "0.5", "1.0", "7")
    return [KlineRow(at, *numbers, at + HOUR - 1, "9.9", 3, "4", "5") for at in opens]


def test_held_rows_come_back_in_their_own_digits() -> None:
    rows = rows_1h(THURSDAY, THURSDAY + HOUR, THURSDAY + 5 * HOUR)
    market = market_of([], THURSDAY + 6 * HOUR, {"1h": rows})
    assert klines(market, "1h") == rows
    assert klines(market, "1h", offset_minutes=480) == rows
    assert klines(market, "1h", start_ms=0, limit=2) == rows[:2]
    assert klines(market, "1h", end_ms=THURSDAY + HOUR, limit=1) == rows[1:2]


def test_rows_from_after_the_start_are_not_told() -> None:
    rows = rows_1h(THURSDAY, THURSDAY + HOUR, THURSDAY + 2 * HOUR)
    played = [Trade(1, 10**8, 10**8, THURSDAY + HOUR + 60_001, False)]
    told_rows = klines(market_of(played, THURSDAY + HOUR + 60_000, {"1h": rows}), "1h")
    assert told_rows[0] == rows[0]
    assert [row.trades for row in told_rows] == [3, 1]


def test_the_candle_that_contains_the_start_begins_with_shorter_history() -> None:
    start = THURSDAY + 10 * MINUTE + 30_000
    past = [Trade(n, 5 * 10**8, 10**8, THURSDAY + n * MINUTE, False) for n in range(10)]
    played = [Trade(99, 7 * 10**8, 10**8, start + 1, False)]
    market = market_of(played, start, {"1m": plain_rows(past, "1m")})
    [hour] = klines(market, "1h")
    assert (hour.open, hour.close, hour.trades) == ("5.00000000", "7.00000000", 11)
    assert [row.trades for row in klines(market, "1m")][-2:] == [1, 1]


def test_history_that_reaches_the_start_leaves_no_hole_before_the_first_trade() -> None:
    rows = rows_1h(THURSDAY)
    played = [Trade(1, 10**8, 10**8, THURSDAY + 3 * HOUR, False)]
    found = klines(market_of(played, THURSDAY + HOUR, {"1h": rows}), "1h")
    assert [row.open_time for row in found] == [THURSDAY + n * HOUR for n in range(4)]
    assert found[1].close == "1.00000000"


def test_an_interval_that_nothing_held_fits_has_no_candles() -> None:
    market = market_of([], THURSDAY + HOUR, {"1h": rows_1h(THURSDAY)})
    assert klines(market, "15m") == []


def test_unfinished_candles_of_history_alone_are_summed_from_what_there_is() -> None:
    market = market_of([], THURSDAY + 2 * HOUR, {"1h": rows_1h(THURSDAY, THURSDAY + HOUR)})
    [day] = klines(market, "1d")
    assert (day.open_time, day.close_time, day.trades) == (THURSDAY, THURSDAY + DAY - 1, 6)


@pytest.mark.parametrize(
    ("shorter", "longer"), [("15m", "1h"), ("1h", "4h"), ("1h", "1d"), ("1d", "1w"), ("1d", "1M")]
)
@pytest.mark.parametrize("symbol", ["BTCUSDT", "SOLUSDT"])
def test_real_candles_summed_are_the_real_longer_candles(
    data_dir: Path, symbol: str, shorter: str, longer: str
) -> None:
    """Every digit of every candle of a year."""
    start, end = 1_736_121_600_000, 1_767_225_600_000  # 2025-01-06, a Monday, to 2026
    parts, whole = (
        _real(data_dir / "klines" / f"{symbol}_{interval}.jsonl.gz", start, end)
        for interval in (shorter, longer)
    )
    market = market_of([], end, {shorter: parts})
    made = {row.open_time: row for row in klines(market, longer, limit=10_000)}
    assert len(whole) >= 11
    assert all(made[row.open_time] == row for row in whole if row.close_time < end)


def _real(path: Path, start_ms: int, end_ms: int) -> list[KlineRow]:
    with gzip.open(path, "rt") as file:
        rows = (KlineRow(*json.loads(line)[:11]) for line in file)
        return [row for row in rows if start_ms <= row.open_time < end_ms]
