"""A recording's every trade through exchange, sockets, server and an MCP client: each once, or said to be missing."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from fastmcp import Client

from tests.e2e import oracle
from tests.e2e.clients import MOST_BYTES, Mode, ask_in_vain, ask_json, over_http, over_stdio
from tests.e2e.processes import Exchange, HttpServer

pytestmark = pytest.mark.anyio

TRADES = 19_904
MOST_READS = 3000
TRADE = {"kind": "trade", "symbol": "BTCUSDT"}


@pytest.fixture
def held(captures: list[Path]) -> Iterator[Exchange]:
    """The recording, about to be played."""
    with Exchange("--replay", *captures, "--speed", "max", "--hold") as exchange:
        yield exchange


@pytest.fixture(scope="module")
def recorded(captures: list[Path]) -> list[int]:
    """Ids of the recording's trades."""
    return [trade.id for trade in oracle.book_and_trades(captures)[1]]


@asynccontextmanager
async def served(exchange: Exchange, tmp_path: Path) -> AsyncIterator[Client[Any]]:
    settings = {
        "BINANCE_MCP_REST_URL": exchange.rest,
        "BINANCE_MCP_STREAM_URL": exchange.ready["stream"],
        "BINANCE_MCP_STATE_DIR": tmp_path,
    }
    log = tmp_path / "stderr"
    async with over_stdio(log, settings) as client:
        yield client
    assert "Traceback" not in log.read_text()


class Reader:
    """Reads one subscription to its end."""

    def __init__(self, client: Client[Any], stream: str) -> None:
        self.client, self.stream = client, stream
        self.ids: list[int] = []
        self.page: dict[str, Any] = {"next": None}

    async def read(self, **arguments: object) -> int:
        """How many rows one read gave."""
        self.page = await ask_json(
            self.client,
            "read_stream",
            id=self.stream,
            cursor=self.page["next"],
            format="json",
            max_bytes=MOST_BYTES,
            **arguments,
        )
        column = self.page["columns"].index("id")
        self.ids += [int(row[column]) for row in self.page["rows"]]
        return len(self.page["rows"])

    async def until_the_end(self, exchange: Exchange, **arguments: object) -> None:
        """Read until the replay has ended and nothing more comes."""
        for _ in range(MOST_READS):
            ended = exchange.state()["ended"]
            if not await self.read(wait_seconds=1, **arguments) and ended:
                return
        raise AssertionError("it does not end")


async def test_a_buffer_with_room_yields_every_trade_once(
    held: Exchange, recorded: list[int], tmp_path: Path
) -> None:
    async with served(held, tmp_path) as client:
        opened = await ask_json(client, "subscribe_stream", **TRADE, buffer=25_000)
        assert opened["note"] == "acknowledged; no data yet"
        held.post("play")
        reader = Reader(client, opened["id"])
        await reader.until_the_end(held, limit=5000)
        summary = await ask_json(client, "summarize_stream", id=opened["id"])
    assert len(recorded) == TRADES
    assert reader.ids == recorded
    assert (reader.page["dropped"], reader.page["gaps_unrepaired"]) == (0, 0)
    assert summary["records"] == TRADES
    assert (summary["first_id"], summary["last_id"]) == (str(recorded[0]), str(recorded[-1]))


async def test_what_a_small_buffer_could_not_keep_comes_as_ranges(
    held: Exchange, recorded: list[int], tmp_path: Path
) -> None:
    async with served(held, tmp_path) as client:
        opened = await ask_json(client, "subscribe_stream", **TRADE, buffer=1000)
        reader = Reader(client, opened["id"])
        await reader.read()
        held.play_to_end()
        await reader.until_the_end(held, limit=200)
    ranges = reader.page["dropped_ranges"]
    dropped = {lost for first, last in ranges for lost in range(first, last + 1)}
    assert len(reader.ids) == len(set(reader.ids))
    assert dropped.isdisjoint(reader.ids)
    assert dropped | set(reader.ids) == set(recorded)
    assert reader.page["dropped"] == len(dropped) > 0


async def test_two_readers_in_turn_read_the_same(
    held: Exchange, recorded: list[int], tmp_path: Path
) -> None:
    async with served(held, tmp_path) as client:
        opened = await ask_json(client, "subscribe_stream", **TRADE, buffer=25_000)
        held.post("play")
        readers = [Reader(client, opened["id"]) for _ in range(2)]
        await readers[0].until_the_end(held, limit=10_000)
        await readers[1].until_the_end(held, limit=10_000)
        await ask_json(client, "unsubscribe_stream", id=opened["id"])
        error = await ask_in_vain(client, "read_stream", id=opened["id"])
    assert readers[0].ids == readers[1].ids == recorded
    assert "it was unsubscribed" in error


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_ten_thousand_trades_come_in_one_reply_over_http(
    held: Exchange, recorded: list[int], tmp_path: Path, mode: Mode
) -> None:
    """Some two megabytes: clients of the session era take no event of a stream beyond one."""
    server = HttpServer(
        BINANCE_MCP_REST_URL=held.rest,
        BINANCE_MCP_STREAM_URL=held.ready["stream"],
        BINANCE_MCP_STATE_DIR=tmp_path,
    )
    with server:
        async with over_http(server.url, mode) as client:
            opened = await ask_json(client, "subscribe_stream", **TRADE, buffer=25_000)
            held.play_to_end()
            reader = Reader(client, opened["id"])
            assert await reader.read(limit=10_000) == 10_000
            await reader.until_the_end(held, limit=10_000)
    assert reader.ids == recorded
