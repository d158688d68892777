"""Control messages are answered as the venue answers them, whatever comes in."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from binance_mcp_server.exchange.ws.control import Session


def take(session: Session, message: object) -> Any:
    raw = message if isinstance(message, bytes) else json.dumps(message).encode()
    return json.loads(session.take(raw).reply)


def test_subscribe_list_and_unsubscribe() -> None:
    session = Session(combined=True)
    change = session.take(b'{"method":"SUBSCRIBE","params":["a@trade","no","a@trade"],"id":1}')
    assert change.reply == b'{"result":null,"id":1}'
    assert change.added == ["a@trade", "no"]
    assert take(session, {"method": "LIST_SUBSCRIPTIONS", "id": "x-1"}) == {
        "result": ["a@trade", "no"],
        "id": "x-1",
    }
    again = session.take(b'{"method":"SUBSCRIBE","params":["a@trade"],"id":2}')
    assert again.added == []
    change = session.take(b'{"method":"UNSUBSCRIBE","params":["no","never"],"id":null}')
    assert (change.reply, change.removed) == (b'{"result":null,"id":null}', ["no"])
    assert list(session.names) == ["a@trade"]


def test_the_combined_property() -> None:
    session = Session(combined=False)
    get = {"method": "GET_PROPERTY", "params": ["combined"], "id": 2}
    assert take(session, get) == {"result": False, "id": 2}
    change = session.take(b'{"method":"SET_PROPERTY","params":["combined",true],"id":5}')
    assert (change.reply, change.combined) == (b'{"result":null,"id":5}', True)
    assert take(session, get) == {"result": True, "id": 2}


ID_ERROR = "Invalid request: request ID must be an unsigned integer"
UNKNOWN_METHOD = (
    "Invalid request: unknown variant `SUB`, expected one of `SUBSCRIBE`, `UNSUBSCRIBE`, "
    "`LIST_SUBSCRIPTIONS`, `SET_PROPERTY`, `GET_PROPERTY` at line 1 column"
)
NAME_ERROR = "Invalid request: property name must be a string"


@pytest.mark.parametrize(
    ("message", "code", "msg"),
    [
        ({"method": "GET_PROPERTY", "params": ["other"], "id": 1}, 0, "Unknown property"),
        ({"method": "SET_PROPERTY", "params": ["other", True], "id": 1}, 0, "Unknown property"),
        (
            {"method": "SET_PROPERTY", "params": ["combined", 1], "id": 1},
            1,
            "Invalid value type: expected Boolean",
        ),
        (
            {"method": "SET_PROPERTY", "params": ["combined"], "id": 1},
            1,
            "Invalid value type: expected Boolean",
        ),
        ({"method": "GET_PROPERTY", "params": [1], "id": 1}, 2, NAME_ERROR),
        ({"method": "GET_PROPERTY", "id": 1}, 2, NAME_ERROR),
        (
            {"method": "GET_PROPERTY", "params": ["combined", "x"], "id": 1},
            2,
            "Invalid request: too many parameters",
        ),
        (
            {"method": "LIST_SUBSCRIPTIONS", "params": ["x"], "id": 1},
            2,
            "Invalid request: too many parameters",
        ),
        ({"method": "SUBSCRIBE", "params": ["a"]}, 2, ID_ERROR),
        ({"method": "SUBSCRIBE", "params": ["a"], "id": 1.5}, 2, ID_ERROR),
        ({"method": "SUBSCRIBE", "params": ["a"], "id": True}, 2, ID_ERROR),
        ({"method": "SUBSCRIBE", "params": ["a"], "id": "x" * 37}, 2, ID_ERROR),
        ({"method": "SUBSCRIBE", "params": ["a"], "id": "a b"}, 2, ID_ERROR),
        ({"method": "SUBSCRIBE", "params": ["a"], "id": 2**63}, 2, ID_ERROR),
        ({"params": ["a"], "id": 1}, 2, "Invalid request: missing field `method` at line 1 column"),
        (
            {"method": "SUB", "id": 1},
            2,
            UNKNOWN_METHOD,
        ),
        ({"method": "SUBSCRIBE", "params": [1], "id": 1}, 2, "Invalid request"),
        ({"method": "SUBSCRIBE", "params": "a", "id": 1}, 2, "Invalid request"),
        ([1], 2, "Invalid request"),
        (b"hello", 3, "Invalid JSON: expected value at line 1 column 1"),
        (b"", 3, "Invalid JSON: expected value at line 1 column 1"),
        (b'{"method":\n }', 3, "Invalid JSON: expected value at line 2 column 2"),
        (b"\xff", 3, "Invalid JSON: expected value at line 1 column 1"),
        (b"[" * 100_000, 3, "Invalid JSON"),
    ],
)
def test_errors_have_the_venues_codes_and_words(message: object, code: int, msg: str) -> None:
    session = Session(combined=True)
    reply = take(session, message)
    assert reply["code"] == code
    assert reply["msg"].startswith(msg)
    assert not session.names
    assert session.combined


def test_only_an_unknown_property_says_whose_request_it_was() -> None:
    session = Session(combined=True)
    assert take(session, {"method": "GET_PROPERTY", "params": ["x"], "id": 9})["id"] == 9
    assert "id" not in take(session, {"method": "SUB", "id": 9})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.binary() | json_values.map(lambda value: json.dumps(value).encode()))
def test_nothing_that_comes_in_is_left_without_an_answer(message: bytes) -> None:
    assert set(take(Session(combined=True), message)) <= {"result", "id", "code", "msg"}


@given(
    st.sampled_from(["SUBSCRIBE", "UNSUBSCRIBE", "LIST_SUBSCRIPTIONS", "GET_PROPERTY", "X"]),
    json_values,
    json_values,
)
def test_whatever_stands_in_a_field_is_answered(method: str, params: object, id: object) -> None:
    session = Session(combined=True)
    reply = take(session, {"method": method, "params": params, "id": id})
    assert reply.get("result", reply) is None or reply
