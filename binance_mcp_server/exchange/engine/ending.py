"""How orders end: one way for all ends, so that nothing of them stays behind."""

from binance_mcp_server.exchange.engine.desk import Desk
from binance_mcp_server.exchange.engine.events import ExecType
from binance_mcp_server.exchange.engine.funds import reserve
from binance_mcp_server.exchange.engine.matching import ACCOUNTS
from binance_mcp_server.exchange.engine.orders import ABSENT, Expiry, SpotOrder, Status


def close(desk: Desk, order: SpotOrder, now: int) -> None:
    """An order that has its last status leaves the book, the waiting ones and the open ones, and holds nothing."""
    key = ACCOUNTS + order.id
    if key in desk.book.orders:
        desk.book.cancel(key)
    desk.triggers.remove(order)
    reserve(desk, order, 0)
    order.update_time = now
    desk.records.closed(order)
    desk.counts.add(order, -1)
    desk.house.counts.add(order, -1)


def expire(
    desk: Desk, order: SpotOrder, now: int, why: Expiry | None, kind: ExecType = ExecType.EXPIRED
) -> None:
    """The rules end it. *why*: ``None`` where the venue has no word for it."""
    order.status = Status.EXPIRED
    order.expiry = why
    close(desk, order, now)
    desk.report(order, kind, now)
    if order.list_id != ABSENT:
        desk.house.links.ended(order, now)


def cancel(desk: Desk, order: SpotOrder, now: int, client_id: str) -> None:
    """Its owner ends it; it is called *client_id* from now on, as the cancellation is."""
    previous, order.client_id = order.client_id, client_id
    order.status = Status.CANCELED
    close(desk, order, now)
    desk.records.named_too(order)
    desk.report(order, ExecType.CANCELED, now, previous=previous)
    if order.list_id != ABSENT:
        desk.house.links.ended(order, now)
