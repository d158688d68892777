"""Orders that the market as it stands would not take: told before they are sent."""

from dataclasses import replace
from decimal import Decimal

import msgspec
import pytest

from binance_mcp_server.models.info import SymbolInfo
from binance_mcp_server.trading.intents import (
    AmendIntent,
    CancelAllIntent,
    Intent,
    ListIntent,
    OrderIntent,
    OrderType,
    ReplaceIntent,
    Side,
)
from binance_mcp_server.trading.market_rules import check_market

D = Decimal
SYMBOL = SymbolInfo(
    "BTCUSDT", "TRADING", "BTC", "USDT", oco_allowed=True, oto_allowed=True,
    cancel_replace_allowed=True, amend_allowed=True,
)  # fmt: skip
LAST = D(100)
STOP = OrderIntent("BTCUSDT", "SELL", "STOP_LOSS", D(1), stop_price=D(90))
LIMIT = OrderIntent("BTCUSDT", "BUY", "LIMIT", D(1), price=D(99), time_in_force="GTC")
ABOVE = OrderIntent("BTCUSDT", "SELL", "LIMIT_MAKER", D(1), price=D(110))


def rules(intent: Intent, symbol: SymbolInfo = SYMBOL, last: Decimal | None = LAST) -> list[str]:
    return [each.rule for each in check_market(intent, symbol, last)]


@pytest.mark.parametrize(
    ("kind", "side", "above"),
    [
        ("STOP_LOSS", "BUY", True),
        ("STOP_LOSS_LIMIT", "SELL", False),
        ("TAKE_PROFIT", "SELL", True),
        ("TAKE_PROFIT_LIMIT", "BUY", False),
    ],
)
def test_a_stop_waits_on_its_side_of_the_last_price(
    kind: OrderType, side: Side, above: bool
) -> None:
    for price in (D(99), D(100), D(101)):
        order = replace(STOP, type=kind, side=side, stop_price=price)
        waits = price > LAST if above else price < LAST
        assert rules(order) == ([] if waits else ["STOP_PRICE"])
        assert rules(ReplaceIntent(order, 7)) == ([] if waits else ["STOP_PRICE"])
        assert rules(order, last=None) == []


def test_a_trailing_stop_may_begin_anywhere() -> None:
    assert rules(replace(STOP, trailing_delta=100, stop_price=D(101))) == []
    assert rules(replace(STOP, trailing_delta=100, stop_price=None)) == []


def test_a_pair_stands_around_the_last_price() -> None:
    assert rules(ListIntent("OCO", "BTCUSDT", (ABOVE, STOP))) == []
    low, high = replace(ABOVE, price=D(100)), replace(STOP, stop_price=D(100))
    assert rules(ListIntent("OCO", "BTCUSDT", (low, STOP))) == ["PRICE_RELATION"]
    assert rules(ListIntent("OCO", "BTCUSDT", (ABOVE, high))) == ["PRICE_RELATION"]
    buy = replace(STOP, side="BUY", stop_price=D(110)), replace(ABOVE, side="BUY", price=D(90))
    assert rules(ListIntent("OCO", "BTCUSDT", buy)) == []
    assert rules(ListIntent("OCO", "BTCUSDT", buy), last=D(80)) == ["PRICE_RELATION"]


def test_a_pair_that_waits_is_in_order_whatever_the_market() -> None:
    assert rules(ListIntent("OTOCO", "BTCUSDT", (LIMIT, ABOVE, STOP)), last=D(1)) == []
    high = replace(STOP, stop_price=D(110))
    assert rules(ListIntent("OTOCO", "BTCUSDT", (LIMIT, ABOVE, high))) == ["PRICE_RELATION"]


@pytest.mark.parametrize(
    ("intent", "switch"),
    [
        (ListIntent("OCO", "BTCUSDT", (ABOVE, STOP)), "oco_allowed"),
        (ListIntent("OTO", "BTCUSDT", (LIMIT, ABOVE)), "oto_allowed"),
        (ListIntent("OTOCO", "BTCUSDT", (LIMIT, ABOVE, STOP)), "oto_allowed"),
        (ReplaceIntent(LIMIT, 7), "cancel_replace_allowed"),
        (AmendIntent("BTCUSDT", D(1), 7), "amend_allowed"),
    ],
)
def test_what_the_symbol_has_switched_off(intent: Intent, switch: str) -> None:
    assert rules(intent) == []
    off = msgspec.structs.replace(SYMBOL, **{switch: False})
    assert rules(intent, off) == ["NOT_ALLOWED"]
    assert rules(LIMIT, off) == rules(CancelAllIntent("BTCUSDT"), off) == []
