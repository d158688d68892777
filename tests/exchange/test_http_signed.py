"""Signed requests over HTTP: who may ask, what is signed, what it weighs, and what comes back."""

from typing import Any
from urllib.parse import quote

import pytest

from binance_mcp_server.exchange.engine.refusals import insufficient_balance, would_match
from binance_mcp_server.exchange.faults.plan import read_plan
from binance_mcp_server.exchange.http.bodies import MOST_BYTES
from binance_mcp_server.exchange.wire.limits import Limits
from tests.exchange.signing import Desk, signer
from tests.exchange.wire.asking import Reply
from tests.exchange.wire.fake_market import NOW
from tests.exchange.wire.trading.examples import LIMIT, order
from tests.exchange.wire.trading.fake_venue import FakeVenue

pytestmark = pytest.mark.anyio
FORM = "application/x-www-form-urlencoded"


def code(reply: Reply) -> tuple[int, Any]:
    return reply.status, reply.json()["code"]


@pytest.mark.parametrize("key_type", ["HMAC", "RSA", "ED25519"])
@pytest.mark.parametrize("in_body", [False, True])
async def test_a_request_signed_with_a_key_of_any_kind_passes(key_type: str, in_body: bool) -> None:
    desk = Desk(key_type)
    reply = await desk.send("POST", "order", LIMIT, in_body=in_body)
    assert reply.status == 200
    assert reply.json()["clientOrderId"] == "made"
    assert desk.venue.did == ["place"]


@pytest.mark.parametrize("key_type", ["HMAC", "RSA", "ED25519"])
async def test_one_changed_byte_is_refused(key_type: str) -> None:
    desk = Desk(key_type)
    text = f"symbol=BTCUSDT&timestamp={NOW}"
    signature = quote(signer(desk.issued)(text.encode()), safe="")
    assert (await desk.raw("GET", f"openOrders?{text}&signature={signature}")).status == 200
    for changed in (text.replace("USDT", "USDC"), f"{text}&", text.replace("=", "%3D", 1)):
        reply = await desk.raw("GET", f"openOrders?{changed}&signature={signature}")
        assert code(reply) == (400, -1022)


async def test_query_and_body_are_signed_one_behind_the_other() -> None:
    """rest-api.md "HMAC Keys", read 2026-11-24: there is no & between them."""
    desk = Desk()
    query, body = "symbol=BTCUSDT&side=BUY&type=MARKET", f"quantity=1&timestamp={NOW}"
    good = signer(desk.issued)(f"{query}{body}".encode())
    sent = {"content_type": FORM}
    reply = await desk.raw("POST", f"order?{query}", body=f"{body}&signature={good}", **sent)
    assert reply.status == 200
    bad = signer(desk.issued)(f"{query}&{body}".encode())
    reply = await desk.raw("POST", f"order?{query}", body=f"{body}&signature={bad}", **sent)
    assert code(reply) == (400, -1022)


async def test_where_query_and_body_differ_the_query_counts() -> None:
    desk = Desk()
    query, body = "symbol=NOPE", f"symbol=BTCUSDT&timestamp={NOW}"
    signature = signer(desk.issued)(f"{query}{body}".encode())
    body = f"{body}&signature={signature}"
    reply = await desk.raw("DELETE", f"openOrders?{query}", body=body, content_type=FORM)
    assert code(reply) == (400, -1121)


async def test_a_body_that_is_no_form_is_not_read() -> None:
    desk = Desk()
    reply = await desk.send("POST", "order", LIMIT, in_body=True, content_type="application/json")
    assert code(reply) == (400, -1102)


async def test_an_oversized_body_is_refused_and_nothing_is_done() -> None:
    desk = Desk()
    reply = await desk.raw("POST", "order", body="x" * (MOST_BYTES + 1), content_type=FORM)
    assert (reply.status, desk.venue.did) == (413, [])


async def test_who_asks_without_a_right_to() -> None:
    desk = Desk(permissions=["USER_DATA"])
    assert code(await desk.send("POST", "order", LIMIT)) == (401, -2015)
    assert (await desk.send("GET", "allOrders", {"symbol": "BTCUSDT"})).status == 200
    assert code(await desk.send("GET", "account", x_mbx_apikey="short")) == (401, -2014)
    assert code(await desk.send("GET", "account", x_mbx_apikey="")) == (401, -2014)
    assert code(await desk.send("GET", "account", x_mbx_apikey="A" * 64)) == (401, -2015)
    elsewhere = Desk(ips=["10.0.0.1"])
    assert code(await elsewhere.send("GET", "account")) == (401, -2015)
    here = Desk(ips=["127.0.0.1"])
    assert (await here.send("GET", "account")).status == 200


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("account", -1102),
        (f"account?timestamp={NOW}", -1102),
        (f"account?timestamp={NOW}&signature=", -1022),
        (f"account?timestamp={NOW - 5001}&signature=00", -1021),
        (f"account?timestamp={NOW + 1000}&signature=00", -1021),
        (f"account?timestamp={NOW}&recvWindow=60001&signature=00", -1131),
        ("account?timestamp=soon&signature=00", -1100),
        (f"account?timestamp={NOW}&timestamp={NOW}&signature=00", -1101),
        ("account?timestamp=%FF", -1100),
    ],
)
async def test_what_is_signed_badly(target: str, expected: int) -> None:
    assert code(await Desk().raw("GET", target)) == (400, expected)


async def test_a_request_may_be_signed_in_microseconds() -> None:
    desk = Desk()
    text = f"timestamp={NOW}000&recvWindow=6000.346"
    signature = signer(desk.issued)(text.encode())
    reply = await desk.raw("GET", f"account?{text}&signature={signature}")
    assert reply.status == 200


async def test_times_come_in_the_unit_that_is_asked_for() -> None:
    desk = Desk()
    reply = await desk.send("POST", "order", LIMIT, x_mbx_time_unit="microsecond")
    assert reply.json()["transactTime"] == NOW * 1000
    assert code(await desk.send("POST", "order", LIMIT, x_mbx_time_unit="hours")) == (400, -1194)


async def test_an_unknown_parameter_is_refused_before_anything_is_done() -> None:
    desk = Desk()
    reply = await desk.send("POST", "order", LIMIT | {"leverage": "3"})
    assert (code(reply), desk.venue.did) == ((400, -1104), [])


async def test_the_engines_refusal_travels_with_its_code_and_words() -> None:
    desk = Desk()
    desk.venue.refuses["place"] = insufficient_balance()
    reply = await desk.send("POST", "order", LIMIT)
    assert reply.status == 400
    assert reply.json() == {
        "code": -2010,
        "msg": "Account has insufficient balance for requested action.",
    }


async def test_a_half_done_replacement_says_so_in_its_status() -> None:
    desk = Desk(venue=FakeVenue(order()))
    desk.venue.refuses["place"] = would_match()
    params = LIMIT | {"cancelReplaceMode": "STOP_ON_FAILURE", "cancelOrderId": "7"}
    reply = await desk.send("POST", "order/cancelReplace", params)
    assert code(reply) == (409, -2021)
    assert reply.json()["data"]["cancelResult"] == "SUCCESS"


async def test_orders_weigh_nothing_unless_they_are_refused() -> None:
    """CHANGELOG.md 2026-03-27, read 2026-11-24."""
    desk = Desk(venue=FakeVenue(order()))
    await desk.send("POST", "order", LIMIT)
    await desk.send("DELETE", "order", {"symbol": "BTCUSDT", "orderId": "7"})
    assert desk.rest.usage().weight == 0
    await desk.send("POST", "order", LIMIT | {"side": "HOLD"})
    assert desk.rest.usage().weight == 1
    reply = await desk.send("GET", "account")
    assert (desk.rest.usage().weight, reply.headers["x-mbx-used-weight-1m"]) == (21, "21")


@pytest.mark.parametrize(
    ("method", "path", "params", "weight"),
    [
        ("GET", "account", {}, 20),
        ("GET", "order", {"symbol": "BTCUSDT", "orderId": "7"}, 4),
        ("GET", "openOrders", {"symbol": "BTCUSDT"}, 6),
        ("GET", "openOrders", {}, 80),
        ("GET", "allOrders", {"symbol": "BTCUSDT"}, 20),
        ("GET", "allOrderList", {}, 20),
        ("GET", "myTrades", {"symbol": "BTCUSDT"}, 20),
        ("GET", "myTrades", {"symbol": "BTCUSDT", "orderId": "7"}, 5),
        ("GET", "rateLimit/order", {}, 40),
        ("GET", "myPreventedMatches", {"symbol": "BTCUSDT", "preventedMatchId": "1"}, 2),
        ("GET", "myPreventedMatches", {"symbol": "BTCUSDT", "orderId": "1"}, 20),
        ("GET", "myAllocations", {"symbol": "BTCUSDT"}, 20),
        ("GET", "account/commission", {"symbol": "BTCUSDT"}, 20),
        ("GET", "order/amendments", {"symbol": "BTCUSDT", "orderId": "7"}, 4),
        ("GET", "myFilters", {"symbol": "BTCUSDT"}, 40),
        ("POST", "order/test", LIMIT, 1),
        ("POST", "order/test", LIMIT | {"computeCommissionRates": "true"}, 20),
        ("POST", "sor/order/test", LIMIT | {"computeCommissionRates": "true"}, 20),
    ],
)
async def test_weights(method: str, path: str, params: dict[str, str], weight: int) -> None:
    desk = Desk(venue=FakeVenue(order()))
    assert (await desk.send(method, path, params)).status == 200
    assert desk.rest.usage().weight == weight


async def test_past_the_weight_limit_orders_still_pass_and_questions_do_not() -> None:
    desk = Desk(limits=Limits(request_weight=20))
    assert (await desk.send("GET", "account")).status == 200
    assert (await desk.send("POST", "order", LIMIT)).status == 200
    refused = await desk.send("GET", "account")
    assert code(refused) == (429, -1003)
    assert "retry-after" in refused.headers


async def test_an_answer_to_an_order_counts_unfilled_orders() -> None:
    desk = Desk(orders=2)
    first = await desk.send("POST", "order", LIMIT)
    assert first.headers["x-mbx-order-count-10s"] == "1"
    await desk.send("POST", "order", LIMIT)
    reply = await desk.send("POST", "order", LIMIT)
    assert code(reply) == (429, -1015)
    assert 1 <= int(reply.headers["retry-after"]) <= 10
    question = await desk.send("GET", "openOrders", {"symbol": "BTCUSDT"})
    assert "x-mbx-order-count-10s" not in question.headers


async def test_an_order_that_the_engine_refuses_does_not_count() -> None:
    desk = Desk(orders=1)
    desk.venue.refuses["place"] = would_match()
    await desk.send("POST", "order", LIMIT)
    desk.venue.refuses.clear()
    assert (await desk.send("POST", "order", LIMIT)).status == 200


async def test_paths_with_several_methods() -> None:
    desk = Desk(venue=FakeVenue(order()))
    asked = {"symbol": "BTCUSDT", "orderId": "7"}
    assert (await desk.send("GET", "order", asked)).json()["status"] == "NEW"
    assert (await desk.send("DELETE", "order", asked)).json()["status"] == "CANCELED"
    reply = await desk.send("PATCH", "order", asked)
    assert (reply.status, reply.headers["allow"]) == (405, "POST, DELETE, GET")
    assert (await desk.send("POST", "depth", {"symbol": "BTCUSDT"})).status == 405
    assert (await desk.send("POST", "userDataStream")).status == 410


async def test_the_rest_hears_when_orders_may_have_moved() -> None:
    desk = Desk()
    await desk.send("GET", "account")
    assert desk.moved == 0
    await desk.send("POST", "order", LIMIT)
    desk.venue.refuses["place"] = would_match()
    await desk.send("POST", "order", LIMIT)
    assert desk.moved == 2


async def test_a_fault_on_the_way_of_an_order() -> None:
    desk = Desk()
    fault = b'{"kind": "order", "executes": true, "then": "-1007", "every": 1}'
    desk.faults.arm(read_plan(b'{"faults": [' + fault + b"]}"))
    reply = await desk.send("POST", "order", LIMIT)
    assert reply.json()["code"] == -1007
    assert desk.venue.did == ["place"]


async def test_when_the_market_has_stopped_nothing_is_carried_out() -> None:
    desk = Desk()
    desk.rest.failure = "broken"
    assert (await desk.send("POST", "order", LIMIT)).status == 503
    assert desk.venue.did == []
