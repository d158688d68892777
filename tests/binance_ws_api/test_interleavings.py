"""Things that happen at the same time, on a played venue: whatever the order, nothing is lost without a word."""

import asyncio
from collections.abc import Sequence
from random import Random

import pytest

from binance_mcp_server.binance_ws_api import signals
from binance_mcp_server.binance_ws_api.hub import Hub
from binance_mcp_server.binance_ws_api.kinds import Spec, spec
from binance_mcp_server.binance_ws_api.subscription import Subscription
from binance_mcp_server.clock import VirtualClock
from binance_mcp_server.errors import FirewallError, RegionError, TransportError
from binance_mcp_server.models.events import BookTickerEvent, Gap, Record
from binance_mcp_server.venues import Market
from tests.binance_ws_api.frames import BEST, DEPTH, TRADES, best, depth, ids, trade, trades
from tests.binance_ws_api.played_venue import (
    MAIN,
    SHUTDOWN,
    PlayedVenue,
    World,
    settle,
    world,
)

pytestmark = pytest.mark.anyio

BLOCKS = spec("spot", "blockTrade", "BTCUSDT")


def how(subscription: Subscription) -> str:
    """Read anew each time, also in the eyes of a type checker."""
    return subscription.stream.state


def told(records: Sequence[Record]) -> list[int | tuple[int, int]]:
    """Update ids of best prices; gaps as ranges."""
    return [
        (each.first, each.last) if isinstance(each, Gap) else each.update_id
        for each in records
        if isinstance(each, Gap | BookTickerEvent)
    ]


@pytest.mark.parametrize("of", [TRADES, BEST])
async def test_a_cut_before_anything_came_is_told_too(of: Spec) -> None:
    """A stream that seldom speaks may have spoken just then."""
    async with world() as w:
        subscription = await w.hub.subscribe(of)
        w.venue.sockets[0].cut("reset")
        await w.pass_(5)
        w.venue.send(trade(50), best(50))
        gap, _ = subscription.read(None, 9).records
        assert gap == Gap(49, 49, "connection lost: reset", 0)
        assert subscription.gaps_unrepaired == 1


async def test_a_connection_that_never_promised_anything_lost_nothing() -> None:
    async with world() as w:
        w.venue.stillborn = 1
        task = asyncio.create_task(w.hub.subscribe(BEST))
        await w.pass_(5)
        subscription = await asyncio.wait_for(task, 5)
        w.venue.send(best(50))
        assert told(subscription.read(None, 9).records) == [50]


async def test_what_an_ending_subscription_still_brings_is_not_taken_for_the_next_one_s() -> None:
    """Unsubscribed and subscribed again before the venue has said yes to the first: it stops in between, and nobody
    could tell what was missing there."""
    async with world() as w:
        first = await w.hub.subscribe(BEST)
        (socket,) = w.venue.sockets
        w.venue.send(best(10))
        w.venue.acknowledges = False
        await w.hub.unsubscribe(first.id)
        again = asyncio.create_task(w.hub.subscribe(BEST))
        await settle()
        w.venue.send(best(20))
        w.venue.acknowledges = True
        socket.ears.deliver([b'{"result":null,"id":2}'])
        await settle()
        subscription = await asyncio.wait_for(again, 5)
        w.venue.send(best(50))
        assert [method for method, _ in socket.asked] == ["SUBSCRIBE", "UNSUBSCRIBE", "SUBSCRIBE"]
        assert told(subscription.read(None, 9).records) == [50]


async def test_subscribed_anew_in_peace_there_is_no_hole() -> None:
    async with world() as w:
        for number in range(10, 60, 10):
            subscription = await w.hub.subscribe(BEST)
            w.venue.send(best(number), best(number + 5))
            assert told(subscription.read(None, 9).records) == [number, number + 5]
            await w.hub.unsubscribe(subscription.id)
            await w.pass_(3)  # messages are paced


async def test_a_subscription_that_the_venue_had_dropped_counts_as_a_break() -> None:
    """Who reads a book by it must not take it for whole."""
    async with world() as w:
        attachment = await w.hub.attach(DEPTH, lambda _: None)
        w.venue.send(depth(1, 2))
        (endpoint,) = w.hub._endpoints.values()
        before = attachment.stream.reconnects
        w.hub._heard(endpoint, signals.Unlisted((DEPTH.name,), 1, 0.0))
        assert (attachment.stream.state, attachment.stream.reconnects) == (
            "reconnecting",
            before + 1,
        )
        await attachment.close()


async def test_a_defect_in_one_stream_does_not_hold_up_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A burst with frames of several streams, the first of which fails."""
    async with world() as w:
        ill, well = await w.hub.subscribe(BEST), await w.hub.subscribe(TRADES)
        w.venue.send(best(10), trade(1))

        def fail(_frames: list[bytes], _now: float) -> None:
            raise RuntimeError("a defect")

        monkeypatch.setattr(ill.stream, "take", fail)
        w.venue.send(best(20), trade(2))
        monkeypatch.undo()
        w.venue.send(best(30), trade(3), best(31))
        assert ids(well.read(None, 9).records) == [1, 2, 3]
        assert told(ill.read(None, 9).records) == [10, (11, 29), 30, 31]


async def test_a_listener_that_fails_keeps_nothing_from_the_others() -> None:
    async with world() as w:
        heard: list[int | tuple[int, int]] = []

        def fail(_: Sequence[Record]) -> None:
            raise RuntimeError("a defect")

        subscription = await w.hub.subscribe(TRADES)
        bad = await w.hub.attach(TRADES, fail)
        good = await w.hub.attach(TRADES, lambda records: heard.extend(ids(list(records))))
        w.venue.send(*trades(1, 3))
        w.venue.send(*trades(4, 6))
        assert heard == ids(subscription.read(None, 9).records) == [1, 2, 3, 4, 5, 6]
        await bad.close()
        await good.close()


async def test_a_listener_may_leave_from_within_its_call() -> None:
    """It was the last user of its stream, whose frames stand in the same burst as others'."""
    async with world() as w:
        other = await w.hub.subscribe(BEST)

        def once(_: Sequence[Record]) -> None:
            coroutine = attachment.close()
            with pytest.raises(StopIteration):
                coroutine.send(None)  # at once, not in a task

        attachment = await w.hub.attach(TRADES, once)
        w.venue.send(trade(1), best(1), trade(2), best(2))
        w.venue.send(trade(3), best(3))
        assert told(other.read(None, 9).records) == [1, 2, 3]
        assert w.hub.state().streams == 1


async def test_refused_for_good_while_renewing_a_later_cut_says_so() -> None:
    """Nothing is going to dial any more: a stream must not call itself reconnecting for ever."""
    async with world() as w:
        subscription = await w.hub.subscribe(TRADES)
        w.venue.send(trade(1))
        w.venue.refusals = [FirewallError("forbidden", status=403)]
        w.venue.sockets[0].ears.deliver([SHUTDOWN])
        await w.pass_(5)
        assert how(subscription) == "live", "the old connection still carries it"
        w.venue.send(trade(2))
        w.venue.sockets[0].cut("closed by the venue")
        await w.pass_(5)
        assert how(subscription) == "refused"
        w.venue.newest = 4
        await w.pass_(61)
        again = await w.hub.subscribe(TRADES)
        await settle()
        assert how(again) == "live"
        assert ids(subscription.read(None, 9).records) == [1, 2, 3, 4]


async def test_a_silent_stream_that_moves_to_the_mirror_is_interrupted_as_well() -> None:
    async with world(mirror=True) as w:
        subscription = await w.hub.subscribe(BEST)
        w.venue.send(best(10))
        subscription.stream.state = "stale"
        w.venue.refusals = [RegionError("not here", status=451)]
        w.venue.sockets[0].ears.deliver([SHUTDOWN])
        await w.pass_(10)
        w.venue.send(best(50))
        assert told(subscription.read(None, 9).records) == [10, (11, 49), 50]


async def test_a_farewell_in_the_middle_of_a_repair_which_a_cut_interrupts() -> None:
    """Renewal, repair and reconnect at once, again and again, with the answers of REST late."""
    async with world() as w:
        subscription = await w.hub.subscribe(TRADES, buffer=100_000)
        random, next_id = Random(8), 1
        for _ in range(60):
            w.venue.send(*trades(next_id, next_id + 4))
            next_id += 5 + random.randrange(3)  # what is missing then is found by its number
            w.venue.newest = next_id - 1
            w.venue.send(*trades(next_id, next_id))
            next_id += 1
            for step in random.sample((_farewell, _cut, _quiet, _again), 3):
                await step(w)
            await w.pass_(random.choice([0.1, 0.3, 2.0, 12.0]))
            w.venue.newest = next_id - 1
            subscription.touch()
        await w.pass_(60)
        assert ids(subscription.read(None, 10_000).records) == list(range(1, next_id))
        assert subscription.gaps_unrepaired == 0
        assert w.hub._mender._tasks == {}


async def _farewell(w: World) -> None:
    for socket in w.venue.open[:1]:
        socket.ears.deliver([SHUTDOWN])


async def _cut(w: World) -> None:
    for socket in w.venue.open[-1:]:
        socket.cut("reset")


async def _quiet(w: World) -> None:
    await w.pass_(0.05)


async def _again(w: World) -> None:
    """Another caller comes, and goes at once."""
    other = await w.hub.attach(TRADES, lambda _: None)
    await other.close()


async def test_the_end_may_come_while_an_address_is_looked_up() -> None:
    before = asyncio.all_tasks()
    clock = VirtualClock()
    venue, found = PlayedVenue(clock), asyncio.Event()

    async def addresses(market: Market) -> tuple[str, ...]:
        if market != "spot":
            await found.wait()
        return (MAIN,)

    hub = Hub(clock, addresses, venue.connect, source=venue, random=Random(3))
    subscription = await hub.subscribe(TRADES)
    late = asyncio.create_task(hub.subscribe(spec("usdm", "trade", "BTCUSDT")))
    await settle()
    closing = asyncio.create_task(hub.close())
    found.set()
    await asyncio.wait_for(closing, 5)
    with pytest.raises(TransportError):
        await asyncio.wait_for(late, 5)
    assert subscription.closed
    await settle()
    assert asyncio.all_tasks() == before
    assert venue.open == []
    assert list(hub._endpoints) == [("spot", "")]


@pytest.mark.parametrize("turns", range(12))
async def test_a_subscribe_cancelled_at_any_moment_leaves_nothing(turns: int) -> None:
    async with world() as w:
        task = asyncio.create_task(w.hub.subscribe(TRADES))
        for _ in range(turns):
            await asyncio.sleep(0)
        done = task.done()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert w.hub.state().streams == len(w.hub.subscriptions()) == done
        assert len(w.hub._users) == len(w.hub._acknowledged) == done


@pytest.mark.parametrize("turns", range(0, 40, 3))
async def test_the_end_may_come_at_any_moment(turns: int) -> None:
    async with world() as w:
        asking = [
            asyncio.create_task(w.hub.subscribe(each)) for each in (TRADES, BEST, DEPTH, BLOCKS)
        ]
        for _ in range(turns):
            await asyncio.sleep(0)
        await w.hub.close()
        for each in await asyncio.gather(*asking, return_exceptions=True):
            refused = isinstance(each, TransportError)
            ended = isinstance(each, Subscription) and bool(each.closed)
            assert refused or ended
        assert [*w.hub._users, *w.hub._acknowledged, *w.hub._mender._tasks] == []


async def test_a_subscription_whose_end_the_venue_never_took_note_of_goes_on_as_the_next() -> None:
    """The request to end it got lost; a list of subscriptions shows that it has not ended."""
    async with world() as w:
        first = await w.hub.subscribe(BEST)
        (socket,) = w.venue.sockets
        w.venue.acknowledges = False
        await w.hub.unsubscribe(first.id)
        again = asyncio.create_task(w.hub.subscribe(BEST))
        await w.pass_(1)
        w.venue.acknowledges = True
        await w.pass_(20)
        subscription = await asyncio.wait_for(again, 5)
        assert how(subscription) == "live"
        assert [method for method, _ in socket.asked] == [
            "SUBSCRIBE",
            "UNSUBSCRIBE",
            "LIST_SUBSCRIPTIONS",
        ]
        w.venue.send(best(50))
        assert told(subscription.read(None, 9).records) == [50]
