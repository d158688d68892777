"""``python -m benchmarks.stream_receivers ARM LOAD COUNT PORT``: one receiver; prints messages and CPU µs for each.

CPU (user and system) of this process alone, from the first frame to the last. What each arm does with a message:

- ``decode``: picows, decoded into typed records by msgspec (prices stay text) and dropped: the yardstick.
- ``ours``: our client: connection, dispatch, continuity, bounded memory with counters; frames are kept, not decoded.
- ``eager``: the same with a consumer on every stream, for which each message is decoded on arrival.
- ``sdk``: binance-sdk-spot, a callback for each message. ``python_binance``: ``BinanceSocketManager``, ``recv``.
"""

import asyncio
import importlib
import json
import os
import random
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, cast

import msgspec

from benchmarks.stream_frames import KINDS, NAMES, Load, names

PATIENCE = 100.0
LISTENER = "binance_mcp_server.binance_ws_api.listener"
"""Imported before the first dial, which is measured."""


class Meter:
    """CPU from the first messages, which are not counted themselves, to the last."""

    def __init__(self, count: int) -> None:
        self._left = count
        self._begun = -1.0
        self._uncounted = 0
        self.count = count
        self.done = asyncio.Event()
        self.cpu_us = 0.0

    def add(self, messages: int) -> None:
        self._left -= messages
        if self._begun < 0:
            self._uncounted = messages
            self._begun = time.process_time()
        elif self._left <= 0 and not self.done.is_set():
            spent = time.process_time() - self._begun
            self.cpu_us = spent * 1e6 / (self.count - self._uncounted)
            self.done.set()


class _AggTrade(msgspec.Struct, gc=False):
    e: str
    E: int
    s: str
    a: int
    p: str
    q: str
    f: int
    l: int  # noqa: E741 - the venue's names
    T: int
    m: bool
    M: bool


class _BookTicker(msgspec.Struct, gc=False):
    u: int
    s: str
    b: str
    B: str
    a: str
    A: str


class _Depth(msgspec.Struct):
    e: str
    E: int
    s: str
    U: int
    u: int
    b: list[tuple[str, str]]
    a: list[tuple[str, str]]


class _Candle(msgspec.Struct, gc=False):
    t: int
    T: int
    s: str
    i: str
    f: int
    L: int
    o: str
    c: str
    h: str
    l: str  # noqa: E741
    v: str
    n: int
    x: bool
    q: str
    V: str
    Q: str
    B: str


class _Kline(msgspec.Struct, gc=False):
    e: str
    E: int
    s: str
    k: _Candle


_RECORDS: dict[str, type[msgspec.Struct]] = {
    "aggTrade": _AggTrade,
    "bookTicker": _BookTicker,
    "depth@100ms": _Depth,
    "kline_1m": _Kline,
}
"""What the documents list, all of it."""


def _decoder(record: type[msgspec.Struct]) -> Callable[[bytes], Any]:
    frame = msgspec.defstruct("Frame", [("stream", str), ("data", record)], gc=False)
    return msgspec.json.Decoder(frame).decode


async def decode(load: Load, port: int, meter: Meter) -> None:
    from picows import WSFrame, WSListener, WSTransport, ws_connect

    decoders = {name.encode(): _decoder(_RECORDS[name.partition("@")[2]]) for name in NAMES}
    only = decoders[names(load)[0].encode()] if load == "aggTrade" else None

    seen = 0

    class Listener(WSListener):
        def on_ws_frame(self, _transport: WSTransport, frame: WSFrame) -> None:
            payload = frame.get_payload_as_bytes()
            if only is not None:
                only(payload)
            else:
                decoders[payload[11 : payload.find(b'"', 11)]](payload)
            nonlocal seen
            seen += 1
            if frame.last_in_buffer:
                meter.add(seen)
                seen = 0

    await ws_connect(Listener, f"ws://127.0.0.1:{port}/stream?streams={'/'.join(names(load))}")


async def _hub(load: Load, port: int, use: Callable[[Any, Any], Awaitable[Any]]) -> None:
    from binance_mcp_server.binance_ws_api.connection import dial
    from binance_mcp_server.binance_ws_api.hub import Hub
    from binance_mcp_server.binance_ws_api.kinds import spec
    from binance_mcp_server.clock import SystemClock

    async def addresses(_market: str) -> tuple[str, ...]:
        return (f"ws://127.0.0.1:{port}",)

    hub = Hub(SystemClock(), addresses, dial, random=random.Random(1))
    parts = [name.replace("@100ms", "").partition("@") for name in names(load)]
    specs = [spec("spot", kind, symbol.upper()) for symbol, _, kind in parts]
    importlib.import_module(LISTENER)
    await asyncio.gather(*(use(hub, each) for each in specs))


async def ours(load: Load, port: int, meter: Meter) -> None:
    async def subscribe(hub: Any, spec: Any) -> None:
        subscription = await hub.subscribe(spec)
        seen = [0]

        def count() -> None:
            fresh = subscription.stream.received - seen[0]
            seen[0] += fresh
            meter.add(fresh)

        subscription.stream.on_records.append(count)

    await _hub(load, port, subscribe)


async def eager(load: Load, port: int, meter: Meter) -> None:
    def listen(records: Sequence[object]) -> None:
        meter.add(len(records))

    await _hub(load, port, lambda hub, spec: hub.attach(spec, listen))


async def sdk(load: Load, port: int, meter: Meter) -> None:
    from binance_sdk_spot.spot import ConfigurationWebSocketStreams, Spot
    from binance_sdk_spot.websocket_streams import models

    configuration = ConfigurationWebSocketStreams(stream_url=f"ws://127.0.0.1:{port}")
    connection = await Spot(config_ws_streams=configuration).websocket_streams.create_connection()
    shapes = {
        "aggTrade": models.AggTradeResponse,
        "bookTicker": models.BookTickerResponse,
        "depth@100ms": models.DiffBookDepthResponse,
        "kline_1m": models.KlineResponse,
    }
    chosen = KINDS if load == "mix" else KINDS[:1]
    for kind in chosen:
        group = [name for name in names(load) if name.endswith(f"@{kind}")]
        await connection.subscribe(group, response_model=shapes[kind])
        for name in group:
            connection.on("message", lambda _message: meter.add(1), name)


async def python_binance(load: Load, port: int, meter: Meter) -> None:
    from binance import AsyncClient, BinanceSocketManager

    BinanceSocketManager.STREAM_URL = f"ws://127.0.0.1:{port}/"
    client = AsyncClient()
    manager = BinanceSocketManager(client, max_queue_size=10**9)
    async with manager.multiplex_socket(list(names(load))) as socket:
        while not meter.done.is_set():
            await socket.recv()
            meter.add(1)
    await client.close_connection()


ARMS: dict[str, Callable[[Load, int, Meter], Awaitable[None]]] = {
    "decode": decode,
    "ours": ours,
    "eager": eager,
    "sdk": sdk,
    "python_binance": python_binance,
}


async def _main(arm: str, load: Load, count: int, port: int) -> None:
    meter = Meter(count)
    await ARMS[arm](load, port, meter)
    async with asyncio.timeout(PATIENCE):
        await meter.done.wait()
    print(json.dumps({"messages": count, "cpu_us": meter.cpu_us}), flush=True)


if __name__ == "__main__":
    asyncio.new_event_loop().run_until_complete(
        _main(sys.argv[1], cast("Load", sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
    )
    os._exit(0)  # libraries under measurement leave tasks behind
