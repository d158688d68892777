"""Waiting until a condition holds: the present over REST, everything after it from a stream, until a deadline.

The stream is attached first, so that nothing falls between the present and what follows it. Whatever ends the wait, the
stream is let go of: a caller that was cancelled leaves nothing behind.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Final, Protocol

from binance_mcp_server.binance_ws_api.kinds import Spec
from binance_mcp_server.binance_ws_api.stream import Listener
from binance_mcp_server.clock import Clock, set_within
from binance_mcp_server.errors import BinanceMcpError
from binance_mcp_server.market.conditions import Condition, Watch, imbalance, spread
from binance_mcp_server.models.events import AggTradeEvent, Levels, Record
from binance_mcp_server.models.market import AggTrade, Level
from binance_mcp_server.queries.market import MarketQueries

if TYPE_CHECKING:
    from binance_mcp_server.binance_ws_api.hub import Attachment

REPORT_EVERY: Final = 5.0
"""Seconds between reports of progress."""
MOST_PAST: Final = 10_000
"""Trades of a window that are read from before the wait began."""
_ENDING: Final[set["asyncio.Task[None]"]] = set()
"""Streams being let go of, kept alive until they are."""

Report = Callable[[float, Watch], Awaitable[None]]
"""Told the seconds waited, and how things stand."""


class Hub(Protocol):
    """What a wait needs of the stream hub."""

    async def attach(self, spec: Spec, listener: Listener) -> "Attachment": ...


@dataclass(slots=True)
class Wait:
    """One wait and what came of it."""

    queries: MarketQueries
    clock: Clock
    spec: Spec
    """The stream of the condition's kind."""
    condition: Condition
    report: Report
    watch: Watch = field(init=False)
    seconds: float = 0.0
    """Waited so far."""
    partial: str = ""
    """What could not be looked at, in words."""
    state: str = ""
    """Of the stream when the wait ended."""
    newest_ms: int = 0
    """Venue time of the stream's newest record; 0 where it has none."""
    _woken: asyncio.Event = field(default_factory=asyncio.Event)
    _failure: BinanceMcpError | None = None

    def __post_init__(self) -> None:
        self.watch = Watch(self.condition)
        if self.condition.subject == "volume":
            self.watch.hold()

    async def run(self, hub: Hub, timeout: float) -> None:
        """Return when the condition holds, or after *timeout* seconds.

        Raises ``BinanceMcpError`` where the stream cannot be had, or says what is no number.
        """
        began = self.clock.monotonic()
        attachment = await hub.attach(self.spec, self._listen)
        present = asyncio.create_task(self._look_at_the_present())
        present.add_done_callback(lambda _: self._woken.set())
        try:
            await self._until(began, timeout)
            if present.done() and (defect := present.exception()) is not None:
                raise defect
            if not present.done() and not self.watch.met:
                self.partial = "the venue did not tell the present in time"
            self.state = attachment.stream.state
            self.newest_ms = attachment.stream.last_event_ms
        finally:
            present.cancel()
            # A task of its own: whoever was cancelled is cancelled again at the next await.
            ending = asyncio.create_task(attachment.close())
            _ENDING.add(ending)
            ending.add_done_callback(_ENDING.discard)
            await asyncio.shield(ending)

    async def _until(self, began: float, timeout: float) -> None:
        while True:
            self.seconds = self.clock.monotonic() - began
            left = timeout - self.seconds
            if self._failure is not None:
                raise self._failure
            if self.watch.met or left <= 0:
                return
            if await self._slept(min(left, REPORT_EVERY)):
                self.seconds = self.clock.monotonic() - began
                await self.report(self.seconds, self.watch)

    async def _slept(self, seconds: float) -> bool:
        """Whether *seconds* passed; false when something woke us before."""
        woken = await set_within(self._woken, seconds, self.clock)
        self._woken.clear()
        return not woken

    def _listen(self, records: Sequence[Record]) -> None:
        """Called by the stream, which nothing may disturb."""
        try:
            if self.watch.feed(records):
                self._woken.set()
        except BinanceMcpError as error:
            self._failure = error
            self._woken.set()

    async def _look_at_the_present(self) -> None:
        """What holds already is found at once; where it cannot be read, the wait goes on without."""
        past: list[Record] = []
        try:
            if self.condition.subject == "volume":
                past = await self._past()
            else:
                figure, at = await self._present()
                if figure is not None:
                    self.watch.present(figure, at)
        except BinanceMcpError as error:
            self.partial = f"the present could not be read: {error.message}"
        if self.condition.subject == "volume":
            self.watch.release(past)

    async def _present(self) -> tuple[Decimal | None, int]:
        """The figure as it is now, if there is one, and its venue time."""
        symbol = self.spec.symbol
        match self.condition.subject:
            case "price":
                prices = await self.queries.prices([symbol])
                return prices.data[0].price or None, prices.as_of_ms
            case "spread":
                touch = await self.queries.book_tickers([symbol])
                best = touch.data[0]
                return spread(best.bid_text, best.ask_text, self.condition.unit), touch.as_of_ms
            case "imbalance":
                levels = self.condition.levels
                book = await self.queries.depth(symbol, limit=levels)
                bids, asks = _pairs(book.data.bids), _pairs(book.data.asks)
                return imbalance(bids, asks, levels), book.as_of_ms
        return None, 0

    async def _past(self) -> list[Record]:
        """Aggregate trades of the window that ends now."""
        start = await self.queries.now_ms() - self.condition.window * 1000
        found = await self.queries.trades.aggregate(
            self.spec.symbol, start_ms=start, limit=MOST_PAST
        )
        if len(found.data) < MOST_PAST:
            return [_event(trade, self.spec.symbol) for trade in found.data]
        self.partial = "the window holds too many trades: those since the wait began are counted"
        return []


def _pairs(side: Sequence[Level]) -> Levels:
    return [(level.price_text, level.quantity_text) for level in side]


def _event(trade: AggTrade, symbol: str) -> AggTradeEvent:
    """A trade of REST as the stream would have told it."""
    return AggTradeEvent(
        trade.time,
        symbol,
        trade.id,
        trade.price_text,
        trade.quantity_text,
        trade.first_id,
        trade.last_id,
        trade.time,
        trade.buyer_is_maker,
    )
