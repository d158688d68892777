"""The guard: each limit is held, with numbers in its words, and only what the owner allows passes."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from binance_mcp_server.trading.exposure import MarketFacts
from binance_mcp_server.trading.guard import (
    DAY_MS,
    MINUTE_MS,
    GuardState,
    Placed,
    Verdict,
    decide,
)
from binance_mcp_server.trading.intents import (
    AmendIntent,
    CancelAllIntent,
    CancelIntent,
    CancelListIntent,
    Intent,
    ListIntent,
    OrderIntent,
    ReplaceIntent,
)
from binance_mcp_server.trading.policy import MODEST, Policy

D = Decimal
NOW = 1_800_000_000_000
OPEN = Policy("testnet", enabled=True)
FACTS = MarketFacts("BTCUSDT", best_bid=D(99), best_ask=D(101), last=D(100), quote_rate=D(1))
NOTHING = GuardState()
LIMIT = OrderIntent("BTCUSDT", "BUY", "LIMIT", D(1), price=D(100), time_in_force="GTC")
MARKET = OrderIntent("BTCUSDT", "BUY", "MARKET", D(1))
SELL_PAIR = (
    OrderIntent("BTCUSDT", "SELL", "LIMIT_MAKER", D(1), price=D(120)),
    OrderIntent("BTCUSDT", "SELL", "STOP_LOSS", D(1), stop_price=D(90)),
)
OCO = ListIntent("OCO", "BTCUSDT", SELL_PAIR)
OTOCO = ListIntent("OTOCO", "BTCUSDT", (LIMIT, *SELL_PAIR))
CHANGES: tuple[Intent, ...] = (
    AmendIntent("BTCUSDT", D(1), 7),
    CancelIntent("BTCUSDT", 7),
    CancelListIntent("BTCUSDT", 7),
    CancelAllIntent("BTCUSDT"),
)


def ask(
    intent: Intent = LIMIT,
    *,
    state: GuardState = NOTHING,
    facts: MarketFacts | None = FACTS,
    **limits: Any,
) -> Verdict:
    return decide(intent, replace(OPEN, **limits), state, facts, NOW)


def rules(verdict: Verdict) -> list[str]:
    return [reason.rule for reason in verdict.reasons]


def test_off_is_off_for_everything() -> None:
    every: tuple[Intent, ...] = (LIMIT, OCO, ReplaceIntent(LIMIT, 7), *CHANGES)
    for intent in every:
        verdict = ask(intent, enabled=False, why_disabled="the owner said so")
        assert rules(verdict) == ["disabled"]
        assert "the owner said so" in str(verdict.reasons[0])


def test_without_limits_and_without_a_market_an_order_passes() -> None:
    verdict = ask(facts=None)
    assert (verdict.allowed, verdict.needs_person, verdict.notional) == (True, False, None)


def test_the_kill_switch_lets_cancellations_pass_and_nothing_else() -> None:
    killed = GuardState(kill_engaged=True)
    new: tuple[Intent, ...] = (LIMIT, MARKET, OCO, ReplaceIntent(LIMIT, 7), CHANGES[0])
    for intent in new:
        assert rules(ask(intent, state=killed)) == ["kill_switch"]
    for intent in CHANGES[1:]:
        assert ask(intent, state=killed, symbols=frozenset(), order_notional=D(0)).allowed


def test_only_named_symbols() -> None:
    assert ask(symbols=frozenset({"BTCUSDT"})).allowed
    verdict = ask(symbols=frozenset({"ETHUSDT"}))
    assert rules(verdict) == ["symbol"]
    assert "ETHUSDT" in verdict.reasons[0].advice


def test_the_notional_of_one_order() -> None:
    assert ask(order_notional=D(100)).allowed
    verdict = ask(order_notional=D("99.99"))
    assert rules(verdict) == ["order_notional"]
    reason = verdict.reasons[0]
    assert (reason.value, reason.limit) == ("100", "99.99")
    assert "100 USDT" in reason.text
    assert "99.99 USDT" in reason.text


def test_a_notional_is_stated_in_the_currency_of_the_caps() -> None:
    facts = replace(FACTS, quote_rate=D("0.5"))
    assert ask(facts=facts, order_notional=D(50)).notional == D(50)
    assert rules(ask(facts=facts, order_notional=D("49.9"))) == ["order_notional"]


def test_what_nobody_knows_is_a_refusal_where_a_limit_asks() -> None:
    every: list[dict[str, Any]] = [{"order_notional": D(10**9)}, {"day_notional": D(10**9)}]
    for limits in every:
        assert rules(ask(facts=replace(FACTS, quote_rate=None), **limits)) == ["no_rate"]
        assert rules(ask(facts=None, **limits)) == ["no_rate"]
        assert rules(ask(facts=replace(FACTS, symbol="ETHUSDT"), **limits)) == ["no_rate"]
        nothing = MarketFacts("BTCUSDT", quote_rate=D(1))
        assert rules(ask(MARKET, facts=nothing, **limits)) == ["no_price"]
    assert rules(ask(facts=None, price_band_percent=D(10))) == ["no_price"]


def test_a_day_is_the_last_24_hours() -> None:
    placed = (Placed(NOW - DAY_MS, D(900)), Placed(NOW - DAY_MS + 1, D(60)), Placed(NOW, D(40)))
    state = GuardState(placed=placed)
    assert ask(state=state, day_notional=D(200)).allowed
    verdict = ask(state=state, day_notional=D("199.9"))
    assert rules(verdict) == ["day_notional"]
    assert verdict.reasons[0].value == "200"


def test_a_clock_that_was_set_back_frees_nothing() -> None:
    state = GuardState(placed=(Placed(NOW + DAY_MS, D(150), orders=5),))
    verdict = ask(state=state, day_notional=D(200), orders_per_minute=5)
    assert rules(verdict) == ["day_notional", "orders_per_minute"]


def test_orders_of_a_minute() -> None:
    old, new = Placed(NOW - MINUTE_MS, D(1), 50), Placed(NOW - MINUTE_MS + 1, D(1), 2)
    state = GuardState(placed=(old, new))
    assert ask(state=state, orders_per_minute=3).allowed
    assert rules(ask(state=state, orders_per_minute=2)) == ["orders_per_minute"]
    assert rules(ask(OTOCO, state=state, orders_per_minute=4)) == ["orders_per_minute"]
    assert ask(AmendIntent("BTCUSDT", D(1), 7), state=state, orders_per_minute=2).allowed


@pytest.mark.parametrize(
    ("intent", "added"),
    [
        (LIMIT, 1),
        (MARKET, 0),
        (replace(LIMIT, time_in_force="IOC"), 0),
        (OCO, 2),
        (OTOCO, 3),
        (ListIntent("OTO", "BTCUSDT", (LIMIT, MARKET)), 2),
        (ReplaceIntent(LIMIT, 7), 0),
        (AmendIntent("BTCUSDT", D(1), 7), 0),
    ],
)
def test_open_orders_count_what_may_stay(intent: Intent, added: int) -> None:
    assert ask(intent, state=GuardState(open_orders=5), open_orders=5 + added).allowed
    if added:
        verdict = ask(intent, state=GuardState(open_orders=5), open_orders=4 + added)
        assert rules(verdict) == ["open_orders"]
    else:
        assert ask(intent, state=GuardState(open_orders=9), open_orders=5).allowed


def test_prices_stay_in_the_band() -> None:
    for price in (D(90), D(110)):
        assert ask(replace(LIMIT, price=price), price_band_percent=D(10)).allowed
    for price in (D("89.99"), D("110.01")):
        verdict = ask(replace(LIMIT, price=price), price_band_percent=D(10))
        assert rules(verdict) == ["price_band"]
        assert "from 90 to 110" in verdict.reasons[0].advice


def test_every_price_of_a_list_stays_in_the_band() -> None:
    assert rules(ask(OCO, price_band_percent=D(15))) == ["price_band"]
    assert rules(ask(OCO, price_band_percent=D(5))) == ["price_band", "price_band"]
    assert ask(OCO, price_band_percent=D(20)).allowed


def test_a_market_order_needs_a_book_that_fills_it_within_the_band() -> None:
    assert rules(ask(MARKET, price_band_percent=D(10))) == ["price_band"]
    inside = replace(FACTS, worst=D(105), value=D(102))
    assert ask(MARKET, facts=inside, price_band_percent=D(10)).allowed
    beyond = replace(FACTS, worst=D(130), value=D(102))
    assert rules(ask(MARKET, facts=beyond, price_band_percent=D(10))) == ["price_band"]
    thin = replace(inside, unfilled=D("0.1"))
    assert rules(ask(MARKET, facts=thin, price_band_percent=D(10))) == ["price_band"]


def test_every_broken_limit_is_told() -> None:
    verdict = ask(
        replace(LIMIT, price=D(500)), state=GuardState(kill_engaged=True, open_orders=3),
        symbols=frozenset(), order_notional=D(1), day_notional=D(1), open_orders=1,
        orders_per_minute=0, price_band_percent=D(1),
    )  # fmt: skip
    assert rules(verdict) == [
        *("kill_switch", "symbol", "order_notional", "day_notional", "open_orders"),
        *("orders_per_minute", "price_band"),
    ]
    assert all(reason.text and reason.advice for reason in verdict.reasons)
    assert not verdict.needs_person


def test_a_person_is_asked_from_the_notional_on() -> None:
    assert ask(person_from=D(100)).needs_person
    assert not ask(person_from=D("100.01")).needs_person
    assert ask(person_from=D(0)).needs_person
    assert not ask(person_from=None).needs_person
    assert ask(facts=None, person_from=D(100)).needs_person, (
        "a notional that nobody knows may be any"
    )


def test_nobody_is_asked_to_take_back() -> None:
    for intent in CHANGES:
        verdict = ask(intent, person_from=D(0))
        assert (verdict.allowed, verdict.needs_person) == (True, False)


@pytest.mark.parametrize(
    ("intent", "worth"),
    [
        (LIMIT, 100),
        (replace(LIMIT, price=D(50)), 50),
        (replace(LIMIT, side="SELL", price=D(50)), 101),  # it is sold at the market, not at 50
        (replace(LIMIT, side="SELL", price=D(150)), 150),
        (MARKET, 102),
        (replace(MARKET, side="SELL"), 102),
        (replace(MARKET, quantity=None, quote_quantity=D(40)), 40),
        (OrderIntent("BTCUSDT", "BUY", "STOP_LOSS", D(1), stop_price=D(130)), 130),
        (OrderIntent("BTCUSDT", "SELL", "STOP_LOSS", D(1), stop_price=D(90)), 101),
        (OrderIntent("BTCUSDT", "SELL", "STOP_LOSS", D(1), trailing_delta=1000), D("111.1")),
        (
            OrderIntent("BTCUSDT", "BUY", "STOP_LOSS_LIMIT", D(1), price=D(140), stop_price=D(130)),
            140,
        ),
        (OCO, 120),
        (ListIntent("OTO", "BTCUSDT", (LIMIT, SELL_PAIR[0])), 220),
        (OTOCO, 220),
        (ReplaceIntent(LIMIT, 7), 100),
        (AmendIntent("BTCUSDT", D(5), 7), 0),
    ],
)
def test_what_an_intent_may_come_to(intent: Intent, worth: Decimal) -> None:
    facts = replace(FACTS, value=D(102), worst=D(105))
    assert ask(intent, facts=facts).notional == worth


def test_the_modest_policy_holds_every_limit() -> None:
    verdict = decide(LIMIT, MODEST, GuardState(), FACTS, NOW)
    assert verdict.allowed
    assert not decide(replace(LIMIT, quantity=D("1.01")), MODEST, GuardState(), FACTS, NOW).allowed
    named = dict(MODEST.described())
    assert named["order_notional"] == "100 USDT"
    assert named["person"] == "none"
