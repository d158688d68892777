"""Whatever orders, caps, prices and clocks there are: what the guard allows breaks no cap, by a reckoning of its own.

The reckoning fills what was allowed as badly as the market of the moment can, in plain fractions, and adds it up.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from binance_mcp_server.trading.exposure import MarketFacts
from binance_mcp_server.trading.guard import GuardState, Placed, decide
from binance_mcp_server.trading.intents import (
    CancelIntent,
    Intent,
    ListIntent,
    OrderIntent,
    ReplaceIntent,
)
from binance_mcp_server.trading.policy import Policy
from tests.trading.intent_strategies import intents, order_lists, orders
from tests.trading.random_intents import random_intent

D = Decimal
DAY, MINUTE = 24 * 60 * 60 * 1000, 60 * 1000
START = 1_800_000_000_000
STEPS = (0, 1, MINUTE // 2 + 1, MINUTE - 1, MINUTE, DAY // 2 + 1, DAY - 1, DAY)
SYMBOLS = ("BTCUSDT", "ETHUSDT", "ETHBTC")
CAPS = ("order_notional", "day_notional", "open_orders", "orders_per_minute", "price_band_percent")
numbers = st.decimals("1", "9", places=1)


def random_policy(rng: Random) -> Policy:
    """One or two caps at a time: of many, the others would hide what one of them lets through."""
    limits: dict[str, Any] = {}
    for name in rng.sample((*CAPS, "symbols"), rng.randint(1, 2)):
        if name == "symbols":
            limits[name] = frozenset(rng.sample(SYMBOLS, rng.randint(0, 3)))
        elif name in {"open_orders", "orders_per_minute"}:
            limits[name] = rng.randint(0, 6)
        else:
            limits[name] = D(rng.randint(0, 1500)) / 10
    return Policy("testnet", enabled=rng.random() < 0.95, **limits)


def random_market(rng: Random, symbol: str) -> MarketFacts:
    """A market as it may be known, now and then in part."""
    bid = D(rng.randint(10, 90)) / 10

    def known(number: Decimal) -> Decimal | None:
        return number if rng.random() < 0.95 else None

    return MarketFacts(
        symbol if rng.random() < 0.95 else "XRPUSDT",
        best_bid=known(bid),
        best_ask=known(bid + D(rng.randint(0, 20)) / 10),
        last=known(bid),
        quote_rate=known(rng.choice([D(1), D("0.3"), D(7)])),
        worst=known(bid + D(rng.randint(0, 30)) / 10),
        value=known(D(rng.randint(1, 90))),
        unfilled=rng.choice([D(0), D(0), D(1)]),
    )


@dataclass
class Ledger:
    """What was allowed, as a venue would have carried it out."""

    policy: Policy
    spent: list[tuple[int, Fraction, int]] = field(default_factory=list)
    open: int = 0
    placed: list[Placed] = field(default_factory=list)

    def take(self, intent: Intent, facts: MarketFacts, now: int, notional: Decimal | None) -> None:
        worst = worst_case(intent, facts)
        limits = self.policy
        assert limits.enabled
        assert limits.symbols is None or intent.symbol in limits.symbols
        money = limits.order_notional is not None or limits.day_notional is not None
        if money and intent.legs:
            assert worst is not None, "a cap on money asks what the market cannot tell"
            assert limits.order_notional is None or worst <= limits.order_notional
        if worst is not None and notional is not None:
            assert notional >= worst
        self.spent.append((now, worst or Fraction(0), len(intent.legs)))
        self.placed.append(Placed(now, notional or D(0), intent.orders))
        self.open += resting(intent)
        self.check(now, grew=resting(intent) > 0)
        band(intent, facts, limits.price_band_percent)

    def check(self, now: int, *, grew: bool) -> None:
        limits = self.policy
        day = sum(worth for at, worth, _ in self.spent if at > now - DAY)
        minute = sum(orders for at, _, orders in self.spent if at > now - MINUTE)
        last = self.spent[-1]
        assert limits.day_notional is None or not last[1] or day <= limits.day_notional
        assert limits.orders_per_minute is None or not last[2] or minute <= limits.orders_per_minute
        assert limits.open_orders is None or not grew or self.open <= limits.open_orders


def worst_case(intent: Intent, facts: MarketFacts) -> Fraction | None:
    """In the currency of the caps, the most that can change hands in the market of the moment."""
    if not intent.legs:
        return Fraction(0)
    if facts.symbol != intent.symbol or facts.quote_rate is None:
        return None
    each = [leg_worth(leg, facts) for leg in intent.legs]
    found = [worth for worth in each if worth is not None]
    if len(found) < len(each):
        return None
    if isinstance(intent, ListIntent) and intent.contingency == "OCO":
        total = max(found)
    elif isinstance(intent, ListIntent) and intent.contingency == "OTOCO":
        total = found[0] + max(found[1:])
    else:
        total = sum(found, Fraction(0))
    return total * Fraction(facts.quote_rate)


def leg_worth(leg: OrderIntent, facts: MarketFacts) -> Fraction | None:
    if leg.quote_quantity is not None:
        return Fraction(leg.quote_quantity)
    quantity = Fraction(leg.quantity or 0)
    if leg.side == "BUY" and leg.price is not None:
        return quantity * Fraction(leg.price)
    seen = [price for price in (facts.best_bid, facts.best_ask, facts.last) if price is not None]
    if not seen:
        return None
    prices = [*seen, *(price for price in (leg.price, leg.stop_price) if price is not None)]
    follows = Fraction(10_000 + (leg.trailing_delta or 0), 10_000)
    return quantity * max(Fraction(price) for price in prices) * follows


def resting(intent: Intent) -> int:
    """Orders more than before once the venue has it."""
    if isinstance(intent, ListIntent):
        return len(intent.legs)
    stays = [leg.type != "MARKET" and (leg.time_in_force or "GTC") != "IOC" for leg in intent.legs]
    stays = [
        stay and not (leg.type == "LIMIT" and leg.time_in_force == "FOK")
        for stay, leg in zip(stays, intent.legs, strict=True)
    ]
    if any(leg.type in {"STOP_LOSS_LIMIT", "TAKE_PROFIT_LIMIT"} for leg in intent.legs):
        stays = [True] * len(intent.legs)
    return sum(stays) - (1 if isinstance(intent, ReplaceIntent) else 0)


def band(intent: Intent, facts: MarketFacts, percent: Decimal | None) -> None:
    if percent is None or not intent.legs:
        return
    assert facts.symbol == intent.symbol
    both = facts.best_bid and facts.best_ask
    market = (
        (Fraction(facts.best_bid or 0) + Fraction(facts.best_ask or 0)) / 2
        if both
        else Fraction(facts.last or facts.best_bid or facts.best_ask or 0)
    )
    assert market > 0
    prices = [price for leg in intent.legs for price in (leg.price, leg.stop_price) if price]
    if len(intent.legs) == 1 and intent.legs[0].type == "MARKET":
        assert facts.worst is not None
        assert not facts.unfilled
        prices.append(facts.worst)
    for price in prices:
        assert abs(Fraction(price) - market) <= market * Fraction(percent) / 100


def live(rng: Random, draw: Callable[[], Intent]) -> int:
    """Some days of an owner with random limits; how many intents were allowed."""
    ledger, now, allowed = Ledger(random_policy(rng)), START, 0
    for _ in range(rng.randint(1, 10)):
        now += rng.choice(STEPS)
        intent = draw()
        facts = random_market(rng, intent.symbol)
        state = GuardState(open_orders=ledger.open, placed=tuple(ledger.placed))
        verdict = decide(intent, ledger.policy, state, facts, now)
        if verdict.allowed and not isinstance(intent, CancelIntent):
            allowed += 1
            ledger.take(intent, facts, now, verdict.notional)
    return allowed


@pytest.mark.parametrize("seed", range(5))
def test_no_allowed_intent_breaks_a_cap(seed: int) -> None:
    rng = Random(seed)

    def number() -> Decimal:
        return D(rng.randint(10, 90)) / 10

    allowed = sum(live(rng, lambda: random_intent(rng, SYMBOLS, number)) for _ in range(3000))
    assert allowed > 3000, "enough was allowed for the caps to matter"


@settings(max_examples=100, deadline=None)
@given(st.data(), st.integers(0, 2**32))
def test_nor_does_any_other(data: st.DataObject, seed: int) -> None:
    placing = st.one_of(orders(numbers=numbers), order_lists(numbers))
    live(Random(seed), lambda: data.draw(placing))


@settings(max_examples=100, deadline=None)
@given(intents(numbers), st.integers(0, 2**32))
def test_the_same_question_has_the_same_answer(intent: Intent, seed: int) -> None:
    rng = Random(seed)
    policy, facts = random_policy(rng), random_market(rng, intent.symbol)
    answers = {repr(decide(intent, policy, GuardState(), facts, START)) for _ in range(3)}
    assert len(answers) == 1
