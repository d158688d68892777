"""Weights of the futures as the documentation gives them (the official connector of 2026-08-21, read 2026-11-24)."""

import pytest

from binance_mcp_server.exchange.engine.rules import Product
from binance_mcp_server.exchange.wire.futures.endpoints import ENDPOINTS

DEPTH = {"5": 2, "10": 2, "20": 2, "50": 2, "100": 5, "500": 10, "1000": 20, "": 10, "x": 10}
KLINES = {"1": 1, "99": 1, "100": 2, "499": 2, "500": 5, "1000": 5, "1001": 10, "1500": 10, "": 5}


@pytest.mark.parametrize("product", ["usdm", "coinm"])
@pytest.mark.parametrize(
    ("path", "weight"),
    [
        ("v1/ping", 1),
        ("v1/time", 1),
        ("v1/exchangeInfo", 1),
        ("v1/trades", 5),
        ("v1/historicalTrades", 200),
        ("v1/aggTrades", 20),
        ("v1/ticker/24hr", 40),
        ("v1/ticker/price", 2),
        ("v1/ticker/bookTicker", 5),
    ],
)
def test_without_parameters(product: Product, path: str, weight: int) -> None:
    assert ENDPOINTS[product][path].weight({}) == weight


@pytest.mark.parametrize("product", ["usdm", "coinm"])
def test_by_limit_and_symbol(product: Product) -> None:
    paths = ENDPOINTS[product]
    for path, table in (("v1/depth", DEPTH), ("v1/klines", KLINES)):
        for limit, weight in table.items():
            assert paths[path].weight({"limit": limit} if limit else {}) == weight
    for path, one in (("v1/ticker/24hr", 1), ("v1/ticker/price", 1), ("v1/ticker/bookTicker", 2)):
        assert paths[path].weight({"symbol": "BTCUSDT"}) == one
        assert paths[path].weight({"pair": "BTCUSD"}) == paths[path].weight({})


def test_only_usdm_has_a_second_version() -> None:
    assert set(ENDPOINTS["usdm"]) - set(ENDPOINTS["coinm"]) == {"v2/ticker/price"}
