"""A ladder knows its best and its worst price, and what a taker's limit lets it reach."""

from binance_mcp_server.exchange.engine.ladder import Ladder, Order, Side


def filled(side: Side) -> Ladder:
    ladder = Ladder(side)
    for order_id, price in enumerate((20, 10, 30, 20)):
        ladder.add(Order(order_id, side, price, 5))
    return ladder


def test_best_is_the_highest_bid_and_the_lowest_ask() -> None:
    bids, asks = filled(Side.BUY), filled(Side.SELL)
    assert [level.price for level in bids] == [30, 20, 10]
    assert [level.price for level in asks] == [10, 20, 30]
    best, worst = bids.best(), asks.worst()
    assert best is not None
    assert worst is not None
    assert (best.price, worst.price) == (30, 30)


def test_an_empty_ladder_has_no_best() -> None:
    ladder = Ladder(Side.BUY)
    assert (len(ladder), ladder.best(), ladder.worst(), ladder.at(1)) == (0, None, None, None)


def test_a_limit_reaches_equal_and_better_prices() -> None:
    bids, asks = Ladder(Side.BUY), Ladder(Side.SELL)
    assert [bids.accepts(price, limit=10) for price in (9, 10, 11)] == [False, True, True]
    assert [asks.accepts(price, limit=10) for price in (9, 10, 11)] == [True, True, False]


def test_changes_are_told_once_best_first_with_zero_for_a_level_that_is_gone() -> None:
    bids = Ladder(Side.BUY)
    one, other = Order(1, Side.BUY, 10, 5), Order(2, Side.BUY, 20, 7)
    bids.add(one)
    bids.add(other)
    bids.remove(one)
    assert bids.take_changes() == [(20, 7), (10, 0)]
    assert bids.take_changes() == []
