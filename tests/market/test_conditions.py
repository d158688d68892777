"""A condition that cannot hold is refused; a watch finds the first record that makes one true."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from binance_mcp_server.errors import InputError
from binance_mcp_server.market import conditions
from binance_mcp_server.market.conditions import Watch, parse
from binance_mcp_server.models.events import (
    AggTradeEvent,
    BookTickerEvent,
    Candle,
    Gap,
    KlineEvent,
    PartialDepthEvent,
    Record,
    TradeEvent,
)

FILTERS: list[dict[str, Any]] = [
    {
        "filterType": "PRICE_FILTER",
        "minPrice": "0.01",
        "maxPrice": "1000000.00",
        "tickSize": "0.01",
    },
    {"filterType": "LOT_SIZE", "minQty": "0.00001", "maxQty": "9000.0", "stepSize": "0.00001"},
    {"filterType": "NEW_ONE"},
]


def number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def watch(name: str, value: str | None = None, **options: Any) -> Watch:
    return Watch(parse(name, number(value), **options))


def trade(id: int, price: str, quantity: str = "1") -> TradeEvent:
    return TradeEvent(id, "BTCUSDT", id, price, quantity, 1000 + id, False)


def aggregate(id: int, quantity: str, time: int) -> AggTradeEvent:
    return AggTradeEvent(time, "BTCUSDT", id, "5", quantity, id, id, time, False)


@pytest.mark.parametrize(
    ("name", "value", "options", "words"),
    [
        ("price_over", "5", {}, "Unknown condition"),
        ("price_above", None, {}, "needs a value"),
        ("price_above", "0", {}, "can never hold"),
        ("price_below", "-1", {}, "can never hold"),
        ("volume_above", "-5", {}, "can never hold"),
        ("trade_above", "0", {}, "can never hold"),
        ("spread_below", "0", {}, "can never hold"),
        ("spread_above", "-0.1", {}, "can never hold"),
        ("spread_above", "201", {}, "at most 200"),
        ("imbalance_above", "100.5", {}, "at most 100"),
        ("imbalance_below", "-3", {}, "can never hold"),
        ("candle_close", "5", {"interval": "1m"}, "takes no value"),
        ("candle_close", None, {"interval": "7m"}, "Unknown interval"),
        ("price_above", "5", {"interval": "1m"}, "has no interval"),
        ("price_above", "5", {"unit": "percent"}, "has no unit"),
        ("spread_above", "5", {"levels": 5}, "has no levels"),
        ("volume_above", "5", {"window": 0}, "window_seconds is 0"),
        ("volume_above", "5", {"window": 10**30}, "out of range"),
        ("imbalance_above", "50", {"levels": 21}, "levels is 21"),
    ],
)
def test_what_makes_no_sense_or_cannot_hold_is_refused(
    name: str, value: str | None, options: dict[str, Any], words: str
) -> None:
    with pytest.raises(InputError) as caught:
        parse(name, number(value), **options)
    assert words in f"{caught.value.message} {caught.value.advice}"


@pytest.mark.parametrize(
    ("name", "value"),
    [("price_above", "1000000.01"), ("price_below", "0.001"), ("trade_above", "9000.1")],
)
def test_what_a_symbols_filters_rule_out_is_refused(name: str, value: str) -> None:
    with pytest.raises(InputError, match="can never hold"):
        conditions.check_rules(parse(name, Decimal(value)), FILTERS)


@pytest.mark.parametrize(
    ("name", "value"),
    [("price_above", "1000000"), ("price_below", "99999999"), ("spread_above", "150")],
)
def test_what_filters_allow_passes_and_filters_that_are_off_rule_nothing_out(
    name: str, value: str
) -> None:
    off = {"filterType": "PRICE_FILTER", "minPrice": "0.00", "maxPrice": "0.00"}
    conditions.check_rules(parse(name, Decimal(value)), [*FILTERS[1:], off])
    conditions.check_rules(parse(name, Decimal(value)), FILTERS)


@given(st.lists(st.integers(1, 50), min_size=1, max_size=40), st.integers(1, 50), st.integers(1, 9))
def test_a_price_is_met_at_the_first_trade_that_reaches_it(
    prices: list[int], goal: int, slice: int
) -> None:
    trades = [trade(at, f"{price}.00") for at, price in enumerate(prices)]
    found = watch("price_above", str(goal))
    for at in range(0, len(trades), slice):
        found.feed(trades[at : at + slice])
    first = next((each for each in trades if each.price >= goal), None)
    assert found.evidence is first
    assert found.met is (first is not None)
    last = first or trades[-1]
    assert (found.seen, found.at, found.records) == (last.price, last.time, last.id + 1)


def test_below_includes_the_value_and_price_zero_is_no_trade() -> None:
    found = watch("price_below", "10")
    assert not found.feed([trade(1, "0"), trade(2, "10.01")])
    assert found.records == 1
    assert found.feed([trade(3, "10")])


def test_what_holds_at_the_start_is_met_at_once_and_said() -> None:
    found = watch("price_above", "10")
    found.present(Decimal(11), 77)
    assert (found.met, found.already, found.seen, found.at) == (True, True, Decimal(11), 77)


def test_the_present_never_overrules_a_newer_record() -> None:
    found = watch("price_above", "10")
    found.feed([trade(1, "9")])
    found.present(Decimal(11), 77)
    assert (found.met, found.seen) == (False, Decimal(9))


def test_gaps_are_kept_and_are_no_records() -> None:
    found, gap = watch("price_above", "10"), Gap(2, 5, "reset", 0)
    found.feed([trade(1, "9"), gap])
    assert (found.gaps, found.records, found.met) == ([gap], 1, False)


def test_the_largest_trade_is_what_was_seen() -> None:
    found = watch("trade_above", "5")
    found.feed([trade(1, "9", "4"), trade(2, "9", "1")])
    assert (found.seen, found.at, found.met) == (Decimal(4), 1001, False)
    assert found.feed([trade(3, "9", "5.0")])


@pytest.mark.parametrize(
    ("unit", "value", "met"),
    [("percent", "1", True), ("absolute", "1", False), (None, "1.1", False)],
)
def test_a_spread_is_in_percent_of_mid_unless_asked_otherwise(
    unit: Any, value: str, met: bool
) -> None:
    found = watch("spread_above", value, unit=unit)
    found.feed([BookTickerEvent(1, "A", "0", "0", "9", "1")])
    assert found.records == 0
    assert found.feed([BookTickerEvent(2, "A", "49.75", "1", "50.25", "1")]) is met


def test_imbalance_looks_at_the_best_levels_alone() -> None:
    found = watch("imbalance_above", "75", levels=2)
    bids, asks = [("9", "2"), ("8", "1"), ("7", "100")], [("10", "1")]
    assert found.feed([PartialDepthEvent(1, bids, asks)])
    assert found.seen == Decimal(75)
    assert not watch("imbalance_above", "0").feed([PartialDepthEvent(1, [], [])])


@given(
    st.lists(st.tuples(st.integers(0, 30_000), st.integers(1, 9)), min_size=1, max_size=50),
    st.integers(1, 20),
)
def test_volume_is_the_sum_over_the_window(steps: list[tuple[int, int]], window: int) -> None:
    found = watch("volume_above", "1000000", window=window)
    now, trades = 0, []
    for at, (step, quantity) in enumerate(steps):
        now += step
        trades.append((now, quantity))
        found.feed([aggregate(at, str(quantity), now)])
        naive = sum(size for time, size in trades if now - window * 1000 < time <= now)
        assert found.seen == naive


def test_the_past_of_a_window_counts_once() -> None:
    """The stream began before the past was read, so some trades come from both."""
    found = watch("volume_above", "10", window=60)
    found.hold()
    found.feed([aggregate(2, "3", 2000), aggregate(3, "3", 3000)])
    assert found.records == 0
    found.release([aggregate(1, "3", 1000), aggregate(2, "3", 2000)])
    assert (found.seen, found.records, found.met) == (Decimal(9), 1, False)
    assert found.feed([aggregate(4, "1", 4000)])
    assert not found.already


def test_a_past_that_was_enough_once_is_not_met_already() -> None:
    found = watch("volume_above", "3")
    found.hold()
    found.release([aggregate(1, "3", 1000), aggregate(2, "4", 2000), aggregate(3, "1", 62_000)])
    assert (found.met, found.already, found.records) == (False, False, 0)
    assert (found.seen, found.at) == (Decimal(1), 62_000), "the window as it is now"


def test_a_past_that_is_enough_says_all_of_it() -> None:
    found = watch("volume_above", "3")
    found.hold()
    found.release([aggregate(1, "3", 1000), aggregate(2, "4", 2000)])
    assert (found.met, found.already) == (True, True)
    assert (found.seen, found.at, found.evidence) == (Decimal(7), 2000, None)


def test_a_candle_is_met_when_it_closes() -> None:
    found = watch("candle_close", interval="1m")

    def candle(closed: bool) -> Record:
        return KlineEvent(
            9, "A", Candle(0, 59_999, "1m", "1", "2", "2", "1", "5", 3, closed, "9", "1", "2")
        )

    assert not found.feed([candle(False)])
    assert found.seen == Decimal(2)
    assert found.feed([candle(True)])
    assert isinstance(found.evidence, KlineEvent)
