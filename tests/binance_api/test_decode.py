"""Bytes become records or a decode error, whatever the bytes are."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from binance_mcp_server.binance_api import endpoints
from binance_mcp_server.binance_api.decode import decode, decode_error
from binance_mcp_server.binance_api.endpoints import Request

json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
REQUESTS: tuple[Request[Any], ...] = (
    endpoints.depth("X"),
    endpoints.klines("X", "1m"),
    endpoints.ticker_24hr(),
    endpoints.exchange_info(),
)
LEVELS = b'{"lastUpdateId":7,"bids":[["1.10","2.0","later"]],"asks":[],"brandNew":[]}'


def test_an_answer_is_decoded_into_its_record_and_new_fields_ignored() -> None:
    depth = decode(endpoints.depth("X"), LEVELS)
    assert (depth.last_update_id, depth.bids[0].price_text) == (7, "1.10")
    prices = decode(endpoints.ticker_prices(), b'[{"symbol":"X","price":"1.0"}]')
    assert [each.symbol for each in prices] == ["X"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        LEVELS[:-5],
        b'{"lastUpdateId":"7"}',
        b"[]",
        b"null",
        b'{"lastUpdateId":1.5,"bids":[],"asks":[]}',
        b'{"lastUpdateId":7,"bids":[["\xff","1"]],"asks":[]}',
        b'{"lastUpdateId":7,"bids":[],"asks":[],"later":' + b"[" * 100_000,
    ],
)
def test_anything_else_is_a_decode_error(body: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode(endpoints.depth("X"), body)
    assert decode_error(body) is None


@given(st.binary(max_size=200) | json.map(msgspec.json.encode))
def test_no_bytes_do_worse_than_a_decode_error(body: bytes) -> None:
    for request in REQUESTS:
        try:
            decode(request, body)
        except msgspec.DecodeError:
            continue
    decode_error(body)


def test_a_refusal_is_read_and_other_bodies_are_none() -> None:
    error = decode_error(b'{"code":-1121,"msg":"Invalid symbol.","data":{}}')
    assert error is not None
    assert (error.code, error.msg) == (-1121, "Invalid symbol.")
    for body in (
        b"",
        b"<html>403</html>",
        b'{"code":"x","msg":1}',
        b"[]",
        b'{"msg":"x"}',
        b'{"code":-1',
    ):
        assert decode_error(body) is None
