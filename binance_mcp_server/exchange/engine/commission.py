"""What the venue keeps of a trade. Pure, on integers.

Source: faqs/commission_faq.md, read 2026-11-24. Rates are integers in units of 1e-8 (0.1 % is 100,000), as amounts
are. The commission comes out of what a trade brings in, or out of BNB: then the standard part is multiplied by the
discount, tax and special parts are not. How the venue rounds is not written; its example rounds half up, and so do we,
once, at the end.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from binance_mcp_server.exchange.engine.ladder import Side
from binance_mcp_server.exchange.numbers import SCALE

DISCOUNT_ASSET = "BNB"
_BRIDGE = "USDT"


class Rates(NamedTuple):
    """One kind of commission, in units of 1e-8."""

    maker: int = 0
    taker: int = 0
    buyer: int = 0
    seller: int = 0

    def of(self, side: Side, *, is_maker: bool) -> int:
        """What one side of a trade pays: for its part in it and for its direction."""
        return (self.maker if is_maker else self.taker) + (
            self.buyer if side is Side.BUY else self.seller
        )


_NO_RATES = Rates()
_STANDARD = Rates(maker=100_000, taker=100_000)


@dataclass(frozen=True, slots=True)
class CommissionRates:
    """What an account pays on a symbol."""

    standard: Rates = _STANDARD
    special: Rates = _NO_RATES
    tax: Rates = _NO_RATES
    discount: int = 75_000_000
    """What remains of the standard part when BNB pays, in units of 1e-8."""
    discount_on_symbol: bool = True


DEFAULT_RATES = CommissionRates()


class BnbPrice(NamedTuple):
    """What one BNB costs in another asset, as a quotient so that nothing is lost."""

    num: int
    den: int


class Purse(NamedTuple):
    """BNB from which an account that chose so pays."""

    free: int
    """1e-8 BNB."""
    price: BnbPrice | None
    """In the asset that the trade brings in; ``None``: nobody knows it, BNB cannot pay."""


def bnb_price(asset: str, last_price: Callable[[str], int | None]) -> BnbPrice | None:
    """What one BNB costs in *asset* by the last prices (1e-8) of symbols: directly, or by way of USDT."""
    if asset == DISCOUNT_ASSET:
        return BnbPrice(1, 1)
    if price := last_price(DISCOUNT_ASSET + asset):
        return BnbPrice(price, SCALE)
    if price := last_price(asset + DISCOUNT_ASSET):
        return BnbPrice(SCALE, price)
    bnb = last_price(DISCOUNT_ASSET + _BRIDGE)
    other = last_price(asset + _BRIDGE)
    return BnbPrice(bnb, other) if bnb and other else None


def commission(
    rates: CommissionRates,
    side: Side,
    *,
    is_maker: bool,
    received: tuple[str, int],
    bnb: Purse | None = None,
) -> tuple[str, int]:
    """``(asset, amount)`` that a trade costs which brings in *received* ``(asset, amount)``.

    *bnb* is ``None`` for an account that does not pay in BNB. One with too little of it pays in full from what it
    receives.
    """
    asset, amount = received
    standard = rates.standard.of(side, is_maker=is_maker)
    other = rates.tax.of(side, is_maker=is_maker) + rates.special.of(side, is_maker=is_maker)
    if bnb is not None and bnb.price is not None and rates.discount_on_symbol:
        reduced = amount * (standard * rates.discount + other * SCALE)
        in_bnb = _divide(reduced * bnb.price.den, bnb.price.num * SCALE * SCALE)
        if in_bnb <= bnb.free + (amount if asset == DISCOUNT_ASSET else 0):
            return DISCOUNT_ASSET, in_bnb
    return asset, _divide(amount * (standard + other), SCALE)


def _divide(dividend: int, divisor: int) -> int:
    """Rounded half up."""
    return (2 * dividend + divisor) // (2 * divisor)
