"""What frames of the WebSocket API say, by the examples of web-socket-api.md and user-data-stream.md (2026-07-21), read
2026-11-24; and that no frame of anybody can make it fail."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from binance_mcp_server.binance_ws_api.api_messages import (
    Answer,
    Farewell,
    Limit,
    Told,
    encode,
    parse,
    typed,
)
from binance_mcp_server.binance_ws_api.api_refusals import ban_in, refusal_of, used, without
from binance_mcp_server.errors import RejectedError, ThrottledError

BANNED: dict[str, Any] = {
    "id": 7,
    "status": 418,
    "error": {
        "code": -1003,
        "msg": "Way too much request weight used; IP banned until 1659146400000.",
        "data": {"serverTime": 1659142907531, "retryAfter": 1659146400000},
    },
    "rateLimits": [
        {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 6000,
         "count": 2411}
    ],
}  # fmt: skip


def said(frame: object) -> Any:
    return parse(json.dumps(frame).encode())


def test_a_result_and_the_venues_counts() -> None:
    frame = {
        "id": 3,
        "status": 200,
        "result": {"orderId": 1},
        "rateLimits": [
            {"rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": 50, "count": 12},
            {"rateLimitType": "ORDERS", "interval": "DAY", "intervalNum": 1, "limit": 160000, "count": 4043},
            {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 6000, "count": 321},
            {"rateLimitType": "ORDERS", "interval": "FORTNIGHT", "intervalNum": 1, "limit": 1, "count": 1},
        ],
    }  # fmt: skip
    answer = said(frame)
    assert isinstance(answer, Answer)
    assert (answer.number, answer.status, json.loads(answer.body)) == (3, 200, {"orderId": 1})
    assert answer.limits == (
        Limit("ORDERS", 10, 50, 12),
        Limit("ORDERS", 86_400, 160_000, 4043),
        Limit("REQUEST_WEIGHT", 60, 6000, 321),
    )
    assert used(answer) == 321


def test_a_refusal_is_the_error_that_rest_would_give() -> None:
    error = {"code": -2010, "msg": "Account has insufficient balance for requested action."}
    answer = said({"id": 1, "status": 400, "error": error})
    refused, pause = refusal_of(answer, "there")
    assert isinstance(refused, RejectedError)
    assert (refused.status, refused.code, pause) == (400, -2010, None)
    assert "insufficient balance" in refused.message


def test_a_ban_and_a_throttle_say_until_when_by_the_venues_clock() -> None:
    answer = said(BANNED)
    assert ban_in(answer, 0) == 3493  # 1659146400000 - 1659142907531 ms, to the second above
    throttled = BANNED | {"status": 429, "error": BANNED["error"] | {"msg": "Too many requests."}}
    error, pause = refusal_of(said(throttled), "there")
    assert isinstance(error, ThrottledError)
    assert pause == 3493


def test_too_many_orders_stop_orders_alone() -> None:
    error = {"code": -1015, "msg": "Too many new orders; current limit is 50 orders per 10 SECOND."}
    refused, pause = refusal_of(said({"id": 1, "status": 429, "error": error}), "there")
    assert isinstance(refused, ThrottledError)
    assert pause is None


def test_what_became_of_both_halves_stays_as_it_was_sent() -> None:
    data = {
        "cancelResult": "FAILURE",
        "newOrderResult": "SUCCESS",
        "cancelResponse": {"code": -2011},
    }
    error = {"code": -2021, "msg": "Order cancel-replace partially failed.", "data": data}
    refused, _ = refusal_of(said({"id": 1, "status": 409, "error": error}), "there")
    assert isinstance(refused, RejectedError)
    assert json.loads(refused.data) == data


def test_events_keep_their_bytes() -> None:
    event = b'{"e":"outboundAccountPosition","E":1,"u":1,"B":[{"a":"BTC","f":"1.0","l":"0.0"}]}'
    told = parse(b'{"subscriptionId":5,"event":%b}' % event)
    assert told == Told(5, "outboundAccountPosition", event)
    assert isinstance(said({"event": {"e": "serverShutdown", "E": 1}}), Farewell)


def test_an_answer_that_names_no_request_of_ours() -> None:
    revoked = {"id": None, "status": 401, "error": {"code": -2015, "msg": "Invalid API-key."}}
    answer = said(revoked)
    assert isinstance(answer, Answer)
    assert answer.number is None
    other = said({"id": "somebody", "status": 200, "result": {}})
    assert other.number == -1


def test_parameters_of_rest_become_what_the_interface_documents() -> None:
    params = [("symbol", "BTCUSDT"), ("orderId", "12510053279"), ("quantity", "0.01000000"),
              ("newClientOrderId", "123"), ("omitZeroBalances", "true"), ("price", "1")]  # fmt: skip
    found = typed(params)
    assert found["orderId"] == 12510053279
    assert found["omitZeroBalances"] is True
    assert found["quantity"] == "0.01000000"
    assert (found["newClientOrderId"], found["price"]) == ("123", "1")
    sent = json.loads(encode(4, "order.cancel", found))
    assert sent == {"id": 4, "method": "order.cancel", "params": found}
    assert json.loads(encode(5, "ping", {})) == {"id": 5, "method": "ping"}


def test_a_quoted_request_loses_its_key_and_signature() -> None:
    body = b'{"code":-1,"msg":"bad: {\\"apiKey\\":\\"SIMcanary\\",\\"signature\\": \\"abc/+=\\"} signature=def&x"}'
    shown = without(Answer(1, 400, body), "SIMcanary").body
    assert b"canary" not in shown
    assert b"def" not in shown


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False),
    lambda inner: st.lists(inner) | st.dictionaries(
        st.sampled_from(["id", "status", "result", "error", "event", "e", "rateLimits", "data",
                         "subscriptionId", "code", "msg", "serverTime", "retryAfter", "x"]), inner),
    max_leaves=20,
)  # fmt: skip


@given(json_values)
def test_whatever_json_comes_is_read_or_left_alone(value: Any) -> None:
    parse(msgspec.json.encode(value))


@given(st.binary(max_size=200))
def test_whatever_bytes_come_are_read_or_left_alone(payload: bytes) -> None:
    parse(payload)
    parse(b'{"event":' + payload + b"}")
    parse(b'{"id":1,"status":200,"result":' + payload + b"}")


@pytest.mark.parametrize(
    "frame", [b"", b"[]", b"{}", b'"x"', b'{"event":null}', b"{" * 5000, b'{"status":"200"}']
)
def test_what_is_no_frame_of_the_venue_says_nothing(frame: bytes) -> None:
    assert parse(frame) is None or isinstance(parse(frame), Told)
