"""The way of an intent through a tool call: appraised, previewed, perhaps agreed to by a person, carried out."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

import mcp_types as mt
from fastmcp import Context
from fastmcp.tools import ToolResult

from binance_mcp_server.commands.people import People, Waiting
from binance_mcp_server.commands.views import intents, outcomes, previews
from binance_mcp_server.errors import InputError, PersonNeededError
from binance_mcp_server.market.times import format_time
from binance_mcp_server.mcp_support.confirmation import principal
from binance_mcp_server.mcp_support.tables import Facts, object_result
from binance_mcp_server.services import Services
from binance_mcp_server.trading.desk import Desk
from binance_mcp_server.trading.intents import Intent
from binance_mcp_server.trading.outcome import Outcome
from binance_mcp_server.trading.previews import PATIENCE_MS, Approval

_ASK_AGAIN: Final = (
    "A person has to agree in a terminal: mcp-server-binance approve. Call the same tool again with the same arguments"
    " to go on waiting."
)
CarryOut = Callable[[Approval | None], Awaitable[Outcome]]


class OrderFlow:
    """See the module. *process* tells this server from every other one."""

    def __init__(self, services: Services, process: str) -> None:
        self._services = services
        self._process = process
        self.people = People(services.clock)

    def principal(self, ctx: Context) -> str:
        """Who calls, in the words that tokens are bound to."""
        return principal(ctx, self._process)

    async def preview(self, ctx: Context, intent: Intent) -> ToolResult:
        """What *intent* is and would do; a token where it may be."""
        trading = self._services.trading
        desk = await trading.desk()
        found = await (await trading.appraiser()).appraise(intent, desk.policy.currency)
        wrong = previews.problems(found)
        facts: Facts = previews.facts(found)
        if wrong:
            facts |= {"allowed": False, "problems": wrong}
        else:
            said = await desk.preview(intent, self.principal(ctx), found.facts)
            facts |= previews.verdict(said.verdict, desk.policy.currency)
            if said.token:
                facts = {"token": said.token, "expires": format_time(said.expires_ms), **facts}
        if found.source.source != "rest":
            facts["source"] = found.source.source
        return object_result(self.dated(facts))

    async def place(self, ctx: Context, token: str) -> ToolResult | mt.InputRequiredResult:
        """Carry out what *token* was issued for."""
        desk, who = await self._services.trading.desk(), self.principal(ctx)
        intent = desk.previewed(token, who)
        what = token.encode() + intent.canonical()
        return await self._with_person(
            ctx, desk, intent, what, lambda approval: desk.execute(token, who, approval)
        )

    async def perform(self, ctx: Context, intent: Intent) -> ToolResult | mt.InputRequiredResult:
        """Carry out *intent* in one call, with the same checks."""
        trading = self._services.trading
        desk, who = await trading.desk(), self.principal(ctx)
        if intent.legs:
            found = await (await trading.appraiser()).appraise(intent, desk.policy.currency)
            if wrong := previews.problems(found):
                raise InputError(" ".join(wrong), advice="Nothing was sent. Use other values.")
        return await self._with_person(
            ctx,
            desk,
            intent,
            intent.canonical(),
            lambda approval: desk.perform(intent, who, approval),
        )

    async def _with_person(
        self, ctx: Context, desk: Desk, intent: Intent, what: bytes, carry_out: CarryOut
    ) -> ToolResult | mt.InputRequiredResult:
        """*carry_out*, and where a person has to agree first, with their answer."""
        if not self.people.brings_answer(ctx, what):
            try:
                return self._told(await carry_out(None))
            except PersonNeededError:
                pass  # nothing was sent, and no token is spent
        try:
            approval = await self.people.agree(
                ctx,
                await self._question(desk, intent),
                what,
                self._services.trading.approvals,
                desk.scope.venue,
                self.principal(ctx),
                intent.canonical(),
            )
        except Waiting:
            return object_result(self.dated({"state": "waiting for a person", "do": _ASK_AGAIN}))
        if isinstance(approval, mt.InputRequiredResult):
            return approval
        return self._told(await carry_out(approval))

    async def _question(self, desk: Desk, intent: Intent) -> list[str]:
        """What a person reads: values that were checked, and the market of this moment; nothing that an agent wrote."""
        appraiser = await self._services.trading.appraiser()
        lines = [f"Venue {desk.scope.venue}: {intents.sentence(intent)}."]
        if intent.legs:
            found = previews.facts(await appraiser.appraise(intent, desk.policy.currency))
            for name, words in (
                ("expected_average_price", "Expected average price"),
                ("expected_value", "Expected value"),
                ("fee", "Fee"),
                ("mid", "The market is at"),
            ):
                if name in found:
                    lines.append(f"{words}: {found[name]}.")
        lines.append(f"An agent asks for this. No answer within {PATIENCE_MS // 1000} s means no.")
        return lines

    def _told(self, outcome: Outcome) -> ToolResult:
        if outcomes.nothing_was_open(outcome):
            return object_result(self.dated({"state": "ended", "note": "no orders were open"}))
        outcomes.raise_refusal(outcome)
        return object_result(self.dated(outcomes.facts(outcome)))

    def dated(self, facts: Facts) -> dict[str, Any]:
        """*facts* with venue and moment."""
        now = self._services.product("spot").venue_now_ms()
        return {**facts, "venue": self._services.venue, "as_of": format_time(now)}
