"""A large answer over HTTP reaches clients that take no large events; everything else is left as it is."""

from collections.abc import MutableMapping
from typing import Any

import pytest

from binance_mcp_server.mcp_support.large_replies import LARGE, LargeReplies, Message, Receive, Send

pytestmark = pytest.mark.anyio

STREAM = (b"Content-Type", b"text/event-stream")
LONG = b'{"text":"' + b"x" * LARGE + b'"}'


def event(data: bytes) -> bytes:
    return b"event: message\r\ndata: " + data + b"\r\n\r\n"


async def sent(
    *bodies: bytes,
    method: str = "POST",
    version: bytes = b"2025-11-25",
    content_type: tuple[bytes, bytes] = STREAM,
) -> list[Message]:
    """What a client gets of an answer in these parts."""
    found: list[Message] = []

    async def app(_scope: MutableMapping[str, Any], _receive: Receive, send: Send) -> None:
        head = {"type": "http.response.start", "status": 200, "headers": [content_type]}
        await send(head)
        for body in (*bodies, b""):
            await send({"type": "http.response.body", "body": body, "more_body": bool(body)})

    async def receive() -> Message:
        raise AssertionError("nobody asks")

    async def send(message: Message) -> None:
        found.append(message)

    headers = [(b"mcp-protocol-version", version)]
    await LargeReplies(app)({"type": "http", "method": method, "headers": headers}, receive, send)
    return found


async def test_a_large_answer_is_json_with_its_length() -> None:
    head, body, end = await sent(event(LONG))
    assert dict(head["headers"]) == {
        b"Content-Type": b"application/json",
        b"content-length": str(len(LONG)).encode(),
    }
    assert body["body"] == LONG
    assert end == {"type": "http.response.body", "body": b"", "more_body": False}


@pytest.mark.parametrize(
    "bodies",
    [
        (event(b"{}"),),
        (event(b"{}"), event(LONG)),  # progress came first: the stream has begun
        (b": ping\r\n\r\n", event(LONG)),
        (event(LONG) + event(LONG),),
        (event(LONG)[:-10], event(LONG)[-10:]),
        (),
    ],
)
async def test_other_streams_go_through_as_they_come(bodies: tuple[bytes, ...]) -> None:
    head, *parts = await sent(*bodies)
    assert head["headers"] == [STREAM]
    assert tuple(part["body"] for part in parts) == (*bodies, b"")


@pytest.mark.parametrize(
    "request_",
    [
        {"method": "GET"},
        {"version": b"2026-07-28"},
        {"content_type": (b"content-type", b"text/plain")},
    ],
)
async def test_what_is_no_answer_of_the_session_era_is_not_touched(request_: Any) -> None:
    head, body, _ = await sent(event(LONG), **request_)
    assert b"content-length" not in dict(head["headers"])
    assert body["body"] == event(LONG)
