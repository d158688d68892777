"""What a size costs against a book: exact sums, and never better than the book."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from binance_mcp_server.errors import InputError
from binance_mcp_server.market.fill import Fill, fill, near, share, size
from binance_mcp_server.market.order_book import Row

D = Decimal


def rows(*levels: tuple[str, str]) -> list[Row]:
    return [(D(price), D(quantity)) for price, quantity in levels]


ASKS = rows(("101", "1"), ("102", "2"), ("104", "5"))
BIDS = rows(("99", "1"), ("98", "2"), ("96", "5"))
amounts = st.decimals("0.00000001", "1000000", places=8)
books = st.lists(st.tuples(amounts, amounts), min_size=1, max_size=20, unique_by=lambda row: row[0])


def test_a_purchase_walks_up_the_asks() -> None:
    done = fill(ASKS, quantity=D("2.5"), mid=D(100))
    assert (done.filled, done.value, done.unfilled) == (D("2.5"), D("254"), D(0))
    assert (done.average, done.worst, done.levels) == (D("101.6"), D(102), 2)
    assert done.slippage_to_mid == D("1.6")
    assert done.slippage_to_touch is not None
    assert done.slippage_to_touch.quantize(D("0.0001")) == D("0.5941")


def test_a_sale_walks_down_the_bids() -> None:
    done = fill(BIDS, quantity=D("2"), mid=D(100))
    assert (done.value, done.average, done.worst) == (D(197), D("98.5"), D(98))
    assert done.slippage_to_mid == D("1.5")


def test_an_amount_of_the_quote_asset_is_spent_to_the_last() -> None:
    done = fill(ASKS, quote=D(203))
    assert (done.filled, done.value, done.unfilled, done.levels) == (D(2), D(203), D(0), 2)


@pytest.mark.parametrize(
    ("quantity", "quote", "unfilled"), [(D(10), None, D(2)), (None, D(1000), D(175))]
)
def test_what_the_book_cannot_fill_is_said_in_the_unit_asked_for(
    quantity: Decimal | None, quote: Decimal | None, unfilled: Decimal
) -> None:
    done = fill(ASKS, quantity=quantity, quote=quote)
    assert (done.filled, done.value, done.unfilled) == (D(8), D(825), unfilled)


def test_an_empty_book_fills_nothing_and_has_no_price() -> None:
    done = fill([], quantity=D(1), mid=None)
    assert done == Fill(D(0), D(0), None, None, 0, D(1), None, None)


def test_contracts_are_worth_a_fixed_amount_and_average_over_coins() -> None:
    done = fill(rows(("50000", "10"), ("100000", "10")), quantity=D(20), contract_size=D(100))
    assert (done.filled, done.value) == (D(20), D(2000))
    # 1,000 USD bought 0.02 coins and another 1,000 USD 0.01: 2,000 / 0.03.
    assert done.average is not None
    assert done.average.quantize(D("0.01")) == D("66666.67")


def test_an_amount_buys_contracts_at_their_worth() -> None:
    done = fill(rows(("50000", "10"), ("60000", "10")), quote=D(1500), contract_size=D(100))
    assert (done.filled, done.value, done.worst) == (D(15), D(1500), D(60000))


@settings(max_examples=100, deadline=None)
@given(books, amounts)
def test_a_fill_is_the_sum_of_its_parts(book: list[Row], quantity: Decimal) -> None:
    asks = sorted(book)
    done = fill(asks, quantity=quantity, mid=asks[0][0])
    there = sum((standing for _, standing in asks), D(0))
    assert done.filled + done.unfilled == quantity
    assert done.filled == min(quantity, there)
    assert done.average is not None
    assert done.worst is not None
    assert asks[0][0] <= done.average <= done.worst
    assert done.worst == asks[done.levels - 1][0]
    before = sum((standing for _, standing in asks[: done.levels - 1]), D(0))
    assert before < done.filled


@settings(max_examples=100, deadline=None)
@given(books, amounts)
def test_what_an_amount_buys_costs_that_amount(book: list[Row], quantity: Decimal) -> None:
    asks = sorted(book)
    by_quantity = fill(asks, quantity=quantity)
    by_amount = fill(asks, quote=by_quantity.value)
    assert abs(by_amount.filled - by_quantity.filled) < D("1e-30")
    assert abs(by_amount.value - by_quantity.value) < D("1e-30")
    assert by_amount.unfilled < D("1e-30")


def test_what_stands_near_mid() -> None:
    assert near(ASKS, D(100), D("0.02"), cut=True).quantity == D(3)
    found = near(BIDS, D(100), D("0.02"), cut=True)
    assert (found.quantity, found.value, found.whole) == (D(3), D(99) + D(196), True)
    assert near(ASKS, D(100), D("0.02"), cut=True, contract_size=D(10)).value == D(30)


def test_levels_that_end_before_the_bound_are_all_there_is_or_a_part() -> None:
    assert not near(ASKS, D(100), D("0.5"), cut=True).whole
    assert near(ASKS, D(100), D("0.5"), cut=False).whole


@pytest.mark.parametrize(
    ("quantity", "quote"),
    [(None, None), (D(1), D(1)), (D(0), None), (D(-1), None), (None, D(0)), (D("1e19"), None)],
)
def test_a_size_that_is_none_is_refused(quantity: Decimal | None, quote: Decimal | None) -> None:
    with pytest.raises(InputError) as caught:
        size(quantity, quote)
    assert caught.value.advice


@pytest.mark.parametrize("percent", ["0", "-1", "100.1"])
def test_a_share_that_is_none_is_refused(percent: str) -> None:
    with pytest.raises(InputError):
        share(D(percent))
