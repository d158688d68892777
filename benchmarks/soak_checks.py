"""What a soak must never see: an event that is missing without a word, twice, or other than it was; a false book."""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from benchmarks.soak_market import Trade, Truth
from binance_mcp_server.binance_ws_api.subscription import Place, Subscription
from binance_mcp_server.feeds.books import BookHandle
from binance_mcp_server.models.events import AggTradeEvent, Gap, Record, TradeEvent

Range = tuple[int, int]
"""Ids, inclusive."""
TOP: Final = 20
_GAPS_KEPT: Final = 1000
_SAYINGS: Final = 20


class Findings:
    """Counted over all readers and books."""

    def __init__(self) -> None:
        self.events = 0
        """That readers were given."""
        self.gaps = 0
        """Ids that readers were told to be gone for good."""
        self.dropped = 0
        """Ids that readers were told to have left before they came."""
        self.unreported = 0
        self.repeated = 0
        self.wrong = 0
        self.looks = 0
        """At books that called themselves good."""
        self.mismatches = 0
        self.sayings: list[str] = []
        """The first of what was wrong, in words."""

    @property
    def faults(self) -> int:
        return self.unreported + self.repeated + self.wrong + self.mismatches

    def say(self, what: str) -> None:
        if len(self.sayings) < _SAYINGS:
            self.sayings.append(what)


class IdChecker:
    """One reader of a stream whose ids follow each other, each with contents that are known."""

    def __init__(self, name: str, contents: Callable[[int], Trade], findings: Findings) -> None:
        self.next: int | None = None
        """The id that has to come."""
        self._name, self._contents, self._findings = name, contents, findings
        self._gaps: deque[Range] = deque(maxlen=_GAPS_KEPT)

    def take(self, records: Sequence[Record], dropped: Sequence[Range] = ()) -> None:
        """What a read gave, and what it said to be dropped since the subscription."""
        holes: list[Range] = []
        for record in records:
            if isinstance(record, Gap):
                self._gaps.append((record.first, record.last))
            elif isinstance(record, TradeEvent | AggTradeEvent):
                self._event(record, holes)
        for hole in holes:
            self._judge(hole, dropped)

    def _event(self, record: TradeEvent | AggTradeEvent, holes: list[Range]) -> None:
        findings, number = self._findings, record.id
        findings.events += 1
        if self.next is not None and number < self.next:
            findings.repeated += 1
            findings.say(f"{self._name}: {number} came again")
            return
        if self.next is not None and number > self.next:
            holes.append((self.next, number - 1))
        self.next = number + 1
        told = Trade(record.price_text, record.quantity_text, record.buyer_is_maker)
        if told != self._contents(number):
            findings.wrong += 1
            findings.say(f"{self._name}: {number} is told as {told}")

    def _judge(self, hole: Range, dropped: Sequence[Range]) -> None:
        """Whether all of *hole* was reported, in one way or the other."""
        findings = self._findings
        left = _without([hole], dropped)
        rest = _without(left, self._gaps)
        missing, after_drops, unreported = _size([hole]), _size(left), _size(rest)
        findings.dropped += missing - after_drops
        findings.gaps += after_drops - unreported
        findings.unreported += unreported
        for first, last in rest:
            findings.say(f"{self._name}: {first} to {last} are missing without a word")


class Reader:
    """Reads a subscription whenever it is told to, and checks what it is given."""

    def __init__(
        self, subscription: Subscription, contents: Callable[[int], Trade], findings: Findings
    ) -> None:
        self.subscription = subscription
        self.checker = IdChecker(repr(subscription), contents, findings)
        self._place: Place | None = None

    def read(self, limit: int = 10_000) -> int:
        """One read; how many records it gave."""
        batch = self.subscription.read(self._place, limit)
        self._place = batch.next
        self.checker.take(batch.records, batch.dropped_ranges)
        return len(batch.records)


class Witness:
    """Looks at a book after each of its changes. A listener must not raise: what it finds is counted."""

    def __init__(self, handle: BookHandle, findings: Findings) -> None:
        self._handle, self._findings = handle, findings
        self._truth = Truth(handle.feed.symbol, TOP)
        handle.listen(self.look)

    def look(self) -> None:
        book = self._handle.book
        if book is None:
            return
        top, findings = book.top(TOP), self._findings
        findings.looks += 1
        if not self._truth.is_true(book.last_update_id, (tuple(top.bids), tuple(top.asks))):
            findings.mismatches += 1
            findings.say(f"{self._handle.feed.symbol}: the book at {book.last_update_id} is false")


def _size(ranges: Sequence[Range]) -> int:
    return sum(last - first + 1 for first, last in ranges)


def _without(ranges: Sequence[Range], others: Sequence[Range]) -> list[Range]:
    """What of *ranges* lies in none of *others*."""
    rest = list(ranges)
    for low, high in others:
        parts: list[Range] = []
        for first, last in rest:
            if high < first or last < low:
                parts.append((first, last))
                continue
            parts += [(first, low - 1)] if first < low else []
            parts += [(high + 1, last)] if high < last else []
        rest = parts
    return rest
