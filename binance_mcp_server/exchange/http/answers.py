"""An HTTP answer and how it is sent: compressed for those who ask, cut short for those who test."""

import gzip
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import formatdate
from functools import lru_cache

import msgspec
from starlette.types import Scope, Send

HeaderList = list[tuple[bytes, bytes]]

COMPRESS_FROM = 256
"""Bytes of body; a smaller one is not worth it."""

JSON = (b"content-type", b"application/json;charset=UTF-8")
HTML = (b"content-type", b"text/html")


@dataclass(slots=True)
class Answer:
    """What goes back to a client."""

    status: int
    body: bytes
    headers: HeaderList
    cut: int | None = None
    """Close the connection after so many bytes of the body, though more were announced."""


def json_answer(status: int, body: object, headers: Iterable[tuple[bytes, bytes]] = ()) -> Answer:
    return Answer(status, msgspec.json.encode(body), [JSON, *headers])


def new_uuid() -> bytes:
    return str(uuid.uuid4()).encode()


def html_answer(status: int, text: str) -> Answer:
    return Answer(status, f"<html><body><h2>{text}</h2></body></html>".encode(), [HTML])


def header(scope: Scope, name: bytes) -> bytes:
    """The first header *name* (lower case), or nothing."""
    return next((value for key, value in scope["headers"] if key == name), b"")


async def send_answer(scope: Scope, send: Send, answer: Answer) -> None:
    """Send it all, or as much as :attr:`Answer.cut` allows."""
    body, headers = answer.body, answer.headers
    if len(body) >= COMPRESS_FROM:
        headers = [*headers, (b"vary", b"Accept-Encoding")]
        if _takes_gzip(scope):
            body = gzip.compress(body, compresslevel=1, mtime=0)
            headers.append((b"content-encoding", b"gzip"))
    headers = [*headers, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    if scope["method"] == "HEAD":
        body = b""
    if answer.cut is None:
        await send({"type": "http.response.body", "body": body})
    else:  # an unfinished answer: the server closes the connection
        await send({"type": "http.response.body", "body": body[: answer.cut], "more_body": True})


def _takes_gzip(scope: Scope) -> bool:
    offers = header(scope, b"accept-encoding").split(b",")
    return any(offer.strip().split(b";")[0] == b"gzip" for offer in offers)


@lru_cache(maxsize=4)
def http_date(seconds: int) -> bytes:
    """The ``Date`` header at *seconds* since the epoch."""
    return formatdate(seconds, usegmt=True).encode()
