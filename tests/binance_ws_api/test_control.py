"""Answers of the venue in every form that was seen or documented, and anything else without harm."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from binance_mcp_server.binance_ws_api import control
from binance_mcp_server.binance_ws_api.control import Reply
from tests.binance_ws_api.model_venue import ModelVenue

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
ANSWERS = st.fixed_dictionaries(
    {},
    optional={
        "id": JSON | st.integers(1, 6),
        "result": JSON,
        "code": JSON,
        "msg": JSON,
        "error": JSON,
        "e": JSON,
        "data": JSON,
    },
)


@pytest.mark.parametrize(
    ("said", "reply"),
    [
        ({"result": None, "id": 1}, Reply(1)),
        ({"result": ["a@trade"], "id": 3}, Reply(3, ["a@trade"])),
        (
            {"code": 2, "msg": "Invalid request", "id": 4},
            Reply(4, code=2, message="Invalid request"),
        ),
        ({"code": 3, "msg": "Invalid JSON"}, Reply(None, code=3, message="Invalid JSON")),
        ({"error": {"code": 0, "msg": "no"}, "id": 5}, Reply(5, code=0, message="no")),
        ({"error": "odd", "id": 5}, Reply(5, code=-1)),
        ({"result": None, "id": "x"}, Reply(None)),
        ({"id": 1}, None),
        ({"stream": "a@trade", "data": {}}, None),
        ([], None),
    ],
)
def test_an_answer_is_read(said: object, reply: Reply | None) -> None:
    assert control.reply_of(said) == reply


def test_requests_are_what_the_documents_show() -> None:
    assert json.loads(control.encode("SUBSCRIBE", ("btcusdt@aggTrade", "btcusdt@depth"), 1)) == {
        "method": "SUBSCRIBE",
        "params": ["btcusdt@aggTrade", "btcusdt@depth"],
        "id": 1,
    }
    assert json.loads(control.encode("LIST_SUBSCRIPTIONS", (), 3)) == {
        "method": "LIST_SUBSCRIPTIONS",
        "id": 3,
    }
    assert "币安人生usdt@trade".encode() in control.encode("SUBSCRIBE", ("币安人生usdt@trade",), 2)


@pytest.mark.parametrize("combined", [True, False])
def test_a_farewell_is_known_in_both_forms(combined: bool) -> None:
    bare = {"e": "serverShutdown", "E": 1770123456789}
    assert control.is_shutdown({"stream": "!serverShutdown", "data": bare} if combined else bare)
    assert not control.is_shutdown({"e": "trade"})


@given(st.lists(st.one_of(st.binary(), ANSWERS.map(json.dumps).map(str.encode)), max_size=8))
def test_nothing_that_a_venue_says_breaks_the_core(frames: list[bytes]) -> None:
    venue = ModelVenue()
    venue.want("a@trade")
    for frame in frames:
        for number in venue.open:
            venue.report(venue.core.received, number, frame)
        venue.advance(0.3)
    venue.unwant("a@trade")
    venue.want("b@trade")
    venue.advance(60.0)
    assert "b@trade" in venue.homes()
    assert venue.breaches() == []
