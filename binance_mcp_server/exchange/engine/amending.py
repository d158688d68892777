"""Amendments: less of an order, which keeps its place (faqs/order_amend_keep_priority.md, read 2026-11-24).

An amendment may end an order (CHANGELOG.md 2026-04-02); when, it does not say. Here it does when nothing is left to
trade: what has traded stays traded, and the order expires.
"""

from dataclasses import replace

from binance_mcp_server.exchange.engine import checks, ending, funds
from binance_mcp_server.exchange.engine.desk import Desk
from binance_mcp_server.exchange.engine.events import ExecType
from binance_mcp_server.exchange.engine.filters import check_amends, check_qty
from binance_mcp_server.exchange.engine.lists import Lists, hold_pair, pair_of
from binance_mcp_server.exchange.engine.matching import ACCOUNTS
from binance_mcp_server.exchange.engine.orders import (
    Amendment,
    ListKind,
    SpotOrder,
    Status,
)
from binance_mcp_server.exchange.engine.refusals import (
    AMEND,
    FILTER,
    RefusedError,
    duplicate,
    unknown_order,
)


def amend(
    desk: Desk, lists: Lists, order: SpotOrder, new_qty: int, client_id: str, now: int
) -> Amendment:
    """*order* is *new_qty* from now on and is called *client_id*, or a new name when that is empty.

    Raises :class:`~.refusals.RefusedError`; nothing has changed then.
    """
    name = client_id or desk.house.names.new()
    _check(desk, lists, order, new_qty, name)
    its = lists.by_id.get(order.list_id)
    pair = pair_of(its) if its is not None else ()
    both = [each for each in pair if each.status.is_open] if order in pair else [order]
    old_qty, old_name = order.qty, order.client_id
    _check_size(desk, order, new_qty, now)
    for each in both:
        _reduce(desk, each, new_qty, now)
    if len(both) > 1:
        hold_pair(desk, both)
    elif order.locked:
        funds.reserve(desk, order, funds.needed(desk, order))
    order.client_id = name
    desk.records.renamed(order, old_name)
    number = desk.report(
        order, ExecType.REPLACED, now, on_book=_rests(desk, order), previous=old_name
    )
    for each in both:
        if each is not order:
            previous = each.client_id
            desk.report(each, ExecType.REPLACED, now, on_book=_rests(desk, each), previous=previous)
    record = Amendment(desk.symbol, order.id, number, old_name, name, old_qty, new_qty, now)
    desk.records.add_amendment(record)
    if its is not None and name != old_name:
        lists.renamed(its, now)
    if not order.left:
        ending.expire(desk, order, now, None)
    return record


def _check(desk: Desk, lists: Lists, order: SpotOrder, new_qty: int, name: str) -> None:
    checks.check_account(desk.house.accounts[order.uid], desk.rules, AMEND)
    checks.check_changes(desk.status, AMEND)
    if not desk.rules.trading.amend:
        raise RefusedError(FILTER, "Order amend is not supported for this symbol.")
    if not order.status.is_open:
        raise unknown_order(AMEND)
    its = lists.by_id.get(order.list_id)
    pays = its is not None and its.kind in (ListKind.OPO, ListKind.OPOCO)
    if pays and order.status is Status.PENDING_NEW:
        raise RefusedError(AMEND, "Order amend (pending OPO order) is not supported.")
    if new_qty > order.qty:
        raise RefusedError(AMEND, "Order amend (quantity increase) is not supported.")
    if new_qty == order.qty:
        raise RefusedError(AMEND, "The requested action would change no state; rejecting.")
    if name != order.client_id and desk.records.is_taken(order.uid, name):
        raise duplicate(AMEND)
    check_amends(desk.rules, len(desk.records.amendments_of(order.id)))


def _check_size(desk: Desk, order: SpotOrder, new_qty: int, now: int) -> None:
    """Filters; of an iceberg less may be left than shows."""
    part = min(order.asked.iceberg_qty, new_qty)
    asked = replace(order.asked, qty=new_qty, iceberg_qty=part)
    check_qty(asked, desk.rules, desk.facts(order.uid, now), order.price)


def _reduce(desk: Desk, order: SpotOrder, new_qty: int, now: int) -> None:
    """No less than what is gone of it already."""
    qty = max(new_qty, order.executed + order.prevented)
    less, order.qty = order.qty - qty, qty
    order.update_time = now
    if _rests(desk, order):
        desk.book.reduce(ACCOUNTS + order.id, less)


def _rests(desk: Desk, order: SpotOrder) -> bool:
    return desk.on_book(order) is not None
