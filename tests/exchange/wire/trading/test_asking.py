"""An order as its parameters ask for it, and with which words the venue refuses what is no order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from binance_mcp_server.exchange.engine.ladder import Side
from binance_mcp_server.exchange.engine.orders import NewOrder, OrderType, Peg, Stp, TimeInForce
from binance_mcp_server.exchange.numbers import SCALE, show
from binance_mcp_server.exchange.wire.errors import VenueError
from binance_mcp_server.exchange.wire.trading import asking, reading
from tests.exchange.wire.trading.examples import LIMIT, SYMBOL, query

MARKET = {"symbol": SYMBOL, "side": "SELL", "type": "MARKET", "quantity": "1"}
STOP = {"symbol": SYMBOL, "side": "SELL", "type": "STOP_LOSS", "quantity": "1", "stopPrice": "90"}
STOP_LIMIT = LIMIT | {"type": "STOP_LOSS_LIMIT", "stopPrice": "101"}
PEG = {"pegPriceType": "PRIMARY_PEG", "pegOffsetType": "PRICE_LEVEL", "pegOffsetValue": "3"}


def ask(params: dict[str, str]) -> NewOrder:
    asked = query(params, asking.ORDER_PARAMS)
    made = asking.order(asked, asking.common(asked, SYMBOL))
    asked.finish()
    return made


def without(params: dict[str, str], *names: str) -> dict[str, str]:
    return {name: value for name, value in params.items() if name not in names}


def test_a_limit_order() -> None:
    assert ask(LIMIT) == NewOrder(
        symbol=SYMBOL,
        side=Side.BUY,
        type=OrderType.LIMIT,
        tif=TimeInForce.GTC,
        qty=150_000_000,
        price=99 * SCALE,
    )


def test_everything_that_an_order_may_say() -> None:
    more = {
        "icebergQty": "0.1",
        "newClientOrderId": "my-Order_1",
        "strategyId": "9223372036854775807",
        "strategyType": "1000000",
        "selfTradePreventionMode": "DECREMENT",
        "trailingDelta": "25",
        **PEG,
    }
    made = ask(STOP_LIMIT | more)
    assert (made.iceberg_qty, made.client_id) == (SCALE // 10, "my-Order_1")
    assert (made.strategy_id, made.strategy_type) == (2**63 - 1, 1_000_000)
    assert (made.stp, made.trailing_delta) == (Stp.DECREMENT, 25)
    assert (made.peg, made.peg_levels) == (Peg.PRIMARY, 3)


def test_what_need_not_be_sent() -> None:
    assert ask(without(MARKET, "quantity") | {"quoteOrderQty": "12.5"}).quote_qty == 1_250_000_000
    assert ask(without(LIMIT, "price") | {"pegPriceType": "MARKET_PEG"}).price == 0
    assert ask(without(LIMIT, "timeInForce") | {"type": "LIMIT_MAKER"}).tif is TimeInForce.GTC
    assert ask(without(STOP, "stopPrice") | {"trailingDelta": "100"}).stop_price == 0


REFUSED: list[tuple[dict[str, str], int, str]] = [
    (without(LIMIT, "side"), -1102, "'side' was not sent"),
    (without(LIMIT, "type"), -1102, "'type' was not sent"),
    (without(LIMIT, "timeInForce"), -1102, "'timeInForce' was not sent"),
    (without(LIMIT, "quantity"), -1102, "'quantity' was not sent"),
    (without(LIMIT, "price"), -1102, "'price' was not sent"),
    (without(MARKET, "quantity"), -1102, "Param 'quantity' or 'quoteOrderQty' must be sent, but both were empty/null!"),
    (without(STOP, "stopPrice"), -1102, "Param 'stopPrice' or 'trailingDelta' must be sent"),
    (LIMIT | {"side": "HOLD"}, -1117, "Invalid side."),
    (LIMIT | {"side": "buy"}, -1117, "Invalid side."),
    (LIMIT | {"type": "STOP"}, -1116, "Invalid orderType."),
    (LIMIT | {"timeInForce": "GTX"}, -1115, "Invalid timeInForce."),
    (LIMIT | {"selfTradePreventionMode": "SOME"}, -1130, "'selfTradePreventionMode' is not valid"),
    (LIMIT | {"quantity": "1e-3"}, -1100, r"'quantity'; legal range is '^([0-9]{1,20})(\.[0-9]{1,20})?$'."),
    (LIMIT | {"quantity": "-1"}, -1100, "'quantity'"),
    (LIMIT | {"quantity": "٣"}, -1100, "'quantity'"),
    (LIMIT | {"price": ".5"}, -1100, "'price'"),
    (LIMIT | {"price": "1."}, -1100, "'price'"),
    (LIMIT | {"price": "1" * 21}, -1100, "'price'"),
    (LIMIT | {"price": "1.123456789"}, -1111, "Parameter 'price' has too much precision."),
    (LIMIT | {"quantity": "0"}, -1013, "Invalid quantity."),
    (LIMIT | {"price": "0.000"}, -1013, "Invalid price."),
    (STOP | {"stopPrice": "0"}, -1013, "Invalid price."),
    (LIMIT | {"price": ""}, -1105, "Parameter 'price' was empty."),
    (LIMIT | {"newClientOrderId": "a b"}, -1100, "'newClientOrderId'; legal range is '^[a-zA-Z0-9-_]{1,36}$'."),
    (LIMIT | {"newClientOrderId": "a" * 37}, -1100, "'newClientOrderId'"),
    (LIMIT | {"strategyType": "999999"}, -1134, "strategyType was less than 1000000."),
    (LIMIT | {"strategyId": "9223372036854775808"}, -1108, "'strategyId' overflowed"),
    (LIMIT | {"stopPrice": "90"}, -1106, "Parameter 'stopPrice' sent when not required."),
    (LIMIT | {"trailingDelta": "90"}, -1106, "Parameter 'trailingDelta' sent when not required."),
    (LIMIT | {"quoteOrderQty": "90"}, -1106, "Parameter 'quoteOrderQty' sent when not required."),
    (LIMIT | {"type": "LIMIT_MAKER"}, -1106, "Parameter 'timeInForce' sent when not required."),
    (MARKET | {"timeInForce": "GTC"}, -1106, "Parameter 'timeInForce' sent when not required."),
    (MARKET | {"price": "1"}, -1106, "Parameter 'price' sent when not required."),
    (MARKET | {"quoteOrderQty": "90"}, -1106, "Parameter 'quoteOrderQty' sent when not required."),
    (MARKET | {"icebergQty": "0.1"}, -1106, "Parameter 'icebergQty' sent when not required."),
    (STOP | {"price": "1"}, -1106, "Parameter 'price' sent when not required."),
    (LIMIT | {"timeInForce": "IOC", "icebergQty": "0.1"}, -1014, "Unsupported order combination."),
    (LIMIT | {"pegPriceType": "BEST"}, -1210, "Invalid pegPriceType."),
    (LIMIT | PEG | {"pegOffsetType": "BPS"}, -1211, "Invalid pegOffsetType."),
    (LIMIT | PEG | {"pegOffsetValue": "101"}, -1102, "unexpected value. Cannot be greater than 100."),
    (LIMIT | without(PEG, "pegOffsetType"), -1128, "Fields [pegOffsetType, pegOffsetValue] must be sent together or"),
    (LIMIT | without(PEG, "pegPriceType"), -1102, "'pegPriceType' was not sent"),
    (LIMIT | {"leverage": "3"}, -1104, "read '6' parameter(s) but was sent '7'."),
]  # fmt: skip


@pytest.mark.parametrize(("params", "code", "words"), REFUSED, ids=lambda it: str(it)[:60])
def test_what_is_no_order_is_refused_in_the_venues_words(
    params: dict[str, str], code: int, words: str
) -> None:
    with pytest.raises(VenueError) as caught:
        ask(params)
    assert (caught.value.code, caught.value.status) == (code, 400)
    assert words in caught.value.message


@given(st.integers(1, 10**27), st.integers(0, 12))
def test_an_amount_is_read_digit_by_digit(units: int, zeros: int) -> None:
    text = show(units) + "0" * zeros
    assert reading.amount(query({"quantity": text}, ("quantity",)), "quantity") == units
