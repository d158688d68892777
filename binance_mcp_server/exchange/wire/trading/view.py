"""What signed operations need of the venue: synchronous calls, each one atomic. ``engine/venue.py`` offers it.

Prices and quantities in units of 1e-8, times in ms since the epoch; every method may raise
:class:`~.engine.refusals.RefusedError`.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from binance_mcp_server.exchange.engine.orders import (
    Amendment,
    Fill,
    NewList,
    NewOrder,
    OrderList,
    PreventedMatch,
    SpotOrder,
    Status,
)
from binance_mcp_server.exchange.engine.refusals import RefusedError
from binance_mcp_server.exchange.engine.unfilled import OrderCount


class Balances(Protocol):
    def balances(self, uid: int) -> Mapping[str, tuple[int, int]]:
        """Asset → (free, locked)."""
        ...


class VenueView(Protocol):
    @property
    def ledger(self) -> Balances: ...

    def test(self, uid: int, asked: NewOrder, now: int) -> None: ...

    def place(self, uid: int, asked: NewOrder, now: int) -> SpotOrder: ...

    def cancel(
        self,
        uid: int,
        symbol: str,
        now: int,
        *,
        order_id: int | None = None,
        client_id: str | None = None,
        new_client_id: str = "",
        only: Status | None = None,
    ) -> SpotOrder | OrderList: ...

    def rejected(self, uid: int, asked: NewOrder, refused: RefusedError, now: int) -> None: ...

    def cancel_all(self, uid: int, symbol: str, now: int) -> list[SpotOrder | OrderList]: ...

    def amend(
        self,
        uid: int,
        symbol: str,
        now: int,
        new_qty: int,
        *,
        order_id: int | None = None,
        client_id: str | None = None,
        new_client_id: str = "",
    ) -> tuple[SpotOrder, Amendment]: ...

    def place_list(self, uid: int, asked: NewList, now: int) -> OrderList: ...

    def cancel_list(
        self,
        uid: int,
        symbol: str,
        now: int,
        *,
        list_id: int | None = None,
        client_id: str | None = None,
        new_client_id: str = "",
    ) -> OrderList: ...

    def order(
        self, uid: int, symbol: str, *, order_id: int | None = None, client_id: str | None = None
    ) -> SpotOrder: ...

    def open_orders(self, uid: int, symbol: str | None = None) -> Sequence[SpotOrder]: ...

    def orders(self, uid: int, symbol: str) -> Sequence[SpotOrder]: ...

    def fills(self, uid: int, symbol: str) -> Sequence[Fill]: ...

    def prevented(self, uid: int, symbol: str) -> Sequence[PreventedMatch]: ...

    def amendments(self, uid: int, symbol: str, order_id: int) -> Sequence[Amendment]: ...

    def lists(self, uid: int) -> Sequence[OrderList]: ...

    def open_lists(self, uid: int) -> Sequence[OrderList]: ...

    def list_(
        self, uid: int, *, list_id: int | None = None, client_id: str | None = None
    ) -> OrderList: ...


class UnfilledView(Protocol):
    """Unfilled orders of accounts; *now* is the machine's time in ms."""

    def take(self, uid: int, cost: int, now: int) -> None:
        """Count new orders; raises -1015 past a limit."""
        ...

    def give_back(self, uid: int, cost: int, now: int) -> None:
        """The engine refused them."""
        ...

    def counts(self, uid: int, now: int) -> Sequence[OrderCount]: ...
