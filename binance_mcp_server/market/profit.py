"""Realised profit and loss of one symbol's fills, first in first out.

What was bought first is sold first. A commission in the base asset makes less of what was bought (or takes more of
what is held when selling); one in the quote asset makes a purchase dearer and a sale poorer; one in a third asset is
summed up beside the profit, since nothing here says what it was worth. Where more is sold than the fills bought (it was
deposited, or bought longer ago than what is known), that part has no cost and no profit: it is counted as unmatched.

Amounts are exact but for the cost of part of a lot, which is carried on to 40 digits.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Context, Decimal
from typing import Final

_ZERO: Final = Decimal(0)
_EXACT: Final = Context(prec=40)


@dataclass(frozen=True, slots=True)
class Deal:
    """One fill as the account sees it."""

    is_buy: bool
    quantity: Decimal
    """Base asset."""
    quote: Decimal
    """What it was worth: price × quantity, quote asset."""
    commission: Decimal
    commission_asset: str


@dataclass(slots=True)
class _Lot:
    """What is left of one purchase."""

    quantity: Decimal
    cost: Decimal
    """Of what is left, quote asset."""


@dataclass(frozen=True, slots=True)
class Realised:
    """What one sale came to; of a purchase, nothing."""

    profit: Decimal
    """Quote asset, commissions in base and quote asset taken off."""
    unmatched: Decimal
    """Of what was sold, base asset: no purchase is known for it."""


@dataclass(slots=True)
class Book:
    """The lots of one symbol, and what came of those that were sold."""

    base: str
    quote: str
    profit: Decimal = _ZERO
    """Realised so far, quote asset."""
    unmatched: Decimal = _ZERO
    """Sold without a known purchase so far, base asset."""
    commissions: dict[str, Decimal] = field(default_factory=dict)
    """All that was paid, by asset."""
    _lots: deque[_Lot] = field(default_factory=deque)

    @property
    def held(self) -> Decimal:
        """What is left of the purchases, base asset."""
        return sum((lot.quantity for lot in self._lots), _ZERO)

    @property
    def cost(self) -> Decimal:
        """What :attr:`held` has cost, quote asset."""
        return sum((lot.cost for lot in self._lots), _ZERO)

    def add(self, deal: Deal) -> Realised:
        """Count *deal*, which must be later than all before it."""
        paid = self.commissions.get(deal.commission_asset, _ZERO)
        if deal.commission:
            self.commissions[deal.commission_asset] = paid + deal.commission
        in_base = deal.commission if deal.commission_asset == self.base else _ZERO
        in_quote = deal.commission if deal.commission_asset == self.quote else _ZERO
        if deal.is_buy:
            self._buy(deal.quantity - in_base, deal.quote + in_quote)
            return Realised(_ZERO, _ZERO)
        return self._sell(deal.quantity + in_base, deal.quote - in_quote)

    def add_all(self, deals: Iterable[Deal]) -> list[Realised]:
        """Count *deals* in their order; what each of them came to."""
        return [self.add(deal) for deal in deals]

    def _buy(self, quantity: Decimal, cost: Decimal) -> None:
        if quantity > 0:
            self._lots.append(_Lot(quantity, cost))

    def _sell(self, quantity: Decimal, proceeds: Decimal) -> Realised:
        left, cost = quantity, _ZERO
        while left and self._lots:
            lot = self._lots[0]
            taken = min(left, lot.quantity)
            part = _share(lot.cost, taken, lot.quantity)
            lot.quantity, lot.cost = lot.quantity - taken, lot.cost - part
            left, cost = left - taken, cost + part
            if not lot.quantity:
                self._lots.popleft()
        realised = Realised(_share(proceeds, quantity - left, quantity) - cost, left)
        self.profit += realised.profit
        self.unmatched += realised.unmatched
        return realised


def _share(amount: Decimal, part: Decimal, whole: Decimal) -> Decimal:
    """*amount* × *part* ÷ *whole*, exactly *amount* where nothing is left over."""
    if part == whole:
        return amount
    return _EXACT.divide(_EXACT.multiply(amount, part), whole)
