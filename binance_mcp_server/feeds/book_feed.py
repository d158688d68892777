"""One symbol's live book: its stream of differences, its snapshots, and the watch over both.

The procedure is that of ``market.live_book``; here stands when a snapshot is asked for. A request is made once the
first difference has come in (or none for a while), at most one a second, after failures with full jitter. What the
book says is checked as it goes: it must not be crossed, its levels must reach down to what is known, and where the
best prices of the symbol are subscribed too, they have to agree at equal update ids.
"""

import asyncio
import logging
import random as random_module
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Literal, Protocol

from binance_mcp_server.binance_ws_api.kinds import Spec, spec
from binance_mcp_server.clock import Clock, set_within
from binance_mcp_server.errors import BinanceMcpError, TransportError
from binance_mcp_server.feeds.snapshots import Turns
from binance_mcp_server.market.live_book import SIDES, LiveBook, Outcome, Top
from binance_mcp_server.models.events import BookTickerEvent, DepthEvent, Gap, Record
from binance_mcp_server.models.exact import number
from binance_mcp_server.models.market import Depth
from binance_mcp_server.queries.answer import Answer
from binance_mcp_server.venues import Market

Listener = Callable[[Sequence[Record]], None]
Condition = Literal["live", "resyncing", "stale"]
"""Good; being put together; or good as of a moment ago, but its stream does not move now."""
Best = tuple[str, str, str, str]
"""Bid, its quantity, ask, its quantity."""

FIRST_EVENT: Final = 3.0
"""Seconds to wait for the first difference before the snapshot is asked for without one."""
_PATIENCE: Final = 4
"""How often to wait so while the stream is not even acknowledged."""
APART: Final = 1.0
"""Least seconds between two snapshot requests of a symbol."""
FIRST_BACKOFF: Final = 1.0
LONGEST_BACKOFF: Final = 30.0
_LOOK_EVERY: Final = 64
"""Batches of differences between looks at what changes slowly."""
_THIN: Final = 5
"""A side with less than this part of its snapshot's levels left is renewed before it is used up."""
_BEST_KEPT: Final = 256
_FAILED: Final = "this server failed to keep the book"

_log = logging.getLogger(__name__)


class StreamState(Protocol):
    @property
    def state(self) -> str: ...
    @property
    def reconnects(self) -> int: ...


class Attachment(Protocol):
    @property
    def stream(self) -> StreamState: ...
    async def close(self) -> None: ...


class Subscribed(Protocol):
    @property
    def spec(self) -> Spec: ...
    @property
    def closed(self) -> str: ...


class Hub(Protocol):
    """What a book needs of the stream hub."""

    async def attach(self, spec: Spec, listener: Listener, /) -> Attachment: ...
    def subscriptions(self) -> Sequence[Subscribed]: ...


Snapshot = Callable[[Market, str, int], Awaitable[Answer[Depth]]]
"""Market, symbol, levels → the venue's answer, asked for anew and shared with nobody who asked before."""


class BookFeed:
    """Keeps the book of one symbol, from ``open`` to ``close``."""

    def __init__(
        self,
        market: Market,
        symbol: str,
        hub: Hub,
        snapshot: Snapshot,
        turns: Turns,
        clock: Clock,
        random: random_module.Random,
    ) -> None:
        self.market = market
        self.symbol = symbol
        self.watchers = 0
        self.mismatches = 0
        """How often the best prices contradicted the book."""
        self.snapshots = 0
        """Snapshots asked for."""
        self.trouble = ""
        """Why the last snapshot could not be had; empty once one could."""
        self.listeners: list[Callable[[], None]] = []
        """Called after each change of the book or of its state; must be quick and must not raise."""
        self._hub, self._snapshot, self._turns = hub, snapshot, turns
        self._clock, self._random = clock, random
        self._book = self._new_book()
        self._next: LiveBook | None = None
        """A deeper book that grows beside the one in use, and then takes its place."""
        self._levels = 0
        """A side, as the snapshot was asked for."""
        self._snapshot_ms = 0
        self._asked_at: float | None = None
        self._failures = 0
        self._losses = 0
        self._batches = 0
        self._joined = 0
        """The stream's reconnects that the last event came after: before one has, nobody knows what a cut swallowed."""
        self._best: dict[int, Best] = {}
        self._best_order: deque[int] = deque()
        self._opening = asyncio.Lock()
        self._woken = asyncio.Event()
        self._depth: Attachment | None = None
        self._prices: Attachment | None = None
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    def _new_book(self) -> LiveBook:
        return LiveBook("spot" if self.market == "spot" else "futures")

    @property
    def book(self) -> LiveBook:
        """The book in whatever state it is."""
        return self._book

    @property
    def state(self) -> Condition:
        if self._book.state != "live":
            return "resyncing"
        return "live" if self._moves() and self._reconnects == self._joined else "stale"

    def _moves(self) -> bool:
        return self._depth is not None and self._depth.stream.state == "live"

    @property
    def _reconnects(self) -> int:
        return self._depth.stream.reconnects if self._depth is not None else 0

    @property
    def as_of_ms(self) -> int:
        """Venue time of the last event, or of the snapshot while there was none."""
        return self._book.event_ms or self._snapshot_ms

    def __repr__(self) -> str:
        return f"<{self.market} {self.symbol} {self.state}: {self._book!r}>"

    async def open(self) -> None:
        """Subscribe and begin; idempotent. Raises what the hub raises."""
        async with self._opening:
            if self._depth is None:
                stream = spec(self.market, "depth", self.symbol, speed="100ms")
                depth = await self._hub.attach(stream, self._heard)
                if self._closed:
                    await depth.close()
                    raise TransportError("The books were closed meanwhile.")
                self._depth = depth
                self._joined = self._reconnects
                self._task = asyncio.create_task(self._run())
                self._task.add_done_callback(self._ended)

    async def close(self) -> None:
        """Let go of the streams, for good; idempotent."""
        self._closed = True
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        for name in ("_depth", "_prices"):
            attachment: Attachment | None = getattr(self, name)
            setattr(self, name, None)
            if attachment is not None:
                await attachment.close()

    def _ended(self, task: "asyncio.Task[None]") -> None:
        """A defect of ours ends the task: the book must not stay good for ever."""
        if not task.cancelled() and (defect := task.exception()) is not None:
            self.trouble = _FAILED
            self._lose(self.trouble)
            self._notify()
            _log.error("The book of %s stopped.", self.symbol, exc_info=defect)

    # What comes in.

    def _heard(self, records: Sequence[Record]) -> None:
        """Differences in order, as the hub hands them over."""
        try:
            self._take_all(records)
        except Exception:  # noqa: BLE001 - ours: a book that took a part of an event must not stay good
            _log.exception("The book of %s failed on what came.", self.symbol)
            self._lose(_FAILED)
        self._batches += 1
        self._joined = self._reconnects
        self._look()
        self._notify()

    def _take_all(self, records: Sequence[Record]) -> None:
        for record in records:
            if isinstance(record, DepthEvent):
                self._take(record)
            elif isinstance(record, Gap):
                self._lose(f"updates {record.first} to {record.last} are missing ({record.cause})")

    def _take(self, event: DepthEvent) -> None:
        if self._next is not None:
            self._next.diff(event)
        if self._book.diff(event) in {Outcome.GAP, Outcome.BUFFERED}:
            self._next = None
            self._woken.set()

    def _notify(self) -> None:
        for listener in tuple(self.listeners):
            listener()

    def _lose(self, why: str) -> None:
        self._book.lost(why)
        self._next = None
        self._losses += 1
        self._woken.set()

    def _look(self) -> None:
        """Whether what the book shows can be true."""
        book = self._book
        if book.state == "live":
            flaw = self._flaw(book.top(1))
            if flaw:
                self._lose(flaw)
        if self._batches % _LOOK_EVERY == 0:
            self._woken.set()
            if book.state == "live" and self._next is None and self._is_thin(book):
                self._next = self._new_book()

    def _flaw(self, top: Top) -> str:
        """What is wrong with the best level of each side; empty where nothing is."""
        for side, levels in zip(SIDES, (top.bids, top.asks), strict=True):
            if not levels and self._book.known_to(side) is not None:
                return f"the market left the {side} that are known"
        if not (top.bids and top.asks):
            return ""
        said = self._best.get(top.last_update_id)
        try:
            if number(top.bids[0][0]) >= number(top.asks[0][0]):
                return "the best bid is not below the best ask"
            if said is not None and not _same(said, (*top.bids[0], *top.asks[0])):
                self.mismatches += 1
                return f"the venue's best prices at update {top.last_update_id} are others"
        except TransportError as error:
            return error.message
        return ""

    def _is_thin(self, book: LiveBook) -> bool:
        return any(
            count * _THIN < self._levels and book.known_to(side) is not None
            for side, count in zip(SIDES, book.levels(), strict=True)
        )

    def _best_heard(self, records: Sequence[Record]) -> None:
        """Best prices, kept until the difference with the same update id has come, or was there already."""
        for record in records:
            if isinstance(record, BookTickerEvent):
                if record.update_id not in self._best:
                    self._best_order.append(record.update_id)
                self._best[record.update_id] = (
                    record.bid_text,
                    record.bid_quantity_text,
                    record.ask_text,
                    record.ask_quantity_text,
                )
        while len(self._best_order) > _BEST_KEPT:
            del self._best[self._best_order.popleft()]
        before = self._book.state
        self._look()
        if self._book.state != before:
            self._notify()

    # What is done about it.

    async def _run(self) -> None:
        while True:
            await self._follow_best_prices()
            if self._book.state == "live" and self._next is None:
                await self._woken.wait()
                self._woken.clear()
                continue
            await self._hear_first()
            await self._synchronise()

    async def _hear_first(self) -> None:
        """Step 2: wait for the first event, since a snapshot is measured against it. Quiet symbols have none."""
        patience = _PATIENCE
        while patience and not (self._next or self._book).buffered:
            if await self._slept(FIRST_EVENT):
                patience = 0 if self._moves() else patience - 1

    async def _slept(self, seconds: float) -> bool:
        """Whether *seconds* passed; false when something woke us before."""
        woken = await set_within(self._woken, seconds, self._clock)
        self._woken.clear()
        return not woken

    async def _synchronise(self) -> None:
        """Step 3: one snapshot. What follows from a failure is a pause."""
        if self._asked_at is not None:
            await self._clock.sleep(max(0.0, self._asked_at + APART - self._clock.monotonic()))
        losses, target = self._losses, self._next or self._book
        try:
            async with self._turns.turn(self.market) as levels:
                losses, target = self._losses, self._next or self._book
                self._asked_at = self._clock.monotonic()
                self.snapshots += 1
                answer = await self._snapshot(self.market, self.symbol, levels)
        except BinanceMcpError as error:
            self.trouble = error.message
            await self._pause(error)
            return
        if losses != self._losses or target is not (self._next or self._book):
            return  # it may be older than the hole, or nobody has told *target* of what came since
        done = target.snapshot(answer.data, limit=levels)
        if done is Outcome.APPLIED:
            self._begin(target, answer, levels)
        else:
            self.trouble = "the snapshot was older than the stream"
            await self._pause(None)

    def _begin(self, book: LiveBook, answer: Answer[Depth], levels: int) -> None:
        """From now on *book* is the one in use."""
        if book is not self._book:
            book.resyncs, book.applied = self._book.resyncs, self._book.applied
        self._book, self._next = book, None
        self._levels, self._snapshot_ms = levels, answer.as_of_ms
        self._failures, self.trouble = 0, ""
        self._look()
        self._notify()

    async def _pause(self, error: BinanceMcpError | None) -> None:
        """Full jitter, doubling; longer where the error says so, or says that trying again will not help."""
        most = min(LONGEST_BACKOFF, FIRST_BACKOFF * 2**self._failures)
        self._failures += 1
        pause = self._random.uniform(0, most)
        if error is not None:
            pause = max(pause, error.retry_after or 0, 0 if error.retryable else LONGEST_BACKOFF)
        await self._clock.sleep(pause)

    async def _follow_best_prices(self) -> None:
        """Listen to the best prices exactly while somebody has subscribed to them: comparing costs no stream then."""
        wanted = any(
            each.spec.kind == "bookTicker"
            and (each.spec.market, each.spec.symbol) == (self.market, self.symbol)
            and not each.closed
            for each in self._hub.subscriptions()
        )
        if wanted and self._prices is None:
            stream = spec(self.market, "bookTicker", self.symbol)
            try:
                self._prices = await self._hub.attach(stream, self._best_heard)
            except BinanceMcpError as error:
                _log.info("No best prices of %s to compare with: %s", self.symbol, error.message)
        elif not wanted and self._prices is not None:
            prices, self._prices = self._prices, None
            self._best.clear()
            self._best_order.clear()
            await prices.close()


def _same(one: Best, other: Best) -> bool:
    return one == other or all(number(a) == number(b) for a, b in zip(one, other, strict=True))
