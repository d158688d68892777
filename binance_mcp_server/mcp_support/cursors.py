"""Cursors that belong to one call: a place to go on from, and a fingerprint of the question.

A cursor is readable, stateless and survives a restart; it carries no authority, so it is not signed. What comes back
in one is checked like any other argument.
"""

import base64
import binascii
from collections.abc import Mapping
from hashlib import blake2b

import msgspec

from binance_mcp_server.errors import CursorError

Place = dict[str, int | str]


class _Payload(msgspec.Struct, array_like=True, frozen=True):
    fingerprint: str
    place: Place


def issue(tool: str, question: Mapping[str, object], place: Place) -> str:
    """A cursor for *tool* asked *question* (the arguments that define the data), to go on at *place*."""
    payload = _Payload(_fingerprint(tool, question), place)
    return base64.urlsafe_b64encode(msgspec.json.encode(payload)).decode().rstrip("=")


def redeem(cursor: str, tool: str, question: Mapping[str, object]) -> Place:
    """The place that :func:`issue` stored.

    Raises ``CursorError`` for anything that was not issued for this tool and question.
    """
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        payload = msgspec.json.decode(raw, type=_Payload)
    except (binascii.Error, ValueError, msgspec.DecodeError):
        raise CursorError("it was not issued by this server") from None
    if not payload.place:
        raise CursorError("it was not issued by this server")
    if payload.fingerprint != _fingerprint(tool, question):
        raise CursorError("it belongs to another call")
    return payload.place


def number(place: Place, name: str) -> int:
    """An integer of *place*, not negative.

    Raises ``CursorError`` when it is missing or something else.
    """
    value = place.get(name)
    if not isinstance(value, int) or value < 0:
        raise CursorError("it was not issued by this server")
    return value


def _fingerprint(tool: str, question: Mapping[str, object]) -> str:
    # repr, since arguments are what somebody sent: numbers of any size, text that no encoding takes
    text = repr([tool, sorted((name, repr(value)) for name, value in question.items())])
    return blake2b(text.encode(errors="backslashreplace"), digest_size=6).hexdigest()
