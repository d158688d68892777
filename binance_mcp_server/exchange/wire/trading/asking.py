"""An order as its parameters ask for it (rest-api.md "New order", read 2026-11-24). Pure.

An order of a list has the parameters of a single one with a prefix before their names.
"""

from typing import NamedTuple

from binance_mcp_server.exchange.engine.ladder import Side
from binance_mcp_server.exchange.engine.orders import NewOrder, OrderType, Peg, Stp, TimeInForce
from binance_mcp_server.exchange.wire import errors
from binance_mcp_server.exchange.wire.params import Query
from binance_mcp_server.exchange.wire.trading import reading, refusals

LEAST_STRATEGY_TYPE = 1_000_000
MOST_PEG_LEVELS = 100
PEG_OFFSET_TYPE = "PRICE_LEVEL"
UNNAMED = ""
"""A parameter that an order cannot have: it is never sent."""


class Names(NamedTuple):
    """How the parameters of one order are called."""

    side: str
    type: str
    tif: str
    qty: str
    quote_qty: str
    price: str
    client_id: str
    strategy_id: str
    strategy_type: str
    stop_price: str
    trailing_delta: str
    iceberg_qty: str
    peg: str
    peg_offset_type: str
    peg_offset_value: str


_OF_ORDERS = (
    *("side", "type", "timeInForce", "quantity", "quoteOrderQty", "price", "newClientOrderId"),
    *("strategyId", "strategyType", "stopPrice", "trailingDelta", "icebergQty"),
    *("pegPriceType", "pegOffsetType", "pegOffsetValue"),
)
SINGLE = Names(*_OF_ORDERS)
COMMON = ("newOrderRespType", "selfTradePreventionMode")
ORDER_PARAMS = ("symbol", *_OF_ORDERS, *COMMON)


def prefixed(prefix: str, *, side: str = "", qty: str = "") -> Names:
    """The names that *prefix* makes; *side* and *qty* where the list's own take their place."""
    named = {
        each: prefix + name[0].upper() + name[1:]
        for each, name in zip(Names._fields, _OF_ORDERS, strict=True)
    }
    named |= {"client_id": f"{prefix}ClientOrderId", "quote_qty": UNNAMED}
    named |= {name: its for name, its in (("side", side), ("qty", qty)) if its}
    return Names(**named)


class Common(NamedTuple):
    """What all orders of one request share."""

    symbol: str
    stp: Stp | None


def common(query: Query, symbol: str) -> Common:
    return Common(symbol, reading.one_of(query, "selfTradePreventionMode", Stp))


def side_of(query: Query, name: str) -> Side:
    return reading.required(query, name, Side, refusals.bad_side)


def type_of(query: Query, name: str) -> OrderType:
    return reading.required(query, name, OrderType, refusals.bad_order_type)


def order(
    query: Query,
    shared: Common,
    names: Names = SINGLE,
    *,
    kind: OrderType | None = None,
    sized: bool = True,
    uses_sor: bool = False,
) -> NewOrder:
    """The order that *names* ask for. *kind* when its type is not a parameter; not *sized*: its quantity is not known
    yet (the pending orders of an OPO)."""
    side = side_of(query, names.side)
    asked = NewOrder(
        symbol=shared.symbol,
        side=side,
        type=kind or type_of(query, names.type),
        tif=reading.one_of(query, names.tif, TimeInForce, refusals.bad_time_in_force)
        or TimeInForce.GTC,
        qty=reading.amount(query, names.qty) or 0,
        quote_qty=reading.amount(query, names.quote_qty) or 0,
        price=reading.amount(query, names.price) or 0,
        stop_price=reading.amount(query, names.stop_price) or 0,
        trailing_delta=query.integer(names.trailing_delta) or 0,
        iceberg_qty=reading.amount(query, names.iceberg_qty) or 0,
        client_id=reading.client_id(query, names.client_id) or "",
        stp=shared.stp,
        strategy_id=query.integer(names.strategy_id),
        strategy_type=_strategy_type(query, names),
        peg=reading.one_of(query, names.peg, Peg, refusals.bad_peg),
        peg_levels=_peg_levels(query, names),
        uses_sor=uses_sor,
    )
    _check_shape(query, asked, names, sized=sized)
    return asked


def _strategy_type(query: Query, names: Names) -> int | None:
    number = query.integer(names.strategy_type)
    if number is not None and number < LEAST_STRATEGY_TYPE:
        raise refusals.bad_strategy_type()
    return number


def _peg_levels(query: Query, names: Names) -> int | None:
    has = query.has(names.peg_offset_type), query.has(names.peg_offset_value)
    if not any(has):
        return None
    if not all(has):
        raise refusals.incomplete(names.peg_offset_type, names.peg_offset_value)
    query.mandatory(names.peg)
    if query.text(names.peg_offset_type) != PEG_OFFSET_TYPE:
        raise refusals.bad_peg_offset()
    levels = query.integer(names.peg_offset_value)
    if levels is not None and levels > MOST_PEG_LEVELS:
        raise refusals.too_great(names.peg_offset_value, MOST_PEG_LEVELS)
    return levels


def _check_shape(query: Query, asked: NewOrder, names: Names, *, sized: bool) -> None:
    """Which parameters its type needs, and which it must not have."""
    kind = asked.type
    if kind.is_limit and kind is not OrderType.LIMIT_MAKER:
        query.mandatory(names.tif)
    elif query.has(names.tif):
        raise refusals.not_required(names.tif)
    if kind is OrderType.MARKET:
        _check_market(query, names, sized=sized)
    elif sized:
        query.mandatory(names.qty)
    if kind is not OrderType.MARKET and query.has(names.quote_qty):
        raise refusals.not_required(names.quote_qty)
    if not kind.is_limit and query.has(names.price):
        raise refusals.not_required(names.price)
    if kind.is_limit and not query.has(names.peg):
        query.mandatory(names.price)
    _check_stop(query, kind, names)
    if asked.iceberg_qty:
        if not kind.is_limit:
            raise refusals.not_required(names.iceberg_qty)
        if asked.tif is not TimeInForce.GTC:
            raise refusals.bad_composition()


def _check_market(query: Query, names: Names, *, sized: bool) -> None:
    if query.has(names.qty) and query.has(names.quote_qty):
        raise refusals.not_required(names.quote_qty)
    if sized and not (query.has(names.qty) or query.has(names.quote_qty)):
        if names.quote_qty == UNNAMED:
            query.mandatory(names.qty)
        raise errors.either(names.qty, names.quote_qty)


def _check_stop(query: Query, kind: OrderType, names: Names) -> None:
    sent = [name for name in (names.stop_price, names.trailing_delta) if query.has(name)]
    if kind.is_contingent and not sent:
        raise errors.either(names.stop_price, names.trailing_delta)
    if sent and not kind.is_contingent:
        raise refusals.not_required(sent[0])
