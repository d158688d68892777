"""One caller's view of a stream: several readers, each with its place, and what nobody read in time."""

import asyncio
import itertools
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, overload

from binance_mcp_server.binance_ws_api.kinds import Spec
from binance_mcp_server.binance_ws_api.losses import Losses, Range, Seen, runs_of
from binance_mcp_server.binance_ws_api.sequence import Entry
from binance_mcp_server.binance_ws_api.stream import Stream
from binance_mcp_server.clock import Clock
from binance_mcp_server.models.events import Record

log = logging.getLogger(__name__)

MOST_READERS: Final = 32
"""Of one subscription; the one that read longest ago is forgotten first. Its cursor still works."""


class Place(NamedTuple):
    """Where a reader goes on; it travels in a cursor."""

    reader: int
    at: int
    row: int = 0
    """Events of the frame at *at* that were read already; frames of all-market streams hold many."""


class _SimplePlaces(Sequence[Place]):
    """Places of frames with one event each, made when asked for."""

    def __init__(self, reader: int, start: int, count: int) -> None:
        self._reader, self._start, self._count = reader, start, count

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> Place: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Place]: ...
    def __getitem__(self, index: int | slice) -> Place | Sequence[Place]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(self._count))]
        if not -self._count <= index < self._count:
            raise IndexError(index)
        return Place(self._reader, self._start + index % self._count + 1)


@dataclass(slots=True)
class Batch:
    """What a read gave."""

    records: list[Record]
    places: Sequence[Place]
    """After each record: where to go on from there."""
    next: Place
    dropped: int
    """Records that this reader will never see: they left before anybody had read them, or before it came back."""
    dropped_ranges: list[Range]
    gaps_unrepaired: int
    """Since the subscription."""
    ranges_merged: bool = False
    """Whether old ranges were joined over what lay between."""


@dataclass(slots=True)
class _Reader:
    told: int
    """Everything before this place it has, or is in its losses."""
    losses: Losses
    used: int = 0
    handed: tuple[int, int] = (0, 0)
    """The places of its last batch; that it has arrived is proved when the reader goes on from there."""


@dataclass(slots=True, eq=False)
class Subscription:
    """What ``subscribe_stream`` gives; counters run since then."""

    id: str
    stream: Stream
    buffer: int
    created_ms: int
    """By this machine's clock, ms since the epoch."""
    clock: Clock
    closed: str = ""
    """Why it is closed; empty while it is open."""
    read_at: float = 0.0
    """Monotonic seconds of the last read."""
    delivered: int = 0
    """Records handed out; those that are asked for again count again."""
    on_closed: list[Callable[[], None]] = field(default_factory=list)
    """Called once when it closes."""
    _readers: dict[int, _Reader] = field(default_factory=dict)
    _names: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    _uses: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    _newest_name: int = 0
    _waiters: set["asyncio.Future[None]"] = field(default_factory=set)
    _seen: Seen = field(default_factory=Seen)
    _since: int = 0
    _born: float = 0.0
    _gaps_before: int = 0
    _losses: Losses = field(init=False)
    """What left before anybody had read it."""
    _gone: Losses = field(init=False)
    """All that left."""

    def __post_init__(self) -> None:
        self.read_at = self._born = self.clock.monotonic()
        self._since = self.stream.ring.next
        self._gaps_before = self.stream.gaps
        self._losses = Losses(by_id=self.spec.rule == "ids")
        self._gone = self._losses.copy()
        self.stream.on_evicted.append(self._evicted)
        self.stream.on_records.append(self._wake)

    def __repr__(self) -> str:
        return f"<{self.id} {self.stream!r}>"

    @property
    def spec(self) -> Spec:
        return self.stream.spec

    @property
    def dropped(self) -> int:
        """Records that left the ring before anybody had read them."""
        return self._losses.count

    @property
    def dropped_ranges(self) -> list[Range]:
        return self._losses.ranges

    @property
    def gaps_unrepaired(self) -> int:
        return self.stream.gaps - self._gaps_before

    @property
    def age(self) -> float:
        """Seconds since the subscription."""
        return self.clock.monotonic() - self._born

    @property
    def kept(self) -> int:
        """Entries of the ring that came since the subscription."""
        return self.stream.ring.next - max(self.stream.ring.first, self._since)

    @property
    def overflowed(self) -> bool:
        """Whether entries that came since the subscription have left the ring."""
        return self.stream.ring.first > self._since

    def later(self, place: Place) -> int:
        """Entries of the ring from *place* on."""
        return max(0, self.stream.ring.next - place.at)

    def release(self, why: str) -> None:
        """Let go of the stream; who waits is woken."""
        self.closed = why
        self.stream.on_evicted.remove(self._evicted)
        self.stream.on_records.remove(self._wake)
        self._wake()
        for tell in tuple(self.on_closed):
            try:
                tell()
            except Exception:  # whoever listens badly must not keep the stream from ending
                log.exception("a listener of %r failed at its end", self)

    def touch(self) -> None:
        """Somebody looked at it, though not through :meth:`read`."""
        self.read_at = self.clock.monotonic()

    def read(self, place: Place | None, limit: int) -> Batch:
        """Up to *limit* records from *place* on; a new reader begins at the oldest kept. Never waits.

        A reader that comes back to a place within its last batch has got no further: the rest counts as not read.
        """
        self.read_at = self.clock.monotonic()
        oldest = max(self.stream.ring.first, self._since)
        if place is None or not 0 < place.reader <= self._newest_name:
            at = oldest if place is None else place.at
            place = Place(self._name(), at, place.row if place else 0)
        reader = self._readers.get(place.reader) or self._open(place)
        self._come_back(reader, place.at, oldest)
        start = min(max(place.at, oldest), self.stream.ring.next)
        row = place.row if start == place.at else 0
        batch = self._batch(place.reader, start, row, limit, reader.losses)
        reader.used = next(self._uses)
        reader.handed = start, batch.next.at + (1 if batch.next.row else 0)
        self.delivered += len(batch.records)
        return batch

    def _name(self) -> int:
        self._newest_name = next(self._names)
        return self._newest_name

    def _open(self, place: Place) -> _Reader:
        """A new reader, or one that was forgotten: it takes what nobody has read before its place for lost."""
        while len(self._readers) >= MOST_READERS:
            oldest = min(self._readers, key=lambda each: self._readers[each].used)
            self._seen.add(*self._readers.pop(oldest).handed)
        at = max(place.at, self._since)
        losses = Losses(by_id=self.spec.rule == "ids")
        losses.extend(self._losses.between(0, at))
        reader = self._readers[place.reader] = _Reader(at, losses)
        return reader

    def _come_back(self, reader: _Reader, at: int, oldest: int) -> None:
        """What was handed out before *at* has arrived; what left between that and *oldest* is lost for it."""
        start, end = reader.handed
        self._seen.add(start, min(end, at) if at > start else start)
        reader.handed = 0, 0
        reader.told = max(reader.told, min(at, self.stream.ring.next))
        reader.losses.extend(self._gone.between(reader.told, oldest))
        reader.told = max(reader.told, oldest)

    def _batch(self, reader: int, start: int, row: int, limit: int, losses: Losses) -> Batch:
        stream = self.stream
        entries = stream.ring.read(start, limit)
        records: list[Record] = []
        places: Sequence[Place]
        if stream.spec.many:
            places, end = self._several(Place(reader, start, row), limit, entries, records)
        else:
            for entry in entries:
                records += stream.decode(entry)
            places = _SimplePlaces(reader, start, len(entries))
            end = Place(reader, start + len(entries))
        return Batch(
            records,
            places,
            end,
            losses.count,
            losses.ranges,
            self.gaps_unrepaired,
            losses.merged,
        )

    def _several(
        self, begin: Place, limit: int, entries: list[Entry], records: list[Record]
    ) -> tuple[list[Place], Place]:
        """Read frames that hold many events into *records*, and stop within one where the limit is reached; the place
        after each event, and where to go on."""
        places: list[Place] = []
        here = begin
        for entry in entries:
            found = self.stream.decode(entry)
            taken = found[here.row : here.row + limit - len(records)]
            records += taken
            places += [here._replace(row=here.row + index) for index in range(1, len(taken) + 1)]
            if here.row + len(taken) < len(found):
                return places, here._replace(row=here.row + len(taken))
            here = Place(here.reader, here.at + 1)
            if taken:
                places[-1] = here
        return places, here

    async def wait(self, place: Place, seconds: float) -> bool:
        """Until there is a record at *place* or after it, at most *seconds*; ``False`` when there is none."""
        self.read_at = self.clock.monotonic()
        deadline = self.read_at + seconds
        while not self.closed and self.stream.ring.next <= place.at:
            left = deadline - self.clock.monotonic()
            if left <= 0:
                return False
            await self._woken(left)
        self.read_at = self.clock.monotonic()
        return self.stream.ring.next > place.at

    async def _woken(self, seconds: float) -> None:
        """Until something was added, or *seconds* have passed."""
        woken = asyncio.get_running_loop().create_future()
        self._waiters.add(woken)
        alarm = asyncio.ensure_future(self.clock.sleep(seconds))
        try:
            await asyncio.wait({woken, alarm}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            alarm.cancel()
            self._waiters.discard(woken)

    @property
    def waiting(self) -> bool:
        """Whether somebody waits for a record now."""
        return bool(self._waiters)

    def _wake(self) -> None:
        for woken in self._waiters:
            if not woken.done():
                woken.set_result(None)

    def _evicted(self, entries: list[Entry], first: int) -> None:
        """Note what left, and what of it nobody has read. Readers find out what they missed when they come back."""
        start, end = max(first, self._since), first + len(entries)
        if start >= end:
            return
        for reader in self._readers.values():
            self._seen.add(reader.handed[0], min(reader.handed[1], end))
        unseen = self._seen.unseen(start, end)
        cuts = {start, end}.union(*unseen, (each.handed[1] for each in self._readers.values()))
        places = sorted(place for place in cuts if start <= place <= end)
        for begin, stop in itertools.pairwise(places):
            left = entries[begin - first : stop - first]
            runs = runs_of(
                left,
                begin,
                self.stream.span,
                by_id=self.spec.rule == "ids",
                plain=not self.stream.ring.mixed,
            )
            self._gone.extend(runs)
            if any(low <= begin < high for low, high in unseen):
                self._losses.extend(runs)
