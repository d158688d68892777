"""Resources that a client can attach: the venue's status, and a symbol's rules."""

from typing import Any

import msgspec
from fastmcp import FastMCP

from binance_mcp_server.commands import symbol_rules
from binance_mcp_server.commands.views import status as status_view
from binance_mcp_server.errors import BinanceMcpError, InputError
from binance_mcp_server.mcp_support.errors import resource_failure
from binance_mcp_server.services import Services
from binance_mcp_server.venues import as_market


def register(server: FastMCP[Any], services: Services) -> None:
    """Add the resources to *server*."""

    async def status() -> str:
        return _json(status_view.facts(services.settings, await services.status()))

    async def symbol(market: str, symbol: str) -> str:
        try:
            return _json(await _rules(services, market, symbol))
        except BinanceMcpError as error:
            raise resource_failure(error) from None

    server.resource(
        "binance://status",
        name="status",
        title="Exchange status",
        description="Reachability, clock offset, limits in use",
        mime_type="application/json",
    )(status)
    server.resource(
        "binance://symbols/{market}/{symbol}",
        name="symbol",
        title="Symbol rules",
        description="Status, steps, limits and order types of a symbol, e.g. binance://symbols/spot/BTCUSDT",
        mime_type="application/json",
    )(symbol)


async def _rules(services: Services, market: str, symbol: str) -> dict[str, Any]:
    product = as_market(market)
    if product is None:
        raise InputError("There is no such market.", advice="Markets are spot, usdm, coinm.")
    return await symbol_rules.read(services, symbol, product)


def _json(content: dict[str, Any]) -> str:
    return msgspec.json.encode(content).decode()
