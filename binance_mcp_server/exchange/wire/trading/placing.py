"""New orders and new lists (rest-api.md "Trading endpoints", read 2026-11-24)."""

from collections.abc import Callable
from itertools import takewhile

from binance_mcp_server.exchange.engine.commission import DISCOUNT_ASSET
from binance_mcp_server.exchange.engine.orders import (
    NewOrder,
    OrderType,
    PreventedMatch,
    SpotOrder,
)
from binance_mcp_server.exchange.numbers import show
from binance_mcp_server.exchange.wire.shapes import Body
from binance_mcp_server.exchange.wire.trading import asking, reading, refusals, shapes
from binance_mcp_server.exchange.wire.trading.asking_lists import Reader
from binance_mcp_server.exchange.wire.trading.call import SignedCall
from binance_mcp_server.exchange.wire.trading.shapes import Detail

SOR_PARAMS = tuple(
    name
    for name in asking.ORDER_PARAMS
    if not name.startswith(("peg", "stop", "trailing", "quoteOrder"))
)
"""SOR orders are LIMIT or MARKET, and never pegged (faqs/pegged_orders.md)."""
_SOR_TYPES = (OrderType.LIMIT, OrderType.MARKET)


def detail(call: SignedCall, default: Detail) -> Detail:
    """``newOrderRespType``."""
    return reading.one_of(call.query, "newOrderRespType", Detail) or default


def _asked(call: SignedCall, *, uses_sor: bool) -> NewOrder:
    symbol = call.symbol()
    asked = asking.order(call.query, asking.common(call.query, symbol), uses_sor=uses_sor)
    if uses_sor and asked.type not in _SOR_TYPES:
        raise refusals.bad_order_type()
    return asked


def _place(call: SignedCall, *, uses_sor: bool) -> object:
    asked = _asked(call, uses_sor=uses_sor)
    default = Detail.FULL if uses_sor else shapes.detail_by_default(asked.type)
    wanted = detail(call, default)
    call.query.finish()
    order = call.counted(1, lambda: call.venue.place(call.uid, asked, call.now))
    return placed(call, order, wanted)


def placed(call: SignedCall, order: SpotOrder, wanted: Detail) -> Body:
    """The answer to a new order."""
    prevented = prevented_now(call, order.symbol)
    kept_from = [each for each in prevented if each.taker_order_id == order.id]
    return shapes.placed(order, wanted, call.now, call.scale, kept_from)


def prevented_now(call: SignedCall, symbol: str) -> list[PreventedMatch]:
    """The account's prevented matches of this moment, oldest first."""
    latest = reversed(call.venue.prevented(call.uid, symbol))
    return list(takewhile(lambda match: match.time == call.now, latest))[::-1]


def place(call: SignedCall) -> object:
    return _place(call, uses_sor=False)


def place_by_sor(call: SignedCall) -> object:
    return _place(call, uses_sor=True)


def _test(call: SignedCall, *, uses_sor: bool) -> object:
    asked = _asked(call, uses_sor=uses_sor)
    detail(call, Detail.ACK)
    computes = reading.boolean(call.query, "computeCommissionRates")
    call.query.finish()
    call.venue.test(call.uid, asked, call.now)
    return _rates(call, asked, with_special=not uses_sor) if computes else {}


def test(call: SignedCall) -> object:
    """All checks of a new order, and nothing more."""
    return _test(call, uses_sor=False)


def test_by_sor(call: SignedCall) -> object:
    return _test(call, uses_sor=True)


def _rates(call: SignedCall, asked: NewOrder, *, with_special: bool) -> Body:
    """What trades of the order would pay: its side is known, its part in a trade is not."""
    rates = call.account.rates_on(asked.symbol)

    def pair(part: str) -> Body:
        its = getattr(rates, part)
        return {
            "maker": show(its.of(asked.side, is_maker=True)),
            "taker": show(its.of(asked.side, is_maker=False)),
        }

    body: Body = {"standardCommissionForOrder": pair("standard")}
    if with_special:
        body["specialCommissionForOrder"] = pair("special")
    return {**body, "taxCommissionForOrder": pair("tax"), "discount": discount(call, asked.symbol)}


def discount(call: SignedCall, symbol: str) -> Body:
    """What paying commissions in BNB is worth."""
    rates = call.account.rates_on(symbol)
    return {
        "enabledForAccount": call.account.bnb_burn,
        "enabledForSymbol": rates.discount_on_symbol,
        "discountAsset": DISCOUNT_ASSET,
        "discount": show(rates.discount),
    }


def placing_list(
    read: Reader, orders: int, default: Detail = Detail.RESULT
) -> Callable[[SignedCall], object]:
    """The answer to a new list of so many *orders*. Without ``newOrderRespType`` the documents show RESULT for all
    but the oldest kind."""

    def place_list(call: SignedCall) -> object:
        asked = read(call.query, call.symbol())
        wanted = detail(call, default)
        call.query.finish()
        made = call.counted(orders, lambda: call.venue.place_list(call.uid, asked, call.now))
        prevented = prevented_now(call, made.symbol)
        return shapes.placed_list(made, wanted, call.now, call.scale, prevented)

    return place_list
