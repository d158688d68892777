"""Figures over a stretch of a stream: what ten thousand records come to. Pure, all Decimal, one pass, in any slices.

Prices are in the quote asset, quantities in the base asset (COIN-M: contracts), times in ms since the epoch. Sums and
products are exact; a share of two of them is rounded by whoever shows it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Context, Decimal, localcontext
from typing import Protocol

from binance_mcp_server.models.events import (
    AggTradeEvent,
    AveragePriceEvent,
    BlockTradeEvent,
    BookTickerEvent,
    DepthEvent,
    Gap,
    KlineEvent,
    LiquidationEvent,
    MarkPriceEvent,
    MiniTickerEvent,
    PartialDepthEvent,
    Record,
    ReferencePriceEvent,
    RollingTickerEvent,
    TickerEvent,
    TradeEvent,
)
from binance_mcp_server.models.exact import number

EXACT = Context(prec=80)
"""Sums of products of a million of the venue's numbers stay exact."""
ZERO = Decimal(0)
AnyTrade = TradeEvent | AggTradeEvent | BlockTradeEvent


class Stats(Protocol):
    """Figures that grow with every slice of records."""

    records: int
    """Seen, without gaps and without what is no record of the market."""
    gaps: list[Gap]

    def add(self, records: Iterable[Record]) -> None:
        """Take the next *records* of the stream, in order. Raises ``TransportError`` for what is no number."""
        ...


@dataclass(slots=True)
class Course:
    """How a figure moved: first, last, least, most."""

    first: Decimal | None = None
    last: Decimal = ZERO
    low: Decimal = ZERO
    high: Decimal = ZERO

    def add(self, value: Decimal) -> None:
        if self.first is None:
            self.first = self.low = self.high = value
        elif value > self.high:
            self.high = value
        elif value < self.low:
            self.low = value
        self.last = value


@dataclass(slots=True)
class TradeStats:
    """Trades, aggregate trades or block trades."""

    inverse: bool = False
    """COIN-M: a quantity counts contracts, each worth a fixed amount of the quote asset."""
    records: int = 0
    gaps: list[Gap] = field(default_factory=list)
    price: Course = field(default_factory=Course)
    volume: Decimal = ZERO
    """Base asset; contracts where inverse."""
    quote_volume: Decimal = ZERO
    """Price × quantity, summed; where inverse quantity / price, which is base asset by the contract's size."""
    buy_volume: Decimal = ZERO
    """Where the taker bought."""
    fills: int = 0
    """Single trades within aggregate trades."""
    first: AnyTrade | None = None
    last: AnyTrade | None = None
    largest: AnyTrade | None = None
    largest_quantity: Decimal = ZERO
    no_trades: int = 0
    """Futures: fills at price 0, which are none of the market."""

    def add(self, records: Iterable[Record]) -> None:
        with localcontext(EXACT):
            for record in records:
                if isinstance(record, TradeEvent | AggTradeEvent | BlockTradeEvent):
                    self._trade(record)
                elif isinstance(record, Gap):
                    self.gaps.append(record)

    def _trade(self, trade: AnyTrade) -> None:
        price, quantity = number(trade.price_text), number(trade.quantity_text)
        if not price:
            self.no_trades += 1
            return
        self.records += 1
        self.price.add(price)
        self.volume += quantity
        self.quote_volume += quantity / price if self.inverse else price * quantity
        if not trade.buyer_is_maker:
            self.buy_volume += quantity
        if quantity > self.largest_quantity:
            self.largest, self.largest_quantity = trade, quantity
        if isinstance(trade, AggTradeEvent):
            self.fills += trade.last_id - trade.first_id + 1
        if self.first is None:
            self.first = trade
        self.last = trade

    @property
    def sell_volume(self) -> Decimal:
        with localcontext(EXACT):
            return self.volume - self.buy_volume

    @property
    def average(self) -> Decimal | None:
        """Volume-weighted average price; ``None`` without volume."""
        with localcontext(EXACT):
            if not self.quote_volume or not self.volume:
                return None
            ratio = self.quote_volume / self.volume
            return 1 / ratio if self.inverse else ratio

    @property
    def span_ms(self) -> int:
        """Between the first and the last trade."""
        return self.last.time - self.first.time if self.first and self.last else 0


@dataclass(slots=True)
class TouchStats:
    """Best bids and asks: ``bookTicker`` and partial depth."""

    records: int = 0
    gaps: list[Gap] = field(default_factory=list)
    mid: Course = field(default_factory=Course)
    spread: Course = field(default_factory=Course)
    spread_sum: Decimal = ZERO
    two_sided: int = 0
    """Records with both a bid and an ask."""
    last_update_id: int = 0
    first_ms: int = 0
    """0 where the venue tells no times: spot."""

    def add(self, records: Iterable[Record]) -> None:
        with localcontext(EXACT):
            for record in records:
                self.first_ms = self.first_ms or getattr(record, "event_ms", 0)
                if isinstance(record, BookTickerEvent):
                    self._touch(record.update_id, record.bid_text, record.ask_text)
                elif isinstance(record, PartialDepthEvent):
                    bid = record.bids[0][0] if record.bids else "0"
                    ask = record.asks[0][0] if record.asks else "0"
                    self._touch(record.last_update_id, bid, ask)
                elif isinstance(record, Gap):
                    self.gaps.append(record)

    def _touch(self, update_id: int, bid_text: str, ask_text: str) -> None:
        self.records += 1
        self.last_update_id = update_id
        bid, ask = number(bid_text), number(ask_text)
        if not bid or not ask:  # the venue writes 0 where a side is empty
            return
        self.two_sided += 1
        self.mid.add((bid + ask) / 2)
        self.spread.add(ask - bid)
        self.spread_sum += ask - bid

    @property
    def mean_spread(self) -> Decimal | None:
        """Over updates, not over time; ``None`` where no update had both sides."""
        with localcontext(EXACT):
            return self.spread_sum / self.two_sided if self.two_sided else None


@dataclass(slots=True)
class CandleStats:
    """Candles that closed, and the newest."""

    records: int = 0
    gaps: list[Gap] = field(default_factory=list)
    closed: int = 0
    last: KlineEvent | None = None

    def add(self, records: Iterable[Record]) -> None:
        for record in records:
            if isinstance(record, KlineEvent):
                self.records += 1
                self.closed += record.candle.closed
                self.last = record
            elif isinstance(record, Gap):
                self.gaps.append(record)


@dataclass(slots=True)
class DepthStats:
    """Differences of an order book."""

    records: int = 0
    gaps: list[Gap] = field(default_factory=list)
    bid_levels: int = 0
    """Levels told anew, gone ones included."""
    ask_levels: int = 0
    first_update_id: int = 0
    last_update_id: int = 0
    first_ms: int = 0

    def add(self, records: Iterable[Record]) -> None:
        for record in records:
            if isinstance(record, DepthEvent):
                if not self.records:
                    self.first_update_id, self.first_ms = record.first_id, record.event_ms
                self.records += 1
                self.bid_levels += len(record.bids)
                self.ask_levels += len(record.asks)
                self.last_update_id = record.last_id
            elif isinstance(record, Gap):
                self.gaps.append(record)


@dataclass(slots=True)
class ValueStats:
    """One figure that moves: the last price of tickers, a mark price, an average or a reference price."""

    of: Callable[[Record], str | None]
    records: int = 0
    gaps: list[Gap] = field(default_factory=list)
    value: Course = field(default_factory=Course)
    first_ms: int = 0
    last_ms: int = 0
    symbols: set[str] = field(default_factory=set)

    def add(self, records: Iterable[Record]) -> None:
        for record in records:
            if isinstance(record, Gap):
                self.gaps.append(record)
                continue
            self.records += 1
            self.symbols.add(getattr(record, "symbol", ""))
            self.last_ms = getattr(record, "event_ms", 0)
            self.first_ms = self.first_ms or self.last_ms
            if text := self.of(record):
                self.value.add(number(text))


@dataclass(slots=True)
class LiquidationStats:
    """Orders of liquidations; at most one a second and symbol is told."""

    records: int = 0
    gaps: list[Gap] = field(default_factory=list)
    bought: Decimal = ZERO
    """Filled quantity of BUY orders: short positions that were closed."""
    sold: Decimal = ZERO
    symbols: set[str] = field(default_factory=set)

    def add(self, records: Iterable[Record]) -> None:
        with localcontext(EXACT):
            for record in records:
                if isinstance(record, LiquidationEvent):
                    self._order(record)
                elif isinstance(record, Gap):
                    self.gaps.append(record)

    def _order(self, record: LiquidationEvent) -> None:
        self.records += 1
        self.symbols.add(record.symbol)
        filled = number(record.order.filled_text)
        if record.order.side == "BUY":
            self.bought += filled
        else:
            self.sold += filled


def value_of(record: Record) -> str | None:
    """The figure that a ticker or a price stream is about; ``None`` where there is none."""
    match record:
        case MiniTickerEvent() | TickerEvent() | RollingTickerEvent():
            return record.last_text
        case MarkPriceEvent():
            return record.mark_text
        case AveragePriceEvent() | ReferencePriceEvent():
            return record.price_text
    return None


def stats_of(kind: str, *, inverse: bool = False) -> Stats:
    """Empty figures for a stream of *kind*."""
    match kind:
        case "trade" | "aggTrade" | "blockTrade":
            return TradeStats(inverse=inverse)
        case "bookTicker" | "partialDepth":
            return TouchStats()
        case "kline":
            return CandleStats()
        case "depth":
            return DepthStats()
        case "liquidation":
            return LiquidationStats()
    return ValueStats(value_of)
