"""Whatever accounts do, the venue does what a venue too simple to be wrong does: stops and trailing stops, lists,
self-trade prevention, icebergs, amendments; and the ledger adds up after every step."""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from binance_mcp_server.exchange.engine import funds
from binance_mcp_server.exchange.engine.ladder import Side
from binance_mcp_server.exchange.engine.lists import pair_of
from binance_mcp_server.exchange.engine.matching import ACCOUNTS
from binance_mcp_server.exchange.engine.orders import (
    ABSENT,
    ListKind,
    NewList,
    NewOrder,
    OrderType,
    SpotOrder,
    Stp,
    TimeInForce,
)
from binance_mcp_server.exchange.engine.refusals import RefusedError
from binance_mcp_server.exchange.numbers import SCALE
from tests.exchange.engine.naive import Naive, NaiveVenue
from tests.exchange.engine.stage import ANN, BEN, CID, SYMBOL, Stage, rules_of

users = st.sampled_from((ANN, BEN, CID))
sides = st.sampled_from(Side)
prices = st.integers(90, 110)
quantities = st.integers(1, 20)
modes = st.sampled_from(Stp)
picks = st.integers(0, 10_000)


class Trading(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.stage = Stage(rules_of(max_orders=0, max_algo_orders=0, max_lists=0, max_amends=0))
        self.venue = self.stage.venue
        self.model = NaiveVenue()
        self.ours: list[SpotOrder] = []

    # --- orders

    @rule(
        uid=users,
        side=sides,
        price=prices,
        qty=quantities,
        stp=modes,
        tif=st.sampled_from(TimeInForce),
        part=st.integers(0, 6),
    )
    def limit(self, uid: int, side: Side, price: int, qty: int, stp: Stp, **how: Any) -> None:
        tif: TimeInForce = how["tif"]
        part = how["part"] if tif is TimeInForce.GTC and how["part"] < qty else 0
        asked = new("LIMIT", side, qty, price, stp=stp, tif=tif, iceberg_qty=part * SCALE)
        self._place(uid, asked, part=part)

    @rule(uid=users, side=sides, qty=quantities, stp=modes)
    def market(self, uid: int, side: Side, qty: int, stp: Stp) -> None:
        self._place(uid, new("MARKET", side, qty, stp=stp))

    @rule(
        uid=users,
        side=sides,
        price=prices,
        stop=prices,
        qty=quantities,
        is_loss=st.booleans(),
        is_limit=st.booleans(),
        delta=st.sampled_from((0, 0, 100, 500)),
    )
    def stop(self, uid: int, side: Side, price: int, stop: int, qty: int, **how: Any) -> None:
        kind = ("STOP_LOSS" if how["is_loss"] else "TAKE_PROFIT") + "_LIMIT" * how["is_limit"]
        more = {"stop_price": stop * SCALE, "trailing_delta": how["delta"], "stp": Stp.NONE}
        asked = new(kind, side, qty, price if how["is_limit"] else 0, **more)
        last = self.model.last
        rises = (side is Side.BUY) is how["is_loss"]
        if last is not None and (last >= stop if rises else last <= stop):
            self._is_refused(uid, asked, "Order would trigger immediately.")
        else:
            self._place(uid, asked)

    @rule(uid=users, side=sides, price=prices, qty=quantities, delta=st.sampled_from((100, 400)))
    def trailing(self, uid: int, side: Side, price: int, qty: int, delta: int) -> None:
        self._place(uid, new("STOP_LOSS_LIMIT", side, qty, price, trailing_delta=delta))

    def _place(self, uid: int, asked: NewOrder, part: int = 0) -> None:
        naive = self._naive(uid, asked, part)
        self.ours.append(self.venue.place(uid, asked, self.stage.now))
        self.model.place(naive)

    def _is_refused(self, uid: int, asked: NewOrder, text: str) -> None:
        try:
            self.venue.place(uid, asked, self.stage.now)
        except RefusedError as refused:
            assert refused.text == text  # noqa: PT017 - there is one way here
        else:
            raise AssertionError(text)

    def _naive(self, uid: int, asked: NewOrder, part: int = 0, after: int = 0) -> Naive:
        stp = asked.stp or Stp.NONE
        if stp is Stp.TRANSFER:  # within one account they are the same
            stp = Stp.DECREMENT
        return Naive(
            len(self.ours) + 1 + after,
            uid,
            asked.side is Side.BUY,
            asked.qty // SCALE,
            asked.price // SCALE or None,
            asked.stop_price // SCALE or None,
            asked.trailing_delta,
            asked.tif.value,
            stp.value,
            part,
            asked.type.startswith("STOP_LOSS"),
        )

    # --- lists

    @rule(uid=users, side=sides, qty=quantities, far=st.integers(1, 8), stop=st.integers(1, 8))
    def oco(self, uid: int, side: Side, qty: int, far: int, stop: int) -> None:
        middle = self.model.last
        if middle is None:
            return
        limit, other = pair(side, qty, middle, far, stop)
        if self.model.would_take(side is Side.BUY, limit.price // SCALE):
            return
        legs = [limit, other] if side is Side.SELL else [other, limit]
        self._place_list(uid, ListKind.OCO, legs)

    @rule(uid=users, side=sides, price=prices, qty=quantities, then=quantities)
    def oto(self, uid: int, side: Side, price: int, qty: int, then: int) -> None:
        back = Side.SELL if side is Side.BUY else Side.BUY
        legs = [new("LIMIT", side, qty, price), new("LIMIT", back, then, 200 - price)]
        self._place_list(uid, ListKind.OTO, legs)

    @rule(uid=users, side=sides, price=prices, qty=quantities, far=st.integers(1, 8))
    def otoco(self, uid: int, side: Side, price: int, qty: int, far: int) -> None:
        back = Side.SELL if side is Side.BUY else Side.BUY
        limit, stop = pair(back, qty, price, far, far)
        legs = [limit, stop] if back is Side.SELL else [stop, limit]
        self._place_list(uid, ListKind.OTOCO, [new("LIMIT", side, qty, price), *legs])

    def _place_list(self, uid: int, kind: ListKind, legs: list[NewOrder]) -> None:
        naive = [self._naive(uid, leg, after=place) for place, leg in enumerate(legs)]
        pending = [] if kind is ListKind.OCO else naive[1:]
        mates = naive if kind is ListKind.OCO else pending
        for order in mates if len(mates) > 1 else ():
            order.mates = [each for each in mates if each is not order]
        for order in pending:
            order.status = "PENDING_NEW"
        if pending:
            naive[0].then = pending
        asked = NewList(symbol=SYMBOL, kind=kind, orders=tuple(legs))
        self.venue.place_list(uid, asked, self.stage.now)
        self.ours += self.venue.lists(uid)[-1].orders
        self.model.place_list(naive)

    # --- changes

    @rule(pick=picks)
    def cancel(self, pick: int) -> None:
        chosen = self._open(pick)
        if chosen is not None:
            ours, naive = chosen
            self.venue.cancel(ours.uid, SYMBOL, self.stage.now, order_id=ours.id)
            self.model.cancel(naive)

    @rule(pick=picks, share=st.integers(1, 99))
    def amend(self, pick: int, share: int) -> None:
        chosen = self._open(pick)
        if chosen is None:
            return
        ours, naive = chosen
        done = naive.executed + naive.prevented
        qty = done + max(naive.left * share // 100, 1)
        if qty < naive.qty and naive.part <= qty:
            self.venue.amend(ours.uid, SYMBOL, self.stage.now, qty * SCALE, order_id=ours.id)
            self.model.amend(naive, qty)

    @rule(price=prices)
    def traded(self, price: int) -> None:
        self.venue.traded(SYMBOL, price * SCALE, self.stage.now)
        self.model.traded(price)

    def _open(self, pick: int) -> tuple[SpotOrder, Naive] | None:
        pairs = zip(self.ours, self.model.orders, strict=True)
        found = [(ours, naive) for ours, naive in pairs if naive.is_open]
        return found[pick % len(found)] if found else None

    # --- what holds always

    @invariant()
    def orders_are_the_same(self) -> None:
        for ours, naive in zip(self.ours, self.model.orders, strict=True):
            seen = (ours.status.value, ours.executed // SCALE, ours.prevented // SCALE)
            assert seen == (naive.status, naive.executed, naive.prevented), (ours, naive)

    @invariant()
    def books_are_the_same(self) -> None:
        for side in Side:
            ladder = self.venue.book(SYMBOL).side(side)
            ours = [
                (level.price // SCALE, each.left // SCALE, each.id - ACCOUNTS)
                for level in ladder
                for each in level.orders.values()
            ]
            assert ours == self.model.queue(side is Side.BUY)
            assert all(
                level.qty == sum(each.left for each in level.orders.values()) for level in ladder
            )

    @invariant()
    def trades_are_the_same(self) -> None:
        fills = (fill for uid in (ANN, BEN, CID) for fill in self.venue.fills(uid, SYMBOL))
        takes = sorted((fill.id, fill) for fill in fills if not fill.is_maker)
        ours = [(fill.order_id, fill.price // SCALE, fill.qty // SCALE) for _, fill in takes]
        assert ours == [(taker, price, qty) for taker, _, price, qty in self.model.trades]

    @invariant()
    def the_ledger_adds_up(self) -> None:
        self.stage.check()

    @invariant()
    def orders_hold_what_they_need(self) -> None:
        desk = self.venue._desks[SYMBOL]
        lists = {its.id: its for uid in (ANN, BEN, CID) for its in self.venue.lists(uid)}
        for order in self.ours:
            together = [order]
            if order.list_id != ABSENT and order in pair_of(lists[order.list_id]):
                together = [each for each in pair_of(lists[order.list_id]) if each.status.is_open]
            if order.status.is_open and order.type.is_limit and order.price:
                needs = [funds.needed(desk, each) for each in together]
                assert sum(each.locked for each in together) == max(needs)


def new(kind: str, side: Side, qty: int, price: int = 0, **more: Any) -> NewOrder:
    fields: dict[str, Any] = {"stp": Stp.NONE, **more}
    return NewOrder(
        symbol=SYMBOL,
        side=side,
        type=OrderType(kind),
        qty=qty * SCALE,
        price=price * SCALE,
        **fields,
    )


def pair(side: Side, qty: int, middle: int, far: int, stop: int) -> tuple[NewOrder, NewOrder]:
    """A LIMIT_MAKER that is better than *middle*, and a stop that is worse."""
    sign = 1 if side is Side.SELL else -1
    limit = new("LIMIT_MAKER", side, qty, middle + sign * far)
    worse = middle - sign * stop
    return limit, new("STOP_LOSS_LIMIT", side, qty, worse - sign, stop_price=worse * SCALE)


TestTrading = Trading.TestCase
TestTrading.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
