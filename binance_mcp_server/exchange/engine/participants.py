"""Who trades a symbol: a market maker at the touch, patient orders behind it, takers, and now and then a sweep.

All of them send ordinary limit, market and cancel orders to one :class:`OrderBook`; books and trades are what
comes out. Random choices come from one :class:`Dice`, so a crowd is a function of its seed and of its steps. Orders of
accounts may stand in the same book: they are met by price and time as any other, and nobody here cancels them.
"""

from collections.abc import Callable, Sequence
from itertools import islice

from binance_mcp_server.exchange.engine.dice import Dice
from binance_mcp_server.exchange.engine.fair import Fair, fine, to_tick
from binance_mcp_server.exchange.engine.ladder import Ladder, Level, Order, Side
from binance_mcp_server.exchange.engine.matching import ACCOUNTS, Fill, OrderBook
from binance_mcp_server.exchange.engine.symbols import Listing

_SWEEP_CHANCE = 4_000  # millionths of the takers
_SWEEP_LEVELS = 8
_SWEEP_REACH = 1000  # a sweep goes at most 1/1000 of the price away, where that is more than a tick
_REFILL = 12  # orders that a side may gain in one step
_CROWDED = 2  # orders a side keeps, as a multiple of its depth


class Resting:
    """The patient orders of one side, so that one can be picked at random in O(1)."""

    def __init__(self, book: OrderBook, dice: Dice) -> None:
        self._book = book
        self._dice = dice
        self._ids: list[int] = []

    def __len__(self) -> int:
        return len(self._ids)

    def add(self, order_id: int) -> None:
        self._ids.append(order_id)

    def cancel_one(self) -> None:
        """Cancel a random order; one that has been filled meanwhile is only forgotten."""
        if not self._ids:
            return
        place = self._dice.below(len(self._ids))
        order_id, self._ids[place] = self._ids[place], self._ids[-1]
        self._ids.pop()
        if order_id in self._book.orders:
            self._book.cancel(order_id)


class Crowd:
    """The participants of one symbol and the book that they make. *traded* hears what an order of theirs has traded,
    once its arrival is over."""

    def __init__(
        self,
        listing: Listing,
        fair: Fair,
        dice: Dice,
        traded: Callable[[Sequence[Fill]], None] = lambda _: None,
    ) -> None:
        self.book = OrderBook()
        self._traded = traded
        self._listing = listing
        self._fair = fair
        self._dice = dice
        self._next_id = 1
        self._touch: dict[Side, int] = {Side.BUY: 0, Side.SELL: 0}  # ids of the maker's quotes
        self._quoted = 0
        self._resting = {side: Resting(self.book, dice) for side in Side}

    def settle(self) -> None:
        """Fill the book on both sides of the fair value, a level about every *spacing* ticks."""
        self.quote()
        listing = self._listing
        for side in Side:
            distance = 0
            for _ in range(listing.depth):
                distance += 1 + self._dice.below(2 * listing.spacing - 1)
                self._rest(side, distance)

    def take(self, side: Side) -> None:
        """A market order arrives, a sweep now and then; a sweep moves the fair value to where it ended."""
        other = self.book.asks if side is Side.BUY else self.book.bids
        sweep = self._dice.happens(_SWEEP_CHANCE)
        qty = _within_reach(other) if sweep else self._taker_size()
        fills = self.book.market(self._new_id(), side, qty)
        if sweep and fills:
            self._fair.push(fine(fills[-1].price - fills[0].price))
        self._traded(fills)

    def churn(self, times: int) -> None:
        """Patient participants change their minds: each time one leaves and one comes, on either side."""
        for _ in range(times):
            side = Side.BUY if self._dice.bits(1) else Side.SELL
            self._resting[side].cancel_one()
            self._rest(side, self._distance(near=True))

    def quote(self) -> None:
        """The maker stands at the fair value again; who would trade against its new quotes steps aside, but for
        accounts."""
        tick = self._listing.rules.tick
        bid = to_tick(self._fair.value, tick)
        alive = all(order_id in self.book.orders for order_id in self._touch.values())
        if alive and bid == self._quoted:
            return
        self._quoted = bid
        ask = bid + self._listing.spread * tick
        for order_id in self._touch.values():
            if order_id in self.book.orders:
                self.book.cancel(order_id)
        self._clear(self.book.asks, bid)
        self._clear(self.book.bids, ask)
        for side, price in ((Side.BUY, bid), (Side.SELL, ask)):
            self._touch[side] = self._send(side, price, self._touch_size())

    def refill(self) -> None:
        """Keep each side deep, and not too crowded."""
        for side in Side:
            ladder, resting = self.book.side(side), self._resting[side]
            for _ in range(min(_REFILL, self._listing.depth - len(ladder))):
                self._rest(side, self._distance(near=False))
            if len(resting) > _CROWDED * self._listing.depth:
                self._cancel_worst(ladder)
                resting.cancel_one()

    def _cancel_worst(self, ladder: Ladder) -> None:
        worst = ladder.worst()
        if worst is not None and len(ladder) > self._listing.depth:
            for order_id in _own(worst)[:1]:
                self.book.cancel(order_id)

    def _clear(self, ladder: Ladder, price: int) -> None:
        in_the_way: list[int] = []
        for level in ladder:
            if not ladder.accepts(level.price, price):
                break
            in_the_way += _own(level)
        for order_id in in_the_way:
            self.book.cancel(order_id)

    def _distance(self, *, near: bool) -> int:
        """Ticks behind the maker's quote; half of those that fill gaps may stand anywhere."""
        reach = max(self._listing.depth * self._listing.spacing * 3 // 2, 2)
        skewed = near or self._dice.bits(1)
        return 1 + (self._dice.near(reach) if skewed else self._dice.below(reach))

    def _rest(self, side: Side, distance: int) -> None:
        rules = self._listing.rules
        ahead = self._listing.spread if side is Side.SELL else 0
        direction = 1 if side is Side.SELL else -1
        price = self._quoted + direction * (ahead + distance) * rules.tick
        if rules.min_price <= price <= rules.max_price:
            self._resting[side].add(self._send(side, price, self._patient_size(distance)))

    def _send(self, side: Side, price: int, qty: int) -> int:
        order_id = self._new_id()
        fills = self.book.limit(Order(order_id, side, price, qty))
        if fills:  # an account was ready to pay more
            self._traded(fills)
        return order_id

    def _new_id(self) -> int:
        self._next_id += 1
        return self._next_id - 1

    def _lots(self, qty: int) -> int:
        """*qty* in whole lots, worth the minimal notional at the least."""
        step = self._listing.rules.step
        return max(qty // step * step, self._listing.least_trade)

    def _taker_size(self) -> int:
        """Mean as listed, most of them far smaller: a product of two squared uniform numbers has the mean 1/9."""
        bits = self._dice.bits(64)
        one, other = (bits & 0xFFFFFFFF) ** 2 >> 32, (bits >> 32) ** 2 >> 32
        return self._lots(9 * self._listing.trade_size * one * other >> 64)

    def _touch_size(self) -> int:
        size = self._listing.touch_size
        return self._lots(size * 3 // 4 + self._dice.below(size // 2))

    def _patient_size(self, distance: int) -> int:
        """Small at the touch, larger behind, and now and then a wall."""
        size = self._listing.touch_size // 8
        reach = self._listing.depth * self._listing.spacing
        wall = 6 if self._dice.bits(5) == 0 else 1
        return self._lots((size + size * distance // reach) * wall * self._dice.bits(16) >> 16)


def _own(level: Level) -> list[int]:
    """Orders of the crowd, in the order of the queue."""
    return [order_id for order_id in level.orders if order_id < ACCOUNTS]


def _within_reach(ladder: Ladder) -> int:
    """What a sweep takes: the first level, and the next ones that are neither too many nor too far."""
    levels = list(islice(ladder, _SWEEP_LEVELS))
    best = levels[0].price if levels else 0
    near = (level.qty for level in levels if abs(level.price - best) * _SWEEP_REACH <= best)
    return max(sum(near), 1)
