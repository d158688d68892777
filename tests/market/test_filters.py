"""Filters in words: every number exact, zeros are no limits, nothing unknown is hidden."""

import gzip
import json
from pathlib import Path
from typing import Any

from binance_mcp_server.market.filters import describe_filters


def describe(**entry: Any) -> tuple[str, str, dict[str, str | int | bool]]:
    rules = describe_filters([entry], base="ETH", quote="BTC")
    return *rules.sentences[0], rules.facts


def test_price_steps_and_range() -> None:
    name, text, facts = describe(
        filterType="PRICE_FILTER",
        minPrice="0.00000100",
        maxPrice="100000.00000000",
        tickSize="0.00000100",
    )
    assert (name, text) == (
        "price",
        "price from 0.000001 to 100000 BTC, in steps of 0.000001 BTC; stop prices too",
    )
    assert facts == {"price_step": "0.000001", "min_price": "0.000001", "max_price": "100000"}


def test_zeros_are_not_limits() -> None:
    zero = "0.00000000"
    _, text, facts = describe(
        filterType="MARKET_LOT_SIZE", minQty=zero, maxQty="129.84957276", stepSize=zero
    )
    assert text == "market orders at most 129.84957276 ETH; the quantity rule applies as well"
    assert facts == {"market_max_quantity": "129.84957276"}
    _, text, facts = describe(
        filterType="PRICE_FILTER", minPrice=zero, maxPrice=zero, tickSize=zero
    )
    assert (text, facts) == ("price not limited, any step; stop prices too", {})


def test_order_value_says_whether_market_orders_count_and_by_which_price() -> None:
    _, text, facts = describe(
        filterType="NOTIONAL",
        minNotional="5.00000000",
        applyMinToMarket=True,
        maxNotional="9000000.00000000",
        applyMaxToMarket=False,
        avgPriceMins=0,
    )
    assert text == (
        "order value (price × quantity) from 5 to 9000000 BTC; minimum for market orders too,"
        " valued at the reference price (where none is set: the last price)"
    )
    assert facts["min_notional_for_market"] is True
    assert facts["max_notional_for_market"] is False


def test_counts_are_integers() -> None:
    assert describe(filterType="MAX_NUM_ORDERS", maxNumOrders=200)[2] == {"max_orders": 200}
    assert describe(filterType="ICEBERG_PARTS", limit=10)[2] == {"max_iceberg_parts": 10}


def test_an_unknown_filter_or_shape_is_shown_raw() -> None:
    new = {"filterType": "T_PLUS_SELL", "endTime": 5}
    assert describe(**new) == ("t_plus_sell", json.dumps(new), {})
    changed = {"filterType": "LOT_SIZE", "minQty": "many"}
    assert describe(**changed) == ("lot_size", json.dumps(changed), {})


def test_every_filter_of_the_recorded_exchange_is_understood(data_dir: Path) -> None:
    path = data_dir / "rest" / "exchangeInfo_spot_2024-09-08.json.gz"
    for symbol in json.loads(gzip.decompress(path.read_bytes()))["symbols"]:
        rules = describe_filters(
            symbol["filters"], base=symbol["baseAsset"], quote=symbol["quoteAsset"]
        )
        assert not [text for _, text in rules.sentences if text.startswith("{")]
        assert {"price_step", "quantity_step", "min_notional"} <= rules.facts.keys()
