"""A live book on a made-up venue: its stream from a fake hub, its snapshots from a past that the tests know."""

import asyncio
import random
from dataclasses import dataclass, field

from binance_mcp_server.clock import VirtualClock
from binance_mcp_server.feeds.book_feed import BookFeed
from binance_mcp_server.feeds.books import BookFeeds
from binance_mcp_server.feeds.snapshots import _Pool
from binance_mcp_server.models.market import Depth
from binance_mcp_server.queries.answer import Answer
from binance_mcp_server.venues import Market
from tests.feeds.stream_hub import FakeHub
from tests.market.depth_oracle import FIRST, Style, Venue

STREAM = "btcusdt@depth@100ms"
AS_OF_MS = 1_700_000_123_000


@dataclass
class Asked:
    """One request for a snapshot."""

    at: float
    """Virtual seconds."""
    market: Market
    symbol: str
    levels: int


@dataclass
class Rest:
    """Answers snapshots of *venue* as of its newest update, or of an older one; or fails."""

    venue: Venue
    clock: VirtualClock
    behind: list[int] = field(default_factory=list)
    """Update ids of the next answers; the newest where there are none."""
    errors: list[Exception] = field(default_factory=list)
    """What the next requests raise."""
    asked: list[Asked] = field(default_factory=list)
    gate: asyncio.Event | None = None
    """Answers wait for it."""
    under_way: int = 0
    most_at_once: int = 0

    async def snapshot(self, market: Market, symbol: str, levels: int) -> Answer[Depth]:
        self.asked.append(Asked(self.clock.monotonic(), market, symbol, levels))
        self.under_way += 1
        self.most_at_once = max(self.most_at_once, self.under_way)
        try:
            at = self.behind.pop(0) if self.behind else self.newest
            await asyncio.sleep(0)
            if self.gate is not None:
                await self.gate.wait()
            if self.errors:
                raise self.errors.pop(0)
            return Answer(self.venue.snapshot(at, levels), AS_OF_MS)
        finally:
            self.under_way -= 1

    @property
    def newest(self) -> int:
        return self.venue.updates[-1][0] if self.venue.updates else FIRST


@dataclass
class World:
    """Everything around the books of a test."""

    clock: VirtualClock
    hub: FakeHub
    venue: Venue
    rest: Rest
    books: BookFeeds
    sent: int = FIRST

    def trade(self, *levels: tuple[bool, str, str], step: int = 1) -> None:
        """Levels (bid or not, price, quantity) change at the venue; nobody is told yet."""
        for level in levels:
            self.venue.updates.append((self.rest.newest + step, *level))

    def tell(self) -> None:
        """The stream tells all that changed since it told last."""
        self.hub.send(STREAM, self.venue.event(self.sent, self.rest.newest))
        self.sent = self.rest.newest

    def move(self, price: str = "99.0", quantity: str = "1.0") -> None:
        """A bid changes, and the stream says so."""
        self.trade((True, price, quantity))
        self.tell()

    def tell_again(self) -> None:
        """The stream tells what changed, or that something did that came back to the same."""
        if self.sent == self.rest.newest:
            self.trade((False, "150.0", "1.0"))
        self.tell()

    def skip(self, price: str = "99.0", quantity: str = "1.0") -> None:
        """A bid changes, and the stream loses it."""
        self.trade((True, price, quantity))
        self.sent = self.rest.newest

    @property
    def feed(self) -> BookFeed:
        feed = self.books.feed("spot", "BTCUSDT")
        assert feed is not None
        return feed

    async def settle(self, turns: int = 20) -> None:
        """Let everything run that does not wait for time to pass."""
        for _ in range(turns):
            await asyncio.sleep(0)

    async def later(self, seconds: float) -> None:
        """So much time passes, and whoever waits for a part of it goes on in its turn."""
        for _ in range(round(seconds * 10)):
            await self.settle()
            await self.clock.advance(0.1)
        await self.settle()

    def shallow(self, levels: int) -> None:
        """Snapshots have so many levels a side."""
        self.books._turns._pools = {"spot": _Pool(((levels, 50),), 3000)}

    async def live(self, levels: int = 3) -> BookFeed:
        """Watch the book and bring it up."""
        for away in range(1, levels + 1):
            self.trade((True, f"{100 - away}.0", "1.0"), (False, f"{100 + away}.0", "1.0"))
        self.sent = self.rest.newest
        await self.books.watch("spot", "BTCUSDT")
        self.move()
        await self.settle()
        assert self.feed.state == "live"
        return self.feed


def world(style: Style = "spot") -> World:
    clock, hub, venue = VirtualClock(), FakeHub(), Venue(style)
    rest = Rest(venue, clock)
    books = BookFeeds(hub, rest.snapshot, clock, random=random.Random(7))
    return World(clock, hub, venue, rest, books)
