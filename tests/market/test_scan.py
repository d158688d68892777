"""Ranking all symbols: only what trades, only what fits, in a stable order."""

from dataclasses import replace
from decimal import Decimal

import pytest

from binance_mcp_server.errors import InputError
from binance_mcp_server.market.scan import ScanQuery, SortKey, range_percent, scan
from tests.queries.venue import symbol, ticker

SYMBOLS = {
    pair.symbol: pair
    for pair in (
        symbol("A", "USDT"),
        symbol("B", "USDT"),
        symbol("C", "USDT"),
        symbol("D", "BTC"),
        symbol("HALTED", "USDT", "BREAK"),
        symbol("QUIET", "USDT"),
    )
}
TICKERS = [
    ticker("CUSDT", lastPrice="120", quoteVolume="50", count=5, highPrice="120"),
    ticker("AUSDT", lastPrice="110", quoteVolume="300", count=7),
    ticker("BUSDT", lastPrice="90", quoteVolume="50", count=9, lowPrice="50"),
    ticker("DBTC", lastPrice="101", quoteVolume="9", count=3),
    ticker("HALTEDUSDT", lastPrice="999"),
    ticker("QUIETUSDT", lastPrice="999", count=0, firstId=-1),
    ticker("UNLISTEDUSDT", lastPrice="999"),
]
USDT = ScanQuery(quote="USDT")


def names(query: ScanQuery) -> list[str]:
    return [row.symbol[0] for row in scan(TICKERS, SYMBOLS, query).rows]


@pytest.mark.parametrize(
    ("sort", "order"), [("volume", "ABC"), ("change", "CAB"), ("trades", "BAC"), ("range", "BCA")]
)
def test_ranked_by_each_figure_ties_by_name(sort: SortKey, order: str) -> None:
    assert names(replace(USDT, sort=sort)) == list(order)


def test_a_move_counts_whichever_way_it_went() -> None:
    found = scan(
        [ticker("AUSDT", lastPrice="101"), ticker("BUSDT", lastPrice="50")],
        SYMBOLS,
        replace(USDT, sort="move"),
    )
    assert [row.symbol for row in found.rows] == ["BUSDT", "AUSDT"]


def test_ascending_and_limited() -> None:
    assert names(replace(USDT, sort="change", descending=False, limit=2)) == ["B", "A"]


def test_only_what_trades_and_was_traded_counts() -> None:
    found = scan(TICKERS, SYMBOLS, replace(USDT, limit=1))
    assert (len(found.rows), found.matched, found.considered) == (1, 3, 4)


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        (replace(USDT, min_quote_volume=Decimal(51)), "A"),
        (replace(USDT, min_trades=7), "AB"),
        (replace(USDT, min_change=Decimal(10), max_change=Decimal(15)), "A"),
        (ScanQuery(sort="change"), "CADB"),
        (ScanQuery(quote="BTC"), "D"),
        (ScanQuery(quote="EUR"), ""),
    ],
)
def test_filters(query: ScanQuery, kept: str) -> None:
    assert names(query) == list(kept)


@pytest.mark.parametrize(
    "query",
    [
        ScanQuery(),  # volumes of different assets
        ScanQuery(sort="change", min_quote_volume=Decimal(5)),
        replace(USDT, limit=0),
        replace(USDT, limit=10**9),
        replace(USDT, min_change=Decimal(5), max_change=Decimal(4)),
        replace(USDT, min_change=Decimal("NaN")),
    ],
)
def test_questions_that_make_no_sense_are_refused_with_advice(query: ScanQuery) -> None:
    with pytest.raises(InputError) as caught:
        scan(TICKERS, SYMBOLS, query)
    assert caught.value.advice


def test_the_range_is_relative_to_the_low() -> None:
    assert range_percent(TICKERS[2]) == Decimal("120.000")
    assert range_percent(ticker("X", lowPrice="0", highPrice="0")) == 0
