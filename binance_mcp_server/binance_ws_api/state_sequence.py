"""Streams whose events each say the whole state: tickers, best prices, partial books; and those that say nothing of
their order. Pure."""

from collections import deque
from operator import lt
from typing import Final

from binance_mcp_server.binance_ws_api.headers import FrameError, NumberReader
from binance_mcp_server.binance_ws_api.sequence import Entry, Sequence

_RECENT: Final = 4096
"""Frames among which the same one is looked for: while one connection takes over from another, a busy stream may be
that far ahead on one of them."""


class RisingSequence(Sequence):
    """A number that only rises; an older frame says nothing that a newer one does not."""

    def __init__(self, marker: bytes) -> None:
        super().__init__()
        self._reader = NumberReader(marker)

    def _number(self, frame: bytes) -> int:
        return self._reader.one(frame)

    def take(self, frames: list[bytes], now: float) -> list[Entry] | list[bytes]:
        run = None if self._cause else self._reader.rising(frames)
        if run is not None and (self.last is None or run[0] > self.last):
            self.last = run[1]
            self._renew(now)
            return frames
        try:
            numbers = self._reader.all(frames)
        except FrameError:
            frames, numbers = self.readable(frames)
        return self.take_numbered(frames, numbers, now)

    def take_numbered(
        self, frames: list[bytes], numbers: list[int], now: float
    ) -> list[Entry] | list[bytes]:
        """:meth:`take` for one who has decoded the frames already."""
        last = self.last
        if (
            numbers
            and not self._cause
            and (last is None or numbers[0] > last)
            and (len(numbers) == 1 or all(map(lt, numbers, numbers[1:])))
        ):
            self.last = numbers[-1]
            self._newest_at = now
            self._old_run = 0
            return frames
        given: list[Entry] = []
        for frame, number in zip(frames, numbers, strict=True):
            self._sort_in(frame, number, now, given)
        return given

    def _sort_in(self, frame: bytes, number: int, now: float, given: list[Entry]) -> None:
        last = self.last
        if last is not None and number <= last:
            self.duplicates += number == last
            self.reordered += number != last
            if not self._begins_anew(number, now):
                return
            given.append(self._anew(number, last))
        elif self._cause and last is not None and number > last + 1:
            given.append(self._gap(last + 1, number - 1, self._cause))
        given += self._unheard(number - 1)
        self.last = number
        given.append(frame)
        self._renew(now)


class LooseSequence(Sequence):
    """Nothing to check but that the same frame does not come twice."""

    def __init__(self) -> None:
        super().__init__()
        self._reader = NumberReader(b'"E":')
        self._recent: deque[int] = deque(maxlen=_RECENT)
        self._known: set[int] = set()

    def _number(self, frame: bytes) -> int:
        return self._reader.one(frame)

    def take(self, frames: list[bytes], _now: float) -> list[Entry]:
        given: list[Entry] = []
        for frame in frames:
            mark = hash(frame)
            if mark in self._known:
                self.duplicates += 1
                continue
            if len(self._recent) == _RECENT:
                self._known.discard(self._recent[0])
            self._recent.append(mark)
            self._known.add(mark)
            self._note(frame, given)
            given.append(frame)
        return given

    def _note(self, frame: bytes, given: list[Entry]) -> None:
        """Note the frame's time; tell the gap since the last one where there was an interruption."""
        last = self.last
        number = self.number(frame) or last or 0
        if self._cause and last is not None:
            given.append(self._gap(last, max(number, last), self._cause))
        given += self._unheard(number)
        self.last = number
