"""Commissions: the documents' worked example, and what an account pays from."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from binance_mcp_server.exchange.engine.commission import (
    DEFAULT_RATES,
    BnbPrice,
    CommissionRates,
    Purse,
    Rates,
    bnb_price,
    commission,
)
from binance_mcp_server.exchange.engine.ladder import Side
from binance_mcp_server.exchange.numbers import SCALE, parse, show

# faqs/commission_faq.md "How is the commission calculated?", read 2026-11-24: a market order sells 0.49975 BTC at
# 35,000 USDT while one BNB costs 260 USDT.
STANDARD = Rates(maker=10, taker=20, buyer=30, seller=40)
SPECIAL = Rates(maker=1_000_000, taker=2_000_000, buyer=3_000_000, seller=4_000_000)
TAX = Rates(maker=112, taker=114, buyer=118, seller=116)
EXAMPLE = CommissionRates(standard=STANDARD, special=SPECIAL, tax=TAX, discount=25_000_000)
RECEIVED = ("USDT", parse("17491.25"))
RICH = Purse(free=parse("10"), price=BnbPrice(260, 1))


def example(rates: CommissionRates, bnb: Purse | None = None) -> tuple[str, str]:
    asset, amount = commission(rates, Side.SELL, is_maker=False, received=RECEIVED, bnb=bnb)
    return asset, show(amount)


NOTHING = Rates()


@pytest.mark.parametrize(
    ("rates", "amount"),
    [
        (CommissionRates(standard=STANDARD), "0.01049475"),
        (CommissionRates(standard=NOTHING, tax=TAX), "0.04022988"),
        (CommissionRates(standard=NOTHING, special=SPECIAL), "1049.47500000"),
    ],
    ids=["standard", "tax", "special"],
)
def test_each_kind_is_what_the_documents_calculate(rates: CommissionRates, amount: str) -> None:
    assert example(rates) == ("USDT", amount)


def test_without_bnb_the_three_are_summed_up() -> None:
    assert example(EXAMPLE) == ("USDT", "1049.52572463")


def test_in_bnb_only_the_standard_part_is_reduced() -> None:
    # The documents: 0.000010091 + 0.00015473 + 4.036442308 = 4.036607129
    assert example(EXAMPLE, RICH) == ("BNB", "4.03660713")


@pytest.mark.parametrize(
    ("rates", "amount"),
    [
        (CommissionRates(standard=STANDARD, discount=25_000_000), "0.00001009"),
        (CommissionRates(standard=NOTHING, tax=TAX), "0.00015473"),
        (CommissionRates(standard=NOTHING, special=SPECIAL), "4.03644231"),
    ],
    ids=["standard", "tax", "special"],
)
def test_each_kind_in_bnb(rates: CommissionRates, amount: str) -> None:
    assert example(rates, RICH) == ("BNB", amount)


def test_too_little_bnb_pays_nothing_of_it() -> None:
    enough = parse("4.03660713")
    assert example(EXAMPLE, RICH._replace(free=enough)) == ("BNB", "4.03660713")
    assert example(EXAMPLE, RICH._replace(free=enough - 1)) == ("USDT", "1049.52572463")


def test_a_symbol_without_discount_is_paid_from_what_comes_in() -> None:
    rates = CommissionRates(standard=STANDARD, discount_on_symbol=False)
    assert example(rates, RICH) == ("USDT", "0.01049475")


def test_bnb_that_nobody_prices_cannot_pay() -> None:
    assert example(CommissionRates(standard=STANDARD), RICH._replace(price=None))[0] == "USDT"


@pytest.mark.parametrize(
    ("side", "is_maker", "rate"),
    [
        (Side.BUY, True, 40),
        (Side.BUY, False, 50),
        (Side.SELL, True, 50),
        (Side.SELL, False, 60),
    ],
)
def test_a_rate_is_of_the_part_and_of_the_direction(side: Side, is_maker: bool, rate: int) -> None:
    assert STANDARD.of(side, is_maker=is_maker) == rate


def test_a_buyer_pays_of_the_quantity_a_tenth_of_a_percent_by_default() -> None:
    paid = commission(DEFAULT_RATES, Side.BUY, is_maker=True, received=("BTC", parse("0.5")))
    assert paid == ("BTC", parse("0.0005"))


def test_bnb_that_comes_in_can_pay_for_itself() -> None:
    paid = commission(
        DEFAULT_RATES,
        Side.BUY,
        is_maker=False,
        received=("BNB", SCALE),
        bnb=Purse(free=0, price=bnb_price("BNB", lambda _: None)),
    )
    assert paid == ("BNB", parse("0.00075"))


rates = st.builds(Rates, *[st.integers(0, SCALE // 20)] * 4)
all_rates = st.builds(
    CommissionRates,
    standard=rates,
    special=rates,
    tax=rates,
    discount=st.integers(0, SCALE),
    discount_on_symbol=st.booleans(),
)
prices = st.builds(BnbPrice, st.integers(1, 10**12), st.integers(1, 10**12))
purses = st.builds(Purse, free=st.integers(0, 10**6), price=st.none() | prices)


@given(
    all_rates,
    st.sampled_from(Side),
    st.booleans(),
    st.sampled_from(["BTC", "BNB"]),
    st.integers(0, 10**12),
    st.none() | purses,
)
def test_a_commission_is_never_more_than_there_is_to_pay_it(
    its: CommissionRates, side: Side, is_maker: bool, asset: str, amount: int, bnb: Purse | None
) -> None:
    payer, paid = commission(its, side, is_maker=is_maker, received=(asset, amount), bnb=bnb)
    assert paid >= 0
    if payer == asset:
        own = bnb.free if bnb and asset == "BNB" else 0
        assert paid <= amount + own
    else:
        assert payer == "BNB"
        assert bnb is not None
        assert paid <= bnb.free


def test_bnb_is_priced_directly_or_by_way_of_usdt() -> None:
    usdt = {"BNBUSDT": parse("600"), "BTCUSDT": parse("60000")}
    assert bnb_price("USDT", usdt.get) == BnbPrice(parse("600"), SCALE)
    btc = bnb_price("BTC", usdt.get)
    assert btc is not None
    assert btc.num * 100 == btc.den
    assert bnb_price("TRY", {"TRYBNB": parse("0.01")}.get) == BnbPrice(SCALE, parse("0.01"))
    assert bnb_price("XYZ", usdt.get) is None
