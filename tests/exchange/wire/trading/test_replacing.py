"""Cancel and replace: every cell of the table in rest-api.md (read 2026-11-24)."""

from functools import partial
from typing import Any

import pytest

from binance_mcp_server.exchange.engine.refusals import (
    RefusedError,
    filter_failure,
    insufficient_balance,
    unknown_order,
    would_match,
)
from binance_mcp_server.exchange.engine.rules import SymbolRules
from binance_mcp_server.exchange.engine.trading_rules import TradingRules
from binance_mcp_server.exchange.engine.unfilled import TooManyOrdersError
from binance_mcp_server.exchange.wire.errors import VenueError
from binance_mcp_server.exchange.wire.trading.operations import ORDER_CANCEL_REPLACE
from binance_mcp_server.exchange.wire.trading.refusals import DetailedError
from tests.exchange.wire import fake_market
from tests.exchange.wire.trading.examples import LIMIT, order
from tests.exchange.wire.trading.fake_venue import FakeVenue, ask, unfilled
from tests.exchange.wire.trading.schemas import read

UNKNOWN = {"code": -2011, "msg": "Unknown order sent."}
TAKES = {"code": -2010, "msg": "Order would immediately match and take."}
EXCEEDED = {"code": -1015, "msg": "Too many new orders; current limit is 0 orders per 10 SECOND."}


def venue(*, cancels: bool = True, places: bool = True) -> FakeVenue:
    made = FakeVenue(order())
    if not cancels:
        made.refuses["cancel"] = unknown_order()
    if not places:
        made.refuses["place"] = would_match()
    return made


def replace(its: FakeVenue, mode: str, *, limit: int = 100, **more: str) -> Any:
    params = LIMIT | {"cancelReplaceMode": mode, "cancelOrderId": "7"} | more
    return ask(ORDER_CANCEL_REPLACE, params, venue=its, counts=unfilled(limit))


def refused(its: FakeVenue, mode: str, **more: Any) -> tuple[int, dict[str, Any]]:
    with pytest.raises(DetailedError) as caught:
        replace(its, mode, **more)
    body: dict[str, Any] = caught.value.body()
    assert (
        body["msg"]
        == {
            -2021: "Order cancel-replace partially failed.",
            -2022: "Order cancel-replace failed.",
        }[body["code"]]
    )
    return caught.value.status, body


@pytest.mark.parametrize("mode", ["STOP_ON_FAILURE", "ALLOW_FAILURE"])
def test_both_succeed(mode: str) -> None:
    body = replace(venue(), mode, cancelNewClientOrderId="gone")
    assert (body["cancelResult"], body["newOrderResult"]) == ("SUCCESS", "SUCCESS")
    assert body["cancelResponse"]["origClientOrderId"] == "order7"
    assert body["cancelResponse"]["clientOrderId"] == "gone"
    assert body["newOrderResponse"]["fills"] == []
    read("OrderCancelReplaceResponse", body)


WITHIN = [
    ("STOP_ON_FAILURE", False, True, 400, -2022, "FAILURE", "NOT_ATTEMPTED"),
    ("STOP_ON_FAILURE", True, False, 409, -2021, "SUCCESS", "FAILURE"),
    ("ALLOW_FAILURE", False, False, 400, -2022, "FAILURE", "FAILURE"),
    ("ALLOW_FAILURE", False, True, 409, -2021, "FAILURE", "SUCCESS"),
    ("ALLOW_FAILURE", True, False, 409, -2021, "SUCCESS", "FAILURE"),
]


@pytest.mark.parametrize(
    ("mode", "cancels", "places", "status", "code", "cancelled", "placed"), WITHIN
)
@pytest.mark.parametrize("exceeded", ["DO_NOTHING", "CANCEL_ONLY"])
def test_within_the_limit(
    mode: str, cancels: bool, places: bool, status: int, code: int, cancelled: str, placed: str,
    exceeded: str,
) -> None:  # fmt: skip
    its = venue(cancels=cancels, places=places)
    got, body = refused(its, mode, orderRateLimitExceededMode=exceeded)
    data = body["data"]
    assert (got, body["code"]) == (status, code)
    assert (data["cancelResult"], data["newOrderResult"]) == (cancelled, placed)
    assert ("rejected" in its.did) == (cancelled == "SUCCESS")  # user data tell of it then alone
    if cancelled == "FAILURE":
        assert data["cancelResponse"] == UNKNOWN
    answers = {"FAILURE": TAKES, "NOT_ATTEMPTED": None}
    if placed != "SUCCESS":
        assert data["newOrderResponse"] == answers[placed]


@pytest.mark.parametrize("mode", ["STOP_ON_FAILURE", "ALLOW_FAILURE"])
def test_past_the_limit_nothing_is_done(mode: str) -> None:
    its = venue()
    with pytest.raises(TooManyOrdersError):
        replace(its, mode, limit=0)
    assert its.did == ["test"]


BEYOND = [
    ("STOP_ON_FAILURE", False, 429, -2022, "FAILURE", "NOT_ATTEMPTED"),
    ("STOP_ON_FAILURE", True, 429, -2021, "SUCCESS", "FAILURE"),
    ("ALLOW_FAILURE", False, 400, -2022, "FAILURE", "FAILURE"),
    ("ALLOW_FAILURE", True, 409, -2021, "SUCCESS", "FAILURE"),
]


@pytest.mark.parametrize(("mode", "cancels", "status", "code", "cancelled", "placed"), BEYOND)
def test_past_the_limit_the_old_order_goes_where_that_is_asked_for(
    mode: str, cancels: bool, status: int, code: int, cancelled: str, placed: str
) -> None:
    its = venue(cancels=cancels)
    got, body = refused(its, mode, limit=0, orderRateLimitExceededMode="CANCEL_ONLY")
    data = body["data"]
    assert (got, body["code"]) == (status, code)
    assert (data["cancelResult"], data["newOrderResult"]) == (cancelled, placed)
    assert data["newOrderResponse"] == (EXCEEDED if placed == "FAILURE" else None)
    assert "place" not in its.did


def test_filters_are_looked_at_before_anything_is_cancelled() -> None:
    its = venue()
    its.refuses["test"] = filter_failure("LOT_SIZE")
    with pytest.raises(type(its.refuses["test"]), match="LOT_SIZE"):
        replace(its, "ALLOW_FAILURE")
    assert its.did == ["test"]


def test_what_the_old_order_holds_may_pay_for_the_new_one() -> None:
    its = venue()
    its.refuses["test"] = insufficient_balance()
    assert replace(its, "STOP_ON_FAILURE")["newOrderResult"] == "SUCCESS"


def test_a_new_order_counts_also_when_it_was_not_attempted() -> None:
    counts = unfilled()
    params = LIMIT | {"cancelReplaceMode": "STOP_ON_FAILURE", "cancelOrderId": "9"}
    with pytest.raises(DetailedError):
        ask(ORDER_CANCEL_REPLACE, params, venue=FakeVenue(order()), counts=counts)
    assert counts.counts(1, 1_700_000_000_000)[0].used == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"cancelReplaceMode": "BOTH"}, -1130),
        ({"cancelOrderId": ""}, -1105),
        ({"cancelRestrictions": "ONLY_OLD"}, -1145),
        ({"orderRateLimitExceededMode": "WAIT"}, -1130),
        ({"orderId": "7"}, -1104),
    ],
)
def test_bad_parameters_touch_nothing(change: dict[str, str], code: int) -> None:
    its = venue()
    params = LIMIT | {"cancelReplaceMode": "ALLOW_FAILURE", "cancelOrderId": "7"} | change
    with pytest.raises(VenueError) as caught:
        ask(ORDER_CANCEL_REPLACE, params, venue=its)
    assert (caught.value.code, its.did) == (code, [])


def test_a_symbol_may_have_no_cancel_replace(monkeypatch: pytest.MonkeyPatch) -> None:
    its = venue()
    without = partial(SymbolRules, trading=TradingRules(cancel_replace=False))
    monkeypatch.setattr(fake_market, "SymbolRules", without)
    with pytest.raises(RefusedError) as caught:
        replace(its, "ALLOW_FAILURE")
    assert caught.value.text == "Order cancel-replace is not supported for this symbol."
    assert its.did == []
