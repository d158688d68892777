"""A watched book is good or says that it is not, whatever stream and snapshots do."""

import asyncio
from itertools import pairwise

import pytest

from binance_mcp_server.errors import LimitError, RegionError, TransportError
from binance_mcp_server.feeds.book_feed import BookFeed
from binance_mcp_server.market.live_book import Outcome, Top
from binance_mcp_server.models.events import BookTickerEvent, Gap
from tests.feeds.stream_hub import FakeSubscription
from tests.feeds.world import AS_OF_MS, STREAM, World
from tests.market.depth_oracle import START_MS, is_right

pytestmark = pytest.mark.anyio
PRICES = "btcusdt@bookTicker"


def how(feed: BookFeed) -> str:
    """Its state now; asked for through a function, since it changes behind the type checker's back."""
    return feed.state


def top_of(world: World) -> Top:
    book = world.books.book("spot", "BTCUSDT")
    assert book is not None
    return book.top(3)


async def test_the_snapshot_is_asked_for_once_the_stream_has_begun(spot: World) -> None:
    spot.trade((True, "99.0", "1.0"))
    await spot.books.watch("spot", "BTCUSDT")
    await spot.settle()
    assert (spot.hub.attached, spot.rest.asked) == ([STREAM], [])
    assert spot.books.state("spot", "BTCUSDT") == "resyncing"
    spot.sent = spot.rest.newest
    spot.move("98.0")
    await spot.settle()
    assert [(each.symbol, each.levels) for each in spot.rest.asked] == [("BTCUSDT", 5000)]
    assert spot.feed.state == "live"
    assert top_of(spot).bids == (("99.0", "1.0"), ("98.0", "1.0"))
    spot.move("98.5")
    assert top_of(spot).bids[1] == ("98.5", "1.0")
    assert spot.feed.as_of_ms == START_MS + spot.rest.newest


async def test_a_quiet_symbol_gets_its_snapshot_without_an_event(spot: World) -> None:
    spot.trade((True, "99.0", "1.0"))
    await spot.books.watch("spot", "BTCUSDT")
    await spot.later(2.9)
    assert spot.rest.asked == []
    await spot.later(0.2)
    assert spot.feed.state == "live"
    assert spot.feed.as_of_ms == AS_OF_MS


async def test_snapshots_older_than_the_stream_are_asked_for_again_no_sooner_than_a_second_later(
    spot: World,
) -> None:
    spot.trade((True, "99.0", "1.0"), (True, "98.0", "1.0"))
    spot.sent = spot.rest.newest
    old = spot.rest.newest
    spot.rest.behind = [old, old, old]
    await spot.books.watch("spot", "BTCUSDT")
    spot.move("97.0")
    for _ in range(60):
        assert spot.feed.state == "live" or spot.books.book("spot", "BTCUSDT") is None
        await spot.later(0.5)
    times = [each.at for each in spot.rest.asked]
    assert len(times) == 4
    assert all(later - sooner >= 1 for sooner, later in pairwise(times))
    assert spot.feed.state == "live"


async def test_a_missed_event_takes_the_book_away_until_a_snapshot_mends_it(spot: World) -> None:
    feed = await spot.live()
    spot.skip("98.0", "0.0")
    spot.move("97.5")
    assert (how(feed), spot.books.book("spot", "BTCUSDT")) == ("resyncing", None)
    await spot.later(1.1)
    assert how(feed) == "live"
    assert feed.book.resyncs == 1
    assert is_right(feed.book, spot.venue)
    assert [price for price, _ in top_of(spot).bids] == ["99.0", "97.5", "97.0"]


async def test_a_hole_that_the_hub_tells_of_does_the_same(spot: World) -> None:
    feed = await spot.live()
    spot.hub.send(STREAM, Gap(5, 9, "the connection was cut", START_MS))
    assert how(feed) == "resyncing"
    assert "5 to 9" in feed.book.cause
    spot.move()
    await spot.later(1.1)
    assert how(feed) == "live"


async def test_a_snapshot_asked_for_before_the_hole_is_not_taken(spot: World) -> None:
    feed = await spot.live()
    spot.skip()
    spot.move()
    spot.rest.behind = [spot.rest.newest]
    spot.rest.gate = asyncio.Event()
    await spot.later(1.1)
    assert spot.rest.under_way == 1
    spot.skip("99.0", "0.0")
    spot.hub.send(STREAM, Gap(spot.rest.newest, spot.rest.newest, "lost", START_MS))
    spot.rest.gate.set()
    await spot.settle()
    assert (how(feed), spot.rest.under_way) == ("resyncing", 0)
    spot.move("98.0")
    await spot.later(1.1)
    assert how(feed) == "live"
    assert is_right(feed.book, spot.venue)


async def test_a_stream_that_stands_still_makes_the_book_stale(spot: World) -> None:
    feed = await spot.live()
    stream = spot.hub.streams[STREAM]
    stream.state = "reconnecting"
    assert (how(feed), spot.books.book("spot", "BTCUSDT")) == ("stale", None)
    stream.state, stream.reconnects = "live", 1
    assert how(feed) == "stale"  # nobody knows yet what the cut swallowed
    spot.move()
    assert how(feed) == "live"


async def test_failures_are_waited_out_as_they_say(spot: World) -> None:
    spot.rest.errors = [
        LimitError("full", retry_after=7),
        TransportError("cut"),
        RegionError("not from there", status=451),
    ]
    await spot.books.watch("spot", "BTCUSDT")
    spot.move()
    await spot.settle()
    assert spot.feed.trouble == "full"
    for _ in range(100):
        await spot.later(0.5)
    times = [each.at for each in spot.rest.asked]
    assert len(times) == 4
    waits = [later - sooner for sooner, later in pairwise(times)]
    assert waits[0] >= 7
    assert 1 <= waits[1] <= 3
    assert waits[2] >= 30
    assert (spot.feed.state, spot.feed.trouble) == ("live", "")


async def test_a_crossed_book_is_given_up(spot: World) -> None:
    feed = await spot.live()
    spot.move("101.0")
    assert how(feed) == "resyncing"
    assert "best bid" in feed.book.cause


async def test_a_book_whose_known_levels_are_used_up_is_given_up(spot: World) -> None:
    spot.shallow(2)
    feed = await spot.live(levels=5)
    assert feed.book.known_to("bids") == "98.0"
    spot.move("99.0", "0.0")
    assert how(feed) == "live"
    spot.move("98.0", "0.0")
    assert how(feed) == "resyncing"
    assert "left the bids" in feed.book.cause


async def test_a_thin_book_is_renewed_beside_the_one_in_use(spot: World) -> None:
    spot.shallow(10)
    feed = await spot.live(levels=12)
    first = feed.book
    assert first.known_to("bids") == "90.0"
    for away in range(1, 10):
        spot.trade((True, f"{100 - away}.0", "0.0"))
    spot.rest.gate = asyncio.Event()
    for moment in range(130):
        spot.tell_again()
        assert how(feed) == "live"
        assert is_right(feed.book, spot.venue)
        await spot.later(0.1)
        if spot.rest.under_way and moment > 90:
            spot.rest.gate.set()  # the answer is older by some events than the book in use
    assert feed.book is not first
    assert feed.book.known_to("bids") is None
    assert (feed.book.resyncs, len(spot.rest.asked)) == (0, 2)
    assert feed.book.applied > 120


async def test_best_prices_that_agree_change_nothing(spot: World) -> None:
    spot.hub.subscribe("spot", "bookTicker", "BTCUSDT")
    feed = await spot.live()
    assert spot.hub.attached == [PRICES, STREAM]
    spot.hub.send(PRICES, said(spot.rest.newest + 1, "99.5", "2.0", "101.0", "1.0"))
    spot.move("99.5", "2.0")
    assert (how(feed), feed.mismatches) == ("live", 0)


@pytest.mark.parametrize("before", [True, False])
async def test_best_prices_that_contradict_the_book_take_it_away(spot: World, before: bool) -> None:
    spot.hub.subscribe("spot", "bookTicker", "BTCUSDT")
    feed = await spot.live()
    other = said(spot.rest.newest + 1, "99.6", "2.0", "101.0", "1.0")
    if before:
        spot.hub.send(PRICES, other)
    spot.move("99.5", "2.0")
    if not before:
        seen: list[str] = []
        feed.listeners.append(lambda: seen.append(feed.state))
        spot.hub.send(PRICES, other)
        assert seen == ["resyncing"]
    assert (how(feed), feed.mismatches) == ("resyncing", 1)


async def test_best_prices_of_other_updates_say_nothing(spot: World) -> None:
    spot.hub.subscribe("spot", "bookTicker", "BTCUSDT")
    feed = await spot.live()
    for away in (-1, 2):
        spot.hub.send(PRICES, said(spot.rest.newest + away, "1.0", "1.0", "2.0", "1.0"))
    spot.move("99.5", "2.0")
    assert how(feed) == "live"


async def test_best_prices_are_listened_to_only_while_somebody_subscribed_to_them(
    spot: World,
) -> None:
    subscription = spot.hub.subscribe("spot", "bookTicker", "BTCUSDT")
    await spot.live()
    assert PRICES in spot.hub.attached
    subscription.closed = "unsubscribed"
    for _ in range(64):
        spot.move()
    await spot.settle()
    assert spot.hub.attached == [STREAM]


async def test_listeners_hear_of_every_change(spot: World) -> None:
    feed = await spot.live()
    seen: list[str] = []
    feed.listeners.append(lambda: seen.append(feed.state))
    spot.move()
    spot.skip()
    spot.move()
    await spot.later(1.1)
    assert seen == ["live", "resyncing", "live"]


def said(
    update_id: int, bid: str, bid_quantity: str, ask: str, ask_quantity: str
) -> BookTickerEvent:
    return BookTickerEvent(update_id, "BTCUSDT", bid, bid_quantity, ask, ask_quantity)


async def test_a_defect_of_ours_takes_the_book_away_for_good(
    spot: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    feed = await spot.live()

    def broken() -> list[FakeSubscription]:
        raise ZeroDivisionError

    monkeypatch.setattr(spot.hub, "subscriptions", broken)
    for _ in range(64):
        spot.move()
    await spot.settle()
    assert (how(feed), feed.trouble) == ("resyncing", "this server failed to keep the book")
    assert "BTCUSDT" in caplog.text
    spot.move()
    await spot.later(5.0)
    assert how(feed) == "resyncing"


async def test_a_deeper_book_that_missed_an_event_does_not_take_over(spot: World) -> None:
    """The book in use began again while the snapshot of the one beside it was on its way."""
    spot.shallow(10)
    feed = await spot.live(levels=12)
    for away in range(1, 10):
        spot.trade((True, f"{100 - away}.0", "0.0"))
    spot.rest.gate = asyncio.Event()
    while not spot.rest.under_way:
        spot.tell_again()
        await spot.later(0.1)
    spot.rest.behind = []
    spot.skip()
    spot.move("99.1")
    spot.move("99.2")
    spot.rest.gate.set()
    for _ in range(30):
        await spot.settle()
        if feed.state == "live":
            assert feed.book.last_update_id == spot.sent
            assert is_right(feed.book, spot.venue)
        await spot.later(0.1)
    assert how(feed) == "live"


async def test_a_defect_while_taking_an_event_takes_the_book_away_until_a_snapshot(
    spot: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed = await spot.live()

    def fail(_: object) -> Outcome:
        raise RuntimeError("a defect")

    monkeypatch.setattr(feed.book, "diff", fail)
    spot.move()
    assert feed.state == "resyncing"
    monkeypatch.undo()
    spot.move("98.0")
    await spot.later(2)
    assert how(feed) == "live"
    assert is_right(feed.book, spot.venue)
