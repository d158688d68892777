"""Orders, lists and fills as the documents show them: every field, in its order, and only where it belongs."""

from typing import Any

import pytest

from binance_mcp_server.exchange.engine.ladder import Side
from binance_mcp_server.exchange.engine.orders import (
    ABSENT,
    Amendment,
    Expiry,
    ListKind,
    ListOrderStatus,
    ListStatus,
    OrderType,
    Peg,
    PreventedMatch,
    SpotOrder,
    Status,
    Stp,
    TimeInForce,
)
from binance_mcp_server.exchange.numbers import SCALE
from binance_mcp_server.exchange.wire.trading import shapes
from binance_mcp_server.exchange.wire.trading.shapes import Detail
from tests.exchange.wire.trading.examples import NOW, SYMBOL, fill, order, order_list
from tests.exchange.wire.trading.schemas import read

ACK = {
    "symbol": SYMBOL,
    "orderId": 7,
    "orderListId": -1,
    "clientOrderId": "order7",
    "transactTime": NOW,
}
RESULT = ACK | {
    "price": "99.00000000",
    "origQty": "1.00000000",
    "executedQty": "0.00000000",
    "origQuoteOrderQty": "0.00000000",
    "cummulativeQuoteQty": "0.00000000",
    "status": "NEW",
    "timeInForce": "GTC",
    "type": "LIMIT",
    "side": "BUY",
    "workingTime": NOW,
    "selfTradePreventionMode": "NONE",
}


def filled() -> SpotOrder:
    return order(
        status=Status.FILLED,
        executed=SCALE,
        quote=99 * SCALE**2,
        fills=[fill()],
        tif=TimeInForce.IOC,
    )


def test_an_answer_tells_as_much_as_was_asked_for() -> None:
    assert shapes.placed(order(), Detail.ACK, NOW, 1) == ACK
    assert shapes.placed(order(), Detail.RESULT, NOW, 1) == RESULT
    assert shapes.placed(order(), Detail.FULL, NOW, 1) == RESULT | {"fills": []}


def test_a_full_answer_lists_what_the_arrival_traded() -> None:
    body = shapes.placed(filled(), Detail.FULL, NOW, 1)
    assert body["fills"] == [
        {
            "price": "99.00000000",
            "qty": "1.00000000",
            "commission": "0.00100000",
            "commissionAsset": "BTC",
            "tradeId": 56,
        }
    ]
    assert body["cummulativeQuoteQty"] == "99.00000000"
    assert list(body)[-3:] == ["workingTime", "fills", "selfTradePreventionMode"]
    read("NewOrderResponse", body)


CONDITIONAL: list[tuple[SpotOrder, dict[str, object]]] = [
    (order(iceberg_qty=SCALE // 2), {"icebergQty": "0.50000000"}),
    (order(strategy_id=2**53 + 1), {"strategyId": 2**53 + 1}),
    (order(strategy_type=1_000_000), {"strategyType": 1_000_000}),
    (order(OrderType.STOP_LOSS_LIMIT, stop_price=SCALE), {"stopPrice": "1.00000000"}),
    (
        order(OrderType.STOP_LOSS, trailing_delta=10, price=0),
        {"stopPrice": "0.00000000", "trailingDelta": 10, "trailingTime": -1},
    ),
    (
        order(OrderType.TAKE_PROFIT, trailing_delta=10, trailing_time=NOW, price=0),
        {"stopPrice": "0.00000000", "trailingDelta": 10, "trailingTime": NOW},
    ),
    (order(uses_sor=True), {"workingFloor": "EXCHANGE", "usedSor": True}),
    (
        order(status=Status.EXPIRED_IN_MATCH, prevented_match_id=0, prevented=SCALE),
        {"preventedQuantity": "1.00000000"},
    ),
    (
        order(peg=Peg.PRIMARY, pegged_price=5 * SCALE),
        {"pegPriceType": "PRIMARY_PEG", "peggedPrice": "5.00000000"},
    ),
    (
        order(peg=Peg.MARKET, peg_levels=5),
        {"pegPriceType": "MARKET_PEG", "pegOffsetType": "PRICE_LEVEL", "pegOffsetValue": 5},
    ),
    (
        order(status=Status.EXPIRED, expiry=Expiry.NO_LIQUIDITY),
        {"expiryReason": "INSUFFICIENT_LIQUIDITY"},
    ),
]


@pytest.mark.parametrize(
    ("its", "extra"), CONDITIONAL, ids=lambda it: "-".join(it) if isinstance(it, dict) else ""
)
def test_a_conditional_field_is_there_exactly_when_its_condition_holds(
    its: SpotOrder, extra: dict[str, object]
) -> None:
    plain = shapes.placed(order(), Detail.RESULT, NOW, 1)
    body = shapes.placed(its, Detail.RESULT, NOW, 1)
    assert {name: value for name, value in body.items() if name not in plain} == extra
    read("DeleteOrderResponse", shapes.cancelled(its, "before", NOW, 1))
    read("GetOrderResponse", shapes.queried(its, 1))


def test_a_taker_learns_of_the_trades_that_were_prevented() -> None:
    """faqs/stp_faq.md, scenarios D, E and H, read 2026-11-24: the id of the last one is for queries."""
    its = order(status=Status.EXPIRED_IN_MATCH, prevented_match_id=3, prevented=SCALE)
    match = PreventedMatch(
        3, SYMBOL, 7, 12, SYMBOL, 1, Stp.DECREMENT, 99 * SCALE, SCALE, SCALE, NOW
    )
    body = shapes.placed(its, Detail.FULL, NOW, 1, [match])
    assert body["preventedMatches"] == [
        {
            "preventedMatchId": 3,
            "makerSymbol": SYMBOL,
            "makerOrderId": 12,
            "price": "99.00000000",
            "takerPreventedQuantity": "1.00000000",
            "makerPreventedQuantity": "1.00000000",
        }
    ]
    assert list(body)[-5:] == [
        "fills", "preventedMatches", "selfTradePreventionMode", "tradeGroupId", "preventedQuantity",
    ]  # fmt: skip
    assert "preventedMatches" not in shapes.placed(its, Detail.RESULT, NOW, 1, [match])
    alone = shapes.placed(its, Detail.FULL, NOW, 1, [match._replace(trade_group_id=ABSENT)])
    assert "tradeGroupId" not in alone
    assert shapes.queried(its, 1)["preventedMatchId"] == 3


def test_a_pegged_order_shows_the_price_that_was_asked_for() -> None:
    """faqs/pegged_orders.md, read 2026-11-24: ``price`` is the original one, zero if it was not set."""
    its = order(peg=Peg.PRIMARY, price=0, pegged_price=4_000_000)
    its.price = 4_000_000
    body = shapes.placed(its, Detail.RESULT, NOW, 1)
    assert (body["price"], body["peggedPrice"]) == ("0.00000000", "0.04000000")
    assert list(body)[5:9] == ["price", "pegPriceType", "peggedPrice", "origQty"]


def test_a_cancellation_shows_both_client_ids_and_no_working_time() -> None:
    body = shapes.cancelled(order(status=Status.CANCELED, known_as="gone"), "before", NOW, 1)
    assert list(body) == [
        "symbol", "origClientOrderId", "orderId", "orderListId", "clientOrderId", "transactTime",
        "price", "origQty", "executedQty", "origQuoteOrderQty", "cummulativeQuoteQty", "status",
        "timeInForce", "type", "side", "selfTradePreventionMode",
    ]  # fmt: skip
    assert (body["origClientOrderId"], body["clientOrderId"]) == ("before", "gone")


def test_a_query_shows_stop_price_and_iceberg_quantity_always() -> None:
    body = shapes.queried(order(), 1)
    assert list(body) == [
        "symbol", "orderId", "orderListId", "clientOrderId", "price", "origQty", "executedQty",
        "cummulativeQuoteQty", "status", "timeInForce", "type", "side", "stopPrice", "icebergQty",
        "time", "updateTime", "isWorking", "workingTime", "origQuoteOrderQty",
        "selfTradePreventionMode",
    ]  # fmt: skip
    assert (body["stopPrice"], body["icebergQty"]) == ("0.00000000", "0.00000000")


def test_only_what_has_never_stood_on_the_book_is_not_working() -> None:
    waiting = order(OrderType.STOP_LOSS_LIMIT, working_time=ABSENT, stop_price=SCALE)
    assert shapes.queried(waiting, 1000)["isWorking"] is False
    assert shapes.queried(waiting, 1000)["workingTime"] == -1
    ended = order(status=Status.CANCELED, is_working=False)
    assert shapes.queried(ended, 1)["isWorking"] is True


def test_microseconds_everywhere() -> None:
    its = order(OrderType.STOP_LOSS, trailing_delta=10, trailing_time=NOW, price=0)
    placed = shapes.placed(its, Detail.FULL, NOW, 1000)
    assert {placed[n] for n in ("transactTime", "workingTime", "trailingTime")} == {NOW * 1000}
    queried = shapes.queried(its, 1000)
    assert {queried[n] for n in ("time", "updateTime", "workingTime")} == {NOW * 1000}
    assert shapes.fill_of_account(fill(), 1000)["time"] == NOW * 1000


def test_an_amendment_shows_the_quantity_that_is_left_to_trade() -> None:
    its = order(status=Status.NEW, known_as="new")
    record = Amendment(SYMBOL, 7, 75, "old", "new", 2 * SCALE, SCALE, NOW)
    body = shapes.amended(its, record, 1)
    assert list(body) == [
        "symbol", "orderId", "orderListId", "origClientOrderId", "clientOrderId", "price", "qty",
        "executedQty", "preventedQty", "quoteOrderQty", "cumulativeQuoteQty", "status",
        "timeInForce", "type", "side", "workingTime", "selfTradePreventionMode",
    ]  # fmt: skip
    pending = order(status=Status.PENDING_NEW, working_time=ABSENT, is_working=False)
    assert "workingTime" not in shapes.amended(pending, record, 1)
    whole = {"transactTime": NOW, "executionId": 75, "amendedOrder": body}
    read("OrderAmendKeepPriorityResponse", whole)
    read("OrderAmendmentsResponse", [shapes.amendment(record, 1)])


def pair() -> tuple[SpotOrder, SpotOrder]:
    above = order(OrderType.LIMIT_MAKER, number=10, side=Side.SELL, price=120 * SCALE)
    below = order(
        OrderType.STOP_LOSS_LIMIT, number=11, side=Side.SELL, stop_price=90 * SCALE,
        working_time=ABSENT,
    )  # fmt: skip
    return above, below


def test_a_new_list_names_its_orders_and_reports_them() -> None:
    body = shapes.placed_list(order_list(ListKind.OCO, *pair()), Detail.RESULT, NOW, 1)
    assert list(body) == [
        "orderListId", "contingencyType", "listStatusType", "listOrderStatus", "listClientOrderId",
        "transactionTime", "symbol", "orders", "orderReports",
    ]  # fmt: skip
    assert body["contingencyType"] == "OCO"
    assert body["orders"] == [
        {"symbol": SYMBOL, "orderId": 10, "clientOrderId": "order10"},
        {"symbol": SYMBOL, "orderId": 11, "clientOrderId": "order11"},
    ]
    reports: Any = body["orderReports"]
    assert [(each["type"], each["workingTime"]) for each in reports] == [
        ("LIMIT_MAKER", NOW),
        ("STOP_LOSS_LIMIT", -1),
    ]
    read("OrderListOcoResponse", body)


def test_the_pending_order_of_an_opo_has_no_quantity_before_it_is_sized() -> None:
    pending = order(
        OrderType.MARKET, number=3, side=Side.SELL, qty=0, price=0, status=Status.PENDING_NEW,
        working_time=ABSENT,
    )  # fmt: skip
    made = order_list(ListKind.OPO, order(number=2), pending)
    reports: Any = shapes.placed_list(made, Detail.FULL, NOW, 1)["orderReports"]
    assert ["origQty" in each for each in reports] == [True, False]
    read("OrderListOpoResponse", shapes.placed_list(made, Detail.RESULT, NOW, 1))


def test_a_cancelled_list_names_its_orders_by_their_former_ids() -> None:
    made = order_list(
        ListKind.OCO,
        *(order(number=n, status=Status.CANCELED, known_as="cancel") for n in (2, 3)),
        status=ListStatus.ALL_DONE,
        order_status=ListOrderStatus.ALL_DONE,
    )
    body: Any = shapes.cancelled_list(made, {2: "two", 3: "three"}, NOW + 5, 1)
    assert [each["clientOrderId"] for each in body["orders"]] == ["two", "three"]
    assert [each["origClientOrderId"] for each in body["orderReports"]] == ["two", "three"]
    assert {each["clientOrderId"] for each in body["orderReports"]} == {"cancel"}
    assert (body["listStatusType"], body["listOrderStatus"]) == ("ALL_DONE", "ALL_DONE")
    read("DeleteOrderListResponse", body)
    read("GetOrderListResponse", shapes.order_list(made, 1))


def test_a_trade_of_the_account() -> None:
    body = shapes.fill_of_account(fill(), 1)
    assert body == {
        "symbol": SYMBOL, "id": 56, "orderId": 7, "orderListId": -1, "price": "99.00000000",
        "qty": "1.00000000", "quoteQty": "99.00000000", "commission": "0.00100000",
        "commissionAsset": "BTC", "time": NOW, "isBuyer": True, "isMaker": False,
        "isBestMatch": True,
    }  # fmt: skip
    read("MyTradesResponse", [body])


@pytest.mark.parametrize(
    ("taker", "maker", "shown"),
    [
        (SCALE, 0, ["takerPreventedQuantity"]),
        (0, SCALE, ["makerPreventedQuantity"]),
        (SCALE, SCALE, ["takerPreventedQuantity", "makerPreventedQuantity"]),
    ],
)
def test_a_prevented_match_shows_who_lost_what(taker: int, maker: int, shown: list[str]) -> None:
    """faqs/stp_faq.md, read 2026-11-24."""
    match = PreventedMatch(8, SYMBOL, 12, 10, SYMBOL, 1, Stp.EXPIRE_BOTH, SCALE, taker, maker, NOW)
    body = shapes.prevented_match(match, 1)
    assert [name for name in body if name.endswith("Quantity")] == shown
