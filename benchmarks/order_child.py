"""``python -m benchmarks.order_child``: desks to be killed, each in a process of its own.

It imports everything once. For a plan on stdin it forks a child that lives it and says on stdout where it is; for
the word ``kill`` after it, it kills that child. Lines on stdout: ``at K`` (a child's K-th moment), ``halt`` (it
waits to be killed), ``done``, ``end``, ``dead``.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import aiohttp  # noqa: F401 - imported before the fork, so that a child is quick
import msgspec

from benchmarks.order_truth import INTENTS, SYMBOL
from binance_mcp_server.access.credentials import Credentials
from binance_mcp_server.access.limits import Ledger
from binance_mcp_server.access.order_limits import OrderLedger
from binance_mcp_server.access.secrets import Secret
from binance_mcp_server.access.windows import Limits
from binance_mcp_server.binance_api.client import BinanceApi, Reply
from binance_mcp_server.binance_api.endpoints import Request
from binance_mcp_server.binance_api.signed import SignedApi
from binance_mcp_server.clock import Clock, SystemClock
from binance_mcp_server.trading.desk import Desk
from binance_mcp_server.trading.exposure import MarketFacts
from binance_mcp_server.trading.intents import Intent
from binance_mcp_server.trading.journal_file import Decide, FileJournal, Journal
from binance_mcp_server.trading.kill_switch import KillSwitch
from binance_mcp_server.trading.policy import Policy
from binance_mcp_server.trading.scope import Scope
from binance_mcp_server.trading.settling import OrderLine
from binance_mcp_server.venues import Hosts

T = TypeVar("T")
SCOPE = Scope("sim", "a")
TIMEOUT = 2.0
AMPLE = Limits(weight=10_000_000)
"""Of a venue where a thousand desks are started in a minute."""


class Plan(msgspec.Struct):
    """One life."""

    intent: str
    rest: str
    folder: str
    api_key: str
    api_secret: str
    halt_at: int = 0
    """The moment at which it stops to be killed; 0: it never does, and is killed in its run."""


def open_line(plan: Plan, clock: Clock) -> SignedApi:
    """Signed REST of the plan's account; its ``api`` has to be closed."""
    key = Credentials(Secret(plan.api_key), secret=Secret(plan.api_secret))
    hosts = Hosts(plan.rest, "", "")
    api = BinanceApi(hosts, ledger=Ledger(clock, limits=AMPLE), clock=clock, timeout=TIMEOUT)
    return SignedApi(api, key, orders=OrderLedger(clock))


def open_desk(line: OrderLine, journal: Journal, folder: Path, clock: Clock) -> Desk:
    return Desk(
        line,
        journal,
        clock,
        scope=SCOPE,
        policy=Policy("sim", enabled=True),
        facts=_facts,
        kill=KillSwitch(folder, "sim"),
    )


async def _facts(_intent: Intent) -> MarketFacts:
    return MarketFacts(SYMBOL, Decimal(60_000), Decimal(60_001), quote_rate=Decimal(1))


class Told:
    """A line and a journal that say when they are at work: a moment before each deed and one after it."""

    def __init__(self, line: SignedApi, journal: FileJournal, halt_at: int) -> None:
        self._line, self._journal, self._halt_at = line, journal, halt_at
        self._moments = 0

    def _moment(self) -> None:
        self._moments += 1
        say(f"at {self._moments}")
        if self._moments == self._halt_at:
            say("halt")
            while True:  # until it is killed
                signal.pause()

    async def send(self, request: Request[T]) -> Reply[T]:
        self._moment()
        reply = await self._line.send(request)
        self._moment()
        return reply

    async def transact(self, decide: Decide, *, durable: bool = True) -> None:
        self._moment()
        await self._journal.transact(decide, durable=durable)
        self._moment()

    def close(self) -> None:
        self._journal.close()


async def _live(plan: Plan) -> None:
    clock, folder = SystemClock(), Path(plan.folder)
    line = open_line(plan, clock)
    told = Told(line, FileJournal(folder, clock), plan.halt_at)
    desk, intent = open_desk(told, told, folder, clock), INTENTS[plan.intent]
    await line.api.sync_time()
    if intent.legs:
        token = (await desk.preview(intent, "p")).token
        await desk.execute(token, "p")
    else:
        await desk.perform(intent, "p")
    await desk.close()
    await line.api.close()
    say("done")


def say(line: str) -> None:
    os.write(1, f"{line}\n".encode())  # at once: who is killed flushes nothing


def main(lines: Iterable[bytes]) -> None:
    """Plans, and after each of them ``kill``."""
    pid = 0
    for line in lines:
        if pid:  # not waited for before, so that its number is nobody else's
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            pid = 0
            say("dead")
            continue
        plan = msgspec.json.decode(line, type=Plan)
        pid = os.fork()
        if pid == 0:
            try:
                asyncio.run(_live(plan))
            finally:
                say("end")
                os._exit(0)


if __name__ == "__main__":
    main(sys.stdin.buffer)
