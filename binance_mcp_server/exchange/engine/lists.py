"""Order lists: OCO, OTO, OTOCO, OPO and OPOCO.

Sources: rest-api.md "Order lists", faqs/opo.md, user-data-stream.md "Order Expiry Reason", read 2026-11-24. By these
rules of ours where the documents are silent:

- The two orders of a pair hold together what the one that needs more holds, since only one of them can execute.
- A pending order holds its own funds from the beginning (so do OTO lists by faqs/opo.md); those of OPO lists hold what
  the working order has brought in.
- A pending order that cannot enter the market when its turn comes expires as REJECTED, and its pair with it.
"""

from collections.abc import Callable, Sequence

from binance_mcp_server.exchange.engine import checks, ending, funds, life
from binance_mcp_server.exchange.engine.commission import DISCOUNT_ASSET
from binance_mcp_server.exchange.engine.desk import Desk
from binance_mcp_server.exchange.engine.events import ListChange
from binance_mcp_server.exchange.engine.filters import Facts, check_list
from binance_mcp_server.exchange.engine.house import House, Task
from binance_mcp_server.exchange.engine.orders import (
    Expiry,
    Fill,
    ListKind,
    ListOrderStatus,
    ListStatus,
    NewList,
    NewOrder,
    OrderList,
    SpotOrder,
    Status,
)
from binance_mcp_server.exchange.engine.refusals import (
    FILTER,
    RefusedError,
    bad_prices,
    duplicate,
)

_PAIRED = frozenset((ListKind.OTOCO, ListKind.OPOCO))
_PAYING = frozenset((ListKind.OPO, ListKind.OPOCO))


def pair_of(its: OrderList) -> Sequence[SpotOrder]:
    """The two orders of which one cancels the other, if there are such."""
    if its.kind is ListKind.OCO:
        return its.orders
    return its.orders[1:] if its.kind in _PAIRED else ()


class Lists:
    """All lists of a venue."""

    def __init__(self, house: House, desk_of: Callable[[str], Desk]) -> None:
        self.by_id: dict[int, OrderList] = {}
        self._house = house
        self._desk_of = desk_of
        self._named: dict[tuple[int, str], OrderList] = {}
        self._of_uid: dict[int, list[OrderList]] = {}
        self._ending: set[int] = set()

    # --- placing

    def place(self, desk: Desk, uid: int, asked: NewList, now: int) -> OrderList:
        """Raises :class:`~.refusals.RefusedError`; nothing has changed then."""
        orders = self._examined(desk, uid, asked, now)
        if self._is_open(self._named.get((uid, asked.client_id))):
            raise duplicate()
        self._hold(desk, asked, orders)
        its = OrderList(
            len(self.by_id) + 1,
            uid,
            asked.symbol,
            asked.kind,
            asked.client_id or self._house.names.new(),
            now,
            orders,
        )
        self._keep(desk, its)
        self._start(desk, its, now)
        return its

    def _examined(self, desk: Desk, uid: int, asked: NewList, now: int) -> list[SpotOrder]:
        facts = desk.facts(uid, now)
        _check_kind(desk, asked.kind)
        orders: list[SpotOrder] = []
        names = [each.client_id for each in asked.orders if each.client_id]
        if len(set(names)) < len(names):
            raise duplicate()
        for place, order in enumerate(asked.orders):
            price = _examine(desk, uid, order, facts, is_pending=_is_pending(asked.kind, place))
            facts = facts._replace(
                on_symbol=facts.on_symbol.plus(order), on_exchange=facts.on_exchange.plus(order)
            )
            made = life.made(desk, uid, order, price, now)
            made.id += place
            orders.append(made)
        check_list(desk.rules, facts)
        _check_prices(desk, asked)
        for place, order in enumerate(asked.orders):
            if not _is_pending(asked.kind, place):
                life.check_market(desk, order, orders[place].price)
        return orders

    def _hold(self, desk: Desk, asked: NewList, orders: list[SpotOrder]) -> None:
        try:
            if asked.kind is ListKind.OCO:
                hold_pair(desk, orders)
                return
            life.hold(desk, orders[0])
            if asked.kind in _PAIRED and asked.kind not in _PAYING:
                hold_pair(desk, orders[1:])
            elif asked.kind is ListKind.OTO:
                funds.reserve(desk, orders[1], funds.needed(desk, orders[1]))
        except RefusedError:
            for order in orders:
                funds.reserve(desk, order, 0)
            raise

    def _keep(self, desk: Desk, its: OrderList) -> None:
        self.by_id[its.id] = its
        self._named[its.uid, its.client_id] = its
        self._of_uid.setdefault(its.uid, []).append(its)
        desk.counts.add_list(its.uid, 1)
        self._house.counts.add_list(its.uid, 1)
        for place, order in enumerate(its.orders):
            order.list_id = its.id
            if _is_pending(its.kind, place):
                order.status = Status.PENDING_NEW
            life.accept(desk, order)

    def _start(self, desk: Desk, its: OrderList, now: int) -> None:
        """All are announced, then the list; then those that work do."""
        working = [each for each in its.orders if each.status is not Status.PENDING_NEW]
        for order in working:
            if order.type.is_contingent:
                life.wait(desk, order, now)
            else:
                life.begin(order, now)
        for order in its.orders:
            life.announce(desk, order, now)
        self._tell(its, now)
        for order in working:
            if not order.type.is_contingent:
                life.work(desk, order, now)

    # --- what the orders of a list do to each other

    def starting(self, order: SpotOrder, now: int) -> None:
        """One of a pair triggers or trades: the other one goes."""
        its, desk = self.by_id[order.list_id], self._desk_of(order.symbol)
        for other in _others(its, order):
            ending.expire(desk, other, now, Expiry.OCO_TRIGGER)
            funds.reserve(desk, order, funds.needed(desk, order))

    def filled(self, order: SpotOrder, fill: Fill) -> None:
        """What the working order of an OPO brings in is locked for the pending one; its commission comes from what is
        free besides, if there is enough and it is not BNB."""
        its = self.by_id[order.list_id]
        if its.kind not in _PAYING or order is not its.orders[0]:
            return
        desk, pending = self._desk_of(order.symbol), its.orders[1]
        base, amount = desk.rules.base, fill.qty
        if fill.commission_asset == base:
            free = self._house.ledger.balance(order.uid, base).free
            if base == DISCOUNT_ASSET or free < amount:
                amount -= fill.commission
        funds.reserve(desk, pending, pending.locked + amount)

    def ended(self, order: SpotOrder, now: int) -> None:
        its = self.by_id[order.list_id]
        if its.id in self._ending:
            return
        if its.kind is not ListKind.OCO and order is its.orders[0]:
            self._worked(its, order, now)
        elif order.expiry is not Expiry.OCO_TRIGGER:
            for other in _others(its, order):
                ending.expire(self._desk_of(its.symbol), other, now, Expiry.OCO_TRIGGER)
        self._check_done(its, now)

    def _worked(self, its: OrderList, working: SpotOrder, now: int) -> None:
        """The first phase has ended: filled, or in vain."""
        if working.status is Status.FILLED:
            self._house.tasks.append(Task(self._release, working))
            return
        why = Expiry.OTO_PHASE_ONE_EXPIRED
        pending = its.orders[1:]
        self._end_each(its, pending, lambda desk, order: ending.expire(desk, order, now, why))

    def _release(self, working: SpotOrder, now: int) -> None:
        """The pending orders enter the market."""
        its, desk = self.by_id[working.list_id], self._desk_of(working.symbol)
        pending = [each for each in its.orders[1:] if each.status is Status.PENDING_NEW]
        if not pending:
            return
        if its.kind in _PAYING:
            _size(desk, pending)
        refused = pending[0]
        try:
            for refused in pending:
                if its.kind in _PAYING:
                    life.check_size(desk, refused, refused.qty, now)
                life.validate(desk, refused, now)
            if len(pending) > 1:
                hold_pair(desk, pending)
            else:
                life.hold(desk, refused)
        except RefusedError:
            ending.expire(desk, refused, now, Expiry.REJECTED)
            return
        for order in pending:
            life.release(desk, order, now)

    # --- ending

    def cancel(self, its: OrderList, now: int, client_id: str) -> None:
        """All that is open of it."""
        self._end_all(its, now, lambda desk, order: ending.cancel(desk, order, now, client_id))

    def expire(self, its: OrderList, now: int) -> None:
        """The venue ends it."""
        why = Expiry.EXCHANGE_CANCELED
        self._end_all(its, now, lambda desk, order: ending.expire(desk, order, now, why))

    def _end_all(self, its: OrderList, now: int, end: Callable[[Desk, SpotOrder], None]) -> None:
        """Each for itself: what one's end means for the others does not matter here."""
        self._end_each(its, its.orders, end)
        self._check_done(its, now)

    def _end_each(
        self, its: OrderList, orders: Sequence[SpotOrder], end: Callable[[Desk, SpotOrder], None]
    ) -> None:
        desk = self._desk_of(its.symbol)
        self._ending.add(its.id)
        for order in orders:
            if order.status.is_open:
                end(desk, order)
        self._ending.discard(its.id)

    def _check_done(self, its: OrderList, now: int) -> None:
        if its.status is ListStatus.ALL_DONE or any(each.status.is_open for each in its.orders):
            return
        its.status = ListStatus.ALL_DONE
        its.order_status = ListOrderStatus.ALL_DONE
        its.time = now
        desk = self._desk_of(its.symbol)
        desk.counts.add_list(its.uid, -1)
        self._house.counts.add_list(its.uid, -1)
        self._tell(its, now)

    def renamed(self, its: OrderList, now: int) -> None:
        """A client id of one of its orders has changed."""
        teller = self._house.teller
        if teller.listeners:
            told = its.snapshot()
            told.status = ListStatus.UPDATED
            teller.tell(ListChange(its.uid, now, told))

    def _tell(self, its: OrderList, now: int) -> None:
        teller = self._house.teller
        if teller.listeners:
            teller.tell(ListChange(its.uid, now, its.snapshot()))

    # --- looking

    def of(self, uid: int) -> Sequence[OrderList]:
        """By id."""
        return self._of_uid.get(uid, ())

    def open_of(self, uid: int) -> Sequence[OrderList]:
        return [each for each in self.of(uid) if self._is_open(each)]

    def find(
        self, uid: int, list_id: int | None, client_id: str | None, refusal: RefusedError
    ) -> OrderList:
        named = self._named.get((uid, client_id or ""))
        found = named if list_id is None else self.by_id.get(list_id)
        if found is None or found.uid != uid:
            raise refusal
        if list_id is not None and client_id is not None and named is not found:
            raise refusal
        return found

    def _is_open(self, its: OrderList | None) -> bool:
        return its is not None and its.status is not ListStatus.ALL_DONE


def hold_pair(desk: Desk, pair: Sequence[SpotOrder]) -> None:
    """Lock what the needier of two orders needs, in its name. Raises :class:`~.refusals.RefusedError`."""
    needs = [funds.needed(desk, order) for order in pair]
    keeper = needs.index(max(needs))
    for place, order in enumerate(pair):
        if place != keeper:
            funds.reserve(desk, order, 0)
    funds.reserve(desk, pair[keeper], needs[keeper])


def _others(its: OrderList, order: SpotOrder) -> list[SpotOrder]:
    """Whoever of its pair is open, but for *order* itself."""
    pair = pair_of(its)
    if order not in pair:
        return []
    return [each for each in pair if each is not order and each.status.is_open]


def _size(desk: Desk, pending: Sequence[SpotOrder]) -> None:
    """What was brought in becomes the quantity, in whole lots; what is over is free again."""
    rules, held = desk.rules, pending[0].locked
    qty = min(held, rules.max_qty or held)
    if any(not order.type.is_limit for order in pending):
        qty = min(qty, rules.max_market_qty or qty)
        qty -= qty % (rules.trading.market_step or 1)
    qty -= qty % (rules.step or 1)
    for order in pending:
        order.qty = qty
    funds.reserve(desk, pending[0], qty)


def _is_pending(kind: ListKind, place: int) -> bool:
    return kind is not ListKind.OCO and place > 0


def _examine(desk: Desk, uid: int, asked: NewOrder, facts: Facts, *, is_pending: bool) -> int:
    """The price of one order of a list; a pending one that is pegged gets it when its turn comes."""
    if not is_pending or asked.peg is None:
        return life.examine(desk, uid, asked, facts)
    checks.check_kind(asked, desk.rules)
    return asked.price


def _check_kind(desk: Desk, kind: ListKind) -> None:
    trading = desk.rules.trading
    pairs = kind is ListKind.OCO or kind in _PAIRED
    if pairs and not trading.oco:
        raise RefusedError(FILTER, "OCO orders are not supported for this symbol")
    if kind is not ListKind.OCO and not trading.oto:
        raise RefusedError(FILTER, "OTO orders are not supported for this symbol.")
    if kind in _PAYING and not trading.opo:
        raise RefusedError(FILTER, "OPO orders are not supported for this symbol.")


def _mark(asked: NewOrder) -> int:
    """The price at which an order of a pair comes into play; 0: it follows the market, or the book decides."""
    return asked.stop_price if asked.type.is_contingent else asked.price


def _check_prices(desk: Desk, asked: NewList) -> None:
    """Above means above: than the other order and, when the pair works at once, than the last price."""
    if asked.kind is not ListKind.OCO and asked.kind not in _PAIRED:
        return
    above, below = (_mark(each) for each in asked.orders[-2:])
    if above and below and above <= below:
        raise bad_prices()
    last = desk.last_price()
    works = asked.kind is ListKind.OCO
    if works and last and ((above and above <= last) or (below and below >= last)):
        raise bad_prices()
