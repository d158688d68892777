"""python-binance, unchanged but for its addresses: single sockets, multiplexed ones and its depth cache."""

import asyncio
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.clients.conftest import Place
from tests.clients.process import ExchangeProcess
from tests.clients.streaming import (
    PLAY_SECONDS,
    SOON,
    USDM,
    Recording,
    no_task_left,
    paths,
    read_recording,
)

pytestmark = pytest.mark.anyio
QUEUE = 100_000
"""Messages that may wait to be read. Past its default of 100 the client gives its socket up."""


def library() -> Any:
    with warnings.catch_warnings():
        gone = r"websockets\.(WebSocketClientProtocol|legacy) is deprecated"
        warnings.filterwarnings(
            "ignore", gone, DeprecationWarning
        )  # for a type hint it imports that
        return pytest.importorskip("binance", exc_type=ImportError)


@asynccontextmanager
async def sockets(rest: str, stream: str) -> AsyncIterator[Any]:
    """The client's socket manager."""
    module = library()

    class Client(module.AsyncClient):  # type: ignore[name-defined,misc]
        API_URL = f"{rest}/api"

    class Manager(module.BinanceSocketManager):  # type: ignore[name-defined,misc]
        STREAM_URL = f"{stream}/"
        FSTREAM_URL = f"{stream}/"

    async with no_task_left():
        client = await Client.create()
        try:
            yield Manager(client, max_queue_size=QUEUE)
        finally:
            await client.close_connection()


@asynccontextmanager
async def opened(socket: Any) -> AsyncIterator[Any]:
    """A socket that looks often whether it should end: by default it waits 10 s for one message more."""
    socket.TIMEOUT = 0.2
    async with socket as connected:
        yield connected


KINDS = {
    "trade_socket": "trade",
    "aggtrade_socket": "aggTrade",
    "kline_socket": "kline",
    "symbol_ticker_socket": "24hrTicker",
    "symbol_miniticker_socket": "24hrMiniTicker",
    "depth_socket": "depthUpdate",
}


async def test_every_socket_of_a_symbol_tells_its_own_event(scenario: Place) -> None:
    async def first(manager: Any, name: str) -> Any:
        async with opened(getattr(manager, name)("BTCUSDT")) as socket:
            return await socket.recv()

    async with asyncio.timeout(2 * SOON), sockets(scenario.rest, scenario.stream) as manager:
        events = await asyncio.gather(*(first(manager, name) for name in KINDS))
    assert [(event["e"], event["s"]) for event in events] == [
        (kind, "BTCUSDT") for kind in KINDS.values()
    ]


async def test_sockets_without_an_event_type(scenario: Place) -> None:
    async with asyncio.timeout(2 * SOON), sockets(scenario.rest, scenario.stream) as manager:
        async with opened(manager.symbol_book_ticker_socket("BTCUSDT")) as socket:
            assert (await socket.recv())["s"] == "BTCUSDT"
        async with opened(manager.depth_socket("BTCUSDT", depth="5")) as socket:
            book = await socket.recv()
            assert (len(book["bids"]), len(book["asks"])) == (5, 5)
        async with opened(manager.miniticker_socket(1000)) as socket:
            assert "BTCUSDT" in {ticker["s"] for ticker in await socket.recv()}


async def test_a_multiplexed_socket_yields_each_trade_of_a_recording(
    held: ExchangeProcess, recording: Recording
) -> None:
    ids: dict[str, list[int]] = {"btcusdt@trade": [], "btcusdt@aggTrade": []}
    async with (
        asyncio.timeout(PLAY_SECONDS),
        sockets(held.rest, held.ready["stream"]) as manager,
        opened(manager.multiplex_socket(list(ids))) as socket,
    ):
        held.play()
        while ids["btcusdt@trade"][-1:] != recording.trade_ids[-1:]:
            message = await socket.recv()
            data = message["data"]
            ids[message["stream"]] += (
                [data["t"]] if data["e"] == "trade" else range(data["f"], data["l"] + 1)
            )
    assert ids["btcusdt@trade"] == recording.trade_ids
    aggregated = ids["btcusdt@aggTrade"]
    assert aggregated == recording.trade_ids[: len(aggregated)]
    assert len(aggregated) > 0.9 * len(recording.trade_ids)


async def test_the_depth_cache_ends_as_the_exchanges_book(
    held: ExchangeProcess, recording: Recording
) -> None:
    async with (
        asyncio.timeout(PLAY_SECONDS),
        sockets(held.rest, held.ready["stream"]) as manager,
        depth_cache(
            library().DepthCacheManager(
                manager._client, "BTCUSDT", bm=manager, limit=1000, ws_interval=100,
                conv_type=Decimal,
            )
        ) as cache_manager,
    ):  # fmt: skip
        begin = (await manager._client.get_order_book(symbol="BTCUSDT"))["lastUpdateId"]
        expected = recording.depth_times_after(begin)
        held.play()
        times = [(await cache_manager.recv()).update_time for _ in expected]
        book = await manager._client.get_order_book(symbol="BTCUSDT", limit=100)
    assert times == expected
    cache = cache_manager.get_depth_cache()
    for side, levels in (("bids", cache.get_bids()), ("asks", cache.get_asks())):
        assert levels[:100] == [[Decimal(price), Decimal(qty)] for price, qty in book[side]]


@asynccontextmanager
async def depth_cache(manager: Any) -> AsyncIterator[Any]:
    async with manager as cache:
        cache._socket.TIMEOUT = 0.2  # as above
        yield cache


async def test_usdm_sockets_on_their_routes(data_dir: Path) -> None:
    """Trades and books come on ``/public``, aggregates on ``/market``."""
    expected = read_recording(data_dir, USDM).trade_ids
    with ExchangeProcess(*paths(data_dir, USDM), speed="max", hold=True) as process:
        async with (
            asyncio.timeout(PLAY_SECONDS),
            sockets(process.rest, process.ready["stream"]) as manager,
            opened(manager.futures_multiplex_socket(["btcusdt@trade"], category="public")) as one,
            opened(manager.aggtrade_futures_socket("BTCUSDT")) as two,
            opened(manager.futures_depth_socket("BTCUSDT")) as three,
        ):
            process.play()
            ids = [(await one.recv())["data"]["t"] for _ in expected]
            aggregate, book = (await two.recv())["data"], (await three.recv())["data"]
    assert ids == expected
    assert (aggregate["e"], aggregate["f"]) == ("aggTrade", expected[0])
    assert (book["e"], len(book["b"]), len(book["a"])) == ("depthUpdate", 10, 10)
