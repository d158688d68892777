"""What is armed, and what it strikes. Pure.

What is struck follows from the seed and the order of things: of the frames on a connection (connections are counted
as they open), of requests, of dials. Time takes no part.
"""

from collections.abc import Iterator
from typing import TypeVar

import msgspec

from binance_mcp_server.exchange.engine.dice import Dice
from binance_mcp_server.exchange.engine.rules import Product
from binance_mcp_server.exchange.faults.kinds import Fault, OfFrames, OfRequests, Recurring
from binance_mcp_server.exchange.faults.plan import Plan

T = TypeVar("T", bound=Fault)
_MILLION = 1_000_000


class Armed:
    """One fault, and how often it has struck."""

    def __init__(self, number: int, kind: str, fault: Fault) -> None:
        self.number, self.kind, self.fault = number, kind, fault
        self.struck = 0

    @property
    def is_spent(self) -> bool:
        return self.fault.times is not None and self.struck >= self.fault.times

    def state(self) -> dict[str, object]:
        """As it was asked for, what it leaves open left out."""
        said = {
            name: it for name, it in msgspec.structs.asdict(self.fault).items() if it is not None
        }
        return {"kind": self.kind, **said, "struck": self.struck}


class Rhythm:
    """Which of a row are struck. One that could not be struck, as another fault struck it, makes up for it at the
    next."""

    def __init__(self, fault: Recurring, *seed: str | int) -> None:
        self._every = fault.every
        self._millionths = _MILLION if fault.share is None else round(fault.share * _MILLION)
        self._dice = Dice(*seed)
        self._count = 0
        self._due = False

    def count(self) -> bool:
        """Take the next of the row; whether it is due."""
        self._count += 1
        by_count = self._every is not None and self._count % self._every == 0
        by_chance = self._every is None and self._dice.happens(self._millionths)
        self._due = self._due or by_count or by_chance
        return self._due

    def struck(self) -> None:
        self._due = False


class Line:
    """The frames of one connection."""

    def __init__(self, schedule: "Schedule", number: int, product: Product) -> None:
        self._product = product
        self._mine = [
            (armed, fault, Rhythm(fault, schedule.seed, armed.number, number))
            for armed, fault in schedule.of(OfFrames)
            if fault.recurs
        ]
        self._of: dict[str, list[tuple[Armed, OfFrames, Rhythm]]] = {}

    def strike(self, stream: str) -> OfFrames | None:
        """What happens to the next frame of *stream*; one thing at the most."""
        found = None
        for armed, fault, rhythm in self._about(stream):
            if rhythm.count() and found is None and not armed.is_spent:
                rhythm.struck()
                armed.struck += 1
                found = fault
        return found

    def _about(self, stream: str) -> list[tuple[Armed, OfFrames, Rhythm]]:
        known = self._of.get(stream)
        if known is None:
            known = [each for each in self._mine if each[1].is_about(self._product, stream)]
            self._of[stream] = known
        return known


class Schedule:
    """Everything that is armed."""

    def __init__(self, plan: Plan) -> None:
        self.seed = plan.seed
        self._armed = [Armed(number, *each) for number, each in enumerate(plan.faults)]
        self._requests = [
            (armed, fault, Rhythm(fault, plan.seed, armed.number, "rest"))
            for armed, fault in self.of(OfRequests)
        ]

    def __bool__(self) -> bool:
        return bool(self._armed)

    def of(self, kind: type[T]) -> Iterator[tuple[Armed, T]]:
        """Faults of *kind*."""
        for armed in self._armed:
            if isinstance(armed.fault, kind):
                yield armed, armed.fault

    def peek(self, kind: type[T], product: Product | None = None) -> T | None:
        """The first fault of *kind* that is not spent and, with *product*, is about it."""
        found = self._first(kind, product)
        return found[1] if found else None

    def take(self, kind: type[T], product: Product | None = None) -> T | None:
        """The same, as a strike."""
        found = self._first(kind, product)
        if found is None:
            return None
        found[0].struck += 1
        return found[1]

    def requested(self, path: str) -> list[OfRequests]:
        """What happens to the next request to *path*; faults of several kinds may come together."""
        found: list[OfRequests] = []
        for armed, fault, rhythm in self._requests:
            if fault.is_about(path) and rhythm.count():
                rhythm.struck()
                if not armed.is_spent:
                    armed.struck += 1
                    found.append(fault)
        return found

    def state(self) -> dict[str, object]:
        """For ``GET /__sim/faults``."""
        return {"seed": self.seed, "faults": [armed.state() for armed in self._armed]}

    def _first(self, kind: type[T], product: Product | None) -> tuple[Armed, T] | None:
        for armed, fault in self.of(kind):
            about = product is None or getattr(fault, "product", None) in {None, product}
            if about and not armed.is_spent:
                return armed, fault
        return None
