"""A market held still: what the wire reads, with values that are easy to recognise."""

from collections.abc import Sequence

from binance_mcp_server.exchange.engine.rules import SymbolRules
from binance_mcp_server.exchange.market.types import AggTrade, BookView, Level, Stats, Trade
from binance_mcp_server.exchange.numbers import SCALE
from binance_mcp_server.exchange.sources.base import Frame, KlineRow

NOW = 1_700_000_000_000
CHINESE = "币安人生USDT"


def rules_of(symbol: str, base: str, quote: str, status: str = "TRADING") -> SymbolRules:
    return SymbolRules(
        symbol=symbol,
        base=base,
        quote=quote,
        tick=SCALE // 100,
        step=SCALE // 100_000,
        min_price=SCALE // 100,
        max_price=1_000_000 * SCALE,
        min_qty=SCALE // 100_000,
        max_qty=9_000 * SCALE,
        max_market_qty=100 * SCALE,
        min_notional=5 * SCALE,
        max_notional=9_000_000 * SCALE,
        status=status,
        permission_sets=(("SPOT",),),
    )


class FakeMarket:
    """Four symbols; BTCUSDT has trades 1 … 5 at 100, 101 … 104; XMRUSDT never traded. Calls are kept."""

    def __init__(self) -> None:
        listed = (
            rules_of("BTCUSDT", "BTC", "USDT"),
            rules_of("ETHBTC", "ETH", "BTC"),
            rules_of(CHINESE, "币安人生", "USDT"),
            rules_of("XMRUSDT", "XMR", "USDT", status="BREAK"),
        )
        self.rules = {rules.symbol: rules for rules in listed}
        self.calls: list[tuple[str, dict[str, object]]] = []
        self.tape = [
            Trade(i, (99 + i) * SCALE, SCALE // 2, NOW - 6000 + i * 1000, i % 2 == 0)
            for i in range(1, 6)
        ]

    def apply(self, batch: Sequence[Frame]) -> None:
        raise NotImplementedError("this market stands still")

    def allow(self, days: int | None) -> None:
        """It has no past that would take time."""

    def counters(self) -> dict[str, int]:
        return {"applied": 7}

    def now_ms(self) -> int:
        return NOW

    def book(self, symbol: str, limit: int) -> BookView:
        if symbol == "XMRUSDT":
            return BookView(1, (), ())
        bids = tuple(Level((100 - i) * SCALE, SCALE) for i in range(min(limit, 90)))
        asks = tuple(Level((101 + i) * SCALE, 2 * SCALE) for i in range(min(limit, 90)))
        return BookView(42, bids, asks)

    def last_trade(self, symbol: str) -> Trade | None:
        return None if symbol == "XMRUSDT" else self.tape[-1]

    def last_price(self, symbol: str) -> int | None:
        last = self.last_trade(symbol)
        return last.price if last else None

    def recent_trades(self, symbol: str, limit: int) -> Sequence[Trade]:
        return self.tape[-limit:]

    def trades_from(self, symbol: str, from_id: int, limit: int) -> Sequence[Trade]:
        return [trade for trade in self.tape if trade.id >= from_id][:limit]

    def agg_trades(self, symbol: str, **asked: object) -> Sequence[AggTrade]:
        self.calls.append(("agg_trades", asked))
        return [AggTrade(0, 100 * SCALE, SCALE, 1, 2, NOW, True)]

    def trade_ids(self, symbol: str, start_ms: int, end_ms: int, trades: int) -> tuple[int, int]:
        return (1, trades)

    def klines(self, symbol: str, interval: str, **asked: object) -> Sequence[KlineRow]:
        self.calls.append(("klines", {"interval": interval, **asked}))
        digits = ("1.10000000", "2.20000000", "0.50000000", "1.70000000", "9.00000000")
        row = KlineRow(NOW - 60_000, *digits, NOW - 1, "12.0", 7, "4.0", "5.0")
        return [row]

    def average_price(self, symbol: str) -> tuple[int, int, int]:
        return (5, 123 * SCALE, NOW)

    def rolling(self, symbol: str, window_ms: int, *, aligned: bool = True) -> Stats:
        self.calls.append(("rolling", {"window_ms": window_ms}))
        return self._stats(symbol, NOW - window_ms, NOW)

    def trading_day(self, symbol: str, offset_minutes: int) -> Stats:
        self.calls.append(("trading_day", {"offset_minutes": offset_minutes}))
        return self._stats(symbol, NOW - 1000, NOW - 1)

    def _stats(self, symbol: str, start: int, end: int) -> Stats:
        if symbol == "XMRUSDT":
            return Stats(start, end, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1, 0)
        prices = (90 * SCALE, 110 * SCALE, 80 * SCALE, 99 * SCALE)
        return Stats(start, end, *prices, SCALE, 89 * SCALE, 3 * SCALE, 300 * SCALE**2, 1, 5, 5)
