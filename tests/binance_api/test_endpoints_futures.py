"""Requests of futures: their paths and weights as the documents have them, and answers as the venue sent them."""

import gzip
from pathlib import Path
from typing import Any

import pytest

from binance_mcp_server.binance_api.decode import decode
from binance_mcp_server.binance_api.endpoints import Request
from binance_mcp_server.binance_api.endpoints_futures import COINM, DEPTH_LIMITS, USDM, Futures
from binance_mcp_server.binance_api.products import PRODUCTS
from binance_mcp_server.errors import InputError
from binance_mcp_server.models.futures import CoinContract, CoinTicker, CoinTrade, Contract
from binance_mcp_server.models.market import PriceTicker, Ticker
from binance_mcp_server.venues import Market

BOTH = pytest.mark.parametrize("product", [USDM, COINM], ids=["usdm", "coinm"])


@BOTH
@pytest.mark.parametrize(
    ("levels", "weight"),
    [(5, 2), (10, 2), (20, 2), (50, 2), (100, 5), (500, 10), (1000, 20), (None, 10)],
)
def test_a_book_weighs_by_its_depth(product: Futures, levels: int | None, weight: int) -> None:
    assert product.depth("X", limit=levels).weight == weight


@BOTH
@pytest.mark.parametrize(
    ("rows", "weight"),
    [(1, 1), (99, 1), (100, 2), (499, 2), (500, 5), (1000, 5), (1001, 10), (1500, 10), (None, 5)],
)
def test_candles_weigh_by_their_number(product: Futures, rows: int | None, weight: int) -> None:
    assert product.klines("X", "1m", limit=rows).weight == weight


@BOTH
def test_the_other_weights_are_the_documented_ones(product: Futures) -> None:
    weights: list[tuple[Request[Any], int]] = [
        (product.ping(), 1),
        (product.server_time(), 1),
        (product.exchange_info(), 1),
        (product.trades("X"), 5),
        (product.agg_trades("X"), 20),
        (product.ticker_24hr("X"), 1),
        (product.ticker_24hr(), 40),
        (product.ticker_price("X"), 1),
        (product.ticker_price(), 2),
        (product.book_ticker("X"), 2),
        (product.book_ticker(), 5),
    ]
    assert [request.weight for request, _ in weights] == [weight for _, weight in weights]


def test_each_product_stays_under_its_own_path() -> None:
    for product, prefix in ((USDM, "/fapi/v1/"), (COINM, "/dapi/v1/")):
        assert product.depth("X", limit=5).url("") == f"{prefix}depth?symbol=X&limit=5"
        assert product.klines("X", "1M", start_time=1).path == f"{prefix}klines"
        assert product.book_ticker().url("") == f"{prefix}ticker/bookTicker"
    assert USDM.ticker_price("X").path == "/fapi/v2/ticker/price"
    assert COINM.ticker_price("X").path == "/dapi/v1/ticker/price"


def test_the_next_larger_number_of_levels_is_asked_for() -> None:
    asked = [PRODUCTS["usdm"].levels(wanted) for wanted in (1, 5, 6, 21, 101, 501, 1000)]
    assert asked == [5, 5, 10, 50, 500, 1000, 1000]
    assert set(asked) <= set(DEPTH_LIMITS)
    assert PRODUCTS["spot"].levels(21) == 21


def test_what_spot_alone_has_is_refused_with_what_to_use() -> None:
    PRODUCTS["spot"].only_spot("Block trades are", "use something else")
    markets: tuple[Market, ...] = ("usdm", "coinm")
    for market in markets:
        with pytest.raises(InputError, match=f"only on spot, not on {market}") as caught:
            PRODUCTS[market].only_spot("Block trades are", "use something else")
        assert caught.value.advice == "Use something else."


def test_one_ticker_comes_as_an_object_or_as_a_list_of_one() -> None:
    price = b'{"symbol":"BTCUSDT","price":"6000.01","time":1589437530011}'
    assert decode(USDM.ticker_price("BTCUSDT"), price) == PriceTicker("BTCUSDT", "6000.01")
    listed = b'[{"symbol":"BTCUSD_PERP","ps":"9647.8","price":"9647.8","time":1591257246176}]'
    assert decode(COINM.ticker_price("BTCUSD_PERP"), listed) == (
        PriceTicker("BTCUSD_PERP", "9647.8"),
    )


def test_a_coinm_ticker_has_contracts_and_a_base_volume_and_no_quote_volume() -> None:
    body = (
        b'[{"symbol":"BTCUSD_200925","pair":"BTCUSD","priceChange":"136.6","priceChangePercent":"1.436",'
        b'"weightedAvgPrice":"9547.3","lastPrice":"9651.6","lastQty":"1","openPrice":"9515.0","highPrice":"9687.0",'
        b'"lowPrice":"9499.5","volume":"494109","baseVolume":"5192.94797687","openTime":1591170300000,'
        b'"closeTime":1591256718418,"firstId":600507,"lastId":697803,"count":97297}]'
    )
    answer = decode(COINM.ticker_24hr("BTCUSD_200925"), body)
    assert isinstance(answer, tuple)
    (ticker,) = answer
    assert isinstance(ticker, CoinTicker)
    assert (ticker.volume_text, ticker.base_volume_text) == ("494109", "5192.94797687")
    assert ticker.quote_volume_text == ""


def test_a_coinm_trade_has_a_base_quantity() -> None:
    body = (
        b'[{"id":28457,"price":"9635.0","qty":"1","baseQty":"0.01037883","time":1591250192508,'
        b'"isBuyerMaker":true}]'
    )
    (trade,) = decode(COINM.trades("BTCUSD_PERP"), body)
    assert isinstance(trade, CoinTrade)
    assert (trade.quantity_text, trade.base_text, trade.quote_text) == ("1", "0.01037883", "")


def test_a_coinm_contract_calls_its_status_otherwise() -> None:
    body = (
        b'{"serverTime":1,"rateLimits":[],"symbols":[{"symbol":"BTCUSD_200925","pair":"BTCUSD",'
        b'"contractType":"CURRENT_QUARTER","deliveryDate":1601020800000,"onboardDate":1590739200000,'
        b'"contractStatus":"TRADING","contractSize":100,"quoteAsset":"USD","baseAsset":"BTC","marginAsset":"BTC",'
        b'"filters":[]}]}'
    )
    (contract,) = decode(COINM.exchange_info(), body).symbols
    assert isinstance(contract, CoinContract)
    assert (contract.status, contract.contract_size) == ("TRADING", 100)
    assert contract.delivered_ms == 1_601_020_800_000


def recorded(data_dir: Path, name: str) -> bytes:
    return gzip.decompress((data_dir / "rest" / "2026-07" / name).read_bytes())


def test_the_list_of_2026_is_read_whole(data_dir: Path) -> None:
    info = decode(USDM.exchange_info(), recorded(data_dir, "fapi-v1-exchangeInfo.json.gz"))
    assert len(info.symbols) == 818
    contracts = {each.symbol: each for each in info.symbols if isinstance(each, Contract)}
    perpetual, dated = contracts["BTCUSDT"], contracts["BTCUSDT_261225"]
    assert (perpetual.contract_type, perpetual.margin_asset) == ("PERPETUAL", "USDT")
    assert perpetual.delivered_ms is None
    assert dated.delivered_ms == 1_798_185_600_000
    assert "币安人生USDT" in contracts
    assert info.rate_limits[0].limit == 2400


def test_the_book_tickers_of_2026_are_read_whole(data_dir: Path) -> None:
    body = recorded(data_dir, "fapi-v1-ticker-bookTicker-full.json.gz")
    rows = decode(USDM.book_ticker(), body)
    assert isinstance(rows, tuple)
    assert len(rows) == 708
    assert (rows[0].symbol, rows[0].bid_text) == ("BTCUSDT", "64925.00")


@pytest.mark.parametrize(
    ("folder", "product", "kind"),
    [("UsdFutures", USDM, Ticker), ("CoinFutures", COINM, CoinTicker)],
)
def test_the_documents_examples_are_read(
    data_dir: Path, folder: str, product: Futures, kind: type[Ticker]
) -> None:
    examples = data_dir / "fixtures" / "Endpoints" / folder / "ExchangeData"

    def body(name: str) -> bytes:
        return (examples / f"{name}.txt").read_bytes().split(b"\n", 3)[3]

    depth = decode(product.depth("X"), body("GetOrderBook"))
    assert depth.event_ms >= depth.transaction_ms > 1_500_000_000_000
    assert decode(product.klines("X", "1m"), body("GetKlines"))[0].trades > 0
    assert decode(product.agg_trades("X"), body("GetAggregatedTradeHistory"))[0].id > 0
    assert decode(product.trades("X"), body("GetRecentTrades"))[0].price > 0
    name = "GetTicker" if folder == "UsdFutures" else "GetTickers"
    answer = decode(product.ticker_24hr(), body(name))
    one = answer[0] if isinstance(answer, tuple) else answer
    assert type(one) is kind
    assert decode(product.exchange_info(), body("GetExchangeInfo")).symbols[0].base_asset
