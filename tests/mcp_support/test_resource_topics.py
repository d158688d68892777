"""Changes are told soon, seldom and to the last one; what is held for subscribers is held once and let go."""

import asyncio
import itertools
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from binance_mcp_server.clock import VirtualClock
from binance_mcp_server.errors import InputError
from binance_mcp_server.mcp_support import resource_topics
from binance_mcp_server.mcp_support.resource_topics import Release, ResourceTopics, Subscriber

pytestmark = pytest.mark.anyio
BOOK, STREAM = "x://book", "x://stream"


class Source:
    """What is behind the resources: who is held, how often, and a gate before each."""

    def __init__(self) -> None:
        self.held: Counter[str] = Counter()
        self.opened = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.failure: Exception | None = None

    async def on_first(self, uri: str) -> Release:
        if not uri.startswith("x://"):
            raise InputError(f"There is no {uri}.")
        await self.gate.wait()
        self.opened += 1
        self.held[uri] += 1

        async def release() -> None:
            await self.gate.wait()
            self.held[uri] -= 1
            if self.failure is not None:
                raise self.failure

        return release


class Client:
    """Reads what it is told, with the times."""

    def __init__(self, clock: VirtualClock) -> None:
        self.subscriber = Subscriber()
        self.told: list[tuple[str, float]] = []
        self._clock = clock
        self.reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        while (uri := await self.subscriber.next()) is not None:
            self.told.append((uri, self._clock.monotonic()))


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def source(anyio_backend: str) -> Source:
    return Source()


@pytest.fixture
def topics(clock: VirtualClock, source: Source) -> ResourceTopics:
    return ResourceTopics(clock, source.on_first)


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_a_first_change_is_told_at_once_and_the_last_of_many_a_second_later(
    topics: ResourceTopics, clock: VirtualClock
) -> None:
    client = Client(clock)
    await topics.subscribe(BOOK, client.subscriber)
    for _ in range(12):
        topics.changed(BOOK)
        await settle()
        await clock.advance(0.25)
    await clock.advance(10)
    assert client.told == [(BOOK, 0.0), (BOOK, 1.0), (BOOK, 2.0), (BOOK, 3.0)]
    await topics.aclose()


async def run_changes(pauses: list[float]) -> None:
    clock = VirtualClock()
    topics = ResourceTopics(clock, Source().on_first)
    client = Client(clock)
    await topics.subscribe(BOOK, client.subscriber)
    changes = []
    for pause in pauses:
        await clock.advance(pause)
        changes.append(clock.monotonic())
        topics.changed(BOOK)
        await settle()
    await clock.advance(5)
    await topics.aclose()
    times = [when for _, when in client.told]
    for earlier, later in itertools.pairwise(times):
        assert later - earlier >= 1
    for change in changes:
        assert any(change <= when <= change + 1 for when in times), (change, times)


@given(st.lists(st.integers(0, 12).map(lambda quarters: quarters / 4), min_size=1, max_size=30))
def test_however_changes_come_notices_are_a_second_apart_and_each_change_is_told_within_one(
    pauses: list[float],
) -> None:
    asyncio.run(run_changes(pauses))


async def test_the_pause_is_each_resource_s_own(
    topics: ResourceTopics, clock: VirtualClock
) -> None:
    client = Client(clock)
    await topics.subscribe(BOOK, client.subscriber)
    await topics.subscribe(STREAM, client.subscriber)
    topics.changed(BOOK)
    topics.changed(STREAM)
    await settle()
    assert client.told == [(BOOK, 0.0), (STREAM, 0.0)]
    await topics.aclose()


async def test_a_client_that_does_not_read_holds_nobody_up_and_hears_each_resource_once(
    topics: ResourceTopics, clock: VirtualClock
) -> None:
    client, idle = Client(clock), Subscriber()
    await topics.subscribe(BOOK, idle)
    await topics.subscribe(BOOK, client.subscriber)
    for _ in range(100):
        topics.changed(BOOK)
        await settle()
        await clock.advance(1)
    assert len(client.told) == 100
    idle.end()
    assert (await idle.next(), await idle.next()) == (BOOK, None)
    await topics.aclose()


async def test_what_is_behind_a_resource_is_held_once_from_the_first_to_the_last(
    topics: ResourceTopics, source: Source
) -> None:
    first, second = Subscriber(), Subscriber()
    await asyncio.gather(*(topics.subscribe(BOOK, each) for each in (first, second, first)))
    await topics.unsubscribe(BOOK, first)
    await topics.unsubscribe(BOOK, first)
    await topics.unsubscribe(STREAM, first)
    assert (source.held[BOOK], source.opened) == (1, 1)
    await topics.unsubscribe(BOOK, second)
    assert (source.held[BOOK], len(topics)) == (0, 0)
    await topics.subscribe(BOOK, first)
    assert (source.held[BOOK], source.opened) == (1, 2)
    await topics.aclose()
    assert (source.held.total(), len(topics)) == (0, 0)


async def test_after_unsubscribing_there_is_silence(
    topics: ResourceTopics, clock: VirtualClock
) -> None:
    client = Client(clock)
    await topics.subscribe(BOOK, client.subscriber)
    topics.changed(BOOK)
    await settle()
    topics.changed(BOOK)  # is to be told in a second
    await topics.unsubscribe(BOOK, client.subscriber)
    topics.changed(BOOK)
    await clock.advance(5)
    await settle()
    assert client.told == [(BOOK, 0.0)]


async def test_a_change_that_was_noted_is_not_told_to_whoever_left_before_reading(
    topics: ResourceTopics,
) -> None:
    slow = Subscriber()
    await topics.subscribe(BOOK, slow)
    topics.changed(BOOK)
    await settle()
    await topics.unsubscribe(BOOK, slow)
    slow.end()
    assert await slow.next() is None


async def test_a_client_that_is_gone_leaves_nothing(topics: ResourceTopics, source: Source) -> None:
    gone, other = Subscriber(), Subscriber()
    for uri in (BOOK, STREAM):
        await topics.subscribe(uri, gone)
    await topics.subscribe(BOOK, other)
    topics.leave(gone)
    await settle()
    assert (source.held[BOOK], source.held[STREAM], len(topics)) == (1, 0, 1)
    await topics.aclose()


async def test_an_address_that_is_refused_leaves_nothing_and_can_be_tried_again(
    topics: ResourceTopics, source: Source
) -> None:
    for _ in range(2):
        with pytest.raises(InputError, match="There is no y://moon"):
            await topics.subscribe("y://moon", Subscriber())
    await settle()
    assert (len(topics), source.opened) == (0, 0)


async def test_a_client_that_vanishes_while_it_is_let_in_leaves_nothing(
    topics: ResourceTopics, source: Source
) -> None:
    source.gate.clear()
    callers = [asyncio.create_task(topics.subscribe(BOOK, Subscriber())) for _ in range(3)]
    await settle()
    for caller in callers[:2]:
        caller.cancel()
    await settle()
    source.gate.set()
    await callers[2]
    assert (source.held[BOOK], source.opened) == (1, 1)
    await topics.aclose()
    assert source.held[BOOK] == 0


async def test_whoever_comes_while_the_last_one_leaves_is_served_anew(
    topics: ResourceTopics, source: Source, clock: VirtualClock
) -> None:
    last, client = Subscriber(), Client(clock)
    await topics.subscribe(BOOK, last)
    source.gate.clear()
    leaving = asyncio.create_task(topics.unsubscribe(BOOK, last))
    await settle()
    coming = asyncio.create_task(topics.subscribe(BOOK, client.subscriber))
    await settle()
    source.gate.set()
    await asyncio.gather(leaving, coming)
    assert (source.held[BOOK], source.opened) == (1, 2)
    topics.changed(BOOK)
    await settle()
    assert client.told == [(BOOK, 0.0)]
    await topics.aclose()
    assert source.held[BOOK] == 0


async def test_whoever_comes_right_after_the_last_one_left_keeps_what_was_held(
    topics: ResourceTopics, source: Source
) -> None:
    last, next_one = Subscriber(), Subscriber()
    await topics.subscribe(BOOK, last)
    topics.leave(last)
    await topics.subscribe(BOOK, next_one)
    await settle()
    assert (source.held[BOOK], source.opened) == (1, 1)
    await topics.aclose()
    assert source.held[BOOK] == 0


async def test_a_release_that_fails_disturbs_nobody(
    topics: ResourceTopics, source: Source, caplog: pytest.LogCaptureFixture
) -> None:
    source.failure = RuntimeError("the venue is gone")
    for uri in (BOOK, STREAM):
        await topics.subscribe(uri, Subscriber())
    await topics.aclose()
    assert (source.held.total(), len(topics)) == (0, 0)
    assert "x://stream is not released" in caplog.text


async def test_closing_ends_what_clients_wait_for(
    topics: ResourceTopics, clock: VirtualClock
) -> None:
    client = Client(clock)
    await topics.subscribe(BOOK, client.subscriber)
    await topics.aclose()
    async with asyncio.timeout(10):
        await client.reading


async def test_there_is_a_most_and_it_is_said(
    topics: ResourceTopics, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resource_topics, "MOST_RESOURCES", 2)
    subscriber = Subscriber()
    for number in range(2):
        await topics.subscribe(f"x://{number}", subscriber)
    with pytest.raises(InputError, match="2 resources are subscribed to already"):
        await topics.subscribe("x://2", subscriber)
    await topics.subscribe("x://1", Subscriber())
    await topics.aclose()
