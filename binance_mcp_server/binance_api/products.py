"""The products: the requests that all of them have, and where they differ.

Limits: rest-api.md of Binance's spot documents and "Market Data" of the USDⓈ-M and COIN-M documents, read 2026-11-22.
What only spot has (other windows, average and reference prices, block trades) stays in ``endpoints``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Protocol

from binance_mcp_server.binance_api import endpoints
from binance_mcp_server.binance_api.endpoints import Request
from binance_mcp_server.binance_api.endpoints_futures import COINM, DEPTH_LIMITS, USDM, Futures
from binance_mcp_server.errors import InputError
from binance_mcp_server.market.intervals import INTERVALS, Interval
from binance_mcp_server.models.info import Empty, ExchangeInfo, ServerTime
from binance_mcp_server.models.market import AggTrade, Depth, Kline, Trade
from binance_mcp_server.venues import PRODUCT_NAMES, Market

_DAY_MS: Final = 86_400_000
_COINM_BEGAN_MS: Final = 1_588_291_200_000
"""2020-05-01; the oldest ``onboardDate`` of the documents' examples is of 2020-05-29."""


class Requests(Protocol):
    """What can be asked of every product."""

    def ping(self) -> Request[Empty]: ...
    def server_time(self) -> Request[ServerTime]: ...
    def depth(self, symbol: str, *, limit: int | None = None) -> Request[Depth]: ...
    def trades(self, symbol: str, *, limit: int | None = None) -> Request[tuple[Trade, ...]]: ...
    def agg_trades(
        self,
        symbol: str,
        *,
        from_id: int | None = None,
        start_time: int | None = None,
        end_time: int | None = None,
        limit: int | None = None,
    ) -> Request[tuple[AggTrade, ...]]: ...
    def klines(
        self,
        symbol: str,
        interval: Any,
        *,
        start_time: int | None = None,
        end_time: int | None = None,
        limit: int | None = None,
    ) -> Request[tuple[Kline, ...]]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One product as its REST interface is."""

    market: Market
    name: str
    """As errors call it."""
    requests: Requests
    symbol_list: Callable[[], Request[ExchangeInfo]]
    """The request for every symbol."""
    futures: Futures | None = None
    """Its own endpoints, where it is one of the futures."""
    most_levels: int
    """As deep as the venue shows a book."""
    depth_limits: tuple[int, ...] = ()
    """The only numbers of levels that it takes; any up to ``most_levels`` where empty."""
    intervals: tuple[Interval, ...]
    longest_span_ms: int | None = None
    """Longest stretch of candles in one answer; and such an answer holds the newest, not the oldest, of a range."""
    began_ms: int = 0
    """Nothing was traded before."""
    longest_agg_range_ms: int | None = None
    """A range of aggregate trades with both its ends has to be shorter."""

    def levels(self, wanted: int) -> int:
        """The least number of levels that can be asked for and holds *wanted*."""
        return next((limit for limit in self.depth_limits if limit >= wanted), wanted)

    def only_spot(self, what: str, instead: str) -> None:
        """Raise :class:`InputError` unless this is spot, the only product that has *what*."""
        if self.futures is not None:
            raise InputError(
                f"{what} only on spot, not on {self.market} ({self.name} futures).",
                advice=f"{instead[:1].upper()}{instead[1:]}.",
            )


SPOT: Final = Product(
    market="spot",
    name=PRODUCT_NAMES["spot"],
    requests=endpoints,
    # Permission sets are most of the bytes and matter to accounts only.
    symbol_list=partial(endpoints.exchange_info, show_permission_sets=False),
    most_levels=5000,
    intervals=INTERVALS,
)


def _futures(
    market: Market, name: str, requests: Futures, *, span_ms: int | None = None, began_ms: int = 0
) -> Product:
    return Product(
        market=market,
        name=name,
        requests=requests,
        symbol_list=requests.exchange_info,
        futures=requests,
        most_levels=DEPTH_LIMITS[-1],
        depth_limits=DEPTH_LIMITS,
        intervals=tuple(interval for interval in INTERVALS if interval != "1s"),
        longest_span_ms=span_ms,
        began_ms=began_ms,
        longest_agg_range_ms=3_600_000,
    )


PRODUCTS: Final[Mapping[Market, Product]] = {
    "spot": SPOT,
    "usdm": _futures("usdm", PRODUCT_NAMES["usdm"], USDM),
    "coinm": _futures(
        "coinm", PRODUCT_NAMES["coinm"], COINM, span_ms=200 * _DAY_MS, began_ms=_COINM_BEGAN_MS
    ),
}
