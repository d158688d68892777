"""Candles in integers: made of trades, merged into longer ones, printed as the venue does."""

from collections.abc import Iterable
from dataclasses import dataclass

from binance_mcp_server.exchange.engine.rules import SPOT_PLACES, Places
from binance_mcp_server.exchange.market.types import Trade
from binance_mcp_server.exchange.numbers import DECIMALS, SCALE, parse, show, show_quote
from binance_mcp_server.exchange.sources.base import KlineRow


@dataclass(slots=True)
class Candle:
    """Prices and base volumes in units of 1e-8, quote volumes in units of 1e-16, time in ms since the epoch.

    On COIN-M base volumes are contracts, and quote volumes are in the base asset.
    """

    open_time: int
    open: int
    high: int
    low: int
    close: int
    volume: int = 0
    quote: int = 0
    trades: int = 0
    taker_base: int = 0
    taker_quote: int = 0

    @classmethod
    def flat(cls, open_time: int, price: int) -> "Candle":
        """A candle in which nothing was traded: it stays at the last close."""
        return cls(open_time, price, price, price, price)

    def add(self, trade: Trade) -> None:
        """Take in the next trade."""
        price, qty, quote = trade.price, trade.qty, trade.quote
        self.high = max(self.high, price)
        self.low = min(self.low, price)
        self.close = price
        self.volume += qty
        self.quote += quote
        self.trades += 1
        if not trade.buyer_is_maker:
            self.taker_base += qty
            self.taker_quote += quote

    def extend(self, later: "Candle") -> None:
        """Take in the candle of a later part of the same time."""
        self.high = max(self.high, later.high)
        self.low = min(self.low, later.low)
        self.close = later.close
        self.volume += later.volume
        self.quote += later.quote
        self.trades += later.trades
        self.taker_base += later.taker_base
        self.taker_quote += later.taker_quote

    def row(self, close_time: int, places: Places = SPOT_PLACES) -> KlineRow:
        """The candle in the venue's form; *close_time* is its last ms."""
        price, qty, turnover = places
        return KlineRow(
            self.open_time,
            show(self.open, price),
            show(self.high, price),
            show(self.low, price),
            show(self.close, price),
            show(self.volume, qty),
            close_time,
            show_quote(self.quote, turnover),
            self.trades,
            show(self.taker_base, qty),
            show_quote(self.taker_quote, turnover),
        )


def merge(open_time: int, parts: Iterable[Candle]) -> Candle | None:
    """One candle of many in order of time; ``None`` of none.

    Parts without trades only repeat the close before them, so they count only when there are no others.
    """
    merged: Candle | None = None
    idle: Candle | None = None
    for part in parts:
        if not part.trades:
            idle = idle or part
        elif merged is None:
            merged = _copy(part, open_time)
        else:
            merged.extend(part)
    if merged is None and idle is not None:
        return _copy(idle, open_time)
    return merged


def candle_of(row: KlineRow) -> Candle:
    """A candle of the past in integers. Raises ``ValueError`` where a field is not a plain decimal."""
    return Candle(
        row.open_time,
        units(row.open),
        units(row.high),
        units(row.low),
        units(row.close),
        units(row.volume),
        units(row.quote_volume) * SCALE,
        row.trades,
        units(row.taker_base),
        units(row.taker_quote) * SCALE,
    )


def units(text: str) -> int:
    """:func:`numbers.parse` for what is not negative, with a short way for the usual eight decimals."""
    if text[-DECIMALS - 1 : -DECIMALS] == ".":
        digits = text[: -DECIMALS - 1] + text[-DECIMALS:]
        if digits.isdigit() and digits.isascii():
            return int(digits)
    value = parse(text)
    if value < 0:
        raise ValueError(f"negative: {text!r}")
    return value


def _copy(candle: Candle, open_time: int) -> Candle:
    return Candle(
        open_time,
        candle.open,
        candle.high,
        candle.low,
        candle.close,
        candle.volume,
        candle.quote,
        candle.trades,
        candle.taker_base,
        candle.taker_quote,
    )
