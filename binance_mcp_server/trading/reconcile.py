"""At start: what an earlier run left open is taken up, and the journal is held against the venue's own lists."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from binance_mcp_server.binance_api import endpoints_account
from binance_mcp_server.clock import Clock
from binance_mcp_server.models.orders import Order
from binance_mcp_server.trading.differences import Differences, compare, unaccounted
from binance_mcp_server.trading.journal import Fate, Intended, Line, Reconciled
from binance_mcp_server.trading.journal_file import Journal, ask
from binance_mcp_server.trading.outcome import Outcome
from binance_mcp_server.trading.requests import seen
from binance_mcp_server.trading.scope import Scope
from binance_mcp_server.trading.settling import OrderLine, Settler
from binance_mcp_server.trading.totals import Standing

OVERLAP_MS: Final = 60_000
"""How much earlier than the journal's last word the venue's lists are read: clocks differ."""
MOST_LOOKED_UP: Final = 50
MOST_SYMBOLS: Final = 50
"""Whose lists are read, at 20 weight each."""


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What was found."""

    at_ms: int
    outcomes: tuple[Outcome, ...] = ()
    """Of intents that an earlier run left open; those that are not settled are being found out."""
    differences: Differences = field(default_factory=Differences)


class _Known(NamedTuple):
    """What the journal says before the venue is asked."""

    unsettled: list[Intended]
    word_ms: int | None
    symbols: set[str]


class Reconciler:
    """Of one account. Writes nothing but what it found."""

    def __init__(
        self, scope: Scope, line: OrderLine, journal: Journal, settler: Settler, clock: Clock
    ) -> None:
        self._scope = scope
        self._line = line
        self._journal = journal
        self._settler = settler
        self._clock = clock

    async def run(self, patience: float) -> Reconciliation:
        """*patience*: seconds for the intents that were left open, in all.

        Raises ``BinanceMcpError`` where the venue or the journal cannot be read.
        """
        known = await ask(self._journal, self._known)
        pendings = [self._settler.resume(entry) for entry in known.unsettled]
        until = self._clock.monotonic() + patience
        outcomes = [
            await self._settler.wait(pending, max(0.0, until - self._clock.monotonic()))
            for pending in pendings
        ]
        if known.word_ms is None:  # nothing of ours was ever there
            return Reconciliation(self._clock.now_ms())
        since_ms = known.word_ms - OVERLAP_MS
        orders = await self._lists(known.symbols, since_ms)
        orders += await self._missing(orders)
        differences = await self._write(orders, since_ms)
        return Reconciliation(self._clock.now_ms(), tuple(outcomes), differences)

    def _known(self, standing: Standing) -> _Known:
        venue, account = self._scope.venue, self._scope.account
        unsettled = standing.open_intents(venue, account)
        symbols = standing.symbols(venue, account)
        return _Known(unsettled, standing.last_word(venue, account), symbols)

    async def _lists(self, symbols: set[str], since_ms: int) -> list[Order]:
        """The venue's open orders, and those of *symbols* since then."""
        orders = list((await self._line.send(endpoints_account.open_orders())).data)
        for symbol in sorted(symbols)[:MOST_SYMBOLS]:
            request = endpoints_account.all_orders(symbol, start_time=since_ms, limit=1000)
            orders += (await self._line.send(request)).data
        return orders

    async def _missing(self, orders: list[Order]) -> list[Order]:
        """Orders that were open, are older than those lists, and are not in them."""
        scope = self._scope
        missing = await ask(
            self._journal,
            lambda standing: unaccounted(standing, scope.venue, scope.account, orders),
        )
        looked = [
            await self._settler.find(symbol, int(order_id))
            for symbol, order_id in sorted(missing)[:MOST_LOOKED_UP]
        ]
        return [order for order in looked if order]

    async def _write(self, orders: list[Order], since_ms: int) -> Differences:
        scope = self._scope
        result: list[Differences] = []

        def write(standing: Standing) -> Sequence[Line]:
            found = compare(standing, scope.venue, scope.account, orders)
            result.append(found)
            line = Reconciled(
                at=self._clock.now_ms(),
                venue=scope.venue,
                account=scope.account,
                since=since_ms,
                orders=seen((*found.changed, *found.revived)),
                differences=found.texts,
            )
            return (*self._revivals(standing, found), line)

        await self._journal.transact(write)
        return result[0]

    def _revivals(self, standing: Standing, found: Differences) -> list[Fate]:
        """What was taken for lost is there."""
        makers = ((standing.maker_of(order.client_id), order) for order in found.revived)
        return [
            Fate(
                at=self._clock.now_ms(),
                intent=maker.id,
                state="accepted",
                source="reconciliation",
                orders=seen((order,)),
            )
            for maker, order in makers
            if maker is not None
        ]
