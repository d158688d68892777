"""What a reader will never see: entries that had to leave before it came, counted, with the ids that they had. Pure."""

from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from binance_mcp_server.binance_ws_api.sequence import Entry
from binance_mcp_server.models.events import Gap

Range = tuple[int, int]
"""Ids, update ids or times; inclusive."""
Span = Callable[[Entry], Range | None]
"""The numbers of one entry; ``None`` where it has none."""
MOST_RUNS: Final = 1_000


class Run(NamedTuple):
    """Entries that stood side by side."""

    place: int
    """Of the first."""
    end: int
    """Place after the last."""
    size: int
    first: int
    last: int
    """Smaller than ``first`` where the entries have no numbers."""
    exact: bool = True
    """Whether the numbers between are theirs alone."""


def runs_of(
    entries: list[Entry], place: int, span: Span, *, by_id: bool, plain: bool = False
) -> list[Run]:
    """*entries*, the first of which stood at *place*, without gaps, which are no loss of theirs.

    *by_id*: numbers follow each other without a hole, so a run holds just the ids between its ends. *plain*: it is
    known that there is no gap among them.
    """
    if entries and (plain or Gap not in map(type, entries)):
        first, last = span(entries[0]), span(entries[-1])
        if first and last and (not by_id or last[1] - first[0] == len(entries) - 1):
            return [Run(place, place + len(entries), len(entries), first[0], last[1])]
    return [
        Run(at, at + 1, 1, *(span(entry) or (0, -1)))
        for at, entry in enumerate(entries, place)
        if not isinstance(entry, Gap)
    ]


class Losses:
    """Runs in the order of their places."""

    def __init__(self, *, by_id: bool) -> None:
        self.count = 0
        self.merged = False
        """Whether a range covers more than what is lost: there were too many, or it was cut where nobody knew."""
        self._by_id = by_id
        self._runs: list[Run] = []

    def extend(self, runs: Iterable[Run]) -> None:
        """Put *runs* at the end."""
        for run in runs:
            self.count += run.size
            self.merged = self.merged or not run.exact
            if self._runs and self._by_id and self._joins(self._runs[-1], run):
                self._runs[-1] = _joined(self._runs[-1], run)
            else:
                self._runs.append(run)
        over = len(self._runs) - MOST_RUNS
        if over > 0:
            self._join_oldest(over + 1)

    def _joins(self, before: Run, run: Run) -> bool:
        """Whether both are one run in their ids, or by their places."""
        if not (before.first <= before.last and run.first <= run.last):
            return False
        side_by_side = before.end == run.place and not self._by_id and run.first >= before.last
        return run.first == before.last + 1 or side_by_side

    def _join_oldest(self, count: int) -> None:
        oldest = self._runs[0]
        for run in self._runs[1:count]:
            whole = self._joins(oldest, run)
            oldest = _joined(oldest, run)._replace(exact=oldest.exact and run.exact and whole)
        self._runs[:count] = [oldest]
        self.merged = self.merged or not oldest.exact

    def between(self, start: int, end: int) -> list[Run]:
        """What stood at places from *start* up to *end*; nothing where the end is not behind the start."""
        return [
            self._cut(run, max(start, run.place), min(end, run.end))
            for run in self._runs
            if start < end and run.place < end and run.end > start
        ]

    def _cut(self, run: Run, start: int, end: int) -> Run:
        if (start, end) == (run.place, run.end):
            return run
        if self._by_id and run.exact and run.size == run.end - run.place:
            first = run.first + start - run.place
            return Run(start, end, end - start, first, first + end - start - 1)
        # What stood where within the run is not known any more.
        return run._replace(place=start, end=end, size=min(run.size, end - start), exact=False)

    def copy(self) -> "Losses":
        """The same, to go on by itself."""
        twin = Losses(by_id=self._by_id)
        twin.count, twin.merged, twin._runs = self.count, self.merged, list(self._runs)
        return twin

    @property
    def ranges(self) -> list[Range]:
        """What is lost by number, each range apart from the next."""
        found: list[Run] = []
        for run in self._runs:
            if run.first > run.last:
                continue
            if found and self._joins(found[-1], run):
                found[-1] = _joined(found[-1], run)
            else:
                found.append(run)
        return [(run.first, run.last) for run in found]


def _joined(before: Run, run: Run) -> Run:
    exact = before.exact and run.exact
    count = before.size + run.size
    numbered = [each for each in (before, run) if each.first <= each.last] or [run]
    first, last = min(each.first for each in numbered), max(each.last for each in numbered)
    return Run(before.place, run.end, count, first, last, exact)


class Seen:
    """Places that somebody has read, as ranges without their ends; in order."""

    def __init__(self) -> None:
        self._parts: list[tuple[int, int]] = []

    def add(self, start: int, end: int) -> None:
        if start >= end:
            return
        parts = self._parts
        if parts and parts[-1][0] <= start <= parts[-1][1]:  # as nearly always: going on
            parts[-1] = (parts[-1][0], max(parts[-1][1], end))
            return
        parts.append((start, end))
        parts.sort()
        joined: list[tuple[int, int]] = []
        for part in parts:
            if joined and part[0] <= joined[-1][1]:
                joined[-1] = (joined[-1][0], max(joined[-1][1], part[1]))
            else:
                joined.append(part)
        self._parts = joined

    def unseen(self, start: int, end: int) -> list[tuple[int, int]]:
        """The parts of *start* to *end* that nobody has read; what is before *end* is forgotten."""
        found: list[tuple[int, int]] = []
        place = start
        for first, last in self._parts:
            if last <= place:
                continue
            if first >= end:
                break
            if first > place:
                found.append((place, first))
            place = max(place, last)
        if place < end:
            found.append((place, end))
        self._parts = [(max(first, end), last) for first, last in self._parts if last > end]
        return found
