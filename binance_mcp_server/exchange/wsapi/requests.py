"""A text frame → a request. Pure.

web-socket-api.md "Request format" (read 2026-11-24). What is no request at all is answered with ``id`` null and ends
the connection (1008 "disconnected"), as the venue does by public reports of 2026-03; the texts about ``id`` and
``params``, which errors.md does not have, are from such reports too.

A parameter is kept as the text that its JSON token stands for, digit by digit: that text is what was signed, and what
the rules of REST judge. Arrays of strings become the text that REST takes for them.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from binance_mcp_server.exchange.wire import errors
from binance_mcp_server.exchange.wire.errors import VenueError

ID_RANGE = "^[a-zA-Z0-9-_]{1,36}$"
RETURN_LIMITS = "returnRateLimits"
_ID = re.compile(r"[a-zA-Z0-9_-]{1,36}", re.ASCII)
_INT64 = range(-(2**63), 2**63)
_VERSION = "v3/"

Id = int | str | None


class MalformedError(Exception):
    """A frame that is no request; ``refusal`` says why."""

    def __init__(self, refusal: VenueError) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


class Request(NamedTuple):
    """One request, not judged yet."""

    id: Id
    method: str
    """Without ``v3/``."""
    params: Mapping[str, str]
    """All that were sent, by name."""
    is_object: bool
    """Whether ``params`` were an object, or absent."""

    def wants_limits(self, *, by_default: bool) -> bool:
        """Whether the reply shows the rate limits. Raises -1130."""
        text = self.params.get(RETURN_LIMITS)
        if text is None:
            return by_default
        if text not in {"true", "false"}:
            raise errors.invalid(RETURN_LIMITS)
        return text == "true"


class _Whole(msgspec.Struct):
    id: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    method: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    params: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


_whole = msgspec.json.Decoder(_Whole)
_object = msgspec.json.Decoder(dict[str, msgspec.Raw])
_any = msgspec.json.Decoder()


def read_request(message: bytes) -> Request:
    """Raises :class:`MalformedError`."""
    try:
        whole = _whole.decode(message)
        id_ = _id(whole)
        method = _method(whole)
    except (ValueError, RecursionError):  # msgspec's errors are ValueErrors as well
        raise MalformedError(invalid_json()) from None
    if isinstance(whole.params, msgspec.UnsetType) or bytes(whole.params) == b"null":
        return Request(id_, method, {}, is_object=True)
    try:
        tokens = _object.decode(whole.params)
        params = {name: _text(token) for name, token in tokens.items()}
    except (ValueError, RecursionError):
        return Request(id_, method, {}, is_object=False)
    return Request(id_, method, params, is_object=True)


def _id(whole: _Whole) -> Id:
    found = None if isinstance(whole.id, msgspec.UnsetType) else _any.decode(whole.id)
    if isinstance(whole.id, msgspec.UnsetType) or not _is_id(found):
        raise MalformedError(invalid_id())
    return found


def _is_id(found: object) -> bool:
    """A 64-bit integer, a name of at most 36 letters, digits, ``-`` and ``_``, or null."""
    if isinstance(found, str):
        return _ID.fullmatch(found) is not None
    if isinstance(found, bool):
        return False
    return found is None or (isinstance(found, int) and found in _INT64)


def _method(whole: _Whole) -> str:
    found = None if isinstance(whole.method, msgspec.UnsetType) else _any.decode(whole.method)
    if not isinstance(found, str):
        raise MalformedError(invalid_method())
    return found.removeprefix(_VERSION)


def _text(token: msgspec.Raw) -> str:
    raw = bytes(token)
    match raw[:1]:
        case b'"':
            text: str = _any.decode(raw)
            return text
        case b"[" | b"{":
            return msgspec.json.encode(_any.decode(raw)).decode()
        case b"n":
            return ""  # null is an empty parameter
        case _:
            return raw.decode()


def invalid_json() -> VenueError:
    return VenueError(-1135, "Invalid JSON Request")


def invalid_id() -> VenueError:
    return VenueError(
        -1135,
        f"Invalid 'id' in JSON request; expected an integer, a string matching '{ID_RANGE}', or null.",
    )


def invalid_method() -> VenueError:
    return VenueError(-1135, "Invalid 'method' in JSON request; expected a string.")


def invalid_params() -> VenueError:
    return VenueError(-1135, "Invalid 'params' in JSON request; expected an object.")
