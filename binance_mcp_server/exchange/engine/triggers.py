"""Orders that wait for a price: stops, and stops that trail the market. Pure.

Source: rest-api.md "New order" (trigger rules), faqs/trailing-stop-faq.md, read 2026-11-24. Two of its sentences about
a trailing order without a stop price differ (from the next trade on, or from placing on); its worked example decides:
the last price at placing counts.
"""

from heapq import heappop, heappush

from binance_mcp_server.exchange.engine.ladder import Side
from binance_mcp_server.exchange.engine.orders import NewOrder, OrderType, SpotOrder

BIPS = 10_000
_STOP_LOSSES = frozenset((OrderType.STOP_LOSS, OrderType.STOP_LOSS_LIMIT))


def waits_for_rise(asked: NewOrder) -> bool:
    """Whether its stop price lies above the market."""
    return (asked.type in _STOP_LOSSES) == (asked.side is Side.BUY)


def is_reached(asked: NewOrder, stop_price: int, price: int) -> bool:
    """Whether a trade at *price* meets the condition of a stop at *stop_price*."""
    return price >= stop_price if waits_for_rise(asked) else price <= stop_price


class _Trail:
    """A trailing order that follows the market: its best price so far, and what turns it."""

    def __init__(self, order: SpotOrder, price: int, now: int) -> None:
        self.order = order
        self._sells = order.side is Side.SELL
        delta = order.asked.trailing_delta
        self._factor = BIPS - delta if self._sells else BIPS + delta
        self._best = price
        order.trailing_time = now
        order.stop_price = self._turn()

    def is_turned(self, price: int) -> bool:
        """Take a trade into account; whether the market has come back far enough."""
        if price > self._best if self._sells else price < self._best:
            self._best = price
            self.order.stop_price = self._turn()
        value, turn = price * BIPS, self._best * self._factor
        return value <= turn if self._sells else value >= turn

    def _turn(self) -> int:
        """The price at which it triggers; its fraction of 1e-8 goes to the side of the market."""
        value = self._best * self._factor
        return value // BIPS if self._sells else -(-value // BIPS)


class Triggers:
    """The waiting orders of a symbol."""

    def __init__(self) -> None:
        self._waiting: dict[int, SpotOrder] = {}
        self._rising: list[tuple[int, int]] = []  # (stop price, order id), nearest first
        self._falling: list[tuple[int, int]] = []  # (- stop price, order id)
        self._trails: dict[int, _Trail] = {}

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, order: SpotOrder, last_price: int | None, now: int) -> None:
        """Wait for the stop price; a trailing order without one follows from *last_price* on, or the next trade."""
        self._waiting[order.id] = order
        stop = order.asked.stop_price
        if stop:
            rises = waits_for_rise(order.asked)
            heap = self._rising if rises else self._falling
            heappush(heap, (stop if rises else -stop, order.id))
        elif last_price:
            self._trails[order.id] = _Trail(order, last_price, now)
        else:
            far = 0 if waits_for_rise(order.asked) else -(1 << 62)
            heap = self._rising if waits_for_rise(order.asked) else self._falling
            heappush(heap, (far, order.id))

    def remove(self, order: SpotOrder) -> None:
        """It waits no more; nothing happens when it did not."""
        if self._waiting.pop(order.id, None) is not None:
            self._trails.pop(order.id, None)

    def reached(self, price: int, now: int) -> list[SpotOrder]:
        """Those that a trade at *price* triggers, in the order of their acceptance; they wait no more."""
        found = [trail.order for trail in self._trails.values() if trail.is_turned(price)]
        for heap, key in ((self._rising, price), (self._falling, -price)):
            while heap and heap[0][0] <= key:
                order = self._waiting.get(heappop(heap)[1])
                if order is None:
                    continue
                if order.asked.trailing_delta:
                    self._trails[order.id] = _Trail(order, price, now)
                else:
                    found.append(order)
        for order in found:
            self.remove(order)
        return sorted(found, key=lambda order: order.id)
