"""Frames of a connection reach their streams in the order of their arrival; what is no data of theirs is given back."""

from hypothesis import given
from hypothesis import strategies as st

from binance_mcp_server.binance_ws_api.dispatch import Dispatcher, usual_form
from binance_mcp_server.binance_ws_api.kinds import spec
from binance_mcp_server.binance_ws_api.stream import Stream
from tests.binance_ws_api.frames import TRADES, combined, ids, trade, trades

ACK = b'{"result":null,"id":1}'
NEWS = b'{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1}}'
NAMES = ("AAAUSDT", "AABUSDT", "ABUSDT")


def dispatcher() -> tuple[Dispatcher, list[Stream]]:
    streams = [Stream(spec("spot", "trade", name), 1_000) for name in NAMES]
    found = Dispatcher()
    for stream in streams:
        found.add(stream)
    return found, streams


@given(st.lists(st.lists(st.integers(0, 5), max_size=12), max_size=12))
def test_each_stream_gets_its_own_in_order(bursts: list[list[int]]) -> None:
    found, streams = dispatcher()
    counts, others, expected = [0, 0, 0], list[bytes](), list[bytes]()
    for burst in bursts:
        frames = []
        for which in burst:
            if which < 3:
                counts[which] += 1
                frames.append(trade(counts[which], name=streams[which].name))
            else:
                frames.append((ACK, NEWS, trade(1))[which - 3])
                expected.append(frames[-1])
        others += found.deliver(frames, 0.0)
    assert [stream.received for stream in streams] == counts
    assert [ids(list(each.tail())) for each in streams] == [list(range(1, n + 1)) for n in counts]
    assert others == expected


def test_a_stream_that_is_given_up_while_others_are_told_harms_nobody() -> None:
    found, (one, two, three) = dispatcher()

    def listen(_: object) -> None:
        found.remove(two.name)

    one.listeners.append(listen)
    found.deliver([trade(1, name=each.name) for each in (one, two, three)], 0.0)
    assert [each.received for each in (one, two, three)] == [1, 0, 1]
    assert found.deliver([trade(2, name=two.name)], 0.0) == [trade(2, name=two.name)]
    found.add(two)
    assert found.deliver([trade(2, name=two.name)], 0.0) == []
    assert ids(list(two.tail())) == [2]


def test_it_knows_its_streams() -> None:
    found, streams = dispatcher()
    assert len(found) == 3
    assert list(found) == streams
    assert found.get(streams[0].name) is streams[0]
    found.remove(streams[0].name)
    found.remove("nobody@trade")
    assert found.get(streams[0].name) is None
    assert found.deliver([], 0.0) == []


def test_a_frame_is_put_into_its_usual_form() -> None:
    inner = b'{"e":"trade", "t" : 5}'
    for frame in (
        b'{"data":%b,"stream":"btcusdt@trade"}' % inner,
        b'{ "stream" : "btcusdt@trade", "more": [1], "data" : %b }' % inner,
    ):
        assert usual_form(frame) == b'{"stream":"btcusdt@trade","data":%b}' % inner
    for frame in (ACK, b"[]", b"\xff", b'{"stream":5,"data":1}', b"[" * 100_000):
        assert usual_form(frame) is None


def test_the_name_of_a_symbol_may_be_of_any_script() -> None:
    stream = Stream(spec("spot", "trade", "币安人生USDT"), 10)
    found = Dispatcher()
    found.add(stream)
    assert found.deliver([trade(1, name=stream.name), trade(2, name=stream.name)], 0.0) == []
    assert ids(list(stream.tail())) == [1, 2]
    assert found.deliver(trades(1, 1), 0.0) == [trade(1, name=TRADES.name)]


def test_names_of_any_length_are_told_apart_again_and_again() -> None:
    """A name may end before, in or behind what is remembered of a frame, and begin as another one does."""
    symbols = ("A", "BTCUSDT", "1000SATSUSDT", "1000000BABYDOGEFDUSDXYZ")
    specs = [
        made
        for symbol in symbols
        for made in (
            *(spec("spot", kind, symbol) for kind in ("trade", "ticker", "depth")),
            *(spec("spot", "kline", symbol, interval=each) for each in ("1m", "1M", "15m")),
            *(spec("spot", "rollingTicker", symbol, window=each) for each in ("1h", "1d")),
        )
    ]
    streams = [Stream(made, 100) for made in specs]
    found = Dispatcher()
    for stream in streams:
        found.add(stream)
    for number in range(1, 4):
        burst = [
            combined(stream.name, f'{{"e":"x","E":{number},"t":{number}}}') for stream in streams
        ]
        assert found.deliver(burst, 0.0) == []
        assert [stream.received for stream in streams] == [number] * len(streams)
