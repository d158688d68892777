"""What an intent may come to, at the most, and which of its prices stand where. Pure.

Prices and notionals are in the symbol's quote asset. A notional is an upper bound: the most that can change hands if
the market stays where it is and every order that can be filled beside the others is filled. A purchase with a limit
costs no more wherever the market goes.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext
from typing import Final

from binance_mcp_server.trading.intents import (
    LIMITS,
    Intent,
    ListIntent,
    OrderIntent,
)

WIDE: Final = Context(prec=80)
"""Sums and products of the venue's numbers stay exact."""
_BIPS: Final = Decimal(10_000)
_ZERO: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class MarketFacts:
    """What is known of the market of one symbol at this moment."""

    symbol: str
    best_bid: Decimal | None = None
    best_ask: Decimal | None = None
    last: Decimal | None = None
    quote_rate: Decimal | None = None
    """What one unit of the symbol's quote asset is worth in the currency of the caps; ``None``: not known."""
    worst: Decimal | None = None
    """The last price that the intent would touch in the book as a taker; ``None``: it would take nothing, or it is not
    known."""
    value: Decimal | None = None
    """What it would pay or receive as a taker; ``None``: not known."""
    unfilled: Decimal = _ZERO
    """What of a market order the known book cannot fill."""

    @property
    def market(self) -> Decimal | None:
        """Half-way between the best prices, or else the last price."""
        if self.best_bid and self.best_ask:
            with localcontext(WIDE):
                return (self.best_bid + self.best_ask) / 2
        return self.last or self.best_bid or self.best_ask

    @property
    def high(self) -> Decimal | None:
        """The highest price at which the symbol trades now."""
        return max(filter(None, (self.best_bid, self.best_ask, self.last)), default=None)


def notional(intent: Intent, facts: MarketFacts) -> Decimal | None:
    """The most that the orders of *intent* can be worth together; ``None`` where the market is not known.

    Of two orders that exclude each other the greater counts.
    """
    if not intent.legs:
        return _ZERO
    with localcontext(WIDE):
        worth = [_worth(leg, facts) for leg in intent.legs]
        known = [each for each in worth if each is not None]
        if len(known) < len(worth):
            return None
        if not isinstance(intent, ListIntent) or intent.contingency == "OTO":
            return sum(known, _ZERO)
        alone = known[:-2]
        return sum(alone, _ZERO) + max(known[-2:])


def _worth(leg: OrderIntent, facts: MarketFacts) -> Decimal | None:
    if leg.quote_quantity is not None:
        return leg.quote_quantity
    price = _highest(leg, facts)
    if price is None or leg.quantity is None:
        return None
    worth = price * leg.quantity
    return max(worth, facts.value or _ZERO) if leg.type == "MARKET" else worth


def _highest(leg: OrderIntent, facts: MarketFacts) -> Decimal | None:
    """The highest price at which *leg* may be filled."""
    if leg.side == "BUY" and leg.type in LIMITS:
        return leg.price
    if facts.high is None:
        return None
    price = max(facts.high, leg.price or _ZERO, leg.stop_price or _ZERO)
    return price * (1 + (leg.trailing_delta or 0) / _BIPS)


def named_prices(legs: Iterable[OrderIntent]) -> Iterator[tuple[str, Decimal]]:
    """Every price that the orders name, with the name of its parameter."""
    for leg in legs:
        for name, price in (("price", leg.price), ("stop_price", leg.stop_price)):
            if price is not None:
                yield name, price
