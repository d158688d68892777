"""A seed's worth of everything that accounts can do to one symbol, and a hash of all that they were told.

``python -m tests.exchange.engine.storm SEED OPERATIONS`` prints the hash.
"""

import sys
from collections import Counter
from collections.abc import Callable
from hashlib import sha256
from random import Random
from typing import Any

from binance_mcp_server.exchange.engine.commission import CommissionRates, Rates
from binance_mcp_server.exchange.engine.ladder import Order, Side
from binance_mcp_server.exchange.engine.orders import (
    ListKind,
    NewList,
    NewOrder,
    OrderType,
    Peg,
    Stp,
    TimeInForce,
)
from binance_mcp_server.exchange.engine.refusals import RefusedError
from binance_mcp_server.exchange.engine.trading_rules import Band
from binance_mcp_server.exchange.numbers import SCALE
from tests.exchange.engine.stage import ANN, BEN, CID, SYMBOL, Stage, rules_of

RATES = CommissionRates(
    standard=Rates(maker=75_000, taker=100_000), tax=Rates(buyer=1_000, seller=2_000)
)
BAND = Band(*[SCALE * 102 // 100, SCALE * 98 // 100] * 2)


class Storm:
    """Prices about 100, quantities about 1, both with more digits than a product of theirs keeps."""

    def __init__(self, seed: int) -> None:
        self.random = Random(f"storm {seed}")
        self.stage = Stage(rules_of(price_range=BAND, max_algo_orders=0), rates=RATES)
        self.venue = self.stage.venue
        self.done: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self._hash = sha256()
        self._crowd = 0
        self.stage.facts.last["BNBUSDT"] = 580 * SCALE
        self.stage.facts.reference[SYMBOL] = 100 * SCALE
        self.venue.accounts[BEN].bnb_burn = True
        for uid in (ANN, CID):
            self.venue.accounts[uid].trade_group_id = 5
        self.venue.deposit(BEN, "BNB", SCALE, self.stage.now)
        self.venue.listeners.append(lambda event: self._hash.update(repr(event).encode()))

    @property
    def hash(self) -> str:
        return self._hash.hexdigest()

    def run(self, operations: int) -> None:
        acts: list[Callable[[], object]] = [
            *[self.order] * 12,
            *[self.crowd] * 4,
            *[self.cancel] * 2,
            *[self.amend] * 2,
            *[self.place_list] * 3,
            self.crowd_takes,
            self.traded,
        ]
        for _ in range(operations):
            self.stage.now += 1
            act = self.random.choice(acts)
            try:
                act()
                self.done[act.__name__] += 1
            except RefusedError as refused:
                self.refused[refused.text] += 1

    def price(self, side: Side) -> int:
        """More often on the patient side of 100."""
        patience = self.random.randrange(-2 * 10**5, 7 * 10**5)
        return (100 * 10**5 + (patience if side is Side.SELL else -patience)) * 1000

    def any_price(self) -> int:
        return (100 * 10**5 + self.random.randrange(-5 * 10**5, 5 * 10**5)) * 1000

    def qty(self) -> int:
        return self.random.randrange(1, 3 * SCALE)

    def asked(self, **fixed: Any) -> NewOrder:
        choice = self.random.choice
        kind = choice([*[OrderType.LIMIT] * 6, *OrderType])
        fields: dict[str, Any] = {
            "symbol": SYMBOL,
            "side": choice(list(Side)),
            "type": kind,
            "qty": self.qty(),
            "stp": choice(list(Stp)),
            **fixed,
        }
        kind = fields["type"]
        if kind.is_limit:
            fields["price"] = self.price(fields["side"])
            if choice([True, False, False, False]):
                fields["peg"] = choice(list(Peg))
                fields["peg_levels"] = choice([None, 1, 3])
        if kind.is_limit and kind is not OrderType.LIMIT_MAKER:
            fields["tif"] = choice([*[TimeInForce.GTC] * 3, *TimeInForce])
        if kind.is_limit and fields.get("tif", TimeInForce.GTC) is TimeInForce.GTC:
            fields["iceberg_qty"] = choice([0, 0, fields["qty"] // 3])
        if kind.is_contingent:
            fields["stop_price"] = self.any_price()
            fields["trailing_delta"] = choice([0, 0, 50, 300])
        if kind is OrderType.MARKET and "qty" not in fixed and choice([True, False]):
            fields["quote_qty"], fields["qty"] = 100 * fields["qty"], 0
        return NewOrder(**fields)

    def order(self) -> None:
        self.venue.place(self._user(), self.asked(), self.stage.now)

    def place_list(self) -> None:
        kind = self.random.choice(list(ListKind))
        side = self.random.choice(list(Side))
        working = self.asked(side=side, type=OrderType.LIMIT)
        back = Side.SELL if side is Side.BUY else Side.BUY
        qty = working.qty
        orders: tuple[NewOrder, ...]
        if kind is ListKind.OCO:
            orders = self._pair(side, qty)
        elif kind is ListKind.OTO:
            orders = (working, self.asked(side=back, qty=qty))
        elif kind is ListKind.OTOCO:
            orders = (working, *self._pair(back, qty))
        else:
            working = self.asked(side=Side.BUY, type=OrderType.LIMIT)
            is_one = kind is ListKind.OPO
            pending = self.asked(side=Side.SELL, qty=0, type=OrderType.LIMIT)
            orders = (working, pending) if is_one else (working, *self._pair(Side.SELL, 0))
        asked = NewList(symbol=SYMBOL, kind=kind, orders=orders)
        self.venue.place_list(self._user(), asked, self.stage.now)

    def _pair(self, side: Side, qty: int) -> tuple[NewOrder, NewOrder]:
        common: dict[str, Any] = {"symbol": SYMBOL, "side": side, "qty": qty, "stp": Stp.DECREMENT}
        sign = 1 if side is Side.SELL else -1
        far = self.random.randrange(1, 4) * SCALE
        limit = NewOrder(type=OrderType.LIMIT_MAKER, price=100 * SCALE + sign * far, **common)
        worse = 100 * SCALE - sign * far
        stop = NewOrder(type=OrderType.STOP_LOSS, stop_price=worse, **common)
        return (limit, stop) if side is Side.SELL else (stop, limit)

    def cancel(self) -> None:
        open_orders = self.venue.open_orders(user := self._user(), SYMBOL)
        order_id = self.random.choice(open_orders).id if open_orders else 1
        self.venue.cancel(user, SYMBOL, self.stage.now, order_id=order_id)

    def amend(self) -> None:
        open_orders = self.venue.open_orders(user := self._user(), SYMBOL)
        if open_orders:
            order = self.random.choice(open_orders)
            qty = order.executed + self.random.randrange(1, max(order.left, 2))
            self.venue.amend(user, SYMBOL, self.stage.now, qty, order_id=order.id)

    def crowd(self) -> None:
        """Somebody else quotes, and trades with accounts that offer better."""
        self._crowd += 1
        side = self.random.choice(list(Side))
        order = Order(self._crowd, side, self.price(side), self.qty())
        self._settle(self.venue.book(SYMBOL).limit(order))

    def crowd_takes(self) -> None:
        self._crowd += 1
        side = self.random.choice(list(Side))
        self._settle(self.venue.book(SYMBOL).market(self._crowd, side, self.qty()))

    def _settle(self, fills: Any) -> None:
        for number, fill in enumerate(fills):
            if fill.is_of_account:
                trade_id = 10**9 * self._crowd + number
                self.venue.filled(SYMBOL, fill, trade_id, self.stage.now)
        for fill in fills:
            self.venue.traded(SYMBOL, fill.price, self.stage.now)

    def traded(self) -> None:
        self.venue.traded(SYMBOL, self.any_price(), self.stage.now)

    def _user(self) -> int:
        return self.random.choice((ANN, BEN, CID))


if __name__ == "__main__":
    storm = Storm(int(sys.argv[1]))
    storm.run(int(sys.argv[2]))
    sys.stdout.write(storm.hash)
