"""Frames made here are read as picows reads its own, whatever their size."""

import pytest
from picows import WSFrame, WSTransport, ws_connect

from binance_mcp_server.exchange.ws.framing import joined
from tests.exchange.ws.sockets import Client, venue

pytestmark = pytest.mark.anyio
SIZES = (0, 1, 125, 126, 127, 4095, 4096, 65_535, 65_536, 200_000)


async def test_frames_of_all_sizes_are_read_whole_and_in_order() -> None:
    whole: list[bool] = []

    class Watching(Client):
        def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
            whole.append(frame.fin and not frame.rsv1)
            super().on_ws_frame(transport, frame)

    payloads = [bytes([65 + place]) * size for place, size in enumerate(SIZES)] * 2
    async with venue() as place:
        client = Watching()
        await ws_connect(lambda: client, f"ws://127.0.0.1:{place.port}/ws")
        place.clients.append(client)
        [connection] = place.streams.connections
        assert connection.transport is not None
        connection.transport.underlying_transport.write(joined(payloads))
        await client.until(lambda: len(client.frames) == len(payloads))
        assert list(client.frames) == payloads
        assert all(whole)


async def test_nothing_makes_nothing() -> None:
    assert joined(()) == b""
