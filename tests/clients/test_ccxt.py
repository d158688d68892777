"""ccxt, unchanged but for its addresses, reads every kind of public market data."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from tests.clients.conftest import Place

pytestmark = pytest.mark.filterwarnings("ignore")


def moved(urls: Any, rest: str) -> Any:
    """The same addresses on another host."""
    if isinstance(urls, dict):
        return {name: moved(each, rest) for name, each in urls.items()}
    return rest + "/" + urls.split("/", 3)[3] if str(urls).startswith("https://") else urls


@pytest.fixture(scope="module")
def exchange(place: Place) -> Iterator[Any]:
    ccxt = pytest.importorskip("ccxt", exc_type=ImportError)
    client = ccxt.binance({"options": {"fetchMarkets": {"types": ["spot"]}}})
    client.urls["api"] = moved(client.urls["api"], place.rest)
    client.load_markets()
    yield client
    client.session.close()


@pytest.fixture
def pair(place: Place) -> str:
    return place.symbols[0].replace("USDT", "/USDT")


def test_markets_have_limits_and_precision(exchange: Any, pair: str) -> None:
    market = exchange.market(pair)
    assert market["spot"]
    assert market["active"]
    assert market["precision"]["price"] == 0.01
    assert market["limits"]["cost"]["min"] > 0


def test_time_is_the_venues(exchange: Any) -> None:
    assert exchange.fetch_time() > 1_700_000_000_000


def test_the_book_is_sorted_and_not_crossed(exchange: Any, pair: str) -> None:
    book = exchange.fetch_order_book(pair, 50)
    assert len(book["bids"]) == len(book["asks"]) == 50
    assert book["bids"][0][0] < book["asks"][0][0]
    assert book["bids"] == sorted(book["bids"], reverse=True)
    assert book["asks"] == sorted(book["asks"])
    assert book["nonce"] > 0


def test_trades_come_oldest_first(exchange: Any, pair: str) -> None:
    trades = exchange.fetch_trades(pair, limit=5)
    assert trades
    assert [t["timestamp"] for t in trades] == sorted(t["timestamp"] for t in trades)
    assert all(Decimal(t["info"]["p"]) > 0 for t in trades)


def test_candles_follow_each_other(exchange: Any, pair: str) -> None:
    rows = exchange.fetch_ohlcv(pair, "1m", limit=10)
    assert {later[0] - row[0] for row, later in pairwise(rows)} == {60_000}
    assert all(low <= min(o, c) <= max(o, c) <= high for _, o, high, low, c, _ in rows)


def test_tickers_of_one_and_of_all(exchange: Any, pair: str) -> None:
    ticker = exchange.fetch_ticker(pair)
    assert ticker["low"] <= ticker["last"] <= ticker["high"]
    assert pair in exchange.fetch_tickers()
    assert exchange.fetch_bids_asks([pair])[pair]["bid"] > 0
    assert exchange.fetch_last_prices([pair])[pair]["price"] > 0


def test_an_unknown_symbol_is_ccxts_own_error(exchange: Any) -> None:
    import ccxt

    with pytest.raises(ccxt.BadSymbol):
        exchange.publicGetDepth({"symbol": "NOPE"})
