"""Signed requests: the venue's names, methods and weights, and what counts as new orders."""

from typing import Any

import pytest

from binance_mcp_server.binance_api import endpoints_account as account
from binance_mcp_server.binance_api import endpoints_trading as trading
from binance_mcp_server.binance_api.endpoints import Request
from binance_mcp_server.exchange.http.signed import ROUTES
from binance_mcp_server.exchange.wire.trading.call import AUTHENTIC

S = "BTCUSDT"
LIMIT = (
    *(("symbol", S), ("side", "BUY"), ("type", "LIMIT"), ("timeInForce", "GTC")),
    *(("quantity", "1"), ("price", "2")),
)
EVERY: tuple[tuple[Request[Any], str, str, int, int], ...] = (
    (trading.new_order(LIMIT), "POST", "order", 1, 1),
    (trading.test_order(LIMIT), "POST", "order/test", 1, 0),
    (trading.cancel_order(S, order_id=1, cancel_id="c"), "DELETE", "order", 1, 0),
    (trading.cancel_order(S, client_id="a", only="ONLY_NEW"), "DELETE", "order", 1, 0),
    (trading.cancel_all_orders(S), "DELETE", "openOrders", 1, 0),
    (trading.cancel_replace(LIMIT), "POST", "order/cancelReplace", 1, 1),
    (trading.amend_order(S, "0.5", order_id=1), "PUT", "order/amend/keepPriority", 4, 0),
    (trading.new_order_list("oco", (("symbol", S),)), "POST", "orderList/oco", 1, 2),
    (trading.new_order_list("oto", (("symbol", S),)), "POST", "orderList/oto", 1, 2),
    (trading.new_order_list("otoco", (("symbol", S),)), "POST", "orderList/otoco", 1, 3),
    (trading.new_order_list("opo", (("symbol", S),)), "POST", "orderList/opo", 1, 2),
    (trading.new_order_list("opoco", (("symbol", S),)), "POST", "orderList/opoco", 1, 3),
    (trading.cancel_order_list(S, list_id=1), "DELETE", "orderList", 1, 0),
    (account.account(), "GET", "account", 20, 0),
    (account.commission(S), "GET", "account/commission", 20, 0),
    (account.unfilled_orders(), "GET", "rateLimit/order", 40, 0),
    (account.order(S, client_id="a"), "GET", "order", 4, 0),
    (account.open_orders(S), "GET", "openOrders", 6, 0),
    (account.open_orders(), "GET", "openOrders", 80, 0),
    (account.all_orders(S, from_id=1, limit=2), "GET", "allOrders", 20, 0),
    (account.my_trades(S, start_time=1, end_time=2), "GET", "myTrades", 20, 0),
    (account.my_trades(S, order_id=1), "GET", "myTrades", 5, 0),
    (account.order_list(list_client_id="a"), "GET", "orderList", 4, 0),
    (account.open_order_lists(), "GET", "openOrderList", 6, 0),
    (account.all_order_lists(from_id=1), "GET", "allOrderList", 20, 0),
)
IDS = [f"{method} {path}" for _, method, path, _, _ in EVERY]


@pytest.mark.parametrize(("request_", "method", "path", "weight", "orders"), EVERY, ids=IDS)
def test_each_request_is_as_documented(
    request_: Request[Any], method: str, path: str, weight: int, orders: int
) -> None:
    assert (request_.method, request_.path) == (method, f"/api/v3/{path}")
    assert (request_.weight, request_.orders, request_.signed) == (weight, orders, True)


@pytest.mark.parametrize(("request_", "method", "path", "weight", "orders"), EVERY, ids=IDS)
def test_the_exchange_which_read_the_documents_by_itself_agrees(
    request_: Request[Any], method: str, path: str, weight: int, orders: int
) -> None:
    routed = ROUTES[method, f"/api/v3/{path}"]
    params = dict(request_.params)
    assert set(params) <= set(routed.accepts) - set(AUTHENTIC)
    assert routed.operation.weight(params) == weight
    assert routed.operation.orders(params) == orders


def test_new_orders_ask_for_the_full_answer_unless_told_otherwise() -> None:
    assert trading.new_order(LIMIT).params == (*LIMIT, ("newOrderRespType", "FULL"))
    own = (*LIMIT, ("newOrderRespType", "ACK"))
    assert trading.new_order(own).params == own


def test_digits_are_sent_as_they_are() -> None:
    tiny = (("quantity", "0.00001000"), ("price", "00012.10"))
    assert trading.new_order(tiny).query().startswith("quantity=0%2E00001000".replace("%2E", "."))
    assert "price=00012.10" in trading.new_order(tiny).query()


def test_the_key_s_rights_are_asked_of_the_wallet() -> None:
    request = account.api_restrictions()
    assert (request.path, request.signed) == ("/sapi/v1/account/apiRestrictions", True)
