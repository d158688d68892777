"""The public endpoints of USDⓈ-M and COIN-M as request values, as ``endpoints`` has those of spot.

Paths, parameters, weights and limits: "Market Data" of the USDⓈ-M and COIN-M documents (developers.binance.com/docs/
derivatives/usds-margined-futures/market-data/rest-api and …/coin-margined-futures/market-data) and the official SDKs of
2026-10, read 2026-11-22. Both products have the same endpoints with the same weights, under their own prefix; one
address has 2,400 of weight a minute for both together ("CM/UM integration", in force since 2026-06-30).

There is no asking for several symbols: one, or all. Trades by id (``historicalTrades``) need an API key and weigh 200
there: they are not asked for.
"""

from dataclasses import dataclass
from typing import Any, Final, Literal, cast

from binance_mcp_server.binance_api.endpoints import Request
from binance_mcp_server.binance_api.params import params_of
from binance_mcp_server.models import futures, info, market

Interval = Literal[
    "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d", "3d", "1w", "1M"
]

DEPTH_LIMITS: Final = (5, 10, 20, 50, 100, 500, 1000)
"""The only numbers of levels that can be asked for."""
_DEPTH_WEIGHTS: Final = ((50, 2), (100, 5), (500, 10))
_KLINE_WEIGHTS: Final = ((99, 1), (499, 2), (1000, 5))
_USUAL_LIMIT: Final = 500
"""Levels or rows where no limit is sent."""


@dataclass(frozen=True, slots=True)
class Futures:
    """The endpoints of one product."""

    prefix: str
    """``/fapi/v1`` or ``/dapi/v1``."""
    price_path: str
    _info: type[info.ExchangeInfo]
    _trades: Any
    """Shape of a list of trades."""
    _tickers: Any
    """Shape of one ticker or all."""

    def ping(self) -> Request[info.Empty]:
        """Weight 1."""
        return Request(f"{self.prefix}/ping", (), 1, info.Empty)

    def server_time(self) -> Request[info.ServerTime]:
        """Weight 1."""
        return Request(f"{self.prefix}/time", (), 1, info.ServerTime)

    def exchange_info(self) -> Request[info.ExchangeInfo]:
        """Every symbol. Weight 1."""
        return Request(f"{self.prefix}/exchangeInfo", (), 1, self._info)

    def depth(self, symbol: str, *, limit: int | None = None) -> Request[futures.FuturesDepth]:
        """*limit* is one of ``DEPTH_LIMITS``, 500 where none is given. Weight 2 to 50 levels a side, 5 for 100, 10 for
        500, 20 for 1000."""
        levels = _USUAL_LIMIT if limit is None else limit
        return Request(
            f"{self.prefix}/depth",
            params_of(symbol=symbol, limit=limit),
            _stepped(levels, _DEPTH_WEIGHTS, 20),
            futures.FuturesDepth,
        )

    def trades(self, symbol: str, *, limit: int | None = None) -> Request[tuple[market.Trade, ...]]:
        """The latest trades, oldest first. Weight 5; limit 500, at most 1000."""
        return Request(
            f"{self.prefix}/trades", params_of(symbol=symbol, limit=limit), 5, self._trades
        )

    def agg_trades(
        self,
        symbol: str,
        *,
        from_id: int | None = None,
        start_time: int | None = None,
        end_time: int | None = None,
        limit: int | None = None,
    ) -> Request[tuple[market.AggTrade, ...]]:
        """Aggregate trades by id or by time (both ends inclusive): fills within 100 ms of one side at one price.

        Start and end together must be less than an hour apart. Weight 20; limit 500, at most 1000.
        """
        return Request(
            f"{self.prefix}/aggTrades",
            params_of(
                symbol=symbol, fromId=from_id, startTime=start_time, endTime=end_time, limit=limit
            ),
            20,
            tuple[market.AggTrade, ...],
        )

    def klines(
        self,
        symbol: str,
        interval: Interval,
        *,
        start_time: int | None = None,
        end_time: int | None = None,
        limit: int | None = None,
    ) -> Request[tuple[market.Kline, ...]]:
        """Candles by open time. Weight 1 below 100 rows, 2 below 500, 5 up to 1000, 10 above; limit 500, at most 1500.

        COIN-M answers the *newest* rows up to the end, and at most 200 days between start and end. Its volumes are
        contracts, and what spot calls quote volume is in the base asset.
        """
        return Request(
            f"{self.prefix}/klines",
            params_of(
                symbol=symbol,
                interval=interval,
                startTime=start_time,
                endTime=end_time,
                limit=limit,
            ),
            _stepped(_USUAL_LIMIT if limit is None else limit, _KLINE_WEIGHTS, 10),
            tuple[market.Kline, ...],
        )

    def ticker_24hr(
        self, symbol: str | None = None
    ) -> Request[market.Ticker | tuple[market.Ticker, ...]]:
        """Rolling 24 hours of one symbol (weight 1) or all (40)."""
        path, params = f"{self.prefix}/ticker/24hr", params_of(symbol=symbol)
        return Request(path, params, 1 if symbol else 40, self._tickers)

    def ticker_price(self, symbol: str | None = None) -> Request[futures.OneOrAllPrices]:
        """Last price of one symbol (weight 1) or all (2)."""
        return Request(self.price_path, params_of(symbol=symbol), 1 if symbol else 2, _PRICES)

    def book_ticker(self, symbol: str | None = None) -> Request[futures.OneOrAllBookTickers]:
        """Best bid and ask of one symbol (weight 2) or all (5)."""
        path, params = f"{self.prefix}/ticker/bookTicker", params_of(symbol=symbol)
        return Request(path, params, 2 if symbol else 5, _BOOK_TICKERS)


_PRICES = cast("type[futures.OneOrAllPrices]", futures.OneOrAllPrices)
_BOOK_TICKERS = cast("type[futures.OneOrAllBookTickers]", futures.OneOrAllBookTickers)


def _stepped(number: int, steps: tuple[tuple[int, int], ...], above: int) -> int:
    return next((weight for most, weight in steps if number <= most), above)


USDM: Final = Futures(
    "/fapi/v1",
    "/fapi/v2/ticker/price",
    futures.UsdmExchangeInfo,
    tuple[market.Trade, ...],
    futures.OneOrAllTickers,
)
COINM: Final = Futures(
    "/dapi/v1",
    "/dapi/v1/ticker/price",
    futures.CoinmExchangeInfo,
    tuple[futures.CoinTrade, ...],
    futures.OneOrAllCoinTickers,
)
