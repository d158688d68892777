"""Requests and replies over a socket."""

from typing import Any

import pytest

from binance_mcp_server.exchange.faults.orders import name_of
from binance_mcp_server.exchange.wire.endpoints import ENDPOINTS
from binance_mcp_server.exchange.wire.limits import Limits
from binance_mcp_server.exchange.wire.trading.operations import REST
from binance_mcp_server.exchange.wsapi.methods import PUBLIC, SIGNED
from tests.exchange.wire.fake_market import NOW
from tests.exchange.wsapi.world import World, client, served, sign

pytestmark = pytest.mark.anyio
LIMIT = {
    "symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "1", "price": "99",
}  # fmt: skip


def test_every_endpoint_and_every_operation_has_its_method() -> None:
    assert set(PUBLIC.values()) == set(ENDPOINTS)
    assert set(SIGNED.values()) == set(REST)
    assert {name_of(*place): method for method, place in SIGNED.items()} == {
        it: it for it in SIGNED
    }
    assert len(PUBLIC) + len(SIGNED) + 7 == 55


async def test_a_reply_carries_the_id_and_what_was_used() -> None:
    async with served(World()) as world, client(world) as its:
        reply = await its.ask("time")
        assert reply == {
            "id": 1,
            "status": 200,
            "result": {"serverTime": NOW},
            "rateLimits": [
                {
                    "rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1,
                    "limit": 6000, "count": 3,
                }
            ],
        }  # fmt: skip
        assert world.rest.usage().weight == 3  # two for the connection


async def test_limits_are_shown_when_they_are_wanted() -> None:
    async with served(World()) as world:
        async with client(world) as its:
            assert "rateLimits" not in await its.ask("ping", returnRateLimits=False)
            assert "rateLimits" in await its.ask("ping")
        async with client(world, "?returnRateLimits=false") as its:
            assert "rateLimits" not in await its.ask("ping")
            assert "rateLimits" in await its.ask("ping", returnRateLimits=True)
            assert (await its.ask("session.status"))["result"]["returnRateLimits"] is False
            assert (await its.ask("ping", returnRateLimits="x"))["error"]["code"] == -1130


async def test_market_data_in_the_unit_asked_for() -> None:
    async with served(World()) as world, client(world, "?timeUnit=MICROSECOND") as its:
        assert (await its.ask("v3/time"))["result"] == {"serverTime": NOW * 1000}
        trades = (await its.ask("trades.recent", symbol="BTCUSDT", limit=1))["result"]
        assert (trades[0]["id"], trades[0]["time"]) == (5, (NOW - 1000) * 1000)


async def test_symbols_are_an_array() -> None:
    async with served(World()) as world, client(world) as its:
        prices = (await its.ask("ticker.price", symbols=["BTCUSDT", "ETHBTC"]))["result"]
        assert [it["symbol"] for it in prices] == ["BTCUSDT", "ETHBTC"]


async def test_exchange_info_limits_connections_instead_of_requests() -> None:
    async with served(World()) as world, client(world) as its:
        info = (await its.ask("exchangeInfo", symbol="BTCUSDT"))["result"]
        kinds = [row["rateLimitType"] for row in info["rateLimits"]]
        assert kinds == ["REQUEST_WEIGHT", "ORDERS", "ORDERS", "CONNECTIONS"]


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("depth", {"symbol": "NOPE"}, -1121),
        ("depth", {}, -1102),
        ("depth", {"symbol": "BTCUSDT", "side": "BUY"}, -1104),
        ("ping", {"symbol": "BTCUSDT"}, -1104),
        ("order.place", {}, -1102),
        ("no.such", {}, -1020),
        ("userDataStream.subscribe", {}, -1002),
        ("userDataStream.subscribe", {"id": 1}, -1104),
        ("userDataStream.subscribe.signature", {}, -1102),
        ("userDataStream.unsubscribe", {"subscriptionId": "x"}, -1100),
        ("session.logon", {"apiKey": "x", "timestamp": 1, "signature": "y"}, -2014),
    ],
)
async def test_refusals(method: str, params: dict[str, Any], code: int) -> None:
    async with served(World()) as world, client(world) as its:
        reply = await its.ask(method, **params)
        assert (reply["id"], reply["error"]["code"]) == (1, code)
        assert (await its.ask("ping"))["status"] == 200


@pytest.mark.parametrize("kind", ["HMAC", "RSA", "ED25519"])
async def test_orders_of_every_kind_of_key(kind: str) -> None:
    async with served(World()) as world, client(world) as its:
        key = world.issue(kind=kind)
        reply = await its.signed(key, "order.place", **LIMIT, newClientOrderId="mine")
        assert (reply["status"], reply["result"]["clientOrderId"]) == (200, "mine")
        kinds = [(row["rateLimitType"], row["count"]) for row in reply["rateLimits"]]
        assert kinds == [("ORDERS", 1), ("ORDERS", 1), ("REQUEST_WEIGHT", 2)]
        found = await its.signed(key, "order.status", symbol="BTCUSDT", orderId=1)
        assert (found["result"]["status"], len(found["rateLimits"])) == ("NEW", 1)
        gone = await its.signed(key, "order.cancel", symbol="BTCUSDT", orderId=1)
        assert gone["result"]["status"] == "CANCELED"


@pytest.mark.parametrize("kind", ["HMAC", "RSA", "ED25519"])
async def test_one_changed_byte_is_refused(kind: str) -> None:
    async with served(World()) as world, client(world) as its:
        params = sign(world.issue(kind=kind), LIMIT)
        reply = await its.ask("order.place", **params | {"price": "98"})
        assert reply["error"]["code"] == -1022
        last = params["signature"][0]
        changed = ("1" if last == "0" else "0") + params["signature"][1:]
        reply = await its.ask("order.place", **params | {"signature": changed})
        assert reply["error"] == {"code": -1022, "msg": "Signature for this request is not valid."}
        assert world.venue.placed == {}


async def test_a_refused_order_weighs_and_an_accepted_one_does_not() -> None:
    async with served(World()) as world, client(world) as its:
        key = world.issue()
        await its.signed(key, "order.place", **LIMIT)
        assert world.rest.usage().weight == 2
        assert (await its.signed(key, "order.cancel", symbol="BTCUSDT", orderId=7))["error"][
            "code"
        ] == -2011
        assert world.rest.usage().weight == 3
        await its.ask("order.place", **LIMIT)
        assert world.rest.usage().weight == 4


async def test_late_and_early_requests() -> None:
    async with served(World()) as world, client(world) as its:
        key = world.issue()
        for timestamp in (NOW - 5001, NOW + 1000):
            reply = await its.ask("account.status", **sign(key, {}, timestamp))
            assert reply["error"]["code"] == -1021
        reply = await its.ask("account.status", **sign(key, {}, NOW * 1000))
        assert reply["result"]["balances"][0] == {
            "asset": "USDT", "free": "1000.00000000", "locked": "0.00000000",
        }  # fmt: skip


async def test_a_logged_on_session_needs_no_signatures() -> None:
    async with served(World()) as world, client(world) as its:
        key, other = world.issue(1, "ED25519"), world.issue(2)
        reply = await its.signed(key, "session.logon")
        assert (reply["result"]["apiKey"], reply["result"]["authorizedSince"]) == (key.api_key, NOW)
        assert (await its.ask("order.place", **LIMIT))["error"]["code"] == -1102  # a time is needed
        assert (await its.ask("order.place", **LIMIT, timestamp=NOW))["result"]["orderId"] == 1
        await its.signed(other, "order.place", **LIMIT)
        assert [order.uid for order in world.venue.placed.values()] == [1, 2]
        assert (await its.ask("session.logout"))["result"]["apiKey"] is None
        assert (await its.ask("order.place", **LIMIT, timestamp=NOW))["error"]["code"] == -1102


async def test_a_key_for_user_data_streams_alone_can_log_on() -> None:
    async with served(World()) as world, client(world) as its:
        key = world.issue(1, "ED25519", permissions=["USER_STREAM"])
        assert (await its.signed(key, "session.logon"))["status"] == 200
        assert (await its.ask("userDataStream.subscribe"))["status"] == 200
        reply = await its.ask("account.status", timestamp=NOW)
        assert (reply["id"], reply["error"]["code"]) == (3, -2015)


async def test_the_number_of_requests_is_not_limited() -> None:
    async with served(World(Limits(raw_requests=3))) as world, client(world) as its:
        for _ in range(5):
            assert (await its.ask("ping"))["status"] == 200
        assert world.rest.usage().raw_requests == 0


async def test_a_session_whose_key_is_revoked_is_told_with_its_next_request() -> None:
    async with served(World()) as world, client(world) as its:
        key = world.issue(1, "ED25519")
        await its.signed(key, "session.logon")
        world.keys.revoke(key.api_key)
        assert await its.ask("account.status", timestamp=NOW) == {
            "id": None,
            "status": 401,
            "error": {"code": -2015, "msg": "Invalid API-key, IP, or permissions for action."},
        }
        assert (await its.ask("session.status"))["result"]["apiKey"] is None


async def test_permissions_are_the_keys_own() -> None:
    async with served(World()) as world, client(world) as its:
        key = world.issue(permissions=["USER_DATA"])
        assert (await its.signed(key, "openOrders.status"))["result"] == []
        reply = await its.signed(key, "order.place", **LIMIT)
        assert (reply["status"], reply["error"]["code"]) == (401, -2015)
        reply = await its.signed(key, "userDataStream.subscribe.signature")
        assert reply["error"]["code"] == -2015


async def test_too_many_orders_say_when_to_come_back() -> None:
    async with served(World()) as world, client(world) as its:
        key = world.issue()
        world.unfilled.take(1, 100, NOW)
        reply = await its.signed(key, "order.place", **LIMIT)
        assert (reply["status"], reply["error"]["code"]) == (429, -1015)
        assert reply["error"]["data"] == {
            "serverTime": NOW,
            "retryAfter": NOW // 10_000 * 10_000 + 10_000,
        }


async def test_too_much_weight_then_a_ban_ends_the_connection() -> None:
    async with served(World(Limits(request_weight=21, ban_after=1))) as world, client(world) as its:
        assert (await its.ask("exchangeInfo"))["status"] == 429
        assert (await its.ask("ping"))["status"] == 200
        reply = await its.ask("exchangeInfo")
        until = NOW + 120_000
        assert (reply["status"], reply["error"]["code"]) == (418, -1003)
        assert f"IP banned until {until}" in reply["error"]["msg"]
        assert reply["error"]["data"] == {"serverTime": NOW, "retryAfter": until}
        await its.socket.wait_closed()
        assert (its.socket.close_code, its.socket.close_reason) == (1008, "disconnected")


@pytest.mark.parametrize("text", ["no json", '{"id": "$", "method": "ping"}', "[]"])
async def test_what_is_no_request_ends_the_connection(text: str) -> None:
    async with served(World()) as world, client(world) as its:
        reply = await its.say(text)
        assert (reply["id"], reply["status"], reply["error"]["code"]) == (None, 400, -1135)
        assert "rateLimits" not in reply
        await its.socket.wait_closed()
        assert (its.socket.close_code, its.socket.close_reason) == (1008, "disconnected")


async def test_params_that_are_no_object_are_refused_with_the_id() -> None:
    async with served(World()) as world, client(world) as its:
        reply = await its.say('{"id": "x", "method": "ping", "params": [1]}')
        assert (reply["id"], reply["error"]["code"]) == ("x", -1135)
        assert (await its.ask("ping"))["status"] == 200


async def test_pipelined_requests_are_answered_in_order() -> None:
    async with served(World()) as world, client(world) as its:
        for number in range(3000):
            await its.socket.send(f'{{"id":{number},"method":"time"}}')
        assert [(await its.frame())["id"] for _ in range(3000)] == list(range(3000))


async def test_a_dead_market_answers_503() -> None:
    async with served(World()) as world, client(world) as its:
        world.rest.failure = "it stopped"
        reply = await its.ask("depth", symbol="BTCUSDT")
        assert (reply["status"], reply["error"]["code"]) == (503, -1001)


async def test_a_defect_is_told_as_the_venue_tells_one(caplog: pytest.LogCaptureFixture) -> None:
    async with served(World()) as world, client(world) as its:
        world.venue.place = None
        reply = await its.signed(world.issue(), "order.place", **LIMIT)
        assert (reply["status"], reply["error"]["code"]) == (500, -1000)
    assert "cannot answer order.place" in caplog.text


async def test_what_was_asked_is_counted() -> None:
    async with served(World()) as world, client(world) as its:
        await its.ask("ping")
        await its.ask("nonsense")
        state = world.api.state()
    assert (state["requests"], state["dials"], state["connections"]) == (2, 1, 1)
    assert state["by_method"] == {"ping": 1, "other": 1}
    assert state["by_status"] == {"200": 1, "400": 1}
