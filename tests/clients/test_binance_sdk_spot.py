"""Binance's own SDK, unchanged but for its address: its strict models take every answer that we give."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.clients.conftest import Place

pytestmark = pytest.mark.filterwarnings("ignore")


def rest_api(place: Place, **settings: object) -> Any:
    spot = pytest.importorskip("binance_sdk_spot.spot", exc_type=ImportError)
    options = {"base_path": place.rest, "timeout": 10_000, "retries": 0} | settings
    return spot.Spot(config_rest_api=spot.ConfigurationRestAPI(**options)).rest_api


@pytest.fixture(scope="module")
def api(place: Place) -> Iterator[Any]:
    made = rest_api(place)
    yield made
    made._session.close()


@pytest.fixture
def symbol(place: Place) -> str:
    return place.symbols[0]


def test_general(api: Any, symbol: str) -> None:
    assert api.ping().data() == {}
    assert api.time().data().server_time > 1_700_000_000_000
    info = api.exchange_info(symbol=symbol).data()
    kinds = [each.actual_instance.filter_type for each in info.symbols[0].filters]
    assert {"PRICE_FILTER", "LOT_SIZE", "NOTIONAL"} <= set(kinds)
    assert len(api.exchange_info().data().symbols) > 1
    rules = api.execution_rules(symbol=symbol).data().symbol_rules[0]
    assert rules.rules[0].rule_type == "PRICE_RANGE"


def test_microseconds_when_it_is_set_to_them(place: Place, symbol: str) -> None:
    api = rest_api(place, time_unit="MICROSECOND")
    assert api.time().data().server_time > 1_700_000_000_000_000
    row = api.klines(symbol=symbol, interval="1m", limit=1).data()[0]
    assert row[6] - row[0] == 59_999_999
    api._session.close()


def test_the_book(api: Any, symbol: str) -> None:
    book = api.depth(symbol=symbol, limit=20).data()
    assert len(book.bids) == len(book.asks) == 20


def test_trades(api: Any, symbol: str) -> None:
    trades = api.get_trades(symbol=symbol, limit=2).data()
    older = api.historical_trades(symbol=symbol, from_id=trades[0].id, limit=1).data()
    assert older[0].price == trades[0].price
    assert api.agg_trades(symbol=symbol, limit=2).data()[-1].p
    assert api.historical_block_trades(symbol=symbol, from_id=0).data() == []


@pytest.mark.parametrize("interval", ["1s", "1m", "15m", "1h", "1d", "3d", "1w", "1M"])
def test_candles_of_any_interval(api: Any, symbol: str, interval: str) -> None:
    rows = api.klines(symbol=symbol, interval=interval, limit=2).data()
    assert len(rows[-1]) == 12
    assert api.ui_klines(symbol=symbol, interval=interval, limit=2, time_zone="8").data()


def test_tickers(api: Any, place: Place) -> None:
    one, both = place.symbols[0], list(place.symbols)
    for call in (api.ticker24hr, api.ticker, api.ticker_trading_day):
        assert call(symbol=one).data().actual_instance.symbol == one
        many = call(symbols=both).data().actual_instance
        assert [row.symbol for row in many] == both
        assert call(symbol=one, type="MINI").data().actual_instance.open_price
    for call in (api.ticker_price, api.ticker_book_ticker):
        assert call(symbol=one).data().actual_instance.symbol == one
        assert len(call().data().actual_instance) > 1
    assert api.avg_price(symbol=one).data().mins == 5


def test_reference_price(api: Any, symbol: str) -> None:
    assert api.reference_price(symbol=symbol).data().symbol == symbol
    calculation = api.reference_price_calculation(symbol=symbol).data()
    assert (calculation.calculation_type, calculation.bucket_count) == ("ARITHMETIC_MEAN", 10)


def test_an_unknown_symbol_is_its_own_error(api: Any) -> None:
    from binance_common.errors import BadRequestError

    with pytest.raises(BadRequestError, match="Invalid symbol"):
        api.depth(symbol="NOPE")
