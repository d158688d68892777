"""Profit first in, first out: by hand, and by what must hold over any fills."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from binance_mcp_server.market.profit import Book, Deal, Realised

D = Decimal


def buy(quantity: str, price: str, fee: str = "0", asset: str = "BNB") -> Deal:
    return Deal(True, D(quantity), D(quantity) * D(price), D(fee), asset)


def sell(quantity: str, price: str, fee: str = "0", asset: str = "BNB") -> Deal:
    return Deal(False, D(quantity), D(quantity) * D(price), D(fee), asset)


def test_the_first_bought_is_the_first_sold() -> None:
    book = Book("BTC", "USDT")
    told = book.add_all([buy("1", "100"), buy("1", "200"), sell("1.5", "300")])
    assert told == [Realised(D(0), D(0)), Realised(D(0), D(0)), Realised(D(250), D(0))]
    assert (book.profit, book.held, book.cost) == (D(250), D("0.5"), D(100))


def test_a_fee_in_the_base_asset_makes_less_of_what_was_bought() -> None:
    book = Book("BTC", "USDT")
    book.add(buy("1", "100", "0.001", "BTC"))
    assert (book.held, book.cost) == (D("0.999"), D(100))
    assert book.add(sell("0.999", "100")).profit == D("-0.1")
    assert book.held == 0


def test_a_fee_in_the_quote_asset_makes_a_sale_poorer_and_a_purchase_dearer() -> None:
    book = Book("BTC", "USDT")
    book.add_all([buy("1", "100", "1", "USDT"), sell("1", "100", "2", "USDT")])
    assert book.profit == D(-3)
    assert book.commissions == {"USDT": D(3)}


def test_a_fee_in_a_third_asset_stands_beside_the_profit() -> None:
    book = Book("BTC", "USDT")
    book.add_all([buy("1", "100", "0.1"), sell("1", "110", "0.2")])
    assert (book.profit, book.commissions) == (D(10), {"BNB": D("0.3")})


def test_what_was_never_bought_has_no_profit() -> None:
    book = Book("BTC", "USDT")
    told = book.add_all([buy("1", "100"), sell("3", "150")])
    assert told[1] == Realised(D(50), D(2))
    assert (book.unmatched, book.held) == (D(2), D(0))
    assert book.add(sell("1", "150")) == Realised(D(0), D(1))


deals = st.lists(
    st.builds(
        lambda is_buy, quantity, price, fee, asset: Deal(
            is_buy, D(quantity), D(quantity * price), D(quantity) * fee / 1000, asset
        ),
        st.booleans(),
        st.integers(1, 50),
        st.integers(1, 900),
        st.integers(0, 2),
        st.sampled_from(["BTC", "USDT", "BNB"]),
    ),
    max_size=20,
)


@given(deals)
def test_what_came_in_is_sold_or_held(given_deals: list[Deal]) -> None:
    """Base asset: bought = held + sold and matched. Quote asset: profit = matched proceeds − cost of what left."""
    book = Book("BTC", "USDT")
    told = book.add_all(given_deals)
    base = {True: Fraction(0), False: Fraction(0)}
    for deal in given_deals:
        fee = deal.commission if deal.commission_asset == "BTC" else D(0)
        base[deal.is_buy] += Fraction(deal.quantity) + Fraction(-fee if deal.is_buy else fee)
    assert base[True] == Fraction(book.held) + base[False] - Fraction(book.unmatched)
    assert book.profit == sum((each.profit for each in told), D(0))
    assert book.held >= 0
    assert book.cost >= 0


@given(deals)
def test_a_slow_copy_agrees(given_deals: list[Deal]) -> None:
    """Each hundred-thousandth of a coin with a price of its own, in fractions."""
    lots: list[list[Fraction]] = []
    profit = Fraction(0)
    for deal in given_deals:
        fee, asset = Fraction(deal.commission), deal.commission_asset
        quantity, quote = Fraction(deal.quantity), Fraction(deal.quote)
        sign = 1 if deal.is_buy else -1
        quantity -= sign * fee * (asset == "BTC")
        quote += sign * fee * (asset == "USDT")
        each = quote / quantity
        if deal.is_buy:
            lots.append([quantity, each])
        while not deal.is_buy and quantity and lots:
            taken = min(quantity, lots[0][0])
            profit += taken * (each - lots[0][1])
            quantity -= taken
            lots[0][0] -= taken
            if not lots[0][0]:
                lots.pop(0)
    book = Book("BTC", "USDT")
    book.add_all(given_deals)
    assert float(book.profit) == pytest.approx(float(profit), abs=1e-20, rel=1e-12)
