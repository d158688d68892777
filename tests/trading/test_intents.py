"""Intents: one meaning, one text; the digits that were meant; our names on every order."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from binance_mcp_server.trading.intents import (
    LEGS,
    LONGEST_STEM,
    AmendIntent,
    CancelAllIntent,
    CancelIntent,
    Intent,
    ListIntent,
    OrderIntent,
    ReplaceIntent,
)
from tests.trading.intent_strategies import intents, order_lists, orders, small_amounts

D = Decimal
LIMIT = OrderIntent(
    "BTCUSDT", "BUY", "LIMIT", quantity=D("0.50"), price=D("6E+4"), time_in_force="GTC"
)
ABOVE = OrderIntent("BTCUSDT", "SELL", "LIMIT_MAKER", quantity=D(1), price=D(70000))
BELOW = OrderIntent("BTCUSDT", "SELL", "STOP_LOSS", quantity=D(1), stop_price=D(50000))


@settings(max_examples=400, deadline=None)
@given(intents(small_amounts), intents(small_amounts))
def test_the_bytes_are_equal_exactly_when_the_meaning_is(one: Intent, other: Intent) -> None:
    assert (one.canonical() == other.canonical()) == (one == other)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_any_change_of_an_order_changes_its_bytes(data: st.DataObject) -> None:
    order = data.draw(orders(numbers=small_amounts))
    other = data.draw(orders(order.symbol, (order.type,), small_amounts, order.side))
    assert (order.canonical() == other.canonical()) == (order == other)


@settings(max_examples=100, deadline=None)
@given(intents())
def test_a_name_is_no_part_of_the_meaning_and_is_sent(intent: Intent) -> None:
    stem = "x" * LONGEST_STEM
    named = intent.named(stem)
    assert named.canonical() == intent.canonical()
    assert named.client_id == stem
    sent = [text for name, text in named.params() if "lientOrderId" in name]
    assert all(len(text) <= 36 for text in sent)
    assert set(named.client_ids) <= set(sent)
    assert len(set(named.client_ids)) == len(named.client_ids)
    assert len(named.client_ids) >= len(intent.legs)


@settings(max_examples=100, deadline=None)
@given(intents())
def test_no_parameter_is_sent_twice_or_empty(intent: Intent) -> None:
    sent = intent.named("a").params()
    assert len({name for name, _ in sent}) == len(sent)
    assert all(text and "E" not in text for name, text in sent if name[-3:].lower() in "priceqty")


@settings(max_examples=100, deadline=None)
@given(orders())
def test_the_digits_are_those_that_were_meant(order: OrderIntent) -> None:
    sent = dict(order.params())
    names = {"quantity": "quantity", "quoteOrderQty": "quote_quantity", "price": "price"}
    names |= {"stopPrice": "stop_price", "icebergQty": "iceberg_quantity"}
    for wire, own in names.items():
        number = getattr(order, own)
        assert (wire in sent) == (number is not None)
        assert number is None or D(sent[wire]) == number


@settings(max_examples=100, deadline=None)
@given(order_lists())
def test_a_list_says_of_each_order_what_the_order_alone_says(intent: ListIntent) -> None:
    sent = dict(intent.params())
    for prefix, leg in zip(LEGS[intent.contingency], intent.legs, strict=True):
        common = {"side": "pendingSide", "quantity": "pendingQuantity"}
        if intent.contingency == "OCO":
            common = {"side": "side", "quantity": "quantity"}
        for name, text in leg.terms():
            own = f"{prefix}{name[0].upper()}{name[1:]}"
            shared = common.get(name) if prefix.lower().endswith(("above", "below")) else None
            assert sent[shared or own] == text


def test_an_order_as_the_venue_reads_it() -> None:
    assert LIMIT.named("mine").params() == (
        ("symbol", "BTCUSDT"),
        ("side", "BUY"),
        ("type", "LIMIT"),
        ("timeInForce", "GTC"),
        ("quantity", "0.5"),
        ("price", "60000"),
        ("newClientOrderId", "mine"),
        ("newOrderRespType", "FULL"),
    )


def test_a_list_as_the_venue_reads_it() -> None:
    intent = ListIntent("OTOCO", "BTCUSDT", (LIMIT, ABOVE, BELOW), "EXPIRE_TAKER").named("s")
    assert dict(intent.params()) == {
        "symbol": "BTCUSDT",
        "workingSide": "BUY",
        "workingType": "LIMIT",
        "workingTimeInForce": "GTC",
        "workingQuantity": "0.5",
        "workingPrice": "60000",
        "pendingSide": "SELL",
        "pendingQuantity": "1",
        "pendingAboveType": "LIMIT_MAKER",
        "pendingAbovePrice": "70000",
        "pendingBelowType": "STOP_LOSS",
        "pendingBelowStopPrice": "50000",
        "selfTradePreventionMode": "EXPIRE_TAKER",
        "listClientOrderId": "s",
        "workingClientOrderId": "s-1",
        "pendingAboveClientOrderId": "s-2",
        "pendingBelowClientOrderId": "s-3",
        "newOrderRespType": "FULL",
    }
    assert (intent.orders, intent.client_ids) == (3, ("s-1", "s-2", "s-3"))


def test_a_replacement_never_adds_an_order_where_the_old_one_stays() -> None:
    sent = dict(ReplaceIntent(LIMIT, 7, only_if_new=True).named("new").params())
    assert sent["cancelReplaceMode"] == "STOP_ON_FAILURE"
    assert (sent["cancelOrderId"], sent["cancelRestrictions"]) == ("7", "ONLY_NEW")
    assert (sent["newClientOrderId"], sent["cancelNewClientOrderId"]) == ("new", "new-x")


def test_changes_place_no_orders() -> None:
    for intent in (
        CancelIntent("BTCUSDT", 7),
        CancelAllIntent("BTCUSDT"),
        AmendIntent("BTCUSDT", D(1), 7),
    ):
        assert (intent.legs, intent.orders) == ((), 0)
    assert AmendIntent("BTCUSDT", D(1), 7).named("less").client_ids == ("less",)


def test_what_trades_at_once_does_not_rest() -> None:
    brief = OrderIntent("A", "BUY", "LIMIT", D(1), price=D(1), time_in_force="IOC")
    market = OrderIntent("A", "BUY", "MARKET", D(1))
    assert [order.rests for order in (LIMIT, ABOVE, BELOW, brief, market)] == [True] * 3 + [
        False
    ] * 2


@pytest.mark.parametrize("name", ["", "a" * 37, "a b", "ä", "a\n", "a&b=c"])
def test_what_is_no_client_id_is_not_sent(name: str) -> None:
    with pytest.raises(ValueError, match="client id"):
        LIMIT.named(name)
