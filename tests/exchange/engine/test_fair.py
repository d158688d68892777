"""Fair values: on the tick, never absurd, and quotients that follow their parts."""

from hypothesis import given
from hypothesis import strategies as st

from binance_mcp_server.exchange.engine.dice import Dice
from binance_mcp_server.exchange.engine.fair import (
    Ratio,
    Walk,
    by_symbol,
    fine,
    moved,
    moves,
    opening_price,
    sigma,
    to_tick,
)
from binance_mcp_server.exchange.engine.symbols import LISTINGS
from binance_mcp_server.exchange.numbers import parse

LISTED = by_symbol(LISTINGS)


@given(st.integers(0, 10**14), st.sampled_from([1, 10, 1000, 10**6]))
def test_to_tick_is_the_nearest_multiple_and_at_least_one_tick(price: int, tick: int) -> None:
    rounded = to_tick(fine(price), tick)
    assert rounded % tick == 0
    assert rounded >= tick
    assert abs(rounded - price) * 2 <= tick or rounded == tick


def test_many_moves_are_the_moves_made_one_by_one() -> None:
    at_once = moves(fine(parse("64954")), 10**9, Dice("moves"), 500)
    dice = Dice("moves")
    assert at_once == [moved(fine(parse("64954")), 10**9, dice) for _ in range(500)]


def test_deviation_grows_with_the_root_of_time() -> None:
    a_day = sigma(200, 1440, 1440)
    assert a_day == 2 * 10**10  # 2 % in 1e-12
    assert abs(sigma(200, 360, 1440) * 2 - a_day) <= 2


def test_a_walk_moves_by_about_what_it_says_and_never_below_a_quarter() -> None:
    bitcoin = LISTED["BTCUSDT"]
    walk = Walk(bitcoin, Dice("walk"), moves_a_minute=60)
    for _ in range(60 * 60):
        walk.move()
    home = fine(bitcoin.price)
    assert 0 < abs(walk.value - home) * 100 < 2 * home
    walk.push(-2 * home)
    assert walk.value == home // 4


def test_a_ratio_follows_its_parts_and_ignores_its_own_trades() -> None:
    ether, bitcoin = (Walk(LISTED[s], Dice(s), 60) for s in ("ETHUSDT", "BTCUSDT"))
    ratio = Ratio(ether, bitcoin)
    assert to_tick(ratio.value, parse("0.00001")) == opening_price(LISTED["ETHBTC"], LISTED)
    before = ratio.value
    ratio.push(before)
    ratio.move()
    assert ratio.value == before
    ether.push(ether.value)
    assert abs(ratio.value - 2 * before) <= 2
