"""User data over a socket: whose, in which order, and until when."""

import json
from typing import Any

import pytest

from binance_mcp_server.exchange.engine.events import ExecType, Printed
from binance_mcp_server.exchange.faults.plan import read_plan
from tests.exchange.wire.fake_market import NOW
from tests.exchange.wire.trading.examples import asked
from tests.exchange.wsapi.world import Client, World, client, served

pytestmark = pytest.mark.anyio
ORDER = {
    "symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "1", "price": "99",
}  # fmt: skip
BY_SIGNATURE = "userDataStream.subscribe.signature"


def arm(world: World, **fault: Any) -> None:
    plan = {"faults": [{"kind": "user_stream", **fault}]}
    world.rest.faults.arm(read_plan(json.dumps(plan).encode()))


async def kinds(its: Client, count: int) -> list[tuple[int, str]]:
    found = [await its.event() for _ in range(count)]
    return [(it["subscriptionId"], it["event"]["e"]) for it in found]


@pytest.mark.parametrize("kind", ["HMAC", "RSA", "ED25519"])
async def test_an_account_is_told_of_its_orders(kind: str) -> None:
    async with served(World()) as world, client(world) as its:
        key = world.issue(kind=kind)
        assert (await its.signed(key, BY_SIGNATURE))["result"] == {"subscriptionId": 0}
        await its.signed(key, "order.place", **ORDER)
        report, position = await its.event(), await its.event()
        assert (report["subscriptionId"], report["event"]["x"], report["event"]["i"]) == (
            0,
            "NEW",
            1,
        )
        assert position["event"]["B"] == [{"a": "USDT", "f": "5.00000000", "l": "1.00000000"}]


async def test_times_in_microseconds() -> None:
    async with served(World()) as world, client(world, "?timeUnit=MICROSECOND") as its:
        key = world.issue()
        await its.signed(key, BY_SIGNATURE)
        await its.signed(key, "order.place", **ORDER)
        assert (await its.event())["event"]["E"] == NOW * 1000


async def test_nobody_hears_of_another_account() -> None:
    async with served(World()) as world, client(world) as one, client(world) as two:
        first, second = world.issue(1), world.issue(2)
        await one.signed(first, BY_SIGNATURE)
        await two.signed(second, BY_SIGNATURE)
        await one.signed(second, "order.place", **ORDER)
        await one.signed(first, "order.place", **ORDER)
        assert [(await it.event())["event"]["i"] for it in (one, two)] == [2, 1]


async def test_several_accounts_on_one_socket_and_one_account_on_several() -> None:
    async with served(World()) as world, client(world) as its, client(world) as other:
        first, second = world.issue(1), world.issue(2)
        for key in (first, second):
            await its.signed(key, BY_SIGNATURE)
        await other.signed(second, BY_SIGNATURE)
        assert (await its.ask("session.subscriptions"))["result"] == [
            {"subscriptionId": 0}, {"subscriptionId": 1},
        ]  # fmt: skip
        await its.signed(second, "order.place", **ORDER)
        await its.signed(first, "order.place", **ORDER)
        told = ["executionReport", "outboundAccountPosition"]
        assert await kinds(its, 4) == [(id_, kind) for id_ in (1, 0) for kind in told]
        assert await kinds(other, 2) == [(0, kind) for kind in told]
        assert (await its.signed(first, BY_SIGNATURE))["error"]["code"] == -2035


async def test_nothing_is_lost_and_everything_in_order() -> None:
    async with served(World()) as world, client(world) as its:
        key = world.issue()
        await its.signed(key, BY_SIGNATURE)
        order = world.venue.place(1, asked(), NOW)
        for number in range(5000):
            order.executed = number
            world.venue.tell(order, ExecType.TRADE, NOW)
        assert await kinds(its, 2) == [(0, "executionReport"), (0, "outboundAccountPosition")]
        for number in range(5000):
            report, _ = await its.event(), await its.event()
            assert report["event"]["z"] == f"0.{number:08d}"


async def test_public_trades_are_not_told() -> None:
    async with served(World()) as world, client(world) as its:
        await its.signed(world.issue(), BY_SIGNATURE)
        world.api.told(Printed("BTCUSDT", 1, 1, 1, NOW, buyer_is_maker=False))
        assert (await its.ask("ping"))["status"] == 200
        assert its.events == []


async def test_an_ended_subscription_says_so_and_nothing_after() -> None:
    async with served(World()) as world, client(world) as its:
        key = world.issue()
        await its.signed(key, BY_SIGNATURE)
        assert (await its.ask("userDataStream.unsubscribe", subscriptionId=0))["result"] == {}
        await its.signed(key, "order.place", **ORDER)
        assert its.events == [
            {"subscriptionId": 0, "event": {"e": "eventStreamTerminated", "E": NOW}}
        ]
        assert (await its.ask("session.status"))["result"]["userDataStream"] is False
        again = await its.ask("userDataStream.unsubscribe", subscriptionId=0)
        assert again["error"]["code"] == -2036


async def test_a_logout_ends_the_sessions_own_subscription() -> None:
    async with served(World()) as world, client(world) as its:
        key, other = world.issue(1, "ED25519"), world.issue(2)
        await its.signed(key, "session.logon")
        assert (await its.ask("userDataStream.subscribe"))["result"] == {"subscriptionId": 0}
        assert (await its.signed(other, BY_SIGNATURE))["result"] == {"subscriptionId": 1}
        assert (await its.ask("session.status"))["result"]["userDataStream"] is True
        await its.ask("session.logout")
        assert (await its.event())["event"]["e"] == "eventStreamTerminated"
        assert (await its.ask("session.subscriptions"))["result"] == [{"subscriptionId": 1}]


async def test_a_revoked_key_hears_nothing_more() -> None:
    async with served(World()) as world, client(world) as its:
        key, other = world.issue(), world.issue()
        await its.signed(key, BY_SIGNATURE)
        world.keys.revoke(key.api_key)
        await its.signed(other, "order.place", **ORDER)
        assert [event["event"]["e"] for event in its.events] == ["eventStreamTerminated"]


# --- faults


async def test_a_subscription_dies_at_once() -> None:
    async with served(World()) as world, client(world) as its:
        key = world.issue()
        await its.signed(key, BY_SIGNATURE)
        arm(world, then="terminated")
        await its.signed(key, "order.place", **ORDER)
        assert [event["event"]["e"] for event in its.events] == ["eventStreamTerminated"]
        assert (await its.signed(key, BY_SIGNATURE))["result"] == {"subscriptionId": 1}


async def test_a_subscription_dies_in_the_place_of_an_event() -> None:
    async with served(World()) as world, client(world) as its:
        key = world.issue()
        await its.signed(key, BY_SIGNATURE)
        arm(world, then="terminated", every=2)
        await its.signed(key, "order.place", **ORDER)
        await its.ask("ping")
        assert [event["event"]["e"] for event in its.events] == [
            "executionReport", "eventStreamTerminated",
        ]  # fmt: skip


async def test_a_silent_subscription_loses_events_for_a_while() -> None:
    async with served(World()) as world, client(world) as its:
        key = world.issue()
        await its.signed(key, BY_SIGNATURE)
        arm(world, then="silent", ms=1000)
        await its.signed(key, "order.place", **ORDER)
        await world.clock.advance(1001)
        await its.signed(key, "order.place", **ORDER)
        assert (await its.event())["event"]["i"] == 2


async def test_a_cut_is_a_reset() -> None:
    async with served(World()) as world, client(world) as its, client(world) as other:
        await its.signed(world.issue(1), BY_SIGNATURE)
        await other.signed(world.issue(2), BY_SIGNATURE)
        arm(world, then="cut", account="account 1")
        await its.socket.wait_closed()
        assert its.socket.close_code == 1006
        assert (await other.ask("ping"))["status"] == 200


async def test_who_cannot_be_told_is_cut_off_and_the_order_is_accepted_all_the_same(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Events are told in the middle of a step of the engine: half an order would be left of one that ends there."""

    def broken(*_said: object) -> None:
        raise RuntimeError("out of order")

    async with served(World()) as world, client(world) as its, client(world) as other:
        await its.signed(world.issue(1), BY_SIGNATURE)
        (connection,) = (
            it for it in world.api.connections if it.session and it.session.subscriptions
        )
        monkeypatch.setattr(connection.feed, "tell", broken)
        reply = await other.signed(world.issue(1), "order.place", **ORDER)
        assert reply["status"] == 200
        await its.socket.wait_closed()
        assert world.api.connections == {it for it in world.api.connections if it is not connection}
    assert "cannot tell a client of Execution" in caplog.text
