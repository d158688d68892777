"""An intent in plain words and as facts: what an agent reads of its own plan, and what a person is asked to agree to.

Everything here comes from checked values: a symbol of the venue, numbers, names of kinds. No text of an agent is in it.
"""

from collections.abc import Sequence
from typing import Final

from binance_mcp_server.commands.views.base import untrusted
from binance_mcp_server.mcp_support.tables import Facts
from binance_mcp_server.models.exact import plain
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

_ROLES: Final = {
    "OCO": ("above", "below"),
    "OTO": ("working", "pending"),
    "OTOCO": ("working", "above", "below"),
}


def facts(intent: Intent) -> Facts:
    """What *intent* is, flat."""
    match intent:
        case OrderIntent():
            return {"symbol": untrusted(intent.symbol), **_terms(intent)}
        case ListIntent():
            return {
                "symbol": untrusted(intent.symbol),
                "list": intent.contingency,
                **{role: sentence(leg) for role, leg in _legs(intent)},
            }
        case ReplaceIntent():
            return {
                "symbol": untrusted(intent.symbol),
                "replaces": _target(intent.order_id, intent.client_order_id),
                **_terms(intent.order),
            }
    return {"symbol": untrusted(intent.symbol), "does": sentence(intent)}


def sentence(intent: Intent) -> str:
    """*intent* in one line."""
    symbol = untrusted(intent.symbol)
    match intent:
        case OrderIntent():
            return _order(intent, symbol)
        case ListIntent():
            parts = [f"{role}: {_order(leg, symbol)}" for role, leg in _legs(intent)]
            return f"{intent.contingency} on {symbol} ({'; '.join(parts)})"
        case ReplaceIntent():
            target = _target(intent.order_id, intent.client_order_id)
            return f"cancel order {target} on {symbol}, and then {_order(intent.order, symbol)}"
        case AmendIntent():
            target = _target(intent.order_id, intent.client_order_id)
            return f"lower order {target} on {symbol} to {plain(intent.new_quantity)}"
        case CancelIntent():
            return f"cancel order {_target(intent.order_id, intent.client_order_id)} on {symbol}"
        case CancelListIntent():
            return f"cancel order list {_target(intent.list_id, intent.list_client_id)} on {symbol}"
        case CancelAllIntent():
            return f"cancel all orders on {symbol}"
    return intent.kind


def _legs(intent: ListIntent) -> Sequence[tuple[str, OrderIntent]]:
    return list(zip(_ROLES[intent.contingency], intent.legs, strict=True))


def _terms(order: OrderIntent) -> Facts:
    amounts = {
        "quantity": order.quantity,
        "quote_quantity": order.quote_quantity,
        "price": order.price,
        "stop_price": order.stop_price,
        "iceberg_quantity": order.iceberg_quantity,
    }
    return {
        "side": order.side,
        "type": order.type,
        **{name: plain(value) for name, value in amounts.items() if value is not None},
        **({"trailing_delta": order.trailing_delta} if order.trailing_delta else {}),
        **({"time_in_force": order.time_in_force} if order.time_in_force else {}),
    }


def _order(order: OrderIntent, symbol: str) -> str:
    if order.quote_quantity is not None:
        size = f"for {plain(order.quote_quantity)} of the quote asset"
    else:
        size = plain(order.quantity) if order.quantity is not None else ""
    words = [order.side, size, symbol, order.type]
    if order.price is not None:
        words.append(f"at {plain(order.price)}")
    if order.stop_price is not None:
        words.append(f"when the price reaches {plain(order.stop_price)}")
    if order.trailing_delta:
        words.append(f"trailing by {order.trailing_delta} BIPS")
    if order.iceberg_quantity is not None:
        words.append(f"showing {plain(order.iceberg_quantity)} at a time")
    if order.time_in_force:
        words.append(order.time_in_force)
    return " ".join(word for word in words if word)


def _target(order_id: int | None, client_id: str | None) -> str:
    return str(order_id) if order_id is not None else untrusted(client_id or "", 36)
