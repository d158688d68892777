"""One order as flat facts: its terms, what was filled, and what that cost."""

from decimal import Decimal

from binance_mcp_server.commands.views import orders as view
from binance_mcp_server.commands.views.base import provenance
from binance_mcp_server.mcp_support.tables import Facts
from binance_mcp_server.models.exact import trim
from binance_mcp_server.models.orders import Fill
from binance_mcp_server.services import Services

MOST_FILLS = 20
"""Shown one by one."""


async def read(
    services: Services, symbol: str, order_id: int | None, client_order_id: str | None
) -> Facts:
    """The order by either id. Raises ``RejectedError`` (−2013) where there is none."""
    queries = await services.account.queries()
    name = (await queries.symbol(symbol)).symbol
    found = await queries.order(name, order_id, client_order_id)
    order = found.data
    fills = await queries.fills_of(name, order.id) if order.executed else ()
    return {**view.facts(order), **_fills(fills), **provenance(services.venue, found)}


def _fills(fills: tuple[Fill, ...]) -> Facts:
    if not fills:
        return {}
    paid: dict[str, Decimal] = {}
    for fill in fills:
        if fill.commission:
            asset = fill.commission_asset
            paid[asset] = paid.get(asset, Decimal(0)) + fill.commission
    shown = [
        f"{trim(fill.quantity_text)} at {trim(fill.price_text)}" for fill in fills[:MOST_FILLS]
    ]
    more = {"fills_left_out": len(fills) - MOST_FILLS} if len(fills) > MOST_FILLS else {}
    return {"commission": view.commission(paid), "fills": shown, **more}
