"""All symbols' tickers, filtered and ranked."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from binance_mcp_server.errors import InputError
from binance_mcp_server.models.info import SymbolInfo
from binance_mcp_server.models.market import Ticker

SortKey = Literal["change", "move", "volume", "trades", "range"]
"""``move`` is the change without its sign."""
_MOST_ROWS = 1000
_THOUSANDTH = Decimal("0.001")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanQuery:
    """What to keep and how to rank it. Volumes are in the quote asset, changes and ranges in percent."""

    quote: str | None = None
    """Only symbols priced in this asset."""
    min_quote_volume: Decimal | None = None
    min_trades: int | None = None
    min_change: Decimal | None = None
    max_change: Decimal | None = None
    sort: SortKey = "volume"
    descending: bool = True
    limit: int = 10


@dataclass(frozen=True, slots=True)
class ScanResult:
    """The ranked rows, and how many were looked at and matched."""

    rows: tuple[Ticker, ...]
    matched: int
    considered: int
    """Symbols that trade now and were traded in the window, of any quote asset."""


def range_percent(ticker: Ticker) -> Decimal:
    """(High − low) / low in percent with three decimals; 0 where nothing was traded."""
    if not ticker.low:
        return Decimal(0)
    return ((ticker.high - ticker.low) * 100 / ticker.low).quantize(_THOUSANDTH)


_KEYS: dict[SortKey, Callable[[Ticker], Decimal | int]] = {
    "change": lambda ticker: ticker.change_percent,
    "move": lambda ticker: abs(ticker.change_percent),
    "volume": lambda ticker: ticker.quote_volume,
    "trades": lambda ticker: ticker.trades,
    "range": range_percent,
}


def scan(
    tickers: Iterable[Ticker], symbols: Mapping[str, SymbolInfo], query: ScanQuery
) -> ScanResult:
    """Rank *tickers* of symbols that are ``TRADING`` and had at least one trade; ties go by name.

    Raises :class:`InputError` for a query that contradicts itself, and for volumes compared across quote assets.
    """
    _check(query)
    alive = [ticker for ticker in tickers if _alive(ticker, symbols)]
    kept = [ticker for ticker in alive if _keeps(ticker, symbols[ticker.symbol], query)]
    kept.sort(key=lambda ticker: ticker.symbol)
    kept.sort(key=_KEYS[query.sort], reverse=query.descending)
    return ScanResult(tuple(kept[: query.limit]), len(kept), len(alive))


def _check(query: ScanQuery) -> None:
    if not 1 <= query.limit <= _MOST_ROWS:
        raise InputError(
            f"limit {query.limit} is out of range.", advice=f"Use 1 to {_MOST_ROWS} rows."
        )
    bounds = (query.min_quote_volume, query.min_change, query.max_change)
    if any(bound is not None and not bound.is_finite() for bound in bounds):
        raise InputError("A bound is not a number.", advice="Give plain decimal numbers.")
    if query.quote is None and (query.sort == "volume" or query.min_quote_volume is not None):
        raise InputError(
            "Volumes in different quote assets cannot be compared.",
            advice="Name a quote asset such as USDT, or sort by change, trades or range.",
        )
    if (
        query.min_change is not None
        and query.max_change is not None
        and query.min_change > query.max_change
    ):
        raise InputError("min_change is above max_change.", advice="Swap them.")


def _alive(ticker: Ticker, symbols: Mapping[str, SymbolInfo]) -> bool:
    info = symbols.get(ticker.symbol)
    return info is not None and info.status == "TRADING" and ticker.trades > 0


def _keeps(ticker: Ticker, info: SymbolInfo, query: ScanQuery) -> bool:
    return (
        (query.quote is None or info.quote_asset == query.quote)
        and (query.min_quote_volume is None or ticker.quote_volume >= query.min_quote_volume)
        and (query.min_trades is None or ticker.trades >= query.min_trades)
        and (query.min_change is None or ticker.change_percent >= query.min_change)
        and (query.max_change is None or ticker.change_percent <= query.max_change)
    )
