"""What runs in a soak, and what is seen of it: the venue's process, our services, readers and books."""

import asyncio
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from benchmarks.processes import ROOT, resident_mb
from benchmarks.soak_checks import Findings, Reader, Witness
from benchmarks.soak_faults import SLOT_SECONDS, slots
from benchmarks.soak_market import FIRST_TRADE, SYMBOLS, aggregate, trade
from binance_mcp_server.binance_ws_api.facts import State
from binance_mcp_server.binance_ws_api.kinds import spec
from binance_mcp_server.binance_ws_api.subscription import Subscription
from binance_mcp_server.feeds.books import BookHandle
from binance_mcp_server.services import Services

BOOKS: Final = SYMBOLS[:2]
"""A snapshot weighs as much as ten thousand trades: with more, repairs would wait for the ledger most of the time."""
READ_EVERY: Final = 0.5
SLEEPS: Final = 75.0
"""Seconds of the sleeping reader; its buffer holds twenty."""
BUFFER: Final = 10_000
SLOW_BUFFERS: Final = {"bookTicker": 500, "depth": 500, "kline": 50}
"""Of kinds that come more seldom: all are full within two minutes, when memory is weighed for the first time."""
SETTLE: Final = 120.0
"""Seconds without faults at the end, until every reader must have everything: a repair may have to wait for the weight
of the next minute, and of the one after that."""
CONTENTS: Final = {"trade": trade, "aggTrade": aggregate}
_STALL_LOOK: Final = 0.01
_WEIGH_EVERY: Final = 5.0


class Venue:
    """The exchange's process and its switchboard."""

    def __init__(self, ready: dict[str, str]) -> None:
        self.ready = ready

    async def arm(self, body: dict[str, Any]) -> None:
        await self._ask(f"{self.ready['admin']}/faults", body)

    async def state(self) -> dict[str, Any]:
        state: dict[str, Any] = await self._ask(f"{self.ready['admin']}/state")
        return state

    async def newest_trade(self, symbol: str) -> int:
        (row,) = await self._ask(f"{self.ready['rest']}/api/v3/trades?symbol={symbol}&limit=1")
        return int(row["id"])

    @staticmethod
    async def _ask(url: str, body: dict[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()

        def ask() -> Any:
            with urllib.request.urlopen(url, data=data, timeout=30) as answer:  # noqa: S310 - loopback
                return json.load(answer)

        return await asyncio.to_thread(ask)


@contextmanager
def venue_process() -> Iterator[Venue]:
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.soak_venue"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert process.stdout
        yield Venue(json.loads(process.stdout.readline()))
    finally:
        process.kill()
        process.communicate(timeout=10)


@dataclass(slots=True)
class Soak:
    """What runs, and what was seen of it."""

    services: Services
    venue: Venue
    findings: Findings = field(default_factory=Findings)
    subscriptions: list[Subscription] = field(default_factory=list)
    readers: list[Reader] = field(default_factory=list)
    sleepers: list[Reader] = field(default_factory=list)
    books: list[BookHandle] = field(default_factory=list)
    memory: list[tuple[float, float]] = field(default_factory=list)
    """Seconds since the start, MB."""
    longest_stall: float = 0.0
    struck: int = 0
    """Slots of faults so far."""
    begun: float = 0.0
    _before: int = 0

    async def open(self) -> None:
        """Subscribe to everything: 5,000 messages a second."""
        await asyncio.gather(*map(self._collect, SYMBOLS), *map(self._keep_book, BOOKS))
        for subscription in [each.subscription for each in self.readers[:2]]:
            other = await self.services.hub.subscribe(subscription.spec, buffer=BUFFER)
            self.sleepers.append(Reader(other, CONTENTS[other.spec.kind], self.findings))
        self.begun, self._before = time.monotonic(), self.total("received")

    async def _collect(self, symbol: str) -> None:
        for kind, contents in CONTENTS.items():
            subscription = await self._subscribe(kind, symbol)
            self.readers.append(Reader(subscription, contents, self.findings))
        await self._subscribe("bookTicker", symbol)

    async def _keep_book(self, symbol: str) -> None:
        await self._subscribe("depth", symbol, speed="100ms")
        await self._subscribe("kline", symbol, interval="1m")
        handle = await self.services.books.watch("spot", symbol)
        self.books.append(handle)
        Witness(handle, self.findings)

    async def _subscribe(self, kind: str, symbol: str, **options: str) -> Subscription:
        one = spec("spot", kind, symbol, **options)  # type: ignore[arg-type]
        buffer = SLOW_BUFFERS.get(kind, BUFFER)
        subscription = await self.services.hub.subscribe(one, buffer=buffer)
        self.subscriptions.append(subscription)
        return subscription

    @property
    def age(self) -> float:
        return time.monotonic() - self.begun

    @property
    def messages(self) -> int:
        return self.total("received") - self._before

    def links(self) -> State:
        """Of the one endpoint that there is."""
        return self.services.hub.state().endpoints["spot"]

    def total(self, name: str) -> int:
        """A counter of streams, over all of them."""
        return sum(getattr(each.stream, name) for each in self.subscriptions)

    async def read_on(self) -> None:
        while True:
            for reader in self.readers:
                reader.read()
                await asyncio.sleep(0)
            for subscription in self.subscriptions:
                subscription.touch()
            await asyncio.sleep(READ_EVERY)

    async def sleep_and_read(self) -> None:
        while True:
            await asyncio.sleep(SLEEPS)
            self.read_sleepers()

    def read_sleepers(self) -> None:
        for reader in self.sleepers:
            while reader.read():
                pass

    async def go_wrong(self, seed: int) -> None:
        for _, body in slots(seed):
            await self.venue.arm(body)
            self.struck += 1
            await asyncio.sleep(SLOT_SECONDS)

    async def watch_stalls(self) -> None:
        while True:
            before = time.monotonic()
            await asyncio.sleep(_STALL_LOOK)
            late = time.monotonic() - before - _STALL_LOOK
            self.longest_stall = max(self.longest_stall, late)

    async def weigh(self) -> None:
        while True:
            self.memory.append((self.age, await asyncio.to_thread(resident_mb, os.getpid())))
            await asyncio.sleep(_WEIGH_EVERY)

    def memory_at(self, seconds: float) -> float:
        """Resident MB, the median of the half minute before; 0 where nothing was weighed yet."""
        found = sorted(mb for at, mb in self.memory if seconds - 30 <= at <= seconds + 5)
        return found[len(found) // 2] if found else 0.0

    async def broken_rules(self) -> int:
        """As the venue counted: its rules of streams, and requests past its limits."""
        state = await self.venue.state()
        broken = sum(state["streams"]["broken_rules"].values())
        return int(broken + state["refused_429"] + state["refused_418"])

    async def everything_read(self) -> None:
        """After the last fault: each reader comes to the newest trade that REST tells, or the rest is lost."""
        newest = {symbol: await self.venue.newest_trade(symbol) for symbol in SYMBOLS}
        for _ in range(int(SETTLE / READ_EVERY)):
            if not any(self._behind(each, newest) for each in self.readers):
                break
            await asyncio.sleep(READ_EVERY)
        self.read_sleepers()
        for reader in (*self.readers, *self.sleepers):
            behind = self._behind(reader, newest)
            self.findings.unreported += behind
            if behind:
                self.findings.say(f"{reader.subscription!r} never came to the last {behind}")

    @staticmethod
    def _behind(reader: Reader, newest: dict[str, int]) -> int:
        last = newest[reader.subscription.spec.symbol]
        if reader.subscription.spec.kind == "aggTrade":
            last -= FIRST_TRADE
        return max(0, last + 1 - (reader.checker.next or 0))
