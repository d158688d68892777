"""Prices as facts. A zero is the venue's way to say that there was no trade: it is never shown as a price."""

from collections.abc import Sequence
from decimal import Decimal

from binance_mcp_server.commands.views.base import untrusted
from binance_mcp_server.market.times import format_time
from binance_mcp_server.mcp_support.tables import Facts
from binance_mcp_server.models.exact import trim
from binance_mcp_server.models.market import AveragePrice, PriceTicker


def content(tickers: Sequence[PriceTicker]) -> Facts:
    """One symbol with its price, or the prices of several by symbol; and who never traded."""
    priced = {
        untrusted(ticker.symbol): trim(ticker.price_text) for ticker in tickers if _is_price(ticker)
    }
    silent = [untrusted(ticker.symbol) for ticker in tickers if not _is_price(ticker)]
    facts: Facts = {"never_traded": silent} if silent else {}
    if len(tickers) == 1:
        ((symbol, price),) = priced.items() or [(silent[0], None)]
        return {"symbol": symbol} | ({"price": price} if price else {}) | facts
    return {"prices": priced} | facts


def average(symbol: str, answer: AveragePrice) -> Facts:
    """An average price with the minutes that it is of."""
    if not answer.price:
        return {"symbol": symbol, "never_traded": [symbol]}
    return {
        "symbol": symbol,
        "price": trim(answer.price_text),
        "minutes": answer.minutes,
        "last_trade": format_time(answer.close_time),
    }


def _is_price(ticker: PriceTicker) -> bool:
    return ticker.price != Decimal(0)
