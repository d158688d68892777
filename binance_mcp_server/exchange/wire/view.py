"""What the wire needs of the markets: pure, synchronous reads. ``exchange/market/state.py`` offers it."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from binance_mcp_server.exchange.engine.rules import SymbolRules
from binance_mcp_server.exchange.market.types import AggTrade, BookView, Stats, Trade
from binance_mcp_server.exchange.sources.base import Frame, KlineRow


class MarketView(Protocol):
    """The market as HTTP reads it. Prices and quantities in units of 1e-8, times in ms since the epoch."""

    @property
    def rules(self) -> Mapping[str, SymbolRules]: ...

    def apply(self, batch: Sequence[Frame]) -> None: ...

    def allow(self, days: int | None) -> None: ...

    def counters(self) -> dict[str, int]: ...

    def now_ms(self) -> int: ...

    def book(self, symbol: str, limit: int) -> BookView: ...

    def last_trade(self, symbol: str) -> Trade | None: ...

    def last_price(self, symbol: str) -> int | None: ...

    def recent_trades(self, symbol: str, limit: int) -> Sequence[Trade]: ...

    def trades_from(self, symbol: str, from_id: int, limit: int) -> Sequence[Trade]: ...

    def agg_trades(
        self,
        symbol: str,
        *,
        from_id: int | None,
        start_ms: int | None,
        end_ms: int | None,
        limit: int,
    ) -> Sequence[AggTrade]: ...

    def trade_ids(
        self, symbol: str, start_ms: int, end_ms: int, trades: int
    ) -> tuple[int, int]: ...

    def klines(
        self,
        symbol: str,
        interval: str,
        *,
        start_ms: int | None,
        end_ms: int | None,
        offset_minutes: int,
        limit: int,
    ) -> Sequence[KlineRow]: ...

    def average_price(self, symbol: str) -> tuple[int, int, int]: ...

    def rolling(self, symbol: str, window_ms: int, *, aligned: bool = True) -> Stats: ...

    def trading_day(self, symbol: str, offset_minutes: int) -> Stats: ...


class FuturesView(MarketView, Protocol):
    """The same of a futures market, whose books have a time."""

    def book_time(self, symbol: str) -> int: ...
