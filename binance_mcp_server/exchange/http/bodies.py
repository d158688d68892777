"""The body of a request, as far as it is taken."""

from starlette.types import Receive

MOST_BYTES = 256 * 1024
"""More than any request of the venue's interface needs."""


class TooLargeError(Exception):
    """A body past the limit."""


class ClientGoneError(Exception):
    """The client went before its request was whole: nothing of it may be done."""


async def read_body(receive: Receive, most: int = MOST_BYTES) -> bytes:
    """All of it. Raises :class:`TooLargeError` past *most* bytes, :class:`ClientGoneError` when some never come."""
    body, more = await _part(receive)
    if not more and len(body) <= most:
        return body
    chunks, size = [body], len(body)
    while more and size <= most:
        body, more = await _part(receive)
        chunks.append(body)
        size += len(body)
    if size > most:
        raise TooLargeError
    return b"".join(chunks)


async def _part(receive: Receive) -> tuple[bytes, bool]:
    """The next part, and whether more follow."""
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientGoneError
    return message.get("body", b""), message.get("more_body", False)
