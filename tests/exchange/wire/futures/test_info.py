"""``exchangeInfo`` of the futures has the fields that were recorded, and says what the digits say."""

import gzip
from pathlib import Path
from typing import Any

import msgspec

from binance_mcp_server.exchange.wire.futures.info import Catalogue
from binance_mcp_server.exchange.wire.limits import FUTURES_LIMITS
from tests.exchange.wire.futures.venue import NOW, market


def told(product: Any) -> dict[str, Any]:
    catalogue = Catalogue(product, market(product).rules)
    body: dict[str, Any] = msgspec.json.decode(
        msgspec.json.encode(catalogue.body(FUTURES_LIMITS, NOW))
    )
    return body


def test_usdm_has_the_fields_of_the_recorded_answer_in_their_order(data_dir: Path) -> None:
    path = data_dir / "rest" / "2026-07" / "fapi-v1-exchangeInfo.json.gz"
    recorded = msgspec.json.decode(gzip.decompress(path.read_bytes()))
    [symbol] = [it for it in recorded["symbols"] if it["symbol"] == "BTCUSDT"]
    mine = told("usdm")
    assert list(mine) == list(recorded)
    assert mine["rateLimits"] == recorded["rateLimits"]
    assert list(mine["assets"][0]) == list(recorded["assets"][0])
    own = mine["symbols"][0]
    assert list(own) == list(symbol)
    assert [set(it) for it in own["filters"]] == [set(it) for it in symbol["filters"]]
    differing = {name for name, value in own.items() if value != symbol[name]}
    assert differing == {"underlyingSubType", "filters"}


def test_coinm_tells_its_contracts() -> None:
    mine = told("coinm")
    assert list(mine) == ["timezone", "serverTime", "rateLimits", "exchangeFilters", "symbols"]
    perpetual, dated, ether = mine["symbols"]
    assert (perpetual["contractType"], perpetual["contractStatus"]) == ("PERPETUAL", "TRADING")
    assert (perpetual["contractSize"], ether["contractSize"]) == (100, 10)
    assert (perpetual["baseAsset"], perpetual["quoteAsset"], perpetual["marginAsset"]) == (
        "BTC",
        "USD",
        "BTC",
    )
    assert (perpetual["pricePrecision"], perpetual["quantityPrecision"]) == (1, 0)
    assert perpetual["filters"][0]["tickSize"] == "0.1"
    assert perpetual["filters"][1]["stepSize"] == "1"
    assert (dated["pair"], dated["contractType"]) == ("BTCUSD", "CURRENT_QUARTER")
    assert dated["deliveryDate"] == 1_727_424_000_000  # 2024-09-27 08:00
