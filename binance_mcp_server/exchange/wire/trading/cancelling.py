"""Cancellations and amendments (rest-api.md "Trading endpoints", read 2026-11-24)."""

from binance_mcp_server.exchange.engine.orders import ABSENT, OrderList, SpotOrder, Status
from binance_mcp_server.exchange.wire.params import Query
from binance_mcp_server.exchange.wire.shapes import Body
from binance_mcp_server.exchange.wire.trading import reading, refusals, shapes
from binance_mcp_server.exchange.wire.trading.call import SignedCall

_RESTRICTIONS = {
    "ONLY_NEW": Status.NEW,
    "ONLY_PARTIALLY_FILLED": Status.PARTIALLY_FILLED,
}


def restriction(query: Query) -> Status | None:
    """``cancelRestrictions``: the only status in which an order is cancelled."""
    text = query.text("cancelRestrictions")
    if text is not None and text not in _RESTRICTIONS:
        raise refusals.bad_cancel_restrictions()
    return _RESTRICTIONS[text] if text else None


def known_ids(call: SignedCall, symbol: str) -> dict[int, str]:
    """The client ids of open orders, which a cancellation takes from them."""
    return {order.id: order.client_id for order in call.venue.open_orders(call.uid, symbol)}


def gone(call: SignedCall, its: SpotOrder | OrderList, before: dict[int, str]) -> Body:
    """The answer for what was cancelled. *before*: see :func:`known_ids`."""
    if isinstance(its, OrderList):
        return shapes.cancelled_list(its, before, call.now, call.scale)
    return shapes.cancelled(its, before.get(its.id, its.client_id), call.now, call.scale)


def cancel(call: SignedCall) -> object:
    """One order; one of a list cancels the list."""
    query, symbol = call.query, call.symbol()
    order_id, client_id = reading.either(query, "orderId", "origClientOrderId")
    new_client_id = reading.client_id(query, "newClientOrderId") or ""
    only = restriction(query)
    query.finish()
    before = known_ids(call, symbol)
    its = call.venue.cancel(
        call.uid,
        symbol,
        call.now,
        order_id=order_id,
        client_id=client_id,
        new_client_id=new_client_id,
        only=only,
    )
    return gone(call, its, before)


def cancel_all(call: SignedCall) -> object:
    symbol = call.symbol()
    call.query.finish()
    before = known_ids(call, symbol)
    return [gone(call, its, before) for its in call.venue.cancel_all(call.uid, symbol, call.now)]


def cancel_list(call: SignedCall) -> object:
    query, symbol = call.query, call.symbol()
    list_id, client_id = reading.either(query, "orderListId", "listClientOrderId")
    new_client_id = reading.client_id(query, "newClientOrderId") or ""
    query.finish()
    before = known_ids(call, symbol)
    its = call.venue.cancel_list(
        call.uid,
        symbol,
        call.now,
        list_id=list_id,
        client_id=client_id,
        new_client_id=new_client_id,
    )
    return gone(call, its, before)


def amend(call: SignedCall) -> object:
    """Less of an order, which keeps its place."""
    query, symbol = call.query, call.symbol()
    order_id, client_id = reading.either(query, "orderId", "origClientOrderId")
    new_client_id = reading.client_id(query, "newClientOrderId") or ""
    query.mandatory("newQty")
    new_qty = reading.amount(query, "newQty") or 0
    query.finish()
    order, amendment = call.venue.amend(
        call.uid,
        symbol,
        call.now,
        new_qty,
        order_id=order_id,
        client_id=client_id,
        new_client_id=new_client_id,
    )
    body: Body = {
        "transactTime": call.now * call.scale,
        "executionId": amendment.execution_id,
        "amendedOrder": shapes.amended(order, amendment, call.scale),
    }
    if order.list_id != ABSENT:
        its = call.venue.list_(call.uid, list_id=order.list_id)
        body["listStatus"] = shapes.list_status(its)
    return body


def has_ended(body: object) -> bool:
    """Whether the order of an amendment's answer is open no more: then it costs no weight."""
    order = body["amendedOrder"] if isinstance(body, dict) else {}
    return not Status(order["status"]).is_open
