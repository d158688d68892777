"""The venue as an operation sees it under a fault: some orders are not found yet, others fill before they are
cancelled. Pure."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from binance_mcp_server.exchange.engine.orders import Fill, OrderList, SpotOrder
from binance_mcp_server.exchange.engine.refusals import (
    NO_SUCH_ORDER,
    RefusedError,
    no_such_order,
)


class Hidden:
    """Orders that queries do not find yet, each until a moment in monotonic seconds."""

    def __init__(self) -> None:
        self._until: dict[tuple[str, int], float] = {}

    def __bool__(self) -> bool:
        return bool(self._until)

    def __contains__(self, order: SpotOrder) -> bool:
        return (order.symbol, order.id) in self._until

    def hides(self, fill: Fill) -> bool:
        """Whether it is a fill of one of them."""
        return (fill.symbol, fill.order_id) in self._until

    def add(self, orders: Iterable[SpotOrder], until: float) -> None:
        for order in orders:
            self._until[order.symbol, order.id] = until

    def forget(self, now: float) -> None:
        """From now on those are seen whose moment has come."""
        self._until = {key: until for key, until in self._until.items() if until > now}


class SeenVenue:
    """In the place of an engine's ``Venue``, for one operation.

    *until*: orders that it places are hidden until then; ``None``: they are seen. *fills_first*: orders that it
    cancels fill before.
    """

    def __init__(
        self, venue: Any, hidden: Hidden, until: float | None, *, fills_first: bool
    ) -> None:
        self._venue = venue
        self._hidden = hidden
        self._until = until
        self._fills_first = fills_first

    def __getattr__(self, name: str) -> Any:
        return getattr(self._venue, name)

    # --- orders come

    def place(self, *said: Any, **more: Any) -> SpotOrder:
        order: SpotOrder = self._venue.place(*said, **more)
        self._hide([order])
        return order

    def place_list(self, *said: Any, **more: Any) -> OrderList:
        made: OrderList = self._venue.place_list(*said, **more)
        self._hide(made.orders)
        return made

    def _hide(self, orders: Iterable[SpotOrder]) -> None:
        if self._until is not None:
            self._hidden.add(orders, self._until)

    # --- and go

    def cancel(
        self,
        uid: int,
        symbol: str,
        now: int,
        *,
        order_id: int | None = None,
        client_id: str | None = None,
        **more: Any,
    ) -> SpotOrder | OrderList:
        if self._fills_first:
            self._fill(
                lambda: [self._venue.order(uid, symbol, order_id=order_id, client_id=client_id)],
                now,
            )
        gone: SpotOrder | OrderList = self._venue.cancel(
            uid, symbol, now, order_id=order_id, client_id=client_id, **more
        )
        return gone

    def cancel_all(self, uid: int, symbol: str, now: int) -> list[SpotOrder | OrderList]:
        if self._fills_first:
            self._fill(lambda: self._venue.open_orders(uid, symbol), now)
        gone: list[SpotOrder | OrderList] = self._venue.cancel_all(uid, symbol, now)
        return gone

    def cancel_list(
        self,
        uid: int,
        symbol: str,
        now: int,
        *,
        list_id: int | None = None,
        client_id: str | None = None,
        **more: Any,
    ) -> OrderList:
        if self._fills_first:
            self._fill(
                lambda: self._venue.list_(uid, list_id=list_id, client_id=client_id).orders, now
            )
        gone: OrderList = self._venue.cancel_list(
            uid, symbol, now, list_id=list_id, client_id=client_id, **more
        )
        return gone

    def _fill(self, find: Callable[[], Sequence[SpotOrder]], now: int) -> None:
        """What is not there is refused by the cancellation itself."""
        try:
            orders = find()
        except RefusedError:
            return
        for order in list(orders):
            self._venue.fill_now(order, now)

    # --- and are looked for

    def order(self, *said: Any, **more: Any) -> SpotOrder:
        found: SpotOrder = self._venue.order(*said, **more)
        if found in self._hidden:
            raise no_such_order()
        return found

    def open_orders(self, *said: Any, **more: Any) -> list[SpotOrder]:
        return self._found(self._venue.open_orders(*said, **more))

    def orders(self, *said: Any, **more: Any) -> list[SpotOrder]:
        return self._found(self._venue.orders(*said, **more))

    def fills(self, *said: Any, **more: Any) -> Sequence[Fill]:
        return [each for each in self._venue.fills(*said, **more) if not self._hidden.hides(each)]

    def list_(self, *said: Any, **more: Any) -> OrderList:
        found: OrderList = self._venue.list_(*said, **more)
        if not self._is_found(found):
            raise RefusedError(NO_SUCH_ORDER, "Order list does not exist.")
        return found

    def lists(self, *said: Any, **more: Any) -> list[OrderList]:
        return [each for each in self._venue.lists(*said, **more) if self._is_found(each)]

    def open_lists(self, *said: Any, **more: Any) -> list[OrderList]:
        return [each for each in self._venue.open_lists(*said, **more) if self._is_found(each)]

    def _found(self, orders: Iterable[SpotOrder]) -> list[SpotOrder]:
        return [each for each in orders if each not in self._hidden]

    def _is_found(self, made: OrderList) -> bool:
        return not any(each in self._hidden for each in made.orders)
