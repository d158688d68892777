"""Books by symbol: shared by their watchers, gone with the last one, and frugal with snapshots."""

import asyncio
from itertools import pairwise

import pytest

from binance_mcp_server.binance_ws_api.kinds import Spec
from binance_mcp_server.clock import VirtualClock
from binance_mcp_server.errors import TransportError
from binance_mcp_server.feeds.snapshots import Turns
from binance_mcp_server.venues import Market
from tests.feeds.stream_hub import FakeAttachment, Listener
from tests.feeds.world import STREAM, World

pytestmark = pytest.mark.anyio


async def test_watchers_share_a_stream_and_the_last_one_ends_it(spot: World) -> None:
    await spot.live()
    other = await spot.books.watch("spot", "BTCUSDT")
    assert len(spot.hub.streams[STREAM].listeners) == 1
    assert other.book is spot.books.book("spot", "BTCUSDT")
    await other.close()
    await other.close()
    assert spot.hub.attached == [STREAM]
    spot.feed.watchers = 1
    third = await spot.books.watch("spot", "BTCUSDT")
    spot.feed.watchers = 1
    await third.close()
    assert spot.hub.attached == []
    assert spot.books.state("spot", "BTCUSDT") is None
    assert (third.book, other.book) == (None, None)


async def test_the_same_symbol_of_another_market_is_another_book(spot: World) -> None:
    await spot.live()
    await spot.books.watch("usdm", "BTCUSDT")
    assert len(spot.books.feeds()) == 2
    assert spot.books.state("usdm", "BTCUSDT") == "resyncing"


async def test_a_stream_that_cannot_be_had_leaves_nothing(spot: World) -> None:
    spot.hub.error = TransportError("no way there")
    with pytest.raises(TransportError):
        await spot.books.watch("spot", "BTCUSDT")
    assert spot.books.feeds() == []


async def test_who_is_watched_by_many_at_once_is_subscribed_once(spot: World) -> None:
    handles = await asyncio.gather(*(spot.books.watch("spot", "BTCUSDT") for _ in range(10)))
    assert len(spot.hub.streams[STREAM].listeners) == 1
    for handle in handles:
        await handle.close()
    assert spot.books.feeds() == []
    assert spot.hub.attached == []


async def test_a_subscribed_stream_of_differences_keeps_its_book(spot: World) -> None:
    subscription = spot.hub.subscribe("spot", "depth", "BTCUSDT")
    await spot.books.follow(subscription)
    assert spot.books.state("spot", "BTCUSDT") == "resyncing"
    subscription.close()
    await spot.settle()
    assert (spot.books.feeds(), spot.hub.attached) == ([], [])


async def test_a_subscription_that_ended_meanwhile_keeps_none(spot: World) -> None:
    subscription = spot.hub.subscribe("spot", "depth", "BTCUSDT")
    subscription.close()
    await spot.books.follow(subscription)
    assert (spot.books.feeds(), spot.hub.attached) == ([], [])


async def test_a_book_that_cannot_be_had_spoils_no_subscription(spot: World) -> None:
    spot.hub.error = TransportError("no way there")
    await spot.books.follow(spot.hub.subscribe("spot", "depth", "BTCUSDT"))
    assert spot.books.feeds() == []


async def test_at_most_two_snapshots_are_under_way_at_once(spot: World) -> None:
    spot.rest.gate = asyncio.Event()
    for number in range(10):
        await spot.books.watch("spot", f"COIN{number}USDT")
    await spot.later(3.1)
    assert spot.rest.under_way == 2
    spot.rest.gate.set()
    await spot.settle(200)
    assert len(spot.rest.asked) == 10
    assert spot.rest.most_at_once == 2


@pytest.mark.parametrize(("market", "share"), [("spot", 3000), ("usdm", 1200)])
async def test_a_storm_of_snapshots_takes_half_of_the_venues_limit_at_most(
    market: Market, share: int
) -> None:
    clock = VirtualClock(auto_advance=True)
    turns, taken = Turns(clock), list[tuple[float, int]]()
    weights = {5000: 250, 1000: 50 if market == "spot" else 20}

    async def one() -> None:
        async with turns.turn(market) as levels:
            taken.append((clock.monotonic(), weights[levels]))
            await clock.sleep(0.1)

    await asyncio.gather(*(one() for _ in range(150)))
    assert len(taken) == 150
    for begin, _ in taken:
        assert sum(weight for at, weight in taken if begin <= at < begin + 60) <= share
    assert all(sooner[0] <= later[0] for sooner, later in pairwise(taken))
    if market == "spot":
        assert taken[0][1] == 250


async def test_a_pool_that_is_used_up_does_not_hold_up_the_other(spot: World) -> None:
    turns = Turns(spot.clock)
    for _ in range(36):
        async with turns.turn("spot"):
            pass
    waiting = [asyncio.create_task(turns.turn("spot").__aenter__()) for _ in range(5)]
    await spot.settle()
    assert not any(task.done() for task in waiting)
    async with asyncio.timeout(5), turns.turn("coinm") as levels:
        assert levels == 1000
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


async def test_the_end_while_a_stream_is_being_subscribed_leaves_no_book_behind(
    spot: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    attach, acknowledged = spot.hub.attach, asyncio.Event()

    async def slowly(spec: Spec, listener: Listener) -> FakeAttachment:
        await acknowledged.wait()
        return await attach(spec, listener)

    monkeypatch.setattr(spot.hub, "attach", slowly)
    watching = asyncio.create_task(spot.books.watch("spot", "BTCUSDT"))
    await spot.settle()
    await spot.books.close()
    acknowledged.set()
    with pytest.raises(TransportError):
        await asyncio.wait_for(watching, 5)
    assert (spot.hub.attached, spot.books.feeds()) == ([], [])
