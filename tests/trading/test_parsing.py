"""Orders as agents write them: read strictly, every type with its own parameters, nothing rounded or left out."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from binance_mcp_server.errors import InputError
from binance_mcp_server.models.exact import plain
from binance_mcp_server.trading.intents import ListIntent, OrderIntent
from binance_mcp_server.trading.parsing import amount, parse_list, parse_order, whole
from tests.trading.intent_strategies import order_lists, orders

D = Decimal
NAMES = (
    *("quantity", "quote_quantity", "price", "stop_price", "trailing_delta"),
    *("iceberg_quantity", "time_in_force"),
)


def arguments(order: OrderIntent) -> dict[str, Any]:
    """What somebody would write to mean *order*."""
    found = {name: getattr(order, name) for name in ("side", "type", *NAMES)}
    return {name: value for name, value in found.items() if value is not None}


@settings(max_examples=300, deadline=None)
@given(orders(), st.booleans())
def test_every_order_can_be_written(order: OrderIntent, as_text: bool) -> None:
    written = arguments(order)
    if as_text:
        written = {
            name: f" {plain(value)} " if isinstance(value, Decimal) else value
            for name, value in written.items()
        }
    read = parse_order(
        symbol=order.symbol, self_trade_prevention=order.self_trade_prevention, **written
    )
    assert read == order
    assert read.canonical() == order.canonical()


@settings(max_examples=200, deadline=None)
@given(order_lists())
def test_every_list_can_be_written(intent: ListIntent) -> None:
    roles = {"OCO": ("above", "below"), "OTO": ("working", "pending")}.get(
        intent.contingency, ("working", "above", "below")
    )
    legs = {role: arguments(leg) for role, leg in zip(roles, intent.legs, strict=True)}
    stp = intent.self_trade_prevention
    read = parse_list(
        kind=intent.contingency.lower(), symbol=intent.symbol, legs=legs, self_trade_prevention=stp
    )
    assert read == intent


def test_spelling_is_no_meaning() -> None:
    one = parse_order(symbol="btc/usdt", side="buy", type="limit", quantity="1.00", price=60000)
    other = parse_order(
        symbol="BTC-USDT", side=" BUY ", type="LIMIT", quantity=D(1), price="6e4",
        time_in_force="gtc",
    )  # fmt: skip
    assert one.canonical() == other.canonical()
    stop = parse_order(symbol="BTCUSDT", side="sell", type="stop loss", quantity=1, stop_price=5)
    assert stop.type == "STOP_LOSS"


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"type": "LIMIT", "price": "1"}, "quantity"),
        ({"type": "LIMIT", "quantity": "1"}, "price"),
        ({"type": "LIMIT_MAKER", "quantity": "1"}, "price"),
        ({"type": "LIMIT_MAKER", "quantity": "1", "price": "1", "time_in_force": "GTC"}, "time"),
        ({"type": "LIMIT", "quote_quantity": "1", "price": "1"}, "quote_quantity"),
        ({"type": "LIMIT", "quantity": "1", "price": "1", "stop_price": "1"}, "stop_price"),
        ({"type": "LIMIT", "quantity": "1", "price": "1", "trailing_delta": 10}, "trailing_delta"),
        ({"type": "MARKET"}, "quantity"),
        ({"type": "MARKET", "quantity": "1", "quote_quantity": "1"}, "either"),
        ({"type": "MARKET", "quantity": "1", "price": "1"}, "price"),
        ({"type": "MARKET", "quantity": "1", "time_in_force": "IOC"}, "time_in_force"),
        ({"type": "MARKET", "quantity": "1", "iceberg_quantity": "1"}, "iceberg"),
        ({"type": "STOP_LOSS", "quantity": "1"}, "stop_price"),
        ({"type": "STOP_LOSS", "quantity": "1", "stop_price": "1", "price": "1"}, "price"),
        ({"type": "TAKE_PROFIT_LIMIT", "quantity": "1", "price": "1"}, "stop_price"),
        (
            {"type": "LIMIT", "quantity": "1", "price": "1", "iceberg_quantity": "1",
             "time_in_force": "IOC"},
            "GTC",
        ),
        ({"type": "TRAILING", "quantity": "1"}, "type"),
        ({"type": "MARKET", "quantity": "1", "side": "LONG"}, "side"),
        ({"type": "MARKET", "quantity": "1", "self_trade_prevention": "SOME"}, "self_trade"),
        ({"type": "MARKET", "quantity": "1", "symbol": "../x"}, "symbol"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_words(changes: dict[str, Any], what: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_order(**({"symbol": "BTCUSDT", "side": "BUY"} | changes))
    assert what in caught.value.message
    assert caught.value.advice


@pytest.mark.parametrize(
    "value",
    [
        *(0, -1, "0", "-1", "", " ", "many", "1,5", "1 000", "1_000", "٣", "NaN", "inf", "1e30"),
        *("1e999999999", "-1e-999999999", "0." + "0" * 30 + "1", 0.1, True, "0x10"),
    ],
)
def test_what_is_no_amount_is_refused(value: Any) -> None:
    with pytest.raises(InputError):
        amount("quantity", value)


@pytest.mark.parametrize("value", [0, -1, "1.5", "1e3", "", "²", True, 2**63, "9" * 30])
def test_what_is_no_whole_number_is_refused(value: Any) -> None:
    with pytest.raises(InputError):
        whole("order_id", value)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60) | st.from_regex(r"[0-9]{1,30}\.?[0-9]{0,30}(e[0-9]{1,3})?"))
def test_any_text_is_a_number_exactly_or_refused(text: str) -> None:
    try:
        read = amount("price", text)
    except InputError:
        read = None
    if read is not None:
        assert read == D(text.strip())


SELL = {"side": "SELL", "quantity": "1"}
PROFIT = SELL | {"type": "LIMIT_MAKER", "price": "70000"}
LOSS = SELL | {"type": "STOP_LOSS", "stop_price": "50000"}
FIRST = {"side": "BUY", "type": "LIMIT", "quantity": "1", "price": "60000"}


@pytest.mark.parametrize(
    ("kind", "legs", "what"),
    [
        ("OCO", {"above": PROFIT}, "above, below"),
        ("OCO", {"above": PROFIT, "below": LOSS, "working": FIRST}, "above, below"),
        ("OCO", {"above": LOSS, "below": PROFIT}, "cannot be a pair"),
        ("OCO", {"above": PROFIT, "below": PROFIT}, "cannot be a pair"),
        ("OCO", {"above": PROFIT, "below": LOSS | {"quantity": "2"}}, "one quantity"),
        ("OCO", {"above": PROFIT, "below": LOSS | {"side": "BUY"}}, "one side"),
        ("OCO", {"above": PROFIT, "below": LOSS | {"symbol": "ETHUSDT"}}, "symbol"),
        ("OCO", {"above": PROFIT, "below": {"side": "SELL"}}, "needs a type"),
        ("OCO", {"above": PROFIT, "below": SELL | {"type": "STOP_LOSS"}}, "The below order"),
        ("OTO", {"working": LOSS, "pending": PROFIT}, "working order must be"),
        (
            "OTO",
            {"working": FIRST, "pending": {"side": "SELL", "type": "MARKET", "quote_quantity": 5}},
            "quote_quantity",
        ),
        ("OTOCO", {"working": FIRST, "above": LOSS, "below": PROFIT}, "cannot be a pair"),
        ("OPO", {}, "kind"),
    ],
)
def test_a_list_that_cannot_be_is_refused_in_words(
    kind: str, legs: dict[str, dict[str, Any]], what: str
) -> None:
    with pytest.raises(InputError) as caught:
        parse_list(kind=kind, symbol="BTCUSDT", legs=legs)
    assert what in caught.value.message
    assert caught.value.advice


def test_a_pair_of_purchases_stops_above_and_gains_below() -> None:
    buy = {"side": "BUY", "quantity": "1"}
    stop = buy | {"type": "STOP_LOSS_LIMIT", "stop_price": "70000", "price": "71000"}
    gain = buy | {"type": "LIMIT_MAKER", "price": "50000"}
    read = parse_list(kind="OCO", symbol="BTCUSDT", legs={"above": stop, "below": gain})
    assert [leg.type for leg in read.legs] == ["STOP_LOSS_LIMIT", "LIMIT_MAKER"]
    with pytest.raises(InputError, match="cannot be a pair"):
        parse_list(kind="OCO", symbol="BTCUSDT", legs={"above": gain, "below": stop})
