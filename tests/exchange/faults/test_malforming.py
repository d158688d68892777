"""Each form breaks just what its name says."""

import json
import zlib

import msgspec
import pytest

from binance_mcp_server.exchange.faults.malforming import HUGE_BYTES, half_a_frame, malformed

TRADE = (
    b'{"stream":"btcusdt@trade","data":{"e":"trade","E":1723161255000,"s":"BTCUSDT","t":12,"p":"61700.10000000",'
    b'"q":"0.00100000","T":1723161255000,"m":true,"M":true}}'
)
RAW = TRADE.partition(b'"data":')[2][:-1]
FUTURES = TRADE.replace(b'"M":true', b'"X":"MARKET"')
DEPTH = (
    b'{"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":1,"s":"BTCUSDT","U":1,"u":2,'
    b'"b":[["1.0","2.0"],["3.0","0.0"]],"a":[]}}'
)


@pytest.mark.parametrize("frame", [TRADE, RAW, DEPTH])
@pytest.mark.parametrize("form", ["bad_json", "cut"])
def test_what_is_no_json(frame: bytes, form: str) -> None:
    with pytest.raises(msgspec.DecodeError):
        msgspec.json.decode(malformed(frame, "cut" if form == "cut" else "bad_json"))


@pytest.mark.parametrize("frame", [TRADE, RAW, DEPTH])
def test_bad_utf8_is_json_but_for_that(frame: bytes) -> None:
    broken = malformed(frame, "bad_utf8")
    with pytest.raises(UnicodeDecodeError):
        broken.decode()
    assert json.loads(broken.decode(errors="ignore")) == json.loads(frame)


def test_an_unknown_enum_changes_one_word() -> None:
    assert malformed(TRADE, "unknown_enum") == TRADE.replace(b'"trade",', b'"nobodyKnows",', 1)
    assert malformed(FUTURES, "unknown_enum") == FUTURES.replace(b"MARKET", b"NOBODY_KNOWS")


def test_null_takes_the_place_of_a_value() -> None:
    assert json.loads(malformed(TRADE, "null"))["data"]["p"] is None
    assert json.loads(malformed(DEPTH, "null"))["data"]["b"] is None


@pytest.mark.parametrize("frame", [TRADE, RAW, DEPTH])
def test_a_new_field_leaves_the_others(frame: bytes) -> None:
    told = json.loads(malformed(frame, "extra_field"))
    data = told.get("data", told)
    assert data.pop("newField") == {"a": [1, None, "x"]}
    assert told == json.loads(frame)


def test_a_huge_frame_says_the_same_at_length() -> None:
    huge = malformed(TRADE, "huge")
    assert len(huge) == HUGE_BYTES == 64 * 1024 * 1024
    assert huge.rstrip() == TRADE


def test_a_reserved_bit_comes_with_what_it_means() -> None:
    packed = malformed(TRADE, "rsv_bit") + b"\x00\x00\xff\xff"
    assert zlib.decompressobj(wbits=-zlib.MAX_WBITS).decompress(packed) == TRADE


@pytest.mark.parametrize(("size", "head"), [(125, 2), (126, 4), (65_536, 10)])
def test_half_a_frame_announces_the_whole(size: int, head: int) -> None:
    frame = half_a_frame(b"x" * size)
    assert len(frame) == head + size // 2
    announced = frame[1] if head == 2 else int.from_bytes(frame[2:head], "big")
    assert announced == size
