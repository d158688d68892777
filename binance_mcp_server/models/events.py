"""Events of Binance's WebSocket streams, one record each.

Shapes: web-socket-streams.md of the spot documents (2026-07-21) and the stream pages of USDⓈ-M and COIN-M futures,
read 2026-11-22. Prices are in the quote asset, quantities in the base asset (COIN-M: contracts), times in ms since the
epoch, UTC. ``…_text`` fields hold the venue's digits; the properties beside them calculate. Fields that the venue adds
later are ignored; names of kinds (``order_type``, ``side``) are plain text, since the venue may add some.
"""

from decimal import Decimal

import msgspec

from binance_mcp_server.models.account import AccountEvent
from binance_mcp_server.models.exact import Exact

Levels = list[tuple[str, str]]
"""Price and quantity, best first in a book, in any order in a difference."""


class TradeEvent(msgspec.Struct, frozen=True, gc=False):
    """``<symbol>@trade``. Futures send price 0 for fills that are no trade of the market (settlement, …)."""

    event_ms: int = msgspec.field(name="E")
    symbol: str = msgspec.field(name="s")
    id: int = msgspec.field(name="t")
    price_text: str = msgspec.field(name="p")
    quantity_text: str = msgspec.field(name="q")
    time: int = msgspec.field(name="T")
    buyer_is_maker: bool = msgspec.field(name="m")
    """True: the taker sold."""
    order_type: str = msgspec.field(name="X", default="")
    """Futures only: MARKET, or what else caused the fill."""
    price = Exact("price_text")
    quantity = Exact("quantity_text")


class AggTradeEvent(msgspec.Struct, frozen=True, gc=False):
    """``<symbol>@aggTrade``: fills of one taker order at one price, as one."""

    event_ms: int = msgspec.field(name="E")
    symbol: str = msgspec.field(name="s")
    id: int = msgspec.field(name="a")
    price_text: str = msgspec.field(name="p")
    quantity_text: str = msgspec.field(name="q")
    first_id: int = msgspec.field(name="f")
    last_id: int = msgspec.field(name="l")
    time: int = msgspec.field(name="T")
    buyer_is_maker: bool = msgspec.field(name="m")
    """True: the taker sold."""
    price = Exact("price_text")
    quantity = Exact("quantity_text")


class BlockTradeEvent(msgspec.Struct, frozen=True, gc=False):
    """``<symbol>@blockTrade`` (spot, since 2026-05)."""

    event_ms: int = msgspec.field(name="E")
    symbol: str = msgspec.field(name="s")
    id: int = msgspec.field(name="t")
    price_text: str = msgspec.field(name="p")
    quantity_text: str = msgspec.field(name="q")
    time: int = msgspec.field(name="T")
    buyer_is_maker: bool = msgspec.field(name="m")
    price = Exact("price_text")
    quantity = Exact("quantity_text")


class Candle(msgspec.Struct, frozen=True, gc=False):
    """The candle of a :class:`KlineEvent`, as of its event."""

    open_time: int = msgspec.field(name="t")
    close_time: int = msgspec.field(name="T")
    """Inclusive."""
    interval: str = msgspec.field(name="i")
    open_text: str = msgspec.field(name="o")
    close_text: str = msgspec.field(name="c")
    high_text: str = msgspec.field(name="h")
    low_text: str = msgspec.field(name="l")
    volume_text: str = msgspec.field(name="v")
    trades: int = msgspec.field(name="n")
    closed: bool = msgspec.field(name="x")
    quote_volume_text: str = msgspec.field(name="q")
    taker_base_text: str = msgspec.field(name="V")
    taker_quote_text: str = msgspec.field(name="Q")
    first_id: int = msgspec.field(name="f", default=-1)
    last_id: int = msgspec.field(name="L", default=-1)
    open = Exact("open_text")
    high = Exact("high_text")
    low = Exact("low_text")
    close = Exact("close_text")
    volume = Exact("volume_text")


class KlineEvent(msgspec.Struct, frozen=True, gc=False):
    """``<symbol>@kline_<interval>``: the candle so far; ``candle.closed`` in its last event."""

    event_ms: int = msgspec.field(name="E")
    symbol: str = msgspec.field(name="s")
    candle: Candle = msgspec.field(name="k")

    @property
    def time(self) -> int:
        return self.event_ms


class MiniTickerEvent(msgspec.Struct, frozen=True, gc=False):
    """``<symbol>@miniTicker``, and one element of ``!miniTicker@arr``: the rolling 24 hours."""

    event_ms: int = msgspec.field(name="E")
    symbol: str = msgspec.field(name="s")
    last_text: str = msgspec.field(name="c")
    open_text: str = msgspec.field(name="o")
    high_text: str = msgspec.field(name="h")
    low_text: str = msgspec.field(name="l")
    volume_text: str = msgspec.field(name="v")
    quote_volume_text: str = msgspec.field(name="q")
    last = Exact("last_text")


class TickerEvent(msgspec.Struct, frozen=True, gc=False):
    """``<symbol>@ticker``: the rolling 24 hours. Futures leave the best prices out."""

    event_ms: int = msgspec.field(name="E")
    symbol: str = msgspec.field(name="s")
    change_text: str = msgspec.field(name="p")
    change_percent_text: str = msgspec.field(name="P")
    average_text: str = msgspec.field(name="w")
    last_text: str = msgspec.field(name="c")
    last_quantity_text: str = msgspec.field(name="Q")
    open_text: str = msgspec.field(name="o")
    high_text: str = msgspec.field(name="h")
    low_text: str = msgspec.field(name="l")
    volume_text: str = msgspec.field(name="v")
    quote_volume_text: str = msgspec.field(name="q")
    open_time: int = msgspec.field(name="O")
    close_time: int = msgspec.field(name="C")
    first_id: int = msgspec.field(name="F")
    last_id: int = msgspec.field(name="L")
    trades: int = msgspec.field(name="n")
    bid_text: str = msgspec.field(name="b", default="")
    ask_text: str = msgspec.field(name="a", default="")
    last = Exact("last_text")


class RollingTickerEvent(msgspec.Struct, frozen=True, gc=False):
    """``<symbol>@ticker_<window>``, and one element of ``!ticker_<window>@arr``: 1h, 4h or 1d."""

    event_ms: int = msgspec.field(name="E")
    symbol: str = msgspec.field(name="s")
    change_text: str = msgspec.field(name="p")
    change_percent_text: str = msgspec.field(name="P")
    open_text: str = msgspec.field(name="o")
    high_text: str = msgspec.field(name="h")
    low_text: str = msgspec.field(name="l")
    last_text: str = msgspec.field(name="c")
    average_text: str = msgspec.field(name="w")
    volume_text: str = msgspec.field(name="v")
    quote_volume_text: str = msgspec.field(name="q")
    open_time: int = msgspec.field(name="O")
    close_time: int = msgspec.field(name="C")
    first_id: int = msgspec.field(name="F")
    last_id: int = msgspec.field(name="L")
    trades: int = msgspec.field(name="n")
    last = Exact("last_text")


class BookTickerEvent(msgspec.Struct, frozen=True, gc=False):
    """``<symbol>@bookTicker``: the best prices. Spot gives no time."""

    update_id: int = msgspec.field(name="u")
    symbol: str = msgspec.field(name="s")
    bid_text: str = msgspec.field(name="b")
    bid_quantity_text: str = msgspec.field(name="B")
    ask_text: str = msgspec.field(name="a")
    ask_quantity_text: str = msgspec.field(name="A")
    event_ms: int = msgspec.field(name="E", default=0)
    time: int = msgspec.field(name="T", default=0)
    bid = Exact("bid_text")
    ask = Exact("ask_text")
    bid_quantity = Exact("bid_quantity_text")
    ask_quantity = Exact("ask_quantity_text")

    @property
    def mid(self) -> Decimal:
        """Half-way between the best prices."""
        return (self.bid + self.ask) / 2


class DepthEvent(msgspec.Struct, frozen=True):
    """``<symbol>@depth…``: levels with their new quantities (0: gone) after updates ``first_id`` to ``last_id``."""

    event_ms: int = msgspec.field(name="E")
    symbol: str = msgspec.field(name="s")
    first_id: int = msgspec.field(name="U")
    last_id: int = msgspec.field(name="u")
    bids: Levels = msgspec.field(name="b")
    asks: Levels = msgspec.field(name="a")
    previous_id: int | None = msgspec.field(name="pu", default=None)
    """Futures only: ``last_id`` of the event before."""


class PartialDepthEvent(msgspec.Struct, frozen=True):
    """``<symbol>@depth<levels>``: the best levels, whole."""

    last_update_id: int = msgspec.field(name="lastUpdateId")
    bids: Levels
    asks: Levels
    event_ms: int = 0
    """0 on spot, which gives no time."""


class FuturesPartialDepth(msgspec.Struct, frozen=True):
    """Partial depth as futures send it, in the form of a difference."""

    event_ms: int = msgspec.field(name="E")
    last_update_id: int = msgspec.field(name="u")
    bids: Levels = msgspec.field(name="b")
    asks: Levels = msgspec.field(name="a")

    def plain(self) -> PartialDepthEvent:
        """The same in spot's words."""
        return PartialDepthEvent(self.last_update_id, self.bids, self.asks, self.event_ms)


class AveragePriceEvent(msgspec.Struct, frozen=True, gc=False):
    """``<symbol>@avgPrice``."""

    event_ms: int = msgspec.field(name="E")
    symbol: str = msgspec.field(name="s")
    interval: str = msgspec.field(name="i")
    price_text: str = msgspec.field(name="w")
    last_trade_ms: int = msgspec.field(name="T")
    price = Exact("price_text")


class ReferencePriceEvent(msgspec.Struct, frozen=True, gc=False):
    """``<symbol>@referencePrice`` (spot, since 2026-03)."""

    symbol: str = msgspec.field(name="s")
    price_text: str | None = msgspec.field(name="r")
    """``None`` where there is none at the moment."""
    time: int = msgspec.field(name="t")

    @property
    def event_ms(self) -> int:
        return self.time


class MarkPriceEvent(msgspec.Struct, frozen=True, gc=False):
    """``<symbol>@markPrice@1s`` and one element of ``!markPrice@arr@1s``: mark, index, and the next funding."""

    event_ms: int = msgspec.field(name="E")
    symbol: str = msgspec.field(name="s")
    mark_text: str = msgspec.field(name="p")
    funding_rate_text: str = msgspec.field(name="r")
    """A share, not a percentage; empty for contracts without funding."""
    next_funding_ms: int = msgspec.field(name="T")
    index_text: str = msgspec.field(name="i", default="")
    settle_text: str = msgspec.field(name="P", default="")
    mark = Exact("mark_text")


class Liquidation(msgspec.Struct, frozen=True, gc=False):
    """The order of a :class:`LiquidationEvent`."""

    symbol: str = msgspec.field(name="s")
    side: str = msgspec.field(name="S")
    """SELL: a long position was liquidated."""
    order_type: str = msgspec.field(name="o")
    quantity_text: str = msgspec.field(name="q")
    price_text: str = msgspec.field(name="p")
    average_text: str = msgspec.field(name="ap")
    status: str = msgspec.field(name="X")
    filled_text: str = msgspec.field(name="z")
    time: int = msgspec.field(name="T")


class LiquidationEvent(msgspec.Struct, frozen=True, gc=False):
    """``<symbol>@forceOrder`` and ``!forceOrder@arr``: at most one a second and symbol, the largest."""

    event_ms: int = msgspec.field(name="E")
    order: Liquidation = msgspec.field(name="o")

    @property
    def symbol(self) -> str:
        return self.order.symbol


class Gap(msgspec.Struct, frozen=True, gc=False):
    """What cannot be had any more, inclusive: ids, update ids or times, as the stream is keyed."""

    first: int
    last: int
    cause: str
    at_ms: int
    """When it was given up, by this machine's clock."""


Event = (
    TradeEvent
    | AggTradeEvent
    | BlockTradeEvent
    | KlineEvent
    | MiniTickerEvent
    | TickerEvent
    | RollingTickerEvent
    | BookTickerEvent
    | DepthEvent
    | PartialDepthEvent
    | AveragePriceEvent
    | ReferencePriceEvent
    | MarkPriceEvent
    | LiquidationEvent
    | AccountEvent
)
Record = Event | Gap
"""What a reader of a stream meets."""
