"""Who wants to hear of which resource, and when they hear of it. Knows no protocol: see ``resource_updates``.

A resource is held from its first subscriber to its last. Changes are told at once, and then at most one a second and
resource: what changes meanwhile is told when the second is over, so that the last change always is.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from binance_mcp_server.clock import Clock
from binance_mcp_server.errors import InputError

PAUSE = 1.0
"""Seconds between two notices of one resource."""
MOST_RESOURCES = 500
"""Resources that are held at once, whoever holds them."""

Release = Callable[[], Awaitable[None]]
OnFirst = Callable[[str], Awaitable[Release]]
"""Called with an address before its first subscriber is let in; gives what to call after the last one has left.

Raises ``BinanceMcpError`` for an address that nobody can subscribe to."""

_log = logging.getLogger(__name__)


class Subscriber:
    """What one client has yet to be told: each resource once, however often it changed meanwhile."""

    def __init__(self) -> None:
        self._due: dict[str, None] = {}
        self._news = asyncio.Event()
        self._ended = False

    def tell(self, uri: str) -> None:
        """Remember that *uri* changed. Never blocks."""
        self._due[uri] = None
        self._news.set()

    def forget(self, uri: str) -> None:
        """Do not tell of *uri* any more."""
        self._due.pop(uri, None)

    def end(self) -> None:
        """Nothing is going to change any more: let :meth:`next` say so once all is told."""
        self._ended = True
        self._news.set()

    async def next(self) -> str | None:
        """The address whose change waits longest to be told; ``None`` at the end. For one caller at a time."""
        while not self._due:
            if self._ended:
                return None
            self._news.clear()
            await self._news.wait()
        uri = next(iter(self._due))
        del self._due[uri]
        return uri


@dataclass(slots=True, eq=False)
class _Topic:
    """One resource that somebody wants to hear of."""

    uri: str
    subscribers: dict[Subscriber, None] = field(default_factory=dict)
    entering: int = 0
    """Callers on their way in."""
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    """One at a time takes hold or lets go."""
    release: Release | None = None
    told: float = float("-inf")
    """When subscribers were last told, on the monotonic clock."""
    notice: asyncio.Task[None] | None = None
    """Under way from a change until it is told."""

    @property
    def wanted(self) -> bool:
        return bool(self.subscribers or self.entering)


class ResourceTopics:
    """All resources that somebody wants to hear of, and their subscribers."""

    def __init__(self, clock: Clock, on_first: OnFirst) -> None:
        self._clock = clock
        self._on_first = on_first
        self._topics: dict[str, _Topic] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        """Resources held."""
        return len(self._topics)

    def changed(self, uri: str) -> None:
        """Say that *uri* changed. Cheap enough for every change; nobody needs to be subscribed."""
        topic = self._topics.get(uri)
        if topic is not None and topic.notice is None:
            topic.notice = self._start(self._tell(topic))

    async def subscribe(self, uri: str, subscriber: Subscriber) -> None:
        """Let *subscriber* hear of *uri*; once more is as good as once.

        Raises what ``on_first`` raises, and ``InputError`` when too many resources are held.
        """
        topic = self._topics.get(uri) or self._add(uri)
        topic.entering += 1
        try:
            async with topic.turn:
                if topic.release is None:
                    topic.release = await self._on_first(uri)
                topic.subscribers[subscriber] = None
        finally:
            topic.entering -= 1
            if not topic.wanted:
                self._start(self._let_go(topic))

    async def unsubscribe(self, uri: str, subscriber: Subscriber) -> None:
        """Let *subscriber* hear of *uri* no more. Returns when what was held for it alone is free."""
        released = self._leave(uri, subscriber)
        if released is not None:
            await asyncio.shield(released)

    def leave(self, subscriber: Subscriber) -> None:
        """*subscriber* is gone. What was held for it alone is freed soon after."""
        for uri in [
            topic.uri for topic in self._topics.values() if subscriber in topic.subscribers
        ]:
            self._leave(uri, subscriber)

    async def aclose(self) -> None:
        """End every subscription, and return when nothing is held; subscribing anew is possible afterwards."""
        for topic in list(self._topics.values()):
            for subscriber in list(topic.subscribers):
                self._leave(topic.uri, subscriber)
                subscriber.end()
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _add(self, uri: str) -> _Topic:
        if len(self._topics) >= MOST_RESOURCES:
            raise InputError(
                f"{MOST_RESOURCES} resources are subscribed to already.",
                advice="Unsubscribe from some that are not needed any more.",
            )
        topic = self._topics[uri] = _Topic(uri)
        return topic

    def _leave(self, uri: str, subscriber: Subscriber) -> asyncio.Task[None] | None:
        topic = self._topics.get(uri)
        subscriber.forget(uri)
        if topic is None or subscriber not in topic.subscribers:
            return None
        del topic.subscribers[subscriber]
        return None if topic.wanted else self._start(self._let_go(topic))

    async def _tell(self, topic: _Topic) -> None:
        """Tell all subscribers when it is time to. What changes from then on is news again."""
        wait = topic.told + PAUSE - self._clock.monotonic()
        if wait > 0:
            await self._clock.sleep(wait)
        topic.told = self._clock.monotonic()
        topic.notice = None
        for subscriber in topic.subscribers:
            subscriber.tell(topic.uri)

    async def _let_go(self, topic: _Topic) -> None:
        """Free what *topic* holds, unless somebody wants it again by now."""
        async with topic.turn:
            if topic.wanted or self._topics.get(topic.uri) is not topic:
                return
            release, topic.release = topic.release, None
            if release is not None:
                await _quietly(release, topic.uri)
            if not topic.wanted:
                del self._topics[topic.uri]
                if topic.notice is not None:
                    topic.notice.cancel()

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


async def _quietly(release: Release, uri: str) -> None:
    """A release that fails is a defect of ours; the other resources go on."""
    try:
        await release()
    except Exception:  # noqa: BLE001 - logged; the other resources go on
        _log.exception("%s is not released", uri)
