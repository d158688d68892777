"""Bytes of an answer → records. Pure."""

from collections.abc import Hashable
from functools import cache
from typing import Any, TypeVar, cast

import msgspec

from binance_mcp_server.binance_api.endpoints import Request
from binance_mcp_server.models.errors import ErrorBody

T = TypeVar("T")


@cache
def _decoder(shape: Hashable) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(cast("type[Any]", shape))


def decode(request: Request[T], body: bytes) -> T:
    """The answer to *request*.

    Raises ``msgspec.DecodeError`` for anything that is not JSON of the expected shape; unknown fields are ignored.
    """
    try:
        answer: T = _decoder(cast("Hashable", request.reply)).decode(body)
    except (UnicodeDecodeError, RecursionError):  # text that is no UTF-8; brackets in brackets
        raise msgspec.DecodeError("not JSON that anybody means") from None
    return answer


def decode_error(body: bytes) -> ErrorBody | None:
    """The venue's code and words, or ``None`` where the body is something else (HTML, empty, cut)."""
    try:
        return msgspec.json.decode(body, type=ErrorBody)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
