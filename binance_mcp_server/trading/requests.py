"""Intents as requests of the venue, and its answers as orders. Pure."""

from collections.abc import Iterable
from typing import Any, Final

from binance_mcp_server.binance_api import endpoints_trading as endpoints
from binance_mcp_server.binance_api.endpoints import Request
from binance_mcp_server.models.exact import plain
from binance_mcp_server.models.orders import (
    Amendment,
    Cancelled,
    OrderResult,
    OrderTerms,
    PlacedList,
    Replaced,
)
from binance_mcp_server.trading.intents import (
    AmendIntent,
    CancelAllIntent,
    CancelIntent,
    CancelListIntent,
    Intent,
    ListIntent,
    OrderIntent,
    ReplaceIntent,
)
from binance_mcp_server.trading.journal import Seen

_KINDS: Final[dict[str, endpoints.ListKind]] = {"OCO": "oco", "OTO": "oto", "OTOCO": "otoco"}


def request_of(intent: Intent) -> Request[Any]:
    """What carries *intent* out; it has to be named."""
    match intent:
        case OrderIntent():
            return endpoints.new_order(intent.params())
        case ListIntent():
            return endpoints.new_order_list(_KINDS[intent.contingency], intent.params())
        case ReplaceIntent():
            return endpoints.cancel_replace(intent.params())
        case AmendIntent():
            return endpoints.amend_order(
                intent.symbol,
                plain(intent.new_quantity),
                order_id=intent.order_id,
                client_id=intent.client_order_id,
                new_client_id=intent.client_id,
            )
        case CancelIntent():
            return endpoints.cancel_order(
                intent.symbol,
                order_id=intent.order_id,
                client_id=intent.client_order_id,
                cancel_id=intent.client_id,
            )
        case CancelListIntent():
            return endpoints.cancel_order_list(
                intent.symbol,
                list_id=intent.list_id,
                list_client_id=intent.list_client_id,
                cancel_id=intent.client_id,
            )
        case CancelAllIntent():
            return endpoints.cancel_all_orders(intent.symbol)
    raise TypeError(f"{type(intent).__name__} is no intent")


def target_of(intent: Intent) -> tuple[str, str]:
    """What *intent* is about, where that exists already: the venue's id, or the client id."""
    match intent:
        case CancelIntent() | AmendIntent() | ReplaceIntent():
            return _text(intent.order_id), intent.client_order_id or ""
        case CancelListIntent():
            return _text(intent.list_id), intent.list_client_id or ""
    return "", ""


def _text(number: int | None) -> str:
    return "" if number is None else str(number)


def orders_in(answer: object) -> tuple[OrderTerms, ...]:
    """Every order that an answer tells of, as it is then."""
    match answer:
        case OrderTerms():
            return (answer,)
        case PlacedList():
            return answer.reports
        case Cancelled():
            return answer.orders
        case Amendment():
            return (_amended(answer),)
        case Replaced():
            parts = answer.cancelled, answer.placed
            return tuple(order for part in parts if part for order in orders_in(part))
        case tuple():
            return tuple(order for part in answer for order in orders_in(part))
    return ()


def _amended(answer: Amendment) -> OrderResult:
    order = answer.order
    return OrderResult(
        symbol=order.symbol,
        id=order.id,
        list_id=order.list_id,
        client_id=order.client_id,
        side=order.side,
        type=order.type,
        status=order.status,
        time_in_force=order.time_in_force,
        price_text=order.price_text,
        quantity_text=order.quantity_text,
        executed_text=order.executed_text,
        executed_quote_text=order.executed_quote_text,
        transact_time=answer.transact_time,
    )


def seen(orders: Iterable[OrderTerms]) -> tuple[Seen, ...]:
    """*orders* as the journal keeps them."""
    return tuple(Seen(each.symbol, str(each.id), name_of(each), each.status) for each in orders)


def name_of(order: OrderTerms) -> str:
    """The client id by which *order* was placed, as far as it is told: a cancellation gives it its own."""
    previous = order.previous_client_id if isinstance(order, OrderResult) else ""
    return previous or order.client_id
