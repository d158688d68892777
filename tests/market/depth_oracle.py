"""What books are measured against: dictionaries of numbers, and a venue made of single updates that knows its past."""

import bisect
import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Literal

import msgspec

from binance_mcp_server.market.live_book import LiveBook
from binance_mcp_server.models.events import DepthEvent
from binance_mcp_server.models.market import Depth, Level

Numbers = dict[Decimal, Decimal]
"""Price to quantity."""
Texts = Sequence[tuple[str, str]]
Style = Literal["spot", "futures"]
START_MS = 1_700_000_000_000
FIRST = 1000
"""Update id of a venue's past before its first update."""


def put(side: Numbers, levels: Texts) -> None:
    """Step 7.2 of the venue's procedure, taken literally."""
    for price, quantity in levels:
        if Decimal(quantity):
            side[Decimal(price)] = Decimal(quantity)
        else:
            side.pop(Decimal(price), None)


def best_first(side: Numbers, *, bids: bool) -> list[tuple[Decimal, Decimal]]:
    return sorted(side.items(), reverse=bids)


def numbers(levels: Texts) -> list[tuple[Decimal, Decimal]]:
    return [(Decimal(price), Decimal(quantity)) for price, quantity in levels]


def event(
    first: int,
    last: int,
    bids: Texts = (),
    asks: Texts = (),
    *,
    previous: int | None = None,
    at_ms: int = 0,
) -> DepthEvent:
    return DepthEvent(
        at_ms or START_MS + last, "BTCUSDT", first, last, list(bids), list(asks), previous
    )


def depth(last_update_id: int, bids: Texts = (), asks: Texts = ()) -> Depth:
    both = (tuple(Level(*level) for level in side) for side in (bids, asks))
    return Depth(last_update_id, *both)


@dataclass
class Venue:
    """A symbol's true past: one level changes with each update id."""

    style: Style
    updates: list[tuple[int, bool, str, str]] = field(default_factory=list)
    """Update id, whether it is a bid, price, quantity."""

    def sides(self, at: int) -> tuple[Numbers, Numbers]:
        """The whole truth after update *at*."""
        bids: Numbers = {}
        asks: Numbers = {}
        for update, is_bid, price, quantity in self.updates:
            if update <= at:
                put(bids if is_bid else asks, [(price, quantity)])
        return bids, asks

    def snapshot(self, at: int, limit: int = 5000) -> Depth:
        """What ``/depth`` answers after update *at*."""
        bids, asks = self.sides(at)
        texts = [
            [(str(price), str(quantity)) for price, quantity in best_first(side, bids=is_bid)]
            for side, is_bid in ((bids, True), (asks, False))
        ]
        return depth(at, texts[0][:limit], texts[1][:limit])

    def event(self, previous: int, last: int) -> DepthEvent:
        """All that changed after update *previous*, to *last*, with the quantities as of *last*."""
        bids: dict[str, str] = {}
        asks: dict[str, str] = {}
        inside = [each for each in self.updates if previous < each[0] <= last]
        for _, is_bid, price, quantity in inside:
            (bids if is_bid else asks)[price] = quantity
        first = inside[0][0] if self.style == "futures" and inside else previous + 1
        before = previous if self.style == "futures" else None
        return event(first, last, list(bids.items()), list(asks.items()), previous=before)


def is_right(book: LiveBook, venue: Venue) -> bool:
    """Whether all that *book* shows is the truth as of its update, as deep as it says that it knows."""
    bids, asks = venue.sides(book.last_update_id)
    low, high = book.known_to("bids"), book.known_to("asks")
    true_bids = [
        row for row in best_first(bids, bids=True) if low is None or row[0] >= Decimal(low)
    ]
    true_asks = [
        row for row in best_first(asks, bids=False) if high is None or row[0] <= Decimal(high)
    ]
    top = book.top(10_000)
    return (numbers(top.bids), numbers(top.asks)) == (true_bids, true_asks)


def recorded(files: Sequence[Path]) -> Iterator[DepthEvent | Depth]:
    """Depth events and snapshots of recordings, in the order of their arrival."""
    for file in files:
        with gzip.open(file, "rt") as lines:
            for line in lines:
                frame = json.loads(line.split(" ", 1)[1])
                if "lastUpdateId" in frame:
                    yield msgspec.convert(frame, Depth)
                elif "@depth" in frame["stream"]:
                    yield msgspec.convert(frame["data"], DepthEvent)


@dataclass
class BestPrices:
    """The recorded best prices by update id: what the venue itself said of the top."""

    ids: list[int]
    rows: list[tuple[str, str, str, str]]
    """Bid, its quantity, ask, its quantity."""
    known: set[int] = field(default_factory=set)

    @classmethod
    def read(cls, files: Sequence[Path]) -> "BestPrices":
        found = cls([], [])
        for file in files:
            with gzip.open(file, "rt") as lines:
                for line in lines:
                    if '@bookTicker"' in line:
                        data = json.loads(line.split(" ", 1)[1])["data"]
                        found.ids.append(data["u"])
                        found.rows.append((data["b"], data["B"], data["a"], data["A"]))
        found.known.update(found.ids)
        return found

    def at(self, update_id: int) -> tuple[str, str, str, str] | None:
        """The newest that were said up to *update_id*."""
        place = bisect.bisect_right(self.ids, update_id) - 1
        return self.rows[place] if place >= 0 else None
