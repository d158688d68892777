"""A recording through the exchange and its sockets: what was recorded comes out byte for byte, what is made of it
agrees with it and with REST."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import picows
import pytest

from binance_mcp_server.exchange.app import Exchange
from binance_mcp_server.exchange.clock import MachineClock
from binance_mcp_server.exchange.engine.rules import Product
from binance_mcp_server.exchange.numbers import parse
from binance_mcp_server.exchange.sources.replay import ReplaySource
from tests.exchange.ws.sockets import Client

pytestmark = pytest.mark.anyio
PLAY_SECONDS = 60

SPOT = ("spot_btcusdt_20240808.gz", "spot_btcusdt_20240809.gz")


def recorded(paths: Sequence[Path]) -> list[bytes]:
    """The frames of streams, in order."""
    whole = b"".join(gzip.decompress(path.read_bytes()) for path in paths)
    frames = [line.split(b" ", 1)[1] for line in whole.splitlines()]
    return [frame for frame in frames if frame.startswith(b'{"stream"')]


class Played:
    """An exchange on a recording that waits for its first subscriber."""

    def __init__(self, exchange: Exchange, paths: Sequence[Path]) -> None:
        self.exchange, self.paths = exchange, paths
        self.clients: list[Client] = []

    async def open(self, path: str) -> Client:
        client, url = Client(), self.exchange.ready_line()["stream"] + path
        await picows.ws_connect(lambda: client, url, enable_auto_pong=False)
        self.clients.append(client)
        return client

    async def to_the_end(self) -> None:
        """Play it, and receive all that was sent."""
        self.exchange.source.play()
        driver = self.exchange._driver
        assert driver is not None
        async with asyncio.timeout(PLAY_SECONDS):
            await asyncio.shield(driver)
        assert self.exchange.rest.failure is None
        for client in self.clients:
            await client.all_received()


@asynccontextmanager
async def playing(data_dir: Path, *names: str) -> AsyncIterator[Played]:
    paths = [data_dir / "captures" / name for name in names]
    source = ReplaySource(paths, MachineClock(), hold=True)
    async with Exchange(source) as exchange:
        played = Played(exchange, paths)
        try:
            yield played
        finally:
            for client in played.clients:
                client.leave()


def data(client: Client, stream: str) -> list[Any]:
    """The events of one stream."""
    head = f'{{"stream":"{stream}",'.encode()
    return [json.loads(frame)["data"] for frame in client.frames if frame.startswith(head)]


async def test_what_was_recorded_comes_byte_for_byte(data_dir: Path) -> None:
    async with playing(data_dir, *SPOT) as played:
        streams = "btcusdt@trade/btcusdt@depth@100ms/btcusdt@bookTicker"
        whole = await played.open(f"/stream?streams={streams}")
        raw = await played.open("/ws/btcusdt@trade")
        await played.to_the_end()
        frames = recorded(played.paths)
        assert list(whole.frames) == frames
        trades = [frame for frame in frames if b"@trade" in frame[:40]]
        assert len(trades) == 19_904
        assert list(raw.frames) == [
            it[len('{"stream":"btcusdt@trade","data":') : -1] for it in trades
        ]


async def test_what_is_made_of_it_agrees_with_it_and_with_rest(data_dir: Path) -> None:
    async with playing(data_dir, *SPOT) as played:
        names = ("aggTrade", "depth", "kline_1s", "kline_1m", "depth20@100ms", "miniTicker")
        client = await played.open("/stream?streams=" + "/".join(f"btcusdt@{it}" for it in names))
        await played.to_the_end()
        market = played.exchange.market

        told = data(client, "btcusdt@aggTrade")
        rest = market.agg_trades("BTCUSDT", from_id=0, start_ms=None, end_ms=None, limit=10**6)
        assert [(it["a"], it["f"], it["l"], parse(it["q"])) for it in told] == [
            (it.id, it.first_id, it.last_id, it.qty) for it in rest
        ]

        slow = data(client, "btcusdt@depth")
        assert all(later["U"] == earlier["u"] + 1 for earlier, later in pairwise(slow))
        fast = [json.loads(it)["data"] for it in recorded(played.paths) if b"@depth" in it[:40]]
        assert (slow[0]["U"], len(slow)) == (fast[0]["U"], len({it["E"] // 1000 for it in fast}))
        assert book_of(slow) == book_of(fast)

        for interval in ("1s", "1m"):
            closed = [it["k"] for it in data(client, f"btcusdt@kline_{interval}") if it["k"]["x"]]
            rows = market.klines(
                "BTCUSDT", interval, start_ms=closed[0]["t"], end_ms=closed[-1]["t"],
                offset_minutes=0, limit=1000,
            )  # fmt: skip
            assert [(it["t"], it["o"], it["c"], it["v"], it["n"]) for it in closed] == [
                (it.open_time, it.open, it.close, it.volume, it.trades) for it in rows
            ]
        assert len({it["E"] // 1000 for it in data(client, "btcusdt@miniTicker")}) > 640


def book_of(updates: Sequence[Any]) -> tuple[dict[str, str], dict[str, str]]:
    """Bids and asks after *updates*."""
    bids, asks = dict[str, str](), dict[str, str]()
    for it in updates:
        bids.update(it["b"])
        asks.update(it["a"])
    return bids, asks


FUTURES: list[tuple[str, Product, str, str]] = [
    ("usdm_btcusdt_20240808.gz", "usdm", "/public/stream", "btcusdt"),
    ("coinm_btcusd_perp_20240808.gz", "coinm", "/coinm/stream", "btcusd_perp"),
]


@pytest.mark.parametrize(("name", "product", "path", "symbol"), FUTURES)
async def test_futures_come_byte_for_byte_and_their_chain_holds(
    data_dir: Path, name: str, product: Product, path: str, symbol: str
) -> None:
    async with playing(data_dir, name) as played:
        kinds = ("trade", "depth@0ms", "bookTicker")
        client = await played.open(f"{path}?streams=" + "/".join(f"{symbol}@{it}" for it in kinds))
        slow = await played.open(f"{path}?streams={symbol}@depth/{symbol}@depth5@100ms")
        bare = await played.open(f"/stream?streams={symbol}@trade")
        await played.to_the_end()
        assert list(client.frames) == recorded(played.paths)
        assert bool(bare.frames) == (product == "coinm")  # its real host has no prefix
        merged = data(slow, f"{symbol}@depth")
        assert all(later["pu"] == earlier["u"] for earlier, later in pairwise(merged))
        fast = data(client, f"{symbol}@depth@0ms")
        assert (merged[0]["U"], merged[0]["pu"]) == (fast[0]["U"], fast[0]["pu"])
        assert book_of(merged) == book_of(fast)
        assert list(merged[0]) == list(fast[0])
        assert list(data(slow, f"{symbol}@depth5@100ms")[0]) == list(fast[0])


async def test_without_a_hold_it_begins_with_its_first_subscriber(data_dir: Path) -> None:
    path = data_dir / "captures" / SPOT[0]
    source = ReplaySource([path], MachineClock(), await_subscriber=True)
    async with Exchange(source) as exchange:
        played = Played(exchange, [path])
        client = await played.open("/ws")
        await client.ask("SUBSCRIBE", "nobody@trade")
        assert source.state()["waiting_for_subscriber"] is True
        await client.ask("SUBSCRIBE", "btcusdt@trade")
        assert (await client.next())["t"] == 3_735_683_259  # the first one recorded
        assert source.state()["waiting_for_subscriber"] is False
        client.leave()


async def test_a_wrong_route_is_acknowledged_and_silent(data_dir: Path) -> None:
    async with playing(data_dir, FUTURES[0][0]) as played:
        wrong = await played.open("/market/ws/btcusdt@trade")
        right = await played.open("/market/ws/btcusdt@aggTrade")
        assert (await wrong.ask("SUBSCRIBE", "btcusdt@depth"))["result"] is None
        await played.to_the_end()
        assert not wrong.frames
        told = [json.loads(it) for it in right.frames]
        assert [it["a"] for it in told] == list(range(told[0]["a"], told[0]["a"] + len(told)))
        assert list(told[0]) == list("eEsapqflTm")
