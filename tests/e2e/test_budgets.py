"""What a reply costs a model, and what it says of itself: venue, moment, and everything that is missing."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from fastmcp import Client

from tests.e2e.clients import ask, ask_json, over_stdio, read_table
from tests.e2e.processes import Exchange

pytestmark = pytest.mark.anyio

DEFAULT = 12_000
SMALL = 4_000
"""Bytes."""
SYMBOLS = ["BTCUSDT", "ETHUSDT", "SOLUSDT"]
LARGE: list[tuple[str, dict[str, object]]] = [
    ("get_price", {"symbols": SYMBOLS}),
    ("get_order_book", {"symbol": "BTCUSDT", "limit": 5000, "columns": "all"}),
    ("get_order_book", {"symbol": "BTCUSDT", "limit": 5000, "format": "json"}),
    ("get_candles", {"symbol": "BTCUSDT", "interval": "1m", "limit": 2000, "columns": "all"}),
    ("get_candles", {"symbol": "BTCUSDT", "interval": "1m", "limit": 2000, "format": "json"}),
    ("get_candles", {"symbol": "BTCUSDT", "interval": "1m", "limit": 2000, "start": "-2d"}),
    ("get_average_price", {"symbol": "BTCUSDT"}),
    ("get_exchange_status", {}),
]
ANSWERS: list[tuple[str, dict[str, object]]] = [
    ("search_symbols", {"query": "usdt", "limit": 500, "columns": "all"}),
    ("search_symbols", {"query": "usdt", "limit": 500, "format": "json"}),
    ("scan_market", {"quote": "", "sort": "trades", "limit": 1000, "columns": "all"}),
    ("scan_market", {"quote": "", "sort": "trades", "limit": 1000, "format": "json"}),
    ("get_symbol_rules", {"symbol": "BTCUSDT"}),
    ("get_ticker", {"symbols": SYMBOLS, "columns": "all"}),
    ("get_ticker", {"symbols": SYMBOLS, "columns": "all", "format": "json"}),
]


@pytest.fixture(scope="module")
async def client(
    scenario: Exchange, state_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Client[Any]]:
    log = tmp_path_factory.mktemp("log") / "stderr"
    settings = {"BINANCE_MCP_REST_URL": scenario.rest, "BINANCE_MCP_STATE_DIR": state_dir}
    async with over_stdio(log, settings) as connected:
        yield connected


@pytest.mark.parametrize(
    ("tool", "arguments", "most"),
    [(tool, given, DEFAULT) for tool, given in LARGE]
    + [(tool, given, SMALL) for tool, given in ANSWERS],
)
async def test_a_reply_keeps_to_its_budget_and_says_where_and_when(
    client: Client[Any], tool: str, arguments: dict[str, object], most: int
) -> None:
    text = await ask(client, tool, **arguments)
    assert len(text.encode()) <= most
    assert "venue: sim" in text or '"venue":"sim"' in text
    assert "as_of" in text


async def test_all_tickers_at_once_keep_to_the_small_budget(client: Client[Any]) -> None:
    names = await ask_json(client, "search_symbols", query="usdt", limit=500, format="json")
    symbols = [row[0] for row in names["rows"]]
    text = await ask(client, "get_ticker", symbols=symbols, columns="all")
    assert len(text.encode()) <= SMALL
    table = read_table(text)
    assert len(table.rows) + int(table.facts.get("left_out", 0)) == len(symbols)
    assert ("next" in table.facts) == ("left_out" in table.facts)


async def test_the_rules_of_every_symbol_are_small(client: Client[Any]) -> None:
    names = await ask_json(client, "search_symbols", query="usdt", limit=500, format="json")
    for row in names["rows"]:
        rules = await ask(client, "get_symbol_rules", symbol=row[0])
        assert len(rules.encode()) <= SMALL, row


async def test_500_hourly_candles_fit_in_36_kb(
    history: Exchange, state_dir: Path, tmp_path: Path
) -> None:
    """The newest of the recorded ones: six columns, the budget raised."""
    settings = {"BINANCE_MCP_REST_URL": history.rest, "BINANCE_MCP_STATE_DIR": state_dir}
    async with over_stdio(tmp_path / "log", settings) as client:
        text = await ask(client, "get_candles", symbol="BTCUSDT", limit=500, max_bytes=36_000)
    table = read_table(text)
    assert len(text.encode()) <= 36_000
    assert (len(table.rows), len(table.columns)) == (500, 6)
    assert "left_out" not in table.facts


async def test_what_did_not_fit_is_counted_and_can_be_had(client: Client[Any]) -> None:
    given: dict[str, object] = {"symbol": "BTCUSDT", "interval": "1m", "limit": 1000}
    first = read_table(await ask(client, "get_candles", **given))
    assert len(first.rows) + int(first.facts["left_out"]) == 1000
    assert first.facts["open"] == "true"
    second = read_table(await ask(client, "get_candles", **given, cursor=first.facts["next"]))
    assert second.rows[-1][0] < first.rows[0][0]
    assert "open" not in second.facts


async def test_json_tells_the_same_in_both_channels(client: Client[Any]) -> None:
    arguments = {"symbol": "BTCUSDT", "interval": "1m", "limit": 1000, "format": "json"}
    result: Any = await client.call_tool("get_candles", arguments)
    assert msgspec.json.decode(result.content[0].text) == result.structured_content
    assert {"open", "left_out", "next"} <= set(result.structured_content)
