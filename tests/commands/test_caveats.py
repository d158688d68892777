"""What is missing or old is said, what is whole is not called partial, and a resource says what a tool says."""

import json
from typing import Any

import pytest
from fastmcp import Client

from binance_mcp_server.clock import VirtualClock
from binance_mcp_server.server import build_server
from binance_mcp_server.settings import Settings
from tests.commands.venue import LIVED_MS, START_MS, Agent, StillExchange, cells, facts

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


def deep_book(bids: int, asks: int) -> str:
    """Levels one apart on both sides of 10,000."""
    book = {
        "lastUpdateId": 1,
        "bids": [[f"{10_000 - level}", "1"] for level in range(bids)],
        "asks": [[f"{10_001 + level}", "1"] for level in range(asks)],
    }
    return json.dumps(book)


@pytest.mark.parametrize(
    ("bids", "asks", "asked", "partial"),
    [(30, 30, 1, False), (30, 5000, 2, True), (5000, 5000, 2, True)],
)
async def test_groups_are_partial_when_the_snapshot_ends_and_not_when_the_book_does(
    agent: Agent, venue: StillExchange, bids: int, asks: int, asked: int, partial: bool
) -> None:
    """A snapshot that does not fill the groups is asked for again, as deep as it goes, before that is said."""
    venue.respond("/api/v3/depth", status=200, body=deep_book(bids, asks), times=asked)
    text = await agent.text("get_order_book", symbol="BTCUSDT", group=100, limit=60)
    assert ("partial" in facts(text)) is partial


async def test_the_deep_snapshot_is_for_groups_that_need_it(
    agent: Agent, venue: StillExchange
) -> None:
    venue.respond("/api/v3/depth", status=200, body=deep_book(1000, 1000), times=1)
    text = await agent.text("get_order_book", symbol="BTCUSDT", group=100, limit=5)
    assert len(cells(text)) == 5
    assert "partial" not in facts(text)


@pytest.mark.parametrize("tool", ["get_price", "get_average_price", "get_ticker"])
async def test_a_price_that_does_not_exist_is_never_zero(agent: Agent, tool: str) -> None:
    named = {"symbol": "XMRUSDT"} if tool == "get_average_price" else {"symbols": ["XMRUSDT"]}
    text = await agent.text(tool, **named)
    assert '"0"' not in text
    if tool == "get_ticker":
        assert cells(text)[0][1:6] == [""] * 5
    else:
        assert json.loads(text)["never_traded"] == ["XMRUSDT"]


async def test_a_symbol_known_not_to_trade_is_named_where_the_venue_does_not_tell(
    agent: Agent,
) -> None:
    await agent.text("search_symbols", query="btc")
    assert facts(await agent.text("get_candles", symbol="XMRUSDT"))["not_trading"] == "XMRUSDT"


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("get_candles", {"symbol": "BTCUSDT", "end": "2020-01-01"}),
        ("get_trades", {"symbol": "BTCUSDT", "kind": "block", "from_id": 0}),
        ("search_symbols", {"query": "zzzz"}),
    ],
)
async def test_an_empty_table_says_so(agent: Agent, tool: str, arguments: dict[str, Any]) -> None:
    assert facts(await agent.text(tool, **arguments))["note"]


async def test_a_cursor_belongs_to_the_symbol_however_it_is_spelt(agent: Agent) -> None:
    first = facts(await agent.text("get_candles", symbol="BTCUSDT", limit=5))
    again = await agent.text("get_candles", symbol="btc/usdt", limit=5, cursor=first["next"])
    assert len(cells(again)) == 5


@pytest.mark.parametrize("start", ["NOW", " now ", " -1m", "1m AGO"])
async def test_times_ago_are_read_as_people_write_them(agent: Agent, start: str) -> None:
    text = await agent.text("get_candles", symbol="BTCUSDT", interval="1m", start=start)
    assert facts(text)["venue"] == "sim"


async def test_groups_that_end_with_the_page_go_on(agent: Agent, venue: StillExchange) -> None:
    """As many whole groups as were asked for do not mean that the book has no more."""
    venue.respond("/api/v3/depth", status=200, body=deep_book(1000, 1000), times=1)
    text = await agent.text("get_order_book", symbol="BTCUSDT", group=100, limit=9)
    whole = len(cells(text))
    assert whole == 9
    assert facts(text)["next"]


async def test_the_venue_s_deepest_level_is_named(agent: Agent, venue: StillExchange) -> None:
    venue.respond("/api/v3/depth", status=200, body=deep_book(5000, 5000), times=1)
    text = await agent.text("get_order_book", symbol="BTCUSDT", limit=5000, max_bytes=4_000_000)
    assert "5000 levels" in facts(text)["partial"]


async def test_no_order_is_not_shown_as_a_price(agent: Agent) -> None:
    text = await agent.text("get_ticker", symbols=["XMRUSDT"], columns="symbol,bid,ask,trades")
    assert cells(text) == [["XMRUSDT", "", "", "0"]]
    assert facts(await agent.text("get_order_book", symbol="XMRUSDT"))["note"]
    page = await agent.data("get_order_book", symbol="XMRUSDT", format="json")
    assert page["note"]


async def test_trades_older_than_the_venue_keeps_are_said_to_be_missing(agent: Agent) -> None:
    text = await agent.text("get_trades", symbol="BTCUSDT", from_id=5, limit=3)
    assert "begin at id" in facts(text)["partial"]
    assert "partial" not in facts(await agent.text("get_trades", symbol="BTCUSDT"))


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("get_candles", {"symbol": "BTCUSDT", "start": "", "end": " ", "time_zone": ""}),
        ("get_trades", {"symbol": "BTCUSDT", "start": "", "end": " ", "from_id": ""}),
        ("get_ticker", {"symbols": ["BTCUSDT"], "time_zone": ""}),
        ("get_order_book", {"symbol": "BTCUSDT", "group": ""}),
    ],
)
async def test_blank_is_the_same_as_leaving_out(
    agent: Agent, tool: str, arguments: dict[str, Any]
) -> None:
    told = facts(await agent.text(tool, **arguments))
    assert told.get("kind", "recent") == "recent"


@pytest.mark.parametrize(
    ("tool", "first", "again"),
    [
        (
            "get_order_book",
            {"symbol": "BTCUSDT", "group": 10},
            {"symbol": "BTCUSDT", "group": "10.0"},
        ),
        (
            "get_trades",
            {"symbol": "BTCUSDT", "kind": "aggregate", "from_id": 0},
            {"symbol": "BTCUSDT", "kind": "aggregate", "from_id": "0"},
        ),
        (
            "get_candles",
            {"symbol": "BTCUSDT", "time_zone": "+08:00"},
            {"symbol": "BTCUSDT", "time_zone": "8"},
        ),
        ("search_symbols", {"query": "usdt"}, {"query": "USDT", "status": "trading"}),
        (
            "scan_market",
            {"quote": "USDT", "min_change": "-50"},
            {"quote": "usdt", "min_change": -50.0},
        ),
    ],
)
async def test_a_cursor_does_not_mind_the_spelling(
    agent: Agent, tool: str, first: dict[str, Any], again: dict[str, Any]
) -> None:
    cursor = facts(await agent.text(tool, **first, limit=2))["next"]
    assert cells(await agent.text(tool, **again, limit=2, cursor=cursor))


async def test_everything_of_a_status_can_be_listed(agent: Agent) -> None:
    text = await agent.text("search_symbols", query="*", status="BREAK")
    assert [row[0] for row in cells(text)] == ["XMRUSDT"]


async def test_a_ranking_without_a_match_says_so(agent: Agent) -> None:
    assert facts(await agent.text("scan_market", min_change=10_000))["note"]
