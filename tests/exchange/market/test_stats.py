"""Tickers are exactly what the trades in their window say."""

from hypothesis import given
from hypothesis import strategies as st

from binance_mcp_server.exchange.market.intervals import DAY, HOUR, MINUTE
from binance_mcp_server.exchange.market.state import Market
from binance_mcp_server.exchange.market.types import Trade
from tests.exchange.market.feeds import SYMBOL, THURSDAY, HandFed, plain_rows, trade_frame

TRADES = st.lists(
    st.tuples(st.integers(0, 3 * HOUR), st.integers(1, 10**12), st.integers(1, 10**10)),
    min_size=1,
    max_size=40,
)


def trades_of(steps: list[tuple[int, int, int]]) -> list[Trade]:
    trades, time = [], THURSDAY + 1
    for number, (wait, price, qty) in enumerate(steps):
        time += wait
        trades.append(Trade(500 + number, price, qty, time, bool(number % 2)))
    return trades


def market_of(trades: list[Trade], start_ms: int, past: list[Trade], now_ms: int) -> Market:
    source = HandFed(start_ms, {"1m": plain_rows(past, "1m")} if past else None)
    market = Market(source)
    market.apply([trade_frame(trade) for trade in trades])
    source.time_ms = now_ms
    return market


@given(TRADES, st.integers(MINUTE, 8 * DAY), st.integers(0, 10 * MINUTE), st.booleans())
def test_a_rolling_window_is_what_its_trades_say(
    steps: list[tuple[int, int, int]], window: int, wait: int, aligned: bool
) -> None:
    trades = trades_of(steps)
    now = trades[-1].time + wait
    stats = market_of(trades, THURSDAY, [], now).rolling(SYMBOL, window, aligned=aligned)
    open_time = now - window
    open_time -= open_time % MINUTE if aligned else 0
    inside = [it for it in trades if it.time >= open_time]
    earlier = [it for it in trades if it.time < open_time]
    assert (stats.open_time, stats.close_time, stats.trades) == (open_time, now, len(inside))
    assert stats.previous_close == (earlier[-1].price if earlier else 0)
    assert stats.volume == sum(it.qty for it in inside)
    assert stats.quote == sum(it.quote for it in inside)
    assert (stats.last, stats.last_qty) == (inside[-1][1:3] if inside else (0, 0))
    prices = [it.price for it in inside] or [0]
    assert (stats.open, stats.high, stats.low) == (prices[0], max(prices), min(prices))
    ids = (inside[0].id, inside[-1].id) if inside else (-1, -1)
    assert (stats.first_id, stats.last_id) == ids


def test_the_documented_example_of_an_aligned_window() -> None:
    now = 1_641_287_867_099
    market = market_of([], now, [], now)
    assert market.rolling(SYMBOL, DAY).open_time == 1_641_201_420_000
    assert market.rolling(SYMBOL, DAY, aligned=False).open_time == now - DAY


def test_a_window_reaches_into_history() -> None:
    past = [Trade(n, 2 * 10**8, 10**8, THURSDAY + n * MINUTE, False) for n in range(120)]
    start = THURSDAY + 2 * HOUR
    played = [Trade(900, 3 * 10**8, 5 * 10**8, start + 7, False)]
    stats = market_of(played, start, past, start + 8).rolling(SYMBOL, HOUR)
    assert (stats.trades, stats.volume) == (61, 65 * 10**8)
    assert (stats.open, stats.last) == (2 * 10**8, 3 * 10**8)


def test_ids_of_a_window_count_its_trades_also_where_it_reaches_into_history() -> None:
    past = [Trade(n, 2 * 10**8, 10**8, THURSDAY + n * MINUTE, False) for n in range(120)]
    start = THURSDAY + 2 * HOUR
    played = [Trade(900 + n, 3 * 10**8, 10**8, start + n * MINUTE, False) for n in range(5)]
    market = market_of(played, start, past, start + 5 * MINUTE)
    for window in (2 * MINUTE, 5 * MINUTE, HOUR, DAY):
        stats = market.rolling(SYMBOL, window)
        assert (stats.last_id, stats.last_id - stats.first_id + 1) == (904, stats.trades)


def test_a_window_without_a_trade_has_zeros_as_a_recorded_one() -> None:
    """A row of a recorded ``ticker/24hr`` body keeps the close before the window, and nothing else."""
    market = market_of([Trade(7, 9 * 10**8, 10**8, THURSDAY, False)], THURSDAY, [], THURSDAY + HOUR)
    stats = market.rolling(SYMBOL, MINUTE)
    assert stats.previous_close == 9 * 10**8
    assert (stats.open, stats.high, stats.low, stats.last, stats.last_qty) == (0, 0, 0, 0, 0)
    assert (stats.first_id, stats.last_id, stats.trades) == (-1, -1, 0)


def test_a_trading_day_begins_at_local_midnight_and_closes_with_its_last_ms() -> None:
    trades = trades_of([(HOUR, 10**8, 10**8), (20 * HOUR, 2 * 10**8, 10**8)])
    market = market_of(trades, THURSDAY, [], trades[-1].time)
    utc, tokyo = market.trading_day(SYMBOL, 0), market.trading_day(SYMBOL, 540)
    assert (utc.open_time, utc.close_time, utc.trades) == (THURSDAY, THURSDAY + DAY - 1, 2)
    assert (tokyo.open_time, tokyo.trades) == (THURSDAY + 15 * HOUR, 1)
    assert tokyo.previous_close == 10**8


def test_the_average_price_is_of_the_last_five_minutes() -> None:
    trades = [
        Trade(1, 9 * 10**8, 10**8, THURSDAY, False),
        Trade(2, 1 * 10**8, 10**8, THURSDAY + 1, False),
        Trade(3, 2 * 10**8, 2 * 10**8, THURSDAY + 5 * MINUTE, True),
    ]
    market = market_of(trades, THURSDAY, [], THURSDAY + 5 * MINUTE)
    assert market.average_price(SYMBOL) == (5, 166_666_666, THURSDAY + 5 * MINUTE)


def test_without_a_trade_in_five_minutes_the_average_is_the_last_price() -> None:
    trades = [Trade(1, 9 * 10**8, 10**8, THURSDAY, False)]
    market = market_of(trades, THURSDAY, [], THURSDAY + HOUR)
    assert market.average_price(SYMBOL) == (5, 9 * 10**8, THURSDAY)
