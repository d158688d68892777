"""An order list as its parameters ask for it (rest-api.md "Order lists", read 2026-11-24). Pure."""

from collections.abc import Callable

from binance_mcp_server.exchange.engine.ladder import Side
from binance_mcp_server.exchange.engine.orders import (
    ListKind,
    NewList,
    NewOrder,
    OrderType,
    TimeInForce,
)
from binance_mcp_server.exchange.wire.params import Query
from binance_mcp_server.exchange.wire.trading import reading, refusals
from binance_mcp_server.exchange.wire.trading.asking import (
    COMMON,
    UNNAMED,
    Common,
    Names,
    common,
    order,
    prefixed,
    side_of,
    type_of,
)

_LIST_ID = "listClientOrderId"
_FIRST = ("symbol", _LIST_ID, *COMMON)
_STOP_LOSSES = (OrderType.STOP_LOSS, OrderType.STOP_LOSS_LIMIT)
_TAKE_PROFITS = (OrderType.TAKE_PROFIT, OrderType.TAKE_PROFIT_LIMIT)
_IN_PAIRS = (OrderType.LIMIT_MAKER, *_STOP_LOSSES, *_TAKE_PROFITS)
_WORKING_TYPES = (OrderType.LIMIT, OrderType.LIMIT_MAKER)

ABOVE = prefixed("above", side="side", qty="quantity")
BELOW = prefixed("below", side="side", qty="quantity")
WORKING = prefixed("working")
PENDING = prefixed("pending")
PENDING_ABOVE = prefixed("pendingAbove", side="pendingSide", qty="pendingQuantity")
PENDING_BELOW = prefixed("pendingBelow", side="pendingSide", qty="pendingQuantity")

_LEGACY = dict.fromkeys(Names._fields, UNNAMED) | {"side": "side", "qty": "quantity"}
LEGACY_LIMIT = Names(
    **_LEGACY
    | {
        "price": "price",
        "client_id": "limitClientOrderId",
        "strategy_id": "limitStrategyId",
        "strategy_type": "limitStrategyType",
        "iceberg_qty": "limitIcebergQty",
    }
)
LEGACY_STOP = Names(
    **_LEGACY
    | {
        "tif": "stopLimitTimeInForce",
        "price": "stopLimitPrice",
        "client_id": "stopClientOrderId",
        "strategy_id": "stopStrategyId",
        "strategy_type": "stopStrategyType",
        "stop_price": "stopPrice",
        "trailing_delta": "trailingDelta",
        "iceberg_qty": "stopIcebergQty",
    }
)


def _params(*orders: Names) -> tuple[str, ...]:
    named = (name for names in orders for name in names if name != UNNAMED)
    return tuple(dict.fromkeys((*_FIRST, *named)))


LEGACY_PARAMS = _params(LEGACY_LIMIT, LEGACY_STOP)
OCO_PARAMS = _params(ABOVE, BELOW)
OTO_PARAMS = _params(WORKING, PENDING)
"""OPO has them too: a ``pendingQuantity`` is refused in words of its own."""
OTOCO_PARAMS = _params(WORKING, PENDING_ABOVE, PENDING_BELOW)
"""And OPOCO."""

Reader = Callable[[Query, str], NewList]
"""Parameters and the symbol → what is asked for."""


def legacy_oco(query: Query, symbol: str) -> NewList:
    """The OCO that has no ``above`` and ``below`` yet. Of the two pages only web-socket-api.md lets ``trailingDelta``
    stand for ``stopPrice``."""
    shared = common(query, symbol)
    if not query.has(LEGACY_STOP.trailing_delta):
        query.mandatory(LEGACY_STOP.stop_price)
    has_limit = query.has(LEGACY_STOP.price)
    stop_type = OrderType.STOP_LOSS_LIMIT if has_limit else OrderType.STOP_LOSS
    limit = order(query, shared, LEGACY_LIMIT, kind=OrderType.LIMIT_MAKER)
    stop = order(query, shared, LEGACY_STOP, kind=stop_type)
    pair = (limit, stop) if limit.side is Side.SELL else (stop, limit)
    return _list(query, symbol, ListKind.OCO, *pair)


def oco(query: Query, symbol: str) -> NewList:
    pair = _pair(query, common(query, symbol), ABOVE, BELOW)
    return _list(query, symbol, ListKind.OCO, *pair)


def oto(query: Query, symbol: str) -> NewList:
    shared = common(query, symbol)
    working = _working(query, shared)
    return _list(query, symbol, ListKind.OTO, working, order(query, shared, PENDING))


def otoco(query: Query, symbol: str) -> NewList:
    shared = common(query, symbol)
    working = _working(query, shared)
    pair = _pair(query, shared, PENDING_ABOVE, PENDING_BELOW)
    return _list(query, symbol, ListKind.OTOCO, working, *pair)


def opo(query: Query, symbol: str) -> NewList:
    shared = common(query, symbol)
    working = _paying(query, shared)
    _check_paid(query, PENDING)
    return _list(query, symbol, ListKind.OPO, working, order(query, shared, PENDING, sized=False))


def opoco(query: Query, symbol: str) -> NewList:
    shared = common(query, symbol)
    working = _paying(query, shared)
    _check_paid(query, PENDING_ABOVE)
    pair = _pair(query, shared, PENDING_ABOVE, PENDING_BELOW, sized=False)
    return _list(query, symbol, ListKind.OPOCO, working, *pair)


def _list(query: Query, symbol: str, kind: ListKind, *orders: NewOrder) -> NewList:
    client_id = reading.client_id(query, _LIST_ID) or ""
    return NewList(symbol=symbol, kind=kind, orders=orders, client_id=client_id)


def _working(query: Query, shared: Common) -> NewOrder:
    if type_of(query, WORKING.type) not in _WORKING_TYPES:
        raise refusals.bad_order_type()
    return order(query, shared, WORKING)


def _paying(query: Query, shared: Common) -> NewOrder:
    """The working order of an OPO, whose proceeds the pending ones sell."""
    if side_of(query, WORKING.side) is not Side.BUY:
        raise refusals.working_must_buy()
    return _working(query, shared)


def _check_paid(query: Query, names: Names) -> None:
    if side_of(query, names.side) is not Side.SELL:
        raise refusals.pending_must_sell()
    if query.has(names.qty):
        raise refusals.pending_not_required(names.qty)


def _pair(
    query: Query, shared: Common, above: Names, below: Names, *, sized: bool = True
) -> tuple[NewOrder, NewOrder]:
    """Two orders of which one cancels the other."""
    side = side_of(query, above.side)
    types = type_of(query, above.type), type_of(query, below.type)
    _check_types(side, *types)
    for names, kind in zip((above, below), types, strict=True):
        has_tif = kind in (OrderType.STOP_LOSS_LIMIT, OrderType.TAKE_PROFIT_LIMIT)
        is_gtc = query.text(names.tif) in (None, TimeInForce.GTC)
        if has_tif and query.has(names.iceberg_qty) and not is_gtc:
            raise refusals.iceberg_needs_gtc(names.iceberg_qty, names.tif)
    return (
        order(query, shared, above, sized=sized),
        order(query, shared, below, sized=sized),
    )


def _check_types(side: Side, above: OrderType, below: OrderType) -> None:
    """One of them takes a profit (a limit order does), the other stops a loss, each on its side of the market."""
    if above not in _IN_PAIRS or below not in _IN_PAIRS:
        raise refusals.bad_type_in_list()
    if above == below == OrderType.LIMIT_MAKER:
        raise refusals.two_limits()
    buys = side is Side.BUY
    loses, gains = (above, below) if buys else (below, above)
    """Where a stop loss and where a take profit must stand."""
    if gains in _STOP_LOSSES:
        raise refusals.buy_stop_loss_below() if buys else refusals.sell_stop_loss_above()
    if loses in _TAKE_PROFITS:
        raise refusals.buy_take_profit_above() if buys else refusals.sell_take_profit_below()
    if loses is OrderType.LIMIT_MAKER:
        raise refusals.buy_limit_above() if buys else refusals.sell_limit_below()
