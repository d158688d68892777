"""Rows show the venue's digits exactly: trailing zeros cut, never an exponent, times in ISO, ids as text."""

from decimal import Decimal
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from binance_mcp_server.commands.views import book, candles, info, tickers, trades
from binance_mcp_server.models.info import ExecutionRule, SymbolInfo
from binance_mcp_server.models.market import AggTrade, BlockTrade, Depth, Kline, Ticker, Trade

OPEN_MS = 1_790_000_040_000
KLINE: list[Any] = [
    *(OPEN_MS, "0.00000280", "0.00000300", "0.00000001", "0.00000281", "92233720368.00000000"),
    *(OPEN_MS + 59_999, "100.00000000", 7, "1.50000000", "0.00000000", "0"),
]
TRADE = {
    "id": 2**53 + 1,
    "price": "0.00000280",
    "qty": "1000.00000000",
    "quoteQty": "0.00280000",
    "time": OPEN_MS + 1,
    "isBuyerMaker": True,
    "isBestMatch": True,
}
TICKER = {
    "symbol": "PEPE\u202eUSDT",
    "openPrice": "0.00000280",
    "highPrice": "0.00000300",
    "lowPrice": "0.00000200",
    "lastPrice": "0.00000210",
    "volume": "3.00000000",
    "quoteVolume": "10.00000000",
    "openTime": OPEN_MS,
    "closeTime": OPEN_MS + 1,
    "firstId": -1,
    "lastId": 2**53 + 1,
    "count": 12,
}
prices = st.decimals("0.00000001", "99999999", places=8, allow_nan=False).map(lambda d: f"{d:.8f}")


def test_a_candle_in_all_columns() -> None:
    kline = msgspec.convert(KLINE, Kline)
    (row,) = candles.rows([kline], candles.ALL_COLUMNS)
    assert row == [
        *("2026-09-21T14:14Z", "0.0000028", "0.000003", "0.00000001", "0.00000281", "92233720368"),
        *("2026-09-21T14:14:59.999Z", "100", 7, "1.5", "0"),
    ]
    assert candles.rows([kline], candles.COLUMNS) == [row[:6]]
    assert candles.rows([kline], ["trades", "open"]) == [[7, "0.0000028"]]


def test_trades_of_every_kind() -> None:
    trade, block = msgspec.convert(TRADE, Trade), msgspec.convert(TRADE, BlockTrade)
    row = ["9007199254740993", "2026-09-21T14:14:00.001Z", "0.0000028", "1000", "sell", "0.0028"]
    assert trades.rows([trade, block], trades.ALL_COLUMNS) == [row, row]
    aggregate = msgspec.convert(
        {"a": 5, "p": "0.10", "q": "0.20", "f": 7, "l": 9, "T": OPEN_MS, "m": False}, AggTrade
    )
    assert trades.rows([aggregate], trades.AGGREGATE_COLUMNS) == [
        ["5", "2026-09-21T14:14Z", "0.1", "0.2", "buy", "0.02", "7", "9"]
    ]


def test_a_ticker_in_all_columns() -> None:
    (row,) = tickers.rows([msgspec.convert(TICKER, Ticker)], tickers.ALL_COLUMNS)
    shown = dict(zip(tickers.ALL_COLUMNS, row, strict=True))
    assert shown["symbol"] == "PEPEUSDT"
    assert (shown["last"], shown["change"]) == ("0.0000021", "-0.0000007")
    assert (shown["change_percent"], shown["range_percent"]) == ("-25", "50")
    assert (shown["average"], shown["trades"]) == ("3.33333333", 12)
    assert (shown["bid"], shown["first_id"]) == (None, None)
    assert shown["last_id"] == "9007199254740993"


@given(
    st.lists(st.tuples(prices, prices), max_size=8), st.lists(st.tuples(prices, prices), max_size=8)
)
def test_a_book_keeps_every_digit_on_both_sides(
    bids: list[tuple[str, str]], asks: list[tuple[str, str]]
) -> None:
    depth = msgspec.convert({"lastUpdateId": 1, "bids": bids, "asks": asks}, Depth)
    sides = book.Sides(
        [(level.price, level.quantity) for level in depth.bids],
        [(level.price, level.quantity) for level in depth.asks],
    )
    shown_bids, shown_asks = sides.pairs(0, 8)
    for given_side, shown in ((bids, shown_bids), (asks, shown_asks)):
        for one, other in zip(given_side, shown, strict=True):
            assert [Decimal(text) for text in one] == [Decimal(text) for text in other]
            assert not any("E" in text or (text.endswith("0") and "." in text) for text in other)
    rows = sides.rows(0, 8, book.ALL_COLUMNS)
    assert len(rows) == max(len(bids), len(asks))
    assert [row[2] for row in rows if row[2] is not None] == [pair[0] for pair in shown_bids]


def test_an_empty_book_has_no_touch() -> None:
    summary = book.summary(Depth(5, (), ()), 20)
    assert summary["best_bid"] is summary["mid"] is summary["imbalance_percent"] is None
    assert (summary["last_update_id"], summary["imbalance_levels"]) == ("5", 0)


def symbol(**changes: Any) -> SymbolInfo:
    base = {"symbol": "XUSDT", "status": "TRADING", "baseAsset": "X", "quoteAsset": "USDT"}
    return msgspec.convert({**base, **changes}, SymbolInfo)


def test_rules_clean_what_the_venue_names() -> None:
    hostile = symbol(baseAsset="X\u202e", status="TRA\nDING", orderTypes=["LIMIT", "NEW\u200bKIND"])
    facts = info.rules(hostile, ())
    assert (facts["base"], facts["status"]) == ("X", "TRADING")
    assert facts["order_types"] == ["limit", "NEWKIND"]
    (row,) = info.symbol_rows([hostile], info.ALL_COLUMNS)
    assert "\u200b" not in "".join(map(str, row))


def test_bands_are_shown_said_to_be_unknown_or_left_out() -> None:
    rule = ExecutionRule("PRICE_RANGE", bid_limit_mult_up="1.0500", ask_limit_mult_down="0.95")
    bands = info.rules(symbol(), [rule])["trades_only_within"]
    assert bands == [{"type": "PRICE_RANGE", "buy_up": "1.05", "sell_down": "0.95"}]
    assert "bands" in info.rules(symbol(), None)["partial"]
    assert info.rules(symbol(), ()).keys().isdisjoint({"partial", "trades_only_within"})


def test_rules_that_are_too_long_lose_their_sentences_and_say_so() -> None:
    facts = {"symbol": "X", "rules": {"a": "x" * 500}}
    assert info.within(facts, 5000) == facts
    assert info.within(facts, 100) == {"symbol": "X", "left_out": "rules in sentences"}
