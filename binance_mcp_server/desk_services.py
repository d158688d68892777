"""The desk, put together at its first use: the owner's limits, the rights of the key, journal, kill switch, questions.

Before the first order, and before anything else of the desk is used, the key's own rights are read, and the journal of
earlier runs is held against the venue.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from binance_mcp_server.access.key_rights import WITHOUT_SAPI, objections
from binance_mcp_server.account_services import AccountServices, Lazy
from binance_mcp_server.clock import Clock
from binance_mcp_server.feeds.book_reader import read_depth
from binance_mcp_server.feeds.books import BookFeeds
from binance_mcp_server.models.account import ApiRestrictions
from binance_mcp_server.models.market import Depth
from binance_mcp_server.queries.answer import Answer
from binance_mcp_server.queries.market import MarketQueries
from binance_mcp_server.settings import Settings
from binance_mcp_server.trading.policy import Policy

if TYPE_CHECKING:
    from binance_mcp_server.queries.appraisal import Appraiser
    from binance_mcp_server.trading.approvals import Approvals
    from binance_mcp_server.trading.desk import Desk
    from binance_mcp_server.trading.exposure import MarketFacts
    from binance_mcp_server.trading.intents import Intent
    from binance_mcp_server.trading.journal_file import Journal
    from binance_mcp_server.trading.reconcile import Reconciliation
    from binance_mcp_server.trading.scope import Scope
    from binance_mcp_server.trading.settling import OrderLine


def policy_of(settings: Settings) -> Policy:
    """What the owner allows. Raises ``SettingsError`` for a limits file that is not understood."""
    if not settings.trading:
        return Policy(settings.venue)
    from binance_mcp_server.trading.limits_file import load

    return load(settings.venue, settings.limits_file, enabled=True)


class DeskServices:
    """Everything about orders of one account."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        account: AccountServices,
        market: Callable[[], MarketQueries],
        books: Callable[[], BookFeeds],
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._account = account
        self._market = market
        self._books = books
        self.policy = policy_of(settings)
        self.rights: ApiRestrictions | None = None
        """Of the key; ``None`` before the desk is open, and where the venue does not tell."""
        self.reconciliation: Reconciliation | None = None
        """What was found when the desk was opened."""
        self._closing: list[Callable[[], Awaitable[None]]] = []
        self._begin()

    def _begin(self) -> None:
        self._desk: Lazy[Desk] = Lazy(self._open)
        self._appraiser: Lazy[Appraiser] = Lazy(self._make_appraiser)
        self._stop_listening: Callable[[], None] = _nothing

    @property
    def folder(self) -> Path | None:
        """Where kill switch and questions are; ``None``: in memory, since nobody shares this venue."""
        return self._settings.state_dir

    @property
    def approvals(self) -> "Approvals | None":
        """Questions to a person in a terminal; ``None`` where no terminal could see them."""
        from binance_mcp_server.trading.approvals import Approvals

        return Approvals(self.folder) if self.folder is not None else None

    async def desk(self) -> "Desk":
        """The desk. Raises what reading the key's rights, the journal or the venue's lists raises."""
        return await self._desk.get()

    async def appraiser(self) -> "Appraiser":
        """What holds intents against rules, market and account."""
        return await self._appraiser.get()

    def on_close(self, close: Callable[[], Awaitable[None]]) -> None:
        """*close* is called before the desk closes."""
        self._closing.append(close)

    async def close(self) -> None:
        """Close the desk; what is open is left to the next run. Idempotent."""
        for close in self._closing:
            await close()
        desk = self._desk.value
        self._stop_listening()
        self._begin()
        if desk is not None:
            await desk.close()

    async def _open(self) -> "Desk":
        from binance_mcp_server.trading.desk import Desk
        from binance_mcp_server.trading.kill_switch import KillSwitch

        self.policy = await self._policy_with(self.policy)
        desk = Desk(
            await self._order_line(),
            self._journal(),
            self._clock,
            scope=await self._scope(),
            policy=self.policy,
            facts=self._facts,
            kill=KillSwitch(self.folder, self._settings.venue),
        )
        try:
            self.reconciliation = await desk.reconcile()
        except BaseException:
            await desk.close()
            raise
        self._stop_listening = self._account.feed().on_execution(desk.heard)
        return desk

    async def _policy_with(self, policy: Policy) -> Policy:
        """*policy*, unless the key's rights forbid to trade with it."""
        venue = self._settings.venue
        if venue not in WITHOUT_SAPI:
            self.rights = (await (await self._account.queries()).restrictions()).data
        found = objections(
            self.rights,
            venue,
            allow_withdrawal_key=policy.allow_withdrawal_key,
            allow_unrestricted_key=policy.allow_unrestricted_key,
        )
        if not found or not policy.enabled:
            return policy
        return policy.disabled(" ".join(f"{each.text} {each.advice}" for each in found))

    async def _order_line(self) -> "OrderLine":
        if self._settings.order_way == "websocket":
            return await self._account.ws()
        return await self._account.line()

    def _journal(self) -> "Journal":
        """On the disk, but for an account that ends with this server: the next one has another."""
        from binance_mcp_server.trading.journal_file import FileJournal, MemoryJournal

        if self.folder is None or self._account.is_play_money:
            return MemoryJournal(self._clock)
        return FileJournal(self.folder, self._clock)

    async def _scope(self) -> "Scope":
        from binance_mcp_server.trading.scope import Scope

        line = await self._account.line()
        return Scope.of(self._settings.venue, line.api.hosts.rest, line.api_key.reveal())

    async def _make_appraiser(self) -> "Appraiser":
        from binance_mcp_server.queries.appraisal import Appraiser

        async def read(symbol: str, levels: int) -> Answer[Depth]:
            return (await read_depth(self._books(), self._market(), symbol, levels)).answer

        return Appraiser(self._account.queries, self._market(), read, self._clock)

    async def _facts(self, intent: "Intent") -> "MarketFacts":
        return await (await self.appraiser()).market_facts(intent, self.policy.currency)


def _nothing() -> None:
    pass
