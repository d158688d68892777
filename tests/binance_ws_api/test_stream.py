"""A stream gives the same to whoever listens as to whoever reads later, and tells of itself truly."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from binance_mcp_server.binance_ws_api.kinds import Spec
from binance_mcp_server.binance_ws_api.stream import Stream, room_for
from binance_mcp_server.models.events import Gap, Record
from tests.binance_ws_api.examples import EXAMPLES
from tests.binance_ws_api.frames import (
    BEST,
    CANDLES,
    DEPTH,
    EVERYTHING,
    FUTURES_DEPTH,
    TRADES,
    best,
    candle,
    depth,
    ids,
    row,
    tickers,
    trade,
    trades,
)

BROKEN = b'{"stream":"btcusdt@trade","data":{"e":"trade","t":'
SENT: dict[Spec, list[bytes]] = {
    TRADES: trades(95, 110),
    DEPTH: [depth(n, n + 9) for n in range(10, 200, 10)],
    FUTURES_DEPTH: [depth(n, n + 5, n - 5) for n in range(10, 200, 10)],
    CANDLES: [candle(m, closed=c, second=60 if c else 1) for m in range(6) for c in (False, True)],
    BEST: [best(n) for n in range(5, 300, 17)],
    EVERYTHING: [tickers("AB", "CD", event_ms=n) for n in range(1, 20)],
}


def listening(of: Spec) -> tuple[Stream, list[Record]]:
    stream, heard = Stream(of, 1_000), list[Record]()

    def listen(records: Sequence[Record]) -> None:
        heard.extend(records)

    stream.listeners.append(listen)
    return stream, heard


def give_up(stream: Stream) -> None:
    while stream.sequence.hole is not None:
        stream.add(stream.sequence.give_up("lost", 0))


@settings(max_examples=200)
@given(st.data(), st.sampled_from(list(SENT)))
def test_who_listens_hears_what_who_reads_later_sees(data: st.DataObject, of: Spec) -> None:
    sent = SENT[of]
    order = data.draw(st.lists(st.integers(0, len(sent) - 1), max_size=30))
    order += range(len(sent)) if data.draw(st.booleans()) else []
    eager, heard = listening(of)
    lazy = Stream(of, 1_000)
    now, size = 0.0, data.draw(st.integers(1, 7))
    for start in range(0, len(order), size):
        now += 0.1
        burst = [sent[i] for i in order[start : start + size]]
        eager.take(list(burst), now)
        lazy.take(list(burst), now)
    for stream in (eager, lazy):
        give_up(stream)
    assert heard == list(eager.tail()) == list(lazy.tail())
    assert (eager.duplicates, eager.reordered) == (lazy.duplicates, lazy.reordered)
    assert (eager.gaps, eager.received) == (lazy.gaps, lazy.received)


@pytest.mark.parametrize(("of", "data"), EXAMPLES, ids=[repr(of) for of, _ in EXAMPLES])
def test_every_kind_is_heard_as_it_is_read(of: Spec, data: Any) -> None:
    frame = json.dumps({"stream": of.name, "data": data}, separators=(",", ":")).encode()
    spaced = json.dumps({"stream": of.name, "data": data}, indent=1).encode()
    for each in (frame, spaced):
        eager, heard = listening(of)
        lazy = Stream(of, 10)
        eager.take([each], 1.0)
        lazy.take([each], 1.0)
        assert heard == list(lazy.tail())
        assert not any(isinstance(record, Gap) for record in heard)
        assert len(heard) == (len(data) if isinstance(data, list) else 1)
        assert (lazy.malformed, lazy.state, lazy.first_frame) == (0, "live", True)
        assert lazy.last_event_ms == max(record.event_ms for record in heard)  # type: ignore[union-attr]


def test_a_broken_frame_is_a_hole_for_who_listens_and_can_be_repaired() -> None:
    stream, heard = listening(TRADES)
    broken = trade(2).replace(b'"p":"', b'"p":null,"x":"')
    stream.take([trade(1), broken, trade(3), BROKEN, b"\xff"], 0.0)
    assert (stream.malformed, ids(heard)) == (3, [1])
    stream.add(stream.sequence.fill({2: row(2)}, None, 0.0))
    assert ids(heard) == [1, 2, 3]
    assert (stream.repaired, stream.gaps) == (1, 0)


def test_a_stream_with_holes_asks_to_be_mended() -> None:
    stream = Stream(TRADES, 10)
    asked: list[Stream] = []
    stream.on_parked = asked.append
    stream.take([trade(1), trade(2)], 0.0)
    assert asked == []
    stream.take([trade(4)], 0.0)
    assert asked == [stream]


def test_the_newest_is_what_its_time_is_about_and_a_gap_has_none() -> None:
    stream = Stream(TRADES, 100)
    assert stream.last_event_ms == 0
    stream.take([trade(1, event_ms=5_000)], 0.0)
    stream.add([Gap(2, 2, "lost", 0)])
    assert stream.last_event_ms == 5_000
    assert ids(list(stream.tail(seconds=1))) == [1, (2, 2)]


@given(st.lists(st.tuples(st.integers(0, 900), st.booleans()), max_size=40), st.integers(0, 20))
def test_a_tail_holds_what_is_young_enough(steps: list[tuple[int, bool]], seconds: int) -> None:
    """Whatever gaps stand among the records."""
    stream, time, times = Stream(TRADES, 1_000), 10_000, list[int]()
    for number, (pause, gap) in enumerate(steps):
        time += pause
        times.append(time)
        stream.take([trade(2 * number, event_ms=time)], 0.0)
        give_up(stream)
        if gap:
            stream.add([Gap(0, 0, "lost", 0)] * 3)
    young = [2 * n for n, time in enumerate(times) if times and time >= times[-1] - 1000 * seconds]
    found = [each for each in ids(list(stream.tail(seconds))) if isinstance(each, int)]
    assert found == young


def test_a_tail_of_so_many_entries() -> None:
    stream = Stream(TRADES, 100)
    stream.take(trades(1, 50), 0.0)
    assert ids(list(stream.tail(most=3))) == [48, 49, 50]
    assert ids(list(stream.tail(seconds=0, most=0))) == []


def test_who_is_told_of_parting_is_told_once_and_where_it_stood() -> None:
    stream = Stream(TRADES, 16)
    told: list[tuple[int, int]] = []
    stream.on_evicted.append(lambda entries, first: told.append((first, len(entries))))
    stream.take(trades(1, 60), 0.0)
    stream.resize(10)
    assert told == [(0, 44), (44, 6)]
    assert (stream.ring.first, len(stream.ring)) == (50, 10)


def test_room_is_bounded_in_bytes_whatever_the_buffer() -> None:
    assert room_for(1) == 1 << 20
    assert room_for(10_000) == 10_000 * 2048
    assert room_for(1_000_000) == 256 << 20


def test_a_pace_is_not_forgotten_in_a_silence() -> None:
    """Else a stream that died would look as if it had always been slow."""
    stream = Stream(TRADES, 10_000)
    for second in range(30):
        stream.take(trades(10 * second, 10 * second + 9), float(second))
        stream.measure(1.0)
    assert stream.rate == pytest.approx(10)
    for _ in range(60):
        stream.measure(1.0)
    assert stream.rate == pytest.approx(10)
    stream.take(trades(300, 309), 90.0)
    stream.measure(1.0)
    assert stream.rate < 1


def test_a_slow_stream_has_the_pace_that_it_has() -> None:
    stream = Stream(TRADES, 10_000)
    for second in range(1_000):
        if second % 20 == 0:
            stream.take([trade(second // 20)], float(second))
        stream.measure(1.0)
    assert stream.rate == pytest.approx(1 / 20, rel=0.2)


def test_it_is_read_by_whoever_prints_it() -> None:
    stream = Stream(TRADES, 10)
    stream.take(trades(1, 3), 0.0)
    assert repr(stream) == "<spot btcusdt@trade live: 3 received, 3 kept>"
