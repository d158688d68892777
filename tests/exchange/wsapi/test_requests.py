"""Text frames as they are read (web-socket-api.md "Request format" and "Request security", read 2026-11-24)."""

import pytest

from binance_mcp_server.exchange.accounts.signatures import hmac_verifier, ws_payload
from binance_mcp_server.exchange.wire.errors import VenueError
from binance_mcp_server.exchange.wsapi.requests import MalformedError, read_request

SECRET = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"
KEY = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"
ASCII = (
    '{"id": "4885f793-e5ad-4c3b-8f6c-55d891472b71", "method": "order.place", "params": {'
    '"symbol": "BTCUSDT", "side": "SELL", "type": "LIMIT", "timeInForce": "GTC",'
    '"quantity": "0.01000000", "price": "52000.00", "recvWindow": 100, "timestamp": 1645423376532,'
    f'"apiKey": "{KEY}",'
    '"signature": "aa1b5712c094bc4e57c05a1a5c1fd8d88dcd628338ea863fec7b88e59fe2db24"}}'
)
UNICODE = (
    '{"id": "4885f793-e5ad-4c3b-8f6c-55d891472b71", "method": "order.place", "params": {'
    '"symbol": "１２３４５６", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC",'
    '"quantity": "1.00000000", "price": "0.10000000", "recvWindow": 5000, "timestamp": 1645423376532,'
    f'"apiKey": "{KEY}",'
    '"signature": "b33892ae8e687c939f4468c6268ddd4c40ac1af18ad19a064864c47bae0752cd"}}'
)


@pytest.mark.parametrize("frame", [ASCII, UNICODE], ids=["ascii", "unicode"])
def test_the_signed_examples_of_the_page_verify(frame: str) -> None:
    signed = ws_payload(read_request(frame.encode()).params)
    assert signed.signature is not None
    assert hmac_verifier(SECRET)(signed.payload, signed.signature)


def test_one_changed_digit_does_not_verify() -> None:
    signed = ws_payload(read_request(ASCII.replace("52000.00", "52000.01").encode()).params)
    assert not hmac_verifier(SECRET)(signed.payload, signed.signature or "")


def test_numbers_keep_the_digits_that_were_signed() -> None:
    frame = (
        '{"id":1,"method":"order.place","params":{"price":0.10000000,"quantity":1e-07,"flag":true}}'
    )
    params = read_request(frame.encode()).params
    assert params == {"price": "0.10000000", "quantity": "1e-07", "flag": "true"}


def test_arrays_become_what_rest_takes() -> None:
    frame = '{"id":1,"method":"ticker","params":{"symbols": ["BTCUSDT", "币安人生USDT"]}}'
    assert read_request(frame.encode()).params == {"symbols": '["BTCUSDT","币安人生USDT"]'}


def test_null_is_an_empty_parameter_and_absent_params_are_none() -> None:
    frame = b'{"id":1,"method":"depth","params":{"limit":null}}'
    assert read_request(frame).params == {"limit": ""}
    for text in (b'{"id":1,"method":"ping"}', b'{"id":1,"method":"ping","params":null}'):
        assert (read_request(text).params, read_request(text).is_object) == ({}, True)


@pytest.mark.parametrize("id_", ["1", "-7", '"a-B_9"', '"x"', "null", str(2**63 - 1)])
def test_ids_are_echoed_as_they_are(id_: str) -> None:
    frame = f'{{"id":{id_},"method":"v3/ping"}}'.encode()
    request = read_request(frame)
    assert (repr(request.id).replace("'", '"').replace("None", "null"), request.method) == (
        id_,
        "ping",
    )


@pytest.mark.parametrize(
    ("frame", "text"),
    [
        (b"", "Invalid JSON Request"),
        (b"ping", "Invalid JSON Request"),
        (b"[]", "Invalid JSON Request"),
        (b'{"id":1,"method":"ping"', "Invalid JSON Request"),
        (b'{"id":1,"method":"\xff"}', "Invalid JSON Request"),
        (b'{"method":"ping"}', "Invalid 'id' in JSON request"),
        (b'{"id":1.5,"method":"ping"}', "Invalid 'id' in JSON request"),
        (b'{"id":true,"method":"ping"}', "Invalid 'id' in JSON request"),
        (b'{"id":[1],"method":"ping"}', "Invalid 'id' in JSON request"),
        (b'{"id":9223372036854775808,"method":"ping"}', "Invalid 'id' in JSON request"),
        (b'{"id":"%s","method":"ping"}' % (b"a" * 37), "Invalid 'id' in JSON request"),
        (b'{"id":"","method":"ping"}', "Invalid 'id' in JSON request"),
        (b'{"id":1}', "Invalid 'method' in JSON request"),
        (b'{"id":1,"method":7}', "Invalid 'method' in JSON request"),
        (b"[" * 100_000, "Invalid JSON Request"),
    ],
)
def test_what_is_no_request(frame: bytes, text: str) -> None:
    with pytest.raises(MalformedError, match=text) as caught:
        read_request(frame)
    assert caught.value.refusal.code == -1135


@pytest.mark.parametrize("params", [b"[]", b'"x"', b"7", b"[[[["])
def test_params_that_are_no_object(params: bytes) -> None:
    frame = b'{"id":1,"method":"ping","params":%b}' % params
    if params == b"[[[[":
        with pytest.raises(MalformedError):
            read_request(frame)
    else:
        assert not read_request(frame).is_object


def test_whether_limits_are_shown() -> None:
    def wants(value: str, *, by_default: bool = True) -> bool:
        frame = f'{{"id":1,"method":"ping","params":{{"returnRateLimits":{value}}}}}'
        return read_request(frame.encode()).wants_limits(by_default=by_default)

    assert not wants("false")
    assert wants("true", by_default=False)
    with pytest.raises(VenueError, match="-1130"):
        wants('"perhaps"')
