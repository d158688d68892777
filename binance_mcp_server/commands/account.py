"""Tools that read the owner's account: balances, orders, fills, and what tools may do there. Spot.

Their schemas are as short as they can be: whoever has all toolsets on pays for them in every conversation.
"""

from typing import Any

from fastmcp import FastMCP
from fastmcp.tools import ToolResult

from binance_mcp_server.commands import arguments as args
from binance_mcp_server.commands import order_facts, trading_status
from binance_mcp_server.commands.tables import account as tables
from binance_mcp_server.commands.tables.account import Page, Range
from binance_mcp_server.mcp_support.registration import READS, add_tool
from binance_mcp_server.mcp_support.tables import MAX_BYTES, object_result, reply
from binance_mcp_server.services import Services

MOST_ROWS = 1000


class Account:
    """The account, read over signed REST."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def get_account(
        self,
        quote: args.Text = "USDT",
        columns: args.ShortColumns = "default",
        format: args.ShortFormat = "csv",
        limit: int = 100,
        cursor: args.Text = "",
        max_bytes: args.ShortBytes = MAX_BYTES,
    ) -> ToolResult:
        """Balances with their value in quote, most valuable first; total value, commission rates.
        As they change: subscribe_stream(kind="account")."""
        page = Page(args.limit(limit, MOST_ROWS), cursor or None, columns)
        table = await tables.balances(self._services, quote.strip().upper(), page)
        return reply(table, format, max_bytes)

    async def get_open_orders(
        self,
        symbol: args.Text = "",
        columns: args.ShortColumns = "default",
        format: args.ShortFormat = "csv",
        limit: int = 100,
        cursor: args.Text = "",
        max_bytes: args.ShortBytes = MAX_BYTES,
    ) -> ToolResult:
        """Open orders, newest first; of one symbol they weigh less."""
        page = Page(args.limit(limit, MOST_ROWS), cursor or None, columns)
        table = await tables.open_orders(self._services, args.given(symbol), page)
        return reply(table, format, max_bytes)

    async def get_order_history(
        self,
        symbol: args.Text,
        start: args.AnyTime = "",
        end: args.AnyTime = "",
        columns: args.ShortColumns = "default",
        format: args.ShortFormat = "csv",
        limit: int = 50,
        cursor: args.Text = "",
        max_bytes: args.ShortBytes = MAX_BYTES,
    ) -> ToolResult:
        """Orders of a symbol in any status, newest first; `next` goes back."""
        page = Page(args.limit(limit, MOST_ROWS - 2), cursor or None, columns)
        asked = Range(symbol, args.given(start), args.given(end))
        return reply(await tables.history(self._services, asked, page), format, max_bytes)

    async def get_fills(
        self,
        symbol: args.Text,
        start: args.AnyTime = "",
        end: args.AnyTime = "",
        columns: args.ShortColumns = "default",
        format: args.ShortFormat = "csv",
        limit: int = 50,
        cursor: args.Text = "",
        max_bytes: args.ShortBytes = MAX_BYTES,
    ) -> ToolResult:
        """Own trades on a symbol, newest first, with commission and realised profit (FIFO)."""
        page = Page(args.limit(limit, MOST_ROWS), cursor or None, columns)
        asked = Range(symbol, args.given(start), args.given(end))
        return reply(await tables.fills(self._services, asked, page), format, max_bytes)

    async def get_order(
        self, symbol: args.Text, order_id: args.Text = "", client_order_id: args.Text = ""
    ) -> ToolResult:
        """One order by either id, with its fills and commission."""
        names = args.order_names(order_id, client_order_id)
        return object_result(await order_facts.read(self._services, symbol, *names))

    async def get_trading_status(self) -> ToolResult:
        """What tools may do here: the owner's limits and what is used of them, kill switch, orders whose fate is open,
        order rates, rights of the key."""
        return object_result(await trading_status.read(self._services))


def register(server: FastMCP[Any], services: Services) -> None:
    """Add this module's tools to *server*."""
    tools = Account(services)
    for method, title in (
        (tools.get_account, "Account"),
        (tools.get_open_orders, "Open orders"),
        (tools.get_order_history, "Order history"),
        (tools.get_fills, "Own trades"),
        (tools.get_order, "One order"),
        (tools.get_trading_status, "Trading status"),
    ):
        add_tool(server, method, title=title, annotations=READS)
