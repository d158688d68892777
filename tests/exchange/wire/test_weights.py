"""Weights as the documentation gives them (rest-api.md, read 2026-11-22)."""

import pytest

from binance_mcp_server.exchange.wire.endpoints import ENDPOINTS


def symbols(count: int) -> str:
    return "[" + ",".join(f'"S{i}"' for i in range(count)) + "]"


@pytest.mark.parametrize(
    ("path", "weight"),
    [
        ("ping", 1),
        ("time", 1),
        ("exchangeInfo", 20),
        ("trades", 25),
        ("historicalTrades", 25),
        ("historicalBlockTrades", 25),
        ("aggTrades", 4),
        ("klines", 2),
        ("uiKlines", 2),
        ("avgPrice", 2),
        ("referencePrice", 2),
        ("referencePrice/calculation", 2),
        ("executionRules", 40),
        ("ticker/24hr", 80),
        ("ticker/price", 4),
        ("ticker/bookTicker", 4),
    ],
)
def test_weight_without_parameters(path: str, weight: int) -> None:
    assert ENDPOINTS[path].weight({}) == weight


@pytest.mark.parametrize(
    ("limit", "weight"),
    [
        ("1", 5), ("100", 5), ("101", 25), ("500", 25), ("501", 50), ("1000", 50), ("1001", 250),
        ("5000", 250), ("1000000000", 250), ("x", 5), ("", 5),
    ],
)  # fmt: skip
def test_depth_weighs_by_its_limit(limit: str, weight: int) -> None:
    assert ENDPOINTS["depth"].weight({"symbol": "BTCUSDT", "limit": limit}) == weight


@pytest.mark.parametrize(
    ("path", "count", "weight"),
    [
        ("ticker/24hr", 20, 2),
        ("ticker/24hr", 21, 40),
        ("ticker/24hr", 100, 40),
        ("ticker/24hr", 101, 80),
        ("ticker/price", 3, 4),
        ("ticker", 3, 12),
        ("ticker", 51, 200),
        ("ticker/tradingDay", 50, 200),
        ("executionRules", 3, 6),
        ("executionRules", 30, 40),
    ],
)
def test_many_symbols_weigh_by_their_count(path: str, count: int, weight: int) -> None:
    assert ENDPOINTS[path].weight({"symbols": symbols(count)}) == weight


@pytest.mark.parametrize(
    ("path", "weight"),
    [
        ("ticker/24hr", 2),
        ("ticker/price", 2),
        ("ticker/bookTicker", 2),
        ("ticker", 4),
        ("executionRules", 2),
    ],
)
def test_one_symbol(path: str, weight: int) -> None:
    assert ENDPOINTS[path].weight({"symbol": "BTCUSDT"}) == weight
