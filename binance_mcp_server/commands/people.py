"""A person's agreement to one intent: asked for through the client where it can ask, else in a terminal.

A call ends after 45 seconds, and a person has 120: so a question in a terminal goes on when the call has ended, and
the same call again finds it, or its answer.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

import mcp_types as mt
from fastmcp import Context

from binance_mcp_server.clock import Clock
from binance_mcp_server.errors import ForbiddenError
from binance_mcp_server.mcp_support.confirmation import Answer, Said, ask_person, is_asking
from binance_mcp_server.trading.approvals import Approvals
from binance_mcp_server.trading.previews import PATIENCE_MS, Approval

LONGEST: Final = 40.0
"""Seconds for which a call waits for a terminal."""
_TICK: Final = "Yes, place this order"
_MOST_WAITING: Final = 100


class Waiting(Exception):  # noqa: N818 - no error: the answer is still to come
    """A person in a terminal has not answered yet."""


class People:
    """Questions to the owner's side, and what waits in terminals."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._terminals: dict[bytes, asyncio.Task[Approval]] = {}

    def brings_answer(self, ctx: Context, what: bytes) -> bool:
        """Whether this call comes with an answer, or to fetch one, so that nothing need be asked again."""
        return is_asking(ctx) or what in self._terminals

    async def agree(
        self,
        ctx: Context,
        text: Sequence[str],
        what: bytes,
        terminal: Approvals | None,
        venue: str,
        principal: str,
        canonical: bytes,
    ) -> Approval | mt.InputRequiredResult:
        """A person's word on *what* (token and intent, as bytes); *text* is what they read, line by line.

        Raises :class:`Waiting`, and ``ForbiddenError`` where nobody can be asked.
        """
        if what not in self._terminals:
            said = await ask_person(ctx, "\n".join(text), _TICK, what, self._clock)
            if isinstance(said, mt.InputRequiredResult):
                return said
            if said.answer is not Answer.UNASKED:
                return _approval(said)
        if terminal is None:
            raise ForbiddenError(
                ("A person has to agree to this order, and this client cannot ask one.",),
                advice="Use a client that can show forms (elicitation).",
            )
        return await self._in_terminal(terminal, tuple(text), what, venue, principal, canonical)

    async def _in_terminal(
        self,
        terminal: Approvals,
        text: tuple[str, ...],
        what: bytes,
        venue: str,
        principal: str,
        canonical: bytes,
    ) -> Approval:
        self._forget()
        task = self._terminals.get(what)
        if task is None:
            if len(self._terminals) >= _MOST_WAITING:
                raise ForbiddenError(("Too many orders wait for a person already.",))
            asking = terminal.ask(venue, principal, text, canonical, self._clock)
            task = self._terminals[what] = asyncio.get_running_loop().create_task(asking)
        alarm = asyncio.ensure_future(self._clock.sleep(LONGEST))
        try:
            await asyncio.wait({task, alarm}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            alarm.cancel()
        if not task.done():
            raise Waiting
        self._terminals.pop(what, None)
        return task.result()

    def _forget(self) -> None:
        """Answers that nobody came for in time."""
        now = self._clock.now_ms()
        for what, task in list(self._terminals.items()):
            if task.done() and (task.exception() or now - task.result().asked_ms > PATIENCE_MS):
                del self._terminals[what]

    async def close(self) -> None:
        """Take all questions back. Idempotent."""
        tasks = list(self._terminals.values())
        self._terminals.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _approval(said: Said) -> Approval:
    by = "nobody (no answer in time)" if said.answer is Answer.LATE else "a person at the client"
    return Approval(said.is_yes, said.asked_ms, said.answered_ms, by)
