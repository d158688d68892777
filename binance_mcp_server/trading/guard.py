"""Whether the owner's limits allow an intent. Pure: the same answer for the same policy, state, facts and time.

Nothing here estimates in the agent's favour: what a limit needs to know and nobody knows is a refusal. Cancellations
pass whenever trading is enabled, also under the kill switch and above every limit. What one call allows the next one
must know of (``GuardState.placed``): deciding and writing down what was decided belong under one lock.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import Final

from binance_mcp_server.models.exact import plain
from binance_mcp_server.trading.exposure import WIDE, MarketFacts, named_prices, notional
from binance_mcp_server.trading.intents import (
    AmendIntent,
    CancelAllIntent,
    CancelIntent,
    CancelListIntent,
    Intent,
    ListIntent,
    ReplaceIntent,
)
from binance_mcp_server.trading.policy import Policy
from binance_mcp_server.trading.reasons import Reason, Rule

DAY_MS: Final = 86_400_000
MINUTE_MS: Final = 60_000
_ASK_OWNER = "Only the owner can change this limit, in the limits file."
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Placed:
    """An intent that went, or may have gone, to the venue. One entry may stand for several, then with the last time."""

    at_ms: int
    notional: Decimal
    """In the currency of the caps."""
    orders: int = 1


@dataclass(frozen=True, slots=True)
class GuardState:
    """What the owner's processes have done so far, together."""

    kill_engaged: bool = False
    open_orders: int = 0
    """Of the account, all symbols, those included whose fate is not known yet."""
    placed: tuple[Placed, ...] = ()
    """Of the last 24 hours at least."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the guard says of one intent."""

    reasons: tuple[Reason, ...] = ()
    """Every limit that it breaks; none: it is allowed."""
    needs_person: bool = False
    """Whether a person has to agree before it is sent."""
    notional: Decimal | None = None
    """What it counts for, in the currency of the caps; ``None``: not known, and no limit asks."""

    @property
    def allowed(self) -> bool:
        return not self.reasons


@dataclass(frozen=True, slots=True)
class _Case:
    """All that the rules look at."""

    intent: Intent
    policy: Policy
    state: GuardState
    facts: MarketFacts
    worth: Decimal | None
    now_ms: int


def decide(
    intent: Intent,
    policy: Policy,
    state: GuardState,
    facts: MarketFacts | None,
    now_ms: int,
) -> Verdict:
    """Whether *intent* may be carried out at *now_ms* (ms since the epoch). *facts* are those of its symbol."""
    if not policy.enabled:
        why = f"Orders on {policy.venue} are off: {policy.why_disabled}."
        return Verdict((Reason("disabled", why, "Only the owner can enable trading."),))
    if isinstance(intent, CancelIntent | CancelListIntent | CancelAllIntent):
        return Verdict(notional=_ZERO)
    if facts is None or facts.symbol != intent.symbol:
        facts = MarketFacts(intent.symbol)
    worth = _in_currency(notional(intent, facts), facts)
    case = _Case(intent, policy, state, facts, worth, now_ms)
    reasons = tuple(reason for rule in _RULES for reason in rule(case))
    return Verdict(reasons, not reasons and _needs_person(case), worth)


def _in_currency(worth: Decimal | None, facts: MarketFacts) -> Decimal | None:
    if worth == 0:
        return worth
    if worth is None or facts.quote_rate is None:
        return None
    with localcontext(WIDE):
        return worth * facts.quote_rate


def _needs_person(case: _Case) -> bool:
    """An amendment only takes away, so that nobody has to be asked."""
    threshold = case.policy.person_from
    if threshold is None or isinstance(case.intent, AmendIntent):
        return False
    return case.worth is None or case.worth >= threshold


def _kill_switch(case: _Case) -> Iterator[Reason]:
    if case.state.kill_engaged:
        yield Reason(
            "kill_switch",
            "The kill switch is engaged: only cancellations pass.",
            "Only the owner can release it: mcp-server-binance kill release.",
        )


def _symbols(case: _Case) -> Iterator[Reason]:
    allowed = case.policy.symbols
    if allowed is not None and case.intent.symbol not in allowed:
        yield Reason(
            "symbol",
            f"{case.intent.symbol} is not among the symbols that the owner allows.",
            f"Allowed: {', '.join(sorted(allowed)[:20]) or 'none'}. {_ASK_OWNER}",
        )


def _knowledge(case: _Case) -> Iterator[Reason]:
    """What the limits on notionals need to know."""
    policy = case.policy
    if case.worth is not None or (policy.order_notional is None and policy.day_notional is None):
        return
    if case.facts.quote_rate is None:
        yield Reason(
            "no_rate",
            f"What the quote asset of {case.intent.symbol} is worth in {policy.currency} is not known,"
            " so that its notional cannot be checked.",
            f"Trade a symbol that is quoted in {policy.currency}, or ask the owner for another currency.",
        )
    else:
        yield Reason(
            "no_price",
            f"No price of {case.intent.symbol} is known, so that its notional cannot be checked.",
            "Try again when the market has a price.",
        )


def _order_notional(case: _Case) -> Iterator[Reason]:
    cap, worth = case.policy.order_notional, case.worth
    if cap is not None and worth is not None and worth > cap:
        yield _over("order_notional", case, worth, cap, "The intent is worth up to", "for one")


def _day_notional(case: _Case) -> Iterator[Reason]:
    cap, worth = case.policy.day_notional, case.worth
    if cap is None or worth is None or not worth:
        return
    with localcontext(WIDE):
        spent = sum((each.notional for each in _since(case, DAY_MS)), _ZERO)
        total = spent + worth
    if total > cap:
        text = "With it, the intents of the last 24 hours are worth up to"
        yield _over("day_notional", case, total, cap, text, "for a day")


def _over(rule: Rule, case: _Case, value: Decimal, cap: Decimal, text: str, where: str) -> Reason:
    unit = case.policy.currency
    return Reason(
        rule,
        f"{text} {plain(value)} {unit}; the owner allows {plain(cap)} {unit} {where}.",
        f"Make it smaller. {_ASK_OWNER}",
        plain(value),
        plain(cap),
    )


def _open_orders(case: _Case) -> Iterator[Reason]:
    cap, added = case.policy.open_orders, _rests(case.intent)
    if cap is None or added <= 0:
        return
    total = case.state.open_orders + added
    if total > cap:
        yield Reason(
            "open_orders",
            f"With it {total} orders may be open; the owner allows {cap}.",
            f"Cancel orders first. {_ASK_OWNER}",
            str(total),
            str(cap),
        )


def _rests(intent: Intent) -> int:
    """How many orders more may be open once *intent* is carried out."""
    if isinstance(intent, ListIntent):
        return len(intent.legs)  # a pending market order is open too while it waits
    return sum(leg.rests for leg in intent.legs) - isinstance(intent, ReplaceIntent)


def _orders_per_minute(case: _Case) -> Iterator[Reason]:
    cap = case.policy.orders_per_minute
    if cap is None or not case.intent.orders:
        return
    recent = _since(case, MINUTE_MS)
    total = sum(each.orders for each in recent) + case.intent.orders
    if total > cap:
        yield Reason(
            "orders_per_minute",
            f"With it, {total} orders were placed within 60 seconds; the owner allows {cap}.",
            f"Wait up to a minute. {_ASK_OWNER}",
            str(total),
            str(cap),
        )


def _since(case: _Case, span_ms: int) -> list[Placed]:
    """What was placed in the last *span_ms*. What is dated later than now counts too: a clock was set back."""
    return [each for each in case.state.placed if each.at_ms > case.now_ms - span_ms]


def _price_band(case: _Case) -> Iterator[Reason]:
    band, facts = case.policy.price_band_percent, case.facts
    if band is None or not case.intent.legs:
        return
    market = facts.market
    if market is None:
        text = f"No price of {case.intent.symbol} is known, so that its prices cannot be checked."
        yield Reason("no_price", text, "Try again when the market has a price.")
        return
    prices = [*named_prices(case.intent.legs), *_taken(case)]
    with localcontext(WIDE):
        for name, price in prices:
            if abs(price - market) * 100 > band * market:
                yield _outside(name, price, market, band)
    if _is_market(case.intent) and (facts.worst is None or facts.unfilled):
        yield Reason(
            "price_band",
            "The book as it is known cannot fill this market order, so that its price has no bound.",
            "Make it smaller, or use a LIMIT order.",
        )


def _taken(case: _Case) -> list[tuple[str, Decimal]]:
    """The worst price that a market order would trade at now."""
    worst = case.facts.worst
    return [("worst fill", worst)] if worst is not None and _is_market(case.intent) else []


def _is_market(intent: Intent) -> bool:
    """Whether it trades at once at any price."""
    return not isinstance(intent, ListIntent) and any(leg.type == "MARKET" for leg in intent.legs)


def _outside(name: str, price: Decimal, market: Decimal, band: Decimal) -> Reason:
    low, high = market * (100 - band) / 100, market * (100 + band) / 100
    return Reason(
        "price_band",
        f"The {name} {plain(price)} is more than {plain(band)} % away from the market at {plain(market)}.",
        f"Use a price from {plain(max(low, _ZERO))} to {plain(high)}. {_ASK_OWNER}",
        plain(price),
        plain(band),
    )


_RULES: Final[tuple[Callable[[_Case], Iterator[Reason]], ...]] = (
    *(_kill_switch, _symbols, _knowledge, _order_notional, _day_notional),
    *(_open_orders, _orders_per_minute, _price_band),
)
