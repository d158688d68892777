"""Requests of REST by the names of the WebSocket API. Pure.

The two interfaces have the same operations with the same parameters, weights and answers (web-socket-api.md of
Binance's spot documents, 2026-07-21, read 2026-11-24), so a request is described once, as a call of REST.
"""

from collections.abc import Mapping
from typing import Any, Final

from binance_mcp_server.binance_api.endpoints import Method, Request
from binance_mcp_server.errors import NotBuiltError

SUBSCRIBE: Final = "userDataStream.subscribe.signature"
UNSUBSCRIBE: Final = "userDataStream.unsubscribe"
SUBSCRIBING_WEIGHT: Final = 2
CONNECTING_WEIGHT: Final = 2

_METHODS: Final[Mapping[tuple[Method, str], str]] = {
    ("GET", "/api/v3/ping"): "ping",
    ("GET", "/api/v3/time"): "time",
    ("POST", "/api/v3/order"): "order.place",
    ("POST", "/api/v3/order/test"): "order.test",
    ("GET", "/api/v3/order"): "order.status",
    ("DELETE", "/api/v3/order"): "order.cancel",
    ("DELETE", "/api/v3/openOrders"): "openOrders.cancelAll",
    ("POST", "/api/v3/order/cancelReplace"): "order.cancelReplace",
    ("PUT", "/api/v3/order/amend/keepPriority"): "order.amend.keepPriority",
    ("POST", "/api/v3/orderList/oco"): "orderList.place.oco",
    ("POST", "/api/v3/orderList/oto"): "orderList.place.oto",
    ("POST", "/api/v3/orderList/otoco"): "orderList.place.otoco",
    ("POST", "/api/v3/orderList/opo"): "orderList.place.opo",
    ("POST", "/api/v3/orderList/opoco"): "orderList.place.opoco",
    ("DELETE", "/api/v3/orderList"): "orderList.cancel",
    ("GET", "/api/v3/openOrders"): "openOrders.status",
    ("GET", "/api/v3/allOrders"): "allOrders",
    ("GET", "/api/v3/orderList"): "orderList.status",
    ("GET", "/api/v3/openOrderList"): "openOrderLists.status",
    ("GET", "/api/v3/allOrderList"): "allOrderLists",
    ("GET", "/api/v3/account"): "account.status",
    ("GET", "/api/v3/account/commission"): "account.commission",
    ("GET", "/api/v3/rateLimit/order"): "account.rateLimits.orders",
    ("GET", "/api/v3/myTrades"): "myTrades",
    ("GET", "/api/v3/myPreventedMatches"): "myPreventedMatches",
    ("GET", "/api/v3/myAllocations"): "myAllocations",
    ("GET", "/api/v3/myFilters"): "myFilters",
    ("GET", "/api/v3/order/amendments"): "order.amendments",
}


def has(request: Request[Any]) -> bool:
    """Whether the WebSocket API answers *request*."""
    return (request.method, request.path) in _METHODS


def method_of(request: Request[Any]) -> str:
    """What *request* is called there. Raises ``NotBuiltError`` for what only REST has."""
    try:
        return _METHODS[request.method, request.path]
    except KeyError:
        raise NotBuiltError(
            f"{request.method} {request.path} is not on the WebSocket API.", advice="Ask over REST."
        ) from None
