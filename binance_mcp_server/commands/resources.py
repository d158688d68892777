"""Resources that a client can attach: the venue's status, and a symbol's rules."""

from typing import Any

import msgspec
from fastmcp import FastMCP

from binance_mcp_server.commands.views import info
from binance_mcp_server.commands.views.base import provenance
from binance_mcp_server.errors import InputError
from binance_mcp_server.services import Services
from binance_mcp_server.venues import as_market


def register(server: FastMCP[Any], services: Services) -> None:
    """Add the resources to *server*."""

    async def status() -> str:
        return _json(await services.status())

    async def symbol(market: str, symbol: str) -> str:
        product = as_market(market)
        if product is None:
            raise InputError("no such market.", advice="Markets are spot, usdm, coinm.")
        answer = await services.product(product).symbols.get(symbol)
        return _json(info.rules(answer.data, ()) | provenance(services.venue, answer))

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


def _json(content: dict[str, Any]) -> str:
    return msgspec.json.encode(content).decode()
