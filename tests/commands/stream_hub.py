"""The real stream hub on sockets that a test plays: what the venue says, when it falls silent, and when it goes away.

Only the sockets and the clock are made up. Symbols, prices and books come from the exchange held still.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from random import Random
from typing import Any, TypeVar

from fastmcp import Client, FastMCP

from binance_mcp_server.binance_ws_api.handlers import Handlers
from binance_mcp_server.binance_ws_api.hub import Hub
from binance_mcp_server.clock import VirtualClock
from binance_mcp_server.commands import websocket_streams
from binance_mcp_server.feeds.books import BookFeeds
from binance_mcp_server.mcp_support.errors import ErrorMiddleware
from binance_mcp_server.services import Services
from binance_mcp_server.settings import Settings
from binance_mcp_server.venues import Market
from tests.commands.venue import LIVED_MS, START_MS, Agent, StillExchange

NOW_MS = START_MS + LIVED_MS
T = TypeVar("T")
_A_MOMENT = 0.02
"""Real seconds in which everything that can go on goes on; what asks the exchange is real."""
_MOST_TURNS = 50_000


class Socket:
    """One connection; subscriptions are acknowledged at once."""

    def __init__(self, venue: "StreamVenue", ears: Handlers) -> None:
        self._venue, self.ears = venue, ears

    def send(self, payload: bytes) -> None:
        message = json.loads(payload)
        if not self._venue.acknowledges:
            return
        listed = message["method"] == "LIST_SUBSCRIPTIONS"
        names = self._venue.subscribed
        if message["method"] == "SUBSCRIBE":
            names.update(message["params"])
        if message["method"] == "UNSUBSCRIBE":
            names.difference_update(message["params"])
        answer = {"result": sorted(names) if listed else None, "id": message["id"]}
        frames = [json.dumps(answer).encode()]
        asyncio.get_running_loop().call_soon(self.ears.deliver, frames)

    def ping(self, payload: bytes) -> None:
        asyncio.get_running_loop().call_soon(self.ears.ponged, payload)

    def pong(self, payload: bytes) -> None: ...
    def retire(self) -> None: ...
    def abort(self, code: int, why: str) -> None: ...


class StreamVenue:
    """The venue's side of all connections."""

    def __init__(self) -> None:
        self.acknowledges = True
        self.subscribed: set[str] = set()
        self._socket: Socket | None = None

    async def connect(self, url: str, ears: Handlers) -> Socket:
        self._socket = Socket(self, ears)
        ears.opened(self._socket)
        return self._socket

    def say(self, name: str, *data: Any) -> None:
        """Frames of stream *name*, in one burst."""
        assert self._socket is not None
        frame = {"stream": name}
        frames = [json.dumps(frame | {"data": each}, separators=(",", ":")) for each in data]
        self._socket.ears.deliver([each.encode() for each in frames])

    def cut(self) -> None:
        """End the connection."""
        assert self._socket is not None
        self.subscribed.clear()
        self._socket.ears.closed("reset by the venue")


def trade(id: int, price: str = "64000.10", quantity: str = "0.00500000") -> dict[str, Any]:
    """A trade as the venue sends it; one every 100 ms, buyers and sellers in turn."""
    time = NOW_MS + id * 100
    return {
        "e": "trade",
        "E": time,
        "s": "BTCUSDT",
        "t": id,
        "p": price,
        "q": quantity,
        "T": time,
        "m": id % 2 == 1,
        "M": True,
    }


def aggregate(id: int, quantity: str, price: str = "64000.1") -> dict[str, Any]:
    """An aggregate trade of two fills."""
    row = trade(id, price, quantity)
    del row["t"]
    return {**row, "e": "aggTrade", "a": id, "f": id * 2, "l": id * 2 + 1}


def touch(update: int, bid: str, ask: str) -> dict[str, Any]:
    """Best prices."""
    return {"u": update, "s": "BTCUSDT", "b": bid, "B": "1.5", "a": ask, "A": "2.5"}


class Streams(Agent):
    """An agent, the venue that feeds its streams, and their clock."""

    def __init__(self, client: Client[Any], venue: StreamVenue, services: Services) -> None:
        super().__init__(client)
        self.venue, self.services, self.hub = venue, services, services.hub
        assert isinstance(services.clock, VirtualClock)
        self.clock = services.clock

    async def meanwhile(self, call: Awaitable[T], *, seconds: float, step: float = 1.0) -> T:
        """What *call* gives while time passes, at most *seconds* of it."""
        task = asyncio.ensure_future(call)
        for _ in range(int(seconds / step)):
            await asyncio.wait({task}, timeout=_A_MOMENT)
            if task.done():
                break
            await self.clock.advance(step)
        return await asyncio.wait_for(task, 10)

    async def until(self, holds: Callable[[], object]) -> None:
        """Until *holds* is true; bounded, and no time passes."""
        for _ in range(_MOST_TURNS):
            if holds():
                return
            await asyncio.sleep(0)
        raise AssertionError("it never came true")

    async def subscribe(self, kind: str = "trade", **arguments: Any) -> str:
        """The id of a new subscription; the wait for its first frame takes no time."""
        given = {"symbol": "BTCUSDT", **arguments}
        call = self.data("subscribe_stream", kind=kind, **given)
        return str((await self.meanwhile(call, seconds=30))["id"])


@asynccontextmanager
async def streams_on(venue: StillExchange) -> AsyncIterator[Streams]:
    """Stream tools in front of the exchange held still."""
    clock, feed = VirtualClock(NOW_MS), StreamVenue()

    async def addresses(market: Market) -> tuple[str, ...]:
        return ("ws://127.0.0.1:9",)

    hub = Hub(clock, addresses, feed.connect, random=Random(1))
    settings = Settings(venue="sim", hosts={"spot": venue.hosts})
    async with Services(settings, clock) as services:
        services.hub = hub
        services.books = BookFeeds(hub, services._snapshot, clock, random=Random(1))
        server: FastMCP[Any] = FastMCP("streams", middleware=[ErrorMiddleware()])
        websocket_streams.register(server, services)
        async with Client(server) as client:
            yield Streams(client, feed, services)
        await services.books.close()
        await hub.close()
