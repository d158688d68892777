"""Live books through exchange, sockets and server, against the best prices that the venue itself sent."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from binance_mcp_server.clock import SystemClock
from binance_mcp_server.feeds.books import BookHandle
from binance_mcp_server.services import Services
from binance_mcp_server.settings import load_settings
from binance_mcp_server.venues import Market
from tests.e2e import oracle
from tests.e2e.clients import ask_json, over_stdio
from tests.e2e.processes import Exchange
from tests.market.depth_oracle import BestPrices

pytestmark = pytest.mark.anyio
PATIENCE = 60.0
"""Seconds; a replay at full speed takes two."""
MOST_LOOKS = 1000
"""Of an agent that waits for a book to be good again."""


class Recording(NamedTuple):
    """What is played, and where it ends."""

    market: Market
    symbol: str
    files: tuple[str, ...]
    last_update: int
    apart: int
    """Updates at which the recording's own two streams disagree."""


SPOT = Recording(
    "spot",
    "BTCUSDT",
    ("spot_btcusdt_20240808.gz", "spot_btcusdt_20240809.gz"),
    50093696318,
    2,
)
USDM = Recording("usdm", "BTCUSDT", ("usdm_btcusdt_20240808.gz",), 5123135475514, 0)
COINM = Recording("coinm", "BTCUSD_PERP", ("coinm_btcusd_perp_20240808.gz",), 1007202248021, 0)


class Witness:
    """Looks at a book after every batch, and compares what it calls good."""

    def __init__(self, handle: BookHandle, prices: BestPrices, last_update: int) -> None:
        self.handle, self.prices, self.last_update = handle, prices, last_update
        self.looks = self.apart = 0
        self.ended = asyncio.Event()
        handle.listen(self.look)

    def look(self) -> None:
        book = self.handle.book
        if book is None:
            return
        top = book.top(1)
        self.looks += 1
        self.apart += (*top.bids[0], *top.asks[0]) != self.prices.at(book.last_update_id)
        if book.last_update_id == self.last_update:
            self.ended.set()


@asynccontextmanager
async def services_on(exchange: Exchange, state_dir: Path) -> AsyncIterator[Services]:
    settings = {
        "BINANCE_MCP_VENUE": "sim",
        "BINANCE_MCP_REST_URL": exchange.rest,
        "BINANCE_MCP_STREAM_URL": exchange.ready["stream"],
        "BINANCE_MCP_STATE_DIR": str(state_dir),
    }
    async with Services(load_settings(environ=settings), SystemClock()) as services:
        yield services


@pytest.mark.parametrize("played", [SPOT, USDM, COINM], ids=lambda played: played.market)
async def test_whenever_a_book_calls_itself_good_its_top_is_the_recorded_one(
    data_dir: Path, tmp_path: Path, played: Recording
) -> None:
    files = [data_dir / "captures" / name for name in played.files]
    prices = BestPrices.read(files)
    with Exchange("--replay", *files, "--speed", "max", "--hold") as exchange:
        async with services_on(exchange, tmp_path) as services:
            handle = await services.books.watch(played.market, played.symbol)
            witness = Witness(handle, prices, played.last_update)
            exchange.post("play")
            async with asyncio.timeout(PATIENCE):
                await witness.ended.wait()
            assert handle.state == "live"
            assert witness.looks > 100
            assert witness.apart <= played.apart
            assert handle.feed.mismatches == 0
        assert set(exchange.state()["streams"]["broken_rules"].values()) == {0}


async def test_an_agent_reads_the_live_book_of_a_stream_that_it_subscribed_to(
    captures: list[Path], tmp_path: Path
) -> None:
    book, _ = oracle.book_and_trades(captures)
    bids, asks = book.levels()
    with Exchange("--replay", *captures, "--speed", "max", "--hold") as exchange:
        settings = {
            "BINANCE_MCP_REST_URL": exchange.rest,
            "BINANCE_MCP_STREAM_URL": exchange.ready["stream"],
            "BINANCE_MCP_STATE_DIR": tmp_path,
        }
        async with over_stdio(tmp_path / "stderr", settings) as client:
            await ask_json(client, "subscribe_stream", kind="depth", symbol="BTCUSDT")
            await asyncio.to_thread(exchange.play_to_end)
            reply = {}
            for _ in range(MOST_LOOKS):
                reply = await ask_json(client, "get_order_book", symbol="BTCUSDT", format="json")
                assert ("source" in reply) != ("book" in reply)
                if "source" in reply and reply["last_update_id"] == str(book.update_id):
                    break
            assert reply["source"] == "live book"
            asked = exchange.state()["by_path"]["/api/v3/depth"]
            again = await ask_json(client, "get_order_book", symbol="BTCUSDT", format="json")
            fill = await ask_json(
                client, "estimate_fill", symbol="BTCUSDT", side="buy", quantity="0.5"
            )
            assert exchange.state()["by_path"]["/api/v3/depth"] == asked
    assert again["source"] == fill["source"] == "live book"
    assert (again["bids"], again["asks"]) == (bids[:20], asks[:20])
    assert fill["mid"] == again["mid"]
