"""python-binance, unchanged but for its address, makes every public REST call that it knows."""

import asyncio
import warnings
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from tests.clients.conftest import Place

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def client(place: Place) -> Iterator[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = pytest.importorskip("binance.client", exc_type=ImportError)

    class Client(module.Client):  # type: ignore[name-defined,misc]
        API_URL = f"{place.rest}/api"

    loop = asyncio.new_event_loop()  # it takes the current one, or makes one that nobody closes
    asyncio.set_event_loop(loop)
    made = Client()
    yield made
    made.close_connection()
    asyncio.set_event_loop(None)
    loop.close()


@pytest.fixture
def symbol(place: Place) -> str:
    return place.symbols[0]


def test_general_calls(client: Any, symbol: str) -> None:
    assert client.ping() == {}
    assert client.get_server_time()["serverTime"] > 1_700_000_000_000
    limits = {limit["rateLimitType"] for limit in client.get_exchange_info()["rateLimits"]}
    assert {"REQUEST_WEIGHT", "RAW_REQUESTS"} <= limits
    assert client.get_symbol_info(symbol)["quoteAsset"] == "USDT"


def test_the_book_and_its_top(client: Any, symbol: str) -> None:
    book = client.get_order_book(symbol=symbol, limit=5)
    assert len(book["bids"]) == 5
    assert client.get_orderbook_ticker(symbol=symbol)["symbol"] == symbol
    assert len(client.get_orderbook_tickers()) == len(client.get_all_tickers())


def test_trades(client: Any, symbol: str) -> None:
    trades = client.get_recent_trades(symbol=symbol, limit=3)
    ids = [trade["id"] for trade in trades]
    assert ids == sorted(ids)
    assert client.get_historical_trades(symbol=symbol, fromId=ids[0], limit=1)[0]["id"] == ids[0]
    aggregates = client.get_aggregate_trades(symbol=symbol, limit=3)
    assert all(row["f"] <= row["l"] for row in aggregates)


def test_candles(client: Any, symbol: str) -> None:
    rows = client.get_klines(symbol=symbol, interval="1m", limit=3)
    assert all(len(row) == 12 for row in rows)
    assert client.get_ui_klines(symbol=symbol, interval="1m", limit=1)
    first = rows[0][0]
    paged = list(client.get_historical_klines_generator(symbol, "1m", first, first + 59_999))
    later = client.get_klines(symbol=symbol, interval="1m", startTime=first, limit=1)
    assert [row[:2] for row in paged] == [rows[0][:2]]
    volumes = [Decimal(row[5]) for row in (rows[0], paged[0], later[0])]  # it may be open still
    assert volumes == sorted(volumes)


def test_tickers(client: Any, symbol: str) -> None:
    assert client.get_avg_price(symbol=symbol)["mins"] == 5
    assert client.get_ticker(symbol=symbol)["symbol"] == symbol
    assert client.get_symbol_ticker(symbol=symbol)["symbol"] == symbol
    window = client.get_symbol_ticker_window(symbol=symbol, windowSize="4h")
    assert window["openTime"] % 60_000 == 0
    day = client._get("ticker/tradingDay", version="v3", data={"symbol": symbol})
    assert day["openTime"] % 86_400_000 == 0


def test_errors_arrive_as_its_own(client: Any) -> None:
    from binance.exceptions import BinanceAPIException

    with pytest.raises(BinanceAPIException) as caught:
        client.get_order_book(symbol="NOPE")
    assert (caught.value.code, caught.value.status_code) == (-1121, 400)
