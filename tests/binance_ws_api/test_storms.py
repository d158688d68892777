"""Whatever happens to connections and subscriptions, in whatever order: records come in order, each once, and between
two of them nothing is missing without a gap that says so."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

import pytest

from binance_mcp_server.binance_ws_api.kinds import Spec
from binance_mcp_server.binance_ws_api.subscription import Place, Subscription
from binance_mcp_server.models.events import (
    BookTickerEvent,
    DepthEvent,
    Gap,
    MiniTickerEvent,
    Record,
    TradeEvent,
)
from tests.binance_ws_api.frames import (
    BEST,
    DEPTH,
    EVERYTHING,
    TRADES,
    best,
    depth,
    tickers,
    trade,
)
from tests.binance_ws_api.played_venue import SHUTDOWN, PlayedSocket, World, settle, world

pytestmark = pytest.mark.anyio

FRAMES: dict[Spec, Callable[[int], bytes]] = {
    TRADES: trade,
    BEST: lambda number: best(5 * number),
    DEPTH: lambda number: depth(3 * number, 3 * number + 2),
    EVERYTHING: lambda number: tickers("BTCUSDT", event_ms=1000 * number),
}
"""The frame of each stream that the venue tells as its first, second, third …"""


def which(record: Record) -> int | None:
    """As which of its stream the venue told it; ``None`` for a gap."""
    match record:
        case TradeEvent(id=number):
            return number
        case BookTickerEvent(update_id=number):
            return number // 5
        case DepthEvent(first_id=number):
            return number // 3
        case MiniTickerEvent(event_ms=number):
            return number // 1000
    assert isinstance(record, Gap)
    return None


@dataclass
class Reader:
    """One subscription, and all that was read of it."""

    subscription: Subscription
    records: list[Record] = field(default_factory=list)
    place: Place | None = None

    def read(self) -> None:
        batch = self.subscription.read(self.place, 100_000)
        self.place = batch.next
        self.records += batch.records

    def check(self) -> None:
        """Each once, in order, without a silent hole."""
        before, told = 0, True
        for number in map(which, self.records):
            if number is None:
                told = True
                continue
            assert number > before
            assert told or number == before + 1, f"{before} is followed by {number}"
            before, told = number, False


@dataclass
class Storm:
    w: World
    random: Random
    readers: dict[Spec, Reader] = field(default_factory=dict)
    told: dict[Spec, int] = field(default_factory=lambda: dict.fromkeys(FRAMES, 0))

    def say(self) -> None:
        """The venue tells something on some of the streams, to whoever hears it."""
        frames = []
        for spec in self.random.choices(list(FRAMES), k=self.random.randint(1, 6)):
            self.told[spec] += 1
            frames.append(FRAMES[spec](self.told[spec]))
        self.w.venue.newest = self.told[TRADES]
        self.w.venue.send(*frames)

    async def subscribe(self, spec: Spec) -> None:
        task = asyncio.create_task(self.w.hub.subscribe(spec, buffer=100_000))
        await asyncio.sleep(0)
        while not task.done():
            self.say()
            await self.w.pass_(0.5)
        self.readers[spec] = Reader(await task)

    async def again(self) -> None:
        """A subscription ends; another one of the same stream begins while the venue still takes leave of it."""
        reader = self.readers[self.random.choice(list(FRAMES))]
        reader.read()
        reader.check()
        await self.w.hub.unsubscribe(reader.subscription.id)
        self.w.venue.acknowledges = self.random.random() < 0.7
        await self.subscribe(reader.subscription.spec)

    async def blow(self) -> None:
        """One mishap, or none."""
        venue, socket = self.w.venue, self._some_socket()
        match self.random.randrange(12):
            case 0 | 1 if socket:
                socket.cut("reset")
            case 2 if socket:
                socket.ears.deliver([SHUTDOWN])
            case 3:
                venue.acknowledges = not venue.acknowledges
            case 4 if socket:
                socket.is_dead = True
            case 5:
                await self.again()
            case 6:
                for reader in self.readers.values():
                    reader.read()

    def _some_socket(self) -> PlayedSocket | None:
        return self.random.choice(self.w.venue.open) if self.w.venue.open else None

    async def calm(self) -> None:
        """From now on everything works."""
        self.w.venue.acknowledges = True
        for socket in self.w.venue.sockets:
            socket.is_dead = False
        for _ in range(20):
            self.say()
            await self.w.pass_(6)


@pytest.mark.parametrize("seed", [*range(24), 155, 166, 282, 444, 547, 776, 999])
async def test_nothing_is_lost_in_silence(seed: int) -> None:
    async with world() as w:
        storm = Storm(w, Random(seed))
        for spec in FRAMES:
            await storm.subscribe(spec)
        for _ in range(100):
            storm.say()
            await storm.blow()
            await w.pass_(storm.random.choice([0, 0.05, 0.3, 1, 3, 12]))
        await storm.calm()
        await settle()
        for reader in storm.readers.values():
            reader.read()
            reader.check()
            assert reader.subscription.stream.state == "live"
            assert reader.records, "it lives, and so it speaks"
