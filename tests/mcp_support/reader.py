"""A real client that subscribes to resources as its era does, and keeps what it is told."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any

import mcp_types as mt
from fastmcp import Client
from fastmcp.client.messages import MessageHandler
from mcp.client.subscriptions import Subscription, listen

SESSIONS = "2025-11-25"
"""The newest version with sessions."""
LONGEST = 30
"""Seconds; no test waits longer to be told."""


class Reader(MessageHandler):
    """Wraps a client, which *connect* makes with a handler for notifications; ``opening`` opens it."""

    def __init__(
        self, connect: Callable[[MessageHandler], AbstractAsyncContextManager[Client[Any]]]
    ) -> None:
        self.told: asyncio.Queue[str] = asyncio.Queue()
        self.client: Client[Any]
        self.opening = self._opening(connect(self))

    @asynccontextmanager
    async def _opening(
        self, connecting: AbstractAsyncContextManager[Client[Any]]
    ) -> AsyncIterator[Client[Any]]:
        self._streams, self._listening = AsyncExitStack(), set[asyncio.Task[None]]()
        async with connecting as self.client:
            try:
                yield self.client
            finally:
                for task in self._listening:
                    task.cancel()

    @property
    def has_session(self) -> bool:
        return self.client.protocol_version == SESSIONS

    async def on_resource_updated(self, message: mt.ResourceUpdatedNotification) -> None:
        if self.has_session:  # a client of the other era hears it here and from its stream
            self.told.put_nowait(str(message.params.uri))

    async def subscribe(self, *uris: str) -> None:
        if not self.has_session:
            await self._listen(uris)
            return
        for uri in uris:
            request = mt.SubscribeRequest(params=mt.SubscribeRequestParams(uri=uri))
            await self.client.session.send_request(request, mt.EmptyResult)

    async def _listen(self, uris: tuple[str, ...]) -> None:
        stream = listen(self.client.session, resource_subscriptions=uris)
        events: Subscription = await self._streams.enter_async_context(stream)
        assert events.honored.resource_subscriptions == list(uris)

        async def forward() -> None:
            async for event in events:
                self.told.put_nowait(event.uri)  # type: ignore[union-attr]

        self._listening.add(asyncio.create_task(forward()))

    async def unsubscribe(self, *uris: str) -> None:
        """From *uris*; a client without a session can only end its streams."""
        if self.has_session:
            for uri in uris:
                request = mt.UnsubscribeRequest(params=mt.UnsubscribeRequestParams(uri=uri))
                await self.client.session.send_request(request, mt.EmptyResult)
        await self._streams.aclose()

    async def news(self) -> str:
        """The next address that it is told."""
        async with asyncio.timeout(LONGEST):
            return await self.told.get()
