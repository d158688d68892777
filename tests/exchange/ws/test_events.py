"""An event has the same data in every form; a frame of the source keeps its bytes."""

import json

import pytest

from binance_mcp_server.exchange.ws.events import Form, Made, Passed, data_of, name_of

RAW, COMBINED = Form(combined=False, scale=1), Form(combined=True, scale=1)
DATA = b'{"e":"trade","E":1723161255343,"s":"BTCUSDT","t":1723161255343,"T":1723161255342,"m":true}'
FRAME = b'{"stream":"btcusdt@trade","data":' + DATA + b"}"


def test_a_frame_is_passed_on_byte_for_byte() -> None:
    assert Passed(FRAME).encoded(COMBINED) is FRAME
    assert Passed(FRAME).encoded(RAW) == DATA


def test_in_microseconds_only_its_times_are_longer() -> None:
    told = json.loads(Passed(FRAME).encoded(Form(combined=False, scale=1000)))
    before = json.loads(DATA)
    assert (told.pop("E"), told.pop("T")) == (before.pop("E") * 1000, before.pop("T") * 1000)
    assert told == before


@pytest.mark.parametrize(
    ("frame", "name", "data"),
    [
        (FRAME, b"btcusdt@trade", DATA),
        (b'{ "data": {"a":1}, "stream": "x@y" }', b"x@y", b'{"a":1}'),
        (b'{"stream":"x@y", "data":{"a":1}}', b"x@y", b'{"a":1}'),
        ('{"stream":"币@y","data":{}}'.encode(), "币@y".encode(), b"{}"),
        (b'{"stream":"\\u5e01@y","data":{}}', "币@y".encode(), b"{}"),
        (b'{"lastUpdateId":1,"bids":[],"asks":[]}', b"", b"null"),
    ],
)
def test_however_a_frame_was_written(frame: bytes, name: bytes, data: bytes) -> None:
    assert (name_of(frame), data_of(frame)) == (name, data)


def test_what_is_made_is_made_for_a_unit_of_time() -> None:
    event = Made("币@y".encode(), lambda scale: {"E": 5 * scale})
    assert event.encoded(RAW) == b'{"E":5}'
    expected = '{"stream":"币@y","data":{"E":5000}}'.encode()
    assert event.encoded(Form(combined=True, scale=1000)) == expected


@pytest.mark.parametrize("form", [RAW, COMBINED])
def test_what_is_written_already_is_not_encoded_again(form: Form) -> None:
    data = b'{"p":"1.00000000"}'
    assert Made(b"x@y", lambda _scale: data).encoded(form) == (
        b'{"stream":"x@y","data":' + data + b"}" if form.combined else data
    )
