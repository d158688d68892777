"""A venue too simple to be wrong: one list of orders, every question a search through it, quantities in whole units.

Written from the documents beside the engine, and not from the engine: rest-api.md "New order" and "Order lists",
faqs/stp_faq.md, faqs/trailing-stop-faq.md, faqs/order_amend_keep_priority.md, read 2026-11-24. It knows no money.
"""

from dataclasses import dataclass, field

_TAKER_ENDS = ("EXPIRE_TAKER", "EXPIRE_BOTH")
_MAKER_ENDS = ("EXPIRE_MAKER", "EXPIRE_BOTH")


@dataclass(eq=False)
class Naive:
    """One order."""

    id: int
    uid: int
    buys: bool
    qty: int
    price: int | None = None
    """``None``: at any price."""
    stop: int | None = None
    delta: int = 0
    tif: str = "GTC"
    stp: str = "NONE"
    part: int = 0
    """What an iceberg shows at a time; 0: all."""
    is_loss: bool = True
    """STOP_LOSS rather than TAKE_PROFIT."""
    status: str = "NEW"
    executed: int = 0
    prevented: int = 0
    shown: int = 0
    place: int = -1
    """In the queue of its price; below 0: not on the book."""
    waits: bool = False
    best: int | None = None
    """Of a trailing order that follows the market."""
    mates: list["Naive"] = field(default_factory=list)
    """Of which one cancels the other."""
    then: list["Naive"] = field(default_factory=list)
    """What enters when it has been filled."""

    @property
    def left(self) -> int:
        return self.qty - self.executed - self.prevented

    @property
    def is_open(self) -> bool:
        return self.status in ("NEW", "PARTIALLY_FILLED", "PENDING_NEW")


class NaiveVenue:
    def __init__(self) -> None:
        self.orders: list[Naive] = []
        self.trades: list[tuple[int, int, int, int]] = []
        """Taker, maker, price, quantity."""
        self.last: int | None = None
        self._places = 0
        self._todo: list[tuple[str, Naive]] = []

    # --- what a test does

    def place(self, order: Naive) -> None:
        self.orders.append(order)
        self._enter(order)
        self._settle()

    def place_list(self, orders: list[Naive]) -> None:
        """Those that are not PENDING_NEW enter: stops first."""
        self.orders += orders
        working = [order for order in orders if order.status == "NEW"]
        for order in sorted(working, key=lambda each: each.stop is None and not each.delta):
            self._enter(order)
        self._settle()

    def cancel(self, order: Naive) -> None:
        family = [order, *order.mates, *order.then]
        family += [each for each in self.orders if order in each.then or order in each.mates]
        family += [child for each in family for child in each.then]
        for each in family:
            if each.is_open:
                self._end(each, "CANCELED")

    def amend(self, order: Naive, qty: int) -> None:
        for each in (order, *(mate for mate in order.mates if mate.is_open)):
            each.qty = qty
            each.shown = min(each.shown, each.left)

    def traded(self, price: int) -> None:
        self._print(price)
        self._settle()

    def would_take(self, buys: bool, price: int) -> bool:
        return bool(self._opposite(buys, price))

    def queue(self, buys: bool) -> list[tuple[int, int, int]]:
        """(price, what shows, id), first to last."""
        return [(o.price or 0, o.shown, o.id) for o in self._opposite(not buys, None)]

    # --- what follows

    def _opposite(self, buys: bool, limit: int | None) -> list[Naive]:
        """Whom an order may meet, best first."""
        found = [o for o in self.orders if o.place >= 0 and o.buys is not buys]
        if limit is not None:
            found = (
                [o for o in found if (o.price or 0) <= limit]
                if buys
                else [o for o in found if (o.price or 0) >= limit]
            )
        sign = 1 if buys else -1
        return sorted(found, key=lambda o: (sign * (o.price or 0), o.place))

    def _enter(self, order: Naive) -> None:
        order.status = "NEW"
        if order.stop is None and not order.delta:
            self._work(order)
            return
        order.waits = True
        if order.stop is None:
            order.best = self.last

    def _work(self, order: Naive) -> None:
        if order.tif == "FOK" and not self._can_fill(order):
            self._end(order, "EXPIRED")
            return
        while order.is_open and order.left:
            others = self._opposite(order.buys, order.price)
            if not others:
                break
            self._meet(order, others[0])
        if not order.is_open:
            return
        if order.price is None or order.tif != "GTC":
            self._end(order, "EXPIRED")
        else:
            self._queue_up(order)

    def _can_fill(self, order: Naive) -> bool:
        there = 0
        for other in self._opposite(order.buys, order.price):
            if other.uid == order.uid and order.stp != "NONE":
                if order.stp == "EXPIRE_MAKER":
                    continue
                break
            there += other.left
        return there >= order.left

    def _queue_up(self, order: Naive) -> None:
        self._places += 1
        order.place = self._places
        order.shown = min(order.part or order.left, order.left)

    def _meet(self, taker: Naive, maker: Naive) -> None:
        price = maker.price or 0
        if taker.uid == maker.uid and taker.stp != "NONE":
            self._prevent(taker, maker)
            return
        self._start(maker)
        qty = min(taker.left, maker.shown)
        self.trades.append((taker.id, maker.id, price, qty))
        for order in (taker, maker):
            order.executed += qty
            order.status = "PARTIALLY_FILLED"
        self._took(maker, qty)
        for order in (taker, maker):
            if not order.left:
                self._end(order, "FILLED")
        self._print(price)

    def _took(self, maker: Naive, qty: int) -> None:
        maker.shown -= qty
        if not maker.shown and maker.left:
            self._queue_up(maker)

    def _prevent(self, taker: Naive, maker: Naive) -> None:
        if taker.stp != "EXPIRE_TAKER":
            self._start(maker)
        if taker.stp in ("DECREMENT", "TRANSFER"):
            lost = min(taker.left, maker.shown)
            taker.prevented += lost
            maker.prevented += lost
            self._took(maker, lost)
        if taker.stp in _TAKER_ENDS:
            taker.prevented += taker.left
        if taker.stp in _MAKER_ENDS:
            maker.prevented += maker.left
        for order in (taker, maker):
            if not order.left:
                self._end(order, "EXPIRED_IN_MATCH")

    def _print(self, price: int) -> None:
        """A trade: who waited for it works once the present order has ended."""
        self.last = price
        for order in self.orders:
            if order.waits and self._is_reached(order, price):
                order.waits = False
                self._todo.append(("trigger", order))

    def _is_reached(self, order: Naive, price: int) -> bool:
        if order.best is None:
            rises = order.buys is order.is_loss
            met = order.stop is None or (price >= order.stop if rises else price <= order.stop)
            if met and order.delta:
                order.best = price
            return met and not order.delta
        order.best = min(order.best, price) if order.buys else max(order.best, price)
        if order.buys:
            return price * 10_000 >= order.best * (10_000 + order.delta)
        return price * 10_000 <= order.best * (10_000 - order.delta)

    def _settle(self) -> None:
        while self._todo:
            what, order = self._todo.pop(0)
            if what == "trigger" and order.is_open:
                self._start(order)
                self._work(order)
            elif what == "release":
                self._release(order)

    def _start(self, order: Naive) -> None:
        for mate in order.mates:
            if mate.is_open:
                self._leave(mate, "EXPIRED")

    def _release(self, working: Naive) -> None:
        pending = [order for order in working.then if order.status == "PENDING_NEW"]
        if not all(self._may_enter(order) for order in pending):
            for order in pending:
                self._end(order, "EXPIRED")
            return
        for order in sorted(pending, key=lambda each: each.stop is None):
            self._enter(order)

    def _may_enter(self, order: Naive) -> bool:
        if order.stop is not None:
            rises = order.buys is order.is_loss
            return self.last is None or (
                self.last < order.stop if rises else self.last > order.stop
            )
        is_maker = bool(order.mates)
        return not (is_maker and self.would_take(order.buys, order.price or 0))

    def _leave(self, order: Naive, status: str) -> None:
        order.status = status
        order.place, order.waits = -1, False

    def _end(self, order: Naive, status: str) -> None:
        """And what that means for others."""
        self._leave(order, status)
        if status == "FILLED":
            if order.then:
                self._todo.append(("release", order))
            return
        if status != "CANCELED":
            for other in (*order.then, *order.mates):
                if other.is_open:
                    self._end(other, "EXPIRED")
