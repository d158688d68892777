"""Fault 7, at random: recorded frames with bytes changed, lost and put in. Nothing is raised, good ones get through."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from binance_mcp_server.binance_ws_api.dispatch import Dispatcher
from binance_mcp_server.binance_ws_api.stream import Stream
from binance_mcp_server.models.events import DepthEvent, Gap, Record, TradeEvent
from tests.e2e.faults.scene import DEPTH, TRADES, Recorded

SECONDS = 4
HEAD = len(b'{"stream":"btcusdt@trade",')
"""A frame whose stream cannot be told is nobody's: that is tried too, but seldom."""


@st.composite
def mutations(draw: st.DrawFn, frame: bytes) -> bytes:
    """One change anywhere, most often behind the name of the stream."""
    start = draw(st.sampled_from([0, HEAD, HEAD, HEAD]))
    at = draw(st.integers(min(start, len(frame) - 1), len(frame) - 1))
    size = draw(st.sampled_from([1, 1, 2, 7, 200]))
    new = draw(
        st.sampled_from([b"", b"\xff", b'"', b"}", b"null", b"-1", b"9" * 20, b"\x00", b"{}"])
    )
    return frame[:at] + new + frame[at + size :]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), eager=st.booleans())
def test_no_mutated_frame_does_more_than_be_missing(
    recording: Recorded, data: st.DataObject, eager: bool
) -> None:
    frames = [frame.payload for second in recording.seconds[:SECONDS] for frame in second]
    for at in data.draw(st.sets(st.integers(1, len(frames) - 20), max_size=8)):
        frames[at] = data.draw(mutations(frames[at]))
    streams = [Stream(TRADES, 1000), Stream(DEPTH, 1000)]
    heard: list[Record] = []
    dispatcher = Dispatcher()
    for stream in streams:
        dispatcher.add(stream)
        stream.listeners += [heard.extend] if eager else []
    burst = data.draw(st.integers(1, 30))
    for begin in range(0, len(frames), burst):
        dispatcher.deliver(frames[begin : begin + burst], begin / 100)
    for stream in streams:
        while stream.sequence.parked:
            stream.add(stream.sequence.give_up("never fetched", 0))
    trades, depth = (list(stream.tail()) for stream in streams)
    ids = [record.id for record in trades if isinstance(record, TradeEvent)]
    assert ids == sorted(set(ids))
    assert len(ids) > len(recording.part(SECONDS).trade_ids) - 12
    assert all(isinstance(each, DepthEvent | Gap) for each in depth)
    assert not eager or heard
