"""The market follows its frames, and says what it could not use."""

import pytest

from binance_mcp_server.exchange.market.frames import FrameError
from binance_mcp_server.exchange.market.state import Market
from binance_mcp_server.exchange.market.types import Trade
from binance_mcp_server.exchange.sources.base import Frame
from tests.exchange.market.feeds import SYMBOL, THURSDAY, HandFed, depth_frame, trade_frame

TICKER = b'{"stream":"btcusdt@bookTicker","data":{"u":1}}'
SNAPSHOT = b'{"lastUpdateId":10,"bids":[["5.0","1.0"]],"asks":[["6.0","1.0"]]}'


def test_frames_move_book_and_tape_and_are_counted() -> None:
    market = Market(HandFed(THURSDAY))
    trade = Trade(3, 10**8, 10**8, THURSDAY, False)
    market.apply(
        [
            Frame(THURSDAY, SYMBOL, SNAPSHOT),
            depth_frame(11, 12, '[["5.5","2.0"]]'),
            trade_frame(trade),
            trade_frame(trade),
            Frame(THURSDAY, SYMBOL, TICKER),
            depth_frame(20, 21),
        ]
    )
    assert market.book(SYMBOL, 1).bids == ((550_000_000, 2 * 10**8),)
    assert market.book(SYMBOL, 1).last_update_id == 21
    assert market.last_trade(SYMBOL) == trade
    assert market.last_price(SYMBOL) == trade.price
    assert market.trades_from(SYMBOL, 0, 9) == market.recent_trades(SYMBOL, 9) == [trade]
    assert market.counters() == {
        "applied": 5,
        "passed_over": 1,
        "repeated_trades": 1,
        "gaps": 1,
        "books_out_of_sync": 1,
    }


def test_a_market_without_frames_is_empty() -> None:
    market = Market(HandFed(THURSDAY))
    assert market.book(SYMBOL, 5) == (0, (), ())
    assert market.last_trade(SYMBOL) is None
    assert market.last_price(SYMBOL) is None
    assert market.average_price(SYMBOL)[1] == 0
    rows = market.klines(SYMBOL, "1m", start_ms=None, end_ms=None, offset_minutes=0, limit=10)
    assert rows == []
    assert market.agg_trades(SYMBOL, from_id=None, start_ms=None, end_ms=None, limit=10) == []


def test_frames_of_a_symbol_without_rules_are_refused() -> None:
    with pytest.raises(FrameError, match="ETHUSDT"):
        Market(HandFed(THURSDAY)).apply([Frame(THURSDAY, "ETHUSDT", SNAPSHOT)])


def test_a_number_that_no_venue_has_is_refused() -> None:
    with pytest.raises(FrameError, match="larger"):
        Market(HandFed(THURSDAY)).apply([trade_frame(Trade(1, 10**30, 1, THURSDAY, False))])


def test_ranges_of_any_size_are_answered() -> None:
    market = Market(HandFed(THURSDAY))
    market.apply([trade_frame(Trade(1, 10**8, 10**8, THURSDAY, False))])
    for start, end, count in (
        (None, 10**18, 1),
        (10**18, None, 0),
        (5, 4, 0),
        (-(10**18), None, 1),
    ):
        for interval in ("1s", "1M"):
            rows = market.klines(
                SYMBOL, interval, start_ms=start, end_ms=end, offset_minutes=0, limit=1000
            )
            assert len(rows) == count
