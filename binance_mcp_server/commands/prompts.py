"""Prompts that a person picks from a menu, and completion of their arguments."""

from typing import Annotated, Any

from fastmcp import FastMCP
from pydantic import Field

from binance_mcp_server.services import Services
from binance_mcp_server.venues import as_market

_CAREFUL = (
    "Use only numbers that the tools return, with their as_of times; say so where data is partial, stale or a candle"
    " is still open. Describe; do not advise on trades."
)


def register(server: FastMCP[Any], services: Services) -> None:
    """Add prompts and completion to *server*."""
    server.prompt(
        name="market_brief", title="Market brief", description="The last 24 hours of a market"
    )(market_brief)
    server.prompt(
        name="compare_symbols",
        title="Compare symbols",
        description="Two or more symbols side by side",
    )(compare_symbols)
    server.prompt(
        name="read_order_book", title="Read an order book", description="Liquidity around the price"
    )(read_order_book)

    @server.completion
    async def complete(_ref: Any, argument: Any, context: Any = None) -> list[str] | None:
        if argument.name in {"symbol", "symbols"}:
            chosen = (getattr(context, "arguments", None) or {}).get("market", "spot")
            return services.complete_symbol(argument.value, as_market(chosen) or "spot")
        if argument.name == "market":
            return [name for name in ("spot", "usdm", "coinm") if name.startswith(argument.value)]
        return None


def market_brief(
    quote: Annotated[str, Field(description="Quote asset of the market")] = "USDT",
) -> str:
    return (
        f"Give a short brief of the {quote} market over the last 24 hours. Call get_exchange_status first, then"
        f" scan_market with quote={quote} three times: by volume, by change, and by change with ascending=true. For the"
        f" most traded symbol read 24 hourly candles with get_candles. {_CAREFUL}"
    )


def compare_symbols(
    symbols: Annotated[str, Field(description="Symbols, e.g. ETHUSDT, SOLUSDT")],
    window: Annotated[str, Field(description="24h, day, or 1m to 7d")] = "24h",
) -> str:
    return (
        f"Compare {symbols} over {window}: get_ticker for all of them in one call, then get_candles for each with the"
        " same interval and start. Put price change, range, volume and the shape of the move side by side."
        f" {_CAREFUL}"
    )


def read_order_book(symbol: Annotated[str, Field(description="e.g. BTCUSDT")]) -> str:
    return (
        f"Read the order book of {symbol}: get_order_book with limit=100, then once more with a group of about 0.1 % of"
        " the price. Say where liquidity stands on both sides, how wide the spread is, and what the imbalance does and"
        f" does not tell. Compare the touch with get_trades. {_CAREFUL}"
    )
