"""Views of a book: exact, honest about empty sides, and never better than the book itself."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from binance_mcp_server.errors import InputError
from binance_mcp_server.market.order_book import Row, Side, cumulative, group, rows, summarise
from binance_mcp_server.models.market import Depth, Level


def depth(bids: list[tuple[str, str]], asks: list[tuple[str, str]]) -> Depth:
    return Depth(1, tuple(Level(*level) for level in bids), tuple(Level(*level) for level in asks))


BOOK = depth(
    [("100.00", "3"), ("99.5", "1"), ("98", "6")], [("100.10", "1.00000000"), ("101", "4")]
)
prices = st.decimals("0.00000001", "1000000000", places=8)
sides = st.lists(st.tuples(prices, prices), max_size=30)
sizes = st.decimals("0.00000001", "100000", places=8)


def test_figures_of_a_book() -> None:
    found = summarise(BOOK)
    assert (found.best_bid, found.best_ask) == (Decimal(100), Decimal("100.1"))
    assert (found.spread, found.mid) == (Decimal("0.1"), Decimal("100.05"))
    assert found.spread_percent == Decimal("0.099950")
    assert (found.bid_quantity, found.ask_quantity) == (Decimal(10), Decimal(5))
    assert (found.bid_notional, found.ask_notional) == (Decimal("987.5"), Decimal("504.1"))
    assert found.imbalance == Decimal("0.6667")


def test_figures_of_the_best_level_alone() -> None:
    assert summarise(BOOK, levels=1).imbalance == Decimal("0.75")


def test_an_empty_side_has_no_figures_rather_than_wrong_ones() -> None:
    one_sided = summarise(depth([("100", "3")], []))
    assert (one_sided.best_ask, one_sided.spread, one_sided.mid) == (None, None, None)
    assert one_sided.imbalance == 1
    assert summarise(depth([], [])).imbalance is None


def test_grouping_rounds_away_from_the_spread() -> None:
    bids = group(rows(BOOK.bids), Decimal(1), "bids")
    assert bids == tuple((Decimal(p), Decimal(q)) for p, q in ((100, 3), (99, 1), (98, 6)))
    assert group(rows(BOOK.asks), Decimal(1), "asks") == ((Decimal(101), Decimal(5)),)


@given(side=sides, size=sizes, kind=st.sampled_from(["bids", "asks"]))
def test_grouping_keeps_all_quantity_and_flatters_nobody(
    side: list[Row], size: Decimal, kind: Side
) -> None:
    side.sort(reverse=kind == "bids")
    grouped = group(side, size, kind)
    assert sum(quantity for _, quantity in grouped) == sum(quantity for _, quantity in side)
    assert [price for price, _ in grouped] == sorted(
        {price for price, _ in grouped}, reverse=kind == "bids"
    )
    for price, _ in side:
        nearest = min((abs(bucket - price) for bucket, _ in grouped), default=size)
        assert nearest < size
        assert any(b <= price if kind == "bids" else b >= price for b, _ in grouped)


@pytest.mark.parametrize("size", ["0", "-1", "NaN", "Infinity", "1e-30", "1e30"])
def test_a_step_that_is_none_is_refused(size: str) -> None:
    with pytest.raises(InputError) as caught:
        group([(Decimal(1), Decimal(1))], Decimal(size), "bids")
    assert caught.value.advice


def test_cumulative_quantities() -> None:
    assert cumulative(rows(BOOK.bids)) == (Decimal(3), Decimal(4), Decimal(10))
