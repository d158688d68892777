"""Frames of the WebSocket API: requests as bytes, and what a frame of the venue says. Pure.

Shapes: web-socket-api.md "Request format", "Response format", "Event format", "Connection events" of Binance's spot
documents (2026-07-21), read 2026-11-24.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from binance_mcp_server.binance_ws_api.control import SHUTDOWN

Value = str | int | bool
"""What a parameter can be; decimals are text, so that what was signed is what is sent."""
Params = Mapping[str, Value]

OK: Final = 200
ENDED: Final = "eventStreamTerminated"
_ANY: Final = -1
"""The number of an answer that names no request."""

_NUMBERS: Final = frozenset(
    {
        *("orderId", "cancelOrderId", "orderListId", "fromId", "startTime", "endTime", "limit"),
        *("timestamp", "subscriptionId", "trailingDelta", "strategyId", "strategyType"),
        *("aboveStrategyId", "aboveStrategyType", "aboveTrailingDelta", "abovePegOffsetValue"),
        *("belowStrategyId", "belowStrategyType", "belowTrailingDelta", "belowPegOffsetValue"),
        *("workingStrategyId", "workingStrategyType", "workingPegOffsetValue"),
        *("pendingStrategyId", "pendingStrategyType", "pendingTrailingDelta"),
        *("pendingAboveStrategyId", "pendingAboveStrategyType", "pendingAboveTrailingDelta"),
        *("pendingBelowStrategyId", "pendingBelowStrategyType", "pendingBelowTrailingDelta"),
        *("pendingPegOffsetValue", "pendingAbovePegOffsetValue", "pendingBelowPegOffsetValue"),
        *("pegOffsetValue", "fromExecutionId", "fromAllocationId", "fromPreventedMatchId"),
        *("preventedMatchId", "fromOrderId"),
    }
)
"""Parameters that the documents give as INT or LONG; DECIMAL ones are text on this interface."""
_TRUTHS: Final = frozenset({"computeCommissionRates", "omitZeroBalances", "returnRateLimits"})


@dataclass(frozen=True, slots=True)
class Limit:
    """One entry of ``rateLimits``: what the venue has counted of ours."""

    kind: str
    """REQUEST_WEIGHT or ORDERS."""
    seconds: int
    """Length of the window."""
    limit: int
    used: int


@dataclass(frozen=True, slots=True)
class Answer:
    """The venue's answer to one request."""

    number: int | None
    """Of the request; ``None`` where it does not say which."""
    status: int
    """As of HTTP."""
    body: bytes
    """The result, or of a refusal ``{"code", "msg"}``, as JSON."""
    limits: tuple[Limit, ...] = ()
    server_ms: int | None = None
    retry_at_ms: int | None = None
    """When it may be asked again by the venue's clock, where it says so (418, 429)."""


@dataclass(frozen=True, slots=True)
class Told:
    """An event of user data."""

    subscription: int | None
    kind: str
    event: bytes
    """As it came, without its envelope."""


class Farewell:
    """The venue is about to end the connection."""


Said = Answer | Told | Farewell


class _Data(msgspec.Struct):
    server_time: int | None = msgspec.field(name="serverTime", default=None)
    retry_after: int | None = msgspec.field(name="retryAfter", default=None)


class _Error(msgspec.Struct):
    data: _Data | None = None


class _Limit(msgspec.Struct):
    kind: str = msgspec.field(name="rateLimitType")
    interval: str
    times: int = msgspec.field(name="intervalNum")
    limit: int
    count: int


class _Event(msgspec.Struct):
    kind: str = msgspec.field(name="e", default="")


class _Frame(msgspec.Struct):
    id: msgspec.Raw = msgspec.Raw(b"")
    status: int = 0
    result: msgspec.Raw = msgspec.Raw(b"")
    error: msgspec.Raw = msgspec.Raw(b"")
    limits: msgspec.Raw = msgspec.field(name="rateLimits", default=msgspec.Raw(b""))
    event: msgspec.Raw = msgspec.Raw(b"")
    subscription: int | None = msgspec.field(name="subscriptionId", default=None)


_frame = msgspec.json.Decoder(_Frame)
_event = msgspec.json.Decoder(_Event)
_error = msgspec.json.Decoder(_Error)
_limits = msgspec.json.Decoder(tuple[_Limit, ...])
_number = msgspec.json.Decoder(int | None)
_SECONDS: Final = {"SECOND": 1, "MINUTE": 60, "HOUR": 3_600, "DAY": 86_400}


def typed(params: Iterable[tuple[str, str]]) -> dict[str, Value]:
    """Parameters of REST, which are all text, as this interface wants them."""
    return {name: _typed(name, text) for name, text in params}


def _typed(name: str, text: str) -> Value:
    if name in _NUMBERS and text.isascii() and text.removeprefix("-").isdecimal():
        return int(text)
    if name in _TRUTHS and text in {"true", "false"}:
        return text == "true"
    return text


def encode(number: int, method: str, params: Params) -> bytes:
    """A request; *number* comes back as the id of its answer."""
    request: dict[str, object] = {"id": number, "method": method}
    return msgspec.json.encode(request | {"params": params} if params else request)


def parse(payload: bytes) -> Said | None:
    """What a frame says; ``None`` where it is nothing that we know."""
    try:
        frame = _frame.decode(payload)
        if frame.event:
            return _told(frame)
        if frame.status:
            return _answer(frame)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    return None


def _told(frame: _Frame) -> Said:
    event = bytes(frame.event)
    kind = _event.decode(event).kind
    return Farewell() if kind == SHUTDOWN else Told(frame.subscription, kind, event)


def _answer(frame: _Frame) -> Answer:
    error = bytes(frame.error)
    data = _retry(error) if error else None
    return Answer(
        _id(frame.id),
        frame.status,
        error or bytes(frame.result),
        _read_limits(bytes(frame.limits)),
        data.server_time if data else None,
        data.retry_after if data else None,
    )


def _id(raw: msgspec.Raw) -> int | None:
    """Our requests have numbers; whatever else comes back names none of them."""
    try:
        return _number.decode(raw) if raw else None
    except msgspec.ValidationError:
        return _ANY


def _retry(error: bytes) -> _Data | None:
    """Only bans and throttles have these; a refused replacement has other data in the same place."""
    try:
        return _error.decode(error).data
    except msgspec.DecodeError:
        return None


def _read_limits(raw: bytes) -> tuple[Limit, ...]:
    try:
        rows = _limits.decode(raw) if raw else ()
    except msgspec.DecodeError:
        return ()
    return tuple(
        Limit(row.kind, _SECONDS[row.interval] * row.times, row.limit, row.count)
        for row in rows
        if row.interval in _SECONDS
    )
