"""An account looked at over REST: whether it is as events made it, and what they missed."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from decimal import Decimal
from typing import Final, TypeVar

from binance_mcp_server.clock import Clock
from binance_mcp_server.errors import BinanceMcpError
from binance_mcp_server.feeds.account_missed import position_of
from binance_mcp_server.feeds.account_picture import Picture
from binance_mcp_server.feeds.account_reads import AccountReads, Findings, SignedReads
from binance_mcp_server.models.account import AccountEvent
from binance_mcp_server.models.events import Gap
from binance_mcp_server.models.exact import plain
from binance_mcp_server.models.info import SymbolInfo

T = TypeVar("T")

SETTLING: Final = 1.0
"""Seconds in which events that belong to an answer of REST come."""
PATIENCE: Final = (0.5, 1.0, 2.0)
"""Seconds between tries: REST may lag behind, or be out of reach for a moment."""
LONGEST_WAIT: Final = 30.0
_MOST_PAIRS: Final = 8
_MOST_NAMED: Final = 5


class AccountWatch:
    """What is known of one account, and how far it is certain."""

    def __init__(self, reads: SignedReads, clock: Clock) -> None:
        self._reads = AccountReads(reads, self.assets, self._pairs)
        self._clock = clock
        self.symbols: Mapping[str, SymbolInfo] = {}
        self.picture: Picture | None = None
        """``None`` before the first look."""
        self.verified_ms = 0
        """Venue time up to which everything is known."""

    def assets(self, symbol: str) -> tuple[str, str] | None:
        """Base and quote asset of *symbol*, where they are known."""
        info = self.symbols.get(symbol)
        return (info.base_asset, info.quote_asset) if info is not None else None

    def is_known(self, event: AccountEvent, *, closely: bool) -> bool:
        """Whether it says nothing new; *closely*: REST may have told it."""
        return self.picture is not None and self.picture.is_known(event, closely=closely)

    def take(self, event: AccountEvent) -> None:
        """*event* happened."""
        if self.picture is not None:
            self.picture.take(event, self.assets(event.symbol))

    def verify(self) -> None:
        """All that has happened up to now is known."""
        if self.picture is not None:
            self.verified_ms = self.picture.newest_ms

    async def begin(self) -> None:
        """Take the account as it is."""
        account, open_orders = await self._patiently(self._reads.now)
        self.picture = Picture(account, open_orders)
        self.verified_ms = self.picture.began_ms

    async def differs(self, heard: Callable[[], int]) -> bool:
        """Whether the account is otherwise than events made it, and none that explains it is on its way. *heard* counts
        events."""
        picture, before = self.picture, heard()
        if picture is None:
            return False
        account, open_orders = await self._reads.now()
        if not picture.agrees(account, open_orders):
            await self._clock.sleep(SETTLING)
            return before == heard() and not picture.agrees(account, open_orders)
        if before == heard():
            self.verify()
        return False

    async def missed(self, picture: Picture) -> Findings:
        """What no event told, explained as well as it can be had."""
        for wait in PATIENCE:
            found = await self._patiently(lambda: self._reads.missed(picture, self.verified_ms))
            if found.is_whole and not found.unexplained:
                return found
            await self._clock.sleep(wait)
        return await self._reads.missed(picture, self.verified_ms)

    def put(self, picture: Picture, found: Findings) -> tuple[list[AccountEvent], list[Gap]]:
        """Take *found* for known: the events that were lost, and what cannot be had."""
        before = dict(picture.balances)
        for report in found.reports:
            picture.take(report, self.assets(report.symbol))
        for order in found.orders:
            picture.put(order)
        for fill in found.fills:
            picture.traded(fill)
        for its in found.lists:
            picture.put_list(its)
        picture.set_balances(found.account)
        events: list[AccountEvent] = [*found.reports, *found.list_statuses]
        position = position_of(found.account, before, picture.newest_ms)
        events += [position] if position is not None else []
        gaps = []
        if found.unexplained:
            words = _words(found.unexplained)
            gaps.append(self.gap(f"balances moved, and nothing explains it: {words}"))
        if not found.is_whole:
            gaps.append(self.gap("an order traded, and its trades cannot be had"))
        return events, gaps

    def gap(self, cause: str) -> Gap:
        """From the last moment that is certain to the newest known."""
        newest = self.picture.newest_ms if self.picture else 0
        last = max(self.verified_ms, newest)
        return Gap(self.verified_ms, last, cause, self._clock.now_ms())

    async def _pairs(self, assets: Iterable[str]) -> list[str]:
        """Symbols that trade one of *assets* for another one; only a few are looked at."""
        wanted = set(assets)
        found = [
            name
            for name, info in self.symbols.items()
            if info.base_asset in wanted and info.quote_asset in wanted
        ]
        return found[:_MOST_PAIRS]

    async def _patiently(self, work: Callable[[], Awaitable[T]]) -> T:
        """What *work* gives; tried again where that may heal."""
        for wait in PATIENCE:
            try:
                return await work()
            except BinanceMcpError as error:
                if not error.retryable:
                    raise
                await self._clock.sleep(max(wait, min(error.retry_after or 0.0, LONGEST_WAIT)))
        return await work()


def _words(unexplained: Mapping[str, Decimal]) -> str:
    named = [f"{plain(by)} {asset}" for asset, by in unexplained.items()]
    return ", ".join(named[:_MOST_NAMED])
