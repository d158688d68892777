"""The live book beside a subscribed depth stream: one hold on it, let go of whatever ends the subscription."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from binance_mcp_server.binance_ws_api.kinds import Spec
from binance_mcp_server.binance_ws_api.stream import Listener
from tests.commands.stream_hub import Streams, streams_on
from tests.commands.venue import StillExchange

pytestmark = pytest.mark.anyio


@pytest.fixture
async def agent(venue: StillExchange, anyio_backend: str) -> AsyncIterator[Streams]:
    async with streams_on(venue) as streams:
        yield streams


async def test_a_subscription_holds_its_book_once(agent: Streams) -> None:
    stream = await agent.subscribe("depth")
    feed = agent.services.books.feed("spot", "BTCUSDT")
    assert feed is not None
    assert feed.watchers == 1
    await agent.data("unsubscribe_stream", id=stream)
    await agent.until(lambda: feed.watchers == 0)


async def test_a_caller_that_goes_away_while_the_book_is_being_opened_leaves_nothing(
    agent: Streams, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = asyncio.Event()

    async def never(spec: Spec, listener: Listener) -> None:
        asked.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(agent.hub, "attach", never)
    call = agent.data("subscribe_stream", kind="depth", symbol="BTCUSDT")
    task = asyncio.ensure_future(call)
    await agent.until(asked.is_set)
    task.cancel()
    await agent.until(lambda: not agent.hub.subscriptions())
    assert agent.services.books.feeds() == []
    await agent.until(lambda: agent.hub.state().streams == 0)
