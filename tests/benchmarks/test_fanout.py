"""The measurement of fan-out: everything is told and counted, or there is no figure."""

import asyncio
import json
from functools import partial
from typing import cast

import picows
import pytest

from benchmarks import fanout
from benchmarks.fanout_venue import BATCH, Busy, serve
from benchmarks.stream_counter import Counter
from benchmarks.stream_frames import frames
from binance_mcp_server.exchange.clock import MachineClock
from binance_mcp_server.exchange.http.listener import reserve
from binance_mcp_server.exchange.wire.view import MarketView
from binance_mcp_server.exchange.ws.streams import Streams
from tests.exchange.ws.sockets import Client, eventually, venue

pytestmark = pytest.mark.anyio
COUNT = 3 * BATCH + 7


def same(client: Client) -> Client:
    return client


def has_all(client: Client) -> bool:
    return len(client.frames) == COUNT


async def test_each_subscriber_in_turn_is_told_every_aggregate_once() -> None:
    market = Busy(COUNT)
    streams = Streams({"spot": cast("MarketView", market)}, MachineClock(), patient=True)
    with reserve(0, "--stream-port", reuse=True) as sock:
        await streams.start(sock)
        serving = asyncio.create_task(serve(streams, market, COUNT))
        url = f"ws://127.0.0.1:{sock.getsockname()[1]}/stream?streams={fanout.STREAM}"
        for _ in range(2):
            client = Client()
            await picows.ws_connect(partial(same, client), url)
            await client.until(partial(has_all, client))
            told = [json.loads(frame)["data"] for frame in client.frames]
            assert [it["a"] for it in told] == list(range(COUNT))
            assert all(195 <= len(frame) <= 215 for frame in client.frames)
            client.leave()
            await eventually(lambda: market.played == 0)
        serving.cancel()
        await streams.close()


def test_the_sender_beside_it_has_messages_of_the_same_length() -> None:
    sizes = [len(frame) for frame in frames("aggTrade", 100)]
    assert all(195 <= size <= 215 for size in sizes)


async def test_a_counter_counts_events_and_nothing_else() -> None:
    async with venue() as place:
        counter = Counter(None)
        await picows.ws_connect(lambda: counter, f"ws://127.0.0.1:{place.port}/ws")
        [connection] = place.streams.connections
        events = [b"1" * size for size in (100, 200, 300)]
        for event in events:
            connection.send("btcusdt@trade", event)
        assert connection.transport is not None
        connection.flush()
        connection.transport.send_ping(b"1")
        counter.ask()
        async with asyncio.timeout(5):
            await counter.done.wait()
        told = counter.told()
        assert (told["messages"], told["bytes"]) == (3, sum(map(len, events)))
        assert counter.transport is not None
        counter.transport.disconnect(graceful=False)


def test_a_round_gives_a_rate_for_both_and_the_tellers_share() -> None:
    [found] = fanout.measure(5_000, 1)
    assert found.alone > 0
    assert found.told > 0
    assert 0 < found.cpu_us < 1e6


def test_no_rate_is_given_when_messages_are_missing() -> None:
    with (
        fanout._process("benchmarks.stream_sender", "aggTrade", "10") as printed,
        pytest.raises(RuntimeError, match="10 messages came of"),
    ):
        fanout._rate(int(printed.readline()), 11)
