"""One form for every kind of failure."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from binance_mcp_server.errors import (
    BannedError,
    BinanceMcpError,
    CursorError,
    FirewallError,
    InputError,
    LimitError,
    NotBuiltError,
    RegionError,
    RejectedError,
    ThrottledError,
    TransportError,
    UnavailableError,
    UnknownSymbolError,
)
from binance_mcp_server.mcp_support.errors import argument_text, error_text, resource_failure
from tests.commands.venue import is_error_of_the_one_form

EVERY_KIND: list[tuple[BinanceMcpError, str]] = [
    (InputError("Wrong.", advice="Do right."), "error: Wrong.\nretry: no\ndo: Do right."),
    (UnknownSymbolError("X"), "retry: no"),
    (CursorError("it is foreign"), "error: Bad cursor: it is foreign.\nretry: no"),
    (NotBuiltError("Not yet."), "error: Not yet.\nretry: no"),
    (LimitError("Full.", retry_after=1.2), "retry: yes, after 2 s"),
    (BannedError("Banned.", retry_after=120), "retry: yes, after 120 s"),
    (TransportError("Cut off."), "error: Cut off.\nretry: yes"),
    (RejectedError("No.", status=400, code=-1102), "venue_code: -1102, HTTP 400\nretry: no"),
    (ThrottledError("Slow.", status=429, retry_after=0.1), "HTTP 429\nretry: yes, after 1 s"),
    (FirewallError("Wall.", status=403), "venue_code: HTTP 403\nretry: no"),
    (RegionError("Away.", status=451, code=0), "venue_code: 0, HTTP 451\nretry: no"),
    (UnavailableError("Sick.", status=503), "venue_code: HTTP 503\nretry: yes"),
]


@pytest.mark.parametrize(("error", "part"), EVERY_KIND, ids=lambda value: type(value).__name__)
def test_every_kind_has_the_one_form(error: BinanceMcpError, part: str) -> None:
    text = error_text(error)
    assert is_error_of_the_one_form(text)
    assert part in text
    assert str(resource_failure(error)) == text


@pytest.mark.parametrize(
    ("type_", "value", "words"),
    [
        (dict[str, int], {"limit": "hunter2"}, "error: limit has to be a whole number"),
        (dict[str, str | int], {"start": []}, "error: start has to be text or a whole number"),
        (dict[str, int], {"\u202eevil": "x"}, "error: arguments has to be a whole number"),
        (dict[str, int], {f"a{n}": "x" for n in range(50)}, "error: and 45 more arguments"),
    ],
)
def test_wrong_arguments_are_told_in_our_words_without_their_values(
    type_: Any, value: object, words: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(type_).validate_python(value)
    text = argument_text(caught.value)
    assert is_error_of_the_one_form(text), text
    assert words in text
    assert "hunter2" not in text
