"""History as building blocks: the fewest candles that cover a time, each exactly once."""

from hypothesis import given
from hypothesis import strategies as st

from binance_mcp_server.exchange.market.candles import merge
from binance_mcp_server.exchange.market.intervals import DAY, HOUR, MINUTE, WIDTHS, Grid
from binance_mcp_server.exchange.market.past import Blocks, Past
from binance_mcp_server.exchange.market.types import Trade
from tests.exchange.market.feeds import SYMBOL, THURSDAY, Held, plain_rows

MINUTES = 3 * 24 * 60
TRADES = [
    Trade(number, (1 + number % 97) * 10**8, 10**8, THURSDAY + number * MINUTE, False)
    for number in range(MINUTES)
]


def past_of(*held: str, start_ms: int = THURSDAY + 3 * DAY, budget: int = 100_000) -> Past:
    rows = {interval: plain_rows(TRADES, interval) for interval in held}
    return Past(Held(rows), SYMBOL, start_ms, Blocks(budget))


ONE_MINUTE = past_of("1m")
SEVERAL = past_of("1m", "15m", "4h", "12h")
POINTS = st.integers(-HOUR, 3 * DAY + HOUR)


@given(POINTS, POINTS, st.sampled_from([ONE_MINUTE, SEVERAL]))
def test_a_cover_counts_every_minute_inside_once(first: int, last: int, past: Past) -> None:
    start, end = THURSDAY + min(first, last), THURSDAY + max(first, last)
    inside = [it for it in TRADES if start <= it.time and it.time + MINUTE <= end]
    pieces = past.cover(start, end)
    total = merge(start, pieces)
    assert (total.trades if total else 0) == len(inside)
    assert len(pieces) <= 200  # 59 minutes and 23 hours on either side, and days
    if total:
        assert (total.open, total.close) == (inside[0].price, inside[-1].price)
        assert total.quote == sum(it.quote for it in inside)


def test_nothing_that_closes_after_the_start_is_past() -> None:
    start = THURSDAY + 90 * MINUTE + 1
    past = past_of("1m", "1h", start_ms=start)
    assert sum(it.trades for it in past.cover(THURSDAY, start + DAY)) == 90
    assert len(past.pieces("1h", THURSDAY, start + DAY)) == 1


def test_the_longest_fitting_block_makes_a_grid() -> None:
    assert SEVERAL.base_of(Grid("1d")) == "1d"
    assert SEVERAL.base_of(Grid("8h")) == "4h"
    assert SEVERAL.base_of(Grid("1d", 8 * HOUR)) == "4h"
    assert SEVERAL.base_of(Grid("1h", 345 * MINUTE)) == "15m"
    assert past_of("1h").base_of(Grid("30m")) is None


def test_forgetting_blocks_changes_nothing() -> None:
    forgetful = past_of("1m", budget=10)
    assert forgetful.cover(THURSDAY + 7, THURSDAY + 2 * DAY) == ONE_MINUTE.cover(
        THURSDAY + 7, THURSDAY + 2 * DAY
    )


def test_the_last_close_is_found_however_long_ago() -> None:
    past = past_of("1m", start_ms=THURSDAY + 400 * DAY)
    last = past.last_before(THURSDAY + 399 * DAY)
    assert last is not None
    assert last.close == TRADES[-1].price
    assert not past.adjoins_start()
    assert past.last_before(THURSDAY) is None


def test_history_up_to_the_start_adjoins_it() -> None:
    assert ONE_MINUTE.adjoins_start()
    assert past_of("1m", start_ms=THURSDAY + 3 * DAY + WIDTHS["1m"] - 1).adjoins_start()
    assert not past_of("1m", start_ms=THURSDAY + 3 * DAY + WIDTHS["1m"]).adjoins_start()


@given(POINTS, POINTS)
def test_a_cover_of_blocks_of_one_origin_leaves_the_others_out(first: int, last: int) -> None:
    """Quarters and days can be held for longer than the minutes that a grid is made of."""
    tiers = SEVERAL.longer("1m", DAY)
    assert tiers == ["1m"]
    assert ONE_MINUTE.longer("1m", DAY) == ["1m", "15m", "1h"]
    start, end = THURSDAY + min(first, last), THURSDAY + max(first, last)
    few = ONE_MINUTE.cover_with(ONE_MINUTE.longer("1m", DAY), start, end)
    many = SEVERAL.cover_with(tiers, start, end)
    assert merge(start, few) == merge(start, many)
    assert all(candle.trades == 1 for candle in many)
