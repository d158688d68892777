"""Continuity: what "next" means in a stream, checked on every frame at the cost of its header. Pure.

A :class:`Sequence` takes frames as they come and gives entries in order, each once. Duplicates are left out; a frame
that comes too early is parked until what belongs before it has come, was fetched (:meth:`~Sequence.fill`), or is given
up (:meth:`~Sequence.give_up`), which leaves a :class:`Gap` in the stream. Nothing is ever missing without one.

Times are monotonic seconds, given by the caller. Each rule has a module of its own; :mod:`.sequences` chooses.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from binance_mcp_server.binance_ws_api.headers import FrameError
from binance_mcp_server.models.events import Event, Gap

Entry = bytes | Event | Gap
"""A frame as it came, a record that was fetched, or what is missing."""

RESTART_AFTER: Final = 30.0
"""Seconds without anything new, while older numbers keep coming, after which the venue has begun to count anew."""
ANEW: Final = "the venue numbers from anew"
_SAMPLE: Final = 200
"""Bytes of a frame that could not be read, kept for whoever asks what it was."""


@dataclass(frozen=True, slots=True)
class Hole:
    """What is missing before the frames that are parked, inclusive."""

    first: int
    last: int
    since: float
    """Monotonic seconds when it was noticed."""


class Sequence(ABC):
    """The order of one stream."""

    def __init__(self) -> None:
        self.last: int | None = None
        """The number of the newest entry given; ``None`` before the first."""
        self.duplicates = 0
        self.reordered = 0
        """Frames that came late and were put in order, or left out where a newer one says it all."""
        self.malformed = 0
        self.repaired = 0
        self.gaps = 0
        self.malformed_sample = b""
        self._cause = ""
        """Why it was interrupted; empty once that is told, or shown to be no loss."""
        self._newest_at = 0.0
        self._old_run = 0
        self._old_lowest = 0

    @property
    def hole(self) -> Hole | None:
        """The first hole, while frames are parked behind it."""
        return None

    @property
    def parked(self) -> int:
        """Frames that wait for something before them."""
        return 0

    @abstractmethod
    def take(self, frames: list[bytes], now: float) -> list[Entry] | list[bytes]:
        """What of *frames* and of those parked is in order now. The very list where all of it is."""

    def goes_on(self, _frames: list[bytes], _now: float) -> bool:
        """Take frames if a glance shows that all are of this stream and follow; else nothing is done."""
        return False

    def interrupted(self, cause: str) -> None:
        """The connection was lost: what came meanwhile is not known. Most see by their numbers what is missing, but
        not before the first."""
        self._cause = cause

    def _unheard(self, number: int) -> list[Entry]:
        """The mark that something may have come before *number*, the first, where there was an interruption."""
        cause, self._cause = self._cause, ""
        number = max(0, number)
        return [self._gap(number, number, cause)] if cause and self.last is None else []

    def fill(self, _rows: Mapping[int, Entry], _upto: int | None, _now: float) -> list[Entry]:
        """Put in what was fetched, by number; all there is up to a number, inclusive, where that is known."""
        return []

    def give_up(self, cause: str, at_ms: int) -> list[Entry]:
        """Go on behind the first hole, which becomes a gap."""
        hole = self.hole
        if hole is None:
            return []
        given: list[Entry] = [self._gap(hole.first, hole.last, cause, at_ms)]
        self._go_behind(hole, given)
        return given

    def _go_behind(self, hole: Hole, given: list[Entry]) -> None:  # noqa: B027 - most keep nothing back
        """Give what waits behind *hole*, where anything can wait."""

    @abstractmethod
    def _number(self, frame: bytes) -> int:
        """Where *frame* belongs. Raises :class:`FrameError`."""

    def number(self, frame: bytes) -> int | None:
        """Where *frame* belongs, as ranges name it; ``None`` when it does not say."""
        try:
            return self._number(frame)
        except FrameError:
            return None

    def span(self, frame: bytes) -> tuple[int, int] | None:
        """All numbers that *frame* stands for, inclusive; ``None`` when it does not say."""
        number = self.number(frame)
        return None if number is None else (number, number)

    def readable(self, frames: list[bytes]) -> tuple[list[bytes], list[int]]:
        """Those that say where they belong, and where; the others are counted as malformed."""
        good: list[bytes] = []
        numbers: list[int] = []
        for frame in frames:
            try:
                numbers.append(self._number(frame))
            except FrameError:
                self.spoilt(frame)
            else:
                good.append(frame)
        return good, numbers

    def spoilt(self, frame: bytes) -> None:
        """Count a frame that cannot be read; what it held is missing now, as if it had not come."""
        self.malformed += 1
        self.malformed_sample = frame[:_SAMPLE]

    def _gap(self, first: int, last: int, cause: str, at_ms: int = 0) -> Gap:
        self.gaps += 1
        return Gap(first, last, cause, at_ms)

    def _renew(self, now: float) -> None:
        self._newest_at = now
        self._old_run = 0

    def _begins_anew(self, number: int, now: float) -> bool:
        """Whether an old *number* means that the venue has begun to count from there."""
        self._old_lowest = min(self._old_lowest, number) if self._old_run else number
        self._old_run += 1
        return self._old_run > 3 and now - self._newest_at > RESTART_AFTER

    def _anew(self, number: int, last: int) -> Gap:
        """What was taken for old before *number* showed that the venue has begun anew, and is lost for that; or else
        the mark that something may follow *last*."""
        lost = (self._old_lowest, number - 1)
        return self._gap(*(lost if lost[0] <= lost[1] else (last + 1, last + 1)), ANEW)
