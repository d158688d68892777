"""What exchangeInfo says of filters is what the engine enforces."""

from dataclasses import replace
from typing import Any

import pytest

from binance_mcp_server.exchange.engine.filters import Facts, check_order
from binance_mcp_server.exchange.engine.ladder import Side
from binance_mcp_server.exchange.engine.orders import NewOrder, OrderType, Stp
from binance_mcp_server.exchange.engine.refusals import RefusedError
from binance_mcp_server.exchange.engine.trading_rules import (
    Band,
    Deltas,
    ExchangeRules,
    TradingRules,
)
from binance_mcp_server.exchange.numbers import SCALE, parse
from binance_mcp_server.exchange.wire.filters import exchange_filters, multiplier, symbol_filters
from binance_mcp_server.exchange.wire.info import symbol_info
from binance_mcp_server.exchange.wire.reference import execution_rules
from tests.exchange.wire.fake_market import FakeMarket

RULES = FakeMarket().rules["BTCUSDT"]


def published(trading: TradingRules) -> dict[str, dict[str, Any]]:
    rows = symbol_filters(replace(RULES, trading=trading))
    return {str(row["filterType"]): row for row in rows}


def test_a_symbol_says_what_it_has_and_only_that() -> None:
    all_of_them = published(TradingRules(max_position=SCALE, max_iceberg_orders=3))
    assert all_of_them["MAX_POSITION"]["maxPosition"] == "1.00000000"
    assert all_of_them["MAX_NUM_ICEBERG_ORDERS"]["maxNumIcebergOrders"] == 3
    few = TradingRules(
        percent=None, deltas=None, max_orders=0, max_algo_orders=0, max_lists=0, max_amends=0
    )
    assert list(published(few)) == [
        "PRICE_FILTER",
        "LOT_SIZE",
        "ICEBERG_PARTS",
        "MARKET_LOT_SIZE",
        "NOTIONAL",
    ]


def test_changed_rules_are_published_as_they_are_enforced() -> None:
    trading = TradingRules(
        percent=Band(SCALE * 3 // 2, SCALE * 9 // 10, SCALE * 5, SCALE // 5),
        deltas=Deltas(1, 2, 3, 4),
        min_market_qty=parse("0.5"),
        market_step=parse("0.25"),
    )
    said = published(trading)
    assert said["PERCENT_PRICE_BY_SIDE"]["bidMultiplierUp"] == "1.5"
    assert said["PERCENT_PRICE_BY_SIDE"]["askMultiplierUp"] == "5"
    assert said["TRAILING_DELTA"]["maxTrailingBelowDelta"] == 4
    assert said["MARKET_LOT_SIZE"]["stepSize"] == "0.25000000"
    facts = Facts(average=parse("60000"))
    rules = replace(RULES, trading=trading)
    at_edge = parse("90000")  # 1.5 times
    check_order(bid(at_edge), rules, facts)
    with pytest.raises(RefusedError, match="PERCENT_PRICE_BY_SIDE"):
        check_order(bid(at_edge + rules.tick), rules, facts)


def bid(price: int) -> NewOrder:
    return NewOrder(
        symbol="BTCUSDT", side=Side.BUY, type=OrderType.LIMIT, qty=RULES.step * 1000, price=price
    )


def test_an_exchange_has_no_filters_unless_it_is_told_to() -> None:
    assert exchange_filters(ExchangeRules()) == []
    rules = ExchangeRules(max_orders=1000, max_lists=20)
    assert exchange_filters(rules) == [
        {"filterType": "EXCHANGE_MAX_NUM_ORDERS", "maxNumOrders": 1000},
        {"filterType": "EXCHANGE_MAX_NUM_ORDER_LISTS", "maxNumOrderLists": 20},
    ]


def test_switches_and_modes_are_the_rules_own() -> None:
    trading = TradingRules(opo=False, peg=False, stp=Stp.NONE, stp_modes=(Stp.NONE,))
    info = symbol_info(replace(RULES, trading=trading))
    assert (info["opoAllowed"], info["pegInstructionsAllowed"]) == (False, False)
    assert (info["icebergAllowed"], info["amendAllowed"]) == (True, True)
    assert info["defaultSelfTradePreventionMode"] == "NONE"
    assert info["allowedSelfTradePreventionModes"] == ("NONE",)


def test_a_price_range_is_published_with_the_bounds_it_has() -> None:
    half = replace(RULES, trading=TradingRules(price_range=Band(2 * SCALE, 0, 0, SCALE // 2)))
    assert execution_rules(half)["rules"] == [
        {"ruleType": "PRICE_RANGE", "bidLimitMultUp": "2", "askLimitMultDown": "0.5"}
    ]
    assert execution_rules(replace(RULES, trading=TradingRules(price_range=None)))["rules"] == []


def test_a_multiplier_has_no_idle_zeros() -> None:
    assert [multiplier(parse(text)) for text in ("10", "1.30", "0.00000001")] == [
        "10",
        "1.3",
        "0.00000001",
    ]
