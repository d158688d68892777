"""The number of a frame is read right wherever it stands, or not at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from binance_mcp_server.binance_ws_api import headers
from binance_mcp_server.binance_ws_api.headers import (
    CandleMark,
    FrameError,
    NumberReader,
    Updates,
    UpdatesReader,
)
from tests.binance_ws_api.frames import candle, depth, tickers, trade

NUMBERS = st.one_of(st.integers(0, 1_000), st.integers(0, 2**63 - 1))
OTHER_FORMS = [
    b'{"stream":"btcusdt@trade","data":{"t":99,"e":"trade","E":1,"s":"BTCUSDT","p":"1"}}',
    b'{"stream":"btcusdt@trade","data":{"e":"trade", "E": 1, "s": "BTCUSDT", "t": 99, "p": "1"}}',
    b'{"stream":"btcusdt@trade","data":{"e":"trade","p":"1","t":99}}',
    b'{"stream":"btcusdt@trade","data":{"e":"trade","t" : 99 }}',
    b'{"stream":"btcusdt@trade","data":\n\t{"t":\n99\n,"p":"1"}}',
]
NO_NUMBER = [
    trade(123_456)[:76],  # cut within the id
    b'{"stream":"btcusdt@trade","data":{"e":"trade","E":1}}',
    b'{"stream":"btcusdt@trade","data":{"t":null}}',
    b'{"stream":"btcusdt@trade","data":{"t":"99"}}',
    b'{"stream":"btcusdt@trade","data":{"t":-1}}',
    b'{"stream":"btcusdt@trade","data":{"t":9.5}}',
    b'{"stream":"btcusdt@trade","data":{"t":true}}',
    b'{"stream":"btcusdt@trade","data":{"t":%b}}' % (b"9" * 5_000),
    b'{"stream":"btcusdt@trade","data":' + b"[" * 100_000,
    b'{"stream":"btcusdt@trade","data":{"s":"\xff\xfe"}}',
    b'{"stream":"btcusdt@trade"',
    b"",
]


@given(st.lists(NUMBERS, max_size=30), NUMBERS)
def test_a_burst_is_read_as_its_frames_are(numbers: list[int], learnt: int) -> None:
    reader = NumberReader(b'"t":')
    reader.one(trade(learnt))
    assert reader.all([trade(number) for number in numbers]) == numbers


@pytest.mark.parametrize(("before", "after"), [(99, 100), (999_999, 1_000_000), (100, 99)])
def test_a_number_may_grow_within_a_burst(before: int, after: int) -> None:
    reader = NumberReader(b'"t":')
    assert reader.one(trade(before)) == before
    assert reader.all([trade(before), trade(after), trade(before)]) == [before, after, before]


@given(st.integers(1, 60))
def test_the_end_of_another_number_is_never_taken_for_it(shift: int) -> None:
    """A field that the venue puts before the others moves them all; one number may then end where another did."""
    usual = trade(3_735_683_259, event_ms=1_723_161_255_343)
    moved = usual.replace(b'{"e":', b'{"x":"%b","e":' % (b"y" * shift))
    reader = NumberReader(b'"t":')
    assert reader.one(usual) == 3_735_683_259
    assert reader.all([moved, moved]) == [3_735_683_259] * 2


@pytest.mark.parametrize("frame", OTHER_FORMS)
def test_other_forms_are_read_too(frame: bytes) -> None:
    reader = NumberReader(b'"t":')
    reader.one(trade(98))
    assert reader.all([trade(98), frame, trade(100)]) == [98, 99, 100]


@pytest.mark.parametrize("frame", NO_NUMBER, ids=range(len(NO_NUMBER)))
def test_a_frame_without_its_number_has_none(frame: bytes) -> None:
    reader = NumberReader(b'"t":')
    with pytest.raises(FrameError):
        reader.one(frame)
    with pytest.raises(FrameError):
        reader.all([trade(1), frame, trade(2)])


def test_a_list_has_the_number_of_its_first() -> None:
    assert NumberReader(b'"E":').one(tickers("AB", "CD", event_ms=77)) == 77


@given(NUMBERS, NUMBERS, st.none() | NUMBERS)
def test_updates_are_read_in_any_form(first: int, last: int, previous: int | None) -> None:
    frame = depth(first, last, previous)
    expected = Updates(first, last, previous)
    assert headers.updates(frame) == expected
    assert headers.updates(frame.replace(b":", b": ").replace(b",", b" ,")) == expected


def test_a_candle_is_read_in_any_form() -> None:
    for closed in (False, True):
        frame = candle(7, closed=closed, second=3)
        assert headers.candle(frame) == CandleMark(7 * 60_000, closed, 7 * 60_000 + 3_000)
        spaced = frame.replace(b'":', b'" : ')
        assert headers.candle(spaced) == headers.candle(frame)


@pytest.mark.parametrize("cut", range(12, 140, 4))
def test_what_is_cut_off_is_never_read_wrong(cut: int) -> None:
    """It is refused, or so much of it has come that it could be read."""
    for whole, read in (
        (trade(123_456), NumberReader(b'"t":').one),
        (depth(12_345, 12_399), headers.updates),
        (candle(7), headers.candle),
    ):
        try:
            found = read(whole[:cut])
        except FrameError:
            continue
        assert found == read(whole)


@given(st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS), min_size=1, max_size=9), st.booleans())
def test_update_ids_of_a_burst_are_those_of_its_frames(
    rows: list[tuple[int, int, int]], futures: bool
) -> None:
    reader = UpdatesReader()
    frames = [depth(first, last, before if futures else None) for first, last, before in rows]
    for _ in range(2):  # the second time it has learnt from the last frame
        columns = reader.columns(frames)
        if columns is not None:
            assert list(zip(*columns, strict=True)) == [row if futures else row[:2] for row in rows]
    alike = [depth(11 + i, 21 + i, 10 + i if futures else None) for i in range(70)]
    reader.columns(alike)
    found = reader.columns(alike)
    assert found is not None
    assert found[:2] == [list(range(11, 81)), list(range(21, 91))]


@pytest.mark.parametrize(
    "odd",
    [
        depth(11, 121),  # a digit more: cut off at the width of the others
        depth(1, 2),
        depth(11, 21)[:90],
        depth(11, 21).replace(b'"u":21', b'"u":-1'),
        depth(11, 21).replace(b',"u":21,', b',"x":21,'),
        depth(11, 21).replace(b'"U":11,"u":21', b'"u":21,"U":11'),
        b"",
    ],
)
def test_a_burst_with_an_odd_frame_is_left_to_be_read_one_by_one(odd: bytes) -> None:
    reader = UpdatesReader()
    reader.columns([depth(10, 20)])
    assert reader.columns([depth(10, 20), depth(12, 22)]) == [[10, 12], [20, 22]]
    assert reader.columns([depth(10, 20), odd, depth(12, 22)]) is None
