"""Stops and trailing stops: the scenarios of faqs/trailing-stop-faq.md (docs of 2026-07-21, read 2026-11-24)."""

from typing import Any, NamedTuple

import pytest

from binance_mcp_server.exchange.engine.events import ExecType
from binance_mcp_server.exchange.engine.ladder import Side
from binance_mcp_server.exchange.engine.orders import ABSENT, Expiry, Status
from binance_mcp_server.exchange.engine.refusals import RefusedError
from tests.exchange.engine.stage import BEN, Stage, amount, rules_of, short


@pytest.fixture
def stage() -> Stage:
    """The last price is 40,000, as in every scenario."""
    stage = Stage()
    stage.traded("40000")
    return stage


class Scenario(NamedTuple):
    words: str
    more: dict[str, Any]
    before: list[str]
    """Where prices go, in straight lines, without triggering it."""
    trigger: str
    """Where the last line ends, which triggers it."""


SCENARIOS = {
    "A": Scenario(
        "BUY STOP_LOSS_LIMIT 1 @ 45000",
        {"stop_price": "44000", "trailing_delta": 500},
        ["37000", "44000", "45000", "46000", "42000"],
        "44100",
    ),
    "B": Scenario(
        "SELL STOP_LOSS_LIMIT 1 @ 38000",
        {"stop_price": "39000", "trailing_delta": 1000},
        ["41500", "39000", "37000", "41000"],
        "36900",
    ),
    "C": Scenario(
        "BUY TAKE_PROFIT_LIMIT 1 @ 38500",
        {"stop_price": "38000", "trailing_delta": 850},
        ["42000", "38000", "37000", "39000", "38000"],
        "40145",
    ),
    "D": Scenario(
        "SELL TAKE_PROFIT_LIMIT 1 @ 41000",
        {"stop_price": "42000", "trailing_delta": 750},
        ["41500", "39000", "42000", "45000", "44000", "46500"],
        "43012.5",
    ),
    "E": Scenario(
        "SELL STOP_LOSS_LIMIT 1 @ 39000",
        {"trailing_delta": 700},
        ["42000", "39500", "45500"],
        "42315",
    ),
}
_STEPS = 20


def line(stage: Stage, end: str) -> None:
    """Trades in a straight line from the last price to *end*, which is left out."""
    start = stage.venue._desks["BTCUSDT"].last_price() or 0
    for step in range(1, _STEPS):
        price = start + (amount(end) - start) * step // _STEPS
        stage.traded(short(price))


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_scenarios(stage: Stage, name: str) -> None:
    its = SCENARIOS[name]
    order = stage.place(its.words, **its.more)
    for price in its.before:
        line(stage, price)
        stage.traded(price)
    line(stage, its.trigger)
    assert (order.is_triggered, order.is_working, order.working_time) == (False, False, ABSENT)
    assert short(order.stop_price) == its.trigger
    stage.traded(its.trigger)
    assert (order.is_triggered, order.is_working, order.working_time) == (True, True, stage.now)
    assert stage.queue(order.side) == [(short(order.price), "1", order.id)]
    stage.check()


def test_tracking_starts_with_the_first_trade_that_meets_the_stop_price(stage: Stage) -> None:
    order = stage.place(SCENARIOS["A"].words, **SCENARIOS["A"].more)
    stage.traded("37000")
    assert (order.trailing_time, short(order.stop_price)) == (ABSENT, "44000")
    stage.traded("44000")
    assert (order.trailing_time, short(order.stop_price)) == (stage.now, "46200")


def test_tracking_of_an_order_without_a_stop_price_starts_with_the_order(stage: Stage) -> None:
    order = stage.place(SCENARIOS["E"].words, **SCENARIOS["E"].more)
    assert (order.trailing_time, short(order.stop_price)) == (stage.now, "37200")


def test_without_any_trade_yet_it_starts_with_the_first() -> None:
    stage = Stage()
    order = stage.place("SELL STOP_LOSS_LIMIT 1 @ 39000", trailing_delta=700)
    stage.traded("40000")
    assert (order.trailing_time, short(order.stop_price)) == (stage.now, "37200")


# --- plain stops (rest-api.md "New order": trigger order price rules)


@pytest.mark.parametrize(
    ("words", "stop", "quiet", "loud"),
    [
        ("BUY STOP_LOSS 1", "41000", "40999", "41000"),
        ("SELL TAKE_PROFIT 1", "41000", "40999", "41001"),
        ("SELL STOP_LOSS 1", "39000", "39001", "39000"),
        ("BUY TAKE_PROFIT 1", "39000", "39001", "38999"),
    ],
)
def test_a_stop_becomes_a_market_order(
    stage: Stage, words: str, stop: str, quiet: str, loud: str
) -> None:
    stage.crowd("BUY 1 @ 38000")
    stage.crowd("SELL 1 @ 42000")
    order = stage.place(words, stop_price=stop)
    stage.traded(quiet)
    assert order.status is Status.NEW
    stage.traded(loud)
    assert (order.status, order.is_triggered) == (Status.FILLED, True)
    assert stage.told() == ["1 NEW NEW", "1 NEW NEW", "1 TRADE FILLED"]
    stage.check()


@pytest.mark.parametrize(
    ("words", "stop"),
    [
        ("BUY STOP_LOSS 1", "40000"),
        ("SELL TAKE_PROFIT 1", "39999"),
        ("SELL STOP_LOSS 1", "40000"),
        ("BUY TAKE_PROFIT_LIMIT 1 @ 1", "40001"),
    ],
)
def test_a_stop_on_the_wrong_side_is_refused(stage: Stage, words: str, stop: str) -> None:
    with pytest.raises(RefusedError, match=r"Order would trigger immediately\.") as refused:
        stage.place(words, stop_price=stop)
    assert refused.value.code == -2010
    assert refused.value.reason == "STOP_PRICE_WOULD_TRIGGER_IMMEDIATELY"


def test_trades_of_accounts_trigger_too_and_a_chain_runs_to_its_end(stage: Stage) -> None:
    for price in ("40100", "40200", "40300"):
        stage.crowd(f"SELL 1 @ {price}")
    chain = [stage.place("BUY STOP_LOSS 1", BEN, stop_price=price) for price in ("40200", "40100")]
    order = stage.place("BUY MARKET 1")
    assert order.status is Status.FILLED
    assert [each.fills[0].price for each in reversed(chain)] == [amount("40200"), amount("40300")]


def test_those_of_one_trade_start_in_the_order_of_their_acceptance(stage: Stage) -> None:
    stops = ("40200", "40100", "40150")
    orders = [stage.place("BUY STOP_LOSS_LIMIT 1 @ 1", stop_price=stop) for stop in stops]
    stage.traded("41000")
    assert stage.queue(Side.BUY) == [("1", "1", order.id) for order in orders]


def test_a_cancelled_stop_does_not_trigger(stage: Stage) -> None:
    orders = [
        stage.place("SELL STOP_LOSS_LIMIT 1 @ 1", stop_price="39000"),
        stage.place("SELL STOP_LOSS_LIMIT 1 @ 1", trailing_delta=100),
    ]
    for order in orders:
        stage.cancel(order)
    stage.traded("50000", "30000")
    assert stage.queue(Side.SELL) == []
    assert [short(order.stop_price) for order in orders] == ["39000", "39600"]
    stage.check()


def test_a_triggered_stop_is_no_algo_order_any_more() -> None:
    stage = Stage(rules_of(max_algo_orders=1))
    waiting: dict[str, Any] = {"stop_price": "41000"}
    stage.place("BUY STOP_LOSS_LIMIT 1 @ 1", **waiting)
    with pytest.raises(RefusedError, match="MAX_NUM_ALGO_ORDERS"):
        stage.place("BUY STOP_LOSS_LIMIT 1 @ 1", **waiting)
    stage.traded("41000", "40000")
    second = stage.place("BUY STOP_LOSS_LIMIT 1 @ 1", **waiting)
    stage.cancel(second)
    stage.place("BUY STOP_LOSS_LIMIT 1 @ 1", **waiting)


def test_a_stop_that_cannot_be_paid_any_more_is_rejected(stage: Stage) -> None:
    stage.crowd("SELL 30 @ 50000")
    order = stage.place("BUY STOP_LOSS 24", stop_price="41000")
    assert stage.balance(stage.place("BUY LIMIT 1 @ 1").uid, "USDT")[1] == "984001"
    stage.traded("41000")
    assert (order.status, order.expiry) == (Status.EXPIRED, Expiry.REJECTED)
    assert stage.executions(ExecType.EXPIRED)[-1].order.id == order.id
    stage.check()
