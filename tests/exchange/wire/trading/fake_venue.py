"""A venue that does what a test has told it to, and what answers signed requests from it."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from binance_mcp_server.exchange.engine.account import Account
from binance_mcp_server.exchange.engine.orders import (
    Amendment,
    Fill,
    NewOrder,
    OrderList,
    PreventedMatch,
    SpotOrder,
    Status,
)
from binance_mcp_server.exchange.engine.refusals import RefusedError, unknown_order
from binance_mcp_server.exchange.engine.unfilled import OrderLimit, UnfilledOrders
from binance_mcp_server.exchange.wire.params import Query
from binance_mcp_server.exchange.wire.trading.call import AUTHENTIC, Operation, SignedCall
from binance_mcp_server.exchange.wire.trading.view import VenueView
from tests.exchange.wire.fake_market import FakeMarket
from tests.exchange.wire.trading.examples import NOW, SYMBOL

ACCOUNT = Account(uid=1, name="tester")


class FakeLedger:
    def __init__(self) -> None:
        self.held: dict[str, tuple[int, int]] = {}

    def balances(self, _uid: int) -> Mapping[str, tuple[int, int]]:
        return self.held


class FakeVenue:
    """Orders are as they were put in; what is done is kept in :attr:`did`."""

    def __init__(self, *orders: SpotOrder) -> None:
        self.ledger = FakeLedger()
        self.all: list[SpotOrder] = list(orders)
        self.trades: list[Fill] = []
        self.matches: list[PreventedMatch] = []
        self.amended: list[Amendment] = []
        self.all_lists: list[OrderList] = []
        self.refuses: dict[str, RefusedError] = {}
        """What is raised, by the name of a method."""
        self.did: list[str] = []

    def _do(self, name: str) -> None:
        self.did.append(name)
        if name in self.refuses:
            raise self.refuses[name]

    def test(self, _uid: int, _asked: NewOrder, _now: int) -> None:
        self._do("test")

    def place(self, uid: int, asked: NewOrder, now: int) -> SpotOrder:
        self._do("place")
        made = SpotOrder(len(self.all) + 1, uid, asked, "made", now, qty=asked.qty)
        self.all.append(made)
        return made

    def rejected(self, _uid: int, _asked: NewOrder, _refused: RefusedError, _now: int) -> None:
        self._do("rejected")

    def cancel(self, uid: int, symbol: str, _now: int, **how: Any) -> SpotOrder:
        self._do("cancel")
        found = self.order(uid, symbol, order_id=how["order_id"], client_id=how["client_id"])
        found.status, found.client_id = Status.CANCELED, how["new_client_id"] or "cancelled"
        return found

    def order(
        self, _uid: int, symbol: str, *, order_id: int | None = None, client_id: str | None = None
    ) -> SpotOrder:
        for each in self.all:
            if each.symbol == symbol and (each.id == order_id or each.client_id == client_id):
                return each
        raise unknown_order()

    def open_orders(self, _uid: int, symbol: str | None = None) -> Sequence[SpotOrder]:
        return [each for each in self.all if each.status.is_open and symbol in (None, each.symbol)]

    def orders(self, _uid: int, _symbol: str) -> Sequence[SpotOrder]:
        return self.all

    def fills(self, _uid: int, _symbol: str) -> Sequence[Fill]:
        return self.trades

    def prevented(self, _uid: int, _symbol: str) -> Sequence[PreventedMatch]:
        return self.matches

    def amendments(self, _uid: int, _symbol: str, order_id: int) -> Sequence[Amendment]:
        return [each for each in self.amended if each.order_id == order_id]

    def lists(self, _uid: int) -> Sequence[OrderList]:
        return self.all_lists

    def __getattr__(self, name: str) -> Any:
        raise NotImplementedError(name)


def unfilled(limit: int = 100) -> UnfilledOrders:
    """So many orders in ten seconds."""
    return UnfilledOrders([OrderLimit("SECOND", 10, limit, 10_000)])


def ask(
    operation: Operation,
    params: Mapping[str, str] | None = None,
    *,
    venue: FakeVenue | None = None,
    counts: UnfilledOrders | None = None,
    account: Account = ACCOUNT,
) -> Any:
    """The answer to an authentic request, about :data:`SYMBOL` unless it says otherwise."""
    sent = {"symbol": SYMBOL} | dict(params or {}) if "symbol" in operation.params else params or {}
    query = Query(sent, (*operation.params, *AUTHENTIC))
    call = SignedCall(
        cast("VenueView", venue or FakeVenue()),
        account,
        query,
        1,
        NOW,
        NOW,
        FakeMarket(),
        counts or unfilled(),
    )
    body = operation.answer(call)
    query.finish()
    return body
