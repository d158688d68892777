"""Our desk on an account of the embedded exchange, over real sockets on one virtual clock, with its journal in a
file."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from decimal import Decimal
from itertools import count
from pathlib import Path
from random import Random
from typing import Any, Literal, TypeVar

from benchmarks.order_truth import INTENTS, LIMIT, OLD, broken_promises, truths
from binance_mcp_server.binance_api.endpoints_trading import new_order
from binance_mcp_server.exchange.admin_accounts import AccountsDesk
from binance_mcp_server.trading.desk import Desk
from binance_mcp_server.trading.exposure import MarketFacts
from binance_mcp_server.trading.intents import Intent
from binance_mcp_server.trading.journal import Chain, Fate, Intended, Line
from binance_mcp_server.trading.journal_file import FILE, Decide, JournalFile
from binance_mcp_server.trading.kill_switch import KillSwitch
from binance_mcp_server.trading.outcome import Outcome
from binance_mcp_server.trading.policy import Policy
from binance_mcp_server.trading.scope import Scope
from tests.e2e.faults.account_scene import SYMBOL, TURNS, AccountScene, account_scene

T = TypeVar("T")
Way = Literal["rest", "ws_api"]
WAYS: tuple[Way, ...] = ("rest", "ws_api")
PATIENCE = 200.0
"""Seconds of the virtual clock: longer than any horizon."""
MOST_STEPS = 1_000


class SameThread:
    """The journal's file without a thread of its own, whose pace no virtual clock knows."""

    def __init__(self, folder: Path, scene: AccountScene) -> None:
        self._file = JournalFile(folder, scene.clock)

    async def transact(self, decide: Decide, *, durable: bool = True) -> None:
        self._file.transact(decide, durable)

    def close(self) -> None:
        self._file.close()


class DeskScene:
    """Both programs, and a desk."""

    def __init__(self, it: AccountScene, folder: Path, way: Way) -> None:
        self.it, self.folder, self.way = it, folder, way
        self.desk = self.open_desk()
        self.old_id = 0
        """Of the order that :meth:`place_old` placed."""

    def open_desk(self, patience: float = PATIENCE) -> Desk:
        """Another process' desk on the same journal; to be closed."""
        it = self.it
        return Desk(
            it.signed if self.way == "rest" else it.ws,
            SameThread(self.folder, it),
            it.clock,
            scope=Scope("sim", "a"),
            policy=Policy("sim", enabled=True),
            facts=_facts,
            kill=KillSwitch(self.folder, "sim"),
            random=Random(1),
            patience=patience,
        )

    async def listen(self) -> None:
        """User data reach the desk."""
        self.it.feed.on_execution(self.desk.heard)
        await self.it.until_certain()

    async def place_old(self) -> None:
        it = self.it
        sent = it.signed.send(new_order(LIMIT.named(OLD).params()))
        self.old_id = (await it.result(sent)).data.id

    async def act(self, intent: Intent) -> Outcome:
        """Preview and place, or do at once."""
        return await self.result(self._act(intent))

    async def result(self, work: Coroutine[Any, Any, T]) -> T:
        """Let time pass until *work* is done, in longer and longer steps: most of it is waiting for a horizon."""
        task = asyncio.ensure_future(work)
        try:
            for step in count():
                for _ in range(TURNS):
                    await asyncio.sleep(0)
                    if task.done():
                        return await task
                assert step < MOST_STEPS, "it does not end"
                await self.it.pass_time(min(50 * (1 + step // 20), 1_000))
        finally:
            task.cancel()
        raise AssertionError

    async def _act(self, intent: Intent) -> Outcome:
        if not intent.legs:
            return await self.desk.perform(intent, "p")
        preview = await self.desk.preview(intent, "p")
        return await self.desk.execute(preview.token, "p")

    def orders(self) -> list[dict[str, Any]]:
        """As ``GET /__sim/orders`` has them."""
        exchange = self.it.exchange
        desk = AccountsDesk(exchange.trading.venue, exchange.keys, exchange.market)
        told: dict[str, Any] = desk.orders({"account": "alice"})
        found: list[dict[str, Any]] = told["orders"]
        return found

    def lines(self) -> list[Line]:
        return list(Chain().read((self.folder / FILE).read_bytes()))

    def fates(self) -> list[Fate]:
        return [line for line in self.lines() if isinstance(line, Fate)]

    def check(self, outcome: Outcome) -> None:
        """What was said is the truth, the journal says the same, and nothing is there twice."""
        entries = [line for line in self.lines() if isinstance(line, Intended)]
        orders = self.orders()
        assert outcome.state in truths(entries[-1], orders, self.old_id)
        assert self.fates()[-1].state == outcome.state
        assert not broken_promises(entries, orders)


async def _facts(_intent: Intent) -> MarketFacts:
    return MarketFacts(SYMBOL, Decimal(60_000), Decimal(60_001), quote_rate=Decimal(1))


@asynccontextmanager
async def desk_scene(folder: Path, way: Way = "rest") -> AsyncIterator[DeskScene]:
    async with account_scene() as it:
        made = DeskScene(it, folder, way)
        try:
            yield made
        finally:
            await made.desk.close()


async def order_fault(scene: DeskScene, name: str, **fault: object) -> Outcome:
    """What becomes of the intent *name* under a fault that strikes it once."""
    scene.it.arm({"times": 1, **fault})
    return await scene.act(INTENTS[name])
