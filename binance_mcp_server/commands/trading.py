"""Tools that place, change and end orders on spot, under the owner's limits. Listed only where the owner wants that."""

import secrets
from typing import Annotated, Any, Literal

from fastmcp import Context, FastMCP
from pydantic import Field, WithJsonSchema

from binance_mcp_server.commands import arguments as args
from binance_mcp_server.commands.order_flow import OrderFlow
from binance_mcp_server.commands.replacing import replacement
from binance_mcp_server.commands.views import outcomes
from binance_mcp_server.mcp_support.registration import ACTS, PREPARES, add_tool
from binance_mcp_server.mcp_support.tables import object_result
from binance_mcp_server.services import Services
from binance_mcp_server.trading import parsing
from binance_mcp_server.trading.intents import AmendIntent, CancelAllIntent, CancelIntent
from binance_mcp_server.trading.stopping import stop

LONGEST_CALL = 180.0
"""Seconds: a person at the client has 120, and then the venue is asked."""
Type = Annotated[
    args.Text,
    Field(
        description="MARKET LIMIT LIMIT_MAKER STOP_LOSS STOP_LOSS_LIMIT TAKE_PROFIT TAKE_PROFIT_LIMIT"
    ),
]


class Trading:
    """Orders, by way of the desk."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self.flow = OrderFlow(services, secrets.token_hex(6))

    async def preview_order(
        self,
        ctx: Context,
        symbol: args.Text,
        side: args.Text,
        type: Type,
        quantity: args.Text = "",
        quote_quantity: Annotated[args.Text, Field(description="MARKET: for so much quote")] = "",
        price: args.Text = "",
        stop_price: args.Text = "",
        trailing_delta: Annotated[args.Text, Field(description="BIPS")] = "",
        iceberg_quantity: args.Text = "",
        time_in_force: Annotated[args.Text, Field(description="GTC IOC FOK")] = "",
        self_trade_prevention: args.Text = "",
    ) -> Any:
        """Check an order, price it on the live book (fill, slippage, fee, balances after), hold it against the owner's
        limits. Gives a token for place_order, or what is wrong, with the nearest valid values."""
        intent = parsing.parse_order(
            symbol=symbol,
            side=side,
            type=type,
            quantity=args.given(quantity),
            quote_quantity=args.given(quote_quantity),
            price=args.given(price),
            stop_price=args.given(stop_price),
            trailing_delta=args.given(trailing_delta),
            iceberg_quantity=args.given(iceberg_quantity),
            time_in_force=args.given(time_in_force),
            self_trade_prevention=args.given(self_trade_prevention),
        )
        return await self.flow.preview(ctx, intent)

    async def preview_order_list(
        self,
        ctx: Context,
        kind: Literal["OCO", "OTO", "OTOCO"],
        symbol: args.Text,
        orders: Annotated[dict[str, dict[str, Any]], WithJsonSchema({"type": "object"})],
    ) -> Any:
        """preview_order for dependent orders. orders by role: above, below (OCO); working, pending (OTO); working,
        above, below (OTOCO); each with preview_order's arguments from side on."""
        legs = {role: _texts(order) for role, order in orders.items()}
        return await self.flow.preview(ctx, parsing.parse_list(kind=kind, symbol=symbol, legs=legs))

    async def place_order(self, ctx: Context, token: args.Text) -> Any:
        """Place exactly what was previewed, once; a person may be asked. Gives its state and the order."""
        return await self.flow.place(ctx, token.strip())

    async def cancel_order(
        self,
        ctx: Context,
        symbol: args.Text,
        order_id: args.Text = "",
        client_order_id: args.Text = "",
    ) -> Any:
        """End an order, and the list that it is in. If it was filled first: its true state."""
        names = args.order_names(order_id, client_order_id)
        return await self.flow.perform(ctx, CancelIntent(await self._symbol(symbol), *names))

    async def cancel_all_orders(self, ctx: Context, symbol: args.Text) -> Any:
        """End every open order on a symbol."""
        return await self.flow.perform(ctx, CancelAllIntent(await self._symbol(symbol)))

    async def replace_order(
        self,
        ctx: Context,
        symbol: args.Text,
        order_id: args.Text = "",
        client_order_id: args.Text = "",
        quantity: args.Text = "",
        price: args.Text = "",
        stop_price: args.Text = "",
    ) -> Any:
        """End an order and place it anew, changed; what is left out stays (quantity: what is unfilled). Checked like a
        new order."""
        changes = {"quantity": quantity, "price": price, "stop_price": stop_price}
        intent = await replacement(
            self._services,
            await self._symbol(symbol),
            args.order_names(order_id, client_order_id),
            {name: text for name, text in changes.items() if args.given(text)},
        )
        return await self.flow.perform(ctx, intent)

    async def amend_order(
        self,
        ctx: Context,
        symbol: args.Text,
        new_quantity: args.Text,
        order_id: args.Text = "",
        client_order_id: args.Text = "",
    ) -> Any:
        """Lower the quantity of an open order, which keeps its place in the queue."""
        names = args.order_names(order_id, client_order_id)
        quantity = parsing.amount("new_quantity", new_quantity)
        assert quantity is not None  # noqa: S101 - only None gives None
        return await self.flow.perform(
            ctx, AmendIntent(await self._symbol(symbol), quantity, *names)
        )

    async def stop_trading(self, ctx: Context, reason: args.Text = "") -> Any:
        """Kill switch: cancel all orders, refuse new ones until the owner releases it."""
        desk = await self._services.trading.desk()
        stopped = await stop(desk, self.flow.principal(ctx), reason)
        return object_result(
            self.flow.dated(outcomes.stopped(stopped, self._services.trading.folder is not None))
        )

    async def _symbol(self, text: str) -> str:
        return (await self._services.product("spot").symbols.get(text)).data.symbol


def _texts(order: dict[str, Any]) -> dict[str, Any]:
    """Numbers as their digits; what is empty is left out."""
    return {name: str(value) for name, value in order.items() if value not in (None, "")}


def register(server: FastMCP[Any], services: Services) -> None:
    """Add this module's tools to *server*."""
    tools = Trading(services)
    services.trading.on_close(tools.flow.people.close)
    for method, title, hints in (
        (tools.preview_order, "Preview an order", PREPARES),
        (tools.preview_order_list, "Preview an order list", PREPARES),
        (tools.place_order, "Place an order", ACTS),
        (tools.cancel_order, "Cancel an order", ACTS),
        (tools.cancel_all_orders, "Cancel all orders", ACTS),
        (tools.replace_order, "Replace an order", ACTS),
        (tools.amend_order, "Amend an order", ACTS),
        (tools.stop_trading, "Stop trading", ACTS),
    ):
        add_tool(server, method, title=title, annotations=hints, longest=LONGEST_CALL)
