"""Resource subscriptions from end to end: clients of both eras, over stdio and HTTP, on the simulated market."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest
from fastmcp import Client
from mcp.shared.exceptions import MCPError
from mcp_types import TextResourceContents

from tests.e2e.clients import Mode, ask_json, over_http, over_stdio
from tests.e2e.processes import Exchange, HttpServer
from tests.mcp_support.reader import Reader

pytestmark = pytest.mark.anyio

BOOK = "binance://books/spot/BTCUSDT"
OTHER_BOOK = "binance://books/spot/ETHUSDT"
ROUND_TRIPS = 300
"""More than any state of the server's lasts."""


class Way(NamedTuple):
    """How a client comes to the server."""

    transport: str
    mode: Mode


MODES: tuple[Mode, ...] = ("legacy", "auto")
WAYS = [Way(by, mode) for by in ("stdio", "http") for mode in MODES]


@pytest.fixture(scope="module")
def settings(scenario: Exchange, state_dir: Path) -> dict[str, object]:
    return {
        "BINANCE_MCP_REST_URL": scenario.rest,
        "BINANCE_MCP_STREAM_URL": scenario.ready["stream"],
        "BINANCE_MCP_STATE_DIR": state_dir,
    }


@pytest.fixture(scope="module")
def server(settings: dict[str, object]) -> Iterator[HttpServer]:
    with HttpServer(**settings) as running:
        yield running


@pytest.fixture(params=WAYS, ids="-".join)
async def reader(
    request: pytest.FixtureRequest,
    settings: dict[str, object],
    server: HttpServer,
    tmp_path: Path,
) -> AsyncIterator[Reader]:
    way: Way = request.param
    log = tmp_path / "stderr"
    made = Reader(
        lambda heard: (
            over_stdio(log, settings, way.mode, heard)
            if way.transport == "stdio"
            else over_http(server.url, way.mode, heard=heard)
        )
    )
    async with made.opening:
        yield made
    said = log.read_text() if way.transport == "stdio" else server.errors()
    assert "Traceback" not in said


async def read(client: Client[Any], uri: str) -> dict[str, Any]:
    (content,) = await client.read_resource(uri)
    assert isinstance(content, TextResourceContents)
    read: dict[str, Any] = msgspec.json.decode(content.text)
    return read


async def read_until(client: Client[Any], uri: str, **facts: object) -> dict[str, Any]:
    """The resource once it says *facts*."""
    content: dict[str, Any] = {}
    for _ in range(ROUND_TRIPS):
        content = await read(client, uri)
        if facts.items() <= content.items():
            return content
    raise AssertionError(content)


async def test_subscribe_hear_read_unsubscribe_silence(reader: Reader) -> None:
    client = reader.client
    opened = await ask_json(client, "subscribe_stream", kind="trade", symbol="BTCUSDT")
    stream = f"binance://streams/{opened['id']}"
    await reader.subscribe(stream, BOOK)
    heard = set[str]()
    while heard != {stream, BOOK}:
        heard.add(await reader.news())

    content = await read(client, stream)
    assert (content["id"], content["state"]) == (opened["id"], "live")
    assert 0 < len(content["rows"]) <= 20
    book = await read_until(client, BOOK, state="live")
    assert len(book["bids"]) == 20
    assert book["source"] == "live book"

    await reader.unsubscribe(stream, BOOK)
    await read_until(client, BOOK, state="not watched")
    while not reader.told.empty():  # what was on its way
        reader.told.get_nowait()
    page = await ask_json(client, "read_stream", id=opened["id"], format="json", limit=10_000)
    arguments = {"id": opened["id"], "cursor": page["next"], "wait_seconds": 30}
    later = await ask_json(client, "read_stream", format="json", **arguments)
    assert later["rows"], "the stream goes on"
    assert reader.told.empty()
    await ask_json(client, "unsubscribe_stream", id=opened["id"])


async def test_what_cannot_be_subscribed_to_says_why(reader: Reader) -> None:
    for uri, words in (
        ("binance://streams/s999", "There is no stream"),
        ("binance://books/spot/BTCUSDD", "Did you mean"),
        ("binance://status", "nothing to subscribe to"),
    ):
        with pytest.raises(MCPError, match=words):
            await reader.subscribe(uri)


@pytest.mark.parametrize("mode", MODES)
async def test_a_client_that_goes_without_a_word_leaves_no_book_watched(
    server: HttpServer, mode: Mode
) -> None:
    going = Reader(lambda heard: over_http(server.url, mode, heard=heard))
    async with over_http(server.url, mode) as staying:
        async with going.opening:
            await going.subscribe(OTHER_BOOK)
            assert await going.news() == OTHER_BOOK
            await read_until(staying, OTHER_BOOK, state="live")
        await read_until(staying, OTHER_BOOK, state="not watched")
