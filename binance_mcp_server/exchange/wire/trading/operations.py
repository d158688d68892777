"""Every signed operation of spot: parameters, weight, security, answer (rest-api.md, read 2026-11-24)."""

from collections.abc import Callable, Mapping

from binance_mcp_server.exchange.wire import weights
from binance_mcp_server.exchange.wire.trading import (
    account,
    asking,
    asking_lists,
    cancelling,
    placing,
    queries,
    replacing,
)
from binance_mcp_server.exchange.wire.trading.asking_lists import Reader
from binance_mcp_server.exchange.wire.trading.call import Operation, SignedCall, always, never
from binance_mcp_server.exchange.wire.trading.shapes import Detail

Answer = Callable[[SignedCall], object]


def _testing(params: Mapping[str, str]) -> int:
    return 20 if params.get("computeCommissionRates") == "true" else 1


def _open_orders(params: Mapping[str, str]) -> int:
    return 6 if params.get("symbol") else 80


def _my_trades(params: Mapping[str, str]) -> int:
    return 5 if params.get("orderId") else 20


def _prevented(params: Mapping[str, str]) -> int:
    return 20 if params.get("orderId") else 2


def _place(params: tuple[str, ...], answer: Answer, orders: int = 1) -> Operation:
    return Operation(params, weights.fixed(1), "TRADE", answer, lambda _params: orders, always)


def _list(
    params: tuple[str, ...], read: Reader, orders: int, default: Detail = Detail.RESULT
) -> Operation:
    return _place(params, placing.placing_list(read, orders, default), orders)


def _test(params: tuple[str, ...], answer: Answer) -> Operation:
    return Operation((*params, "computeCommissionRates"), _testing, "TRADE", answer)


def _cancel(params: tuple[str, ...], answer: Answer) -> Operation:
    return Operation(params, weights.fixed(1), "TRADE", answer, is_free=always)


def _ask(params: tuple[str, ...], weight: weights.Weight | int, answer: Answer) -> Operation:
    its = weights.fixed(weight) if isinstance(weight, int) else weight
    return Operation(params, its, "USER_DATA", answer, is_free=never)


_BY_ID = ("symbol", "orderId", "origClientOrderId")
_TIMES = ("startTime", "endTime", "limit")

ORDER_PLACE = _place(asking.ORDER_PARAMS, placing.place)
ORDER_TEST = _test(asking.ORDER_PARAMS, placing.test)
ORDER_CANCEL = _cancel((*_BY_ID, "newClientOrderId", "cancelRestrictions"), cancelling.cancel)
OPEN_ORDERS_CANCEL_ALL = _cancel(("symbol",), cancelling.cancel_all)
ORDER_CANCEL_REPLACE = _place(replacing.PARAMS, replacing.replace)
ORDER_AMEND = Operation(
    (*_BY_ID, "newClientOrderId", "newQty"),
    weights.fixed(4),
    "TRADE",
    cancelling.amend,
    is_free=cancelling.has_ended,
)
LIST_PLACE_LEGACY = _list(asking_lists.LEGACY_PARAMS, asking_lists.legacy_oco, 2, Detail.FULL)
LIST_PLACE_OCO = _list(asking_lists.OCO_PARAMS, asking_lists.oco, 2)
LIST_PLACE_OTO = _list(asking_lists.OTO_PARAMS, asking_lists.oto, 2)
LIST_PLACE_OTOCO = _list(asking_lists.OTOCO_PARAMS, asking_lists.otoco, 3)
LIST_PLACE_OPO = _list(asking_lists.OTO_PARAMS, asking_lists.opo, 2)
LIST_PLACE_OPOCO = _list(asking_lists.OTOCO_PARAMS, asking_lists.opoco, 3)
LIST_CANCEL = _cancel(
    ("symbol", "orderListId", "listClientOrderId", "newClientOrderId"), cancelling.cancel_list
)
SOR_PLACE = _place(placing.SOR_PARAMS, placing.place_by_sor)
SOR_TEST = _test(placing.SOR_PARAMS, placing.test_by_sor)

ACCOUNT_STATUS = _ask(("omitZeroBalances",), 20, account.account)
ORDER_STATUS = _ask(_BY_ID, 4, queries.order)
OPEN_ORDERS_STATUS = _ask(("symbol",), _open_orders, queries.open_orders)
ALL_ORDERS = _ask(("symbol", "orderId", *_TIMES), 20, queries.all_orders)
LIST_STATUS = _ask(("orderListId", "origClientOrderId"), 4, queries.order_list)
OPEN_LISTS_STATUS = _ask((), 6, queries.open_lists)
ALL_LISTS = _ask(("fromId", *_TIMES), 20, queries.all_lists)
MY_TRADES = _ask(("symbol", "orderId", "fromId", *_TIMES), _my_trades, queries.my_trades)
UNFILLED_ORDERS = _ask((), 40, account.unfilled_orders)
MY_PREVENTED_MATCHES = _ask(
    ("symbol", "preventedMatchId", "orderId", "fromPreventedMatchId", "limit"),
    _prevented,
    queries.prevented_matches,
)
MY_ALLOCATIONS = _ask(("symbol", "orderId", "fromAllocationId", *_TIMES), 20, queries.allocations)
ACCOUNT_COMMISSION = _ask(("symbol",), 20, account.commission)
ORDER_AMENDMENTS = _ask(("symbol", "orderId", "fromExecutionId", "limit"), 4, queries.amendments)
MY_FILTERS = _ask(("symbol",), 40, account.my_filters)

REST: Mapping[tuple[str, str], Operation] = {
    ("POST", "order"): ORDER_PLACE,
    ("POST", "order/test"): ORDER_TEST,
    ("DELETE", "order"): ORDER_CANCEL,
    ("DELETE", "openOrders"): OPEN_ORDERS_CANCEL_ALL,
    ("POST", "order/cancelReplace"): ORDER_CANCEL_REPLACE,
    ("PUT", "order/amend/keepPriority"): ORDER_AMEND,
    ("POST", "order/oco"): LIST_PLACE_LEGACY,
    ("POST", "orderList/oco"): LIST_PLACE_OCO,
    ("POST", "orderList/oto"): LIST_PLACE_OTO,
    ("POST", "orderList/otoco"): LIST_PLACE_OTOCO,
    ("POST", "orderList/opo"): LIST_PLACE_OPO,
    ("POST", "orderList/opoco"): LIST_PLACE_OPOCO,
    ("DELETE", "orderList"): LIST_CANCEL,
    ("POST", "sor/order"): SOR_PLACE,
    ("POST", "sor/order/test"): SOR_TEST,
    ("GET", "account"): ACCOUNT_STATUS,
    ("GET", "order"): ORDER_STATUS,
    ("GET", "openOrders"): OPEN_ORDERS_STATUS,
    ("GET", "allOrders"): ALL_ORDERS,
    ("GET", "orderList"): LIST_STATUS,
    ("GET", "openOrderList"): OPEN_LISTS_STATUS,
    ("GET", "allOrderList"): ALL_LISTS,
    ("GET", "myTrades"): MY_TRADES,
    ("GET", "rateLimit/order"): UNFILLED_ORDERS,
    ("GET", "myPreventedMatches"): MY_PREVENTED_MATCHES,
    ("GET", "myAllocations"): MY_ALLOCATIONS,
    ("GET", "account/commission"): ACCOUNT_COMMISSION,
    ("GET", "order/amendments"): ORDER_AMENDMENTS,
    ("GET", "myFilters"): MY_FILTERS,
}
"""By method and path below ``/api/v3/``."""
