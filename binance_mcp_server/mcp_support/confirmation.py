"""A person's yes or no, asked through the MCP client, in both protocol eras.

Sessions (2025-11-25 and older) send ``elicitation/create`` while the call waits. From 2026-07-28 on the call ends with
an ``InputRequiredResult``, and the client calls again with the person's answer: the tool then runs from its top. What
was asked, and when, travels in the request state, which the SDK seals for this process, this caller and these arguments
(mcp 2.3.0, ``mcp.server.request_state``); an answer without it was never asked for and counts for nothing.

Nothing here takes silence for a yes: a client that cannot ask, an error of the client, no answer in time, a form that
came back without its tick.
"""

import asyncio
import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import mcp_types as mt
import msgspec
from fastmcp import Context
from fastmcp.server.dependencies import get_access_token
from mcp.shared.exceptions import MCPError
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from binance_mcp_server.clock import Clock

PATIENCE: Final = 120.0
"""Seconds that a person has."""
_FIELD: Final = "confirm"


class Answer(StrEnum):
    """What became of a question."""

    YES = "yes"
    NO = "no"
    LATE = "no answer in time"
    UNASKED = "the client cannot ask a person"


@dataclass(frozen=True, slots=True)
class Said:
    """An answer, and the times of the question and of the answer, ms since the epoch by our clock."""

    answer: Answer
    asked_ms: int
    answered_ms: int

    @property
    def is_yes(self) -> bool:
        return self.answer is Answer.YES


class _Pending(msgspec.Struct, array_like=True, frozen=True):
    """A question on its way through a client of the newer era."""

    what: str
    asked_ms: int


async def ask_person(
    ctx: Context, question: str, tick: str, what: bytes, clock: Clock, patience: float = PATIENCE
) -> Said | mt.InputRequiredResult:
    """Ask whoever sits at the client of *ctx* whether *what* (the bytes that the answer is bound to) may be done.

    *question* is the text of the form, *tick* that of its one box. A tool must return an ``InputRequiredResult`` as it
    is, and must have done nothing yet: it runs again.
    """
    request = ctx.request_context
    if request is not None and request.protocol_version in MODERN_PROTOCOL_VERSIONS:
        if (said := _answered(ctx, what, clock, patience)) is not None:
            return said
        if not can_ask(ctx):
            return _unasked(clock)
        return _question(question, tick, _Pending(_digest(what), clock.now_ms()))
    return await _in_session(ctx, question, tick, clock, patience)


def is_asking(ctx: Context) -> bool:
    """Whether this call brings the answer to a question that an earlier run of it asked."""
    return ctx.request_state is not None and bool(ctx.input_responses)


def can_ask(ctx: Context) -> bool:
    """Whether the client of *ctx* says that it can show a form to a person."""
    capabilities = ctx.session.client_capabilities
    elicitation = capabilities.elicitation if capabilities else None
    return elicitation is not None and (elicitation.form is not None or elicitation.url is None)


def principal(ctx: Context, process: str) -> str:
    """Who is calling: the subject of the token over HTTP, else *process*; and the session, where the era has one."""
    token = get_access_token()
    who = f"process {process}"
    if token is not None:
        who = f"http {token.client_id} {getattr(token, 'subject', None) or ''}".rstrip()
    request = ctx.request_context
    if request is None or request.protocol_version in MODERN_PROTOCOL_VERSIONS:
        return who
    return f"{who}, session {ctx.session_id}"


def _question(question: str, tick: str, pending: _Pending) -> mt.InputRequiredResult:
    form = mt.ElicitRequestFormParams(message=question, requested_schema=_schema(tick))
    return mt.InputRequiredResult(
        input_requests={_FIELD: mt.ElicitRequest(params=form)},
        request_state=msgspec.json.encode(pending).decode(),
    )


def _answered(ctx: Context, what: bytes, clock: Clock, patience: float) -> Said | None:
    """The answer that this call brings; ``None`` where it brings none to this question."""
    responses, state = ctx.input_responses, ctx.request_state
    if state is None or responses is None:
        return None
    try:
        pending = msgspec.json.decode(state, type=_Pending)
    except msgspec.DecodeError:
        return None
    response = responses.get(_FIELD)
    if pending.what != _digest(what) or not isinstance(response, mt.ElicitResult):
        return None
    now = clock.now_ms()
    answer = _read(response)
    if not 0 <= now - pending.asked_ms <= patience * 1000:
        answer = Answer.LATE if answer is Answer.YES else answer
    return Said(answer, pending.asked_ms, now)


async def _in_session(
    ctx: Context, question: str, tick: str, clock: Clock, patience: float
) -> Said:
    if not can_ask(ctx):
        return _unasked(clock)
    asked_ms = clock.now_ms()
    answer = Answer.LATE
    waiting = asyncio.timeout(patience)
    try:
        async with waiting:
            result = await ctx.session.elicit(
                message=question,
                requested_schema=_schema(tick),
                related_request_id=ctx.request_id,
            )
        answer = _read(result)
    except MCPError:  # it said that it could, and then could not
        answer = Answer.UNASKED
    except TimeoutError:
        if not waiting.expired():
            raise
    return Said(answer, asked_ms, clock.now_ms())


def _read(result: mt.ElicitResult) -> Answer:
    ticked = result.action == "accept" and (result.content or {}).get(_FIELD) is True
    return Answer.YES if ticked else Answer.NO


def _unasked(clock: Clock) -> Said:
    now = clock.now_ms()
    return Said(Answer.UNASKED, now, now)


def _schema(tick: str) -> dict[str, Any]:
    """A form of one box; an empty one is shown as nothing at all by some clients."""
    box = {"type": "boolean", "title": tick, "default": False}
    return {"type": "object", "properties": {_FIELD: box}, "required": [_FIELD]}


def _digest(what: bytes) -> str:
    return hashlib.sha256(what).hexdigest()
