"""What USDⓈ-M and COIN-M send over REST where it is not what spot sends.

Shapes: "Market Data" of the USDⓈ-M and COIN-M documents (developers.binance.com/docs/derivatives), the official SDKs
of 2026-10 and recorded answers of 2026-07, read 2026-11-22. Times are ms since the epoch, UTC. On USDⓈ-M quantities are
in the base asset, as on spot; on COIN-M they are **contracts**, each worth ``contract_size`` of the quote asset.
"""

from typing import Final

import msgspec

from binance_mcp_server.models.exact import Exact
from binance_mcp_server.models.info import ExchangeInfo, SymbolInfo
from binance_mcp_server.models.market import BookTicker, Depth, PriceTicker, Ticker, Trade

NEVER_MS: Final = 4_102_444_800_000
"""2100-01-01: perpetuals are said to be delivered on 2100-12-25."""


class FuturesDepth(Depth, frozen=True, kw_only=True):
    """``GET …/v1/depth``: best levels first."""

    event_ms: int = msgspec.field(name="E")
    """When it was sent."""
    transaction_ms: int = msgspec.field(name="T")
    """When the book last changed."""


class CoinTrade(Trade, frozen=True, gc=False, kw_only=True):
    """``GET /dapi/v1/trades``: ``quantity`` in contracts. It has a quantity in the base asset, and none in the quote
    asset (``quote_text`` is empty)."""

    base_text: str = msgspec.field(name="baseQty")
    quote_text: str = ""
    base = Exact("base_text")


class CoinTicker(Ticker, frozen=True, gc=False, kw_only=True):
    """``GET /dapi/v1/ticker/24hr``: ``volume`` in contracts.

    The venue does not say the volume in the quote asset; it is ``volume`` times ``contract_size``, exactly.
    """

    base_volume_text: str = msgspec.field(name="baseVolume")
    quote_volume_text: str = ""
    base_volume = Exact("base_volume_text")


class Contract(SymbolInfo, frozen=True, rename="camel", kw_only=True):
    """One symbol of ``GET /fapi/v1/exchangeInfo``."""

    pair: str = ""
    contract_type: str = ""
    """PERPETUAL, TRADIFI_PERPETUAL, CURRENT_QUARTER, NEXT_QUARTER, …; empty before trading begins."""
    margin_asset: str = ""
    underlying_type: str = ""
    """COIN, INDEX, EQUITY, COMMODITY, …"""
    delivery_ms: int = msgspec.field(name="deliveryDate", default=0)
    onboard_ms: int = msgspec.field(name="onboardDate", default=0)
    """When trading began."""
    time_in_force: tuple[str, ...] = ()
    contract_size: int = 0
    """What one contract is worth in the quote asset; 0 on USDⓈ-M, where quantities are in the base asset."""

    @property
    def delivered_ms(self) -> int | None:
        """When it is delivered; ``None`` for a perpetual."""
        return self.delivery_ms if 0 < self.delivery_ms < NEVER_MS else None


class CoinContract(Contract, frozen=True, rename="camel", kw_only=True):
    """One symbol of ``GET /dapi/v1/exchangeInfo``."""

    status: str = msgspec.field(name="contractStatus")


class UsdmExchangeInfo(ExchangeInfo, frozen=True, rename="camel"):
    """``GET /fapi/v1/exchangeInfo``."""

    symbols: tuple[Contract, ...]


class CoinmExchangeInfo(ExchangeInfo, frozen=True, rename="camel"):
    """``GET /dapi/v1/exchangeInfo``."""

    symbols: tuple[CoinContract, ...]


OneOrAllPrices = PriceTicker | tuple[PriceTicker, ...]
OneOrAllBookTickers = BookTicker | tuple[BookTicker, ...]
OneOrAllTickers = Ticker | tuple[Ticker, ...]
OneOrAllCoinTickers = CoinTicker | tuple[CoinTicker, ...]
"""USDⓈ-M answers an object for one symbol, COIN-M a list with one element; both a list for all symbols."""
