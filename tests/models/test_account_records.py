"""Records of accounts and orders read what the venue sends, keep its digits, and calculate exactly."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from binance_mcp_server.models.account import (
    Account,
    AccountPosition,
    ApiRestrictions,
    BalanceUpdate,
    CommissionRates,
    ExecutionReport,
    ListStatus,
    UnfilledCount,
)
from binance_mcp_server.models.orders import (
    Cancelled,
    Fill,
    Order,
    OrderAck,
    OrderFull,
    OrderList,
    OrderResult,
    PlacedList,
    commission_of,
)

RECORDED: dict[str, Any] = {
    "Account/GetAccountInfo": Account,
    "Account/GetAPIKeyPermissions": ApiRestrictions,
    "Account/GetCommissionRates": CommissionRates,
    "Account/GetOrderRateLimitStatus": tuple[UnfilledCount, ...],
    "Trading/CancelAllOrders": tuple[Cancelled, ...],
    "Trading/CancelOcoOrder": PlacedList,
    "Trading/CancelOrder": Cancelled,
    "Trading/GetOcoOrder": OrderList,
    "Trading/GetOcoOrders": tuple[OrderList, ...],
    "Trading/GetOpenOcoOrders": tuple[OrderList, ...],
    "Trading/GetOpenOrders": tuple[Order, ...],
    "Trading/GetOrder": Order,
    "Trading/GetOrders": tuple[Order, ...],
    "Trading/GetUserTrades": tuple[Fill, ...],
    "Trading/PlaceOcoOrderList": PlacedList,
    "Trading/PlaceOrder": OrderFull,
    "Trading/PlaceOtoOrderList": PlacedList,
    "Trading/PlaceOtocoOrderList": PlacedList,
}
NEW_ORDER = {
    # rest-api.md "New order", response FULL, read 2026-11-24
    "symbol": "BTCUSDT",
    "orderId": 28,
    "orderListId": -1,
    "clientOrderId": "6gCrw2kRUAF9Cvj",
    "transactTime": 1507725176595,
    "price": "0.00000000",
    "origQty": "10.00000000",
    "executedQty": "10.00000000",
    "origQuoteOrderQty": "0.000000",
    "cummulativeQuoteQty": "39995.00000000",
    "status": "FILLED",
    "timeInForce": "GTC",
    "type": "MARKET",
    "side": "SELL",
    "workingTime": 1507725176595,
    "selfTradePreventionMode": "NONE",
    "fills": [
        {
            "price": "4000.00000000",
            "qty": "1.00000000",
            "tradeId": 56,
            "commission": "4.00000000",
            "commissionAsset": "USDT",
        },
        {
            "price": "3999.00000000",
            "qty": "5.00000000",
            "tradeId": 57,
            "commission": "19.99500000",
            "commissionAsset": "USDT",
        },
    ],
}


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_examples_are_read(data_dir: Path, name: str) -> None:
    lines = (data_dir / "fixtures" / "Endpoints" / "Spot" / f"{name}.txt").read_text("utf-8-sig")
    body = lines.split("\n", 3)[3]
    assert msgspec.json.decode(body, type=RECORDED[name]) is not None


def test_a_new_order_in_full_and_in_short() -> None:
    body = msgspec.json.encode(NEW_ORDER)
    order = msgspec.json.decode(body, type=OrderFull)
    assert (order.average_price, order.remaining, order.is_open) == (
        Decimal("3999.5"),
        Decimal(0),
        False,
    )
    assert order.executed_quote_text == "39995.00000000"
    assert commission_of(order.fills) == {"USDT": Decimal("23.995")}
    assert msgspec.json.decode(body, type=OrderAck).id == order.id == 28


def test_an_order_without_a_trade_has_no_average_and_an_old_one_does_not_know() -> None:
    for executed, quote in (("0", "0"), ("1", "-1"), ("0", "-1")):
        said = NEW_ORDER | {"executedQty": executed, "cummulativeQuoteQty": quote}
        assert msgspec.convert(said, OrderFull).average_price is None


def test_what_remains_of_an_open_order_may_trade() -> None:
    said = NEW_ORDER | {"executedQty": "4", "status": "PARTIALLY_FILLED"}
    assert msgspec.convert(said, OrderFull).remaining == 6
    assert msgspec.convert(said | {"status": "CANCELED"}, OrderFull).remaining == 0


def test_a_cancelled_order_and_a_cancelled_list_are_told_apart() -> None:
    one = NEW_ORDER | {"origClientOrderId": "mine", "clientOrderId": "c", "status": "CANCELED"}
    alone = msgspec.convert(one, Cancelled)
    assert not alone.is_list
    assert alone.orders == (msgspec.convert(one, OrderResult),)
    assert (alone.previous_client_id, alone.self_trade_prevention) == ("mine", "NONE")
    listed = {
        "orderListId": 7,
        "contingencyType": "OCO",
        "listOrderStatus": "ALL_DONE",
        "listClientOrderId": "pair",
        "symbol": "BTCUSDT",
        "orderReports": [one, one],
    }
    both = msgspec.convert(listed, Cancelled)
    assert both.is_list
    assert [each.previous_client_id for each in both.orders] == ["mine", "mine"]


def test_commissions_add_up_over_their_parts() -> None:
    rates = msgspec.convert(
        {
            "symbol": "BTCUSDT",
            "standardCommission": {
                "maker": "0.001",
                "taker": "0.002",
                "buyer": "0.0001",
                "seller": "0",
            },
            "specialCommission": {"maker": "0.01", "taker": "0.02", "buyer": "0", "seller": "0.03"},
            "taxCommission": {"maker": "0.1", "taker": "0.2", "buyer": "0", "seller": "0"},
        },
        CommissionRates,
    )
    assert rates.rate(is_maker=True, is_buyer=True) == Decimal("0.1111")
    assert rates.rate(is_maker=False, is_buyer=False) == Decimal("0.252")
    assert not rates.discount.applies


def test_rights_that_are_not_named_are_not_had() -> None:
    rights = msgspec.convert({"ipRestrict": False}, ApiRestrictions)
    assert not rights.enable_spot_and_margin_trading
    assert not rights.moves_money_out


EXECUTION = {
    # user-data-stream.md "Order update", read 2026-11-24, as a cancellation
    "e": "executionReport",
    "E": 1499405658658,
    "s": "ETHBTC",
    "c": "cancellation",
    "S": "BUY",
    "o": "LIMIT",
    "f": "GTC",
    "q": "1.00000000",
    "p": "0.10264410",
    "P": "0.0",
    "F": "0.0",
    "g": -1,
    "C": "mine",
    "x": "CANCELED",
    "X": "CANCELED",
    "r": "NONE",
    "i": 4293153,
    "l": "0.0",
    "z": "0.4",
    "L": "0.0",
    "n": "0",
    "N": None,
    "T": 1499405658657,
    "t": -1,
    "I": 8641984,
    "w": True,
    "m": False,
    "M": False,
    "O": 1499405658657,
    "Z": "0.04",
    "Y": "0.0",
    "Q": "0.0",
    "W": 1499405658657,
    "V": "NONE",
}


def test_an_execution_names_the_order_by_the_id_that_its_owner_gave() -> None:
    report = msgspec.convert(EXECUTION, ExecutionReport)
    assert (report.order_client_id, report.client_id) == ("mine", "cancellation")
    assert (report.executed, report.executed_quote, report.is_open) == (
        Decimal("0.4"),
        Decimal("0.04"),
        False,
    )
    new = msgspec.convert(EXECUTION | {"C": "", "c": "mine", "X": "NEW"}, ExecutionReport)
    assert (new.order_client_id, new.is_open) == ("mine", True)


def test_the_other_events_of_user_data() -> None:
    # user-data-stream.md, read 2026-11-24
    position = {"E": 1, "u": 2, "B": [{"a": "ETH", "f": "10000.000000", "l": "0.5"}]}
    (balance,) = msgspec.convert(position, AccountPosition).balances
    assert (balance.asset, balance.free, balance.locked) == ("ETH", Decimal(10_000), Decimal("0.5"))
    update = {"E": 1, "a": "BTC", "d": "-100.00000000", "T": 2}
    assert msgspec.convert(update, BalanceUpdate).delta == -100
    listed = {
        "E": 1,
        "s": "ETHBTC",
        "g": 2,
        "c": "OCO",
        "l": "EXEC_STARTED",
        "L": "EXECUTING",
        "r": "NONE",
        "C": "pair",
        "T": 3,
        "O": [{"s": "ETHBTC", "i": 17, "c": "AJYsMjErWJesZvqlJCTUgL"}],
    }
    assert msgspec.convert(listed, ListStatus).orders[0].id == 17
