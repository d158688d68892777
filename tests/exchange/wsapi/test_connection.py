"""How a connection begins, is kept, and ends."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any

import picows
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError, InvalidStatus

from binance_mcp_server.exchange.engine.events import ExecType
from binance_mcp_server.exchange.faults.plan import read_plan
from binance_mcp_server.exchange.wire.limits import Limits
from binance_mcp_server.exchange.ws.rules import StreamRules
from binance_mcp_server.exchange.wsapi import connection as module
from tests.exchange.wire.trading.examples import asked
from tests.exchange.ws import sockets
from tests.exchange.ws.sockets import eventually
from tests.exchange.wsapi.world import Client, World, client, served, sign

pytestmark = pytest.mark.anyio
ORDER = {
    "symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "1", "price": "99",
}  # fmt: skip
OPENING = (
    b"GET /ws-api/v3 HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)


@asynccontextmanager
async def raw(world: World) -> AsyncIterator[sockets.Client]:
    """A client that answers pings when it is told to."""
    its = sockets.Client()
    await picows.ws_connect(lambda: its, world.url, enable_auto_pong=False)
    await eventually(lambda: bool(world.api.connections))
    try:
        yield its
    finally:
        its.leave()


async def pass_seconds(world: World, seconds: int) -> None:
    for _ in range(seconds):
        await world.clock.advance(1000)


async def refused(world: World, query: str = "", **more: Any) -> tuple[int, Any]:
    with pytest.raises(InvalidStatus) as caught:
        async with connect(world.url + query, **more):
            pass
    response = caught.value.response
    return response.status_code, json.loads(response.body or b"null")


async def test_a_ping_every_20_seconds_is_answered() -> None:
    async with served(World()) as world, raw(world) as its:
        await pass_seconds(world, 100)
        await its.until(lambda: len(its.pings) == 5)
        await eventually(lambda: world.api.counters.pongs == 5)
        assert its.closed is None


async def test_without_a_pong_it_ends_after_a_minute() -> None:
    async with served(World()) as world, raw(world) as its:
        its.silent = True
        await pass_seconds(world, 79)
        its.say(b"", picows.WSMsgType.PONG)  # one that nobody asked for
        await its.until(lambda: len(its.pings) == 3)
        assert its.closed is None
        await pass_seconds(world, 2)
        assert await its.ended() == (1008, "Pong timeout")


async def test_after_a_day_it_ends_and_that_is_told_before() -> None:
    async with served(World()) as world, raw(world) as its:
        (connection,) = world.api.connections
        world.api.rules = StreamRules(day_seconds=30.0, notice_seconds=5.0)
        await pass_seconds(world, 26)
        event = await its.next()
        assert event == {"event": {"e": "serverShutdown", "E": world.market.now_ms()}}
        await pass_seconds(world, 5)
        assert await its.ended() == (1001, "")
        await eventually(lambda: connection not in world.api.connections)


async def test_pings_of_the_client_are_answered_and_fragments_joined() -> None:
    async with served(World()) as world, client(world) as its:
        await (await its.socket.ping(b"hello"))
        await its.socket.send(iter(['{"id":1,', '"method":', '"ping"}']))
        assert (await its.frame())["id"] == 1


async def test_a_binary_frame_is_no_request() -> None:
    async with served(World()) as world, client(world) as its:
        await its.socket.send(b'{"id":1,"method":"ping"}')
        assert (await its.frame())["error"]["code"] == -1135
        await its.socket.wait_closed()


async def test_too_large_a_message_ends_the_connection() -> None:
    async with served(World()) as world, client(world) as its:
        await its.socket.send("x" * (module.MOST_MESSAGE_BYTES + 1))
        await its.socket.wait_closed()
        assert its.socket.close_code == 1009


@pytest.mark.parametrize(
    ("query", "code"),
    [("?timeUnit=SECOND", -1194), ("?returnRateLimits=1", -1130), ("?responseFormat=sbe", -1155)],
)
async def test_a_wrong_query_is_refused(query: str, code: int) -> None:
    async with served(World()) as world:
        status, body = await refused(world, query)
        assert (status, body["code"]) == (400, code)


async def test_elsewhere_there_is_nothing() -> None:
    async with served(World()) as world:
        world.url = world.url.replace("/v3", "/v4")
        assert (await refused(world))[0] == 404


async def test_only_loopback_names_are_answered() -> None:
    async with served(World()) as world:
        port = int(world.url.split(":")[2].partition("/")[0])
        world.url = f"ws://ws-api.binance.com:{port}/ws-api/v3"
        status, _ = await refused(world, host="127.0.0.1", port=port)
        assert status == 403
        assert not world.api.connections


async def test_dials_are_limited() -> None:
    async with served(World()) as world:
        world.api.dials = 2
        async with client(world), client(world):
            status, body = await refused(world)
            assert (status, body["code"]) == (429, -1034)
        await world.clock.advance(300_000)
        async with client(world) as its:
            assert (await its.ask("ping"))["status"] == 200


async def test_a_connection_weighs_two() -> None:
    async with served(World(Limits(request_weight=3))) as world, client(world):
        assert world.rest.usage().weight == 2
        status, body = await refused(world)
        assert (status, body["code"]) == (429, -1003)


async def test_the_venue_says_so_when_it_goes() -> None:
    async with served(World()) as world, client(world) as its:
        for connection in tuple(world.api.connections):
            connection.shutdown()
        assert (await its.frame())["event"]["e"] == "serverShutdown"
        await its.socket.wait_closed()
        assert its.socket.close_code == 1001


async def all_events(its: Client) -> int:
    """Until it is closed."""
    events = 0
    try:
        while "event" in await its.frame():
            events += 1
    except ConnectionClosedError:
        return events
    raise AssertionError("a reply")


async def test_a_client_that_reads_nothing_is_cut_off_with_a_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MOST_WAITING", 1024 * 1024)
    async with served(World()) as world, client(world, max_queue=1) as its:
        key = world.issue()
        await its.signed(key, "userDataStream.subscribe.signature")
        its.socket.transport.pause_reading()
        (connection,) = world.api.connections
        order = world.venue.place(2, asked(), 0)
        while connection.closed_at is None:
            order.uid = 1
            world.venue.tell(order, ExecType.NEW, 0)
            await asyncio.sleep(0)
        assert world.api.counters.cut_off == 1
        told = world.api.counters.events
        its.socket.transport.resume_reading()
        assert await all_events(its) == told
        assert its.socket.close_reason == "Too many events wait to be read"


async def test_what_cannot_be_read_is_not_answered_further(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests wait while replies do."""
    monkeypatch.setattr(module, "HIGH_WATER", 1024)
    monkeypatch.setattr(module, "LOW_WATER", 512)
    async with served(World(Limits(10**9))) as world, client(world, max_queue=1) as its:
        its.socket.transport.pause_reading()
        count = 20_000
        for number in range(count):
            await its.socket.send(f'{{"id":{number},"method":"exchangeInfo"}}')
            if number % 100 == 0 and any(it._is_paused for it in world.api.connections):
                count = number + 1
                break
        its.socket.transport.resume_reading()
        assert [(await its.frame())["id"] for _ in range(count)] == list(range(count))
        assert count > module.MOST_REQUESTS


async def test_the_way_takes_as_long_as_it_is_told() -> None:
    async with served(World(latency_ms=200)) as world, client(world) as its:
        for number in (1, 2):
            await its.socket.send(f'{{"id":{number},"method":"ping"}}')
        (connection,) = world.api.connections
        await eventually(lambda: len(connection._in._under_way) == 2)
        await world.clock.advance(199)
        assert world.api.counters.frames_out == 0
        await world.clock.advance(1)
        assert [(await its.frame())["id"] for _ in range(2)] == [1, 2]


async def test_a_hanging_answer_is_ended_by_a_reset() -> None:
    plan = b'{"faults":[{"kind":"order","executes":true,"then":"hang","ms":3000,"via":"ws_api"}]}'
    async with served(World()) as world, client(world) as its:
        world.rest.faults.arm(read_plan(plan))
        request = {"id": 1, "method": "order.place", "params": sign(world.issue(), ORDER)}
        await its.socket.send(json.dumps(request))
        assert (await its.ask("ping"))["status"] == 200
        assert len(world.venue.placed) == 1
        await world.clock.advance(3000)
        await its.socket.wait_closed()
        assert its.socket.close_code == 1006


@pytest.mark.parametrize(("then", "code", "status"), [("-1007", -1007, 408), ("503", -1001, 503)])
async def test_an_order_whose_fate_is_not_told(then: str, code: int, status: int) -> None:
    plan = {"faults": [{"kind": "order", "executes": True, "then": then}]}
    async with served(World()) as world, client(world) as its:
        world.rest.faults.arm(read_plan(json.dumps(plan).encode()))
        reply = await its.signed(world.issue(), "order.place", **ORDER)
        assert (reply["status"], reply["error"]["code"]) == (status, code)
        assert len(world.venue.placed) == 1


async def test_who_pings_and_reads_no_answer_is_read_no_more() -> None:
    """Each ping is answered: the answers used to pile up without a bound."""
    async with asyncio.timeout(30), served(World()) as world:
        loop, sock = asyncio.get_running_loop(), socket.socket()
        sock.setblocking(False)
        with contextlib.closing(sock):
            port = int(world.url.split(":")[2].partition("/")[0])
            await loop.sock_connect(sock, ("127.0.0.1", port))
            await loop.sock_sendall(sock, OPENING)
            await eventually(lambda: bool(world.api.connections))
            (connection,) = world.api.connections
            transport = connection._transport
            assert transport is not None
            pings = b"\x89\xfd\0\0\0\0" + b"x" * 125
            flood = asyncio.create_task(loop.sock_sendall(sock, pings * 200_000))
            await eventually(lambda: not transport.is_reading() or flood.done())
            assert not flood.done()
            assert transport.get_write_buffer_size() < 2 * module.HIGH_WATER
            flood.cancel()
            while not transport.is_reading():  # who reads again is heard again
                await loop.sock_recv(sock, 1 << 20)


async def test_one_connections_requests_do_not_keep_others_waiting() -> None:
    """However many came at once, others have their turn after each."""
    async with served(World()) as world, client(world) as its:
        (connection,) = world.api.connections
        counted: list[int] = []
        turns = asyncio.create_task(_count_turns(world, counted))
        for _ in range(100):
            connection._arrived(b'{"id":1,"method":"time"}')
        for _ in range(100):
            await its.frame()
        turns.cancel()
        steps = [later - it for it, later in pairwise(counted)]
        assert max(steps) == 1


async def _count_turns(world: World, counted: list[int]) -> None:
    """How many requests have been answered by each turn of the loop."""
    while True:
        counted.append(world.api.counters.requests)
        await asyncio.sleep(0)
