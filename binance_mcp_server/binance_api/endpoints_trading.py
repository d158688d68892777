"""What changes orders on spot, as request values. All of it is signed, and leaves once.

Endpoint names, weights and what counts as new orders: rest-api.md "Trading endpoints" (2026-07-21), read 2026-11-24.
Where an order's own parameters are meant, *params* are wire names and values as text, in order, exactly as they shall
be sent (``quantity``, ``price``, ``newClientOrderId``, …). Weight is what a refusal costs; a success costs none. Of new
orders the full answer is asked for, with the fills that they had at once.
"""

from typing import Final, Literal

from binance_mcp_server.binance_api.endpoints import Request
from binance_mcp_server.binance_api.params import params_of
from binance_mcp_server.models.info import Empty
from binance_mcp_server.models.orders import (
    Amendment,
    Cancelled,
    OrderFull,
    PlacedList,
    Replaced,
)

Params = tuple[tuple[str, str], ...]
ListKind = Literal["oco", "oto", "otoco", "opo", "opoco"]
Restriction = Literal["ONLY_NEW", "ONLY_PARTIALLY_FILLED"]

LIST_ORDERS: Final[dict[ListKind, int]] = {"oco": 2, "oto": 2, "otoco": 3, "opo": 2, "opoco": 3}
"""New orders in a list of that kind."""
_IN_FULL: Final = ("newOrderRespType", "FULL")


def _full(params: Params) -> Params:
    return params if any(name == _IN_FULL[0] for name, _ in params) else (*params, _IN_FULL)


def new_order(params: Params) -> Request[OrderFull]:
    """``POST order``: weight 1, one order."""
    return Request(
        "/api/v3/order", _full(params), 1, OrderFull, method="POST", signed=True, orders=1
    )


def test_order(params: Params) -> Request[Empty]:
    """``POST order/test``: all checks, and no order. Weight 1."""
    return Request("/api/v3/order/test", params, 1, Empty, method="POST", signed=True)


def cancel_order(
    symbol: str,
    *,
    order_id: int | None = None,
    client_id: str | None = None,
    cancel_id: str | None = None,
    only: Restriction | None = None,
) -> Request[Cancelled]:
    """``DELETE order``: weight 1. *cancel_id* names the cancellation itself. −2011: there is no such open order."""
    params = params_of(
        symbol=symbol,
        orderId=order_id,
        origClientOrderId=client_id,
        newClientOrderId=cancel_id,
        cancelRestrictions=only,
    )
    return Request("/api/v3/order", params, 1, Cancelled, method="DELETE", signed=True)


def cancel_all_orders(symbol: str) -> Request[tuple[Cancelled, ...]]:
    """``DELETE openOrders``: weight 1; lists too. −2011: there are none."""
    return Request(
        "/api/v3/openOrders",
        params_of(symbol=symbol),
        1,
        tuple[Cancelled, ...],
        method="DELETE",
        signed=True,
    )


def cancel_replace(params: Params) -> Request[Replaced]:
    """``POST order/cancelReplace``: weight 1, one order, also where the new one is not attempted. *params* are those of
    the new order with ``cancelReplaceMode`` and what is to be cancelled. −2021 and −2022 say in ``data`` what was
    done."""
    return Request(
        "/api/v3/order/cancelReplace",
        _full(params),
        1,
        Replaced,
        method="POST",
        signed=True,
        orders=1,
    )


def amend_order(
    symbol: str,
    new_quantity: str,
    *,
    order_id: int | None = None,
    client_id: str | None = None,
    new_client_id: str | None = None,
) -> Request[Amendment]:
    """``PUT order/amend/keepPriority``: weight 4. *new_quantity*: less than now, digits as they shall be sent."""
    params = params_of(
        symbol=symbol,
        orderId=order_id,
        origClientOrderId=client_id,
        newClientOrderId=new_client_id,
        newQty=new_quantity,
    )
    path = "/api/v3/order/amend/keepPriority"
    return Request(path, params, 4, Amendment, method="PUT", signed=True)


def new_order_list(kind: ListKind, params: Params) -> Request[PlacedList]:
    """``POST orderList/…``: weight 1; two or three orders."""
    return Request(
        f"/api/v3/orderList/{kind}",
        _full(params),
        1,
        PlacedList,
        method="POST",
        signed=True,
        orders=LIST_ORDERS[kind],
    )


def cancel_order_list(
    symbol: str,
    *,
    list_id: int | None = None,
    list_client_id: str | None = None,
    cancel_id: str | None = None,
) -> Request[PlacedList]:
    """``DELETE orderList``: weight 1; all of its orders."""
    params = params_of(
        symbol=symbol,
        orderListId=list_id,
        listClientOrderId=list_client_id,
        newClientOrderId=cancel_id,
    )
    return Request("/api/v3/orderList", params, 1, PlacedList, method="DELETE", signed=True)
