"""The desk: previews, places, changes and cancels, under the owner's limits, and never twice.

**Preview**: the guard looks at the intent, and a token is issued for exactly it. **Execution**: the token, the
guard on the market of that moment, and the line in the journal are one step under the journal's lock, which spends
the token; then the request leaves, once (:mod:`.settling`). What needs no token (cancellations, and what a tool
does in one call) takes the same way without it.

The desk holds previews in memory for as long as a token and a person's answer may take; everything else is the
journal's.
"""

import asyncio
import base64
import secrets
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any, Final, NoReturn, TypeVar

from binance_mcp_server.clock import Clock
from binance_mcp_server.errors import ForbiddenError, PersonNeededError, TokenError
from binance_mcp_server.models.account import ExecutionReport
from binance_mcp_server.models.orders import Order
from binance_mcp_server.trading.counting import Counting
from binance_mcp_server.trading.exposure import MarketFacts
from binance_mcp_server.trading.guard import GuardState, Verdict, decide
from binance_mcp_server.trading.intents import Intent
from binance_mcp_server.trading.journal import Fate, Intended, Killed, Line
from binance_mcp_server.trading.journal_file import Journal, ask
from binance_mcp_server.trading.kill_switch import Engaged, KillSwitch
from binance_mcp_server.trading.lines import approved, intended
from binance_mcp_server.trading.outcome import Outcome
from binance_mcp_server.trading.policy import Policy
from binance_mcp_server.trading.previews import (
    PATIENCE_MS,
    Approval,
    Leave,
    Previews,
    is_fresh,
)
from binance_mcp_server.trading.reconcile import Reconciler, Reconciliation
from binance_mcp_server.trading.requests import request_of
from binance_mcp_server.trading.scope import STEM, Scope
from binance_mcp_server.trading.settling import OrderLine, Pending, Settler
from binance_mcp_server.trading.tokens import LIFETIME_MS, TokenId, Tokens
from binance_mcp_server.trading.totals import SETTLED, Standing

T = TypeVar("T")

PATIENCE: Final = 40.0
"""Seconds for which a call waits to know; many hosts end one at 60."""
START_PATIENCE: Final = 10.0
"""The same at start; what is not known then is being found out while tools work."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What the guard says of an intent, and the token that carries it out."""

    intent: Intent
    verdict: Verdict
    facts: MarketFacts | None
    token: str
    """Empty where the verdict is no."""
    expires_ms: int


@dataclass(frozen=True, slots=True)
class Usage:
    """The guard's state of now."""

    state: GuardState
    engaged: Engaged | None
    unsettled: tuple[Intended, ...]
    """Intents whose fate is being found out."""


class _SpentError(Exception):
    """The token was spent already."""

    def __init__(self, entry: Intended, fate: Fate | None) -> None:
        super().__init__(entry.id)
        self.entry = entry
        self.fate = fate


Facts = Callable[[Intent], Awaitable[MarketFacts]]
"""The market that an intent meets now."""


class Desk:
    """Of one account of one venue, on one event loop."""

    def __init__(
        self,
        line: OrderLine,
        journal: Journal,
        clock: Clock,
        *,
        scope: Scope,
        policy: Policy,
        facts: Facts,
        kill: KillSwitch,
        tokens: Tokens | None = None,
        random: Random | None = None,
        patience: float = PATIENCE,
    ) -> None:
        self.policy = policy
        self.scope = scope
        self.kill = kill
        self.settler = Settler(line, journal, clock, random=random)
        self._counting = Counting(scope, line, clock)
        self._reconciler = Reconciler(scope, line, journal, self.settler, clock)
        self._journal = journal
        self._clock = clock
        self._facts = facts
        self._previews = Previews(scope.venue, tokens)
        self._patience = patience
        self._steps: set[asyncio.Task[Any]] = set()

    # --- preview

    async def preview(
        self, intent: Intent, principal: str, facts: MarketFacts | None = None
    ) -> Preview:
        """What the guard says now, and a token when it says yes. *facts*: where the caller has just read them."""
        if facts is None:
            facts = await self._facts_of(intent)
        await self._count(intent)
        usage = await self.usage()
        now = self._clock.now_ms()
        verdict = decide(intent, self.policy, usage.state, facts, now)
        token = self._previews.keep(intent, principal, now) if verdict.allowed else ""
        return Preview(intent, verdict, facts, token, now + LIFETIME_MS)

    async def _facts_of(self, intent: Intent) -> MarketFacts | None:
        """Only what places orders meets a market."""
        return await self._facts(intent) if intent.legs else None

    async def usage(self) -> Usage:
        """What counts against the owner's limits now."""
        scope = self.scope

        def look(standing: Standing) -> Usage:
            unsettled = standing.open_intents(scope.venue, scope.account)
            return Usage(self._state(standing), self.kill.engaged(), tuple(unsettled))

        return await ask(self._journal, look)

    def _state(self, standing: Standing) -> GuardState:
        return GuardState(
            self.kill.engaged() is not None,
            self._counting.open_orders(standing),
            standing.placed(self.scope.venue, self._clock.now_ms()),
        )

    async def _count(self, intent: Intent) -> None:
        """Where the owner limits open orders: how many there are."""
        if self.policy.open_orders is not None and intent.legs:
            await self._counting.count()

    # --- execution

    async def execute(
        self, token: str, principal: str, approval: Approval | None = None
    ) -> Outcome:
        """Carry out what *token* was issued for. With the token of an earlier call: what became of that.

        Raises ``TokenError``, ``ForbiddenError`` (``PersonNeededError`` where a person has to agree first) or
        ``JournalError``; then nothing was sent.
        """
        token_id, intent = self._previews.find(token, principal)
        spent = await self._spent(token_id)
        if spent is not None:
            return await self._told_again(spent)
        leave = self._previews.leave(token, principal, approval, self._clock.now_ms())
        if approval is not None and not approval.granted:
            self._previews.forget(token_id)
            await self._declined(intent, approval)
        try:
            return await self._carry_out(intent, leave)
        except _SpentError as known:
            return await self._told_again(known)

    def previewed(self, token: str, principal: str) -> Intent:
        """What *token* was issued for. Raises ``TokenError``."""
        return self._previews.find(token, principal)[1]

    async def perform(
        self, intent: Intent, principal: str, approval: Approval | None = None
    ) -> Outcome:
        """Carry out *intent* without a token: a cancellation, a replacement, an amendment. Raises as
        :meth:`execute` does."""
        until_ms = None
        if approval is not None:
            until_ms = approval.asked_ms + PATIENCE_MS
            if not (approval.granted and is_fresh(approval, self._clock.now_ms())):
                await self._declined(intent, approval)
        return await self._carry_out(intent, Leave(principal, None, approval, until_ms))

    async def _declined(self, intent: Intent, approval: Approval) -> NoReturn:
        line = approved(self.scope, intent, replace(approval, granted=False), self._clock.now_ms())
        await self._journal.transact(lambda _: (line,))
        raise ForbiddenError(
            (f"Nothing was done: {approval.by} did not agree.",),
            advice="Do not try again unless the owner asks for it.",
        )

    async def _carry_out(self, intent: Intent, leave: Leave) -> Outcome:
        facts = await self._facts_of(intent)
        await self._count(intent)
        try:
            pending = await self._to_the_end(self._commit(intent, leave, facts))
        except ForbiddenError as error:
            if not (_is_about_open_orders(error) and self._counting.is_a_guess):
                raise
            await self._counting.count_anew()
            pending = await self._to_the_end(self._commit(intent, leave, facts))
        return await self.settler.wait(pending, self._patience)

    async def _commit(self, intent: Intent, leave: Leave, facts: MarketFacts | None) -> Pending:
        """Decide, write the intent down, and let it go: one step."""
        named = intent.named(f"{STEM}{leave.token or self._new_id()}")
        written: list[Intended] = []

        def write(standing: Standing) -> Sequence[Line]:
            if leave.token and (entry := standing.spent_on(leave.token)):
                raise _SpentError(entry, standing.fates.get(entry.id))
            now = self._clock.now_ms()
            if leave.until_ms is not None and now >= leave.until_ms:
                raise TokenError("it expired while the market was looked at")
            verdict = decide(named, self.policy, self._state(standing), facts, now)
            _see_to_it(verdict, leave.approval)
            written.append(intended(self.scope, named, leave, verdict, now))
            approval = leave.approval
            said = (approved(self.scope, named, approval, now),) if approval else ()
            return (*said, written[0])

        await self._journal.transact(write)
        return self.settler.begin(written[0], request_of(named))

    async def _to_the_end(self, step: Coroutine[Any, Any, T]) -> T:
        """*step* as one: whoever called may go away, but an intent that was written is carried out."""
        task = asyncio.ensure_future(step)
        self._steps.add(task)
        task.add_done_callback(self._ended)
        return await asyncio.shield(task)

    def _ended(self, task: "asyncio.Task[Any]") -> None:
        self._steps.discard(task)
        if not task.cancelled():
            task.exception()  # where nobody waits for it any more, nobody has to hear of it

    def _new_id(self) -> str:
        """As a token's, for what has none."""
        raw = self._clock.now_ms().to_bytes(6, "big") + secrets.token_bytes(8)
        return base64.b32encode(raw).decode().rstrip("=").lower()

    async def _spent(self, token_id: TokenId) -> _SpentError | None:
        def look(standing: Standing) -> _SpentError | None:
            entry = standing.spent_on(token_id)
            return _SpentError(entry, standing.fates.get(entry.id)) if entry else None

        return await ask(self._journal, look)

    async def _told_again(self, known: _SpentError) -> Outcome:
        """The same call once more: the same truth, and nothing sent but questions."""
        entry, fate = known.entry, known.fate
        if fate is None or fate.state not in SETTLED or entry.id in self.settler.pending:
            pending = self.settler.resume(entry)
            return replace(await self.settler.wait(pending, self._patience), repeated=True)
        orders = await self.settler.orders_of(entry)
        return Outcome(entry, fate.state, fate.source, orders, text=fate.text, repeated=True)

    def heard(self, report: ExecutionReport) -> None:
        """A user data event of the account."""
        self.settler.heard(report)

    # --- what the tools ask of it

    async def engage(self, principal: str, reason: str) -> Engaged:
        """Refuse every new order from now on, in all processes of the owner."""
        now = self._clock.now_ms()
        engaged = self.kill.engage(principal, reason, now)
        line = Killed(at=now, venue=self.scope.venue, by=principal, reason=engaged.reason)
        await self._journal.transact(lambda _: (line,))
        return engaged

    async def open_orders(self) -> tuple[Order, ...]:
        """Of all symbols, as the venue has them now."""
        return await self._counting.count_anew()

    async def reconcile(self, patience: float = START_PATIENCE) -> Reconciliation:
        """At start; see :mod:`.reconcile`. *patience*: seconds for what an earlier run left open, in all."""
        return await self._reconciler.run(patience)

    async def close(self) -> None:
        """Stop finding out, and let go of the journal. Idempotent."""
        await asyncio.gather(*self._steps, return_exceptions=True)
        await self.settler.close()
        self._journal.close()


def _see_to_it(verdict: Verdict, approval: Approval | None) -> None:
    if not verdict.allowed:
        raise ForbiddenError(verdict.reasons)
    if verdict.needs_person and approval is None:
        raise PersonNeededError(
            ("The owner wants a person to agree to this order first.",),
            advice="A person has to confirm it in the client, or with `mcp-server-binance approve`.",
        )


def _is_about_open_orders(error: ForbiddenError) -> bool:
    return any(getattr(reason, "rule", "") == "open_orders" for reason in error.reasons)
