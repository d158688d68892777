"""A real exchange held still in a thread of its own, and the real server in front of it.

The market is simulated, seeded and stopped, so that two looks at it see the same; sockets, HTTP and JSON are real.
"""

import asyncio
import csv
import http.client
import json
import re
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any, Self
from urllib.parse import urlsplit

import msgspec
from fastmcp import Client, FastMCP
from fastmcp.client.client import CallToolResult

from binance_mcp_server.clock import VirtualClock
from binance_mcp_server.exchange.app import Exchange
from binance_mcp_server.exchange.clock import MachineClock
from binance_mcp_server.exchange.clock import VirtualClock as VenueClock
from binance_mcp_server.exchange.sources.scenario import ScenarioSource
from binance_mcp_server.exchange.wire.limits import Limits
from binance_mcp_server.server import build_server
from binance_mcp_server.settings import Settings
from binance_mcp_server.venues import Hosts

START_MS = 1_790_000_000_037
LIVED_MS = 60_000
"""How long the market moved before it was stopped."""
PLENTY = Limits(request_weight=1_000_000, raw_requests=1_000_000, ban_after=1_000_000)
READY_SECONDS = 60
MOST_ERROR_BYTES = 600
_PRINTABLE = r"[^\x00-\x1f\x7f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+"
ERROR_FORM = re.compile(
    rf"(error: {_PRINTABLE}\n)+(venue_code: (-?\d+, )?HTTP \d{{3}}\n)?"
    rf"retry: (no|yes|perhaps|yes, after \d+ s)(\ndo: {_PRINTABLE})?"
)


class HurriedClock(MachineClock):
    """For what the exchange enforces: a window of a minute is over in a moment, so tests do not share one."""

    def now_ms(self) -> int:
        return super().now_ms() * 1000


class StillExchange:
    """The embedded exchange on loopback, its market stopped one minute after the start."""

    def __init__(self) -> None:
        self._thread = threading.Thread(target=lambda: asyncio.run(self._live()), daemon=True)
        self._ready: Future[str] = Future()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self.rest = ""

    def __enter__(self) -> Self:
        self._thread.start()
        self.rest = self._ready.result(READY_SECONDS)
        return self

    def __exit__(self, *_: object) -> None:
        if self._loop is not None and self._stop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(READY_SECONDS)

    async def _live(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        try:
            clock = VenueClock(START_MS)
            source = ScenarioSource(1, clock)
            async with Exchange(source, clock=HurriedClock(), limits=PLENTY) as exchange:
                await clock.advance(LIVED_MS)
                self._ready.set_result(exchange.rest_url)
                await self._stop.wait()
        except Exception as error:  # noqa: BLE001 - whoever waits for the start has to see it
            self._ready.set_exception(error)

    @property
    def hosts(self) -> Hosts:
        port = urlsplit(self.rest).port
        return Hosts(self.rest, f"ws://127.0.0.1:{port}", f"ws://127.0.0.1:{port}/ws-api/v3")

    def respond(self, path: str, **answer: Any) -> None:
        """Let the next request to *path* have this answer."""
        self._admin("POST", "/respond", {"path": path, **answer})

    def state(self) -> dict[str, Any]:
        """What the exchange counted."""
        return self._admin("GET", "/state")

    def _admin(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        connection = http.client.HTTPConnection(urlsplit(self.rest).netloc, timeout=10)
        try:
            connection.request(method, f"/__sim{path}", json.dumps(body) if body else None)
            answer = connection.getresponse()
            content: dict[str, Any] = json.loads(answer.read())
        finally:
            connection.close()
        assert answer.status == 200, content
        return content


def server_on(hosts: Hosts, **settings: Any) -> FastMCP[Any]:
    """A server of the venue at *hosts*; waiting takes it no time."""
    given = Settings(**{"venue": "sim", "hosts": {"spot": hosts}, **settings})
    return build_server(given, clock=VirtualClock(START_MS + LIVED_MS, auto_advance=True))


class Agent:
    """What a model does with a server: call tools, read the answer."""

    def __init__(self, client: Client[Any]) -> None:
        self.client = client

    async def result(self, tool: str, **arguments: Any) -> CallToolResult:
        return await self.client.call_tool(tool, arguments, raise_on_error=False)

    async def text(self, tool: str, **arguments: Any) -> str:
        """The text of a call that succeeds."""
        result = await self.result(tool, **arguments)
        assert not result.is_error, text_of(result)
        return text_of(result)

    async def data(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """The structured content of a call that succeeds, which its text repeats exactly."""
        result = await self.result(tool, **arguments)
        assert not result.is_error, text_of(result)
        assert result.structured_content == msgspec.json.decode(text_of(result))
        return dict(result.structured_content or {})

    async def error(self, tool: str, **arguments: Any) -> str:
        """The text of a call that fails as a tool error."""
        result = await self.result(tool, **arguments)
        assert result.is_error, text_of(result)
        assert result.structured_content is None
        return text_of(result)


def text_of(result: CallToolResult) -> str:
    (block,) = result.content
    text: str = block.text  # type: ignore[union-attr]
    return text


def facts(text: str) -> Mapping[str, str]:
    """The ``key: value`` lines of a text."""
    pairs = (line.partition(": ") for line in text.splitlines())
    return {key: value for key, colon, value in pairs if colon}


def cells(text: str) -> list[list[str]]:
    """The CSV rows of a text reply, without its facts and its header."""
    lines = text.splitlines()
    header = next(number for number, line in enumerate(lines) if ": " not in line)
    return list(csv.reader(lines[header + 1 :]))


def is_error_of_the_one_form(text: str) -> bool:
    """``error:`` lines, perhaps a ``venue_code``, one ``retry``, perhaps a ``do``: short, and all of it printable."""
    return bool(ERROR_FORM.fullmatch(text)) and len(text.encode()) <= MOST_ERROR_BYTES
