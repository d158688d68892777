"""Control messages: SUBSCRIBE and its kin, with the venue's replies and errors. Pure.

web-socket-streams.md "Live Subscribing/Unsubscribing to streams" and its table of error messages (read 2026-11-22). An
error stands at the top level, with the request's id where the table has one. Names of streams are not judged: what
does not exist is acknowledged, listed and silent. The venue's parser also says line and column; here a column is the
length of the message where the table's own is.
"""

import json
import re
from dataclasses import dataclass, field

import msgspec

_METHODS = ("SUBSCRIBE", "UNSUBSCRIBE", "LIST_SUBSCRIPTIONS", "SET_PROPERTY", "GET_PROPERTY")
_EXPECTED = ", ".join(f"`{method}`" for method in _METHODS)
_ID = re.compile(r"[A-Za-z0-9_-]{1,36}", re.ASCII)
_INT64 = range(-(2**63), 2**63)
_COMBINED = "combined"

_encode = msgspec.json.encode


class _RefusedError(Exception):
    """An error that goes back to the client."""

    def __init__(self, code: int, msg: str, **more: object) -> None:
        super().__init__(msg)
        self.body = {"code": code, "msg": msg, **more}


@dataclass(slots=True)
class Change:
    """What a message asks for, beside its reply."""

    reply: bytes
    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    combined: bool | None = None
    """The new form, when it was set."""
    method: str = ""
    """What was asked, when it was understood."""


@dataclass(slots=True)
class Session:
    """What one connection has asked for so far."""

    combined: bool
    names: dict[str, None] = field(default_factory=dict)
    """Subscribed streams, oldest first."""

    def take(self, message: bytes) -> Change:
        """Read one message and change accordingly. Never raises: what is wrong is said in the reply."""
        try:
            return self._act(*_read(message))
        except _RefusedError as refusal:
            return Change(_encode(refusal.body))

    def _act(self, method: str, params: list[object], id: object) -> Change:
        match method:
            case "SUBSCRIBE":
                change = Change(_done(None, id), added=self._unknown(_names(params)))
                self.names.update(dict.fromkeys(change.added))
            case "UNSUBSCRIBE":
                change = Change(_done(None, id), removed=self._known(_names(params)))
                for name in change.removed:
                    del self.names[name]
            case "LIST_SUBSCRIPTIONS":
                if params:
                    raise _RefusedError(2, "Invalid request: too many parameters")
                change = Change(_done(list(self.names), id))
            case "SET_PROPERTY":
                self.combined = _boolean(_property(params, 2, id))
                change = Change(_done(None, id), combined=self.combined)
            case _:
                _property(params, 1, id)
                change = Change(_done(self.combined, id))
        change.method = method
        return change

    def _unknown(self, names: list[str]) -> list[str]:
        return [name for name in dict.fromkeys(names) if name not in self.names]

    def _known(self, names: list[str]) -> list[str]:
        return [name for name in dict.fromkeys(names) if name in self.names]


def _done(result: object, id: object) -> bytes:
    return _encode({"result": result, "id": id})


def _read(message: bytes) -> tuple[str, list[object], object]:
    """Method, parameters and id."""
    try:
        request = msgspec.json.decode(message)
    except (ValueError, RecursionError):  # msgspec's errors are ValueErrors as well
        raise _RefusedError(3, f"Invalid JSON: expected value at {_place(message)}") from None
    at = f"at line 1 column {len(message)}"
    if not isinstance(request, dict):
        raise _RefusedError(2, f"Invalid request: invalid type, expected struct Request {at}")
    if "method" not in request:
        raise _RefusedError(2, f"Invalid request: missing field `method` {at}")
    method, params = request["method"], request.get("params")
    if method not in _METHODS:
        shown = f"`{method}`" if isinstance(method, str) else "of another type"
        raise _RefusedError(
            2, f"Invalid request: unknown variant {shown[:60]}, expected one of {_EXPECTED} {at}"
        )
    if "id" not in request or not _is_id(request["id"]):
        raise _RefusedError(2, "Invalid request: request ID must be an unsigned integer")
    if params is not None and not isinstance(params, list):
        raise _RefusedError(2, f"Invalid request: invalid type, expected a sequence {at}")
    return str(method), params or [], request["id"]


def _place(message: bytes) -> str:
    """Where JSON ends to be JSON, as ``line 1 column 1``."""
    try:
        json.loads(message)
    except json.JSONDecodeError as error:
        return f"line {error.lineno} column {error.colno}"
    except (ValueError, RecursionError):
        return "line 1 column 1"
    return f"line 1 column {len(message)}"


def _is_id(id: object) -> bool:
    """A 64-bit integer, a name of at most 36 letters, digits, ``-`` and ``_`` (a UUID is one), or null."""
    if isinstance(id, bool):
        return False
    if isinstance(id, str):
        return _ID.fullmatch(id) is not None
    return id is None or (isinstance(id, int) and id in _INT64)


def _names(params: list[object]) -> list[str]:
    names = [name for name in params if isinstance(name, str)]
    if len(names) < len(params):
        raise _RefusedError(2, "Invalid request: invalid type, expected a string")
    return names


def _property(params: list[object], count: int, id: object) -> object:
    """The last of *count* parameters, the first of which names the property."""
    if not params or not isinstance(params[0], str):
        raise _RefusedError(2, "Invalid request: property name must be a string")
    if len(params) > count:
        raise _RefusedError(2, "Invalid request: too many parameters")
    if params[0] != _COMBINED:
        raise _RefusedError(0, "Unknown property", id=id)
    return params[-1] if len(params) == count else None


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise _RefusedError(1, "Invalid value type: expected Boolean")
    return value
