"""Connections that break, fall silent, are refused or move: the streams go on, and what was lost is told."""

import asyncio

import pytest

from binance_mcp_server.binance_ws_api.kinds import spec
from binance_mcp_server.binance_ws_api.subscription import Subscription
from binance_mcp_server.errors import FirewallError, RegionError, TransportError
from binance_mcp_server.models.events import BookTickerEvent, Gap
from tests.binance_ws_api.frames import BEST, TRADES, best, ids, trade, trades
from tests.binance_ws_api.played_venue import MAIN, MIRROR, SHUTDOWN, World, settle, world

pytestmark = pytest.mark.anyio


def read(subscription: Subscription) -> list[int | tuple[int, int]]:
    return ids(subscription.read(None, 10_000).records)


async def feed(w: World, first: int, seconds: int, rate: int = 10) -> int:
    """Trades at a steady pace; the next id."""
    for _ in range(seconds):
        w.venue.send(*trades(first, first + rate - 1))
        first += rate
        await w.pass_(1)
    return first


async def test_what_came_while_the_connection_was_lost_is_fetched() -> None:
    async with world() as w:
        subscription = await w.hub.subscribe(TRADES)
        w.venue.send(*trades(1, 5))
        w.venue.sockets[0].cut("reset")
        await settle()
        assert (subscription.stream.state, subscription.stream.reconnects) == ("reconnecting", 1)
        w.venue.newest = 9
        await w.pass_(5)
        assert subscription.stream.state == "live"
        assert (read(subscription), w.venue.asked) == ([1, 2, 3, 4, 5, 6, 7, 8, 9], [(6, None)])
        w.venue.send(trade(10))
        assert read(subscription)[-1] == 10
        assert (subscription.gaps_unrepaired, subscription.stream.repaired) == (0, 4)


async def test_what_cannot_be_fetched_is_a_gap_with_its_cause() -> None:
    async with world() as w:
        subscription = await w.hub.subscribe(BEST)
        w.venue.send(best(10))
        w.venue.sockets[0].cut("reset by peer")
        await w.pass_(5)
        w.venue.send(best(50))
        _, gap, after = subscription.read(None, 9).records
        assert gap == Gap(11, 49, "connection lost: reset by peer", 0)
        assert isinstance(after, BookTickerEvent)
        assert subscription.gaps_unrepaired == 1


async def test_two_hundred_cuts_lose_nothing() -> None:
    async with world() as w:
        subscription = await w.hub.subscribe(TRADES, buffer=100_000)
        next_id = 1
        for cycle in range(200):
            w.venue.send(*trades(next_id, next_id + cycle % 7))
            next_id += cycle % 7 + 1
            w.venue.open[0].cut("reset")
            await settle()
            next_id += cycle % 3  # what comes while nobody hears
            w.venue.newest = next_id - 1
            await w.pass_(32)
            subscription.touch()
        assert read(subscription) == list(range(1, next_id))
        assert (subscription.gaps_unrepaired, subscription.stream.reconnects) == (0, 200)
        assert subscription.stream.state == "live"


async def test_a_stream_that_falls_silent_is_stale_until_its_connection_answers() -> None:
    async with world() as w:
        w.venue.answers_pings = False
        subscription = await w.hub.subscribe(TRADES)
        next_id = await feed(w, 1, 20)
        assert subscription.stream.state == "live"
        await w.pass_(6.5)
        assert subscription.stream.stale
        (socket,) = w.venue.sockets
        assert socket.pings == 1
        socket.ears.ponged(b"1")
        assert subscription.stream.state == "live"
        w.venue.send(trade(next_id))
        assert read(subscription) == list(range(1, next_id + 1))


@pytest.mark.parametrize("rate", [1, 3, 50])
async def test_a_dead_connection_is_found_out_and_replaced(rate: int) -> None:
    """Half-open: no data, no end, no answer to a ping."""
    async with world() as w:
        subscription = await w.hub.subscribe(TRADES)
        next_id = await feed(w, 1, 60, rate)
        w.venue.sockets[0].is_dead = True
        w.venue.newest = next_id + 3
        states = set()
        for _ in range(50):
            await w.pass_(1)
            states.add(subscription.stream.state)
        assert "stale" in states
        assert len(w.venue.dials) == 2
        assert subscription.stream.state == "live"
        assert read(subscription) == list(range(1, next_id + 4))


async def test_a_slow_stream_is_not_called_stale_for_being_slow() -> None:
    async with world() as w:
        subscription = await w.hub.subscribe(TRADES)
        for each in range(1, 40):
            w.venue.send(trade(each))
            for _ in range(20):
                await w.pass_(1)
                assert subscription.stream.state == "live"


async def test_a_farewell_of_the_venue_is_answered_by_moving_without_loss() -> None:
    async with world() as w:
        subscription = await w.hub.subscribe(TRADES)
        next_id = await feed(w, 1, 3)
        (old,) = w.venue.sockets
        old.ears.deliver([SHUTDOWN])
        next_id = await feed(w, next_id, 8)
        assert len(w.venue.dials) == 2
        assert not old.is_open
        next_id = await feed(w, next_id, 3)
        assert read(subscription) == list(range(1, next_id))
        assert (subscription.gaps_unrepaired, subscription.stream.reconnects) == (0, 0)
        assert subscription.stream.duplicates > 0, "both carried the same for a while"
        assert w.venue.asked == []


async def test_refused_for_where_we_are_the_public_mirror_is_asked() -> None:
    async with world(mirror=True) as w:
        w.venue.refusals = [RegionError("not here", status=451)]
        task = asyncio.create_task(w.hub.subscribe(TRADES))
        await w.pass_(3)
        subscription = await asyncio.wait_for(task, 5)
        assert w.venue.dials == [f"{MAIN}/stream", f"{MIRROR}/stream"]
        w.venue.send(trade(1))
        assert read(subscription) == [1]


async def test_refused_there_too_it_is_an_error() -> None:
    async with world(mirror=True) as w:
        w.venue.refusals = [RegionError("not here", status=451), RegionError("nor", status=451)]
        task = asyncio.create_task(w.hub.subscribe(TRADES))
        await w.pass_(3)
        with pytest.raises(RegionError, match="nor"):
            await asyncio.wait_for(task, 5)
        await w.pass_(300)
        assert len(w.venue.dials) == 2


async def test_a_mirror_takes_over_streams_that_were_live() -> None:
    """What an old connection still says is not heard twice, and its end ends nothing."""
    async with world(mirror=True) as w:
        subscription = await w.hub.subscribe(TRADES)
        w.venue.send(*trades(1, 3))
        old = w.venue.sockets[0]
        old.cut("reset")
        w.venue.refusals = [RegionError("not here", status=451)]
        w.venue.newest = 7
        await w.pass_(60)
        assert w.venue.dials == [f"{MAIN}/stream", f"{MAIN}/stream", f"{MIRROR}/stream"]
        old.ears.deliver(trades(50, 60))
        old.ears.closed("late")
        assert subscription.stream.sequence.parked == 0
        w.venue.send(trade(8))
        assert read(subscription) == list(range(1, 9))
        assert subscription.stream.state == "live"


async def test_the_firewall_is_not_asked_twice() -> None:
    async with world() as w:
        w.venue.refusals = [FirewallError("forbidden", status=403)]
        with pytest.raises(FirewallError, match="forbidden"):
            await w.hub.subscribe(TRADES)
        with pytest.raises(FirewallError, match="forbidden"):
            await asyncio.wait_for(w.hub.subscribe(BEST), 5)
        await w.pass_(50)
        with pytest.raises(FirewallError, match="forbidden"):
            await asyncio.wait_for(w.hub.attach(BEST, lambda _: None), 5)
        assert len(w.venue.dials) == 1
        await w.pass_(11)
        await w.hub.subscribe(BEST)
        assert len(w.venue.dials) == 2


async def test_a_refusal_after_a_loss_is_told_to_all_and_healed_by_a_later_wish() -> None:
    async with world() as w:
        subscription = await w.hub.subscribe(TRADES)
        w.venue.send(trade(1))
        w.venue.refusals = [FirewallError("forbidden", status=403)]
        w.venue.open[0].cut("reset")
        await w.pass_(5)
        assert subscription.stream.state == "refused"
        with pytest.raises(FirewallError):
            await w.hub.subscribe(TRADES)
        assert w.hub.subscriptions() == [subscription]
        w.venue.newest = 3
        await w.pass_(61)
        again = await w.hub.subscribe(TRADES)
        assert again.stream.state == "live"
        await settle()
        assert read(subscription) == [1, 2, 3]


async def test_a_wish_for_a_refused_stream_waits_for_an_answer_too() -> None:
    async with world() as w:
        await w.hub.subscribe(TRADES)
        w.venue.refusals = [FirewallError("forbidden", status=403)]
        w.venue.open[0].cut("reset")
        await w.pass_(70)
        w.venue.acknowledges = False
        task = asyncio.create_task(w.hub.subscribe(TRADES))
        await w.pass_(1)
        assert not task.done()
        assert len(w.venue.dials) == 3
        task.cancel()


async def test_while_the_venue_cannot_be_reached_it_is_tried_again() -> None:
    async with world() as w:
        w.venue.refusals = [TransportError("unreachable")] * 4
        task = asyncio.create_task(w.hub.subscribe(TRADES))
        await w.pass_(9)
        subscription = await asyncio.wait_for(task, 5)
        await w.pass_(60)
        assert len(w.venue.dials) == 5
        assert subscription.stream.state == "live"


async def test_a_connection_that_ends_as_it_begins_is_dialled_again() -> None:
    async with world() as w:
        w.venue.stillborn = 1
        task = asyncio.create_task(w.hub.subscribe(TRADES))
        await w.pass_(5)
        subscription = await asyncio.wait_for(task, 5)
        assert len(w.venue.dials) == 2
        w.venue.send(trade(1))
        assert read(subscription) == [1]


async def test_whatever_is_sent_the_connection_lives() -> None:
    async with world() as w:
        subscription = await w.hub.subscribe(TRADES)
        (socket,) = w.venue.sockets
        strange = [
            b"",
            b"\xff\xfe",
            b"{",
            b"[]",
            b"<html>403</html>",
            b'{"stream":5}',
            b'{"stream":"btcusdt@trade","data":null}',
            b'{"stream":"nobody@trade","data":{"t":5}}',
            b'{"result":null,"id":777}',
            b'{"code":3,"msg":"Invalid JSON"}',
            b'{"data":%b,"stream" : "btcusdt@trade"}' % trade(2).partition(b'"data":')[2][:-1],
        ]
        for frame in strange:
            socket.ears.deliver([trade(1), frame, trade(3)])
            socket.ears.deliver([frame])
        await w.pass_(1)
        assert read(subscription) == [1, 2, 3]
        assert subscription.stream.malformed == 2
        assert subscription.stream.state == "live"
        assert len(w.venue.dials) == 1


async def test_pings_are_answered() -> None:
    async with world() as w:
        await w.hub.subscribe(TRADES)
        w.venue.sockets[0].ears.pinged(b"1732000000000")
        assert w.venue.sockets[0].pongs == 1


async def test_late_frames_of_a_stream_that_was_given_up_are_nobody_s() -> None:
    async with world() as w:
        subscription = await w.hub.subscribe(TRADES)
        await w.hub.subscribe(spec("spot", "trade", "ETHUSDT"))
        await w.hub.unsubscribe(subscription.id)
        w.venue.sockets[0].ears.deliver([trade(1)])
        (endpoint,) = w.hub._endpoints.values()
        assert endpoint.streams.strangers == 1
