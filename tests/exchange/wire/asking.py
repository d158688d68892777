"""A request to an ASGI application without a socket."""

import gzip
from typing import Any, NamedTuple

import msgspec
from starlette.types import ASGIApp, Message, Scope


class Reply(NamedTuple):
    """What came back, as it was sent."""

    status: int
    headers: dict[str, str]
    body: bytes
    complete: bool
    """Whether the application said that it had finished."""

    def json(self) -> Any:
        """The body decoded, unzipped where it is zipped."""
        zipped = self.headers.get("content-encoding") == "gzip"
        return msgspec.json.decode(gzip.decompress(self.body) if zipped else self.body)


async def ask(
    app: ASGIApp,
    target: str,
    *,
    method: str = "GET",
    body: bytes = b"",
    headers: dict[str, str] | None = None,
) -> Reply:
    """*target* is a path with its query string; ``Host`` is loopback unless *headers* say otherwise."""
    path, _, query = target.partition("?")
    sent = {"host": "127.0.0.1:8080"} | (headers or {})
    scope: Scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in sent.items()],
        "client": ("127.0.0.1", 50_000),
        "root_path": "",
    }
    messages: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        messages.append(message)

    await app(scope, receive, send)
    start, *chunks = messages
    return Reply(
        start["status"],
        {name.decode(): value.decode() for name, value in start["headers"]},
        b"".join(chunk["body"] for chunk in chunks),
        not chunks[-1].get("more_body", False),
    )
