"""Faults of the stream side over real sockets: each does what its name says, and the market stays right."""

import asyncio
import json
from typing import Any

import msgspec
import picows
import pytest

from binance_mcp_server.exchange.clock import VirtualClock
from binance_mcp_server.exchange.faults.plan import read_plan
from tests.exchange.market.feeds import THURSDAY, trade_frame
from tests.exchange.ws.scenes import trade
from tests.exchange.ws.sockets import Client, Venue, eventually, venue

pytestmark = pytest.mark.anyio


def arm(place: Venue, *faults: dict[str, object], seed: int = 1) -> None:
    """As ``POST /__sim/faults`` does."""
    place.streams.faults.arm(read_plan(msgspec.json.encode({"seed": seed, "faults": faults})))
    place.streams.arm()


def struck(place: Venue) -> list[int]:
    state: Any = place.streams.faults.schedule.state()
    return [each["struck"] for each in state["faults"]]


async def play(place: Venue, first: int, last: int) -> None:
    await place.play(*(trade_frame(trade(n, n)) for n in range(first, last + 1)))


async def ids(client: Client, count: int) -> list[int]:
    return [(await client.next())["data"]["t"] for _ in range(count)]


async def trades(place: Venue) -> Client:
    return await place.open("/stream?streams=btcusdt@trade")


async def test_frames_are_dropped_doubled_and_swapped() -> None:
    async with venue() as place:
        client = await trades(place)
        arm(place, {"kind": "drop", "every": 3})
        await play(place, 1, 6)
        assert await ids(client, 4) == [1, 2, 4, 5]
        arm(place, {"kind": "duplicate", "every": 2})
        await play(place, 7, 10)
        assert await ids(client, 6) == [7, 8, 8, 9, 10, 10]
        arm(place, {"kind": "swap", "every": 2})
        await play(place, 11, 14)
        assert await ids(client, 3) == [11, 13, 12]
        arm(place)
        await play(place, 15, 16)
        assert await ids(client, 3) == [14, 15, 16]
        assert not client.frames


async def test_what_waits_to_be_swapped_is_told_when_the_source_has_ended() -> None:
    async with venue() as place:
        client = await trades(place)
        arm(place, {"kind": "swap", "every": 1})
        await play(place, 1, 1)
        await place.streams.publish((), ended=True)
        assert await ids(client, 1) == [1]


async def test_the_same_seed_strikes_the_same_frames() -> None:
    async def run(seed: int) -> list[int]:
        async with venue() as place:
            client = await trades(place)
            arm(place, {"kind": "drop", "share": 0.3}, seed=seed)
            await play(place, 1, 200)
            await client.all_received()
            return [json.loads(frame)["data"]["t"] for frame in client.frames]

    assert await run(3) == await run(3) != await run(4)


async def test_a_reset_comes_in_place_of_a_frame_and_others_go_on() -> None:
    async with venue() as place:
        client, other = await trades(place), await place.open("/ws/btcusdt@aggTrade")
        arm(place, {"kind": "reset", "every": 3, "streams": ["*@trade"]})
        await play(place, 1, 5)
        assert (await client.ended())[0] == 1006
        assert len(client.frames) <= 2  # what was on its way may be lost with it
        await place.gone(1)
        await other.until(lambda: len(other.frames) == 5)
        assert struck(place) == [1]


async def test_a_connection_ends_in_the_middle_of_a_frame() -> None:
    async with venue() as place:
        client = await trades(place)
        arm(place, {"kind": "fin", "every": 3})
        await play(place, 1, 5)
        assert (await client.ended())[0] == 1006
        assert await ids(client, 2) == [1, 2]
        assert not client.frames


@pytest.mark.parametrize("kind", ["reset", "fin", "streams_down"])
async def test_without_a_rhythm_every_connection_is_struck_at_once(kind: str) -> None:
    async with venue() as place:
        clients = [await trades(place), await place.open("/ws")]
        fault: dict[str, object] = {"kind": kind}
        arm(place, fault if kind == "streams_down" else fault | {"times": 2})
        for client in clients:
            assert (await client.ended())[0] == 1006
        await place.gone()
        assert struck(place) == [2]


async def test_a_black_hole_says_nothing_and_answers_no_ping_until_it_is_over() -> None:
    clock = VirtualClock()
    async with venue(clock) as place:
        client = await trades(place)
        arm(place, {"kind": "blackhole", "every": 2, "ms": 30_000, "times": 1})
        await play(place, 1, 5)
        assert await ids(client, 1) == [1]
        client.say(b"anyone?", picows.WSMsgType.PING)
        client.say(b'{"method":"LIST_SUBSCRIPTIONS","id":1}')
        await clock.advance(29_000)
        assert (client.frames, client.pings, client.closed) == (client.frames.__class__(), [], None)
        assert place.streams.counters.messages_in == 0
        await clock.advance(1_000)
        await play(place, 6, 7)
        assert await ids(client, 2) == [6, 7]
        await client.until(lambda: bool(client.pings))


async def test_a_black_hole_without_an_end_lasts_until_it_is_cleared() -> None:
    clock = VirtualClock()
    async with venue(clock) as place:
        client = await trades(place)
        arm(place, {"kind": "blackhole"})
        await clock.advance(3_600_000)
        await play(place, 1, 5)
        assert client.closed is None
        arm(place)
        await play(place, 6, 6)
        assert await ids(client, 1) == [6]


@pytest.mark.parametrize("form", ["bad_json", "bad_utf8", "cut", "null", "extra_field"])
async def test_a_malformed_frame_stands_in_the_place_of_its_own(form: str) -> None:
    async with venue() as place:
        client = await trades(place)
        arm(place, {"kind": "malformed", "form": form, "every": 2, "times": 1})
        await play(place, 1, 3)
        await client.all_received()
        first, second, third = client.frames
        assert json.loads(first)["data"]["t"] == 1
        assert json.loads(third)["data"]["t"] == 3
        assert second != trade_frame(trade(2, 2)).payload


async def test_a_reserved_bit_is_set() -> None:
    bits: list[bool] = []

    class Watching(Client):
        def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
            bits.append(frame.rsv1)
            super().on_ws_frame(transport, frame)

    async with venue() as place:
        client = Watching()
        url = f"ws://127.0.0.1:{place.port}/stream?streams=btcusdt@trade"
        await picows.ws_connect(lambda: client, url)
        place.clients.append(client)
        arm(place, {"kind": "malformed", "form": "rsv_bit", "every": 2})
        await play(place, 1, 2)
        await client.until(lambda: len(bits) == 2)
        assert bits == [False, True]


async def test_a_huge_frame_arrives_whole_where_the_client_takes_it() -> None:
    async with venue() as place:
        client = await place.open("/stream?streams=btcusdt@trade", max_frame_size=1 << 27)
        arm(place, {"kind": "malformed", "form": "huge", "every": 1, "times": 1})
        await play(place, 1, 1)
        assert await ids(client, 1) == [1]


async def test_a_shutdown_is_announced_at_once_and_comes_after_a_while() -> None:
    clock = VirtualClock()
    async with venue(clock) as place:
        raw, whole = await place.open("/ws"), await place.open("/stream")
        futures = await place.open("/coinm/ws")
        arm(place, {"kind": "serverShutdown", "seconds": 5, "product": "spot"})
        event = {"e": "serverShutdown", "E": THURSDAY}
        assert await raw.next() == event
        assert await whole.next() == {"stream": "!serverShutdown", "data": event}
        await clock.advance(4_000)
        assert raw.closed is None
        await clock.advance(2_000)
        assert (await raw.ended())[0] == (await whole.ended())[0] == 1001
        assert futures.closed is None
        assert struck(place) == [2]


async def test_a_day_can_be_made_short_and_long_again() -> None:
    clock = VirtualClock()
    async with venue(clock) as place:
        first = await place.open("/ws")
        arm(place, {"kind": "day", "seconds": 30, "notice_seconds": 5})
        await clock.advance(26_000)
        assert (await first.next())["e"] == "serverShutdown"
        await clock.advance(5_000)
        assert (await first.ended())[0] == 1001
        assert struck(place) == [1]
        second = await place.open("/ws")
        arm(place)
        await clock.advance(40_000)
        assert second.closed is None
        assert sum(place.streams.counters.broken_rules.values()) == 0


async def test_a_reply_can_be_lost_or_late_but_is_acted_on() -> None:
    clock = VirtualClock()
    async with venue(clock) as place:
        client = await place.open()
        arm(
            place,
            {"kind": "no_ack", "times": 1, "methods": ["SUBSCRIBE"]},
            {"kind": "late_ack", "ms": 3000, "times": 1, "methods": ["LIST_SUBSCRIPTIONS"]},
        )
        client.say(b'{"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":1}')
        client.say(b'{"method":"LIST_SUBSCRIPTIONS","id":2}')
        await eventually(lambda: struck(place) == [1, 1])
        await play(place, 1, 1)
        assert await ids(client, 1) == [1]
        await clock.advance(3_000)
        assert await client.next() == {"result": ["btcusdt@trade"], "id": 2}


@pytest.mark.parametrize("kind", ["refuse", "streams_down"])
async def test_dials_are_refused_by_status(kind: str) -> None:
    async with venue() as place:
        fault: dict[str, object] = {"kind": kind, "status": 451, "times": 2}
        arm(place, fault | ({"retry_after": 7} if kind == "refuse" else {}))
        for _ in range(2):
            with pytest.raises(picows.WSHandshakeError) as caught:
                await place.open()
            response: Any = caught.value.response
            assert response.status == 451
            assert response.headers.get("Retry-After") == ("7" if kind == "refuse" else None)
        await place.open()
        assert place.streams.counters.dials == 3
        assert sum(place.streams.counters.broken_rules.values()) == 0


async def test_a_late_reply_of_a_venue_that_ends_leaves_nothing_behind() -> None:
    async with venue() as place:
        client = await place.open()
        arm(place, {"kind": "late_ack", "ms": 600_000})
        client.say(b'{"method":"LIST_SUBSCRIPTIONS","id":2}')
        await eventually(lambda: struck(place) == [1])
    names = [task.get_name() for task in asyncio.all_tasks()]
    assert not any(name.startswith("exchange") for name in names)
