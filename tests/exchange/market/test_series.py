"""Packed candles are those of the trades, in whatever order these come and however large they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from binance_mcp_server.exchange.market.candles import Candle, merge
from binance_mcp_server.exchange.market.intervals import HOUR, MINUTE
from binance_mcp_server.exchange.market.series import Series
from binance_mcp_server.exchange.market.types import Trade
from tests.exchange.market.feeds import plain_candles, told

TRADES = st.lists(
    st.builds(
        Trade,
        id=st.just(0),
        price=st.integers(1, 10**13) | st.just(2**63 - 1),
        qty=st.integers(1, 10**12) | st.just(2**58),
        time=st.integers(0, 20 * MINUTE - 1) | st.integers(0, 5 * HOUR - 1),
        buyer_is_maker=st.booleans(),
        contract=st.just(0),
    ),
    max_size=60,
)
IN_ORDER = TRADES.map(lambda trades: sorted(trades, key=lambda trade: trade.time))


def series_of(width: int, trades: list[Trade]) -> Series:
    series = Series(width)
    for trade in trades:
        series.add(trade)
    return series


def kept_whole(width: int, trades: list[Trade]) -> list[Candle]:
    """The same candles, never packed."""
    candles: dict[int, Candle] = {}
    for trade in trades:
        opens = trade.time - trade.time % width
        candles.setdefault(opens, Candle.flat(opens, trade.price)).add(trade)
    return [candles[opens] for opens in sorted(candles)]


@given(IN_ORDER)
def test_minutes_merged_into_hours_are_the_hours_made_directly(trades: list[Trade]) -> None:
    minutes, hours = series_of(MINUTE, trades), series_of(HOUR, trades)
    for start in range(0, 5 * HOUR, HOUR):
        merged = merge(start, minutes.between(start, start + HOUR))
        direct = hours.between(start, start + HOUR)
        assert ([merged] if merged else []) == direct


@given(IN_ORDER)
def test_candles_are_those_computed_plainly(trades: list[Trade]) -> None:
    made = series_of(MINUTE, trades).between(0, 5 * HOUR)
    rows = {candle.open_time: told(candle.row(candle.open_time + MINUTE - 1)) for candle in made}
    assert rows == plain_candles(trades, "1m")


@given(TRADES, st.integers(0, 5 * HOUR), st.integers(0, 5 * HOUR))
def test_trades_may_come_late_and_ranges_be_any(trades: list[Trade], start: int, end: int) -> None:
    series, expected = series_of(MINUTE, trades), kept_whole(MINUTE, trades)
    assert series.between(0, 5 * HOUR) == expected
    assert series.between(start, end) == [it for it in expected if start <= it.open_time < end]
    earlier = [it for it in expected if it.open_time < end]
    assert series.before(end) == (earlier[-1] if earlier else None)


def test_sums_that_no_venue_has_are_refused_when_the_candle_is_over() -> None:
    largest = 2**63 - 1
    series = series_of(MINUTE, [Trade(n, largest, largest, 0, False) for n in range(5)])
    with pytest.raises(OverflowError):
        series.add(Trade(9, 1, 1, MINUTE, False))
