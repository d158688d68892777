"""Filters of futures in words: the venue's shapes of 2026, and raw where they are not understood."""

import gzip
from pathlib import Path
from typing import Any

import msgspec

from binance_mcp_server.commands.views import info
from binance_mcp_server.commands.views.info import within
from binance_mcp_server.market.contract_filters import CONTRACT_WRITERS
from binance_mcp_server.market.filters import Rules, describe_filters
from binance_mcp_server.models.futures import UsdmExchangeInfo

BTCUSDT: tuple[dict[str, Any], ...] = (
    {"filterType": "PRICE_FILTER", "minPrice": "556.80", "tickSize": "0.10", "maxPrice": "4529764"},
    {"stepSize": "0.001", "minQty": "0.001", "maxQty": "1000", "filterType": "LOT_SIZE"},
    {"filterType": "MARKET_LOT_SIZE", "maxQty": "120", "stepSize": "0.001", "minQty": "0.001"},
    {"filterType": "MAX_NUM_ORDERS", "limit": 200},
    {"filterType": "MAX_NUM_ALGO_ORDERS", "limit": 100},
    {"filterType": "MIN_NOTIONAL", "notional": "50"},
    {
        "filterType": "PERCENT_PRICE",
        "multiplierDecimal": "4",
        "multiplierDown": "0.9500",
        "multiplierUp": "1.0500",
    },
    {"filterType": "POSITION_RISK_CONTROL", "positionControlSide": "NONE"},
)
"""fapi/v1/exchangeInfo, recorded 2026-07."""


def described(*filters: dict[str, Any]) -> Rules:
    return describe_filters(filters, base="BTC", quote="USDT", writers=CONTRACT_WRITERS)


def test_every_filter_is_said_with_its_numbers() -> None:
    rules = described(*BTCUSDT)
    assert rules.facts == {
        "price_step": "0.1",
        "min_price": "556.8",
        "max_price": "4529764",
        "quantity_step": "0.001",
        "min_quantity": "0.001",
        "max_quantity": "1000",
        "market_quantity_step": "0.001",
        "market_min_quantity": "0.001",
        "market_max_quantity": "120",
        "max_orders": 200,
        "max_algo_orders": 100,
        "min_notional": "50",
        "buy_price_multiplier_max": "1.05",
        "sell_price_multiplier_min": "0.95",
    }
    words = dict(rules.sentences)
    assert words["price band"] == (
        "buy price at most 1.05 times, sell price at least 0.95 times the mark price"
    )
    assert "50 USDT" in words["order value"]


def test_what_is_not_understood_is_shown_raw() -> None:
    for strange in (
        {"filterType": "POSITION_RISK_CONTROL", "positionControlSide": "LONG"},
        {"filterType": "MIN_NOTIONAL", "minNotional": "5"},
        {"filterType": "PERCENT_PRICE", "multiplierUp": "0", "multiplierDown": "0"},
        {"filterType": "MOON_PHASE", "phase": "full"},
    ):
        ((_, text),) = described(strange).sentences
        assert text.startswith("{")


def test_no_contract_of_the_list_of_2026_has_a_rule_without_words(data_dir: Path) -> None:
    raw = (data_dir / "rest" / "2026-07" / "fapi-v1-exchangeInfo.json.gz").read_bytes()
    for contract in msgspec.json.decode(gzip.decompress(raw), type=UsdmExchangeInfo).symbols:
        rules = info.rules(contract, ())
        assert not [text for text in rules["rules"].values() if text.startswith("{")]
        if contract.status == "TRADING":  # a perpetual that is delisted gets a day of delivery
            assert ("delivery" in rules) is ("_" in contract.symbol)
        assert within(rules, 4000) == rules
