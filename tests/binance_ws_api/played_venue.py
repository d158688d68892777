"""A venue of sockets that a test plays, under the real hub: what it acknowledges, refuses, sends and cuts."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any

from binance_mcp_server.binance_ws_api.handlers import Handlers
from binance_mcp_server.binance_ws_api.hub import Hub
from binance_mcp_server.binance_ws_api.kinds import Spec
from binance_mcp_server.binance_ws_api.mender import Rows
from binance_mcp_server.clock import VirtualClock
from binance_mcp_server.errors import BinanceMcpError
from binance_mcp_server.venues import Market
from tests.binance_ws_api.frames import rows

MAIN, MIRROR = "wss://main.example", "wss://mirror.example"
SHUTDOWN = b'{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1}}'


@dataclass
class PlayedSocket:
    """One connection, from the venue's side."""

    venue: "PlayedVenue"
    url: str
    ears: Handlers
    asked: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    subscribed: dict[str, None] = field(default_factory=dict)
    pongs: int = 0
    pings: int = 0
    is_open: bool = True
    is_dead: bool = False
    """It answers nothing, and has not ended."""

    def send(self, payload: bytes) -> None:
        assert self.is_open
        said = json.loads(payload)
        names = tuple(said.get("params", ()))
        self.asked.append((said["method"], names))
        if self.venue.acknowledges and not self.is_dead:
            answer = json.dumps(self._answer(said, names)).encode()
            asyncio.get_running_loop().call_soon(self._tell, answer)

    def _answer(self, said: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
        if self.venue.unknown & set(names):
            return {"code": 2, "msg": "Invalid request", "id": said["id"]}
        if said["method"] == "LIST_SUBSCRIPTIONS":
            return {"result": list(self.subscribed), "id": said["id"]}
        if said["method"] == "SUBSCRIBE":
            self.subscribed.update(dict.fromkeys(names))
        else:
            self.subscribed = {n: None for n in self.subscribed if n not in names}
        return {"result": None, "id": said["id"]}

    def _tell(self, *frames: bytes) -> None:
        if self.is_open:
            self.ears.deliver(list(frames))

    def ping(self, payload: bytes) -> None:
        self.pings += 1
        if self.is_open and self.venue.answers_pings and not self.is_dead:
            asyncio.get_running_loop().call_soon(self.ears.ponged, payload)

    def pong(self, payload: bytes) -> None:
        self.pongs += 1

    def retire(self) -> None:
        self.cut("closed")

    def abort(self, code: int, why: str) -> None:
        self.cut("aborted")

    def cut(self, why: str) -> None:
        if self.is_open:
            self.is_open = False
            asyncio.get_running_loop().call_soon(self.ears.closed, why)


@dataclass
class PlayedVenue:
    clock: VirtualClock
    acknowledges: bool = True
    answers_pings: bool = True
    unknown: set[str] = field(default_factory=set)
    refusals: list[BinanceMcpError] = field(default_factory=list)
    """For the next attempts to connect."""
    stillborn: int = 0
    """How many connections end before the client knows that they are open."""
    dials: list[str] = field(default_factory=list)
    sockets: list[PlayedSocket] = field(default_factory=list)
    asked: list[tuple[int, int | None]] = field(default_factory=list)
    """Ranges that were asked for over REST."""
    newest: int = 0
    """Id of the newest trade; REST has all up to it."""

    async def connect(self, url: str, ears: Handlers) -> PlayedSocket:
        self.dials.append(url)
        await asyncio.sleep(0)
        if self.refusals:
            raise self.refusals.pop(0)
        socket = PlayedSocket(self, url, ears)
        self.sockets.append(socket)
        ears.opened(socket)
        if self.stillborn:
            self.stillborn -= 1
            socket.is_open = False
            ears.closed("reset")
        return socket

    def send(self, *frames: bytes) -> None:
        """Frames to every connection that has subscribed their streams."""
        for socket in self.open:
            mine = [f for f in frames if f.split(b'"', 4)[3].decode() in socket.subscribed]
            if mine:
                socket.ears.deliver(mine)

    @property
    def open(self) -> list[PlayedSocket]:
        return [socket for socket in self.sockets if socket.is_open]

    def can(self, spec: Spec) -> bool:
        return spec.rule == "ids"

    async def rows(self, spec: Spec, first: int, last: int | None) -> Rows:
        self.asked.append((first, last))
        end = self.newest if last is None else last
        return Rows(rows(first, end), end)


@dataclass
class World:
    clock: VirtualClock
    venue: PlayedVenue
    hub: Hub

    async def pass_(self, seconds: float) -> None:
        await settle()
        await self.clock.advance(seconds)
        await settle()


async def settle() -> None:
    for _ in range(30):
        await asyncio.sleep(0)


@asynccontextmanager
async def world(*, mirror: bool = False) -> AsyncIterator[World]:
    """A hub on a played venue; at the end nothing of it may run any more."""
    before = asyncio.all_tasks()
    clock = VirtualClock()
    venue = PlayedVenue(clock)

    async def addresses(_: Market) -> tuple[str, ...]:
        await asyncio.sleep(0)
        return (MAIN, MIRROR) if mirror else (MAIN,)

    hub = Hub(clock, addresses, venue.connect, source=venue, random=Random(3))
    yield World(clock, venue, hub)
    await hub.close()
    await settle()
    assert asyncio.all_tasks() == before
    assert venue.open == []
