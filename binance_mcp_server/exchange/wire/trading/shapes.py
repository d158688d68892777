"""Orders, lists and fills → the venue's JSON bodies, field order included (rest-api.md, read 2026-11-24). Pure.

``scale`` is 1 for times in milliseconds, 1000 for microseconds. A field of "Conditional fields in Order Responses" is
there exactly when its condition holds.
"""

from collections.abc import Mapping, Sequence
from enum import Enum

from binance_mcp_server.exchange.engine.orders import (
    ABSENT,
    Amendment,
    Fill,
    OrderList,
    OrderType,
    PreventedMatch,
    SpotOrder,
)
from binance_mcp_server.exchange.numbers import show, show_quote
from binance_mcp_server.exchange.wire.shapes import Body

OWN_FLOOR = "EXCHANGE"
"""``workingFloor``: an order sent by smart order routing trades on the book of its own symbol, there is no other."""


class Detail(Enum):
    """``newOrderRespType``."""

    ACK = "ACK"
    RESULT = "RESULT"
    FULL = "FULL"


def detail_by_default(kind: OrderType) -> Detail:
    """Of a single order's answer."""
    return Detail.FULL if kind in (OrderType.MARKET, OrderType.LIMIT) else Detail.ACK


def at(time: int, scale: int) -> int:
    """A time in the unit asked for; ``ABSENT`` stays."""
    return time if time == ABSENT else time * scale


def placed(
    order: SpotOrder,
    detail: Detail,
    now: int,
    scale: int,
    prevented: Sequence[PreventedMatch] = (),
) -> Body:
    """The answer to a new order; *now* is when it was made, *prevented* are the trades that it was kept from as taker
    (faqs/stp_faq.md, CHANGELOG.md 2023-01-19)."""
    body: Body = {
        "symbol": order.symbol,
        "orderId": order.id,
        "orderListId": order.list_id,
        "clientOrderId": order.client_id,
        "transactTime": now * scale,
    }
    if detail is Detail.ACK:
        return body
    _amounts(body, order)
    _kind(body, order)
    body["workingTime"] = at(order.working_time, scale)
    if detail is Detail.FULL:
        body["fills"] = [_own_fill(fill) for fill in order.fills]
        if prevented:
            body["preventedMatches"] = [_own_prevention(match) for match in prevented]
    _rest(body, order, scale, prevented=prevented, is_new=True)
    return body


def _own_prevention(match: PreventedMatch) -> Body:
    body: Body = {
        "preventedMatchId": match.id,
        "makerSymbol": match.maker_symbol,
        "makerOrderId": match.maker_order_id,
        "price": show(match.price),
    }
    _lost(body, match)
    return body


def _own_fill(fill: Fill) -> Body:
    return {
        "price": show(fill.price),
        "qty": show(fill.qty),
        "commission": show(fill.commission),
        "commissionAsset": fill.commission_asset,
        "tradeId": fill.id,
    }


def cancelled(order: SpotOrder, previous_id: str, now: int, scale: int) -> Body:
    """The answer to a cancellation; *previous_id* is the client id by which it was known before."""
    body: Body = {
        "symbol": order.symbol,
        "origClientOrderId": previous_id,
        "orderId": order.id,
        "orderListId": order.list_id,
        "clientOrderId": order.client_id,
        "transactTime": now * scale,
    }
    _amounts(body, order)
    _kind(body, order)
    _rest(body, order, scale)
    return body


def queried(order: SpotOrder, scale: int) -> Body:
    """An order as the queries show it: with a stop price and an iceberg quantity always."""
    asked = order.asked
    body: Body = {
        "symbol": order.symbol,
        "orderId": order.id,
        "orderListId": order.list_id,
        "clientOrderId": order.client_id,
    }
    _price(body, order)
    body |= {
        "origQty": show(order.qty),
        "executedQty": show(order.executed),
        "cummulativeQuoteQty": show_quote(order.quote),
        "status": order.status.value,
        "timeInForce": asked.tif.value,
        "type": order.type.value,
        "side": order.side.value,
        "stopPrice": show(order.stop_price),
        "icebergQty": show(asked.iceberg_qty),
        "time": order.time * scale,
        "updateTime": order.update_time * scale,
        "isWorking": order.working_time != ABSENT,
        "workingTime": at(order.working_time, scale),
        "origQuoteOrderQty": show(asked.quote_qty),
    }
    _rest(body, order, scale, without_iceberg=True)
    return body


def amended(order: SpotOrder, amendment: Amendment, scale: int) -> Body:
    """``amendedOrder``."""
    body: Body = {
        "symbol": order.symbol,
        "orderId": order.id,
        "orderListId": order.list_id,
        "origClientOrderId": amendment.old_client_id,
        "clientOrderId": amendment.new_client_id,
    }
    _price(body, order)
    body |= {
        "qty": show(order.qty),
        "executedQty": show(order.executed),
        "preventedQty": show(order.prevented),
        "quoteOrderQty": show(order.asked.quote_qty),
        "cumulativeQuoteQty": show_quote(order.quote),
    }
    _kind(body, order)
    if order.working_time != ABSENT:
        body["workingTime"] = order.working_time * scale
    _rest(body, order, scale)
    return body


def _amounts(body: Body, order: SpotOrder) -> None:
    _price(body, order)
    if order.qty or not _is_unsized(order):
        body["origQty"] = show(order.qty)
    body["executedQty"] = show(order.executed)
    body["origQuoteOrderQty"] = show(order.asked.quote_qty)
    body["cummulativeQuoteQty"] = show_quote(order.quote)


def _price(body: Body, order: SpotOrder) -> None:
    """As asked for, and behind it what an order is pegged to (faqs/pegged_orders.md)."""
    asked = order.asked
    body["price"] = show(asked.price)
    if asked.peg is None:
        return
    body["pegPriceType"] = asked.peg.value
    if asked.peg_levels is not None:
        body["pegOffsetType"] = "PRICE_LEVEL"
        body["pegOffsetValue"] = asked.peg_levels
    if order.pegged_price:
        body["peggedPrice"] = show(order.pegged_price)


def _is_unsized(order: SpotOrder) -> bool:
    """A pending order of an OPO, whose quantity the working one will bring in."""
    return order.asked.qty == 0 and order.asked.quote_qty == 0


def _kind(body: Body, order: SpotOrder) -> None:
    body["status"] = order.status.value
    body["timeInForce"] = order.asked.tif.value
    body["type"] = order.type.value
    body["side"] = order.side.value
    if order.type.is_contingent:
        body["stopPrice"] = show(order.stop_price)


def _rest(
    body: Body,
    order: SpotOrder,
    scale: int,
    *,
    prevented: Sequence[PreventedMatch] = (),
    is_new: bool = False,
    without_iceberg: bool = False,
) -> None:
    """The self-trade prevention mode, and around it what only some orders have. An answer to a new order has its
    prevented matches, not the id of the last one."""
    asked = order.asked
    if asked.iceberg_qty and not without_iceberg:
        body["icebergQty"] = show(asked.iceberg_qty)
    if asked.trailing_delta:
        body["trailingDelta"] = asked.trailing_delta
        body["trailingTime"] = at(order.trailing_time, scale)
    if asked.strategy_id is not None:
        body["strategyId"] = asked.strategy_id
    if asked.strategy_type is not None:
        body["strategyType"] = asked.strategy_type
    if asked.uses_sor:
        body["workingFloor"] = OWN_FLOOR
    body["selfTradePreventionMode"] = order.stp.value
    if asked.uses_sor:
        body["usedSor"] = True
    if prevented and prevented[0].trade_group_id != ABSENT:
        body["tradeGroupId"] = prevented[0].trade_group_id
    if order.prevented_match_id != ABSENT:
        if not is_new:
            body["preventedMatchId"] = order.prevented_match_id
        body["preventedQuantity"] = show(order.prevented)
    if order.expiry is not None:
        body["expiryReason"] = order.expiry.value


# --- lists


def order_list(its: OrderList, scale: int) -> Body:
    """A list with the names of its orders."""
    return {
        "orderListId": its.id,
        "contingencyType": its.contingency.value,
        "listStatusType": its.status.value,
        "listOrderStatus": its.order_status.value,
        "listClientOrderId": its.client_id,
        "transactionTime": its.time * scale,
        "symbol": its.symbol,
        "orders": _members(its),
    }


def _members(its: OrderList) -> list[Body]:
    return [
        {"symbol": order.symbol, "orderId": order.id, "clientOrderId": order.client_id}
        for order in its.orders
    ]


def placed_list(
    its: OrderList,
    detail: Detail,
    now: int,
    scale: int,
    prevented: Sequence[PreventedMatch] = (),
) -> Body:
    """*prevented*: of all its orders."""
    reports = [
        placed(order, detail, now, scale, [it for it in prevented if it.taker_order_id == order.id])
        for order in its.orders
    ]
    return {**order_list(its, scale), "orderReports": reports}


def cancelled_list(its: OrderList, previous: Mapping[int, str], now: int, scale: int) -> Body:
    """*previous*: order id → the client id by which it was known before."""
    ids = {order.id: previous.get(order.id, order.client_id) for order in its.orders}
    body = order_list(its, scale)
    body["transactionTime"] = now * scale
    body["orders"] = [
        {"symbol": order.symbol, "orderId": order.id, "clientOrderId": ids[order.id]}
        for order in its.orders
    ]
    body["orderReports"] = [cancelled(order, ids[order.id], now, scale) for order in its.orders]
    return body


def list_status(its: OrderList) -> Body:
    """What an amendment says of the list."""
    return {
        "orderListId": its.id,
        "contingencyType": its.contingency.value,
        "listOrderStatus": its.order_status.value,
        "listClientOrderId": its.client_id,
        "symbol": its.symbol,
        "orders": _members(its),
    }


# --- what happened to orders


def fill_of_account(fill: Fill, scale: int) -> Body:
    """A row of ``myTrades``."""
    return {
        "symbol": fill.symbol,
        "id": fill.id,
        "orderId": fill.order_id,
        "orderListId": fill.list_id,
        "price": show(fill.price),
        "qty": show(fill.qty),
        "quoteQty": show_quote(fill.quote),
        "commission": show(fill.commission),
        "commissionAsset": fill.commission_asset,
        "time": fill.time * scale,
        "isBuyer": fill.is_buyer,
        "isMaker": fill.is_maker,
        "isBestMatch": True,
    }


def prevented_match(match: PreventedMatch, scale: int) -> Body:
    body: Body = {
        "symbol": match.symbol,
        "preventedMatchId": match.id,
        "takerOrderId": match.taker_order_id,
        "makerSymbol": match.maker_symbol,
        "makerOrderId": match.maker_order_id,
        "tradeGroupId": match.trade_group_id,
        "selfTradePreventionMode": match.stp.value,
        "price": show(match.price),
    }
    _lost(body, match)
    body["transactTime"] = match.time * scale
    return body


def _lost(body: Body, match: PreventedMatch) -> None:
    if match.taker_qty:
        body["takerPreventedQuantity"] = show(match.taker_qty)
    if match.maker_qty:
        body["makerPreventedQuantity"] = show(match.maker_qty)


def amendment(record: Amendment, scale: int) -> Body:
    return {
        "symbol": record.symbol,
        "orderId": record.order_id,
        "executionId": record.execution_id,
        "origClientOrderId": record.old_client_id,
        "newClientOrderId": record.new_client_id,
        "origQty": show(record.old_qty),
        "newQty": show(record.new_qty),
        "time": record.time * scale,
    }
