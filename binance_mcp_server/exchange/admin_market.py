"""The switchboard's side of the market and of time: what is traded where, a symbol's status, the clock."""

from collections.abc import Mapping
from typing import Annotated, Protocol

import msgspec

from binance_mcp_server.exchange.clock import SteeredClock
from binance_mcp_server.exchange.market.types import BookView, Level, Trade
from binance_mcp_server.exchange.numbers import show, show_quote
from binance_mcp_server.exchange.wire.view import MarketView

STATUSES = ("TRADING", "HALT", "BREAK", "CANCEL_ONLY", "END_OF_DAY")
BOOK_LEVELS = 12
TRADES = 24
CANDLES = 90
_DAY_MS = 86_400_000
_MOST_MS = 366 * _DAY_MS
_FURTHEST_MS = 10 * _MOST_MS
"""From the machine's time: beyond, years have other digits and dates no words."""
_WINDOW_MS = 3_600_000


class Statuses(Protocol):
    """What is needed of ``trading.py``."""

    def set_status(self, symbol: str, status: str, now: int) -> None: ...


class NewStatus(msgspec.Struct, forbid_unknown_fields=True):
    """The body of ``POST /__sim/symbols``."""

    symbol: str
    status: str


class NewClock(msgspec.Struct, forbid_unknown_fields=True):
    """The body of ``POST /__sim/clock``; what is left out stays."""

    step_ms: Annotated[int, msgspec.Meta(ge=-_MOST_MS, le=_MOST_MS)] = 0
    """Set the clock forward by so much; back, below 0."""
    skew_ms: Annotated[int, msgspec.Meta(ge=-_MOST_MS, le=_MOST_MS)] | None = None
    """How far it is ahead of the machine's."""
    speed: Annotated[float, msgspec.Meta(ge=0.01, le=10_000)] | None = None
    """Seconds of the market in one of the machine's; 1440: a day in a minute."""


class MarketDesk:
    """*statuses* may be ``None``: then nobody trades, and no status can be set."""

    def __init__(
        self, market: MarketView, clock: SteeredClock, statuses: Statuses | None = None
    ) -> None:
        self._market = market
        self._clock = clock
        self._statuses = statuses

    def clock(self) -> dict[str, object]:
        return {
            "now_ms": self._market.now_ms(),
            "enforced_ms": self._clock.now_ms(),
            "skew_ms": self._clock.skew_ms,
            "speed": self._clock.said.pace,
        }

    def steer(self, body: bytes) -> dict[str, object]:
        asked = msgspec.json.decode(body, type=NewClock)
        skew_ms = self._clock.skew_ms if asked.skew_ms is None else asked.skew_ms
        if abs(skew_ms + asked.step_ms) > _FURTHEST_MS:
            raise ValueError(f"the clock can be {_FURTHEST_MS} ms off at the most")
        self._clock.skew_ms = skew_ms + asked.step_ms
        if asked.speed is not None:
            self._clock.said.pace = asked.speed
        return self.clock()

    def set_status(self, body: bytes) -> dict[str, object]:
        asked = msgspec.json.decode(body, type=NewStatus)
        if self._statuses is None or asked.symbol not in self._market.rules:
            raise ValueError(f"no symbol {asked.symbol!r} of spot is traded here")
        if asked.status not in STATUSES:
            raise ValueError(f"status is one of {', '.join(STATUSES)}")
        self._statuses.set_status(asked.symbol, asked.status, self._market.now_ms())
        return {"symbol": asked.symbol, "status": asked.status}

    def overview(self, query: Mapping[str, str]) -> dict[str, object]:
        """All symbols in a line each; with *symbol*, that one's book, trades and recent prices too. No weight."""
        rules = self._market.rules
        told: dict[str, object] = {
            "now_ms": self._market.now_ms(),
            "symbols": [self._line(name, its.status) for name, its in rules.items()],
        }
        symbol = query.get("symbol")
        if symbol is not None:
            if symbol not in rules:
                raise ValueError(f"no symbol {symbol!r}")
            told["symbol"] = self._detail(symbol)
        return told

    def _line(self, symbol: str, status: str) -> dict[str, object]:
        book = self._market.book(symbol, 1)
        stats = self._market.rolling(symbol, _WINDOW_MS)
        last = self._market.last_price(symbol)
        opened = stats.open if stats.trades else None
        return {
            "symbol": symbol,
            "status": status,
            "last": _price(last),
            "bid": _best(book.bids),
            "ask": _best(book.asks),
            "hour_open": _price(opened),
            "hour_quote_volume": show_quote(stats.quote),
            "hour_trades": stats.trades,
        }

    def _detail(self, symbol: str) -> dict[str, object]:
        market, now = self._market, self._market.now_ms()
        candles = market.klines(
            symbol,
            "1m",
            start_ms=now - CANDLES * 60_000,
            end_ms=None,
            offset_minutes=0,
            limit=CANDLES,
        )
        trades = list(market.recent_trades(symbol, TRADES))
        rules = market.rules[symbol]
        return {
            "symbol": symbol,
            "base": rules.base,
            "quote": rules.quote,
            **_book(market.book(symbol, BOOK_LEVELS)),
            "trades": [_trade(each) for each in reversed(trades)],
            "candles": [[row.open_time, row.open, row.high, row.low, row.close] for row in candles],
        }


def _price(price: int | None) -> str | None:
    return None if price is None else show(price)


def _best(levels: tuple[Level, ...]) -> str | None:
    return show(levels[0].price) if levels else None


def _book(book: BookView) -> dict[str, object]:
    return {
        "last_update_id": book.last_update_id,
        "bids": [[show(each.price), show(each.qty)] for each in book.bids],
        "asks": [[show(each.price), show(each.qty)] for each in book.asks],
    }


def _trade(trade: Trade) -> dict[str, object]:
    return {
        "id": trade.id,
        "price": show(trade.price),
        "qty": show(trade.qty),
        "time": trade.time,
        "buyer_is_maker": trade.buyer_is_maker,
    }
