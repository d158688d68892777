"""The stream server over real sockets: what it tells, what it asks of its clients, and how it treats them."""

import asyncio
from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import picows
import pytest
from picows import WSMsgType

from binance_mcp_server.exchange.clock import VirtualClock
from binance_mcp_server.exchange.ws import connection as connection_module
from binance_mcp_server.exchange.ws import streams as module
from binance_mcp_server.exchange.ws.connection import HIGH_WATER, Connection
from binance_mcp_server.exchange.ws.framing import joined
from binance_mcp_server.exchange.ws.rules import StreamRules
from tests.exchange.market.feeds import THURSDAY, depth_frame, trade_frame
from tests.exchange.ws.scenes import snapshot, trade
from tests.exchange.ws.sockets import Client, Venue, eventually, venue

pytestmark = pytest.mark.anyio


async def test_raw_and_combined_frames_arrive_as_they_came() -> None:
    async with venue() as place:
        raw = await place.open("/ws/btcusdt@trade")
        whole = await place.open("/stream?streams=btcusdt@trade/btcusdt@depth@100ms")
        frames = [trade_frame(trade(1, 10)), depth_frame(8, 9), trade_frame(trade(2, 20))]
        await place.play(*frames)
        await whole.until(lambda: len(whole.frames) == 3)
        assert list(whole.frames) == [frame.payload for frame in frames]
        await raw.until(lambda: len(raw.frames) == 2)
        assert [it["t"] for it in (await raw.next(), await raw.next())] == [1, 2]


async def test_streams_can_be_added_listed_and_ended() -> None:
    async with venue() as place:
        client = await place.open("/ws/0")
        assert await client.ask("SUBSCRIBE", "btcusdt@trade", "no@trade", id="a-1") == {
            "result": None,
            "id": "a-1",
        }
        assert (await client.ask("LIST_SUBSCRIPTIONS"))["result"] == ["btcusdt@trade", "no@trade"]
        await place.play(trade_frame(trade(1, 10)))
        assert (await client.next())["t"] == 1
        assert await client.ask("UNSUBSCRIBE", "btcusdt@trade", id=None) == {
            "result": None,
            "id": None,
        }
        await place.play(trade_frame(trade(2, 20)))
        assert (await client.ask("LIST_SUBSCRIPTIONS"))["result"] == ["no@trade"]


async def test_changing_the_form_neither_loses_nor_repeats_anything() -> None:
    async with venue() as place:
        client = await place.open("/ws/btcusdt@depth")
        await place.play(snapshot(), depth_frame(8, 8), at=0)
        assert (await client.ask("SET_PROPERTY", "combined", True))["result"] is None
        await place.play(at=1000)
        told = await client.next()
        assert (told["stream"], told["data"]["U"]) == ("btcusdt@depth", 8)
        assert not client.frames


async def test_times_come_in_microseconds_for_those_who_ask() -> None:
    async with venue() as place:
        client = await place.open(
            "/stream?streams=btcusdt@trade/btcusdt@aggTrade/btcusdt@kline_1m&timeUnit=MICROSECOND"
        )
        await place.play(trade_frame(trade(1, 10)), at=1000)
        told = [(await client.next())["data"] for _ in range(3)]
        by_kind = {it["e"]: it for it in told}
        assert by_kind["trade"]["T"] == (THURSDAY + 10) * 1000
        assert by_kind["aggTrade"]["E"] == (THURSDAY + 1000) * 1000
        assert by_kind["kline"]["k"]["T"] == (THURSDAY + 60_000) * 1000 - 1


async def test_unknown_names_are_acknowledged_and_silent_but_wrong_requests_are_told() -> None:
    async with venue() as place:
        client = await place.open()
        assert (await client.ask("SUBSCRIBE", "nobody@trade"))["result"] is None
        client.say(b"{")
        assert (await client.next())["code"] == 3
        await place.play(trade_frame(trade(1, 10)))
        assert (await client.ask("LIST_SUBSCRIPTIONS"))["result"] == ["nobody@trade"]


async def test_a_message_in_pieces_is_read_whole() -> None:
    async with venue() as place:
        client = await place.open()
        assert client.transport is not None
        client.transport.send(WSMsgType.TEXT, b'{"method":"LIST_SUB', False)
        client.transport.send(WSMsgType.CONTINUATION, b'SCRIPTIONS","id":7}')
        assert await client.next() == {"result": [], "id": 7}


async def test_the_sixth_message_in_a_second_ends_the_connection() -> None:
    clock = VirtualClock()
    async with venue(clock) as place:
        careful, hasty = await place.open(), await place.open()
        for number in range(5):
            await careful.ask("LIST_SUBSCRIPTIONS", id=number)
        await clock.advance(1000)
        await careful.ask("LIST_SUBSCRIPTIONS")
        hasty.say(b"x", WSMsgType.PING)
        hasty.say(b"", WSMsgType.PONG)
        for _ in range(4):
            hasty.say(b'{"method":"LIST_SUBSCRIPTIONS","id":1}')
        assert await hasty.ended() == (1008, "Too many requests")
        assert place.streams.counters.broken_rules["rate"] == 1
        assert careful.closed is None


@pytest.mark.parametrize("in_path", [True, False])
async def test_more_than_1024_streams_end_the_connection(in_path: bool) -> None:
    async with venue() as place:
        names = [f"s{number}@trade" for number in range(1025)]
        if in_path:
            client = await place.open("/stream?streams=" + "/".join(names))
        else:
            client = await place.open()
            assert (await client.ask("SUBSCRIBE", *names[1:]))["result"] is None
            assert (await client.ask("SUBSCRIBE", *names[1:]))["result"] is None
            assert client.closed is None
            await client.ask("SUBSCRIBE", names[0])
        assert await client.ended() == (1008, "Too many streams")
        assert place.streams.counters.broken_rules["streams"] == 1


async def test_the_301st_connection_in_five_minutes_is_refused() -> None:
    clock = VirtualClock()
    async with venue(clock) as place:
        place.streams.dials = 3
        for _ in range(3):
            await place.open()
        await clock.advance(299_000)
        with pytest.raises(picows.WSHandshakeError) as caught:
            await place.open()
        assert status(caught.value) == 429
        response: Any = caught.value.response
        assert response.headers["Retry-After"] in {"1", "2"}
        await clock.advance(1000)
        await place.open()
        assert place.streams.state()["broken_rules"] == {
            "rate": 0, "streams": 0, "pong": 0, "dials": 1,
        }  # fmt: skip


def status(error: Any) -> int:
    """Of a refused handshake."""
    return int(error.response.status)


@pytest.mark.parametrize(
    ("path", "host", "expected"),
    [
        ("/ws", "evil.example", 403),
        ("/ws", "stream.binance.com.evil.example", 403),
        ("/", "localhost", 404),
        ("/stream/x", "127.0.0.1:1", 404),
        ("/ws?timeUnit=x", "[::1]", 400),
    ],
)
async def test_who_and_what_is_refused(path: str, host: str, expected: int) -> None:
    async with venue() as place:
        with pytest.raises(picows.WSHandshakeError) as caught:
            await place.open(path, extra_headers={"Host": host})
        assert status(caught.value) == expected
        assert place.streams.counters.dials == 0


@pytest.mark.parametrize("host", ["localhost", "stream.binance.com", "[::1]:9443"])
async def test_loopback_names_and_the_venues_own_are_served(host: str) -> None:
    async with venue() as place:
        client = await place.open(extra_headers={"Host": host})
        assert (await client.ask("LIST_SUBSCRIPTIONS"))["result"] == []


def has_pings(client: Client, count: int) -> bool:
    return len(client.pings) == count


def has_pongs(place: Venue, count: int) -> bool:
    return place.streams.counters.pongs >= count


async def test_a_client_that_answers_pings_stays_and_one_that_does_not_goes() -> None:
    clock = VirtualClock()
    async with venue(clock) as place:
        good, deaf = await place.open(), await place.open()
        deaf.silent = True
        for number in range(1, 5):
            await clock.advance(20_000)
            await good.until(partial(has_pings, good, number))
            await eventually(partial(has_pongs, place, number))
        assert await deaf.ended() == (1008, "Pong timeout")
        assert good.closed is None
        assert len(set(good.pings)) == 4
        assert place.streams.counters.broken_rules["pong"] == 1


async def test_a_day_ends_with_a_notice_and_then_the_connection() -> None:
    clock = VirtualClock()
    async with venue(clock) as place:
        place.streams.rules["spot"] = StreamRules(day_seconds=15.0, notice_seconds=5.0)
        raw, whole = await place.open("/ws"), await place.open("/stream")
        await clock.advance(10_000)
        event = {"e": "serverShutdown", "E": THURSDAY}
        assert await raw.next() == event
        assert await whole.next() == {"stream": "!serverShutdown", "data": event}
        await clock.advance(5_000)
        assert (await raw.ended())[0] == (await whole.ended())[0] == 1001
        assert sum(place.streams.counters.broken_rules.values()) == 0


async def test_a_client_that_does_not_answer_the_close_is_cut_off() -> None:
    clock = VirtualClock()
    async with venue(clock) as place:
        client = await place.open()
        [connection] = place.streams.connections
        client.on_ws_frame = lambda *_: None  # type: ignore[method-assign]
        connection.break_rule("rate", "Too many requests")
        await clock.advance(6_000)
        await place.gone()


MANY = 4000
WIDE = '[["98.00000000","1.00000000"]' + ',["97.00000000","1.00000000"]' * 100 + "]"


def stop_reading(client: Client) -> None:
    assert client.transport is not None
    client.transport.underlying_transport.pause_reading()


def go_on_reading(client: Client) -> None:
    assert client.transport is not None
    client.transport.underlying_transport.resume_reading()


async def filled(place: Venue, client: Client) -> "asyncio.Task[None]":
    """Publish until the client's pipe is full."""
    frames = [depth_frame(n, n, WIDE) for n in range(1, MANY)]

    async def publish() -> None:
        for at in range(0, len(frames), 10):
            await place.streams.publish(frames[at : at + 10])

    task = asyncio.create_task(publish())
    await eventually(lambda: task.done() or bool(place.streams._full))
    return task


async def test_a_source_that_can_wait_waits_for_its_slowest_client_and_memory_stays_bounded() -> (
    None
):
    async with venue(patient=True) as place:
        slow = await place.open("/ws/btcusdt@depth@100ms")
        stop_reading(slow)
        publishing = await filled(place, slow)
        for _ in range(1000):
            await asyncio.sleep(0)
        assert not publishing.done()
        [connection] = place.streams.connections
        most = len(depth_frame(1, 1, WIDE).payload) * module.MOST_AT_ONCE
        assert connection.waiting() <= HIGH_WATER + most
        go_on_reading(slow)
        async with asyncio.timeout(20):
            await publishing
        await slow.until(lambda: len(slow.frames) == MANY - 1)
        assert place.streams.counters.cut_off == 0


async def test_a_source_that_waits_goes_on_when_the_slow_client_is_gone() -> None:
    async with venue(patient=True) as place:
        slow = await place.open("/ws/btcusdt@depth@100ms")
        stop_reading(slow)
        publishing = await filled(place, slow)
        assert not publishing.done()
        slow.leave()
        async with asyncio.timeout(5):
            await publishing


async def test_a_live_source_cuts_off_who_stays_slow_and_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MOST_WAITING", 2 * HIGH_WATER)
    async with venue(patient=False) as place:
        slow = await place.open("/ws/btcusdt@depth@100ms")
        quick = await place.open("/ws/btcusdt@depth@100ms")
        stop_reading(slow)
        async with asyncio.timeout(20):
            await (await filled(place, slow))
        assert place.streams.counters.cut_off == 1
        await quick.until(lambda: len(quick.frames) == MANY - 1)
        await place.gone(1)


async def test_others_have_their_turn_after_at_most_64_frames() -> None:
    async with venue() as place:
        clients = [await place.open("/ws/btcusdt@trade") for _ in range(3)]
        turns: list[int] = []

        async def watch() -> None:
            while True:
                turns.append(place.streams.counters.frames_out)
                await asyncio.sleep(0)

        watching = asyncio.create_task(watch())
        await place.play(*(trade_frame(trade(n, n)) for n in range(1, 301)))
        watching.cancel()
        gaps = [after - before for before, after in pairwise([0, *turns, 900])]
        assert max(gaps) <= 64
        assert place.streams.counters.frames_out == 900
        await clients[0].until(lambda: len(clients[0].frames) == 300)


async def test_what_a_client_is_told_in_one_turn_leaves_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    together: list[int] = []

    def watched(payloads: Sequence[bytes]) -> bytes:
        together.append(len(payloads))
        return joined(payloads)

    monkeypatch.setattr(connection_module, "joined", watched)
    async with venue() as place:
        client = await place.open("/ws/btcusdt@trade")
        await place.play(*(trade_frame(trade(n, n)) for n in range(1, 101)))
        assert together == [64, 36]
        await client.until(lambda: len(client.frames) == 100)
        assert [(await client.next())["t"] for _ in range(100)] == list(range(1, 101))


async def test_what_was_told_before_the_end_comes_before_it() -> None:
    async with venue() as place:
        clients = [await place.open("/ws/btcusdt@trade") for _ in range(4)]
        closed, cut, reset, bare = sorted(place.streams.connections, key=lambda it: it.number)
        for connection in place.streams.connections:
            for number in (1, 2, 3):
                connection.send("btcusdt@trade", b'{"t":%d}' % number)
        closed.break_rule("rate", "Too many requests")
        cut.end_with(b"")
        reset.reset()
        bare.abort()
        assert [(await client.ended())[0] for client in clients] == [1008, 1006, 1006, 1006]
        for client in clients:
            assert list(client.frames) == [b'{"t":1}', b'{"t":2}', b'{"t":3}']
        assert place.streams.counters.frames_out == 12


async def test_who_has_closed_meanwhile_is_told_nothing_more() -> None:
    async with venue() as place:
        client = await place.open("/ws/btcusdt@trade")
        [connection] = place.streams.connections
        client.leave()
        connection.send("btcusdt@trade", b"1")
        connection.send("btcusdt@trade", b"2")
        await place.gone()
        connection.send("btcusdt@trade", b"3")
        connection.send("btcusdt@trade", b"4")
        await place.play()
        assert not client.frames


async def test_the_first_subscription_to_a_stream_that_exists_is_told_once() -> None:
    told: list[int] = []
    async with venue(first=lambda: told.append(1)) as place:
        client = await place.open()
        await client.ask("SUBSCRIBE", "nobody@trade")
        assert not told
        await client.ask("SUBSCRIBE", "btcusdt@trade")
        assert told == [1]
        await place.open("/ws/btcusdt@trade")
        await client.ask("SUBSCRIBE", "btcusdt@depth")
        assert told == [1]


async def test_everything_is_counted() -> None:
    async with venue() as place:
        client = await place.open("/stream?streams=btcusdt@trade/x@y")
        await client.ask("SUBSCRIBE", "btcusdt@depth")
        await place.play(trade_frame(trade(1, 10)))
        await client.next()
        assert place.streams.state() == {
            "connections": 1, "subscriptions": 3, "dials": 1, "messages_in": 1, "frames_out": 2,
            "pings": 0, "pongs": 0, "cut_off": 0,
            "broken_rules": {"rate": 0, "streams": 0, "pong": 0, "dials": 0},
        }  # fmt: skip
        client.leave()
        await place.gone()
        assert place.streams.state()["connections"] == place.streams.state()["subscriptions"] == 0


async def test_all_that_a_client_is_told_goes_through_one_door(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    through: list[str | None] = []
    send = Connection.send

    def watched(self: Connection, stream: str | None, payload: bytes) -> None:
        through.append(stream)
        send(self, stream, payload)

    monkeypatch.setattr(Connection, "send", watched)
    async with venue() as place:
        client = await place.open("/ws/btcusdt@trade")
        await client.ask("SUBSCRIBE", "btcusdt@aggTrade")
        await place.play(trade_frame(trade(1, 10)))
        await client.until(lambda: len(client.frames) == 2)
        assert through == [None, "btcusdt@trade", "btcusdt@aggTrade"]
