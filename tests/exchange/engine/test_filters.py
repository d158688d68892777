"""Filters: each at its edge, in the venue's words."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from binance_mcp_server.exchange.engine.filters import (
    Facts,
    Open,
    check_amends,
    check_list,
    check_order,
    check_qty,
)
from binance_mcp_server.exchange.engine.ladder import Side
from binance_mcp_server.exchange.engine.orders import NewOrder, OrderType
from binance_mcp_server.exchange.engine.refusals import RefusedError
from binance_mcp_server.exchange.engine.rules import SymbolRules
from binance_mcp_server.exchange.engine.trading_rules import (
    Band,
    Deltas,
    ExchangeRules,
    TradingRules,
)
from binance_mcp_server.exchange.numbers import SCALE, parse

PARSED = frozenset(("qty", "quote_qty", "price", "stop_price", "iceberg_qty"))
FACTS = Facts(average=parse("100"))
PRICE, LOT, NOTIONAL = "PRICE_FILTER", "LOT_SIZE", "NOTIONAL"
PERCENT, MARKET_LOT = "PERCENT_PRICE_BY_SIDE", "MARKET_LOT_SIZE"


def rules(**trading: Any) -> SymbolRules:
    return SymbolRules(
        symbol="BTCUSDT",
        base="BTC",
        quote="USDT",
        tick=parse("0.01"),
        step=parse("0.001"),
        min_price=parse("1"),
        max_price=parse("1000"),
        min_qty=parse("0.01"),
        max_qty=parse("90"),
        max_market_qty=parse("20"),
        min_notional=parse("5"),
        max_notional=parse("8000"),
        trading=TradingRules(**trading),
    )


RULES = rules()


def order(type_: str = "LIMIT", side: str = "BUY", **fields: Any) -> NewOrder:
    """At 100, of 1; amounts as text."""
    given = {"qty": "1"} | ({"price": "100"} if "LIMIT" in type_ else {}) | fields
    numbers: dict[str, Any] = {
        name: parse(value) if name in PARSED else value for name, value in given.items()
    }
    return NewOrder(symbol="BTCUSDT", side=Side(side), type=OrderType(type_), **numbers)


def refusal(check: Callable[[], None]) -> str:
    """The filter that refuses; empty when none does."""
    try:
        check()
    except RefusedError as error:
        return f"{error.code} {error.text}".removeprefix("-1013 Filter failure: ")
    return ""


def fails(new: NewOrder, facts: Facts = FACTS, its: SymbolRules = RULES) -> str:
    return refusal(lambda: check_order(new, its, facts))


def test_a_refusal_has_the_venues_code_and_words() -> None:
    with pytest.raises(RefusedError) as caught:
        check_order(order(price="100.001"), RULES, FACTS)
    assert (caught.value.code, caught.value.text) == (-1013, "Filter failure: PRICE_FILTER")


@pytest.mark.parametrize(
    ("fields", "answer"),
    [
        ({"price": "100.01"}, ""),
        ({"price": "100.001"}, PRICE),
        ({"price": "0.99", "qty": "90"}, PRICE),
        ({"price": "1000.01"}, PRICE),
        ({"price": "50"}, ""),
        ({"price": "49.99"}, PERCENT),
        ({"price": "200"}, ""),
        ({"price": "200.01"}, PERCENT),
        ({"qty": "0.05", "price": "100"}, ""),
        ({"qty": "0.009"}, LOT),
        ({"qty": "0.0105"}, LOT),
        ({"qty": "90.001"}, LOT),
        ({"qty": "0.049"}, NOTIONAL),
        ({"qty": "80"}, ""),
        ({"qty": "80.001"}, NOTIONAL),
        ({"qty": "1", "iceberg_qty": "0.01"}, ""),
        ({"qty": "1.001", "iceberg_qty": "0.01"}, "ICEBERG_PARTS"),
        ({"qty": "1", "iceberg_qty": "0.009"}, LOT),
        ({"qty": "1", "iceberg_qty": "0.0105"}, LOT),
        ({"qty": "1", "iceberg_qty": "1.001"}, "-2010 IcebergQty exceeds QTY."),
    ],
)
def test_a_limit_order_passes_to_the_edge(fields: dict[str, str], answer: str) -> None:
    assert fails(order(**fields)) == answer


@pytest.mark.parametrize(
    ("fields", "answer"),
    [
        ({"qty": "20"}, ""),
        ({"qty": "20.001"}, MARKET_LOT),
        ({"qty": "90.001"}, LOT),
        ({"qty": "0.0105"}, LOT),
        ({"qty": "0.05"}, ""),
        ({"qty": "0.049"}, NOTIONAL),
        ({"qty": "0", "quote_qty": "5"}, ""),
        ({"qty": "0", "quote_qty": "4.99999999"}, NOTIONAL),
        ({"qty": "0", "quote_qty": "9000"}, ""),
    ],
)
def test_a_market_order_is_worth_the_average_price(fields: dict[str, str], answer: str) -> None:
    assert fails(order("MARKET", **fields)) == answer


def test_market_lots_have_a_least_quantity_and_a_step_of_their_own() -> None:
    its = rules(min_market_qty=parse("0.1"), market_step=parse("0.1"))
    assert fails(order("MARKET", qty="0.1"), its=its) == ""
    assert fails(order("MARKET", qty="0.09"), its=its) == MARKET_LOT
    assert fails(order("MARKET", qty="0.15"), its=its) == MARKET_LOT
    assert fails(order("LIMIT", qty="0.15"), its=its) == ""


@pytest.mark.parametrize(
    ("least", "most", "qty", "answer"),
    [
        (False, False, "0.01", ""),
        (True, False, "0.01", NOTIONAL),
        (False, True, "19", ""),
        (False, True, "20", NOTIONAL),
    ],
)
def test_notionals_bind_market_orders_where_the_symbol_says_so(
    least: bool, most: bool, qty: str, answer: str
) -> None:
    its = rules(min_notional_on_market=least, max_notional_on_market=most)
    facts = Facts(average=parse("401"))
    assert fails(order("MARKET", qty=qty), facts, its) == answer


def test_the_reference_price_goes_before_the_average_and_the_last() -> None:
    facts = Facts(reference=parse("300"), average=parse("100"), last=parse("80"))
    assert fails(order(price="100"), facts) == PERCENT
    assert fails(order(price="201"), facts) == ""
    assert fails(order(price="201"), facts._replace(reference=None)) == PERCENT
    by_last = rules(average_minutes=0)
    assert fails(order(price="170"), facts._replace(reference=None), RULES) == ""
    assert fails(order(price="170"), facts._replace(reference=None), by_last) == PERCENT


def test_without_any_price_nothing_is_compared() -> None:
    for nothing in (Facts(), Facts(last=parse("1"))):
        assert fails(order(price="1000"), nothing) == ""
        assert fails(order("MARKET", qty="0.01"), nothing) == ""


def test_a_band_has_sides_and_a_missing_bound_binds_nothing() -> None:
    its = rules(percent=Band(0, SCALE * 4 // 5, SCALE * 5, 0))
    assert fails(order(side="BUY", price="1000", qty="0.1"), its=its) == ""
    assert fails(order(side="BUY", price="79.99"), its=its) == PERCENT
    assert fails(order(side="SELL", price="500"), its=its) == ""
    assert fails(order(side="SELL", price="500.01"), its=its) == PERCENT
    assert fails(order(side="SELL", price="1", qty="10"), its=its) == ""
    assert fails(order(price="1000", qty="0.1"), its=rules(percent=None)) == ""


def test_a_stop_price_meets_the_price_filter_only() -> None:
    assert fails(order("STOP_LOSS", stop_price="1000")) == ""
    assert fails(order("STOP_LOSS", stop_price="1000.01")) == PRICE
    assert fails(order("STOP_LOSS_LIMIT", stop_price="100.001")) == PRICE


def test_a_pegged_order_is_looked_at_with_its_price() -> None:
    new = order("LIMIT", price="0")
    assert refusal(lambda: check_order(new, RULES, FACTS, parse("100"))) == ""
    assert refusal(lambda: check_order(new, RULES, FACTS, parse("201"))) == PERCENT


def test_a_disabled_bound_binds_nothing() -> None:
    its = replace(RULES, min_price=0, max_price=0, tick=0, step=0, max_qty=0, max_notional=0)
    assert fails(order(price="150.00000001", qty="99.00000001"), its=its) == ""


@pytest.mark.parametrize(
    ("new", "full", "answer"),
    [
        (order(), Open(orders=200), "MAX_NUM_ORDERS"),
        (order(), Open(orders=199, algo=5, icebergs=2, lists=20), ""),
        (order("STOP_LOSS", stop_price="90"), Open(algo=5), "MAX_NUM_ALGO_ORDERS"),
        (order("TAKE_PROFIT_LIMIT", stop_price="90"), Open(algo=5), "MAX_NUM_ALGO_ORDERS"),
        (order(iceberg_qty="0.5"), Open(icebergs=2), "MAX_NUM_ICEBERG_ORDERS"),
        (order(iceberg_qty="0.5"), Open(icebergs=1, algo=5), ""),
    ],
)
def test_open_orders_are_counted_by_kind(new: NewOrder, full: Open, answer: str) -> None:
    its = rules(max_iceberg_orders=2)
    assert fails(new, FACTS._replace(on_symbol=full), its) == answer
    exchange = ExchangeRules(max_orders=200, max_algo_orders=5, max_iceberg_orders=2)
    facts = FACTS._replace(on_exchange=full, exchange=exchange)
    assert fails(new, facts, its) == (f"EXCHANGE_{answer}" if answer else "")
    assert fails(new, facts._replace(exchange=ExchangeRules()), its) == ""


def test_the_legs_of_a_list_count_one_after_another() -> None:
    stop = order("STOP_LOSS", stop_price="90")
    facts = FACTS._replace(on_symbol=Open(orders=7, algo=4))
    assert fails(stop, facts) == ""
    more = facts._replace(on_symbol=facts.on_symbol.plus(stop))
    assert more.on_symbol == Open(orders=8, algo=5)
    assert fails(stop, more) == "MAX_NUM_ALGO_ORDERS"
    assert Open().plus(order(iceberg_qty="0.5")) == Open(orders=1, icebergs=1)


def test_lists_and_amendments_have_an_end() -> None:
    lists = FACTS._replace(on_symbol=Open(lists=20))
    assert refusal(lambda: check_list(RULES, lists)) == "MAX_NUM_ORDER_LISTS"
    assert refusal(lambda: check_list(RULES, FACTS._replace(on_symbol=Open(lists=19)))) == ""
    exchange = FACTS._replace(on_exchange=Open(lists=3), exchange=ExchangeRules(max_lists=3))
    assert refusal(lambda: check_list(RULES, exchange)) == "EXCHANGE_MAX_NUM_ORDER_LISTS"
    check_amends(RULES, 9)
    with pytest.raises(RefusedError) as caught:
        check_amends(RULES, 10)
    assert caught.value.code == -2038
    assert caught.value.text == "Filter failure: MAX_NUM_ORDER_AMENDS"


def test_a_position_is_bounded_for_buyers() -> None:
    its, facts = rules(max_position=parse("10")), FACTS._replace(position=parse("9"))
    assert fails(order(qty="1"), facts, its) == ""
    assert fails(order(qty="1.001"), facts, its) == "MAX_POSITION"
    assert fails(order(side="SELL", qty="1.001"), facts, its) == ""
    assert fails(order("MARKET", qty="0", quote_qty="100.1"), facts, its) == "MAX_POSITION"
    assert fails(order(qty="2"), facts) == ""


# filters.md TRAILING_DELTA, read 2026-11-24: which bounds concern whom
@pytest.mark.parametrize(
    ("side", "type_", "above"),
    [
        ("BUY", "STOP_LOSS", True),
        ("BUY", "STOP_LOSS_LIMIT", True),
        ("SELL", "TAKE_PROFIT", True),
        ("SELL", "TAKE_PROFIT_LIMIT", True),
        ("SELL", "STOP_LOSS", False),
        ("SELL", "STOP_LOSS_LIMIT", False),
        ("BUY", "TAKE_PROFIT", False),
        ("BUY", "TAKE_PROFIT_LIMIT", False),
    ],
)
def test_a_trailing_delta_is_bounded_above_or_below(side: str, type_: str, above: bool) -> None:
    its = rules(deltas=Deltas(10, 2000, 30, 900))
    least, most = (10, 2000) if above else (30, 900)
    for delta, answer in (
        (least, ""),
        (most, ""),
        (least - 1, "TRAILING_DELTA"),
        (most + 1, "TRAILING_DELTA"),
    ):
        assert fails(order(type_, side, trailing_delta=delta), its=its) == answer


def test_an_account_may_be_bounded_in_an_asset() -> None:
    in_usdt = FACTS._replace(max_asset={"USDT": parse("42")})
    assert fails(order(qty="0.42"), in_usdt) == ""
    assert fails(order(qty="0.421"), in_usdt) == "MAX_ASSET"
    assert fails(order("MARKET", qty="0", quote_qty="42.01"), in_usdt) == "MAX_ASSET"
    in_btc = FACTS._replace(max_asset={"BTC": parse("42")})
    assert fails(order(qty="42"), in_btc) == ""
    assert fails(order(qty="42.001"), in_btc) == "MAX_ASSET"
    assert fails(order(qty="42.001"), FACTS._replace(max_asset={"ETH": 0})) == ""


def test_an_amendment_meets_the_filters_of_quantities() -> None:
    full = FACTS._replace(on_symbol=Open(orders=200))
    assert refusal(lambda: check_qty(order(qty="0.05"), RULES, full)) == ""
    assert refusal(lambda: check_qty(order(qty="0.049"), RULES, full)) == NOTIONAL
    assert refusal(lambda: check_qty(order(qty="0.0505"), RULES, full)) == LOT


def test_a_quantity_that_is_decided_later_is_not_examined() -> None:
    assert fails(order("LIMIT", "SELL", qty="0")) == ""
    assert fails(order("STOP_LOSS", "SELL", qty="0", stop_price="90", iceberg_qty="0")) == ""
