"""What became of an intent, as facts that cannot be misread: whether it is done, and what is to be done if not."""

from typing import Any, Final

from binance_mcp_server.commands.views import orders as orders_view
from binance_mcp_server.commands.views.base import untrusted
from binance_mcp_server.errors import BinanceMcpError, VenueError
from binance_mcp_server.mcp_support.tables import Facts
from binance_mcp_server.models.orders import (
    OrderFull,
    OrderTerms,
    PlacedList,
    Replaced,
    commission_of,
)
from binance_mcp_server.trading.journal import State
from binance_mcp_server.trading.outcome import Outcome
from binance_mcp_server.trading.stopping import Stopped

MOST_ORDERS: Final = 20
_LONGEST_TEXT: Final = 200
_NO_SUCH_ORDER: Final = -2011
_RELEASE: Final = "Only the owner releases it: mcp-server-binance kill release."
# fmt: off
_BRIEF: Final = (
    "order_id", "client_order_id", "side", "type", "status", "price", "stop_price", "quantity", "executed",
)
# fmt: on
_DO: Final[dict[State, str]] = {
    "unknown": "Do not send it again: it may have been carried out. It is looked up meanwhile; get_trading_status lists"
    " it until it is known, and get_order finds it by client_order_id.",
    "absent": "No answer came, and nothing happened: the venue knows nothing of it."
    " If it is still wanted, preview again.",
    "half": "Only part of it was done; the orders here are as the venue has them now.",
    "ended": "It had ended before; the order here is its true final state.",
}


def facts(outcome: Outcome) -> Facts:
    """What is known of it now."""
    found: Facts = {
        "state": outcome.state,
        **_orders(outcome),
        **_paid(outcome.answer),
        **(_doubt(outcome.error) if outcome.state in {"unknown", "half"} else {}),
    }
    if outcome.text:
        found["note"] = untrusted(outcome.text, _LONGEST_TEXT)
    if outcome.repeated:
        found["repeated"] = "an earlier call used this token; nothing was sent again"
    if do := _DO.get(outcome.state):
        found["do"] = do
    return found


def stopped(found: Stopped, is_kept: bool) -> Facts:
    """What stopping came to; *is_kept*: whether the switch outlives this server."""
    cancelled = [order for outcome in found.outcomes for order in outcome.orders]
    told: Facts = {
        "stopped": True,
        "cancelled": len(cancelled),
        "orders": [_brief(order) for order in cancelled[:MOST_ORDERS]],
    }
    if found.left:
        told["still_open"] = [_brief(order) for order in found.left[:MOST_ORDERS]]
    return {**told, "do": _RELEASE if is_kept else "It lasts as long as this server runs."}


def nothing_was_open(outcome: Outcome) -> bool:
    """Whether all orders were to be cancelled, and there were none: what was wanted is so."""
    error = outcome.error
    of_all = outcome.entry.action == "cancel_all" and outcome.state == "refused"
    return of_all and isinstance(error, VenueError) and error.code == _NO_SUCH_ORDER


def raise_refusal(outcome: Outcome) -> None:
    """Raise why nothing was done, where nothing was: a tool error is what a model does not overlook."""
    if outcome.state in {"refused", "not_sent"} and outcome.error is not None:
        raise outcome.error


def _orders(outcome: Outcome) -> Facts:
    shown = outcome.orders[:MOST_ORDERS]
    more = (
        {"orders_left_out": len(outcome.orders) - MOST_ORDERS}
        if len(shown) < len(outcome.orders)
        else {}
    )
    entry = outcome.entry
    if not shown:
        ids = [untrusted(each, 36) for each in entry.client_ids]
        return {"symbol": untrusted(entry.symbol), **({"client_order_id": ids[0]} if ids else {})}
    if len(shown) == 1:
        return orders_view.facts(shown[0])
    lists = {order.list_id for order in shown} - {-1}
    return {
        "symbol": untrusted(entry.symbol),
        **({"list_id": str(lists.pop())} if len(lists) == 1 else {}),
        "orders": [_brief(order) for order in shown],
        **more,
    }


def _brief(order: OrderTerms) -> Facts:
    every = orders_view.facts(order)
    return {name: every[name] for name in _BRIEF if name in every}


def _paid(answer: Any) -> Facts:
    """Commissions of what traded at once, as the venue took them."""
    match answer:
        case OrderFull():
            fills = answer.fills
        case PlacedList():
            fills = tuple(fill for report in answer.reports for fill in report.fills)
        case Replaced():
            fills = answer.placed.fills if answer.placed else ()
        case _:
            return {}
    paid = orders_view.commission(commission_of(fills))
    return {"commission": paid} if paid else {}


def _doubt(error: BinanceMcpError | None) -> Facts:
    if error is None:
        return {}
    told: Facts = {"error": untrusted(error.message, _LONGEST_TEXT)}
    code = error.code if isinstance(error, VenueError) else getattr(error, "code", None)
    return {**told, **({"venue_code": code} if code is not None else {})}
