"""What an intent would do to the account, priced on the book of this moment. Pure, all Decimal.

Prices and values are in the quote asset, quantities in the base asset. What trades at once is walked down the levels
that are known. Commission: faqs/commission_faq.md, market orders by amount: faqs/market_orders_faq.md (2026-07-21),
read 2026-11-24. Rates are the venue's own word; where they are not known there is no fee, not a guess.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal, localcontext
from typing import Final

from binance_mcp_server.market.fill import Fill, fill
from binance_mcp_server.market.order_book import Row
from binance_mcp_server.models.account import CommissionRates
from binance_mcp_server.trading.exposure import WIDE, MarketFacts
from binance_mcp_server.trading.intents import LIMITS, STOPS, Intent, ListIntent, OrderIntent

_ZERO: Final = Decimal(0)
_NOTHING: Final = Fill(_ZERO, _ZERO, None, None, 0, _ZERO, None, None)


@dataclass(frozen=True, slots=True)
class Book:
    """A symbol's levels, best first."""

    bids: Sequence[Row]
    asks: Sequence[Row]

    @property
    def mid(self) -> Decimal | None:
        with localcontext(WIDE):
            return (self.bids[0][0] + self.asks[0][0]) / 2 if self.bids and self.asks else None


@dataclass(frozen=True, slots=True)
class Pair:
    """What a symbol trades, and in which steps of quantity."""

    base: str
    quote: str
    step: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Fee:
    """Commission on what trades at once."""

    amount: Decimal
    """In ``asset``."""
    asset: str
    """What the order brings in: the commission is taken out of it."""
    rate: Decimal
    """As a part of one."""
    discount_asset: str = ""
    """The asset that pays instead while the account has enough of it; empty: none."""
    discounted: Decimal = _ZERO
    """In ``asset``: what the commission is worth then."""


@dataclass(frozen=True, slots=True)
class Priced:
    """What becomes of one order if the book stays as it is."""

    fill: Fill
    """What trades at once."""
    rests: Decimal = _ZERO
    """What then stays open, base asset."""
    expires: Decimal = _ZERO
    """What is given up at once, in the unit of the order's size."""
    would_take: bool = False
    """Of a LIMIT_MAKER: that it would trade at once, so that the venue refuses it."""
    fee: Fee | None = None
    """``None``: nothing trades at once, or the rates are not known."""
    base_change: Decimal = _ZERO
    """By what trades at once, the fee taken out where it is known and paid in this asset."""
    quote_change: Decimal = _ZERO
    base_locked: Decimal = _ZERO
    """Held as long as the order is open."""
    quote_locked: Decimal | None = _ZERO
    """``None``: it follows from a market that is not there yet."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What becomes of all orders of an intent."""

    legs: tuple[Priced, ...]
    base_change: Decimal
    quote_change: Decimal
    base_locked: Decimal
    quote_locked: Decimal | None

    def base_after(self, free: Decimal) -> Decimal:
        """Free of the base asset when the intent is carried out; below 0: there is not enough."""
        with localcontext(WIDE):
            return free + self.base_change - self.base_locked

    def quote_after(self, free: Decimal) -> Decimal | None:
        """The same of the quote asset; ``None``: not known."""
        with localcontext(WIDE):
            locked = self.quote_locked
            return None if locked is None else free + self.quote_change - locked


def price(intent: Intent, book: Book, pair: Pair, rates: CommissionRates | None) -> Outlook:
    """What *intent* comes to on *book*. Of a replacement: without what the old order sets free.

    Raises ``InputError`` for a quantity that no market has.
    """
    legs = tuple(_leg(leg, book, pair, rates, waits=waits) for leg, waits in _waiting(intent))
    held = _held(intent, legs)
    with localcontext(WIDE):
        base = max((each.base_locked for each in held), default=_ZERO)
        quotes = [each.quote_locked for each in held]
        known = [each for each in quotes if each is not None]
        return Outlook(
            legs,
            sum((each.base_change for each in legs), _ZERO),
            sum((each.quote_change for each in legs), _ZERO),
            base,
            max(known, default=_ZERO) if len(known) == len(quotes) else None,
        )


def market_facts(
    intent: Intent,
    outlook: Outlook,
    book: Book,
    *,
    last: Decimal | None,
    quote_rate: Decimal | None,
) -> MarketFacts:
    """What the guard has to know of the market of *intent*."""
    first = outlook.legs[0] if outlook.legs else Priced(_NOTHING)
    is_market = any(leg.type == "MARKET" for leg in intent.legs[:1])
    return MarketFacts(
        intent.symbol,
        best_bid=book.bids[0][0] if book.bids else None,
        best_ask=book.asks[0][0] if book.asks else None,
        last=last,
        quote_rate=quote_rate,
        worst=first.fill.worst,
        value=first.fill.value if first.fill.filled else None,
        unfilled=first.expires if is_market else _ZERO,
    )


def _waiting(intent: Intent) -> list[tuple[OrderIntent, bool]]:
    """The orders, and whether each waits for another one before it meets the market."""
    later = isinstance(intent, ListIntent) and intent.contingency != "OCO"
    return [(leg, later and n > 0) for n, leg in enumerate(intent.legs)]


def _held(intent: Intent, legs: Sequence[Priced]) -> Sequence[Priced]:
    """Those that lock money now; of a pair that excludes each other the greater one counts."""
    if isinstance(intent, ListIntent) and intent.contingency != "OCO":
        return legs[:1]
    return legs


def _leg(
    leg: OrderIntent, book: Book, pair: Pair, rates: CommissionRates | None, *, waits: bool
) -> Priced:
    levels = book.asks if leg.side == "BUY" else book.bids
    with localcontext(WIDE):
        if waits or leg.type in STOPS:
            return _resting(leg, _NOTHING, leg.quantity or _ZERO)
        if leg.type == "MARKET":
            return _market(leg, levels, book, pair, rates)
        return _limit(leg, levels, book, pair, rates)


def _market(
    leg: OrderIntent,
    levels: Sequence[Row],
    book: Book,
    pair: Pair,
    rates: CommissionRates | None,
) -> Priced:
    done = fill(levels, quantity=leg.quantity, quote=leg.quote_quantity, mid=book.mid)
    unfilled = done.unfilled
    if leg.quote_quantity is not None and pair.step:
        steps = (done.filled / pair.step).to_integral_value(ROUND_FLOOR) * pair.step
        done = fill(levels, quantity=steps, mid=book.mid) if steps else _NOTHING
    return _traded(leg, done, pair, rates, expires=unfilled)


def _limit(
    leg: OrderIntent,
    levels: Sequence[Row],
    book: Book,
    pair: Pair,
    rates: CommissionRates | None,
) -> Priced:
    quantity, limit = leg.quantity or _ZERO, leg.price or _ZERO
    buys = leg.side == "BUY"
    reached = [row for row in levels if (row[0] <= limit if buys else row[0] >= limit)]
    if leg.type == "LIMIT_MAKER":
        resting = _resting(leg, _NOTHING, quantity)
        return Priced(_NOTHING, would_take=True) if reached else resting
    done = fill(reached, quantity=quantity, mid=book.mid)
    left = quantity - done.filled
    if leg.time_in_force == "FOK" and left:
        return Priced(_NOTHING, expires=quantity)
    if leg.time_in_force == "GTC":
        return _traded(leg, done, pair, rates, rests=left)
    return _traded(leg, done, pair, rates, expires=left)


def _resting(leg: OrderIntent, done: Fill, left: Decimal) -> Priced:
    if leg.side == "SELL":
        return Priced(done, rests=left, base_locked=left)
    locked = left * leg.price if leg.type in LIMITS and leg.price is not None else None
    return Priced(done, rests=left, quote_locked=locked)


def _traded(
    leg: OrderIntent,
    done: Fill,
    pair: Pair,
    rates: CommissionRates | None,
    *,
    rests: Decimal = _ZERO,
    expires: Decimal = _ZERO,
) -> Priced:
    fee = _fee(leg, done, pair, rates)
    taken = fee.amount if fee is not None and not fee.discount_asset else _ZERO
    buys = leg.side == "BUY"
    resting = _resting(leg, done, rests)
    return Priced(
        done,
        rests=rests,
        expires=expires,
        fee=fee,
        base_change=done.filled - taken if buys else -done.filled,
        quote_change=-done.value if buys else done.value - taken,
        base_locked=resting.base_locked,
        quote_locked=resting.quote_locked if rests else _ZERO,
    )


def _fee(leg: OrderIntent, done: Fill, pair: Pair, rates: CommissionRates | None) -> Fee | None:
    """A taker's. Paid in another asset, the standard part of it is multiplied by the discount."""
    if rates is None or not done.filled:
        return None
    buys = leg.side == "BUY"
    received, asset = (done.filled, pair.base) if buys else (done.value, pair.quote)
    rate = rates.rate(is_maker=False, is_buyer=buys)
    standard = rates.standard.of(is_maker=False, is_buyer=buys)
    discount = rates.discount
    if not discount.applies or not discount.discount_asset:
        return Fee(received * rate, asset, rate)
    less = rate - standard + standard * discount.discount
    return Fee(received * rate, asset, rate, discount.discount_asset, received * less)
