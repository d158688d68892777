"""An account's orders as rows, and one of them as facts. Client order ids are text that somebody chose: data."""

from collections.abc import Mapping, Sequence
from decimal import Context, Decimal
from typing import Final

from binance_mcp_server.commands.views.base import untrusted
from binance_mcp_server.market.times import format_time
from binance_mcp_server.mcp_support.tables import Cell, Facts
from binance_mcp_server.models.exact import plain, trim
from binance_mcp_server.models.orders import Order, OrderTerms

# fmt: off
COLUMNS: Final = [
    "order_id", "symbol", "side", "type", "status", "price", "stop_price", "quantity", "executed", "time",
]
ALL_COLUMNS: Final = [
    *COLUMNS, "client_order_id", "list_id", "time_in_force", "average_price", "executed_quote", "quote_quantity",
    "iceberg_quantity", "trailing_delta", "self_trade_prevention", "reason", "working_time", "updated",
]
# fmt: on
_NONE = Decimal(0)
_PRICE = Context(prec=12)


def rows(orders: Sequence[Order], columns: Sequence[str]) -> list[list[Cell]]:
    """The chosen columns of *orders*."""
    return [[_cell(order, column) for column in columns] for order in orders]


def facts(order: OrderTerms) -> Facts:
    """What there is to say of *order*; figures that it does not have are left out."""
    names = [name for name in ALL_COLUMNS if name not in {"time", "working_time", "updated"}]
    if isinstance(order, Order):
        names += ["time", "updated"]
    cells = {name: _cell(order, name) for name in names}
    found = {name: value for name, value in cells.items() if value not in (None, "")}
    if order.is_open and order.executed:
        found["remaining"] = plain(order.remaining)
    return found


def commission(paid: Mapping[str, Decimal]) -> list[str]:
    """Commissions by asset, in words."""
    return [f"{plain(amount)} {untrusted(asset)}" for asset, amount in sorted(paid.items())]


def average(order: OrderTerms) -> str | None:
    """What a unit was bought or sold for on average, to twelve digits; calculated, not the venue's own."""
    price = order.average_price
    return None if price is None else plain(_PRICE.plus(price))


def _cell(order: OrderTerms, column: str) -> Cell:  # noqa: PLR0911 - one case a column
    match column:
        case "order_id":
            return str(order.id)
        case "list_id":
            return str(order.list_id) if order.list_id >= 0 else None
        case "client_order_id":
            return untrusted(getattr(order, "previous_client_id", "") or order.client_id)
        case "symbol" | "side" | "type" | "status" | "time_in_force" | "self_trade_prevention":
            return untrusted(getattr(order, column))
        case "average_price":
            return average(order)
        case "executed":
            return trim(order.executed_text)
        case "quantity" if order.quote_quantity and not order.quantity:
            return None
        case "reason":
            return untrusted(order.expiry_reason) or None
        case "trailing_delta":
            return order.trailing_delta or None
        case "time" | "working_time" | "updated":
            return _time(order, column)
    return _amount(order, column)


def _amount(order: OrderTerms, column: str) -> Cell:
    """A price or a quantity; 0 is how the venue writes that there is none."""
    text: str = getattr(order, f"{column.removesuffix('_quantity')}_text", "") or getattr(
        order, f"{column}_text"
    )
    number = Decimal(text)
    return trim(text) if number > 0 else None


def _time(order: OrderTerms, column: str) -> Cell:
    field = "update_time" if column == "updated" else column
    at: int = getattr(order, field, -1)
    return format_time(at) if at > 0 else None
