"""Whatever is wrong with a call about streams: one short form of error, nothing subscribed, nothing left behind."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from binance_mcp_server.mcp_support import cursors
from binance_mcp_server.mcp_support.errors import DEFECT
from tests.commands.stream_hub import Streams, streams_on, trade
from tests.commands.venue import StillExchange, is_error_of_the_one_form

pytestmark = pytest.mark.anyio
NAME = "btcusdt@trade"
HOSTILE = ("", "\u202e" * 9, "x" * 5000, "s1\n", "../s1", "\x00", "S99")
FOREIGN = cursors.issue("get_candles", {"symbol": "ETHUSDT"}, {"from": 1})


@pytest.fixture
async def agent(venue: StillExchange, anyio_backend: str) -> AsyncIterator[Streams]:
    async with streams_on(venue) as streams:
        yield streams


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"kind": "trades_of_the_moon"}, "Kinds: trade"),
    ({"kind": ""}, "Kinds: trade"),
    ({"kind": "\u202etrade" * 40}, "Kinds: trade"),
    ({"kind": 5}, "kind has to be text"),
    ({"kind": "trade", "symbol": "BTCUSDD"}, "Did you mean BTCUSDT"),
    ({"kind": "trade", "symbol": "BTC\nUSDT"}, "U+000A"),
    ({"kind": "trade", "symbol": "x" * 5000}, "cannot exist"),
    ({"kind": "trade", "symbol": ""}, "needs a symbol"),
    ({"kind": "trade", "symbol": None}, "needs a symbol"),
    ({"kind": "trade", "market": "moon"}, "market has to be"),
    ({"kind": "miniTicker", "symbol": None, "market": "usdm"}, "lists no symbols"),
    ({"kind": "markPrice"}, "There is no stream"),
    ({"kind": "trade", "interval": "1m"}, "has no interval"),
    ({"kind": "kline", "interval": "7m"}, "Unknown interval"),
    ({"kind": "kline", "time_zone": "Mars"}, "not a time zone"),
    ({"kind": "partialDepth", "levels": 7}, "5, 10, 20"),
    ({"kind": "partialDepth", "levels": 10**30}, "5, 10, 20"),
    ({"kind": "depth", "speed": "1ms"}, "100ms"),
    ({"kind": "rollingTicker", "window": "3h"}, "1h, 4h, 1d"),
    ({"kind": "trade", "buffer": 0}, "out of range"),
    ({"kind": "trade", "buffer": -1}, "out of range"),
    ({"kind": "trade", "buffer": 10**9}, "out of range"),
    ({"kind": "trade", "buffer": 10**30}, "out of range"),
    ({"kind": "trade", "buffer": "many"}, "buffer has to be"),
]


@pytest.mark.parametrize(("wrong", "words"), WRONG, ids=lambda each: ascii(each)[:50])
async def test_a_stream_that_cannot_be_is_refused_and_nothing_is_subscribed(
    agent: Streams, wrong: dict[str, Any], words: str
) -> None:
    text = await agent.error("subscribe_stream", **{"symbol": "BTCUSDT", **wrong})
    assert is_error_of_the_one_form(text), text
    assert words in text
    assert text != DEFECT
    assert (agent.hub.state().streams, agent.venue.subscribed) == (0, set())


@pytest.mark.parametrize(
    "wrong",
    [
        *({"wait_seconds": each} for each in (-1, 45.1, 10**30, "NaN", "inf", "long")),
        *({"limit": each} for each in (0, -1, 10_001, 10**30, "x")),
        *({"columns": each} for each in (["nope"], [], "\u202e" * 1000)),
        *({"max_bytes": each} for each in (0, 499, 10**12)),
        *({"cursor": each} for each in (FOREIGN, "abc", "x" * 5000, "\u202e", "W10")),
        {"format": "xml"},
    ],
    ids=lambda each: ascii(each)[:50],
)
async def test_a_wrong_read_is_refused_and_the_next_one_reads_everything(
    agent: Streams, wrong: dict[str, Any]
) -> None:
    stream = await agent.subscribe()
    agent.venue.say(NAME, trade(1), trade(2))
    text = await agent.error("read_stream", id=stream, **wrong)
    assert is_error_of_the_one_form(text), text
    assert text != DEFECT
    page = await agent.data("read_stream", id=stream, format="json")
    assert len(page["rows"]) == 2


@pytest.mark.parametrize("tool", ["read_stream", "summarize_stream", "unsubscribe_stream"])
async def test_a_stream_that_is_not_there_is_told_so(agent: Streams, tool: str) -> None:
    for name in HOSTILE:
        text = await agent.error(tool, id=name)
        assert is_error_of_the_one_form(text), text
    stream = await agent.subscribe()
    await agent.data("unsubscribe_stream", id=stream)
    text = await agent.error(tool, id=stream)
    assert "is closed: it was unsubscribed" in text
    assert "subscribe_stream" in text


async def test_a_cursor_of_another_subscription_is_refused(agent: Streams) -> None:
    first, second = await agent.subscribe(), await agent.subscribe(symbol="ETHUSDT")
    page = await agent.data("read_stream", id=first, format="json")
    text = await agent.error("read_stream", id=second, cursor=page["next"])
    assert "belongs to another call" in text


async def test_a_cursor_of_an_earlier_server_is_refused(
    agent: Streams, venue: StillExchange
) -> None:
    """Its subscription had the same id and is gone: going on elsewhere would lose records silently."""
    stream = await agent.subscribe()
    page = await agent.data("read_stream", id=stream, format="json")
    async with streams_on(venue) as other:
        await other.clock.advance(60)
        assert await other.subscribe() == stream
        text = await other.error("read_stream", id=stream, cursor=page["next"])
    assert "belongs to another call" in text


@pytest.mark.parametrize(
    "place",
    [
        {"reader": 1, "at": -1, "row": 0},
        {"reader": 1, "at": 1},
        {"reader": "1", "at": 1, "row": 0},
        {"at": 1},
    ],
)
async def test_places_that_no_cursor_names_are_refused(
    agent: Streams, place: dict[str, Any]
) -> None:
    stream = await agent.subscribe()
    question = {"id": stream, "created": agent.hub.subscription(stream).created_ms}
    cursor = cursors.issue("read_stream", question, place)
    assert "Bad cursor" in await agent.error("read_stream", id=stream, cursor=cursor)


async def test_a_place_beyond_the_newest_record_reads_on_from_the_newest(agent: Streams) -> None:
    stream = await agent.subscribe()
    agent.venue.say(NAME, trade(1))
    question = {"id": stream, "created": agent.hub.subscription(stream).created_ms}
    far: cursors.Place = {"reader": 10**15, "at": 10**15, "row": 3}
    cursor = cursors.issue("read_stream", question, far)
    page = await agent.data("read_stream", id=stream, cursor=cursor, format="json")
    assert page["rows"] == []


async def test_a_reader_that_goes_away_in_a_wait_leaves_nothing(agent: Streams) -> None:
    stream = await agent.subscribe()
    subscription = agent.hub.subscription(stream)
    call = agent.data("read_stream", id=stream, wait_seconds=45, format="json")
    task = asyncio.ensure_future(call)
    await agent.until(lambda: subscription.waiting)
    task.cancel()
    await agent.until(lambda: not subscription.waiting)
    agent.venue.say(NAME, trade(1))
    page = await agent.data("read_stream", id=stream, format="json")
    assert len(page["rows"]) == 1


async def test_more_subscriptions_than_there_may_be_are_refused(agent: Streams) -> None:
    stream = await agent.subscribe()
    agent.venue.say(NAME, trade(1))
    for _ in range(499):
        await agent.data("subscribe_stream", kind="trade", symbol="BTCUSDT")
    text = await agent.error("subscribe_stream", kind="trade", symbol="BTCUSDT")
    assert "500 subscriptions" in text
    assert agent.venue.subscribed == {NAME}
    table = await agent.text("list_streams", limit=500)
    assert len(table.encode()) <= 4_000
    await agent.data("unsubscribe_stream", id=stream)
    await agent.data("subscribe_stream", kind="trade", symbol="BTCUSDT")


@pytest.mark.parametrize("seconds", [0, -1, 10**9, "x", 1.5])
async def test_a_summary_of_no_time_is_refused(agent: Streams, seconds: Any) -> None:
    stream = await agent.subscribe()
    text = await agent.error("summarize_stream", id=stream, seconds=seconds)
    assert is_error_of_the_one_form(text), text
