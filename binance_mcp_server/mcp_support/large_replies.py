"""Large replies over HTTP, for clients of the session era (2025-11-25 and older).

The MCP library answers their POSTs with an event stream, and its client gives up on an event beyond 1 MiB
(``DEFAULT_MAX_SSE_EVENT_SIZE`` of mcp 2.3.0, seen 2026-11-24). A body of ``application/json`` is the other form that
the protocol has for a reply, and has no such bound: an answer that is the first event, and large, is sent as one.
Everything else, progress and what follows it among them, goes through as it comes.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

LARGE: Final = 500_000
"""Bytes of an event that is still sent as one."""
_STATELESS_ERA: Final = b"2026-07-28"
"""From here on the library itself answers with JSON where there is nothing but the answer."""
_EVENTS: Final = b"text/event-stream"


class LargeReplies:
    """ASGI middleware: the large answer to a POST as JSON instead of an event."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if _may_be_an_event(scope):
            send = _Reply(send).send
        await self._app(scope, receive, send)


class _Reply:
    """One reply; its head waits for the first part of the body."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._head: Message | None = None
        self._changed = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_stream(message):
            self._head = message
            return
        if self._head is not None:
            head, self._head = self._head, None
            if (data := _large_event(message)) is not None:
                self._changed = True
                head, message = _as_json(head, data), {**message, "body": data}
            await self._send(head)
        elif self._changed:  # the end of the stream, which is the end of the body too
            message = {**message, "body": b""}
        await self._send(message)


def _may_be_an_event(scope: MutableMapping[str, Any]) -> bool:
    if scope["type"] != "http" or scope["method"] != "POST":
        return False
    era: bytes = dict(scope["headers"]).get(b"mcp-protocol-version", b"")
    return era < _STATELESS_ERA


def _is_stream(head: Message) -> bool:
    return any(
        name.lower() == b"content-type" and value.startswith(_EVENTS)
        for name, value in head["headers"]
    )


def _large_event(message: Message) -> bytes | None:
    """The data of *message* if that is one large event; its lines are named as the event stream format has them."""
    body: bytes = message.get("body", b"")
    if message["type"] != "http.response.body" or len(body) <= LARGE or not body.endswith(b"\n"):
        return None
    data = [line for line in body.splitlines() if line.startswith(b"data: ")]
    return data[0].removeprefix(b"data: ") if len(data) == 1 else None


def _as_json(head: Message, data: bytes) -> Message:
    headers = [
        (name, b"application/json" if name.lower() == b"content-type" else value)
        for name, value in head["headers"]
    ]
    return {**head, "headers": [*headers, (b"content-length", str(len(data)).encode())]}
