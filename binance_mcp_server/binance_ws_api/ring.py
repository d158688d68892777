"""One stream's memory: the newest entries, bounded in number and bytes, each with a place that never changes. Pure.

Places count from 0 since the stream began. The oldest leave when there is no room, many at a time, since each parting
is told to all readers; who keeps places (a reader) sees by them what it missed.
"""

from binance_mcp_server.binance_ws_api.sequence import Entry

NOMINAL_BYTES = 200
"""What an entry counts that is not a frame."""
_COMPACT_FROM = 512
_SLACK = 4


class Ring:
    """The newest entries of a stream: always ``max_records`` of them, and up to a sixteenth more, unless they are more
    than ``max_bytes``."""

    __slots__ = ("_bytes", "_entries", "_first", "_head", "max_bytes", "max_records", "mixed")

    def __init__(self, max_records: int, max_bytes: int) -> None:
        self.max_records = max_records
        self.max_bytes = max_bytes
        self._entries: list[Entry] = []
        self._head = 0
        """Entries before it have left, and wait to be cleared away together."""
        self._first = 0
        self._bytes = 0
        self.mixed = False
        """Whether anything but frames was ever put in."""

    def __len__(self) -> int:
        return len(self._entries) - self._head

    @property
    def first(self) -> int:
        """Place of the oldest entry kept."""
        return self._first

    @property
    def next(self) -> int:
        """Place of the entry that comes next."""
        return self._first + len(self._entries) - self._head

    @property
    def size(self) -> int:
        """Bytes kept."""
        return self._bytes

    def extend(self, entries: list[Entry] | list[bytes]) -> list[Entry]:
        """Put *entries* at the end. Gives those that had to leave, oldest first; the newest entry always stays."""
        self._entries += entries
        try:
            self._bytes += sum(map(len, entries))  # type: ignore[arg-type]
        except TypeError:
            self.mixed = True
            self._bytes += _weight(entries)
        count, most = len(self._entries) - self._head, self.max_records
        if self._bytes <= self.max_bytes and count <= most + (most >> _SLACK):
            return []
        return self._evict()

    def resize(self, max_records: int, max_bytes: int) -> list[Entry]:
        """Change the bounds; gives what had to leave."""
        self.max_records, self.max_bytes = max_records, max_bytes
        return self._evict()

    def _evict(self) -> list[Entry]:
        entries, head = self._entries, self._head
        end = max(head, len(entries) - self.max_records)
        left = entries[head:end]
        self._bytes -= _weight(left)
        room = self.max_bytes
        if self._bytes > room:
            room -= room >> _SLACK
        while self._bytes > room and end < len(entries) - 1:
            left.append(entries[end])
            self._bytes -= _weight(entries[end : end + 1])
            end += 1
        self._first += len(left)
        self._head = end
        if end > _COMPACT_FROM and end * 4 > len(entries):
            del entries[:end]
            self._head = 0
        else:
            entries[head:end] = [b""] * (end - head)  # let go of the bytes at once
        return left

    def read(self, place: int, limit: int) -> list[Entry]:
        """At most *limit* entries from *place* on, or from the oldest kept if that is later."""
        start = self._head + max(0, place - self._first)
        return self._entries[start : start + limit]

    def newest(self, count: int) -> list[Entry]:
        """The newest *count* entries, oldest first."""
        return self._entries[max(self._head, len(self._entries) - count) :]


def _weight(entries: list[Entry] | list[bytes]) -> int:
    try:
        return sum(map(len, entries))  # type: ignore[arg-type]
    except TypeError:
        return sum(len(each) if isinstance(each, bytes) else NOMINAL_BYTES for each in entries)
