"""Events of candles, which close one after the other. Pure."""

from collections.abc import Mapping
from typing import Final

from binance_mcp_server.binance_ws_api import headers
from binance_mcp_server.binance_ws_api.headers import CandleMark, FrameError, NumberReader
from binance_mcp_server.binance_ws_api.sequence import Entry, Hole, Sequence
from binance_mcp_server.market.intervals import LENGTHS_MS, Interval, shortest_length_ms

_LONGEST_MONTH_MS: Final = 31 * 86_400_000
_RECENT: Final = 256
"""Parked events among which the same one is looked for."""
_AFTER_ALL: Final = 2**63 - 1
"""Event time of a candle that was fetched: it says more than all its events."""


class CandleSequence(Sequence):
    """Events of candles: each candle's last event is its closing one, and the next candle opens where it ended."""

    def __init__(self, interval: Interval) -> None:
        super().__init__()
        self._interval = interval
        self._closed = False
        self._event_ms = 0
        self._times = NumberReader(b'"E":')
        self._parked: list[tuple[CandleMark, Entry]] = []
        self._since = 0.0

    @property
    def hole(self) -> Hole | None:
        """By open times: from the candle whose close is missing, or the one after the last."""
        if not self._parked or self.last is None:
            return None
        first = self.last + shortest_length_ms(self._interval) if self._closed else self.last
        return Hole(first, max(self._parked[0][0].open_time - 1, first), self._since)

    @property
    def parked(self) -> int:
        return len(self._parked)

    def _number(self, frame: bytes) -> int:
        return headers.candle(frame).open_time

    def take(self, frames: list[bytes], now: float) -> list[Entry] | list[bytes]:
        if self._all_go_on(frames):
            self._renew(now)
            return frames
        given: list[Entry] = []
        for frame in frames:
            try:
                mark = headers.candle(frame)
            except FrameError:
                self.spoilt(frame)
            else:
                self._sort_in(frame, mark, now, given)
        return given

    def _all_go_on(self, frames: list[bytes]) -> bool:
        """Whether all are later events of the open candle, as they nearly always are; then they are taken."""
        if self._closed or self._parked or self._cause or self.last is None:
            return False
        run = self._times.rising(frames)
        if run is None or run[0] <= self._event_ms:
            return False
        text = b"".join(frames)
        count = len(frames)
        if text.count(b'"k":{"t":%d,' % self.last) != count or text.count(b'"x":false') != count:
            return False
        self._event_ms = run[1]
        return True

    def _sort_in(self, frame: bytes, mark: CandleMark, now: float, given: list[Entry]) -> None:
        last = self.last
        if last is None or self._follows(mark):
            given += self._unheard(mark.open_time)
            self._give(frame, mark, given)
            self._renew(now)
            if self._parked:
                self._release(given)
        elif mark.open_time <= last:
            if (mark.open_time, mark.event_ms) == (last, self._event_ms):
                self.duplicates += 1
            else:
                self.reordered += 1
            if self._begins_anew(mark.open_time, now) and not self._parked:
                given.append(self._anew(mark.open_time, last))
                self._give(frame, mark, given)
                self._renew(now)
        else:
            self._since = self._since if self._parked else now
            self._park(frame, mark)

    def _park(self, frame: bytes, mark: CandleMark) -> None:
        if any(mark == other for other, _ in self._parked[-_RECENT:]):
            self.duplicates += 1
            return
        self._parked.append((mark, frame))
        self._parked.sort(key=_order)

    def _give(self, entry: Entry, mark: CandleMark, given: list[Entry]) -> None:
        if isinstance(entry, bytes):
            self._times.one(entry)  # learns where the next ones have theirs
        self.last, self._closed, self._event_ms = mark
        self.repaired += mark.event_ms == _AFTER_ALL
        given.append(entry)

    def _follows(self, mark: CandleMark) -> bool:
        last = self.last
        if last is None:
            return True
        if mark.open_time == last:
            newer = mark.event_ms > self._event_ms or (mark.closed and not self._closed)
            return newer and not self._closed
        return self._closed and self._is_next(last, mark.open_time)

    def _is_next(self, last: int, open_time: int) -> bool:
        length = LENGTHS_MS[self._interval]
        if length is None:
            return 0 < open_time - last <= _LONGEST_MONTH_MS
        return open_time == last + length

    def _release(self, given: list[Entry], upto: int | None = None) -> None:
        """Give those that are in order now; before *upto* everything there is has come."""
        while self._parked:
            mark, entry = self._parked[0]
            if self.last is not None and mark.open_time > self.last and not self._follows(mark):
                if upto is None or mark.open_time > upto + 1:
                    return
                if not self._closed:
                    given.append(
                        self._gap(self.last, self.last, "the venue does not give its close")
                    )
                self._give(entry, mark, given)
            elif self._follows(mark):
                self._give(entry, mark, given)
            else:
                self.reordered += mark.event_ms != _AFTER_ALL
            self._parked.pop(0)

    def fill(self, rows: Mapping[int, Entry], upto: int | None, now: float) -> list[Entry]:
        """*rows*: closed candles by open time."""
        given: list[Entry] = []
        waiting = {mark for mark, _ in self._parked}
        for open_time, row in rows.items():
            mark = CandleMark(open_time, True, _AFTER_ALL)
            if self.last is not None and open_time >= self.last and mark not in waiting:
                self._parked.append((mark, row))
        self._parked.sort(key=_order)
        self._release(given, upto)
        if given:
            self._renew(now)
        self._since = now
        return given

    def _go_behind(self, _hole: Hole, given: list[Entry]) -> None:
        mark, entry = self._parked.pop(0)
        self._give(entry, mark, given)
        self._release(given)


def _order(parked: tuple[CandleMark, Entry]) -> tuple[int, int, bool]:
    mark, _ = parked
    return mark.open_time, mark.event_ms, mark.closed
