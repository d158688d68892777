"""Tools that say what can be traded, by which rules, and how the venue and this server are doing."""

from typing import Annotated, Any

from fastmcp import FastMCP
from fastmcp.tools import ToolResult
from pydantic import Field

from binance_mcp_server.commands import arguments as args
from binance_mcp_server.commands import symbol_rules
from binance_mcp_server.commands.tables import symbols
from binance_mcp_server.commands.views import status
from binance_mcp_server.mcp_support.registration import add_read_tool
from binance_mcp_server.mcp_support.tables import SMALL, object_result, reply
from binance_mcp_server.services import Services

OBJECT_SCHEMA = {
    "type": "object",
    "properties": {"venue": {"type": "string"}, "as_of": {"type": "string"}},
    "required": ["venue"],
}


class MarketInfo:
    """What is traded, and how."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def search_symbols(
        self,
        query: Annotated[
            str, Field(description="Symbol, asset or coin name, e.g. btc, bitcoin; *: all")
        ],
        quote: Annotated[str | None, Field(description="Only this quote asset")] = None,
        status: Annotated[
            str | None, Field(description="TRADING, HALT, …; empty: any")
        ] = "TRADING",
        limit: int = 10,
        columns: args.Columns = "default",
        format: args.Format = "csv",
        cursor: args.Cursor = None,
        max_bytes: args.MaxBytes = None,
        market: args.Market = "spot",
    ) -> ToolResult:
        """Find symbols by what people call them; best match first. Futures: with contract type."""
        asked = symbols.Question(query, quote, status, market)
        table = await symbols.read(
            self._services, asked, args.limit(limit, symbols.MOST_FOUND), cursor, columns
        )
        return reply(table, format, max_bytes or SMALL)

    async def get_symbol_rules(
        self, symbol: args.Symbol, market: args.Market = "spot"
    ) -> ToolResult:
        """Rules for orders on a symbol: price and quantity steps, minimum value, price bands, order types,
        with the venue's exact numbers; of futures the contract too. Read it before planning an order."""
        return object_result(await symbol_rules.read(self._services, symbol, market))

    async def get_exchange_status(self) -> ToolResult:
        """Whether the venue answers, its time and the clock offset, limits and how much of them is used,
        what this server serves. Start here when something looks wrong."""
        found = await self._services.status()
        futures = self._services.futures_limits()
        served = self._services.toolsets
        return object_result(status.facts(self._services.settings, found, futures, served))


def register(server: FastMCP[Any], services: Services) -> None:
    """Add this module's tools to *server*."""
    tools = MarketInfo(services)
    for method, title, schema in (
        (tools.search_symbols, "Symbol search", None),
        (tools.get_symbol_rules, "Symbol rules", OBJECT_SCHEMA),
        (tools.get_exchange_status, "Exchange status", OBJECT_SCHEMA),
    ):
        add_read_tool(server, method, title=title, toolset="market_info", output_schema=schema)
