"""The proxy does what it is told, and nothing else: every byte arrives in order until it is told otherwise."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import count

import pytest

from binance_mcp_server.clock import VirtualClock
from tests.tcp_proxy import TcpProxy

pytestmark = pytest.mark.anyio
SOON = 5.0
DATA = bytes(range(256)) * 1000


class Place:
    """A server that the test speaks for, a client that has connected to it, and the proxy between."""

    def __init__(self, proxy: TcpProxy, clock: VirtualClock) -> None:
        self.proxy, self.clock = proxy, clock
        self.accepted: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = (
            asyncio.Queue()
        )
        self.writers: list[asyncio.StreamWriter] = []

    async def connect(self) -> tuple["End", "End"]:
        """Client and server."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.proxy.port)
        far = await asyncio.wait_for(self.accepted.get(), SOON)
        self.writers += [writer, far[1]]
        return End(reader, writer), End(*far)


class End:
    """One end of a connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self.writer = reader, writer

    def say(self, data: bytes) -> None:
        self.writer.write(data)

    async def hear(self, size: int) -> bytes:
        return await asyncio.wait_for(self._reader.readexactly(size), SOON)

    async def rest(self) -> bytes:
        """Everything up to the end."""
        return await asyncio.wait_for(self._reader.read(), SOON)

    async def pieces(self) -> AsyncIterator[bytes]:
        while piece := await asyncio.wait_for(self._reader.read(1 << 20), SOON):
            yield piece


@asynccontextmanager
async def place() -> AsyncIterator[Place]:
    clock = VirtualClock()
    accepted: list[Place] = []

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted[0].accepted.put_nowait((reader, writer))

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    async with server, TcpProxy(server.sockets[0].getsockname()[1], clock=clock) as proxy:
        accepted.append(Place(proxy, clock))
        yield accepted[0]
        for writer in accepted[0].writers:
            writer.transport.abort()


async def eventually(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(SOON):
        for _ in count():
            if condition():
                return
            await asyncio.sleep(0)


async def quiet() -> None:
    """Turns enough for anything that is under way."""
    for _ in range(200):
        await asyncio.sleep(0)


async def test_without_toxics_every_byte_passes_both_ways_and_is_counted() -> None:
    async with place() as it:
        client, server = await it.connect()
        client.say(DATA)
        server.say(b"answer")
        assert await server.hear(len(DATA)) == DATA
        assert await client.hear(6) == b"answer"
        server.writer.close()
        assert await client.rest() == b""
        client.writer.close()
        await eventually(lambda: it.proxy.open == 0)
        assert (it.proxy.bytes_up, it.proxy.bytes_down) == (len(DATA), 6)
        assert it.proxy.connections == 1


async def test_latency_and_jitter_delay_and_keep_the_order() -> None:
    async with place() as it:
        it.proxy.down.latency, it.proxy.down.jitter = 1.0, 0.5
        client, server = await it.connect()
        for number in range(5):
            server.say(b"%d" % number)
            await quiet()
        await it.clock.advance(0.99)
        assert it.proxy.bytes_down == 0
        await it.clock.advance(0.51)
        assert await client.hear(5) == b"01234"


async def test_bandwidth_spreads_bytes_over_time() -> None:
    async with place() as it:
        it.proxy.up.bandwidth, it.proxy.up.slice = 1000.0, 100
        client, _server = await it.connect()
        client.say(bytes(10_000))
        await quiet()
        for second in range(1, 4):
            await it.clock.advance(1.0)
            assert abs(it.proxy.bytes_up - 1000 * second) <= 100


async def test_slices_are_small_and_lose_nothing() -> None:
    async with place() as it:
        it.proxy.down.slice = 7
        client, server = await it.connect()
        server.say(DATA[:5000])
        server.writer.write_eof()
        pieces = [piece async for piece in client.pieces()]
        assert b"".join(pieces) == DATA[:5000]
        assert len(pieces) > 5000 / 7 / 10


@pytest.mark.parametrize("how", ["fin", "reset"])
async def test_a_connection_ends_when_its_data_are_used_up(how: str) -> None:
    async with place() as it:
        it.proxy.down.limit_data, it.proxy.down.limit_by = 1000, "fin" if how == "fin" else "reset"
        client, server = await it.connect()
        server.say(DATA)
        if how == "fin":
            assert await client.rest() == DATA[:1000]
        else:
            with pytest.raises(ConnectionResetError):
                await client.rest()
        await eventually(lambda: it.proxy.open == 0)
        assert it.proxy.bytes_down == 1000
        other, far = await it.connect()
        far.say(b"x" * 1000)
        assert await other.hear(1000) == b"x" * 1000


async def test_a_reset_reaches_both_ends_at_once() -> None:
    async with place() as it:
        client, server = await it.connect()
        client.say(b"hello")
        assert await server.hear(5) == b"hello"
        it.proxy.reset()
        for end in (client, server):
            with pytest.raises(ConnectionResetError):
                await end.rest()


async def test_a_reset_of_one_end_is_told_to_the_other() -> None:
    async with place() as it:
        client, server = await it.connect()
        client.say(b"never read")
        await eventually(lambda: it.proxy.bytes_up == 10)
        server.writer.transport.abort()  # with bytes unread, so that it is a reset
        with pytest.raises(ConnectionResetError):
            await client.rest()


async def test_a_black_hole_keeps_the_connection_and_what_came_passes_afterwards() -> None:
    async with place() as it:
        client, server = await it.connect()
        it.proxy.down.blackhole = True
        server.say(b"late")
        server.writer.write_eof()
        await quiet()
        assert (it.proxy.bytes_down, it.proxy.open) == (0, 1)
        client.say(b"up")
        assert await server.hear(2) == b"up"
        it.proxy.down.blackhole = False
        assert await client.rest() == b"late"


async def test_an_end_can_be_told_late() -> None:
    async with place() as it:
        it.proxy.down.slow_close = 2.0
        client, server = await it.connect()
        server.say(b"bye")
        server.writer.write_eof()
        assert await client.hear(3) == b"bye"
        ended = asyncio.ensure_future(client.rest())
        await it.clock.advance(1.9)
        assert not ended.done()
        await it.clock.advance(0.2)
        assert await ended == b""


async def test_fin_ends_in_the_middle_of_anything() -> None:
    async with place() as it:
        client, server = await it.connect()
        server.say(b"half a fr")
        assert await client.hear(9) == b"half a fr"
        it.proxy.fin()
        assert await client.rest() == b""
        assert await server.rest() == b""


async def test_a_server_that_is_not_there_is_a_reset() -> None:
    async with place() as it:
        probe = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
        port = probe.sockets[0].getsockname()[1]
        probe.close()
        await probe.wait_closed()
        async with TcpProxy(port) as proxy:
            reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
            it.writers.append(writer)
            with pytest.raises(ConnectionResetError):
                await asyncio.wait_for(reader.read(), SOON)
