"""Resources that a client can attach: the venue's status, and a symbol's rules."""

from collections.abc import Awaitable
from typing import Any

import msgspec
from fastmcp import FastMCP

from binance_mcp_server.commands import symbol_rules
from binance_mcp_server.commands.views import status as status_view
from binance_mcp_server.errors import BinanceMcpError, InputError
from binance_mcp_server.mcp_support.errors import resource_failure
from binance_mcp_server.services import Services
from binance_mcp_server.venues import Market, as_market


def register(server: FastMCP[Any], services: Services) -> None:
    """Add the resources to *server*."""

    async def status() -> str:
        found = await services.status()
        limits = services.futures_limits()
        return as_json(status_view.facts(services.settings, found, limits, services.toolsets))

    async def symbol(market: str, symbol: str) -> str:
        return await read(_rules(services, market, symbol))

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


def product(text: str) -> Market:
    """The market that an address names. Raises ``InputError``."""
    market = as_market(text)
    if market is None:
        raise InputError("There is no such market.", advice="Markets are spot, usdm, coinm.")
    return market


async def read(content: Awaitable[dict[str, Any]]) -> str:
    """*content* as JSON; what goes wrong in the one form of error."""
    try:
        return as_json(await content)
    except BinanceMcpError as error:
        raise resource_failure(error) from None


def as_json(content: dict[str, Any]) -> str:
    return msgspec.json.encode(content).decode()


async def _rules(services: Services, market: str, symbol: str) -> dict[str, Any]:
    return await symbol_rules.read(services, symbol, product(market))
