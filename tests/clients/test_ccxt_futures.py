"""ccxt, unchanged but for its addresses, reads spot, USDⓈ-M and COIN-M of one exchange that plays all three."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clients.process import ExchangeProcess
from tests.clients.test_ccxt import moved
from tests.clients.test_replay import call, ended

pytestmark = pytest.mark.filterwarnings("ignore")
FILES = ("spot_btcusdt_20240808", "usdm_btcusdt_20240808", "coinm_btcusd_perp_20240808")
SYMBOLS = ("BTC/USDT", "BTC/USDT:USDT", "BTC/USD:BTC")


@pytest.fixture(scope="module")
def exchange(data_dir: Path) -> Iterator[Any]:
    ccxt = pytest.importorskip("ccxt", exc_type=ImportError)
    files = [data_dir / "captures" / f"{name}.gz" for name in FILES]
    with ExchangeProcess(*files, speed="max", hold=True) as process:
        call(f"{process.ready['admin']}/play", post=True)
        ended(f"{process.ready['admin']}/state")
        types = {"types": ["spot", "linear", "inverse"]}
        client = ccxt.binance({"options": {"fetchMarkets": types}})
        client.urls["api"] = moved(client.urls["api"], process.rest)
        client.load_markets()
        yield client
        client.session.close()


def test_contracts_have_their_size_and_precision(exchange: Any) -> None:
    linear, inverse = exchange.market("BTC/USDT:USDT"), exchange.market("BTC/USD:BTC")
    assert (linear["swap"], linear["linear"], linear["contractSize"]) == (True, True, 1)
    assert (inverse["swap"], inverse["inverse"], inverse["contractSize"]) == (True, True, 100)
    assert (linear["precision"]["price"], linear["precision"]["amount"]) == (0.1, 0.001)
    assert (inverse["precision"]["price"], inverse["precision"]["amount"]) == (0.1, 1)


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_book_ticker_and_trades_agree(exchange: Any, symbol: str) -> None:
    book = exchange.fetch_order_book(symbol, 100)
    assert book["bids"][0][0] < book["asks"][0][0]
    top = exchange.fetch_bids_asks([symbol])[symbol]
    assert (top["bid"], top["ask"]) == (book["bids"][0][0], book["asks"][0][0])
    last = exchange.fetch_trades(symbol, limit=1)[-1]
    assert exchange.fetch_ticker(symbol)["last"] == last["price"]


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_candles_from_a_time_on_begin_there(exchange: Any, symbol: str) -> None:
    """ccxt knows that COIN-M counts from the end, and sends one."""
    since = 1_723_161_300_000
    candles = exchange.fetch_ohlcv(symbol, "1m", since=since, limit=3)
    assert [candle[0] for candle in candles] == [since, since + 60_000, since + 120_000]
    assert all(candle[5] > 0 for candle in candles)
