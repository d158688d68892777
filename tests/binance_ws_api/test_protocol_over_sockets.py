"""The core drives real sockets: what it decides is what a server on loopback hears."""

import asyncio
from collections.abc import AsyncIterator, Callable
from random import Random

import pytest

from binance_mcp_server.binance_ws_api.connection import dial, endpoint
from binance_mcp_server.binance_ws_api.handlers import Handlers, Socket
from binance_mcp_server.binance_ws_api.handshake import failure_of
from binance_mcp_server.binance_ws_api.protocol import StreamProtocol
from binance_mcp_server.binance_ws_api.rules import Rules
from binance_mcp_server.binance_ws_api.signals import (
    Acknowledged,
    Close,
    Dial,
    Event,
    Exhausted,
    Lost,
    Moved,
    Ping,
    Pong,
    Restored,
    Retire,
    Send,
)
from binance_mcp_server.errors import BinanceMcpError
from tests.binance_ws_api.scripted_server import ScriptedServer

pytestmark = pytest.mark.anyio
TRADE = "btcusdt@trade"
RULES = Rules(dial_spacing=0.0, first_backoff=0.01, linger=0.0, overlap=0.05)


class Driver:
    """The least that drives a core: a stand-in for the hub."""

    def __init__(self, url: str) -> None:
        self._loop = asyncio.get_running_loop()
        self._url = url
        self.core = StreamProtocol(RULES, Random(1), self._loop.time())
        self.events: list[Event] = []
        self.frames: list[bytes] = []
        self._connections: dict[int, Socket] = {}
        self._attempts: dict[int, asyncio.Task[None]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._change = asyncio.Event()

    def call(self, method: Callable[..., None], *arguments: object) -> None:
        """``method(*arguments, now)`` on the core, then what it asks for."""
        method(*arguments, self._loop.time())
        for action in self.core.actions():
            match action:
                case Dial(conn):
                    self._attempts[conn] = self._loop.create_task(self._dial(conn))
                case Send(conn, payload):
                    self._connections[conn].send(payload)
                case Ping(conn, payload):
                    self._connections[conn].ping(payload)
                case Pong(conn, payload):
                    self._connections[conn].pong(payload)
                case Retire(conn):
                    self._connections[conn].retire()
                case Close(conn, code, why) if conn in self._connections:
                    self._connections[conn].abort(code, why)
                case Close(conn):
                    self._attempts[conn].cancel()
        self.events += self.core.events()
        self._wind()
        self._change.set()

    def _wind(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        due = self.core.next_wakeup()
        self._timer = due if due is None else self._loop.call_at(due, self.call, self.core.tick)

    async def _dial(self, conn: int) -> None:
        try:
            await dial(endpoint(self._url), self._handlers(conn))
        except BinanceMcpError as error:
            self.call(self.core.failed, conn, failure_of(error))

    def _handlers(self, conn: int) -> Handlers:
        def opened(connection: Socket) -> None:
            self._connections[conn] = connection
            self.call(self.core.connected, conn)

        def deliver(frames: list[bytes]) -> None:
            for frame in frames:
                if frame.startswith(b'{"stream"'):
                    self.frames.append(frame)
                else:
                    self.call(self.core.received, conn, frame)

        return Handlers(
            opened=opened,
            deliver=deliver,
            pinged=lambda payload: self.call(lambda now: self.core.pinged(conn, now, payload)),
            ponged=lambda _: self.call(self.core.pong, conn),
            closed=lambda why: self.call(self.core.closed, conn, why),
        )

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not condition():
                self._change.clear()
                await self._change.wait()

    async def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        await asyncio.gather(*self._attempts.values())
        for connection in self._connections.values():
            connection.abort(1000, "done")

    def told(self) -> list[type[Event]]:
        return [type(event) for event in self.events]


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    async with ScriptedServer() as server:
        yield server


@pytest.fixture
async def driver(server: ScriptedServer) -> AsyncIterator[Driver]:
    driver = Driver(server.url)
    yield driver
    await driver.close()


async def test_a_reset_is_followed_by_one_resubscription_and_an_audit(
    server: ScriptedServer, driver: Driver
) -> None:
    driver.call(driver.core.want, [TRADE])
    await driver.until(lambda: driver.told() == [Acknowledged])
    server.peers[0].reset()
    await server.until(lambda: len(server.peers) == 2 and len(server.peers[1].heard) == 2)
    await driver.until(lambda: driver.told() == [Acknowledged, Lost, Restored])
    assert [b"LIST" in payload for _, payload in server.peers[1].heard] == [False, True]
    assert server.peers[1].subscribed == [TRADE]


async def test_a_farewell_moves_the_streams_before_the_old_connection_goes(
    server: ScriptedServer, driver: Driver
) -> None:
    driver.call(driver.core.want, [TRADE])
    await driver.until(lambda: driver.told() == [Acknowledged])
    driver.call(driver.core.shutdown, 1)
    await driver.until(lambda: driver.told() == [Acknowledged, Moved])
    assert not server.peers[0].is_gone
    await server.until(lambda: server.peers[0].is_gone)
    assert server.peers[0].heard[-1][0] == "CLOSE"
    assert driver.told() == [Acknowledged, Moved]  # its end is no loss


async def test_a_ping_of_the_venue_is_answered(server: ScriptedServer, driver: Driver) -> None:
    driver.call(driver.core.want, [TRADE])
    await driver.until(lambda: driver.told() == [Acknowledged])
    server.peers[0].ping(b"1770123456789")
    await server.until(lambda: server.peers[0].pongs == [b"1770123456789"])


@pytest.mark.parametrize("status", [403, 451])
async def test_fault_11_a_refusal_for_good_is_one_request(
    server: ScriptedServer, driver: Driver, status: int
) -> None:
    server.refuse(status)
    driver.call(driver.core.want, [TRADE])
    await driver.until(lambda: driver.told() == [Exhausted])
    driver.call(driver.core.want, [TRADE])
    assert driver.core.next_wakeup() is None
    assert server.attempts == 1
