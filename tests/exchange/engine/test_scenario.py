"""The simulated market: alive, filled, within the venue's rules, and a function of its seed."""

from itertools import pairwise

import pytest

from binance_mcp_server.exchange.engine.fair import by_symbol, opening_price
from binance_mcp_server.exchange.engine.ladder import Ladder
from binance_mcp_server.exchange.engine.scenario import Moved, Scenario
from binance_mcp_server.exchange.engine.symbols import LISTINGS
from binance_mcp_server.exchange.numbers import SCALE, parse

START_MS = 1_790_000_000_037
LISTED = by_symbol(LISTINGS)
TRADING = [symbol for symbol, listing in LISTED.items() if listing.trading]
MAJOR = ("BTCUSDT", "ETHUSDT", "SOLUSDT")


def run(seed: int, steps: int) -> tuple[Scenario, list[Moved]]:
    scenario = Scenario(seed, START_MS)
    moved = scenario.open()
    for step in range(1, steps + 1):
        moved += scenario.step(START_MS + 100 * step)
    return scenario, moved


@pytest.fixture(scope="module")
def lived() -> tuple[Scenario, list[Moved]]:
    """Five minutes of the market."""
    return run(seed=3, steps=3000)


def prices(ladder: Ladder) -> list[int]:
    return [level.price for level in ladder]


def test_it_opens_with_both_sides_filled_and_trades_on_the_tape() -> None:
    scenario = Scenario(1, START_MS)
    opened = {moved.symbol: moved for moved in scenario.open()}
    for symbol in TRADING:
        book = scenario.markets[symbol].book
        least = 100 if symbol in MAJOR else 20
        assert min(len(book.bids), len(book.asks)) >= least
        assert opened[symbol].trades
        assert opened[symbol].trades[0].price == opening_price(LISTED[symbol], LISTED)
        assert {trade.time for trade in opened[symbol].trades} == {START_MS}


def test_a_whole_bitcoin_stands_near_the_touch() -> None:
    scenario = Scenario(1, START_MS)
    scenario.open()
    book = scenario.markets["BTCUSDT"].book
    for side in (book.bids, book.asks):
        assert sum(level.qty for level in list(side)[:5]) >= SCALE


def test_what_does_not_trade_has_an_empty_book_and_is_still_there() -> None:
    scenario, moved = run(seed=1, steps=5)
    halted = scenario.markets["XMRUSDT"].book
    assert (len(halted.bids), len(halted.asks)) == (0, 0)
    assert [change.trades for change in moved if change.symbol == "XMRUSDT"] == [()]


def test_books_stay_deep_and_uncrossed(lived: tuple[Scenario, list[Moved]]) -> None:
    scenario, _ = lived
    for symbol in TRADING:
        book = scenario.markets[symbol].book
        bids, asks = prices(book.bids), prices(book.asks)
        assert bids[0] < asks[0]
        assert min(len(bids), len(asks)) >= (100 if symbol in MAJOR else 20)


def test_all_prices_and_quantities_are_on_their_grids(lived: tuple[Scenario, list[Moved]]) -> None:
    _, moved = lived
    for change in moved:
        rules = LISTED[change.symbol].rules
        for trade in change.trades:
            assert trade.price % rules.tick == trade.qty % rules.step == 0
            assert trade.qty >= rules.min_qty
        for price, qty in (*change.bids, *change.asks):
            assert price % rules.tick == qty % rules.step == 0
            assert rules.min_price <= price <= rules.max_price


def test_ids_are_contiguous_and_time_never_runs_back(lived: tuple[Scenario, list[Moved]]) -> None:
    _, moved = lived
    for symbol in TRADING:
        changes = [change for change in moved if change.symbol == symbol]
        trades = [trade for change in changes for trade in change.trades]
        first = LISTED[symbol].first_trade_id
        assert [trade.id for trade in trades] == list(range(first, first + len(trades)))
        assert [trade.time for trade in trades] == sorted(trade.time for trade in trades)
        for before, after in pairwise(changes):
            assert after.first_update_id == before.last_update_id + 1
            assert bool(after.bids or after.asks) == (after.last_update_id > before.last_update_id)


def test_trades_fall_into_their_step(lived: tuple[Scenario, list[Moved]]) -> None:
    _, moved = lived
    for change in moved[len(LISTINGS) :]:
        assert all(change.time - 100 < trade.time <= change.time for trade in change.trades)


def test_busy_symbols_trade_far_more_than_quiet_ones(lived: tuple[Scenario, list[Moved]]) -> None:
    _, moved = lived
    count = dict.fromkeys(TRADING, 0)
    for change in moved:
        if change.symbol in count:
            count[change.symbol] += len(change.trades)
    assert count["BTCUSDT"] > 1000
    assert 0 < count["XVGUSDT"] < 50


def test_triangles_close(lived: tuple[Scenario, list[Moved]]) -> None:
    """ETHBTC is worth ETHUSDT / BTCUSDT, to two of its ticks."""
    scenario, _ = lived
    bid = {s: prices(scenario.markets[s].book.bids)[0] for s in ("ETHBTC", "ETHUSDT", "BTCUSDT")}
    implied = bid["ETHUSDT"] * SCALE // bid["BTCUSDT"]
    assert abs(bid["ETHBTC"] - implied) <= 2 * parse("0.00001")


def test_the_same_seed_gives_the_same_market_and_another_seed_another() -> None:
    assert run(5, 50)[1] == run(5, 50)[1]
    assert run(5, 50)[1] != run(6, 50)[1]


def test_time_runs_forward_only() -> None:
    scenario = Scenario(1, START_MS)
    with pytest.raises(ValueError, match="forward"):
        scenario.step(START_MS)
