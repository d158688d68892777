"""Binance's own SDK, unchanged but for its address, trades by signed REST with keys of every kind; its strict models
take every answer."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest

from tests.clients.conftest import Place
from tests.clients.tampering import resend, spied
from tests.clients.test_binance_sdk_spot import rest_api
from tests.clients.trading import (
    KEY_TYPES,
    SYMBOL,
    Owner,
    open_account,
    orders_of,
    resting_price,
)

pytestmark = pytest.mark.filterwarnings("ignore")
QUANTITY = 0.01
BID = {"symbol": SYMBOL, "side": "BUY", "type": "LIMIT", "time_in_force": "GTC"}


@contextmanager
def trader(place: Place, owner: Owner) -> Iterator[Any]:
    kind = "private_key" if owner.private_key else "api_secret"
    made = rest_api(place, api_key=owner.api_key, **{kind: owner.secret})
    try:
        yield made
    finally:
        made._session.close()


@pytest.mark.parametrize("key_type", KEY_TYPES)
def test_an_order_is_placed_amended_read_back_and_cancelled(place: Place, key_type: str) -> None:
    owner = open_account(place, key_type)
    price = float(resting_price(place))
    with trader(place, owner) as api:
        placed = api.new_order(**BID, quantity=0.02, price=price).data()
        assert (placed.status, placed.fills) == ("NEW", [])
        less = api.order_amend_keep_priority(
            symbol=SYMBOL, new_qty=QUANTITY, order_id=placed.order_id
        ).data()
        assert Decimal(less.amended_order.qty) == Decimal("0.01")
        (change,) = api.order_amendments(symbol=SYMBOL, order_id=placed.order_id).data()
        assert Decimal(change.orig_qty) == Decimal("0.02")
        found = api.get_order(symbol=SYMBOL, order_id=placed.order_id).data()
        assert (found.status, found.is_working) == ("NEW", True)
        gone = api.delete_order(symbol=SYMBOL, order_id=placed.order_id).data()
        assert gone.status == "CANCELED"
        assert [it.status for it in api.all_orders(symbol=SYMBOL).data()] == ["CANCELED"]
    assert [it["status"] for it in orders_of(place, owner)] == ["CANCELED"]


def test_a_market_order_fills_and_is_paid_for(place: Place) -> None:
    with trader(place, open_account(place)) as api:
        market = {"symbol": SYMBOL, "side": "BUY", "type": "MARKET"}
        bought = api.new_order(**market, quantity=QUANTITY).data()
        assert bought.status == "FILLED"
        trades = api.my_trades(symbol=SYMBOL).data()
        assert [it.id for it in trades] == [it.trade_id for it in bought.fills]
        balances = {it.asset: Decimal(it.free) for it in api.get_account().data().balances}
        assert balances["USDT"] == 100_000 - Decimal(bought.cummulative_quote_qty)
        by_sor = api.sor_order(**market, quantity=QUANTITY).data()
        assert (by_sor.used_sor, by_sor.status) == (True, "FILLED")
        assert api.my_allocations(symbol=SYMBOL).data() == []


def test_lists_of_every_kind(scenario: Place) -> None:
    bid = float(resting_price(scenario))
    above, below = bid * 1.3, bid * 0.7
    working = {
        "symbol": SYMBOL, "working_type": "LIMIT", "working_side": "BUY", "working_price": bid,
        "working_quantity": QUANTITY, "working_time_in_force": "GTC", "pending_side": "SELL",
    }  # fmt: skip
    pair = {
        "pending_above_type": "LIMIT_MAKER", "pending_above_price": round(above),
        "pending_below_type": "STOP_LOSS", "pending_below_stop_price": round(below),
    }  # fmt: skip
    with trader(scenario, open_account(scenario)) as api:
        made = [
            api.order_list_oco(
                symbol=SYMBOL, side="SELL", quantity=QUANTITY, above_type="LIMIT_MAKER",
                above_price=round(above), below_type="STOP_LOSS", below_stop_price=round(below),
            ),
            api.order_list_oto(**working, pending_type="MARKET", pending_quantity=QUANTITY),
            api.order_list_otoco(**working, **pair, pending_quantity=QUANTITY),
            api.order_list_opo(**working, pending_type="MARKET"),
            api.order_list_opoco(**working, **pair),
        ]  # fmt: skip
        lists = [each.data() for each in made]
        assert [len(each.orders) for each in lists] == [2, 2, 3, 2, 3]
        number = lists[0].order_list_id
        assert api.get_order_list(order_list_id=number).data().list_order_status == "EXECUTING"
        gone = api.delete_order_list(symbol=SYMBOL, order_list_id=number).data()
        assert gone.list_order_status == "ALL_DONE"
        assert len(api.open_order_list().data()) == 4
        assert len(api.delete_open_orders(symbol=SYMBOL).data()) == 4
        assert len(api.all_order_list().data()) == 5


def test_replacing_testing_and_asking(scenario: Place) -> None:
    price = float(resting_price(scenario))
    with trader(scenario, open_account(scenario)) as api:
        placed = api.new_order(**BID, quantity=QUANTITY, price=price).data()
        replaced = api.order_cancel_replace(
            **BID, quantity=QUANTITY, price=price, cancel_replace_mode="ALLOW_FAILURE",
            cancel_order_id=placed.order_id,
        ).data()  # fmt: skip
        assert replaced.new_order_result == "SUCCESS"
        (found,) = api.get_open_orders(symbol=SYMBOL).data()
        assert found.order_id == replaced.new_order_response.order_id
        rates = api.order_test(
            **BID, quantity=QUANTITY, price=price, compute_commission_rates=True
        ).data()
        assert rates.standard_commission_for_order.maker == "0.00100000"
        assert api.account_commission(symbol=SYMBOL).data().standard_commission.taker
        assert (
            api.rate_limit_order().data()[1].count >= 2
        )  # of the day: ten seconds may end in between
        assert api.my_filters(symbol=SYMBOL).data().symbol_filters
        assert api.my_prevented_matches(symbol=SYMBOL, order_id=1).data() == []


@pytest.mark.parametrize("key_type", KEY_TYPES)
def test_one_changed_byte_is_refused(scenario: Place, key_type: str) -> None:
    with trader(scenario, open_account(scenario, key_type)) as api:
        sent = spied(api._session)
        api.order_test(symbol=SYMBOL, side="BUY", type="MARKET", quantity=QUANTITY)
        assert resend(sent[-1], changed=False) == (200, 0)
        assert resend(sent[-1]) == (400, -1022)
