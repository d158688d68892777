"""What is missing or old is said, what is whole is not called partial, and a resource says what a tool says."""

import json

import pytest
from fastmcp import Client

from binance_mcp_server.clock import VirtualClock
from binance_mcp_server.server import build_server
from binance_mcp_server.settings import Settings
from tests.commands.venue import LIVED_MS, START_MS, Agent, StillExchange, facts

pytestmark = pytest.mark.anyio


async def test_a_resource_tells_the_rules_that_the_tool_tells(agent: Agent) -> None:
    (content,) = await agent.client.read_resource("binance://symbols/spot/BTCUSDT")
    told = await agent.data("get_symbol_rules", symbol="BTCUSDT")
    assert json.loads(content.text) | {"source": "", "as_of": ""} == told | {  # type: ignore[union-attr]
        "source": "",
        "as_of": "",
    }


async def test_a_resource_of_a_venue_without_bands_says_so(
    agent: Agent, venue: StillExchange
) -> None:
    venue.respond("/api/v3/executionRules", status=451, body="{}")
    (content,) = await agent.client.read_resource("binance://symbols/spot/BTCUSDT")
    assert "bands" in json.loads(content.text)["partial"]  # type: ignore[union-attr]


async def test_a_ranking_by_an_old_list_of_symbols_says_so(venue: StillExchange) -> None:
    clock = VirtualClock(START_MS + LIVED_MS, auto_advance=True)
    settings = Settings(venue="sim", hosts={"spot": venue.hosts})
    async with Client(build_server(settings, clock=clock)) as client:
        agent = Agent(client)
        assert "partial" not in facts(await agent.text("scan_market"))
        await clock.sleep(4000)
        venue.respond("/api/v3/exchangeInfo", status=503, body="{}", times=3)
        assert "symbol list is of" in facts(await agent.text("scan_market"))["partial"]
        error = await agent.error("get_symbol_rules", symbol="NEWUSDT")
        assert "symbol list is of" in error


@pytest.mark.parametrize(
    ("bids", "asks", "partial"), [(30, 30, False), (30, 400, True), (400, 400, True)]
)
async def test_groups_are_partial_when_the_snapshot_ends_and_not_when_the_book_does(
    agent: Agent, venue: StillExchange, bids: int, asks: int, partial: bool
) -> None:
    book = {
        "lastUpdateId": 1,
        "bids": [[f"{1000 - level}", "1"] for level in range(bids)],
        "asks": [[f"{1001 + level}", "1"] for level in range(asks)],
    }
    venue.respond("/api/v3/depth", status=200, body=json.dumps(book))
    text = await agent.text("get_order_book", symbol="BTCUSDT", group=100, limit=20)
    assert ("partial" in facts(text)) is partial


@pytest.mark.parametrize("start", ["NOW", " now ", " -1m", "1m AGO"])
async def test_times_ago_are_read_as_people_write_them(agent: Agent, start: str) -> None:
    text = await agent.text("get_candles", symbol="BTCUSDT", interval="1m", start=start)
    assert facts(text)["venue"] == "sim"
