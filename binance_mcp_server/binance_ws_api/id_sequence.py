"""Streams whose events are numbered without a hole: trades, aggregate trades, block trades. Pure."""

from collections.abc import Mapping

from binance_mcp_server.binance_ws_api.headers import FrameError, NumberReader
from binance_mcp_server.binance_ws_api.sequence import ANEW, Entry, Hole, Sequence


class IdSequence(Sequence):
    """Ids without a hole: trades, aggregate trades, block trades."""

    def __init__(self, marker: bytes, symbol: str = "") -> None:
        """*symbol*: of all frames, if it stands right before the marker, as it does in all streams of trades."""
        super().__init__()
        lead = f'"s":"{symbol}",'.encode() if symbol else b""
        self._reader = NumberReader(marker, lead)
        self._parked: dict[int, Entry] = {}
        self._lowest = 0
        self._since = 0.0

    @property
    def hole(self) -> Hole | None:
        if not self._parked or self.last is None:
            return None
        return Hole(self.last + 1, self._lowest - 1, self._since)

    @property
    def parked(self) -> int:
        return len(self._parked)

    def _number(self, frame: bytes) -> int:
        return self._reader.one(frame)

    def goes_on(self, frames: list[bytes], now: float) -> bool:
        """Take *frames* if they follow without a hole, of the symbol where it is known; else nothing is done."""
        last = self.last
        run = self._reader.rising(frames) if last is not None and not self._parked else None
        if last is None or run != (last + 1, last + len(frames)):
            return False
        self.last = run[1]
        self._renew(now)
        return True

    def take(self, frames: list[bytes], now: float) -> list[Entry] | list[bytes]:
        if self.goes_on(frames, now):
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
        if last is not None and not self._parked and numbers:
            count = len(numbers)
            if numbers[0] == last + 1 and (
                count == 1 or numbers == list(range(last + 1, last + 1 + count))
            ):
                self.last = last + count
                self._newest_at = now
                self._old_run = 0
                return frames
        given: list[Entry] = self._unheard(numbers[0] - 1) if numbers else []
        for frame, number in zip(frames, numbers, strict=True):
            self._sort_in(frame, number, now, given)
        return given

    def _sort_in(self, frame: bytes, number: int, now: float, given: list[Entry]) -> None:
        last = self.last
        if last is None or number == last + 1:
            self.last = number
            given.append(frame)
            self._renew(now)
            if self._parked:
                self.reordered += 1
                self._release(given)
                self._since = now
        elif number <= last:
            self.duplicates += 1
            if self._begins_anew(number, now):
                while self._parked:
                    given += self.give_up(ANEW, 0)
                given.append(self._anew(number, self.last or last))
                self.last = number
                given.append(frame)
                self._renew(now)
        elif number in self._parked:
            self.duplicates += 1
        else:
            if not self._parked:
                self._since, self._lowest = now, number
            self._lowest = min(self._lowest, number)
            self._parked[number] = frame

    def _release(self, given: list[Entry]) -> None:
        """Give those that are in order now."""
        last, parked = self.last, self._parked
        if last is None:
            return
        while (entry := parked.pop(last + 1, None)) is not None:
            given.append(entry)
            last += 1
        self.last = last
        self._lowest = min(parked, default=0)

    def fill(self, rows: Mapping[int, Entry], upto: int | None, now: float) -> list[Entry]:
        last = self.last
        if last is None:
            return []
        given: list[Entry] = []
        for number, row in rows.items():
            if number > last and number not in self._parked:
                self._parked[number] = row
                self.repaired += 1
        if not self._parked:
            return given
        self._lowest = min(self._parked)
        self._release(given)
        while self._parked and upto is not None and self._lowest - 1 <= upto:
            self.last = self._lowest - 1  # the venue has none of the ids before it
            self._release(given)
        if given:
            self._renew(now)
        self._since = now
        return given

    def _go_behind(self, hole: Hole, given: list[Entry]) -> None:
        self.last = hole.last
        self._release(given)
