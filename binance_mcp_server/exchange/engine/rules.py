"""What a symbol allows: ticks, lots, notionals, order types. Amounts are integers in units of 1e-8."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

from binance_mcp_server.exchange.engine.trading_rules import TRADING_RULES, TradingRules
from binance_mcp_server.exchange.numbers import DECIMALS

Product = Literal["spot", "usdm", "coinm"]
"""Spot, USDⓈ-M futures, COIN-M futures: markets of their own, in which the same name may be another symbol."""
PRODUCTS: tuple[Product, ...] = ("spot", "usdm", "coinm")

ORDER_TYPES = (
    "LIMIT",
    "LIMIT_MAKER",
    "MARKET",
    "STOP_LOSS",
    "STOP_LOSS_LIMIT",
    "TAKE_PROFIT",
    "TAKE_PROFIT_LIMIT",
)


class Places(NamedTuple):
    """How many decimals the venue prints."""

    price: int = DECIMALS
    qty: int = DECIMALS
    turnover: int = DECIMALS
    """Of the quote volume of candles; on COIN-M, of volume in the base asset."""


SPOT_PLACES = Places()


@dataclass(frozen=True, slots=True)
class SymbolRules:
    """One symbol's trading rules, as ``exchangeInfo`` publishes them."""

    symbol: str
    base: str
    quote: str
    tick: int
    """Smallest price step, 1e-8 of the quote asset."""
    step: int
    """Smallest quantity step, 1e-8 of the base asset."""
    min_price: int
    max_price: int
    min_qty: int
    max_qty: int
    max_market_qty: int
    min_notional: int
    """1e-8 of the quote asset."""
    max_notional: int
    status: str = "TRADING"
    permission_sets: tuple[tuple[str, ...], ...] = (("SPOT",),)
    order_types: tuple[str, ...] = ORDER_TYPES
    product: Product = "spot"
    places: Places = SPOT_PLACES
    contract: int = 0
    """COIN-M: what one contract is worth, 1e-8 of the quote asset; quantities are contracts. Elsewhere 0."""
    trading: TradingRules = TRADING_RULES
    """What orders may be; spot only."""
