"""Control messages: requests as bytes, and what the venue says about them. Pure.

Shapes: web-socket-streams.md "Live Subscribing/Unsubscribing to streams" and "Error Messages" of Binance's spot
documents (2026-07-21), read 2026-11-22. Errors stand at the top level, perhaps without an id; some come within
``error``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import msgspec

Method = Literal["SUBSCRIBE", "UNSUBSCRIBE", "LIST_SUBSCRIPTIONS"]
SHUTDOWN: Final = "serverShutdown"
_UNKNOWN_CODE: Final = -1


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer to one request."""

    id: int | None
    """``None``: the venue did not say which request it means."""
    result: Any = None
    code: int | None = None
    """The venue's error code; ``None`` for a success."""
    message: str = ""


def encode(method: Method, names: Sequence[str], number: int) -> bytes:
    """A request; *number* comes back as the id of its answer."""
    if method == "LIST_SUBSCRIPTIONS":
        return msgspec.json.encode({"method": method, "id": number})
    return msgspec.json.encode({"method": method, "params": names, "id": number})


def is_shutdown(said: object) -> bool:
    """Whether a decoded frame is the venue's farewell, raw or combined."""
    inner = said.get("data", said) if isinstance(said, dict) else None
    return isinstance(inner, dict) and inner.get("e") == SHUTDOWN


def parse(payload: bytes) -> Any:
    """The JSON value in *payload*; ``None`` when it is not JSON."""
    try:
        return msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def reply_of(said: object) -> Reply | None:
    """A decoded frame as an answer; ``None`` when it is something else."""
    if not isinstance(said, dict):
        return None
    number = said.get("id")
    number = number if isinstance(number, int) and not isinstance(number, bool) else None
    inner = said.get("error")
    error = inner if isinstance(inner, dict) else said
    if inner is not None or "code" in error:
        return Reply(number, code=_code(error.get("code")), message=str(error.get("msg", "")))
    return Reply(number, said["result"]) if "result" in said else None


def listed(result: object) -> frozenset[str] | None:
    """The answer to LIST_SUBSCRIPTIONS; ``None`` when it is no list of names."""
    if isinstance(result, list) and all(isinstance(name, str) for name in result):
        return frozenset(result)
    return None


def _code(value: object) -> int:
    return value if isinstance(value, int) else _UNKNOWN_CODE
