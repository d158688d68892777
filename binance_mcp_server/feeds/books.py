"""Live books by symbol, each kept as long as somebody watches it."""

import asyncio
import logging
import random as random_module
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from binance_mcp_server.binance_ws_api.kinds import Spec
from binance_mcp_server.clock import Clock
from binance_mcp_server.errors import BinanceMcpError
from binance_mcp_server.feeds.book_feed import BookFeed, Condition, Hub, Snapshot
from binance_mcp_server.feeds.snapshots import AT_ONCE, Turns
from binance_mcp_server.market.live_book import LiveBook
from binance_mcp_server.venues import Market

_log = logging.getLogger(__name__)


class Followed(Protocol):
    """What a book needs to know of a subscription."""

    on_closed: list[Callable[[], None]]

    @property
    def spec(self) -> Spec: ...
    @property
    def closed(self) -> str: ...


class BookFeeds:
    """The books that are watched. For one event loop. Symbols are in the venue's spelling."""

    def __init__(
        self,
        hub: Hub,
        snapshot: Snapshot,
        clock: Clock,
        *,
        at_once: int = AT_ONCE,
        random: random_module.Random | None = None,
    ) -> None:
        self._hub, self._snapshot, self._clock = hub, snapshot, clock
        self._random = random or random_module.Random()
        self._turns = Turns(clock, at_once=at_once)
        self._feeds: dict[tuple[Market, str], BookFeed] = {}
        self._ending: set[asyncio.Task[None]] = set()
        """Handles being closed for subscriptions that ended."""

    async def watch(self, market: Market, symbol: str) -> "BookHandle":
        """Keep the book of *symbol* until the handle is closed; the first watcher subscribes its stream.

        Returns before the book is good: it is put together meanwhile. Raises what the hub raises where the stream
        cannot be had.
        """
        feed = self._feeds.get((market, symbol))
        if feed is None:
            feed = BookFeed(
                market, symbol, self._hub, self._snapshot, self._turns, self._clock, self._random
            )
            self._feeds[market, symbol] = feed
        feed.watchers += 1
        try:
            await feed.open()
        except BaseException:
            await self.leave(feed)
            raise
        return BookHandle(feed, self)

    async def follow(self, subscription: "Followed") -> None:
        """Keep the book of a stream of differences as long as *subscription* to it is open.

        A book that cannot be had spoils no subscription: then there is none, and the log says why.
        """
        spec = subscription.spec
        try:
            handle = await self.watch(spec.market, spec.symbol)
        except BinanceMcpError as error:
            _log.warning("No book of %s beside its stream: %s", spec.symbol, error.message)
            return
        if subscription.closed:
            await handle.close()
        else:
            subscription.on_closed.append(lambda: self._let_go(handle))

    def _let_go(self, handle: "BookHandle") -> None:
        task = asyncio.ensure_future(handle.close())
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    def feed(self, market: Market, symbol: str) -> BookFeed | None:
        """The feed of a watched symbol, in whatever state it is."""
        return self._feeds.get((market, symbol))

    def book(self, market: Market, symbol: str) -> LiveBook | None:
        """The book of *symbol* if it is watched and good at this moment."""
        feed = self._feeds.get((market, symbol))
        return feed.book if feed is not None and feed.state == "live" else None

    def state(self, market: Market, symbol: str) -> Condition | None:
        """How the book of *symbol* is; ``None`` where nobody watches it."""
        feed = self._feeds.get((market, symbol))
        return feed.state if feed is not None else None

    def feeds(self) -> list[BookFeed]:
        """All that are watched."""
        return list(self._feeds.values())

    async def close(self) -> None:
        """Let go of all streams; handles that are still open do nothing from then on."""
        feeds = self.feeds()
        self._feeds.clear()
        for feed in feeds:
            await feed.close()
        await asyncio.gather(*self._ending)

    async def leave(self, feed: BookFeed) -> None:
        """One watcher less; a :class:`BookHandle` calls it when it is closed."""
        feed.watchers -= 1
        key = feed.market, feed.symbol
        if feed.watchers <= 0 and self._feeds.get(key) is feed:
            del self._feeds[key]
            await feed.close()


@dataclass(slots=True)
class BookHandle:
    """One watcher's hold on a book."""

    feed: BookFeed
    feeds: BookFeeds
    closed: bool = False

    @property
    def book(self) -> LiveBook | None:
        """The book if it is good at this moment."""
        return self.feed.book if self.state == "live" else None

    @property
    def state(self) -> Condition:
        return self.feed.state

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call *listener* after each change of the book or its state; what is returned ends that."""
        self.feed.listeners.append(listener)
        return lambda: self.feed.listeners.remove(listener)

    async def close(self) -> None:
        """Let go; the last watcher ends the stream. Idempotent."""
        if not self.closed:
            self.closed = True
            await self.feeds.leave(self.feed)
