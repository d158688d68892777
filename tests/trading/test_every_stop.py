"""Fault 15 of the list in process: stopped dead at every await, under every fault on an order's way, by a kill or a
power cut; and the next desk, on the same journal, finds the truth. The venue never has more than one order for one
intent."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from random import Random

import pytest

from benchmarks.order_truth import (
    ABOUT_OLD,
    FAULTS,
    INTENTS,
    LIMIT,
    OLD,
    broken_promises,
    fits,
    truths,
)
from binance_mcp_server.binance_api.endpoints_trading import new_order
from binance_mcp_server.clock import VirtualClock
from binance_mcp_server.errors import BinanceMcpError
from binance_mcp_server.trading.intents import Intent
from binance_mcp_server.trading.journal import Fate, Intended, State
from binance_mcp_server.trading.outcome import Outcome
from tests.trading.lives import Disk, Life, fly, lines_in, pass_to_next
from tests.trading.office import Door, Venue

pytestmark = pytest.mark.anyio
NOW = 1_795_000_000_000
MOST_STOPS = 9
"""Moments of a life at which it is stopped; after these the same ones come again."""


@dataclass
class Case:
    """One life that ends early, and the next one."""

    venue: Venue
    door: Door
    folder: Path
    clock: VirtualClock
    intent: Intent
    random: Random
    disk: Disk

    async def live(self, stop: int) -> tuple[Outcome | None, bool]:
        """What the first life said, if it came to that; and whether it was stopped."""
        seed = self.random.getrandbits(32)
        life = Life(self.door, self.folder, self.clock, last=stop, seed=seed)
        said = await life.run(self._act(life))
        await life.bury()
        if said is None and self.random.random() < 0.3:
            self.disk.cut(self.random)
        self._flights = [
            asyncio.create_task(fly(self.door, self.clock, at, request))
            for at, request in life.flying
        ]
        return said, said is None

    async def _act(self, life: Life) -> Outcome:
        if not self.intent.legs:
            return await life.desk.perform(self.intent, "p")
        preview = await life.desk.preview(self.intent, "p")
        return await life.desk.execute(preview.token, "p")

    async def live_on(self) -> None:
        """The next process, until it knows everything."""
        life = Life(self.door, self.folder, self.clock)
        if self.random.random() < 0.3:
            life.deaf_until = self.clock.monotonic() + 90
        while await life.run(_tried(life)) is None:
            await self.clock.advance(5)
        await life.rest()
        await life.bury()
        for flight in self._flights:
            while not flight.done():
                await pass_to_next(self.clock)
            await flight

    def fate(self) -> tuple[Intended | None, State | None]:
        """What the journal says in the end."""
        lines = lines_in(self.folder)
        entries = [line for line in lines if isinstance(line, Intended)]
        assert len(entries) <= 1
        fates = [line for line in lines if isinstance(line, Fate)]
        return (entries[0] if entries else None), (fates[-1].state if fates else None)

    def check(self, said: Outcome | None) -> None:
        """One request at the most, and the truth about it."""
        entry, state = self.fate()
        assert len(self.door.writes) <= 1
        if entry is None:
            assert not self.door.writes
            return
        orders = self.door.orders
        assert state in truths(entry, orders, self.door.old_id), (entry.action, state, orders)
        if said is not None and said.is_settled:
            assert said.state == state
        assert not broken_promises([entry], orders)


async def _tried(life: Life) -> bool | None:
    """Reconciled; ``None`` while the venue cannot be asked."""
    try:
        await life.desk.reconcile()
    except BinanceMcpError:
        return None
    return True


def cases() -> Iterator[tuple[str, str]]:
    for name in INTENTS:
        for fault in FAULTS:
            if fits(name, fault):
                yield name, fault


class Runs:
    """Counts them."""

    def __init__(self, venue: Venue, tmp_path: Path, patch: pytest.MonkeyPatch) -> None:
        self.venue, self.clock = venue, venue.clock
        self.count = 0
        self._tmp_path = tmp_path
        self._folder = tmp_path
        self._disk = Disk(patch, lambda: self._folder)

    async def run(self, name: str, fault: str, stop: int) -> bool:
        """Whether it was stopped."""
        self.count += 1
        self._folder = self._tmp_path / str(self.count)
        self.venue.arm()
        door = self.venue.open_account()
        intent = INTENTS[name]
        if name in ABOUT_OLD:
            await _place_old(door)
        if FAULTS[fault]:
            self.venue.arm(dict(FAULTS[fault]))
        assert isinstance(self.clock, VirtualClock)
        random = Random(f"{name} {fault} {stop}")
        case = Case(self.venue, door, self._folder, self.clock, intent, random, self._disk)
        said, stopped = await case.live(stop)
        await case.live_on()
        case.check(said)
        return stopped


async def _place_old(door: Door) -> None:
    door.old_id = (await door.send(new_order(LIMIT.named(OLD).params()))).data.id
    door.writes.clear()


@pytest.mark.parametrize("name", INTENTS)
async def test_stopped_at_every_await_the_next_desk_finds_the_truth(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = Runs(Venue(VirtualClock(NOW)), tmp_path, monkeypatch)
    for case, fault in cases():
        if case == name:
            for stop in count(1):
                if not await runs.run(name, fault, stop) or stop > MOST_STOPS:
                    break
    assert runs.count >= 1000 / len(INTENTS)  # a thousand in all
