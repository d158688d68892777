"""What a symbol allows: ticks, lots, notionals, order types. Amounts are integers in units of 1e-8."""

from dataclasses import dataclass

ORDER_TYPES = (
    "LIMIT",
    "LIMIT_MAKER",
    "MARKET",
    "STOP_LOSS",
    "STOP_LOSS_LIMIT",
    "TAKE_PROFIT",
    "TAKE_PROFIT_LIMIT",
)


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
