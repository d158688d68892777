"""One real WebSocket on loopback: every frame once and in order, every end told once, nothing of ours breaks it."""

import asyncio
import struct
from collections.abc import AsyncIterator

import pytest

from binance_mcp_server.binance_ws_api.connection import Connection, dial, endpoint
from binance_mcp_server.binance_ws_api.handlers import Handlers, Socket
from binance_mcp_server.binance_ws_api.listener import HANDOVER, MAX_FRAME
from tests.binance_ws_api.scripted_server import Peer, ScriptedServer, bounded

pytestmark = pytest.mark.anyio


class Reader:
    """Keeps what a connection tells; ``fault`` is raised by the handlers while it is set."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.lists: list[int] = []
        self.pings: list[bytes] = []
        self.pongs: list[bytes] = []
        self.ends: list[str] = []
        self.order: list[str] = []
        self.fault: Exception | None = None
        self.connection: Socket | None = None
        self._change = asyncio.Event()
        self.handlers = Handlers(
            self._opened, self._deliver, self._pinged, self._ponged, self._closed
        )

    def _note(self, what: str) -> None:
        self.order.append(what)
        self._change.set()
        if self.fault is not None:
            raise self.fault

    def _opened(self, connection: Socket) -> None:
        self.connection = connection
        self._note("opened")

    def _deliver(self, frames: list[bytes]) -> None:
        self.frames += frames
        self.lists.append(len(frames))
        self._note("frames")

    def _pinged(self, payload: bytes) -> None:
        self.pings.append(payload)
        self._note("ping")
        assert self.connection is not None
        self.connection.pong(payload)

    def _ponged(self, payload: bytes) -> None:
        self.pongs.append(payload)
        self._note("pong")

    def _closed(self, why: str) -> None:
        self.ends.append(why)
        self._note("closed")

    async def until(self, what: str) -> None:
        async with asyncio.timeout(10):
            while what not in self.order:
                self._change.clear()
                await self._change.wait()

    async def until_frames(self, number: int) -> None:
        async with asyncio.timeout(10):
            while len(self.frames) < number:
                self._change.clear()
                await self._change.wait()


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    async with ScriptedServer() as server:
        yield server


async def connect(server: ScriptedServer) -> tuple[Connection, Reader, Peer]:
    reader = Reader()
    connection = await bounded(dial(endpoint(server.url), reader.handlers))
    return connection, reader, server.peers[-1]


def frame(first: int, payload: bytes) -> bytes:
    """A frame from a server, byte by byte."""
    if len(payload) < 126:
        return bytes([first, len(payload)]) + payload
    return bytes([first, 126]) + struct.pack(">H", len(payload)) + payload


async def test_it_asks_for_combined_streams_and_says_who_we_are(server: ScriptedServer) -> None:
    connection, reader, peer = await connect(server)
    assert peer.path == "/stream"
    assert peer.agent.startswith("mcp-server-binance/")
    assert reader.order == ["opened"]
    assert connection.is_open
    assert (
        endpoint("wss://fstream.binance.com", "market") == "wss://fstream.binance.com/market/stream"
    )


async def test_a_burst_comes_whole_in_order_and_in_few_lists(server: ScriptedServer) -> None:
    _, reader, peer = await connect(server)
    sent = [b'{"n":%d}' % n for n in range(20_000)]
    peer.write(b"".join(frame(0x81, payload) for payload in sent))
    await reader.until_frames(len(sent))
    assert reader.frames == sent
    assert max(reader.lists) <= HANDOVER
    assert len(reader.lists) < 2000


async def test_what_came_before_the_end_is_delivered_before_it_is_told(
    server: ScriptedServer,
) -> None:
    _, reader, peer = await connect(server)
    peer.write(frame(0x81, b'{"n":1}') + frame(0x88, struct.pack(">H", 1008) + b"Too many"))
    await reader.until("closed")
    assert reader.order == ["opened", "frames", "closed"]
    assert reader.ends == ["closed by the venue (1008, Too many)"]


async def test_fragments_are_joined_around_control_frames_and_keep_their_place(
    server: ScriptedServer,
) -> None:
    _, reader, peer = await connect(server)
    peer.write(
        frame(0x81, b'{"n":1}')
        + frame(0x01, b'{"n"')
        + frame(0x89, b"beat")
        + frame(0x00, b"{looks whole}")
        + frame(0x80, b"{:2}")
        + frame(0x81, b'{"n":3}')
    )
    await reader.until_frames(3)
    assert reader.frames == [b'{"n":1}', b'{"n"{looks whole}{:2}', b'{"n":3}']
    assert reader.pings == [b"beat"]


async def test_text_that_is_no_object_is_delivered_as_well(server: ScriptedServer) -> None:
    _, reader, peer = await connect(server)
    peer.write(frame(0x81, b"[1]") + frame(0x81, b"") + frame(0x81, b"\xff{"))
    await reader.until_frames(3)
    assert reader.frames == [b"[1]", b"", b"\xff{"]


async def test_a_ping_is_reported_at_once_and_control_goes_out(server: ScriptedServer) -> None:
    connection, reader, peer = await connect(server)
    peer.ping(b"1770123456789")
    await server.until(lambda: peer.pongs == [b"1770123456789"])
    connection.ping(b"7")
    await reader.until("pong")
    assert reader.pongs == [b"7"]
    connection.send(b'{"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":1}')
    await reader.until_frames(1)
    assert peer.subscribed == ["btcusdt@trade"]
    assert reader.frames == [b'{"result": null, "id": 1}']


async def test_a_handler_that_fails_costs_nothing_but_its_own_frames(
    server: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    connection, reader, peer = await connect(server)
    reader.fault = ValueError("a defect of ours")
    for n in range(20):
        peer.send(b'{"n":%d}' % n)
    peer.ping(b"1")
    await reader.until_frames(20)
    await reader.until("ping")
    reader.fault = None
    peer.send(b'{"n":20}')
    await reader.until_frames(21)
    assert connection.is_open
    assert connection.faults >= 2
    assert 1 <= len(caplog.records) <= 6  # one defect floods no log
    peer.reset()
    await reader.until("closed")
    assert reader.ends == ["the connection was cut"]


@pytest.mark.parametrize("cut", [Peer.reset, Peer.finish], ids=["reset", "FIN"])
async def test_a_cut_in_the_middle_of_a_frame_delivers_only_whole_ones(
    server: ScriptedServer, cut: "type[Peer]"
) -> None:
    connection, reader, peer = await connect(server)
    peer.write(frame(0x81, b'{"n":1}') + frame(0x81, b'{"n":2}')[:-3])
    await reader.until_frames(1)
    cut(peer)  # type: ignore[call-arg,arg-type]
    await reader.until("closed")
    assert reader.frames == [b'{"n":1}']
    assert reader.ends == ["the connection was cut"]
    assert not connection.is_open
    connection.send(b"{}")  # of no effect, and no error
    connection.pong(b"")


@pytest.mark.parametrize(
    "breach",
    [
        frame(0xC1, b"\x8a\x00"),
        frame(0x83, b"opcode 3"),
        bytes([0x81, 127]) + struct.pack(">Q", MAX_FRAME + 1),
        bytes([0x81, 127]) + struct.pack(">Q", 1 << 63),
        bytes([0x81, 0x84]) + b"mask" + b"data",
        frame(0x09, b"a fragmented ping"),
    ],
    ids=["reserved bit", "opcode", "64 MB", "length", "masked", "fragmented ping"],
)
async def test_a_breach_of_the_protocol_ends_the_connection(
    server: ScriptedServer, breach: bytes
) -> None:
    _, reader, peer = await connect(server)
    peer.write(frame(0x81, b'{"n":1}') + breach)
    await reader.until("closed")
    assert reader.frames == [b'{"n":1}']
    assert len(reader.ends) == 1
    assert reader.ends[0]


async def test_endless_fragments_end_the_connection(server: ScriptedServer) -> None:
    _, reader, peer = await connect(server)
    part = bytes(1 << 20)
    head = struct.pack(">Q", len(part))
    peer.write(bytes([0x01, 127]) + head + part)
    for _ in range(MAX_FRAME >> 20):
        peer.write(bytes([0x00, 127]) + head + part)
    await reader.until("closed")
    assert "too large" in reader.ends[0]
    assert reader.frames == []


async def test_binary_frames_and_loose_continuations_are_counted_not_delivered(
    server: ScriptedServer,
) -> None:
    connection, reader, peer = await connect(server)
    peer.write(frame(0x82, b"binary") + frame(0x80, b"loose") + frame(0x81, b"{}"))
    await reader.until_frames(1)
    assert reader.frames == [b"{}"]
    assert connection.faults == 2


async def test_retiring_takes_what_still_comes_and_is_told_when_it_is_over(
    server: ScriptedServer,
) -> None:
    connection, reader, peer = await connect(server)
    peer.send(b'{"late":1}')
    connection.retire()
    await reader.until("closed")
    assert reader.frames == [b'{"late":1}']
    assert reader.ends == ["closed by us (1000)"]
    assert peer.heard[-1][0] == "CLOSE"


async def test_aborting_waits_for_nobody(server: ScriptedServer) -> None:
    connection, reader, peer = await connect(server)
    connection.abort(1001, "no answer to a ping")
    connection.abort(1001, "again")
    await reader.until("closed")
    assert reader.ends == ["no answer to a ping"]
    await server.until(lambda: peer.is_gone)
    assert peer.heard[-1] == ("CLOSE", struct.pack(">H", 1001) + b"no answer to a ping")
