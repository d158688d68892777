"""What an account may ask of spot about itself, its orders and its key, as request values. All of it is signed.

Endpoint names, parameters and weights: rest-api.md "Account endpoints" (2026-07-21), read 2026-11-24; the key's own
rights: the wallet documents' "Get API Key Permission" (developers.binance.com), read 2026-11-24. ``timestamp``,
``recvWindow`` and ``signature`` come when a request is sent. Times are in ms since the epoch, UTC.
"""

from binance_mcp_server.binance_api.endpoints import Request
from binance_mcp_server.binance_api.params import params_of
from binance_mcp_server.models.account import (
    Account,
    ApiRestrictions,
    CommissionRates,
    UnfilledCount,
)
from binance_mcp_server.models.orders import Fill, Order, OrderList

RESTRICTIONS_PATH = "/sapi/v1/account/apiRestrictions"


def account(*, omit_zero: bool = True) -> Request[Account]:
    """Balances and rights. Weight 20."""
    return Request(
        "/api/v3/account", params_of(omitZeroBalances=omit_zero), 20, Account, signed=True
    )


def commission(symbol: str) -> Request[CommissionRates]:
    """What a fill costs now. Weight 20."""
    return Request(
        "/api/v3/account/commission", params_of(symbol=symbol), 20, CommissionRates, signed=True
    )


def unfilled_orders() -> Request[tuple[UnfilledCount, ...]]:
    """How many orders count against the limits of the account. Weight 40."""
    return Request("/api/v3/rateLimit/order", (), 40, tuple[UnfilledCount, ...], signed=True)


def api_restrictions() -> Request[ApiRestrictions]:
    """What the key may do. Weight 1 (of a limit of its own); testnet and demo have no ``/sapi``."""
    return Request(RESTRICTIONS_PATH, (), 1, ApiRestrictions, signed=True)


def order(
    symbol: str, *, order_id: int | None = None, client_id: str | None = None
) -> Request[Order]:
    """One order by either id, open or not. Weight 4. −2013: there is none."""
    params = params_of(symbol=symbol, orderId=order_id, origClientOrderId=client_id)
    return Request("/api/v3/order", params, 4, Order, signed=True)


def open_orders(symbol: str | None = None) -> Request[tuple[Order, ...]]:
    """Weight 6 for a symbol, 80 for all of them."""
    weight = 80 if symbol is None else 6
    return Request(
        "/api/v3/openOrders", params_of(symbol=symbol), weight, tuple[Order, ...], signed=True
    )


def all_orders(
    symbol: str,
    *,
    from_id: int | None = None,
    start_time: int | None = None,
    end_time: int | None = None,
    limit: int | None = None,
) -> Request[tuple[Order, ...]]:
    """Orders in any status, oldest first; from an id, or of at most 24 hours, else the newest. Weight 20; limit 500, at
    most 1000."""
    params = params_of(
        symbol=symbol, orderId=from_id, startTime=start_time, endTime=end_time, limit=limit
    )
    return Request("/api/v3/allOrders", params, 20, tuple[Order, ...], signed=True)


def my_trades(
    symbol: str,
    *,
    order_id: int | None = None,
    from_id: int | None = None,
    start_time: int | None = None,
    end_time: int | None = None,
    limit: int | None = None,
) -> Request[tuple[Fill, ...]]:
    """Fills, oldest first. Weight 20, of one order 5; limit 500, at most 1000.

    The venue takes: nothing more, ``order_id`` (with ``from_id``), ``from_id``, or times not more than 24 hours apart.
    """
    params = params_of(
        symbol=symbol,
        orderId=order_id,
        fromId=from_id,
        startTime=start_time,
        endTime=end_time,
        limit=limit,
    )
    weight = 20 if order_id is None else 5
    return Request("/api/v3/myTrades", params, weight, tuple[Fill, ...], signed=True)


def order_list(
    *, list_id: int | None = None, list_client_id: str | None = None
) -> Request[OrderList]:
    """One list by either id; the venue calls the second one ``origClientOrderId`` here. Weight 4."""
    params = params_of(orderListId=list_id, origClientOrderId=list_client_id)
    return Request("/api/v3/orderList", params, 4, OrderList, signed=True)


def open_order_lists() -> Request[tuple[OrderList, ...]]:
    """Weight 6."""
    return Request("/api/v3/openOrderList", (), 6, tuple[OrderList, ...], signed=True)


def all_order_lists(
    *,
    from_id: int | None = None,
    start_time: int | None = None,
    end_time: int | None = None,
    limit: int | None = None,
) -> Request[tuple[OrderList, ...]]:
    """From an id, or of at most 24 hours. Weight 20; limit 500, at most 1000."""
    params = params_of(fromId=from_id, startTime=start_time, endTime=end_time, limit=limit)
    return Request("/api/v3/allOrderList", params, 20, tuple[OrderList, ...], signed=True)
