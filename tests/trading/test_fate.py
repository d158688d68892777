"""What the venue's words decide about an intent, and what they leave open."""

from typing import Any

import pytest

from binance_mcp_server.models.orders import Order, OrderId, OrderList
from binance_mcp_server.trading.fate import (
    Inquiry,
    Judged,
    ListLook,
    Look,
    OpenLook,
    OrderLook,
    aftermath,
    inquiry,
)
from binance_mcp_server.trading.journal import Intended
from tests.trading.examples import NOW


def entry(action: str, *, target: str = "", legs: int = 1) -> Intended:
    ids: tuple[str, ...] = {"order": ("mcp1",), "replace": ("mcp1",), "amend": ("mcp1",)}.get(
        action, ()
    )
    if action == "order_list":
        ids = tuple(f"mcp1-{n}" for n in range(1, legs + 1))
    return Intended(
        at=NOW,
        venue="sim",
        account="a",
        id="mcp1",
        principal="p",
        action=action,
        symbol="BTCUSDT",
        canonical="[]",
        client_ids=ids,
        target_client_id=target,
    )


def order(client_id: str, status: str, executed: str = "0") -> Order:
    return Order(
        symbol="BTCUSDT",
        id=7,
        client_id=client_id,
        side="BUY",
        type="LIMIT",
        status=status,
        executed_text=executed,
    )


def order_list(status: str) -> OrderList:
    ids = tuple(OrderId("BTCUSDT", n, f"mcp1-{n}") for n in (1, 2))
    return OrderList(
        id=3, contingency="OCO", order_status=status, client_id="mcp1", symbol="BTCUSDT", orders=ids
    )


class Answers:
    """What a venue would say."""

    def __init__(self, *orders: Order, lists: tuple[OrderList, ...] = ()) -> None:
        self.orders, self.lists = orders, lists

    def to(self, look: Look) -> Any:
        match look:
            case OrderLook():
                wanted = look.client_id, look.order_id
                return next(
                    (o for o in self.orders if o.client_id in wanted or o.id in wanted), None
                )
            case ListLook():
                return next((each for each in self.lists if look.client_id == each.client_id), None)
            case OpenLook():
                return tuple(each for each in self.orders if each.is_open)


def judged(asking: Inquiry, answers: Answers) -> Judged | None:
    reply = None
    try:
        while True:
            reply = answers.to(asking.send(reply))
    except StopIteration as end:
        result: Judged | None = end.value
        return result


CASES = [
    ("order", Answers(order("mcp1", "NEW")), "accepted", "accepted"),
    ("order", Answers(order("mcp1", "FILLED")), "accepted", "accepted"),
    ("order", Answers(order("other", "NEW")), None, "absent"),
    ("order_list", Answers(lists=(order_list("EXECUTING"),)), "accepted", "accepted"),
    ("order_list", Answers(order("mcp1-2", "NEW")), "accepted", "accepted"),
    ("order_list", Answers(), None, "absent"),
    ("cancel", Answers(order("old", "CANCELED")), "accepted", "accepted"),
    ("cancel", Answers(order("old", "FILLED")), "ended", "ended"),
    ("cancel", Answers(order("old", "EXPIRED", "1")), "ended", "ended"),
    ("cancel", Answers(order("old", "PARTIALLY_FILLED", "1")), None, "absent"),
    ("cancel", Answers(), None, "absent"),
    ("cancel_all", Answers(order("old", "CANCELED")), "accepted", "accepted"),
    ("cancel_all", Answers(order("old", "NEW")), None, "half"),
    ("replace", Answers(order("old", "CANCELED"), order("mcp1", "NEW")), "accepted", "accepted"),
    ("replace", Answers(order("old", "FILLED")), "ended", "ended"),
    ("replace", Answers(order("old", "CANCELED")), None, "half"),
    ("replace", Answers(order("old", "NEW")), None, "absent"),
    ("amend", Answers(order("mcp1", "NEW")), "accepted", "accepted"),
    ("amend", Answers(order("old", "FILLED")), "ended", "ended"),
    ("amend", Answers(order("old", "NEW")), None, "absent"),
]


@pytest.mark.parametrize(("action", "answers", "soon", "late"), CASES)
def test_only_what_the_venue_shows_decides_before_the_horizon(
    action: str, answers: Answers, soon: str | None, late: str
) -> None:
    about = entry(action, target="old", legs=2)
    first = judged(inquiry(about, over=False), answers)
    assert (first and first.state) == soon
    last = judged(inquiry(about, over=True), answers)
    assert last
    assert last.state == late


@pytest.mark.parametrize(
    ("statuses", "state"),
    [(("CANCELED", "CANCELED"), "accepted"), (("FILLED", "EXPIRED"), "ended")],
)
def test_a_list_ends_by_its_cancellation_or_by_itself(
    statuses: tuple[str, str], state: str
) -> None:
    asking = inquiry(entry("cancel_list", target="mcp1"), over=False)
    assert asking.send(None) == ListLook(client_id="mcp1")
    assert asking.send(order_list("ALL_DONE")) == OrderLook("BTCUSDT", order_id=1)
    assert asking.send(order("mcp1-1", statuses[0])) == OrderLook("BTCUSDT", order_id=2)
    with pytest.raises(StopIteration) as end:
        asking.send(order("mcp1-2", statuses[1]))
    assert end.value.value.state == state


@pytest.mark.parametrize(
    ("action", "answers", "state"),
    [
        ("order", Answers(), "refused"),
        ("cancel", Answers(order("old", "FILLED")), "ended"),
        ("cancel", Answers(order("old", "CANCELED")), "ended"),
        ("cancel", Answers(order("old", "NEW")), "refused"),
        ("cancel", Answers(), "refused"),
        ("replace", Answers(order("old", "CANCELED")), "half"),
        ("replace", Answers(order("old", "NEW")), "refused"),
        ("amend", Answers(order("old", "FILLED")), "ended"),
    ],
)
def test_a_refusal_tells_what_became_of_what_it_was_about(
    action: str, answers: Answers, state: str
) -> None:
    about = entry(action, target="" if action == "order" else "old")
    found = judged(aftermath(about), answers)
    assert found
    assert found.state == state
