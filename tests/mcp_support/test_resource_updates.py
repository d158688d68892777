"""Resource subscriptions through real clients in both eras, in memory and over HTTP.

Seen in FastMCP 4.1.2 and mcp 2.3.0; private names may move with any release.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.metadata import version
from typing import Any, Literal
from urllib.parse import urlsplit

import mcp_types as mt
import pytest
from fastmcp import Client, Context, FastMCP
from fastmcp.client.transports import StreamableHttpTransport
from mcp.client.subscriptions import ResourceUpdated, listen
from mcp.server import streamable_http, streamable_http_manager
from mcp.server.connection import Connection
from mcp.server.streamable_http import StreamableHTTPServerTransport
from mcp.shared.exceptions import MCPError

from binance_mcp_server.clock import VirtualClock
from binance_mcp_server.errors import InputError, TransportError
from binance_mcp_server.mcp_support import resource_updates
from binance_mcp_server.mcp_support.resource_topics import Release, ResourceTopics
from binance_mcp_server.mcp_support.resource_updates import (
    PRIVATE_CONNECTION,
    PRIVATE_SERVER,
    PRIVATE_STOPPING,
    serve_updates,
)
from tests.mcp_support.reader import SESSIONS as OLD
from tests.mcp_support.reader import Reader
from tests.mcp_support.serving import served

pytestmark = pytest.mark.anyio

Mode = Literal["auto", "legacy"]
MODES: tuple[Mode, ...] = ("legacy", "auto")
NEWS, OTHER = "x://news", "x://other"


class Newsroom:
    """A server with resources that change when told to, and what is held for their subscribers."""

    def __init__(self) -> None:
        self.clock = VirtualClock(auto_advance=True)
        self.held: list[str] = []
        self.all_free = asyncio.Event()
        self.topics = ResourceTopics(self.clock, self._hold)
        self.server: FastMCP[Any] = FastMCP("newsroom", lifespan=self._lifespan)
        self.server.resource("x://{name}", name="news")(lambda name: f"all about {name}")
        serve_updates(self.server, self.topics)

    @asynccontextmanager
    async def _lifespan(self, _server: FastMCP[Any]) -> AsyncIterator[None]:
        yield
        await self.topics.aclose()

    async def _hold(self, uri: str) -> Release:
        if uri == "x://down":
            raise TransportError("The venue does not answer.")
        if uri == "x://defect":
            raise KeyError("a secret of ours")
        if uri not in {NEWS, OTHER}:
            raise InputError("There is no such resource.", advice="x://news exists.")
        self.held.append(uri)

        async def release() -> None:
            self.held.remove(uri)
            if not self.held:
                self.all_free.set()

        return release

    async def free(self) -> None:
        """Return when nothing is held."""
        async with asyncio.timeout(20):
            await self.all_free.wait()
        assert len(self.topics) == 0


def reader_of(where: FastMCP[Any] | str, mode: Mode) -> Reader:
    transport = StreamableHttpTransport(where) if isinstance(where, str) else where
    return Reader(lambda handler: Client(transport, mode=mode, message_handler=handler, timeout=20))


@pytest.fixture
def newsroom(anyio_backend: str) -> Newsroom:
    return Newsroom()


@pytest.fixture(params=["memory", "http"])
async def where(
    request: pytest.FixtureRequest, newsroom: Newsroom
) -> AsyncIterator[FastMCP[Any] | str]:
    if request.param == "memory":
        yield newsroom.server
        return
    async with served(newsroom.server) as url:
        yield url


def test_the_private_names_are_where_they_were() -> None:
    server: FastMCP[Any] = FastMCP("probe")
    seen = f"FastMCP {version('fastmcp')}, mcp {version('mcp')}"
    assert hasattr(getattr(server, PRIVATE_SERVER, None), "add_request_handler"), seen


async def test_a_session_has_its_connection_where_it_had_it() -> None:
    server: FastMCP[Any] = FastMCP("probe")

    @server.tool
    async def look(ctx: Context) -> bool:
        connection = getattr(ctx.session, PRIVATE_CONNECTION, None)
        return isinstance(connection, Connection) and connection.has_standalone_channel

    async with Client(server, mode="legacy") as client:
        assert (await client.call_tool("look")).data, f"mcp {version('mcp')} keeps it elsewhere"


def test_who_looks_out_for_the_server_s_end_is_where_it_was() -> None:
    carrier = getattr(streamable_http, "EventSourceResponse", None)
    assert hasattr(carrier, PRIVATE_STOPPING), f"sse-starlette {version('sse-starlette')}"


def test_a_server_that_keeps_it_elsewhere_serves_without(newsroom: Newsroom) -> None:
    serve_updates(object(), newsroom.topics)  # type: ignore[arg-type]


@pytest.mark.parametrize("mode", MODES)
async def test_subscribe_hear_read_unsubscribe_silence(
    newsroom: Newsroom, where: FastMCP[Any] | str, mode: Mode
) -> None:
    reader = reader_of(where, mode)
    async with reader.opening as client:
        capabilities = client.session.server_capabilities
        assert capabilities is not None
        assert capabilities.resources is not None
        assert capabilities.resources.subscribe is True
        await reader.subscribe(NEWS, OTHER)
        assert sorted(newsroom.held) == [NEWS, OTHER]
        for uri in (NEWS, OTHER, NEWS):
            newsroom.topics.changed(uri)
            assert await reader.news() == uri
        (content,) = await client.read_resource(NEWS)
        assert isinstance(content, mt.TextResourceContents)
        assert content.text == "all about news"
        await reader.unsubscribe(NEWS, OTHER)
        await newsroom.free()
        newsroom.topics.changed(NEWS)
        await client.read_resource(NEWS)  # whatever was on its way has come by now
        assert reader.told.empty()


@pytest.mark.parametrize("mode", MODES)
async def test_a_client_that_just_goes_leaves_nothing_and_disturbs_nobody(
    newsroom: Newsroom, where: FastMCP[Any] | str, mode: Mode
) -> None:
    staying, going = reader_of(where, mode), reader_of(where, mode)
    async with staying.opening:
        await staying.subscribe(NEWS)
        async with going.opening:
            await going.subscribe(NEWS, OTHER)
            newsroom.topics.changed(NEWS)
            assert await going.news() == await staying.news() == NEWS
        newsroom.topics.changed(NEWS)
        assert await staying.news() == NEWS
    await newsroom.free()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("uri", "text"),
    [
        ("x://moon", "error: There is no such resource.\nretry: no\ndo: x://news exists."),
        ("x://down", "error: The venue does not answer.\nretry: yes"),
        ("x://defect", "error: The server failed on this call"),
    ],
)
async def test_what_cannot_be_subscribed_to_says_why_and_leaves_nothing(
    newsroom: Newsroom, where: FastMCP[Any] | str, mode: Mode, uri: str, text: str
) -> None:
    reader = reader_of(where, mode)
    async with reader.opening as client:
        with pytest.raises(MCPError) as caught:
            await reader.subscribe(OTHER, uri)
        assert caught.value.error.message.startswith(text)
        assert "secret" not in caught.value.error.message
        assert caught.value.error.data == {"uri": uri}
        await client.read_resource(NEWS)
    await newsroom.free()


async def post(
    url: str, message: dict[str, Any], **headers: str
) -> tuple[asyncio.StreamWriter, str]:
    """An open connection on which *message* was posted, and the answer as far as it has come."""
    place, body = urlsplit(url), json.dumps({"jsonrpc": "2.0", **message})
    given = {
        "Host": place.netloc,
        "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream",
        "Content-Length": str(len(body)),
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    head = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    writer.write(f"POST {place.path} HTTP/1.1\r\n{head}\r\n{body}".encode())
    async with asyncio.timeout(20):
        answer = await reader.readuntil(b"\r\n\r\n")
        if b"event-stream" in answer:
            answer += await reader.readuntil(b"data: ") + await reader.readline()
    return writer, answer.decode()


async def test_a_stream_whose_connection_is_cut_leaves_nothing(newsroom: Newsroom) -> None:
    meta = {
        mt.PROTOCOL_VERSION_META_KEY: "2026-07-28",
        mt.CLIENT_CAPABILITIES_META_KEY: {},
    }
    params = {"notifications": {"resourceSubscriptions": [NEWS]}, "_meta": meta}
    message = {"id": 7, "method": "subscriptions/listen", "params": params}
    async with served(newsroom.server) as url:
        writer, answer = await post(
            url, message, MCP_Protocol_Version="2026-07-28", Mcp_Method="subscriptions/listen"
        )
        assert "notifications/subscriptions/acknowledged" in answer
        assert newsroom.held == [NEWS]
        writer.transport.abort()
        await newsroom.free()


async def test_a_server_that_is_told_to_stop_ends_its_streams_in_good_form(
    newsroom: Newsroom,
) -> None:
    async with AsyncExitStack() as serving:
        url = await serving.enter_async_context(served(newsroom.server, grace=20))
        async with (
            Client(url, timeout=20) as client,
            listen(client.session, resource_subscriptions=[NEWS]) as events,
            asyncio.timeout(20),
        ):
            newsroom.topics.changed(NEWS)
            stopping = asyncio.create_task(serving.aclose())
            assert [event async for event in events] == [ResourceUpdated(NEWS)]  # or it is lost
            await stopping
    assert newsroom.held == []


async def test_a_session_that_nobody_ends_and_that_times_out_leaves_nothing(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    transports: list[StreamableHTTPServerTransport] = []

    class Seen(StreamableHTTPServerTransport):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            transports.append(self)

    monkeypatch.setattr(streamable_http_manager, "StreamableHTTPServerTransport", Seen)
    hello = {
        "protocolVersion": OLD,
        "capabilities": {},
        "clientInfo": {"name": "x", "version": "1"},
    }
    async with served(newsroom.server) as url:
        writer, answer = await post(url, {"id": 1, "method": "initialize", "params": hello})
        writer.transport.abort()
        (session,) = re.findall(r"(?i)mcp-session-id: (\S+)", answer)
        subscribe = {"id": 2, "method": "resources/subscribe", "params": {"uri": NEWS}}
        writer, answer = await post(url, subscribe, Mcp_Session_Id=session)
        writer.transport.abort()
        assert '"result":{}' in answer
        newsroom.topics.changed(NEWS)  # nobody listens, and nobody minds
        assert newsroom.held == [NEWS]
        (transport,) = transports
        assert transport.idle_scope is not None
        transport.idle_scope.cancel()  # as the session manager's half hour does
        await newsroom.free()


async def test_both_eras_hear_of_the_same_change(newsroom: Newsroom) -> None:
    async with served(newsroom.server) as url:
        old, new = reader_of(url, "legacy"), reader_of(url, "auto")
        async with old.opening, new.opening:
            await old.subscribe(NEWS)
            await new.subscribe(NEWS)
            assert newsroom.held == [NEWS]
            newsroom.topics.changed(NEWS)
            assert await old.news() == await new.news() == NEWS
        await newsroom.free()


async def test_streams_that_are_open_at_once_have_a_most(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resource_updates, "MOST_STREAMS", 1)
    reader = reader_of(newsroom.server, "auto")
    async with reader.opening:
        await reader.subscribe(NEWS)
        with pytest.raises(MCPError, match="open already"):
            await reader.subscribe(NEWS)
        await reader.unsubscribe(NEWS)
        await newsroom.free()
        await reader.subscribe(NEWS)
