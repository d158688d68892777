"""One stream as it arrives: frames in, order checked, entries kept, readers woken. No I/O, no clock: times are given.

Frames are kept as they came and decoded when somebody reads. Only where an eager consumer listens is each frame
decoded on arrival, and its order read from the decoded value.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any, Literal

import msgspec

from binance_mcp_server.binance_ws_api.decode import all_reader, number_in, reader, single
from binance_mcp_server.binance_ws_api.headers import Updates
from binance_mcp_server.binance_ws_api.id_sequence import IdSequence
from binance_mcp_server.binance_ws_api.kinds import Spec
from binance_mcp_server.binance_ws_api.ring import Ring
from binance_mcp_server.binance_ws_api.sequence import Entry
from binance_mcp_server.binance_ws_api.sequences import sequence_for
from binance_mcp_server.binance_ws_api.update_sequence import UpdateSequence
from binance_mcp_server.errors import BinanceMcpError
from binance_mcp_server.models.events import Gap, Record

log = logging.getLogger(__name__)

State = Literal["connecting", "live", "reconnecting", "stale", "refused"]
Listener = Callable[[Sequence[Record]], None]
"""Takes records in order, at once; must be quick and must not raise."""
Evicted = Callable[[list[Entry], int], None]
"""Takes entries that had to leave, and the place of the first."""

SMALLEST_BYTES = 1 << 20
LARGEST_BYTES = 256 << 20
_BYTES_A_RECORD = 2048
_RATE_MEMORY = 0.9
_NEWEST = 8
"""Entries among which one tells a time, if any does: gaps tell none."""
_MOST_UNREADABLE = 1_000


def room_for(records: int) -> int:
    """Bytes that a ring of *records* may hold."""
    return min(max(records * _BYTES_A_RECORD, SMALLEST_BYTES), LARGEST_BYTES)


class Stream:
    """One stream of the venue, shared by all who want it."""

    def __init__(self, spec: Spec, buffer: int) -> None:
        self.spec = spec
        self.name = spec.name
        self.state: State = "connecting"
        self.sequence = sequence_for(spec)
        self.ring = Ring(buffer, room_for(buffer))
        self.received = 0
        self.bytes_received = 0
        self.reconnects = 0
        self.first_frame = False
        self.faults = 0
        """Times that a listener raised."""
        self.repairing = False
        self.heard_at = 0.0
        """Monotonic seconds of the newest frame."""
        self.rate = 0.0
        """Frames a second while they came, smoothed: a silence does not lower it before it ends."""
        self.refusal: BinanceMcpError | None = None
        """Why the venue does not give it, where it is refused."""
        self.listeners: list[Listener] = []
        self.on_evicted: list[Evicted] = []
        self.on_records: list[Callable[[], None]] = []
        """Called after each addition: readers that wait, resources that tell."""
        self.on_parked: Callable[[Stream], None] | None = None
        """Called when frames wait for something before them."""
        self.read = reader(spec)
        self._one = single(spec) if not spec.many else None
        self._read_all = all_reader(spec)
        self._number_in = number_in(spec)
        self._counted = 0
        self._quiet = 0.0
        self._known_unreadable: set[int] = set()

    def __repr__(self) -> str:
        return f"<{self.spec.market} {self.name} {self.state}: {self.received} received, {len(self.ring)} kept>"

    @property
    def stale(self) -> bool:
        """Whether it has been silent for longer than its pace explains."""
        return self.state == "stale"

    @property
    def duplicates(self) -> int:
        return self.sequence.duplicates

    @property
    def reordered(self) -> int:
        return self.sequence.reordered

    @property
    def repaired(self) -> int:
        return self.sequence.repaired

    @property
    def gaps(self) -> int:
        return self.sequence.gaps

    @property
    def malformed(self) -> int:
        return self.sequence.malformed

    @property
    def last_event_ms(self) -> int:
        """Venue time of the newest record; 0 where it has none."""
        for entry in reversed(self.ring.newest(_NEWEST)):
            times = [_time_of(record) for record in self.decode(entry)]
            if any(times):
                return max(times)
        return 0

    def take(self, frames: list[bytes], now: float) -> None:
        """Frames of this stream, in the order of their arrival; *now*: monotonic seconds."""
        self.received += len(frames)
        self.heard_at = now
        if self.listeners:
            self._take_eagerly(frames, now)
        else:
            entries = self.sequence.take(frames, now)
            if entries:
                self._keep(entries)
        if self.sequence.parked and self.on_parked is not None:
            self.on_parked(self)
        self.first_frame = True
        if self.state != "live":
            self.state = "live"

    def take_run(self, frames: list[bytes], now: float) -> bool:
        """:meth:`take`, if a glance shows that all of *frames* are of this stream and follow; else nothing is done."""
        if self.listeners or not self.sequence.goes_on(frames, now):
            return False
        self.received += len(frames)
        self.heard_at = now
        self._keep(frames)
        if self.state != "live":
            self.state = "live"
        return True

    def _take_eagerly(self, frames: list[bytes], now: float) -> None:
        """Decode each frame once, for its order and for who listens."""
        one = self._one
        try:
            records: list[Any] = self._read_all(frames)
            good = frames
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            good, records = self._readable(frames)
        entries = self._in_order(good, records, now)
        if not entries:
            return
        self._keep(entries)
        if entries is good and one:
            self._tell(records)
        else:
            self._tell([record for entry in entries for record in self.decode(entry)])

    def _readable(self, frames: list[bytes]) -> tuple[list[bytes], list[Any]]:
        """Those that can be decoded, and what they say; the others are counted as malformed."""
        records: list[Any] = []
        good: list[bytes] = []
        for frame in frames:
            try:
                records.append(self._one(frame) if self._one else self.read(frame))
            except msgspec.DecodeError:
                self.sequence.spoilt(frame)
            else:
                good.append(frame)
        return good, records

    def _in_order(self, frames: list[bytes], records: list[Any], now: float) -> list[Any]:
        sequence = self.sequence
        if isinstance(sequence, IdSequence) and self._one:
            return sequence.take_numbered(frames, [record.id for record in records], now)
        if isinstance(sequence, UpdateSequence):
            marks = [Updates(each.first_id, each.last_id, each.previous_id) for each in records]
            return sequence.take_marked(frames, marks, now)
        return sequence.take(frames, now)

    def add(self, entries: list[Entry]) -> None:
        """Entries that the sequence gave otherwise than for frames: repaired ones, gaps, and what waited for them."""
        if not entries:
            return
        self._keep(entries)
        if self.listeners:
            self._tell([record for entry in entries for record in self.decode(entry)])

    def _keep(self, entries: list[Entry] | list[bytes]) -> None:
        left = self.ring.extend(entries)
        if left:
            first = self.ring.first - len(left)
            for tell in self.on_evicted:
                tell(left, first)
        for wake in tuple(self.on_records):
            wake()

    def _tell(self, records: Sequence[Record]) -> None:
        for listener in tuple(self.listeners):
            try:
                listener(records)
            except Exception:  # its own defect, and no reason for the others to miss anything
                self.faults += 1
                if self.faults & (self.faults - 1) == 0:  # the 1st, 2nd, 4th …: no flood of logs
                    log.exception("a listener of %r failed (%d times)", self, self.faults)

    def decode(self, entry: Entry) -> Sequence[Record]:
        """The records of *entry*; one that cannot be read is a gap of its own."""
        if not isinstance(entry, bytes):
            return (entry,)
        try:
            return self.read(entry)
        except msgspec.DecodeError:
            return (self._unreadable(entry),)

    def _unreadable(self, frame: bytes) -> Gap:
        """What *frame* held is lost, though its place in the order was known; counted when it is found out."""
        if hash(frame) not in self._known_unreadable:
            if len(self._known_unreadable) >= _MOST_UNREADABLE:
                self._known_unreadable.clear()
            self._known_unreadable.add(hash(frame))
            self.sequence.spoilt(frame)
            self.sequence.gaps += 1
        first, last = self.sequence.span(frame) or (0, 0)
        return Gap(first, last, "a malformed frame", 0)

    def span(self, entry: Entry) -> tuple[int, int] | None:
        """The numbers of *entry*, as ranges name them; ``None`` for a gap, or where it has none."""
        if isinstance(entry, bytes):
            return self.sequence.span(entry)
        if isinstance(entry, Gap):
            return None
        number = self._number_in(entry)
        return number, number

    def tail(self, seconds: float | None = None, most: int | None = None) -> Iterator[Record]:
        """The newest records kept, oldest first; *seconds* of venue time, *most* entries. Decoded as it goes."""
        entries = self.ring.newest(len(self.ring) if most is None else most)
        start = 0
        if seconds is not None and entries:
            since = self.last_event_ms - int(seconds * 1000)
            start = _first_since(entries, since, self.decode)
        for entry in islice(entries, start, None):
            yield from self.decode(entry)

    def resize(self, buffer: int) -> None:
        """Keep at most *buffer* entries from now on."""
        left = self.ring.resize(buffer, room_for(buffer))
        if left:
            for tell in self.on_evicted:
                tell(left, self.ring.first - len(left))

    def measure(self, seconds: float) -> None:
        """Note the pace; to be called about once a second with the time since the last call."""
        fresh, self._counted = self.received - self._counted, self.received
        self._quiet += seconds
        if fresh:
            memory = _RATE_MEMORY**self._quiet if self.rate else 0.0
            self.rate = memory * self.rate + (1 - memory) * fresh / self._quiet
            self._quiet = 0.0


def _time_of(record: Record) -> int:
    return 0 if isinstance(record, Gap) else record.event_ms


def _first_since(
    entries: list[Entry], since_ms: int, decode: Callable[[Entry], Sequence[Record]]
) -> int:
    """Index of the first entry at *since_ms* or later; entries are in order of time, but for those that have none."""
    low, high = 0, len(entries)
    while low < high:
        middle = timed = (low + high) // 2
        newest = 0
        while timed < high and not (
            newest := max(map(_time_of, decode(entries[timed])), default=0)
        ):
            timed += 1
        if newest and newest < since_ms:
            low = timed + 1
        else:
            high = middle
    return low
