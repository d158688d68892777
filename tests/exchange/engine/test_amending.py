"""Amendments that keep priority: faqs/order_amend_keep_priority.md (docs of 2026-07-21, read 2026-11-24)."""

import pytest

from binance_mcp_server.exchange.engine.events import ExecType
from binance_mcp_server.exchange.engine.ladder import Side
from binance_mcp_server.exchange.engine.orders import Amendment, ListKind, SpotOrder, Status
from binance_mcp_server.exchange.engine.refusals import RefusedError
from tests.exchange.engine.stage import ANN, BEN, CID, Stage, amount, rules_of, short

A, B, YOU = BEN, CID, ANN


@pytest.fixture
def stage() -> Stage:
    stage = Stage()
    for uid in (ANN, BEN, CID):
        stage.venue.deposit(uid, "USDT", amount("10000000"), stage.now)
    return stage


def the_book(stage: Stage) -> SpotOrder:
    """The page's order book; yours is the second one."""
    stage.place("BUY LIMIT 1 @ 87000", A)
    yours = stage.place("BUY LIMIT 5.5 @ 87000", YOU)
    stage.place("BUY LIMIT 4 @ 87000", B)
    stage.place("BUY LIMIT 2 @ 86999", B)
    del stage.events[:]
    return yours


def test_an_amended_order_keeps_its_place(stage: Stage) -> None:
    yours = the_book(stage)
    stage.amend(yours, "5")
    assert stage.queue(Side.BUY) == [
        ("87000", "1", 1),
        ("87000", "5", 2),
        ("87000", "4", 3),
        ("86999", "2", 4),
    ]
    assert stage.balance(YOU, "USDT")[1] == "435000"
    stage.check()


def test_a_new_order_in_its_stead_does_not(stage: Stage) -> None:
    stage.cancel(the_book(stage))
    stage.place("BUY LIMIT 5 @ 87000", YOU)
    assert [order_id for _, _, order_id in stage.queue(Side.BUY)] == [1, 3, 5, 4]


def test_a_report_and_the_history_tell_of_it(stage: Stage) -> None:
    yours = the_book(stage)
    name = yours.client_id
    stage.amend(yours, "5", new_client_id="new")
    (report,) = stage.executions(ExecType.REPLACED)
    assert (report.previous_client_id, report.order.client_id, report.on_book) == (
        name,
        "new",
        True,
    )
    assert stage.venue.amendments(YOU, "BTCUSDT", yours.id) == [
        Amendment("BTCUSDT", 2, report.id, name, "new", amount("5.5"), amount("5"), stage.now)
    ]
    assert stage.venue.amendments(A, "BTCUSDT", yours.id) == ()


def test_the_client_id_changes_unless_it_is_sent_again(stage: Stage) -> None:
    yours = stage.place("BUY LIMIT 3 @ 1", client_id="mine")
    stage.amend(yours, "2", new_client_id="mine")
    assert yours.client_id == "mine"
    stage.amend(yours, "1")
    assert len(yours.client_id) == 22
    assert stage.venue.order(YOU, "BTCUSDT", client_id=yours.client_id) is yours
    assert stage.place("BUY LIMIT 1 @ 1", client_id="mine").status is Status.NEW


def test_what_shows_of_an_iceberg_changes_only_below_itself(stage: Stage) -> None:
    iceberg = stage.place("SELL LIMIT 5 @ 9", iceberg_qty="2")
    stage.amend(iceberg, "3")
    assert stage.queue(Side.SELL) == [("9", "2", iceberg.id)]
    stage.amend(iceberg, "2.1")
    assert stage.queue(Side.SELL) == [("9", "2", iceberg.id)]
    plain = stage.place("SELL LIMIT 5 @ 9")
    stage.amend(plain, "1.5")
    assert stage.queue(Side.SELL)[1] == ("9", "1.5", plain.id)
    stage.check()


def test_a_part_that_has_traded_stays_traded(stage: Stage) -> None:
    order = stage.place("SELL LIMIT 5 @ 9")
    stage.place("BUY MARKET 2", BEN)
    stage.amend(order, "3")
    assert (order.status, stage.queue(Side.SELL)) == (
        Status.PARTIALLY_FILLED,
        [("9", "1", order.id)],
    )
    stage.check()


@pytest.mark.parametrize("qty", ["2", "1"])
def test_an_order_of_which_nothing_is_left_expires(stage: Stage, qty: str) -> None:
    """CHANGELOG.md 2026-04-02: an amendment may end an order. What has traded stays traded."""
    order = stage.place("SELL LIMIT 5 @ 9")
    stage.place("BUY MARKET 2", BEN)
    del stage.events[:]
    stage.amend(order, qty)
    assert (order.status, short(order.qty), short(order.executed)) == (Status.EXPIRED, "2", "2")
    assert stage.told() == ["1 REPLACED PARTIALLY_FILLED", "1 EXPIRED EXPIRED"]
    assert (stage.queue(Side.SELL), stage.balance(ANN, "BTC")[1]) == ([], "0")
    (record,) = stage.venue.amendments(YOU, "BTCUSDT", order.id)
    assert (short(record.old_qty), short(record.new_qty)) == ("5", qty)
    stage.check()


def test_less_than_shows_of_an_iceberg_may_be_left(stage: Stage) -> None:
    iceberg = stage.place("SELL LIMIT 5 @ 9", iceberg_qty="2")
    stage.amend(iceberg, "1.5")
    assert stage.queue(Side.SELL) == [("9", "1.5", iceberg.id)]
    stage.check()


def test_a_working_order_that_expires_takes_its_list_along(stage: Stage) -> None:
    its = stage.place_list(
        ListKind.OTO, stage.order("SELL LIMIT 5 @ 9"), stage.order("BUY LIMIT 5 @ 2")
    )
    stage.place("BUY MARKET 2", BEN)
    stage.amend(its.orders[0], "2")
    assert [each.status for each in its.orders] == [Status.EXPIRED, Status.EXPIRED]
    assert stage.told()[-1] == "list 1 ALL_DONE"
    stage.check()


# --- lists


def test_a_pair_shares_its_quantity(stage: Stage) -> None:
    stage.traded("10")
    its = stage.place_list(
        ListKind.OCO,
        stage.order("SELL LIMIT_MAKER 5 @ 12"),
        stage.order("SELL STOP_LOSS_LIMIT 5 @ 8", stop_price="9"),
    )
    stop = its.orders[1]
    stage.amend(stop, "4")
    assert [short(order.qty) for order in its.orders] == ["4", "4"]
    assert stage.queue(Side.SELL) == [("12", "4", its.orders[0].id)]
    assert stage.balance(ANN, "BTC")[1] == "4"
    assert stage.told()[-1] == "list 1 UPDATED"
    stage.check()


def test_working_and_pending_orders_are_amended_by_themselves(stage: Stage) -> None:
    its = stage.place_list(
        ListKind.OTO, stage.order("BUY LIMIT 5 @ 1"), stage.order("BUY LIMIT 5 @ 2")
    )
    working, pending = its.orders
    stage.amend(pending, "4")
    stage.amend(working, "3", new_client_id=working.client_id)
    assert [short(order.qty) for order in its.orders] == ["3", "4"]
    assert stage.balance(ANN, "USDT")[1] == "11"
    assert [word for word in stage.told() if "UPDATED" in word] == ["list 1 UPDATED"]
    stage.check()


def test_the_pending_order_of_an_opo_cannot_be_amended(stage: Stage) -> None:
    its = stage.place_list(
        ListKind.OPO, stage.order("BUY LIMIT 5 @ 1"), stage.order("SELL LIMIT 0 @ 2")
    )
    with pytest.raises(RefusedError, match=r"Order amend \(pending OPO order\) is not supported"):
        stage.amend(its.orders[1], "1")


# --- refusals


@pytest.mark.parametrize(
    ("qty", "text"),
    [
        ("3", "Order amend (quantity increase) is not supported."),
        ("2", "The requested action would change no state; rejecting."),
    ],
)
def test_only_less_will_do(stage: Stage, qty: str, text: str) -> None:
    order = stage.place("BUY LIMIT 2 @ 1")
    with pytest.raises(RefusedError) as refused:
        stage.amend(order, qty)
    assert (refused.value.code, refused.value.text) == (-2038, text)


def test_what_is_not_open_cannot_be_amended(stage: Stage) -> None:
    order = stage.place("BUY LIMIT 2 @ 1")
    stage.cancel(order)
    with pytest.raises(RefusedError, match="Unknown order sent") as refused:
        stage.amend(order, "1")
    assert refused.value.code == -2038


def test_a_symbol_may_not_offer_it() -> None:
    stage = Stage(rules_of(amend=False))
    order = stage.place("BUY LIMIT 2 @ 1")
    with pytest.raises(RefusedError, match="Order amend is not supported for this symbol"):
        stage.amend(order, "1")


def test_there_is_a_limit_to_it(stage: Stage) -> None:
    order = stage.place("BUY LIMIT 20 @ 1")
    for qty in range(19, 9, -1):
        stage.amend(order, str(qty))
    with pytest.raises(RefusedError, match="MAX_NUM_ORDER_AMENDS") as refused:
        stage.amend(order, "9")
    assert refused.value.code == -2038


def test_a_client_id_of_another_open_order_is_refused(stage: Stage) -> None:
    stage.place("BUY LIMIT 2 @ 1", client_id="taken")
    order = stage.place("BUY LIMIT 2 @ 1")
    with pytest.raises(RefusedError, match="Duplicate order sent"):
        stage.amend(order, "1", new_client_id="taken")
    assert short(order.qty) == "2"
