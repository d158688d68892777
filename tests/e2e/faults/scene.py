"""The embedded exchange and our own services over real sockets in one process, on one virtual clock.

The exchange plays a recording second by second, when the test says so; time passes when the test waits for something.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from random import Random
from typing import Any, TypeVar

import msgspec
from fastmcp import Client

from binance_mcp_server.binance_ws_api.kinds import Spec, spec
from binance_mcp_server.binance_ws_api.subscription import Place, Subscription
from binance_mcp_server.exchange.app import Exchange
from binance_mcp_server.exchange.clock import VirtualClock
from binance_mcp_server.exchange.engine.rules import SymbolRules
from binance_mcp_server.exchange.faults.kinds import Fault
from binance_mcp_server.exchange.faults.plan import read_plan
from binance_mcp_server.exchange.sources.base import Frame, History
from binance_mcp_server.exchange.sources.playlist import Playlist
from binance_mcp_server.models.events import Gap, Record, TradeEvent
from binance_mcp_server.server import build_server
from binance_mcp_server.services import Services
from binance_mcp_server.settings import Settings
from binance_mcp_server.venues import Hosts
from tests.e2e.clients import ask_in_vain, ask_json
from tests.tcp_proxy import TcpProxy

T = TypeVar("T")
STEP_MS = 250
"""How far the clock goes at a time."""
TURNS = 25
"""Of the loop for each step: a request and its answer take about ten."""
TRADES: Spec = spec("spot", "trade", "BTCUSDT")
DEPTH: Spec = spec("spot", "depth", "BTCUSDT", speed="100ms")


@dataclass(frozen=True)
class Recorded:
    """A recording in memory, best prices left out."""

    rules: Sequence[SymbolRules]
    start_ms: int
    history: History
    opening: list[Frame]
    seconds: list[list[Frame]]
    """Frames by the second of their event."""

    @property
    def trade_ids(self) -> list[int]:
        return [data["t"] for data in self.data("trade")]

    def data(self, event: str) -> list[dict[str, Any]]:
        """All events of one type."""
        mark = f'"e":"{event}"'.encode()
        frames = (frame for second in self.seconds for frame in second)
        return [msgspec.json.decode(it.payload)["data"] for it in frames if mark in it.payload]

    def part(self, seconds: int) -> "Recorded":
        """Only its beginning."""
        return Recorded(
            self.rules, self.start_ms, self.history, self.opening, self.seconds[:seconds]
        )


def read_recording(files: Sequence[Path]) -> Recorded:
    playlist = Playlist(files)
    start_ms, _ = playlist.bounds()
    seconds: dict[int, list[Frame]] = {}
    for item in playlist.received(start_ms):
        if b"@bookTicker" not in item.frame.payload[:40]:
            seconds.setdefault(item.frame.time_ms // 1000, []).append(item.frame)
    history = playlist.histories["spot"]
    opening = playlist.opening(start_ms)
    return Recorded(playlist.rules, start_ms, history, opening, list(seconds.values()))


class Tape:
    """A recording as a source that plays one second for each permission."""

    def __init__(self, recorded: Recorded) -> None:
        self.rules, self.start_ms = recorded.rules, recorded.start_ms
        self.history = recorded.history
        self.ended = False
        self.waits = False
        """Whether it has told all that it may."""
        self.position = 0
        self._recorded = recorded
        self._now_ms = recorded.start_ms
        self._allowed = asyncio.Semaphore(0)

    async def frames(self) -> AsyncIterator[Sequence[Frame]]:
        yield self._recorded.opening
        for second in self._recorded.seconds:
            self.waits = self._allowed.locked()
            await self._allowed.acquire()
            self.waits = False
            self.position += 1
            self._now_ms = second[-1].time_ms
            yield second
        self.ended = self.waits = True

    def allow(self, seconds: int) -> None:
        self.waits = False
        for _ in range(seconds):
            self._allowed.release()

    def now_ms(self) -> int:
        return self._now_ms

    def state(self) -> dict[str, object]:
        return {"source": "tape", "position_ms": self._now_ms, "ended": self.ended}

    def play(self) -> None:
        """It is the test that plays."""

    def subscribed(self) -> None:
        """Nothing waits for that; to have it makes this a source that waits for slow clients."""


class Scene:
    """Both programs."""

    def __init__(
        self,
        exchange: Exchange,
        tape: Tape,
        services: Services,
        clock: VirtualClock,
        proxy: TcpProxy,
    ) -> None:
        self.exchange, self.tape, self.services, self.clock = exchange, tape, services, clock
        self.proxy = proxy
        """Between our streams and the exchange's, if the scene has one."""

    async def play(self, seconds: int = 1) -> None:
        """Let the venue live through so many seconds, or to the end, as fast as it is taken from it."""
        self.tape.allow(seconds)
        await self.until(lambda: self.tape.waits)

    async def live(self, seconds: int) -> None:
        """Let the venue and the clock live through so many seconds together."""
        for _ in range(seconds):
            await self.play(1)
            await self.after(1)

    async def until(self, condition: Callable[[], bool], seconds: float = 600.0) -> None:
        """Let time pass until *condition* holds; *seconds* bounds it."""
        for step in count():
            if condition():
                return
            assert step * STEP_MS < seconds * 1000, f"not within {seconds} s"
            await self.pass_time()

    async def pass_time(self, milliseconds: int = STEP_MS) -> None:
        """One step of the clock, and turns enough for what it started."""
        await self.clock.advance(milliseconds)
        for _ in range(TURNS):
            await asyncio.sleep(0)

    async def after(self, seconds: float) -> None:
        """Let *seconds* pass."""
        for _ in range(round(seconds * 1000 / STEP_MS)):
            await self.pass_time()

    async def result(self, work: Coroutine[Any, Any, T], seconds: float = 600.0) -> T:
        """Let time pass until *work* is done."""
        task = asyncio.ensure_future(work)
        try:
            await self.until(task.done, seconds)
            return await task
        finally:
            task.cancel()

    async def subscribe(self, wanted: Spec = TRADES, buffer: int = 30_000) -> Subscription:
        return await self.result(self.services.hub.subscribe(wanted, buffer=buffer))

    def arm(self, *faults: dict[str, object], seed: int = 1) -> None:
        """As ``POST /__sim/faults`` does."""
        self.exchange.faults.arm(read_plan(msgspec.json.encode({"seed": seed, "faults": faults})))
        self.exchange.streams.arm()

    def struck(self) -> list[int]:
        """How often each armed fault has struck."""
        return [armed.struck for armed, _ in self.exchange.faults.schedule.of(Fault)]

    def broken_rules(self) -> int:
        """How often the venue saw one of its rules broken: on streams, and by requests past its limits."""
        by_status = self.exchange.rest.counters.by_status
        broken = self.exchange.streams.counters.broken_rules
        return sum(broken.values()) + by_status[429] + by_status[418]


class Reader:
    """One who reads a subscription now and then."""

    def __init__(self, subscription: Subscription) -> None:
        self._subscription = subscription
        self._place: Place | None = None
        self.records: list[Record] = []
        self.dropped_ranges: list[tuple[int, int]] = []
        self.dropped = 0

    def read(self, limit: int = 100_000) -> None:
        batch = self._subscription.read(self._place, limit)
        self._place = batch.next
        self.records += batch.records
        self.dropped, self.dropped_ranges = batch.dropped, batch.dropped_ranges

    @property
    def ids(self) -> list[int]:
        return [record.id for record in self.records if isinstance(record, TradeEvent)]

    @property
    def gaps(self) -> list[Gap]:
        return [record for record in self.records if isinstance(record, Gap)]


class Agent:
    """One who asks our MCP server while time passes."""

    def __init__(self, it: Scene, client: Client[Any]) -> None:
        self._scene, self._client = it, client

    async def ask(self, tool: str, **arguments: object) -> dict[str, Any]:
        """The object that a call returns."""
        return await self._scene.result(ask_json(self._client, tool, **arguments))

    async def ask_in_vain(self, tool: str, **arguments: object) -> str:
        """What a model reads of a call that fails."""
        return await self._scene.result(ask_in_vain(self._client, tool, **arguments))


@asynccontextmanager
async def scene(
    recorded: Recorded, seed: int = 1, *, proxied: bool = False, mirror: bool = False
) -> AsyncIterator[Scene]:
    """Everything up, nothing played. With *proxied* our streams go through a proxy that can misbehave; with *mirror*
    the venue has a public mirror of its streams, which is the exchange without that proxy."""
    clock, tape = VirtualClock(), Tape(recorded)
    async with Exchange(tape, clock=clock) as exchange:
        line = exchange.ready_line()
        port = int(line["stream"].rsplit(":", 1)[1])
        async with TcpProxy(port, clock=clock, seed=seed) as proxy:
            stream = f"ws://127.0.0.1:{proxy.port}" if proxied else line["stream"]
            other = line["stream"] if mirror else ""
            hosts = Hosts(line["rest"], stream, line["ws_api"], stream_mirror=other)
            services = Services(Settings(venue="sim", hosts={"spot": hosts}), clock)
            services.hub._random = services.books._random = Random(seed)
            async with services:
                yield Scene(exchange, tape, services, clock, proxy)


@asynccontextmanager
async def served(it: Scene) -> AsyncIterator[Agent]:
    """A real MCP server of the scene's exchange, and a client of it."""
    server = build_server(it.services.settings, clock=it.clock)
    async with Client(server) as client:
        yield Agent(it, client)
