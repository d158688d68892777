"""The body of a request, as far as it is taken."""

from starlette.types import Receive

MOST_BYTES = 256 * 1024
"""More than any request of the venue's interface needs."""


class TooLargeError(Exception):
    """A body past the limit."""


async def read_body(receive: Receive, most: int = MOST_BYTES) -> bytes:
    """All of it. Raises :class:`TooLargeError` past *most* bytes."""
    message = await receive()
    body: bytes = message.get("body", b"")
    if not message.get("more_body", False) and len(body) <= most:
        return body
    chunks, size, more = [body], len(body), message.get("more_body", False)
    while more and size <= most:
        message = await receive()
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        more = message.get("more_body", False)
    if size > most:
        raise TooLargeError
    return b"".join(chunks)
