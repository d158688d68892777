"""Every public spot endpoint as a request value: path, parameters, weight. Futures: ``endpoints_futures``.

Endpoint names, parameters and weights: rest-api.md of Binance's spot documents (2026-07-21), read 2026-11-22.
Nothing here does I/O or checks symbols; arguments are what the venue takes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from binance_mcp_server.binance_api.params import encoded, params_of
from binance_mcp_server.models import info, market

T_co = TypeVar("T_co", covariant=True)

Interval = Literal[
    "1s", "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d", "3d", "1w", "1M"
]  # fmt: skip
Method = Literal["GET", "POST", "PUT", "DELETE"]
TickerType = Literal["FULL", "MINI"]
Status = Literal["TRADING", "HALT", "BREAK"]
"""Asks for symbols in this status alone: the venue refuses another one (−1220), and leaves it out of a list."""


@dataclass(frozen=True, slots=True)
class Request(Generic[T_co]):
    """One REST call, ready to be sent and decoded."""

    path: str
    params: tuple[tuple[str, str], ...]
    """Wire names and values as text, in order, not yet percent-encoded."""
    weight: int
    """What the venue counts for it (REQUEST_WEIGHT)."""
    reply: type[T_co]
    method: Method = "GET"
    signed: bool = False
    """Whether it needs a key and its signature."""
    orders: int = 0
    """New orders in it: what the venue counts for it until they are filled (ORDERS)."""

    def query(self) -> str:
        """The percent-encoded query string (UTF-8)."""
        return "&".join(f"{name}={encoded(value)}" for name, value in self.params)

    def url(self, base: str) -> str:
        """The whole address below *base* (scheme and host, no trailing slash)."""
        return f"{base}{self.path}?{self.query()}" if self.params else f"{base}{self.path}"


def ping() -> Request[info.Empty]:
    """Weight 1."""
    return Request("/api/v3/ping", (), 1, info.Empty)


def server_time() -> Request[info.ServerTime]:
    """Weight 1."""
    return Request("/api/v3/time", (), 1, info.ServerTime)


def exchange_info(
    *,
    symbol: str | None = None,
    symbols: Sequence[str] | None = None,
    permissions: Sequence[str] | None = None,
    show_permission_sets: bool | None = None,
    symbol_status: str | None = None,
) -> Request[info.ExchangeInfo]:
    """Weight 20, whatever is asked. Only one of symbol, symbols, permissions and symbol_status at a time."""
    return Request(
        "/api/v3/exchangeInfo",
        params_of(
            symbol=symbol,
            symbols=symbols,
            permissions=permissions,
            showPermissionSets=show_permission_sets,
            symbolStatus=symbol_status,
        ),
        20,
        info.ExchangeInfo,
    )


def execution_rules(
    *,
    symbol: str | None = None,
    symbols: Sequence[str] | None = None,
    symbol_status: str | None = None,
) -> Request[info.ExecutionRules]:
    """Weight 2 a symbol, at most 40; 40 for all or by status."""
    weight = 2 if symbol else min(2 * len(symbols), 40) if symbols else 40
    return Request(
        "/api/v3/executionRules",
        params_of(symbol=symbol, symbols=symbols, symbolStatus=symbol_status),
        weight,
        info.ExecutionRules,
    )


_DEPTH_WEIGHTS = ((100, 5), (500, 25), (1000, 50))


def depth(
    symbol: str, *, limit: int | None = None, status: Status | None = None
) -> Request[market.Depth]:
    """Weight 5 to 100 levels a side, 25 to 500, 50 to 1000, 250 above. The venue serves at most 5000."""
    levels = 100 if limit is None else limit
    weight = next((weight for most, weight in _DEPTH_WEIGHTS if levels <= most), 250)
    params = params_of(symbol=symbol, limit=limit, symbolStatus=status)
    return Request("/api/v3/depth", params, weight, market.Depth)


def trades(symbol: str, *, limit: int | None = None) -> Request[tuple[market.Trade, ...]]:
    """The latest trades, oldest first. Weight 25; limit 500, at most 1000."""
    return Request(
        "/api/v3/trades", params_of(symbol=symbol, limit=limit), 25, tuple[market.Trade, ...]
    )


def historical_trades(
    symbol: str, *, from_id: int | None = None, limit: int | None = None
) -> Request[tuple[market.Trade, ...]]:
    """Trades from *from_id* on. Weight 25; limit 500, at most 1000."""
    return Request(
        "/api/v3/historicalTrades",
        params_of(symbol=symbol, limit=limit, fromId=from_id),
        25,
        tuple[market.Trade, ...],
    )


def historical_block_trades(
    symbol: str, *, from_id: int, limit: int | None = None
) -> Request[tuple[market.BlockTrade, ...]]:
    """Block trades from *from_id* on. Weight 25; limit 500, at most 1000."""
    return Request(
        "/api/v3/historicalBlockTrades",
        params_of(symbol=symbol, fromId=from_id, limit=limit),
        25,
        tuple[market.BlockTrade, ...],
    )


def agg_trades(
    symbol: str,
    *,
    from_id: int | None = None,
    start_time: int | None = None,
    end_time: int | None = None,
    limit: int | None = None,
) -> Request[tuple[market.AggTrade, ...]]:
    """Aggregate trades by id or by time (both ends inclusive). Weight 4; limit 500, at most 1000."""
    return Request(
        "/api/v3/aggTrades",
        params_of(
            symbol=symbol, fromId=from_id, startTime=start_time, endTime=end_time, limit=limit
        ),
        4,
        tuple[market.AggTrade, ...],
    )


def klines(
    symbol: str,
    interval: Interval,
    *,
    start_time: int | None = None,
    end_time: int | None = None,
    time_zone: str | None = None,
    limit: int | None = None,
    ui: bool = False,
) -> Request[tuple[market.Kline, ...]]:
    """Candles by open time. Weight 2; limit 500, at most 1000.

    *time_zone* (``-12:00`` to ``+14:00``) moves the candles' boundaries, not start and end. *ui* asks for the variant
    that the venue adjusts for charts.
    """
    return Request(
        "/api/v3/uiKlines" if ui else "/api/v3/klines",
        params_of(
            symbol=symbol,
            interval=interval,
            startTime=start_time,
            endTime=end_time,
            timeZone=time_zone,
            limit=limit,
        ),
        2,
        tuple[market.Kline, ...],
    )


def average_price(symbol: str) -> Request[market.AveragePrice]:
    """Weight 2."""
    return Request("/api/v3/avgPrice", params_of(symbol=symbol), 2, market.AveragePrice)


_DAY_WEIGHTS = ((20, 2), (100, 40))


def ticker_24hr(
    symbols: Sequence[str] | None = None,
    *,
    type: TickerType | None = None,
    status: Status | None = None,
) -> Request[tuple[market.Ticker, ...]]:
    """Rolling 24 hours. Weight 2 to 20 symbols, 40 to 100, else 80; all symbols when none is given."""
    weight = 80
    if symbols:
        weight = next((weight for most, weight in _DAY_WEIGHTS if len(symbols) <= most), 80)
    return Request(
        "/api/v3/ticker/24hr",
        params_of(symbols=symbols, type=type, symbolStatus=status),
        weight,
        tuple[market.Ticker, ...],
    )


def ticker_trading_day(
    symbols: Sequence[str],
    *,
    time_zone: str | None = None,
    type: TickerType | None = None,
    status: Status | None = None,
) -> Request[tuple[market.Ticker, ...]]:
    """The current trading day. Weight 4 a symbol, at most 200; at most 100 symbols."""
    return Request(
        "/api/v3/ticker/tradingDay",
        params_of(symbols=symbols, timeZone=time_zone, type=type, symbolStatus=status),
        min(4 * len(symbols), 200),
        tuple[market.Ticker, ...],
    )


def ticker_rolling(
    symbols: Sequence[str],
    *,
    window_size: str | None = None,
    type: TickerType | None = None,
    status: Status | None = None,
) -> Request[tuple[market.Ticker, ...]]:
    """A window of 1m–59m, 1h–23h or 1d–7d. Weight 4 a symbol, at most 200; at most 100 symbols."""
    return Request(
        "/api/v3/ticker",
        params_of(symbols=symbols, windowSize=window_size, type=type, symbolStatus=status),
        min(4 * len(symbols), 200),
        tuple[market.Ticker, ...],
    )


def ticker_price(symbol: str, *, status: Status | None = None) -> Request[market.PriceTicker]:
    """Last price of one symbol. Weight 2."""
    params = params_of(symbol=symbol, symbolStatus=status)
    return Request("/api/v3/ticker/price", params, 2, market.PriceTicker)


def ticker_prices(
    symbols: Sequence[str] | None = None, *, status: Status | None = None
) -> Request[tuple[market.PriceTicker, ...]]:
    """Last prices of several symbols, or of all. Weight 4."""
    return Request(
        "/api/v3/ticker/price",
        params_of(symbols=symbols, symbolStatus=status),
        4,
        tuple[market.PriceTicker, ...],
    )


def book_ticker(symbol: str, *, status: Status | None = None) -> Request[market.BookTicker]:
    """Best bid and ask of one symbol. Weight 2."""
    params = params_of(symbol=symbol, symbolStatus=status)
    return Request("/api/v3/ticker/bookTicker", params, 2, market.BookTicker)


def book_tickers(
    symbols: Sequence[str] | None = None, *, status: Status | None = None
) -> Request[tuple[market.BookTicker, ...]]:
    """Best bids and asks of several symbols, or of all. Weight 4."""
    return Request(
        "/api/v3/ticker/bookTicker",
        params_of(symbols=symbols, symbolStatus=status),
        4,
        tuple[market.BookTicker, ...],
    )


def reference_price(symbol: str) -> Request[market.ReferencePrice]:
    """Weight 2. The venue answers −2043 where none was ever set."""
    return Request("/api/v3/referencePrice", params_of(symbol=symbol), 2, market.ReferencePrice)


def reference_price_calculation(symbol: str) -> Request[market.ReferencePriceCalculation]:
    """Weight 2. The venue answers −2043 where none is calculated."""
    return Request(
        "/api/v3/referencePrice/calculation",
        params_of(symbol=symbol),
        2,
        market.ReferencePriceCalculation,
    )
