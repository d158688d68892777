"""Market data as spot Binance sends it over REST.

Shapes: rest-api.md (2026-07-21), read 2026-11-22. Prices are in the quote asset, quantities in the base asset, times
in ms since the epoch, UTC. ``…_text`` fields hold the venue's digits; the properties beside them calculate. Fields
that the venue adds later are ignored.
"""

from decimal import Decimal

import msgspec

from binance_mcp_server.models.exact import Exact, number


class Level(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One price of an order book."""

    price_text: str
    quantity_text: str
    price = Exact("price_text")
    quantity = Exact("quantity_text")


class Depth(msgspec.Struct, frozen=True, rename="camel"):
    """``GET /api/v3/depth``: best levels first."""

    last_update_id: int
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]


class Trade(msgspec.Struct, frozen=True, gc=False):
    """``GET /api/v3/trades`` and ``historicalTrades``."""

    id: int
    price_text: str = msgspec.field(name="price")
    quantity_text: str = msgspec.field(name="qty")
    quote_text: str = msgspec.field(name="quoteQty")
    time: int
    buyer_is_maker: bool = msgspec.field(name="isBuyerMaker")
    """True: the taker sold."""
    price = Exact("price_text")
    quantity = Exact("quantity_text")
    quote = Exact("quote_text")


class AggTrade(msgspec.Struct, frozen=True, gc=False):
    """``GET /api/v3/aggTrades``: fills of one taker order at one price, as one."""

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


class Kline(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """``GET /api/v3/klines``: one candle. ``close_time`` is inclusive; a candle is open until it has passed."""

    open_time: int
    open_text: str
    high_text: str
    low_text: str
    close_text: str
    volume_text: str
    """Base asset."""
    close_time: int
    quote_volume_text: str
    """Quote asset."""
    trades: int
    taker_base_text: str
    taker_quote_text: str
    open = Exact("open_text")
    high = Exact("high_text")
    low = Exact("low_text")
    close = Exact("close_text")
    volume = Exact("volume_text")


class AveragePrice(msgspec.Struct, frozen=True):
    """``GET /api/v3/avgPrice``."""

    minutes: int = msgspec.field(name="mins")
    price_text: str = msgspec.field(name="price")
    close_time: int = msgspec.field(name="closeTime")
    """Time of the last trade."""
    price = Exact("price_text")


class PriceTicker(msgspec.Struct, frozen=True, gc=False):
    """``GET /api/v3/ticker/price``."""

    symbol: str
    price_text: str = msgspec.field(name="price")
    price = Exact("price_text")


class BookTicker(msgspec.Struct, frozen=True, gc=False):
    """``GET /api/v3/ticker/bookTicker``: best bid and ask; zeros where a side is empty."""

    symbol: str
    bid_text: str = msgspec.field(name="bidPrice")
    bid_quantity_text: str = msgspec.field(name="bidQty")
    ask_text: str = msgspec.field(name="askPrice")
    ask_quantity_text: str = msgspec.field(name="askQty")
    bid = Exact("bid_text")
    ask = Exact("ask_text")


class Ticker(msgspec.Struct, frozen=True, gc=False):
    """``ticker/24hr``, ``ticker/tradingDay`` and ``ticker``, FULL or MINI.

    A MINI ticker has no change and no average: they are calculated here, by the venue's own definitions
    (``weightedAvgPrice`` = quote volume / volume). ``first_id`` is −1 when nothing was traded.
    """

    symbol: str
    open_text: str = msgspec.field(name="openPrice")
    high_text: str = msgspec.field(name="highPrice")
    low_text: str = msgspec.field(name="lowPrice")
    last_text: str = msgspec.field(name="lastPrice")
    volume_text: str = msgspec.field(name="volume")
    quote_volume_text: str = msgspec.field(name="quoteVolume")
    open_time: int = msgspec.field(name="openTime")
    close_time: int = msgspec.field(name="closeTime")
    first_id: int = msgspec.field(name="firstId")
    last_id: int = msgspec.field(name="lastId")
    trades: int = msgspec.field(name="count")
    change_text: str = msgspec.field(name="priceChange", default="")
    change_percent_text: str = msgspec.field(name="priceChangePercent", default="")
    average_text: str = msgspec.field(name="weightedAvgPrice", default="")
    bid_text: str = msgspec.field(name="bidPrice", default="")
    ask_text: str = msgspec.field(name="askPrice", default="")
    open = Exact("open_text")
    high = Exact("high_text")
    low = Exact("low_text")
    last = Exact("last_text")
    volume = Exact("volume_text")
    quote_volume = Exact("quote_volume_text")

    @property
    def change(self) -> Decimal:
        """Last minus open, in the quote asset."""
        return number(self.change_text) if self.change_text else self.last - self.open

    @property
    def change_percent(self) -> Decimal:
        """Change relative to the open, in percent with three decimals; 0 when there was no open."""
        if self.change_percent_text:
            return number(self.change_percent_text)
        if not self.open:
            return Decimal(0)
        return (self.change * 100 / self.open).quantize(Decimal("0.001"))

    @property
    def average(self) -> Decimal | None:
        """Volume-weighted average price, in the quote asset; ``None`` without volume."""
        if self.average_text:
            return number(self.average_text)
        return self.quote_volume / self.volume if self.volume else None


class ReferencePrice(msgspec.Struct, frozen=True):
    """``GET /api/v3/referencePrice``; ``price_text`` is ``None`` while none is set."""

    symbol: str
    price_text: str | None = msgspec.field(name="referencePrice")
    time: int = msgspec.field(name="timestamp")


class ReferencePriceCalculation(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """``GET /api/v3/referencePrice/calculation``."""

    symbol: str
    calculation_type: str
    bucket_count: int | None = None
    bucket_width_ms: int | None = None
    external_calculation_id: int | None = None


class BlockTrade(msgspec.Struct, frozen=True, gc=False):
    """``GET /api/v3/historicalBlockTrades``."""

    id: int
    price_text: str = msgspec.field(name="price")
    quantity_text: str = msgspec.field(name="qty")
    quote_text: str = msgspec.field(name="quoteQty")
    time: int
    buyer_is_maker: bool = msgspec.field(name="isBuyerMaker")
