"""Streams and books as resources: what a read tells, what a subscription hears of, and that it leaves nothing.

Streams, symbols and the exchange behind them are real; who opens the streams is made up.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, cast

import msgspec
import pytest
from fastmcp.exceptions import ResourceError

from binance_mcp_server.binance_ws_api.kinds import spec
from binance_mcp_server.binance_ws_api.stream import Stream
from binance_mcp_server.binance_ws_api.subscription import Subscription
from binance_mcp_server.clock import VirtualClock
from binance_mcp_server.commands.stream_resources import StreamResources
from binance_mcp_server.errors import BinanceMcpError, InputError, TransportError
from binance_mcp_server.mcp_support.resource_topics import Subscriber
from binance_mcp_server.models.events import Gap
from binance_mcp_server.services import Services
from binance_mcp_server.settings import Settings
from binance_mcp_server.venues import Market
from tests.commands.venue import StillExchange, is_error_of_the_one_form

pytestmark = pytest.mark.anyio
STREAM, BOOK = "binance://streams/s1", "binance://books/spot/BTCUSDT"
NOW_MS = 1_790_000_000_000


def trade(number: int) -> bytes:
    """A frame of the venue's."""
    side = "true" if number % 2 == 0 else "false"
    text = (
        f'{{"e":"trade","E":{NOW_MS + number},"s":"BTCUSDT","t":{number},"p":"64000.10000000",'
        f'"q":"0.00200000","T":{NOW_MS + number},"m":{side},"M":true}}'
    )
    return f'{{"stream":"btcusdt@trade","data":{text}}}'.encode()


class Hub:
    """One subscription."""

    def __init__(self, subscription: Subscription) -> None:
        self.one = subscription

    def subscription(self, id: str) -> Subscription:
        if id != self.one.id:
            raise InputError(
                "There is no stream of that id here.", advice="list_streams lists them."
            )
        return self.one


class Handle:
    """A hold on a book."""

    def __init__(self) -> None:
        self.open = True
        self.listeners: list[Callable[[], None]] = []

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        self.listeners.append(listener)
        return lambda: self.listeners.remove(listener)

    async def close(self) -> None:
        self.open = False


class Books:
    """Which books are watched."""

    def __init__(self) -> None:
        self.watched: list[tuple[str, Handle]] = []
        self.failure: BinanceMcpError | None = None

    async def watch(self, _market: Market, symbol: str) -> Handle:
        if self.failure is not None:
            raise self.failure
        handle = Handle()
        self.watched.append((symbol, handle))
        return handle

    def state(self, _market: Market, symbol: str) -> str | None:
        return "resyncing" if symbol in self.open else None

    def feed(self, _market: Market, _symbol: str) -> None:
        """None is any good."""

    @property
    def open(self) -> list[str]:
        return [symbol for symbol, handle in self.watched if handle.open]


class Place:
    """What a test needs at hand."""

    def __init__(self, services: Services, clock: VirtualClock) -> None:
        self.clock = clock
        self.stream = Stream(spec("spot", "trade", "BTCUSDT"), 100)
        self.hub = Hub(Subscription("s1", self.stream, 100, NOW_MS, clock))
        self.books = Books()
        fakes = cast("Any", services)
        fakes.hub, fakes.books = self.hub, self.books
        self.resources = StreamResources(services, clock)

    async def read(self, uri: str) -> dict[str, Any]:
        kind, *rest = uri.removeprefix("binance://").split("/")
        how = {"streams": self.resources.stream, "books": self.resources.book}[kind]
        content: dict[str, Any] = msgspec.json.decode(await how(*rest))  # type: ignore[operator]
        return content


@pytest.fixture
async def place(venue: StillExchange, anyio_backend: str) -> AsyncIterator[Place]:
    clock = VirtualClock(NOW_MS, auto_advance=True)
    async with Services(Settings(venue="sim", hosts={"spot": venue.hosts}), clock) as services:
        made = Place(services, clock)
        yield made
        await made.resources.topics.aclose()


async def told(subscriber: Subscriber) -> str | None:
    async with asyncio.timeout(10):
        return await subscriber.next()


async def test_a_stream_reads_as_its_state_its_counters_and_its_newest_records(
    place: Place,
) -> None:
    place.stream.take([trade(number) for number in range(1, 51)], 0.0)
    content = await place.read(STREAM)
    assert (content["id"], content["stream"], content["market"]) == ("s1", "btcusdt@trade", "spot")
    assert (content["state"], content["received"], content["dropped"]) == ("live", 50, 0)
    assert (content["venue"], content["as_of"]) == ("sim", "2026-09-21T14:13:20.050Z")
    assert content["columns"] == ["id", "time", "price", "quantity", "side"]
    assert [row[0] for row in content["rows"]] == [str(number) for number in range(31, 51)]
    assert content["rows"][-1][2:] == ["64000.1", "0.002", "sell"]
    assert "gaps" not in content


async def test_a_gap_stands_beside_the_rows_and_is_none(place: Place) -> None:
    place.stream.take([trade(1)], 0.0)
    place.stream.add([Gap(2, 4, "the venue no longer has them", NOW_MS)])
    content = await place.read(STREAM)
    assert [row[0] for row in content["rows"]] == ["1"]
    assert content["gaps"] == [[2, 4, "the venue no longer has them"]]


async def test_reading_the_resource_counts_as_reading_the_stream(place: Place) -> None:
    await place.clock.sleep(800)
    await place.read(STREAM)
    assert place.hub.one.read_at == place.clock.monotonic()


async def test_a_book_reads_as_its_best_levels_and_says_whether_it_is_watched(
    place: Place,
) -> None:
    content = await place.read(BOOK)
    assert (content["symbol"], content["market"], content["venue"]) == ("BTCUSDT", "spot", "sim")
    assert content["state"] == "not watched"
    assert (len(content["bids"]), len(content["asks"])) == (20, 20)
    assert float(content["bids"][0][0]) < float(content["asks"][0][0])
    assert "next" not in content
    assert int(content["last_update_id"]) > 0
    await place.resources.topics.subscribe(BOOK, Subscriber())
    assert (await place.read("binance://books/spot/btcusdt"))["state"] == "resyncing"


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("binance://streams/s9", "no stream of that id"),
        ("binance://books/moon/BTCUSDT", "no such market"),
        ("binance://books/spot/BTCUSDD", "Did you mean"),
    ],
)
async def test_what_is_not_there_can_be_neither_read_nor_subscribed_to(
    place: Place, uri: str, words: str
) -> None:
    with pytest.raises(ResourceError, match=words) as caught:
        await place.read(uri)
    assert is_error_of_the_one_form(str(caught.value))
    with pytest.raises(InputError):
        await place.resources.topics.subscribe(uri, Subscriber())
    assert place.books.watched == []


@pytest.mark.parametrize(
    "uri",
    [
        *("", "binance://", "binance://status", "binance://symbols/spot/BTCUSDT", "http://[::1"),
        *("binance://streams", "binance://streams/s1/more", "binance://books/spot"),
        *("binance://books/spot/" + "A" * 1000, "BINANCE://STREAMS/S1", "binance://%73treams"),
    ],
)
async def test_an_address_that_never_changes_says_what_can_be_subscribed_to(
    place: Place, uri: str
) -> None:
    with pytest.raises(InputError, match="nothing to subscribe to") as caught:
        await place.resources.topics.subscribe(uri, Subscriber())
    assert "binance://streams/{id}" in caught.value.advice


async def test_records_of_a_stream_are_told_to_the_last_and_not_after_unsubscribing(
    place: Place,
) -> None:
    topics, client = place.resources.topics, Subscriber()
    await topics.subscribe(STREAM, client)
    for number in range(1, 4):
        place.stream.take([trade(number)], 0.0)
        assert await told(client) == STREAM
    await topics.unsubscribe(STREAM, client)
    place.stream.take([trade(4)], 0.0)
    client.end()
    assert await told(client) is None
    assert len(place.stream.on_records) == 1  # the subscription's own


async def test_the_end_of_a_stream_is_told_and_then_nothing_of_those_who_share_it(
    place: Place,
) -> None:
    topics, client = place.resources.topics, Subscriber()
    await topics.subscribe(STREAM, client)
    place.hub.one.release("it was unsubscribed")
    assert await told(client) == STREAM
    place.stream.take([trade(1)], 0.0)
    await topics.unsubscribe(STREAM, client)
    client.end()
    assert await told(client) is None
    assert (place.stream.on_records, place.hub.one.on_closed) == ([], [])


async def test_a_book_is_watched_from_the_first_subscriber_to_the_last(place: Place) -> None:
    topics, first, second = place.resources.topics, Subscriber(), Subscriber()
    await topics.subscribe(BOOK, first)
    await topics.subscribe(BOOK, second)
    assert place.books.open == ["BTCUSDT"]
    ((_, handle),) = place.books.watched
    handle.listeners[0]()
    assert (await told(first), await told(second)) == (BOOK, BOOK)
    await topics.unsubscribe(BOOK, first)
    assert place.books.open == ["BTCUSDT"]
    await topics.unsubscribe(BOOK, second)
    assert (place.books.open, handle.listeners) == ([], [])


async def test_a_client_hears_of_the_address_that_it_wrote(place: Place) -> None:
    client, mine = Subscriber(), "binance://books/spot/btc%2Fusdt"
    await place.resources.topics.subscribe(mine, client)
    ((symbol, handle),) = place.books.watched
    handle.listeners[0]()
    assert (symbol, await told(client)) == ("BTCUSDT", mine)


async def test_a_book_that_cannot_be_had_says_why_and_can_be_tried_again(place: Place) -> None:
    place.books.failure = TransportError("The venue does not answer.")
    with pytest.raises(TransportError):
        await place.resources.topics.subscribe(BOOK, Subscriber())
    place.books.failure = None
    await place.resources.topics.subscribe(BOOK, Subscriber())
    assert place.books.open == ["BTCUSDT"]
