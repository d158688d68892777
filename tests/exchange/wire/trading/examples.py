"""Orders and requests that are easy to recognise."""

from collections.abc import Mapping
from typing import Any

from binance_mcp_server.exchange.engine.ladder import Side
from binance_mcp_server.exchange.engine.orders import (
    Fill,
    ListKind,
    NewOrder,
    OrderList,
    OrderType,
    SpotOrder,
)
from binance_mcp_server.exchange.numbers import SCALE
from binance_mcp_server.exchange.wire.params import Query
from binance_mcp_server.exchange.wire.trading.call import AUTHENTIC

NOW = 1_700_000_000_000
SYMBOL = "BTCUSDT"
LIMIT = {
    "symbol": SYMBOL,
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "1.5",
    "price": "99",
}


def asked(kind: OrderType = OrderType.LIMIT, **more: Any) -> NewOrder:
    """Buys 1 BTC at 99 USDT, unless told otherwise."""
    fields: dict[str, Any] = {"side": Side.BUY, "qty": SCALE, "price": 99 * SCALE} | more
    return NewOrder(symbol=SYMBOL, type=kind, **fields)


def order(kind: OrderType = OrderType.LIMIT, /, *, number: int = 7, **more: Any) -> SpotOrder:
    """An order on the book; fields of the request and of the order by their names."""
    of_request = {name: more.pop(name) for name in list(more) if name in NewOrder.__slots__}
    request = asked(kind, **of_request)
    fields: dict[str, Any] = {
        "price": request.price,
        "qty": request.qty,
        "stop_price": request.stop_price,
        "update_time": NOW,
        "working_time": NOW,
        "is_working": True,
    } | more
    client_id = fields.pop("known_as", f"order{number}")
    return SpotOrder(number, 1, request, client_id, NOW, **fields)


def fill(number: int = 56, order_id: int = 7, **more: Any) -> Fill:
    """1 BTC bought at 99 USDT."""
    said = Fill(
        number, order_id, -1, SYMBOL, 99 * SCALE, SCALE, 99 * SCALE**2, SCALE // 1000, "BTC", NOW,
        is_buyer=True, is_maker=False,
    )  # fmt: skip
    return said._replace(**more)


def order_list(kind: ListKind, *orders: SpotOrder, **more: Any) -> OrderList:
    for each in orders:
        each.list_id = 3
    return OrderList(3, 1, SYMBOL, kind, "list3", NOW, list(orders), **more)


def query(params: Mapping[str, str], accepts: tuple[str, ...]) -> Query:
    return Query(params, (*accepts, *AUTHENTIC))
