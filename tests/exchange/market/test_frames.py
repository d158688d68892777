"""Frames are read exactly, or refused with what is wrong and where."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from binance_mcp_server.exchange.market.book import Diff
from binance_mcp_server.exchange.market.frames import FrameError, Snapshot, read
from binance_mcp_server.exchange.market.types import Trade
from binance_mcp_server.exchange.sources.base import Frame
from tests.exchange.market.feeds import SYMBOL, THURSDAY, depth_frame, trade_frame


@given(st.integers(0, 2**62), st.integers(0, 10**18), st.integers(0, 10**18), st.booleans())
def test_a_trade_is_read_exactly(number: int, price: int, qty: int, maker: bool) -> None:
    trade = Trade(number, price, qty, 1_723_161_255_342, maker)
    assert read(trade_frame(trade)) == trade


def test_a_depth_update_is_read_exactly() -> None:
    frame = depth_frame(7, 9, '[["0.00000001","0.00000000"]]', '[["61837.64000000","1.5"]]')
    assert read(frame) == Diff(7, 9, [(1, 0)], [(6_183_764_000_000, 150_000_000)], THURSDAY)


def test_a_snapshot_is_read_exactly() -> None:
    body = b'{"lastUpdateId":0,"bids":[["4.00000000","431.00000000"]],"asks":[]}'
    assert read(Frame(5, SYMBOL, body)) == Snapshot(0, [(4 * 10**8, 431 * 10**8)], [], 5)


@pytest.mark.parametrize("stream", ["btcusdt@bookTicker", "btcusdt@aggTrade", "!ticker@arr", "new"])
def test_other_kinds_are_passed_over(stream: str) -> None:
    assert read(Frame(0, SYMBOL, f'{{"stream":"{stream}","data":{{"x":1}}}}'.encode())) is None


TRADE = trade_frame(Trade(1, 10**8, 10**8, 5, False)).payload


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"null",
        b"{}",
        b"[1]",
        TRADE[:-5],
        TRADE.replace(b'"1.00000000"', b'"NaN"'),
        TRADE.replace(b'"1.00000000"', b'"-1.00000000"'),
        TRADE.replace(b'"1.00000000"', b"1.5"),
        TRADE.replace(b'"p"', b'"P"'),
        TRADE.replace(b"BTCUSDT", b"ETHUSDT"),
        b'{"lastUpdateId":1,"bids":[["1"]],"asks":[]}',
        b'{"stream":"btcusdt@trade","data":null}',
    ],
)
def test_a_malformed_frame_is_refused_with_what_and_where(payload: bytes) -> None:
    with pytest.raises(FrameError, match="malformed frame of BTCUSDT at 77 ms") as caught:
        read(Frame(77, SYMBOL, payload))
    assert repr(payload[:40])[2:-1] in str(caught.value)


@given(st.binary(max_size=200))
def test_no_bytes_do_worse_than_a_frame_error(payload: bytes) -> None:
    with suppress(FrameError):
        read(Frame(0, SYMBOL, payload))
