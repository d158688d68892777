"""Requests: parameters in the venue's names and encoding, weights as its documents count them."""

from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from binance_mcp_server.binance_api import endpoints
from binance_mcp_server.binance_api.endpoints import Request


@pytest.mark.parametrize(
    ("levels", "weight"),
    [(None, 5), (1, 5), (100, 5), (101, 25), (500, 25), (501, 50), (1000, 50), (1001, 250), (5000, 250)],
)  # fmt: skip
def test_a_book_weighs_by_its_depth(levels: int | None, weight: int) -> None:
    assert endpoints.depth("BTCUSDT", limit=levels).weight == weight


@pytest.mark.parametrize(("count", "weight"), [(1, 2), (20, 2), (21, 40), (100, 40), (101, 80)])
def test_tickers_of_a_day_weigh_by_their_number(count: int, weight: int) -> None:
    assert endpoints.ticker_24hr(["X"] * count).weight == weight
    assert endpoints.ticker_24hr().weight == 80


@pytest.mark.parametrize(("count", "weight"), [(1, 4), (2, 8), (50, 200), (51, 200), (100, 200)])
def test_tickers_of_a_window_weigh_four_each_up_to_200(count: int, weight: int) -> None:
    assert endpoints.ticker_rolling(["X"] * count, window_size="1h").weight == weight
    assert endpoints.ticker_trading_day(["X"] * count).weight == weight


WEIGHTS: tuple[tuple[Request[Any], int], ...] = (
    (endpoints.ping(), 1),
    (endpoints.server_time(), 1),
    (endpoints.exchange_info(), 20),
    (endpoints.execution_rules(symbol="X"), 2),
    (endpoints.execution_rules(symbols=("X",) * 30), 40),
    (endpoints.execution_rules(), 40),
    (endpoints.trades("X"), 25),
    (endpoints.historical_trades("X"), 25),
    (endpoints.historical_block_trades("X", from_id=0), 25),
    (endpoints.agg_trades("X"), 4),
    (endpoints.klines("X", "1m"), 2),
    (endpoints.klines("X", "1m", ui=True), 2),
    (endpoints.average_price("X"), 2),
    (endpoints.ticker_price("X"), 2),
    (endpoints.ticker_prices(), 4),
    (endpoints.book_ticker("X"), 2),
    (endpoints.book_tickers(("X",)), 4),
    (endpoints.reference_price("X"), 2),
    (endpoints.reference_price_calculation("X"), 2),
)


def test_the_other_weights_are_the_documented_ones() -> None:
    assert [request.weight for request, _ in WEIGHTS] == [weight for _, weight in WEIGHTS]


@pytest.mark.parametrize(
    ("request_", "query"),
    [
        (endpoints.ping(), ""),
        (
            endpoints.klines("BTCUSDT", "1m", start_time=1, end_time=2, time_zone="05:45", limit=7),
            "symbol=BTCUSDT&interval=1m&startTime=1&endTime=2&timeZone=05%3A45&limit=7",
        ),
        (
            endpoints.ticker_prices(["BTCUSDT", "ETHUSDT"]),
            "symbols=%5B%22BTCUSDT%22%2C%22ETHUSDT%22%5D",
        ),
        (endpoints.agg_trades("X", from_id=0), "symbol=X&fromId=0"),
        (endpoints.exchange_info(show_permission_sets=False), "showPermissionSets=false"),
        (
            endpoints.average_price("币安人生USDT"),
            "symbol=%E5%B8%81%E5%AE%89%E4%BA%BA%E7%94%9FUSDT",
        ),
    ],
)
def test_parameters_are_written_as_the_venue_takes_them(request_: Request[Any], query: str) -> None:
    assert request_.query() == query
    assert request_.url("http://h") == f"http://h{request_.path}" + (f"?{query}" if query else "")


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_no_text_breaks_out_of_its_parameter(symbol: str) -> None:
    query = endpoints.trades(symbol, limit=5).query()
    assert query.isascii()
    assert parse_qsl(query, keep_blank_values=True) == [("symbol", symbol), ("limit", "5")]
