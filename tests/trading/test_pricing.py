"""What an order would do to the account: exact sums on the book, the venue's own rates, and nothing made up."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from binance_mcp_server.models.account import CommissionRates, Discount, Rates
from binance_mcp_server.trading.intents import (
    AmendIntent,
    Intent,
    ListIntent,
    OrderIntent,
    ReplaceIntent,
    TimeInForce,
)
from binance_mcp_server.trading.pricing import Book, Outlook, Pair, market_facts, price
from tests.trading.intent_strategies import orders

D = Decimal
BOOK = Book(
    bids=((D(99), D(1)), (D(98), D(2)), (D(96), D(5))),
    asks=((D(101), D(1)), (D(102), D(2)), (D(104), D(5))),
)
PAIR = Pair("BTC", "USDT", D("0.001"))
RATES = CommissionRates("BTCUSDT", Rates("0.001", "0.002", "0.0001", "0.0003"))
BUY = OrderIntent("BTCUSDT", "BUY", "LIMIT", D(2), price=D(101), time_in_force="GTC")
MARKET = OrderIntent("BTCUSDT", "BUY", "MARKET", D(2))


def of(intent: Intent, rates: CommissionRates | None = None, book: Book = BOOK) -> Outlook:
    return price(intent, book, PAIR, rates)


def test_a_purchase_at_the_market_walks_up_the_book() -> None:
    found = of(MARKET)
    (leg,) = found.legs
    assert (leg.fill.value, leg.fill.average, leg.fill.worst) == (D(203), D("101.5"), D(102))
    assert leg.fill.slippage_to_mid == D("1.5")
    assert (found.base_change, found.quote_change) == (D(2), D(-203))
    assert (leg.rests, leg.expires, leg.fee) == (D(0), D(0), None)
    assert (found.base_after(D(1)), found.quote_after(D(500))) == (D(3), D(297))


def test_a_sale_brings_the_bids() -> None:
    found = of(replace(MARKET, side="SELL"))
    assert (found.base_change, found.quote_change) == (D(-2), D(197))


def test_a_fee_is_the_takers_and_comes_out_of_what_is_received() -> None:
    bought = of(MARKET, RATES)
    fee = bought.legs[0].fee
    assert fee is not None
    assert (fee.rate, fee.amount, fee.asset) == (D("0.0021"), D("0.0042"), "BTC")
    assert bought.base_change == D("1.9958")
    sold = of(replace(MARKET, side="SELL"), RATES)
    fee = sold.legs[0].fee
    assert fee is not None
    assert (fee.rate, fee.amount, fee.asset) == (D("0.0023"), D("0.4531"), "USDT")
    assert sold.quote_change == D("196.5469")


def test_a_fee_paid_in_another_asset_leaves_what_is_received() -> None:
    discount = Discount(
        enabled_for_account=True, enabled_for_symbol=True, discount_asset="BNB",
        discount_text="0.75",
    )  # fmt: skip
    tax = Rates("0", "0.001")
    rates = CommissionRates("BTCUSDT", Rates("0.001", "0.002"), tax=tax, discount=discount)
    found = of(MARKET, rates)
    fee = found.legs[0].fee
    assert fee is not None
    assert (fee.discount_asset, fee.rate, fee.amount) == ("BNB", D("0.003"), D("0.006"))
    assert fee.discounted == D("0.005"), "the tax part is not reduced"
    assert found.base_change == D(2)


def test_an_amount_buys_whole_steps() -> None:
    spend = replace(MARKET, quantity=None, quote_quantity=D("150.5"))
    found = of(spend)
    # 101 buy 1, the other 49.5 buy 0.48529… at 102: in steps of 0.001 that is 0.485.
    assert found.base_change == D("1.485")
    assert found.quote_change == -(D(101) + D("0.485") * 102)
    assert found.legs[0].expires == 0
    tiny = of(replace(spend, quote_quantity=D("0.05")))
    assert (tiny.base_change, tiny.quote_change) == (D(0), D(0))


def test_what_the_book_cannot_fill_expires_in_the_unit_of_the_order() -> None:
    assert of(replace(MARKET, quantity=D(10))).legs[0].expires == D(2)
    spend = replace(MARKET, quantity=None, quote_quantity=D(1000))
    assert of(spend).legs[0].expires == D(175)
    assert of(MARKET, book=Book((), ())).legs[0].expires == D(2)


def test_a_limit_order_takes_what_its_price_reaches_and_rests_with_the_rest() -> None:
    found = of(BUY)
    assert (found.base_change, found.quote_change) == (D(1), D(-101))
    assert (found.legs[0].rests, found.quote_locked) == (D(1), D(101))
    assert found.quote_after(D(500)) == D(298)
    sale = replace(BUY, side="SELL", price=D(98))
    assert of(sale).base_locked == D(0)
    assert of(replace(sale, quantity=D(5))).base_locked == D(2)


@pytest.mark.parametrize(
    ("force", "quantity", "traded", "expires"),
    [("IOC", 2, 1, 1), ("FOK", 2, 0, 2), ("FOK", 1, 1, 0), ("IOC", 1, 1, 0)],
)
def test_time_in_force(force: TimeInForce, quantity: int, traded: int, expires: int) -> None:
    order = replace(BUY, quantity=D(quantity), time_in_force=force)
    (leg,) = of(order).legs
    assert (leg.fill.filled, leg.rests, leg.expires) == (D(traded), D(0), D(expires))
    assert of(order).quote_locked == 0


def test_a_maker_that_would_take_is_told_so() -> None:
    maker = OrderIntent("BTCUSDT", "BUY", "LIMIT_MAKER", D(2), price=D(101))
    (leg,) = of(maker).legs
    assert (leg.would_take, leg.rests, leg.fill.filled) == (True, D(0), D(0))
    (leg,) = of(replace(maker, price=D(100))).legs
    assert (leg.would_take, leg.rests, leg.quote_locked) == (False, D(2), D(200))


def test_a_stop_trades_nothing_yet() -> None:
    stop = OrderIntent("BTCUSDT", "SELL", "STOP_LOSS", D(2), stop_price=D(90))
    found = of(stop, RATES)
    assert (found.base_change, found.base_locked, found.quote_locked) == (D(0), D(2), D(0))
    bought = of(replace(stop, side="BUY", stop_price=D(110)))
    assert bought.quote_locked is None
    assert bought.quote_after(D(500)) is None, "the venue alone knows what it holds back"


def test_of_a_pair_one_lock_is_enough_and_what_waits_locks_nothing() -> None:
    above = OrderIntent("BTCUSDT", "SELL", "LIMIT_MAKER", D(2), price=D(120))
    below = OrderIntent("BTCUSDT", "SELL", "STOP_LOSS", D(2), stop_price=D(90))
    assert of(ListIntent("OCO", "BTCUSDT", (above, below))).base_locked == D(2)
    first = replace(BUY, price=D(100))
    found = of(ListIntent("OTOCO", "BTCUSDT", (first, above, below)))
    assert (found.base_locked, found.quote_locked, len(found.legs)) == (D(0), D(200), 3)
    pending = of(ListIntent("OTO", "BTCUSDT", (first, MARKET)))
    assert pending.base_change == D(0), (
        "a pending market order meets a market that is not there yet"
    )


def test_a_change_without_an_order_changes_nothing() -> None:
    found = of(AmendIntent("BTCUSDT", D(1), 7))
    assert (found.legs, found.base_change, found.quote_locked) == ((), D(0), D(0))
    assert of(ReplaceIntent(BUY, 7)).quote_change == D(-101)


def test_the_guard_learns_what_a_taker_touches() -> None:
    found = of(MARKET)
    facts = market_facts(MARKET, found, BOOK, last=D(100), quote_rate=D(1))
    assert (facts.worst, facts.value, facts.unfilled) == (D(102), D(203), D(0))
    assert (facts.best_bid, facts.best_ask, facts.market) == (D(99), D(101), D(100))
    big = replace(MARKET, quantity=D(10))
    assert market_facts(big, of(big), BOOK, last=None, quote_rate=None).unfilled == D(2)
    empty = Book((), ())
    facts = market_facts(MARKET, of(MARKET, book=empty), empty, last=None, quote_rate=D(1))
    assert (facts.worst, facts.value, facts.unfilled, facts.market) == (None, None, D(2), None)
    brief = replace(BUY, time_in_force="IOC")
    assert market_facts(brief, of(brief), BOOK, last=None, quote_rate=None).unfilled == D(0)


levels = st.lists(
    st.tuples(st.decimals("1", "200", places=2), st.decimals("0.001", "9", places=3)),
    max_size=8,
    unique_by=lambda row: row[0],
)


@settings(max_examples=300, deadline=None)
@given(orders("BTCUSDT", numbers=st.decimals("0.001", "200", places=3)), levels, levels)
def test_nothing_is_lost_and_no_price_is_better_than_the_book(
    order: OrderIntent, bids: list[tuple[Decimal, Decimal]], asks: list[tuple[Decimal, Decimal]]
) -> None:
    book = Book(sorted(bids, reverse=True), sorted(asks))
    found = of(order, RATES, book)
    (leg,) = found.legs
    sign = 1 if order.side == "BUY" else -1
    side = book.asks if order.side == "BUY" else book.bids
    fee = leg.fee.amount if leg.fee else D(0)
    gross = found.base_change + fee if sign > 0 else found.base_change
    assert sign * gross == leg.fill.filled >= 0
    if order.quantity is not None and not leg.would_take:
        assert leg.fill.filled + leg.rests + leg.expires == order.quantity
    if order.quote_quantity is not None:
        assert leg.fill.value <= order.quote_quantity
        assert leg.fill.filled % D("0.001") == 0
    if leg.fill.filled:
        assert leg.fill.average is not None
        assert sign * (leg.fill.average - side[0][0]) >= -D("1e-40")
        assert order.price is None or sign * (order.price - (leg.fill.worst or 0)) >= 0
