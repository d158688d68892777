"""Depth updates: ranges of update ids that join. Pure."""

from operator import le
from typing import Final

from binance_mcp_server.binance_ws_api import headers
from binance_mcp_server.binance_ws_api.headers import FrameError, Updates, UpdatesReader
from binance_mcp_server.binance_ws_api.sequence import ANEW, Entry, Hole, Sequence

_AT_ONCE: Final = 4
"""Frames from which reading them together is quicker than one by one."""


class UpdateSequence(Sequence):
    """Depth updates: spot by ``U == previous u + 1``, futures by ``pu == previous u``. They cannot be fetched."""

    def __init__(self) -> None:
        super().__init__()
        self._reader = UpdatesReader()
        self._parked: dict[int, tuple[Updates, bytes]] = {}
        self._since = 0.0

    @property
    def hole(self) -> Hole | None:
        if not self._parked or self.last is None:
            return None
        return Hole(self.last + 1, max(min(self._parked) - 1, self.last + 1), self._since)

    @property
    def parked(self) -> int:
        return len(self._parked)

    def _number(self, frame: bytes) -> int:
        return headers.updates(frame).last

    def span(self, frame: bytes) -> tuple[int, int] | None:
        try:
            mark = headers.updates(frame)
        except FrameError:
            return None
        return mark.first, mark.last

    def take(self, frames: list[bytes], now: float) -> list[Entry] | list[bytes]:
        if len(frames) >= _AT_ONCE and self._all_join(frames):
            self._renew(now)
            return frames
        try:
            marks = list(map(headers.updates, frames))
        except FrameError:
            frames, _ = self.readable(frames)
            marks = list(map(headers.updates, frames))
        return self.take_marked(frames, marks, now)

    def take_marked(
        self, frames: list[bytes], marks: list[Updates], now: float
    ) -> list[Entry] | list[bytes]:
        """:meth:`take` for one who has decoded the frames already."""
        if not (self._parked or self._cause) and self._all_follow(marks):
            self._renew(now)
            return frames
        given: list[Entry] = self._unheard(marks[0].first - 1) if marks else []
        for frame, mark in zip(frames, marks, strict=True):
            self._sort_in(frame, mark, now, given)
        return given

    def _all_join(self, frames: list[bytes]) -> bool:
        """Whether each begins right where the one before it ends, as they nearly always do; then all are taken."""
        last = self.last
        if last is None or self._parked or self._cause:
            return False
        columns = self._reader.columns(frames)
        if columns is None:
            return False
        firsts, lasts, *previous = columns
        if previous:
            joined = previous[0] == [last, *lasts[:-1]]
        else:
            joined = firsts == [each + 1 for each in (last, *lasts[:-1])] and all(
                map(le, firsts, lasts)
            )
        if joined:
            self.last = lasts[-1]
        return joined

    def _all_follow(self, marks: list[Updates]) -> bool:
        """Whether they join one after the other; then all of them are taken."""
        before = self.last
        for mark in marks:
            if not self._follows(mark):
                self.last = before
                return False
            self.last = mark.last
        return True

    def _follows(self, mark: Updates) -> bool:
        last = self.last
        if last is None:
            return True
        if mark.previous is not None:
            return mark.previous == last
        return mark.first <= last + 1 <= mark.last

    def _sort_in(self, frame: bytes, mark: Updates, now: float, given: list[Entry]) -> None:
        last = self.last
        if self._follows(mark):
            self.last = mark.last
            given.append(frame)
            self._renew(now)
            if self._parked:
                self.reordered += 1
                self._release(given)
                self._since = now
        elif last is not None and mark.last <= last:
            self.duplicates += 1
            if self._begins_anew(mark.first, now):
                while self._parked:
                    given += self.give_up(ANEW, 0)
                given += [self._anew(mark.first, self.last or last), frame]
                self.last = mark.last
                self._renew(now)
        elif mark.first in self._parked and self._parked[mark.first][0].last >= mark.last:
            self.duplicates += 1
        else:
            self._since = self._since if self._parked else now
            self._parked[mark.first] = mark, frame

    def _release(self, given: list[Entry]) -> None:
        for first in sorted(self._parked):
            mark, frame = self._parked[first]
            if self._follows(mark):
                self.last = mark.last
                given.append(frame)
            elif self.last is None or mark.last > self.last:
                return
            del self._parked[first]

    def _go_behind(self, _hole: Hole, given: list[Entry]) -> None:
        mark, frame = self._parked.pop(min(self._parked))
        given.append(frame)
        self.last = mark.last
        self._release(given)
