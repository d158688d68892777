"""What assets are worth in another one, by last traded prices: directly, or over one asset in between."""

from collections.abc import Mapping
from decimal import Context, Decimal
from typing import Final

BRIDGES: Final = ("USDT", "BTC", "USDC", "FDUSD", "BNB", "ETH")
"""Assets that most others are traded against, in the order in which they are tried."""
_PRECISION: Final = Context(prec=28)


def rate(asset: str, into: str, prices: Mapping[str, Decimal]) -> Decimal | None:
    """How much of *into* one *asset* is worth; ``None`` where no chain of at most two symbols leads there.

    *prices*: last price by symbol. A symbol is taken for base and quote written together, as the venue names them.
    """
    direct = _step(asset, into, prices)
    if direct is not None:
        return direct
    for bridge in BRIDGES:
        first, second = _step(asset, bridge, prices), _step(bridge, into, prices)
        if first is not None and second is not None:
            return _PRECISION.multiply(first, second)
    return None


def _step(asset: str, into: str, prices: Mapping[str, Decimal]) -> Decimal | None:
    if asset == into:
        return Decimal(1)
    if price := prices.get(asset + into):
        return price
    if price := prices.get(into + asset):
        return _PRECISION.divide(1, price)
    return None
