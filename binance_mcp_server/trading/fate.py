"""How to find out what became of an intent that nobody answered for. Pure: questions out, the venue's words in.

An inquiry is one round of questions. It ends in a :class:`Judged`, or in ``None`` where the venue's words decide
nothing yet: a request may still be on its way, and an order may take a while to be found. Once the horizon is
passed (``over``) nothing can come any more, since the venue refuses requests that are older than their
``recvWindow`` (rest-api.md "Timing security", 2026-07-21, read 2026-11-24); then what is not there did not happen.
"""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, Final

from binance_mcp_server.models.orders import Order, OrderList, OrderTerms
from binance_mcp_server.trading.journal import Intended, State

HORIZON: Final = 60.0
"""Seconds after which nothing can come of a request any more, with much to spare."""
LAST_MOMENT: Final = 20.0
"""Seconds after its line in the journal within which a request may have left: it waits for room, and for an answer."""
CANCELED: Final = "CANCELED"


@dataclass(frozen=True, slots=True)
class OrderLook:
    """``GET order``; the answer is an order or ``None``."""

    symbol: str
    order_id: int | None = None
    client_id: str | None = None


@dataclass(frozen=True, slots=True)
class ListLook:
    """``GET orderList``; the answer is a list or ``None``."""

    list_id: int | None = None
    client_id: str | None = None


@dataclass(frozen=True, slots=True)
class OpenLook:
    """``GET openOrders`` of a symbol; the answer is a tuple of orders."""

    symbol: str


Look = OrderLook | ListLook | OpenLook


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of it, and the orders that say so."""

    state: State
    orders: tuple[OrderTerms, ...] = ()
    text: str = ""


Inquiry = Generator[Look, Any, Judged | None]


def inquiry(entry: Intended, *, over: bool) -> Inquiry:
    """One round of questions about *entry*. *over*: its horizon is passed."""
    ask = {
        "order": _order,
        "order_list": _order_list,
        "replace": _replace,
        "amend": _amend,
        "cancel": _cancel,
        "cancel_list": _cancel_list,
        "cancel_all": _cancel_all,
    }[entry.action]
    return ask(entry, over)


def aftermath(entry: Intended) -> Inquiry:
    """Questions after a definite refusal: what became of what it was about, which may have ended before."""
    judged: Judged | None = None
    if entry.target_id or entry.target_client_id:
        judged = yield from inquiry(entry, over=True)
    if judged is None or judged.state == "absent":
        return Judged("refused", judged.orders if judged else ())
    if judged.state == "accepted":
        return Judged("ended", judged.orders, judged.text)
    return judged


def _order(entry: Intended, over: bool) -> Inquiry:
    found: Order | None = yield OrderLook(entry.symbol, client_id=entry.id)
    if found is not None:
        return Judged("accepted", (found,))
    return Judged("absent", text=_ABSENT) if over else None


def _order_list(entry: Intended, over: bool) -> Inquiry:
    """A list is there with all of its orders, or not at all; those that wait are found like others."""
    found: OrderList | None = yield ListLook(client_id=entry.id)
    orders: list[OrderTerms] = []
    for client_id in entry.client_ids:
        order: Order | None = yield OrderLook(entry.symbol, client_id=client_id)
        orders += [order] if order else []
    if found is not None or orders:
        return Judged("accepted", tuple(orders))
    return Judged("absent", text=_ABSENT) if over else None


def _cancel(entry: Intended, over: bool) -> Inquiry:
    target: Order | None = yield _target(entry)
    if target is None:
        return Judged("absent", text="The venue knows no such order.") if over else None
    if target.is_open:
        return Judged("absent", (target,), "The order is still open.") if over else None
    if target.status == CANCELED:
        return Judged("accepted", (target,))
    return Judged("ended", (target,), _ended(target))


def _cancel_list(entry: Intended, over: bool) -> Inquiry:
    number = int(entry.target_id) if entry.target_id else None
    found: OrderList | None = yield ListLook(number, entry.target_client_id or None)
    if found is None:
        return Judged("absent", text="The venue knows no such order list.") if over else None
    orders: list[OrderTerms] = []
    for each in found.orders:
        order: Order | None = yield OrderLook(each.symbol, order_id=each.id)
        orders += [order] if order else []
    if found.is_open:
        return Judged("absent", tuple(orders), "The list is still open.") if over else None
    if any(order.status == CANCELED for order in orders):
        return Judged("accepted", tuple(orders))
    return Judged("ended", tuple(orders), "The list had ended before its cancellation came.")


def _cancel_all(entry: Intended, over: bool) -> Inquiry:
    orders: tuple[Order, ...] = yield OpenLook(entry.symbol)
    if not orders:
        return Judged("accepted")
    return Judged("half", orders, "These orders are open.") if over else None


def _replace(entry: Intended, over: bool) -> Inquiry:
    """The new order is not tried when the old one cannot be cancelled."""
    new: Order | None = yield OrderLook(entry.symbol, client_id=entry.id)
    old: Order | None = yield _target(entry)
    both = tuple(order for order in (old, new) if order)
    if new is not None:
        return Judged("accepted", both)
    if old is not None and not old.is_open and old.status != CANCELED:
        return Judged("ended", both, _ended(old))
    if not over:
        return None
    if old is not None and old.status == CANCELED:
        return Judged("half", both, "The old order is cancelled, and the new one is not there.")
    return Judged("absent", both, "Nothing was replaced.")


def _amend(entry: Intended, over: bool) -> Inquiry:
    """An amended order goes by the new client id."""
    amended: Order | None = yield OrderLook(entry.symbol, client_id=entry.id)
    if amended is not None:
        return Judged("accepted", (amended,))
    target: Order | None = yield _target(entry)
    if target is not None and not target.is_open:
        return Judged("ended", (target,), _ended(target))
    orders = (target,) if target else ()
    return Judged("absent", orders, "Nothing was amended.") if over else None


def _target(entry: Intended) -> OrderLook:
    number = int(entry.target_id) if entry.target_id else None
    return OrderLook(entry.symbol, number, entry.target_client_id or None)


def _ended(order: OrderTerms) -> str:
    if order.status == "FILLED":
        return "The order had been filled before."
    part = " It was filled in part." if order.executed > 0 else ""
    return f"The order had ended before ({order.status}).{part}"


_ABSENT: Final = "The venue knows no such order, and no request for it can arrive any more."
