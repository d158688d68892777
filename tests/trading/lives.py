"""A desk that can be stopped dead at any moment, as by ``kill -9`` or a power cut, and the next one in its place.

A *moment* is an await that reaches out of the process: the journal, the venue, the clock; one before the deed and
one after it. A request that was on its way when the process died may still arrive, within its ``recvWindow``, or be
lost.
"""

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any, Final, TypeVar

import pytest

from benchmarks.order_truth import SYMBOL
from binance_mcp_server.binance_api.client import Reply
from binance_mcp_server.binance_api.endpoints import Request
from binance_mcp_server.clock import VirtualClock
from binance_mcp_server.errors import BinanceMcpError, TransportError
from binance_mcp_server.trading.desk import Desk
from binance_mcp_server.trading.exposure import MarketFacts
from binance_mcp_server.trading.intents import Intent
from binance_mcp_server.trading.journal import Chain, Line
from binance_mcp_server.trading.journal_file import FILE, Decide, JournalFile
from binance_mcp_server.trading.kill_switch import KillSwitch
from binance_mcp_server.trading.policy import Policy
from binance_mcp_server.trading.scope import Scope
from tests.trading.office import Door

T = TypeVar("T")
RECV_WINDOW: Final = 5.0
SCOPE: Final = Scope("sim", "a")
POLICY: Final = Policy("sim", enabled=True)
_TURNS: Final = 12


class Life:
    """One process: it dies at its *last* moment, counted from 1; with 0 it lives on."""

    def __init__(
        self, door: Door, folder: Path, clock: VirtualClock, *, last: int = 0, seed: int = 0
    ) -> None:
        self.clock, self.door = clock, door
        self.is_dead = False
        self.moments = 0
        self.flying: list[tuple[float, Request[Any]]] = []
        """Requests on their way when it died, and when they arrive, monotonic seconds."""
        self.deaf_until = 0.0
        """Until then no read gets through; monotonic seconds."""
        self._last = last
        self._random = Random(seed)
        self._file = JournalFile(folder, clock)
        self.desk = Desk(
            self,
            self,
            self,
            scope=SCOPE,
            policy=POLICY,
            facts=_facts,
            kill=KillSwitch(folder, "sim"),
            random=Random(seed),
        )

    async def _moment(self) -> None:
        self.moments += 1
        if self.is_dead or self.moments == self._last:
            self.is_dead = True
            await asyncio.get_running_loop().create_future()  # for ever

    # --- the venue

    async def send(self, request: Request[T]) -> Reply[T]:
        await self._moment_in_flight(request)
        if request.method == "GET" and self.clock.monotonic() < self.deaf_until:
            raise TransportError("nobody answers")
        reply = await self.door.send(request)
        await self._moment()
        return reply

    async def _moment_in_flight(self, request: Request[Any]) -> None:
        """Who dies here has written the request to its socket, or has not."""
        dies = not self.is_dead and self.moments + 1 == self._last
        if dies and request.method != "GET" and self._random.random() < 0.7:
            delay = self._random.choice((0.0, 0.5, 4.0))
            self.flying.append((self.clock.monotonic() + delay, request))
        await self._moment()

    # --- the journal

    async def transact(self, decide: Decide, *, durable: bool = True) -> None:
        await self._moment()
        self._file.transact(decide, durable)
        await self._moment()

    # --- the clock

    def now_ms(self) -> int:
        return self.clock.now_ms()

    def monotonic(self) -> float:
        return self.clock.monotonic()

    async def sleep(self, seconds: float) -> None:
        await self._moment()
        await self.clock.sleep(seconds)
        await self._moment()

    # --- what the test does with it

    async def run(self, work: Awaitable[T]) -> T | None:
        """The result of *work*, letting time pass where everybody waits for it; ``None`` when it dies in it."""
        task = asyncio.ensure_future(work)
        for _ in range(10_000):
            for _ in range(_TURNS):
                await asyncio.sleep(0)
            if task.done():
                return task.result()
            if self.is_dead:
                task.cancel()
                return None
            await pass_to_next(self.clock)
        raise AssertionError("it neither ends nor dies")

    async def rest(self) -> None:
        """Until nothing is being found out any more."""
        await self.run(self._settled())

    async def _settled(self) -> None:
        while self.desk.settler.pending:
            await self.clock.sleep(1)

    async def bury(self) -> None:
        """Nothing of a dead process acts any more."""
        self.is_dead = True
        self._last = -1
        tasks = [each.task for each in self.desk.settler.pending.values() if each.task]
        for task in (*tasks, *self.desk._steps):
            task.cancel()
        await asyncio.gather(*tasks, *self.desk._steps, return_exceptions=True)
        self._file.close()

    def close(self) -> None:
        """Part of being a journal; the file is closed by :meth:`bury`."""


async def fly(door: Door, clock: VirtualClock, at: float, request: Request[Any]) -> None:
    """What was on its way when its process died arrives *at* its time, whatever comes of it."""
    await clock.sleep(max(0.0, at - clock.monotonic()))
    with contextlib.suppress(BinanceMcpError):  # whom the answer was for is dead
        await door.send(request)


async def pass_to_next(clock: VirtualClock) -> None:
    """Time passes until the next sleeper wakes."""
    if clock._sleepers:
        await clock.advance(max(0.0, clock._sleepers[0][0] - clock.monotonic()))


async def _facts(intent: Intent) -> MarketFacts:
    return MarketFacts(SYMBOL, Decimal(60_000), Decimal(60_001), quote_rate=Decimal(1))


def lines_in(folder: Path) -> list[Line]:
    path = folder / FILE
    return list(Chain().read(path.read_bytes())) if path.exists() else []


class Disk:
    """What a power cut leaves: everything up to the last sync, and any part of what came after."""

    def __init__(self, patch: pytest.MonkeyPatch, folder: Callable[[], Path]) -> None:
        self._folder = folder
        self._synced: dict[Path, int] = {}
        patch.setattr(os, "fsync", self._sync)

    def _sync(self, fd: int) -> None:
        path = self._folder() / FILE
        if path.exists():
            self._synced[path] = path.stat().st_size

    def cut(self, random: Random) -> None:
        path = self._folder() / FILE
        if path.exists():
            size, synced = path.stat().st_size, self._synced.get(path, 0)
            os.truncate(path, random.randint(synced, size))
