"""A silence is strange where the stream's own pace, or that of its kind, does not explain it."""

import pytest

from binance_mcp_server.binance_ws_api.kinds import Spec, spec
from binance_mcp_server.binance_ws_api.stream import Stream
from binance_mcp_server.binance_ws_api.watch import is_silent, patience
from tests.binance_ws_api.frames import CANDLES, DEPTH, TRADES


def paced(of: Spec, rate: float, heard_at: float = 100.0) -> Stream:
    stream = Stream(of, 10)
    stream.rate, stream.heard_at = rate, heard_at
    return stream


@pytest.mark.parametrize(
    ("of", "rate", "seconds"),
    [
        (TRADES, 100, 5),
        (TRADES, 3, 10),
        (TRADES, 0.1, 300),
        (DEPTH, 10, 5),
        (CANDLES, 5, 20),
        (spec("usdm", "markPrice", "BTCUSDT", speed="3000ms"), 1, 30),
    ],
)
def test_patience_is_as_long_as_the_pace_is_slow(of: Spec, rate: float, seconds: float) -> None:
    stream = paced(of, rate)
    assert patience(stream) == pytest.approx(seconds)
    assert not is_silent(stream, 100 + seconds - 0.1)
    assert is_silent(stream, 100 + seconds + 0.1)


def test_a_stream_that_never_had_a_pace_may_be_quiet() -> None:
    assert not is_silent(paced(TRADES, 0), 10**9)
