"""A local order book: a snapshot and the differences since, by the venue's own procedure.

Spot, web-socket-streams.md "How to manage a local order book correctly" (text of 2025-11-12; a5e0bc3, read 2026-11-24):

  1. Open a stream of differences.
  2. Buffer its events; note the ``U`` of the first.
  3. Get a snapshot (limit 5000).
  4. Is its ``lastUpdateId`` strictly less than that ``U``: back to 3.
  5. Discard buffered events with ``u`` ≤ ``lastUpdateId``; the first one left has ``lastUpdateId`` within ``[U;u]``.
  6. Set the book to the snapshot; its update id is ``lastUpdateId``.
  7. Apply the buffered events, then all later ones, each by this update procedure:
     7.1 Is ``u`` less than the book's update id: ignore the event. Is ``U`` greater than the book's update id + 1:
         events were missed; discard the book and begin again.
     7.2 Set each level's new quantity; zero takes the level away.
     7.3 The book's update id is ``u``.

USDⓈ-M and COIN-M futures, developers.binance.com, pages of the same name under "derivatives" (read 2026-11-24), differ:

  3. The snapshot has at most 1000 levels a side.
  4. Drop events with ``u`` < ``lastUpdateId``.
  5. The first event processed has ``U`` ≤ ``lastUpdateId`` ≤ ``u``.
  6. Each later event's ``pu`` equals the ``u`` of the event before; else begin again from step 3.

Levels beyond the snapshot's worst are unknown until they change: the book shows nothing beyond ``known_to``.
Pure: no clock, no I/O. Prices are in the quote asset, quantities in the base asset (COIN-M: contracts), times in ms.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, Literal, Protocol

from binance_mcp_server.errors import TransportError
from binance_mcp_server.market.book_side import BookSide, Row
from binance_mcp_server.models.events import DepthEvent

Style = Literal["spot", "futures"]
State = Literal["empty", "buffering", "live", "resyncing"]
Side = Literal["bids", "asks"]
SIDES: Final[tuple[Side, Side]] = ("bids", "asks")
_TOPS_KEPT = 8
_LATE_MS = 5_000
"""Two connections may carry the same events this far apart, and a little more; see ``_begins_anew``."""


class Outcome(Enum):
    """What became of an event or a snapshot."""

    APPLIED = auto()
    IGNORED = auto()
    """Nothing new in it."""
    BUFFERED = auto()
    """Kept for the snapshot that is awaited."""
    GAP = auto()
    """Events were missed; the book was discarded and begins again with this event: a snapshot is needed."""
    TOO_OLD = auto()
    """The snapshot ends before the first event that is known: another one is needed."""


class SnapshotLevel(Protocol):
    @property
    def price_text(self) -> str: ...
    @property
    def quantity_text(self) -> str: ...


class SnapshotLike(Protocol):
    """``models.market.Depth``, or anything of its form."""

    @property
    def last_update_id(self) -> int: ...
    @property
    def bids(self) -> Sequence[SnapshotLevel]: ...
    @property
    def asks(self) -> Sequence[SnapshotLevel]: ...


@dataclass(frozen=True, slots=True)
class Top:
    """The best levels of both sides, best first, as of one update."""

    bids: tuple[Row, ...]
    asks: tuple[Row, ...]
    last_update_id: int
    event_ms: int


class LiveBook:
    """One symbol's book. Only what it shows while ``state`` is ``"live"`` is good; otherwise it shows nothing."""

    def __init__(self, style: Style, *, keep: int = 2000) -> None:
        """*keep*: most events buffered while a snapshot is awaited; of more, the oldest go."""
        self.style = style
        self.state: State = "empty"
        self.last_update_id = 0
        self.event_ms = 0
        """Venue time of the last event applied; 0 while there was none since the snapshot."""
        self.resyncs = 0
        """How often a good book was given up."""
        self.applied = 0
        """Events applied, over all resyncs."""
        self.cause = ""
        """Why the book was given up the last time."""
        self._futures = style == "futures"
        self._buffer: deque[DepthEvent] = deque(maxlen=keep)
        self._bids, self._asks = _nothing()
        self._begun = False
        """Whether an event was applied since the snapshot: futures continue by ``pu`` from then on."""
        self._tops: dict[int, Top] = {}
        self._counts: tuple[int, int] | None = None

    def diff(self, event: DepthEvent) -> Outcome:
        """Take the next event of the stream."""
        if self.state != "live":
            return self._hold(event)
        if self._is_old(event):
            if _begins_anew(event, self.event_ms):
                return self._missed(event, "the venue's update ids began anew")
            return Outcome.IGNORED
        if not self._follows(event):
            return self._missed(event, f"{self.last_update_id} was followed by {_start(event)}")
        return self._apply(event)

    def snapshot(self, depth: SnapshotLike, *, limit: int | None = None) -> Outcome:
        """Take a snapshot, for which the venue was asked with *limit* levels a side.

        A side with fewer levels than *limit* is whole. A live book has no use for a snapshot.
        """
        if self.state == "live":
            return Outcome.IGNORED
        waiting = list(self._buffer)
        if waiting and depth.last_update_id < self._oldest(waiting[0]):
            return Outcome.TOO_OLD  # step 4
        try:
            self._set(depth, limit)  # step 6
        except TransportError as error:
            return self._unreadable(error)
        self._buffer.clear()
        for number, event in enumerate(waiting, start=1):  # steps 5 and 7
            if self.diff(event) is Outcome.GAP:
                for later in waiting[number:]:
                    self._hold(later)
                return Outcome.GAP
        return Outcome.APPLIED

    def _oldest(self, first: DepthEvent) -> int:
        """The lowest ``lastUpdateId`` of a snapshot that *first* continues; spot's step 4 is taken to the letter."""
        return _before(first, self._futures) if self._futures else first.first_id

    def lost(self, why: str) -> None:
        """The stream has a hole or is gone: discard everything and begin again."""
        self._discard(why)

    def top(self, most: int) -> Top:
        """The best *most* levels a side, of those that are known; kept while nothing changes."""
        top = self._tops.get(most)
        if top is None:
            if len(self._tops) >= _TOPS_KEPT:
                self._tops.clear()
            bids, asks = self._bids.best(most), self._asks.best(most)
            top = self._tops[most] = Top(bids, asks, self.last_update_id, self.event_ms)
        return top

    def levels(self) -> tuple[int, int]:
        """How many bids and asks are known."""
        if self._counts is None:
            self._counts = len(self._bids), len(self._asks)
        return self._counts

    def known_to(self, side: Side) -> str | None:
        """The worst price up to which all levels of *side* are known; ``None``: all are."""
        return (self._bids if side == "bids" else self._asks).known_to()

    @property
    def kept(self) -> int:
        """Prices in memory on both sides."""
        return self._bids.kept + self._asks.kept

    @property
    def buffered(self) -> int:
        """Events that wait for a snapshot."""
        return len(self._buffer)

    def __repr__(self) -> str:
        return (
            f"<LiveBook {self.style} {self.state} at {self.last_update_id}, {self.resyncs} resyncs>"
        )

    def _hold(self, event: DepthEvent) -> Outcome:
        """Step 2. Only events without a hole between them are worth keeping."""
        if self.state == "empty":
            self.state = "buffering"
        buffer = self._buffer
        outcome = self._joins(buffer[-1], event) if buffer else Outcome.BUFFERED
        if outcome is Outcome.GAP:
            buffer.clear()
        if outcome is not Outcome.IGNORED:
            buffer.append(event)
        return outcome

    def _joins(self, newest: DepthEvent, event: DepthEvent) -> Outcome:
        """How *event* goes with the *newest* one in the buffer."""
        if event.last_id <= newest.last_id:
            anew = _begins_anew(event, newest.event_ms)
            return Outcome.GAP if anew else Outcome.IGNORED
        before = _before(event, self._futures)
        hole = before != newest.last_id if self._futures else before > newest.last_id
        return Outcome.GAP if hole else Outcome.BUFFERED

    def _is_old(self, event: DepthEvent) -> bool:
        """Step 7.1 (futures: 4). With ``u`` equal to the book's id there is nothing new in an event, but on futures
        the first one processed may be such a one."""
        if event.last_id == self.last_update_id:
            return self._begun or not self._futures
        return event.last_id < self.last_update_id

    def _follows(self, event: DepthEvent) -> bool:
        """Whether nothing was missed between the book and *event*.

        Spot: step 7.1. Futures: step 6, and for the first one step 5; there an event whose ``pu`` is not after
        ``lastUpdateId`` will also do, since by the meaning of ``pu`` the book did not change between the two.
        """
        before = _before(event, self._futures)
        if self._futures and self._begun:
            return before == self.last_update_id
        return before <= self.last_update_id

    def _apply(self, event: DepthEvent) -> Outcome:
        """Steps 7.2 and 7.3."""
        try:
            self._bids.apply(event.bids)
            self._asks.apply(event.asks)
        except TransportError as error:
            return self._unreadable(error)
        self.last_update_id = event.last_id
        self.event_ms = event.event_ms
        self.applied += 1
        self._begun = True
        self._counts = None
        if self._tops:
            self._tops = {}
        return Outcome.APPLIED

    def _set(self, depth: SnapshotLike, limit: int | None) -> None:
        both = (depth.bids, depth.asks)
        bids, asks = ([(level.price_text, level.quantity_text) for level in side] for side in both)
        self._bids = BookSide(bids, best="highest", whole=_whole(bids, limit))
        self._asks = BookSide(asks, best="lowest", whole=_whole(asks, limit))
        self.last_update_id = depth.last_update_id
        self.event_ms = 0
        self._begun = False
        self._tops, self._counts = {}, None
        self.state = "live"

    def _missed(self, event: DepthEvent, why: str) -> Outcome:
        self._discard(why)
        self._buffer.append(event)
        return Outcome.GAP

    def _unreadable(self, error: TransportError) -> Outcome:
        self._discard(error.message)
        return Outcome.GAP

    def _discard(self, why: str) -> None:
        if self.state == "live":
            self.resyncs += 1
        if self.state != "empty":
            self.state, self.cause = "resyncing", why
        self._buffer.clear()
        self._bids, self._asks = _nothing()
        self.last_update_id = self.event_ms = 0
        self._tops, self._counts = {}, None


def _nothing() -> tuple[BookSide, BookSide]:
    return BookSide((), best="highest"), BookSide((), best="lowest")


def _whole(side: Sequence[Row], limit: int | None) -> bool:
    return limit is not None and len(side) < limit


def _before(event: DepthEvent, futures: bool) -> int:
    """The update id that a book has to have for *event* to come next."""
    if futures and event.previous_id is not None:
        return event.previous_id
    return event.first_id - 1


def _begins_anew(event: DepthEvent, newest_ms: int) -> bool:
    """Whether an *event* with an old id is no duplicate, since the venue sent it long after the newest one."""
    return bool(newest_ms) and event.event_ms - newest_ms > _LATE_MS


def _start(event: DepthEvent) -> str:
    if event.previous_id is None:
        return str(event.first_id)
    return f"{event.first_id} after {event.previous_id}"
