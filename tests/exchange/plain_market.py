"""Who is filled on a recorded market, read the plain way: dictionaries, ``Decimal``, and what stands before us.

The rules are those of the risk-averse queue, written down a second time.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from binance_mcp_server.exchange.engine.ladder import Side

ZERO = Decimal(0)


class Step(NamedTuple):
    """A trade print at our price, or through it: what of the queue is left before us, and what we got."""

    trade_id: int
    qty: str
    before: Decimal
    got: Decimal


@dataclass
class Waiting:
    """An order by the plain rules."""

    side: Side
    price: str
    before: Decimal
    left: Decimal
    steps: list[Step] = field(default_factory=list)

    def depth(self, levels: Sequence[Sequence[str]]) -> None:
        """Less than stands before us cannot be there: the others were behind us."""
        for price, qty in levels:
            if price == self.price:
                self.before = min(self.before, Decimal(qty))

    def trade(self, data: dict[str, Any]) -> None:
        price, qty, ours = Decimal(data["p"]), Decimal(data["q"]), Decimal(self.price)
        if price < ours if self.side is Side.BUY else price > ours:
            got, self.before = self.left, ZERO
        elif price == ours and data["m"] is (self.side is Side.BUY):
            got = min(self.left, max(ZERO, qty - self.before))
            self.before = max(ZERO, self.before - qty)
        else:
            return
        self.left -= got
        self.steps.append(Step(data["t"], data["q"], self.before, got))


class Plain:
    """The recorded market, read the plain way, and orders that wait in it."""

    def __init__(self) -> None:
        self.books: dict[Side, dict[str, str]] = {Side.BUY: {}, Side.SELL: {}}
        self.last_id = 0
        self.waiting: list[Waiting] = []

    def hear(self, event: dict[str, Any]) -> None:
        if "lastUpdateId" in event:
            if not self.last_id:
                self.last_id = event["lastUpdateId"]
                self._update(event["bids"], event["asks"])
            return
        data = event["data"]
        if data.get("e") == "trade":
            for each in self.waiting:
                if each.left:
                    each.trade(data)
        elif data.get("e") == "depthUpdate" and data["u"] > self.last_id:
            self.last_id = data["u"]
            self._update(data["b"], data["a"])
            for each in self.waiting:
                each.depth(data["b"] if each.side is Side.BUY else data["a"])

    def _update(self, bids: list[list[str]], asks: list[list[str]]) -> None:
        for side, levels in ((Side.BUY, bids), (Side.SELL, asks)):
            self.books[side].update({price: qty for price, qty in levels})  # noqa: C416 - typed

    def join(self, side: Side, qty: str) -> Waiting:
        """Stand at the best price, behind all that stands there."""
        standing = {Decimal(p): (p, q) for p, q in self.books[side].items() if Decimal(q)}
        price, before = standing[max(standing) if side is Side.BUY else min(standing)]
        order = Waiting(side, price, Decimal(before), Decimal(qty))
        self.waiting.append(order)
        return order
