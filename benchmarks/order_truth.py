"""What may be said of an intent in the end, the venue's own orders being as they are."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from binance_mcp_server.trading.intents import (
    AmendIntent,
    CancelAllIntent,
    CancelIntent,
    Intent,
    ListIntent,
    OrderIntent,
    ReplaceIntent,
)
from binance_mcp_server.trading.journal import Intended, State

SYMBOL: Final = "BTCUSDT"
OLD: Final = "old"
"""Client id of an order that is there before."""
Told = Mapping[str, Any]
"""An order as ``GET /__sim/orders`` tells it."""

LIMIT: Final = OrderIntent(
    SYMBOL, "BUY", "LIMIT", quantity=Decimal("0.01"), price=Decimal(50_000), time_in_force="GTC"
)
_ABOVE: Final = OrderIntent(
    SYMBOL, "SELL", "LIMIT_MAKER", quantity=Decimal("0.01"), price=Decimal(90_000)
)
_BELOW: Final = OrderIntent(
    SYMBOL, "SELL", "STOP_LOSS", quantity=Decimal("0.01"), stop_price=Decimal(30_000)
)
INTENTS: Final[Mapping[str, Intent]] = {
    "order": LIMIT,
    "market": OrderIntent(SYMBOL, "BUY", "MARKET", quote_quantity=Decimal(100)),
    "list": ListIntent("OCO", SYMBOL, (_ABOVE, _BELOW)),
    "cancel": CancelIntent(SYMBOL, client_order_id=OLD),
    "cancel_all": CancelAllIntent(SYMBOL),
    "replace": ReplaceIntent(LIMIT, client_order_id=OLD),
    "amend": AmendIntent(SYMBOL, Decimal("0.004"), client_order_id=OLD),
}
"""Of each kind one, far from a market at 60,000."""
ABOUT_OLD: Final = frozenset({"cancel", "cancel_all", "replace", "amend"})

THENS: Final = ("hang", "reset", "503", "-1000", "-1001", "-1006", "-1007")
FAULTS: Final[Mapping[str, Mapping[str, object]]] = {
    "none": {},
    **{
        f"{then} {'executed' if executes else 'not executed'}": {
            "kind": "order",
            "executes": executes,
            "then": then,
        }
        for then in THENS
        for executes in (True, False)
    },
    "-1008": {"kind": "order", "executes": False, "then": "-1008"},
    "late": {"kind": "late_orders", "ms": 3000},
    "filled before": {"kind": "fill_before_cancel"},
}
"""Every fault of the exchange on an order's way."""


def fits(name: str, fault: str) -> bool:
    """Whether *fault* can strike that intent."""
    if fault == "filled before":
        return name in {"cancel", "cancel_all", "replace"}
    return fault != "late" or name in {"order", "market", "list", "replace"}


def truths(entry: Intended, orders: Sequence[Told], old_id: int) -> frozenset[State]:
    """States that are true. *old_id*: of the order that was there before, where *entry* is about one."""
    made = [order for order in orders if order["clientOrderId"] in entry.client_ids]
    old = next((order["status"] for order in orders if order["orderId"] == old_id), "")
    nothing: frozenset[State] = frozenset({"absent", "refused", "not_sent"})
    accepted: frozenset[State] = frozenset({"accepted"})
    ended: frozenset[State] = frozenset({"ended"})
    half: frozenset[State] = frozenset({"half"})
    match entry.action:
        case "cancel":
            return {"CANCELED": accepted, "FILLED": ended}.get(old, nothing)
        case "cancel_all":
            still: frozenset[State] = frozenset({"half", "refused", "not_sent"})
            gone: frozenset[State] = frozenset({"accepted", "refused", "ended"})
            return {"NEW": still, "CANCELED": accepted}.get(old, gone)
        case "replace" if not made:
            return {"CANCELED": half, "FILLED": ended}.get(old, nothing)
        case "amend" if not made:
            return {"CANCELED": ended, "FILLED": ended}.get(old, nothing)
    return accepted if made else nothing


def broken_promises(entries: Sequence[Intended], orders: Sequence[Told]) -> list[str]:
    """Client ids of which the venue has more than one order."""
    names = [order["clientOrderId"] for order in orders]
    return [each for entry in entries for each in entry.client_ids if names.count(each) > 1]
