"""Records keep what the venue sent, calculate exactly, and outlive fields that come later."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from binance_mcp_server.models.info import RateLimit, SymbolInfo
from binance_mcp_server.models.market import Depth, Kline, Ticker

MINI = {
    "symbol": "X",
    "openPrice": "0.30000000",
    "highPrice": "0.40000000",
    "lowPrice": "0.10000000",
    "lastPrice": "0.10000000",
    "volume": "3.00000000",
    "quoteVolume": "1.00000000",
    "openTime": 1,
    "closeTime": 2,
    "firstId": 3,
    "lastId": 4,
    "count": 2,
}


def ticker(**changes: Any) -> Ticker:
    return msgspec.convert({**MINI, **changes}, Ticker)


def test_digits_are_kept_and_calculated_with_exactly() -> None:
    level = msgspec.json.decode(
        b'{"lastUpdateId":1,"bids":[["0.10000000","0.20000000"]],"asks":[]}', type=Depth
    ).bids[0]
    assert (level.price_text, level.price + level.quantity) == ("0.10000000", Decimal("0.3"))


def test_a_mini_ticker_calculates_what_it_lacks() -> None:
    mini = ticker()
    assert (mini.change, mini.change_percent) == (Decimal("-0.2"), Decimal("-66.667"))
    assert mini.average == Decimal(1) / Decimal(3)


def test_a_full_ticker_says_it_itself() -> None:
    full = ticker(priceChange="-0.21", priceChangePercent="-66.6", weightedAvgPrice="0.33")
    assert (str(full.change), str(full.change_percent), str(full.average)) == (
        "-0.21",
        "-66.6",
        "0.33",
    )


def test_a_market_without_trades_divides_by_nothing() -> None:
    still = ticker(openPrice="0", lastPrice="0", volume="0", quoteVolume="0")
    assert still.change_percent == 0
    assert still.average is None


def test_records_are_frozen() -> None:
    with pytest.raises(AttributeError):
        ticker().symbol = "Y"  # type: ignore[misc]


def test_fields_that_come_later_are_ignored() -> None:
    row = [1, *"abcde", 2, "q", 3, "tb", "tq", "0", "a thirteenth"]
    assert msgspec.convert(row, Kline).trades == 3
    assert ticker(brandNew={"x": 1}).symbol == "X"


def test_filters_and_permissions_are_decoded_when_asked_for() -> None:
    raw = (
        b'{"symbol":"X","status":"HALT","baseAsset":"A","quoteAsset":"B",'
        b'"filters":[{"filterType":"PRICE_FILTER","tickSize":"0.10"}],"permissionSets":[["SPOT"]]}'
    )
    symbol = msgspec.json.decode(raw, type=SymbolInfo)
    assert symbol.filters == [{"filterType": "PRICE_FILTER", "tickSize": "0.10"}]
    assert symbol.permission_sets == [["SPOT"]]
    bare = msgspec.convert(
        {"symbol": "X", "status": "", "baseAsset": "", "quoteAsset": ""}, SymbolInfo
    )
    assert (bare.filters, bare.permission_sets) == ([], [])


@pytest.mark.parametrize(
    ("interval", "count", "seconds"), [("SECOND", 10, 10), ("MINUTE", 5, 300), ("DAY", 1, 86400)]
)
def test_a_limit_knows_its_window(interval: str, count: int, seconds: int) -> None:
    assert RateLimit("RAW_REQUESTS", interval, 1, count).seconds == seconds
