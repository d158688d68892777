"""Frames of one connection, handed to their streams in the order of their arrival. Pure; the hottest loop of all.

A burst is sorted by stream first, so that each stream checks all of its frames at once.
"""

import logging
import re
from collections.abc import Iterator
from itertools import chain
from operator import itemgetter
from typing import Final

import msgspec

from binance_mcp_server.binance_ws_api.headers import NAME_AT
from binance_mcp_server.binance_ws_api.stream import Stream

log = logging.getLogger(__name__)

FAILED: Final = "this server failed on what came"


class _Envelope(msgspec.Struct):
    stream: str
    data: msgspec.Raw


_envelope = msgspec.json.Decoder(_Envelope)
_HEAD: Final = slice(NAME_AT, NAME_AT + 28)
"""Enough of a frame for most names and the quote behind them."""
_DIGIT: Final = re.compile(rb"\d")
_MOST_HEADS: Final = 8_192


def usual_form(frame: bytes) -> bytes | None:
    """A data frame with its envelope as the venue usually writes it; ``None`` when it is no data of a stream."""
    try:
        found = _envelope.decode(frame)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return b'{"stream":"%b","data":%b}' % (found.stream.encode(), bytes(found.data))


class Dispatcher:
    """The streams of one endpoint by their names on the wire."""

    def __init__(self) -> None:
        self._streams: dict[bytes, Stream] = {}
        self._bins: dict[bytes, list[bytes]] = {}
        self._names: dict[bytes, bytes] = {}
        """Names by heads: searching each frame for where its name ends would take a third longer."""
        self._muted: dict[bytes, Stream] = {}
        self.strangers = 0
        """Data frames of streams that nobody here asked for."""
        self.faults = 0
        """Bursts that a stream failed on."""

    def __len__(self) -> int:
        return len(self._streams) + len(self._muted)

    def __iter__(self) -> Iterator[Stream]:
        return chain(self._streams.values(), self._muted.values())

    def get(self, name: str) -> Stream | None:
        key = name.encode()
        return self._streams.get(key) or self._muted.get(key)

    def add(self, stream: Stream, *, muted: bool = False) -> None:
        """*muted*: its frames are nobody's until it is heard."""
        self.remove(stream.name)
        self._muted[stream.name.encode()] = stream
        if not muted:
            self.hear(stream)

    def hear(self, stream: Stream) -> None:
        """Hand over what comes of *stream* from now on."""
        key = stream.name.encode()
        if self._muted.pop(key, None) is not None:
            self._streams[key] = stream
            self._bins[key] = []

    def remove(self, name: str) -> None:
        key = name.encode()
        for each in (self._streams, self._bins, self._muted):
            each.pop(key, None)

    def deliver(self, frames: list[bytes], now: float) -> list[bytes]:
        """Hand *frames* over; gives those that are no data of a stream known here: replies and news of the venue."""
        if frames and self._take_run(frames, now):
            return []
        bins, touched, others = self._bins, [], []
        bin_of, name_of, search = bins.get, self._names.get, self._name
        for frame in frames:
            name = name_of(frame[_HEAD]) or search(frame)
            found = bin_of(name)
            if found is None:
                others.append(frame)
                continue
            if not found:
                touched.append(name)
            found.append(frame)
        for name in touched:
            stream = self._streams.get(name)
            if stream is not None and (batch := bins[name]):  # a listener may have given it up
                bins[name] = []
                try:
                    stream.take(batch, now)
                except Exception as defect:  # noqa: BLE001 - ours; it must not take the others' frames along
                    self._failed(stream, defect)
        return others

    def _name(self, frame: bytes) -> bytes:
        """The name of the stream in *frame*, remembered by its head where that has no number of the data in it."""
        head = frame[_HEAD]
        name, quote, behind = head.partition(b'"')
        if not quote:
            return frame[NAME_AT : frame.find(b'"', NAME_AT)]
        if name in self._bins and not _DIGIT.search(behind) and len(self._names) < _MOST_HEADS:
            self._names[head] = name
        return name

    def _failed(self, stream: Stream, defect: Exception) -> None:
        """What came on *stream* could not be taken, wholly or in part: it says so itself."""
        self.faults += 1
        if self.faults & (self.faults - 1) == 0:  # the 1st, 2nd, 4th …: no flood of logs
            log.error("frames of %r were not taken", stream, exc_info=defect)
        stream.sequence.interrupted(FAILED)

    def _take_run(self, frames: list[bytes], now: float) -> bool:
        """Hand *frames* over at once if all are of one stream: a busy one fills whole bursts. Loops in C tell."""
        first = frames[0]
        end = first.find(b'"', NAME_AT) + 1
        head = first[:end]
        if end <= NAME_AT or not frames[-1].startswith(head):
            return False
        stream = self._streams.get(head[NAME_AT:-1])
        if stream is None:
            return False
        if stream.take_run(frames, now):
            return True
        if b"".join(map(itemgetter(slice(end)), frames)) != head * len(frames):
            return False
        stream.take(frames, now)
        return True
