"""What a symbol remembers of accounts: every order, who has what open, fills, prevented matches, amendments."""

from collections import defaultdict
from collections.abc import Sequence

from binance_mcp_server.exchange.engine.filters import Open
from binance_mcp_server.exchange.engine.orders import (
    Amendment,
    Fill,
    OrderType,
    PreventedMatch,
    SpotOrder,
)
from binance_mcp_server.exchange.engine.refusals import RefusedError, wrong_client_id

_CONTINGENT = frozenset(kind for kind in OrderType if kind.is_contingent)


class Counts:
    """How much each account has open."""

    def __init__(self) -> None:
        self._counts: dict[int, list[int]] = {}

    def of(self, uid: int) -> Open:
        return Open._make(self._counts.get(uid, (0, 0, 0, 0)))

    def add(self, order: SpotOrder, change: int) -> None:
        """*change*: 1 for an order that opens, -1 for one that ends; call :meth:`triggered` between them."""
        counts = self._of(order.uid)
        counts[0] += change
        if order.asked.type in _CONTINGENT and not order.is_triggered:
            counts[1] += change
        if order.asked.iceberg_qty:
            counts[2] += change

    def triggered(self, uid: int) -> None:
        """A stop waits no more."""
        self._of(uid)[1] -= 1

    def add_list(self, uid: int, change: int) -> None:
        self._of(uid)[3] += change

    def _of(self, uid: int) -> list[int]:
        counts = self._counts.get(uid)
        if counts is None:
            counts = self._counts[uid] = [0, 0, 0, 0]
        return counts


class Records:
    """Of one symbol. Nothing is ever forgotten."""

    def __init__(self) -> None:
        self.orders: dict[int, SpotOrder] = {}
        self._of_uid: defaultdict[int, list[SpotOrder]] = defaultdict(list)
        self._open: defaultdict[int, dict[int, SpotOrder]] = defaultdict(dict)
        self._named: dict[tuple[int, str], SpotOrder] = {}
        self._fills: defaultdict[int, list[Fill]] = defaultdict(list)
        self._prevented: defaultdict[int, list[PreventedMatch]] = defaultdict(list)
        self._amendments: defaultdict[int, list[Amendment]] = defaultdict(list)

    def new_id(self) -> int:
        return len(self.orders) + 1

    def opened(self, order: SpotOrder) -> None:
        uid = order.uid
        self.orders[order.id] = order
        self._of_uid[uid].append(order)
        self._open[uid][order.id] = order
        self._named[uid, order.client_id] = order

    def closed(self, order: SpotOrder) -> None:
        del self._open[order.uid][order.id]

    def renamed(self, order: SpotOrder, old: str) -> None:
        """It has another client id now; by the *old* one it is not found any more."""
        self._named.pop((order.uid, old), None)
        self._named[order.uid, order.client_id] = order

    def named_too(self, order: SpotOrder) -> None:
        """It has another client id now, and is found by either; an open order that is called so comes first."""
        if not self.is_taken(order.uid, order.client_id):
            self._named[order.uid, order.client_id] = order

    def is_taken(self, uid: int, client_id: str) -> bool:
        """Whether an open order is called so."""
        found = self._named.get((uid, client_id))
        return found is not None and found.status.is_open

    def find(
        self, uid: int, order_id: int | None, client_id: str | None, refusal: RefusedError
    ) -> SpotOrder:
        """An order by its id, or else the last one of this client id; *refusal* is raised when there is none."""
        named = self._named.get((uid, client_id or ""))
        found = named if order_id is None else self.orders.get(order_id)
        if found is None or found.uid != uid:
            raise refusal
        names = (None, found.client_id, found.asked.client_id)
        if found is not named and client_id not in names:
            raise wrong_client_id()
        return found

    def open_of(self, uid: int) -> Sequence[SpotOrder]:
        """By id."""
        return list(self._open[uid].values()) if uid in self._open else ()

    def all_open(self) -> Sequence[SpotOrder]:
        """Of all accounts, by id."""
        orders = (order for each in self._open.values() for order in each.values())
        return sorted(orders, key=lambda order: order.id)

    def orders_of(self, uid: int) -> Sequence[SpotOrder]:
        """By id."""
        return self._of_uid.get(uid, ())

    def add_fill(self, uid: int, fill: Fill) -> None:
        self._fills[uid].append(fill)

    def fills_of(self, uid: int) -> Sequence[Fill]:
        """In the order of time."""
        return self._fills.get(uid, ())

    def add_prevented(self, uids: set[int], match: PreventedMatch) -> None:
        for uid in uids:
            self._prevented[uid].append(match)

    def prevented_of(self, uid: int) -> Sequence[PreventedMatch]:
        """By id."""
        return self._prevented.get(uid, ())

    def add_amendment(self, amendment: Amendment) -> None:
        self._amendments[amendment.order_id].append(amendment)

    def amendments_of(self, order_id: int) -> Sequence[Amendment]:
        """In the order of time."""
        return self._amendments.get(order_id, ())
