"""Filters checked before anything is sent: every rule with its number, and the nearest values that meet them all."""

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from binance_mcp_server.market.filter_bounds import Bound, References
from binance_mcp_server.market.filter_checks import (
    OpenCounts,
    Violation,
    check,
    check_list_count,
    nearest_values,
    plus,
)
from binance_mcp_server.models.info import SymbolInfo

D = Decimal
TYPES = (
    *("LIMIT", "LIMIT_MAKER", "MARKET", "STOP_LOSS", "STOP_LOSS_LIMIT"),
    *("TAKE_PROFIT", "TAKE_PROFIT_LIMIT"),
)


@dataclass(frozen=True)
class Order:
    """As much of an order as the filters ask for."""

    type: str = "LIMIT"
    side: str = "BUY"
    quantity: Decimal | None = None
    quote_quantity: Decimal | None = None
    price: Decimal | None = None
    stop_price: Decimal | None = None
    trailing_delta: int | None = None
    iceberg_quantity: Decimal | None = None


def symbol(*filters: dict[str, Any], **changes: Any) -> SymbolInfo:
    info = SymbolInfo(
        "BTCUSDT", "TRADING", "BTC", "USDT", TYPES, iceberg_allowed=True, allow_trailing_stop=True,
        quote_order_qty_market_allowed=True, filters_raw=msgspec.Raw(msgspec.json.encode(filters)),
    )  # fmt: skip
    return msgspec.structs.replace(info, **changes)


def price_filter(low: str = "0.01", high: str = "1000000", step: str = "0.01") -> dict[str, Any]:
    return {"filterType": "PRICE_FILTER", "minPrice": low, "maxPrice": high, "tickSize": step}


def lot(
    low: str = "0.001", high: str = "9000", step: str = "0.001", kind: str = "LOT_SIZE"
) -> dict[str, Any]:
    return {"filterType": kind, "minQty": low, "maxQty": high, "stepSize": step}


def notional(low: str = "5", high: str = "0", *, market: bool = True) -> dict[str, Any]:
    return {
        "filterType": "NOTIONAL", "minNotional": low, "maxNotional": high, "avgPriceMins": 5,
        "applyMinToMarket": market, "applyMaxToMarket": False,
    }  # fmt: skip


BAND = {
    "filterType": "PERCENT_PRICE_BY_SIDE", "bidMultiplierUp": "1.2", "bidMultiplierDown": "0.2",
    "askMultiplierUp": "5", "askMultiplierDown": "0.8", "avgPriceMins": 5,
}  # fmt: skip
DELTAS = {
    "filterType": "TRAILING_DELTA", "minTrailingAboveDelta": 10, "maxTrailingAboveDelta": 2000,
    "minTrailingBelowDelta": 20, "maxTrailingBelowDelta": 3000,
}  # fmt: skip


def one(found: list[Violation]) -> Violation:
    (violation,) = found
    return violation


def test_a_price_between_two_ticks_has_two_neighbours() -> None:
    order = Order(quantity=D(1), price=D("61837.635"))
    found = one(check(order, symbol(price_filter())))
    assert (found.rule, found.parameter, found.value) == ("PRICE_FILTER", "price", "61837.635")
    assert found.nearest == ("61837.63", "61837.64")
    assert str(found) == (
        "PRICE_FILTER: price 61837.635 is not a multiple of 0.01 USDT."
        " Nearest: 61837.63 or 61837.64."
    )


def test_a_number_out_of_range_has_one_neighbour() -> None:
    order = Order(quantity=D("0.0004"), price=D(5_000_000))
    low, high = check(order, symbol(price_filter(), lot()))[::-1]
    assert (low.rule, low.nearest) == ("LOT_SIZE", ("0.001",))
    assert "below the least, 0.001 BTC" in low.text
    assert (high.rule, high.nearest) == ("PRICE_FILTER", ("1000000",))


def test_zero_switches_a_rule_off() -> None:
    order = Order(quantity=D("0.12345678"), price=D("0.00000001"))
    assert check(order, symbol(price_filter("0", "0", "0"), lot("0", "0", "0"))) == []


def test_a_stop_price_meets_the_price_filter_and_no_band() -> None:
    order = Order("STOP_LOSS", quantity=D(1), stop_price=D("900.005"))
    known = References(average=D(100))
    assert [each.parameter for each in check(order, symbol(price_filter(), BAND), known)] == [
        "stop_price"
    ]


@pytest.mark.parametrize(
    ("side", "price", "nearest"),
    [("BUY", "121", ("120",)), ("BUY", "19", ("20",)), ("SELL", "79", ("80",)), ("SELL", "80", ())],
)
def test_the_band_is_that_of_the_side(side: str, price: str, nearest: tuple[str, ...]) -> None:
    order = Order(side=side, quantity=D(1), price=D(price))
    found = check(order, symbol(price_filter(), BAND), References(average=D(100)))
    assert [each.nearest for each in found] == ([nearest] if nearest else [])


def test_the_reference_price_goes_before_the_average_and_the_average_before_the_last() -> None:
    order = Order(quantity=D(1), price=D(130))
    average = References(average=D(100), last=D(1000))
    assert check(order, symbol(BAND), average)
    assert not check(order, symbol(BAND), replace(average, reference=D(120)))
    last = BAND | {"avgPriceMins": 0}
    assert not check(order, symbol(last), replace(average, last=D(120)))


def test_what_is_not_known_is_not_judged() -> None:
    order = Order(quantity=D(1), price=D(10**6))
    assert check(order, symbol(BAND, notional())) == []
    assert check(Order("MARKET", quantity=D("0.0001")), symbol(notional())) == []


def test_an_order_value_too_small_says_which_quantity_would_do() -> None:
    order = Order(quantity=D("0.002"), price=D(999))
    found = one(check(order, symbol(lot(), notional())))
    assert (found.rule, found.parameter, found.nearest) == ("NOTIONAL", "quantity", ("0.006",))
    assert "order value at 999" in found.text


def test_a_market_order_is_valued_at_the_average() -> None:
    order, known = Order("MARKET", quantity=D("0.004")), References(average=D(1000))
    assert one(check(order, symbol(lot(), notional()), known)).nearest == ("0.005",)
    assert check(order, symbol(lot(), notional(market=False)), known) == []


def test_an_amount_to_spend_is_the_order_value() -> None:
    order = Order("MARKET", quote_quantity=D("4.99"))
    found = one(check(order, symbol(lot(), notional())))
    assert (found.parameter, found.nearest) == ("quote_quantity", ("5",))


def test_the_older_filters_still_count() -> None:
    old = {
        "filterType": "MIN_NOTIONAL", "minNotional": "5", "applyToMarket": True, "avgPriceMins": 5
    }  # fmt: skip
    band = {
        "filterType": "PERCENT_PRICE", "multiplierUp": "1.3", "multiplierDown": "0.7",
        "avgPriceMins": 5,
    }  # fmt: skip
    order = Order(quantity=D("0.01"), price=D(140))
    found = check(order, symbol(lot(), price_filter(), old, band), References(average=D(100)))
    assert [(each.rule, each.nearest) for each in found] == [
        ("PERCENT_PRICE", ("130",)),
        ("MIN_NOTIONAL", ("0.036",)),
    ]


def test_market_lots_bind_market_orders_alone() -> None:
    rules = symbol(lot(), lot("0", "120", "0.5", "MARKET_LOT_SIZE"))
    assert check(Order(quantity=D("200.1"), price=D(1)), rules) == []
    found = check(Order("MARKET", quantity=D("200.1")), rules)
    assert {(each.rule, each.nearest) for each in found} == {("MARKET_LOT_SIZE", ("120",))}


def test_an_iceberg_has_so_many_parts_and_no_more() -> None:
    rules = symbol(lot(), {"filterType": "ICEBERG_PARTS", "limit": 10})
    order = Order(quantity=D(1), price=D(1), iceberg_quantity=D("0.099"))
    assert one(check(order, rules)).nearest == ("0.1",)
    whole = replace(order, iceberg_quantity=D(2))
    assert [each.rule for each in check(whole, rules)] == ["ICEBERG"]


@pytest.mark.parametrize(
    ("kind", "side", "delta", "nearest"),
    [
        ("STOP_LOSS", "BUY", 9, ("10",)),
        ("STOP_LOSS", "SELL", 9, ("20",)),
        ("TAKE_PROFIT", "SELL", 2001, ("2000",)),
        ("TAKE_PROFIT_LIMIT", "BUY", 3001, ("3000",)),
    ],
)
def test_trailing_deltas_go_by_direction(
    kind: str, side: str, delta: int, nearest: tuple[str, ...]
) -> None:
    order = Order(kind, side, quantity=D(1), trailing_delta=delta)
    assert one(check(order, symbol(DELTAS))).nearest == nearest


def test_a_position_has_room_for_so_much() -> None:
    rules = symbol(lot(), {"filterType": "MAX_POSITION", "maxPosition": "10"})
    known = References(average=D(100), position=D("9.5"))
    assert one(check(Order(quantity=D(1), price=D(1)), rules, known)).nearest == ("0.5",)
    assert check(Order(side="SELL", quantity=D(1), price=D(1)), rules, known) == []
    assert one(check(Order("MARKET", quote_quantity=D(51)), rules, known)).nearest == ("50",)


def test_no_more_orders_than_the_symbol_has_room_for() -> None:
    counts = [
        {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": 3},
        {"filterType": "MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders": 1},
        {"filterType": "MAX_NUM_ICEBERG_ORDERS", "maxNumIcebergOrders": 1},
        {"filterType": "MAX_NUM_ORDER_LISTS", "maxNumOrderLists": 1},
    ]
    rules, plain = symbol(*counts), Order(quantity=D(1), price=D(1))
    stop = Order("STOP_LOSS", quantity=D(1), stop_price=D(1))
    hidden = replace(plain, iceberg_quantity=D(1))
    there = plus(plus(OpenCounts(), stop), hidden)
    assert there == OpenCounts(2, 1, 1)
    assert check(plain, rules, open_now=there) == []
    assert one(check(stop, rules, open_now=there)).rule == "MAX_NUM_ALGO_ORDERS"
    assert one(check(hidden, rules, open_now=there)).rule == "MAX_NUM_ICEBERG_ORDERS"
    assert one(check(plain, rules, open_now=plus(there, plain))).rule == "MAX_NUM_ORDERS"
    assert check_list_count(rules, there) == []
    assert one(check_list_count(rules, OpenCounts(lists=1))).rule == "MAX_NUM_ORDER_LISTS"


def test_what_the_symbol_does_not_have() -> None:
    order = Order("STOP_LOSS", quantity=D(1), trailing_delta=50, iceberg_quantity=D(1))
    rules = symbol(
        status="BREAK", order_types=("LIMIT",), iceberg_allowed=False, allow_trailing_stop=False
    )
    found = check(order, rules)
    assert [each.rule for each in found] == ["STATUS", "ORDER_TYPE", "NOT_ALLOWED", "NOT_ALLOWED"]
    assert found[1].nearest == ("LIMIT",)


def test_digits_beyond_the_asset_are_refused_without_any_filter() -> None:
    order = Order(quantity=D("0.123456789"), price=D("1.123456789"))
    found = check(order, symbol(base_asset_precision=8, quote_asset_precision=2))
    assert [(each.rule, each.nearest) for each in found] == [
        ("PRECISION", ("1.12", "1.13")),
        ("PRECISION", ("0.12345678", "0.12345679")),
    ]


@pytest.mark.parametrize(
    "strange",
    [
        {"filterType": "NEW_FILTER", "x": 1},
        {"filterType": "LOT_SIZE", "minQty": "many"},
        {"filterType": "PRICE_FILTER", "minPrice": [1]},
        {},
    ],
)
def test_a_filter_that_nobody_knows_is_the_venues_to_judge(strange: dict[str, Any]) -> None:
    assert check(Order(quantity=D(1), price=D(1)), symbol(strange, lot(), price_filter())) == []


steps = st.sampled_from([None, D("0.1"), D("0.2"), D("0.25"), D("0.5"), D(1), D("1.5")])
ends = st.none() | st.decimals("0.1", "12", places=1)
bound = st.builds(Bound, st.just("X"), st.just("price"), ends, ends, steps)


@settings(max_examples=400, deadline=None)
@given(st.lists(bound, min_size=1, max_size=3), st.decimals("0.05", "15", places=2))
def test_nearest_values_meet_every_bound_and_nothing_nearer_does(
    bounds: list[Bound], value: Decimal
) -> None:
    found = nearest_values(value, bounds)
    assert all(each.admits(number) for each in bounds for number in found)
    assert found == sorted(set(found))
    assume(any(each.step is not None for each in bounds))
    grid = [D(n) / 20 for n in range(1, 600)]
    good = [number for number in grid if all(each.admits(number) for each in bounds)]
    below = [number for number in good if number <= value]
    above = [number for number in good if number >= value]
    expected = {*below[-1:], *above[:1]}
    assert expected <= set(found)
