"""Arguments that make no sense: each gets a clear error of one form, nothing is echoed raw, the server lives on."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from fastmcp import Client

from tests.e2e.clients import ask, ask_in_vain, over_stdio
from tests.e2e.processes import Exchange

pytestmark = pytest.mark.anyio

HOSTILE = [
    "../../account",
    "BTCUSDT&limit=5000",
    "BTC\nUSDT",
    "\u202eTDSUCTB",
    "A" * 10_000,
    "",
    "BTC%0d%0aUSDT",
]
CANDLES: list[dict[str, object]] = [
    {"interval": "7m"},
    {"interval": ""},
    {"limit": 0},
    {"limit": -1},
    {"limit": 10**9},
    {"start": "2026-02-02", "end": "2026-02-01"},
    {"start": "2999-01-01"},
    {"start": "yesterday-ish"},
    {"start": -1},
    {"time_zone": "+25:00"},
    {"columns": ["colour"]},
    {"max_bytes": 10**9},
    {"format": "xml"},
    {"cursor": "bm90IG91cnM"},
    {"market": "usdm"},
    {"market": "coinm"},
    {"market": "options"},
    {"unknown": 1},
]
OTHERS: list[tuple[str, dict[str, object]]] = [
    ("get_ticker", {"symbols": ["BTCUSDT"], "window": "99d"}),
    ("get_ticker", {"symbols": []}),
    ("get_price", {"symbols": ["BTCUSDT"] * 1000}),
    ("get_order_book", {"symbol": "BTCUSDT", "group": "NaN"}),
    ("get_order_book", {"symbol": "BTCUSDT", "group": "-1"}),
    ("get_order_book", {"symbol": "BTCUSDT", "limit": 10**9}),
    ("get_trades", {"symbol": "BTCUSDT", "kind": "historical", "from_id": "-5"}),
    ("get_trades", {"symbol": "BTCUSDT", "kind": "block"}),
    ("scan_market", {"min_change": "Infinity"}),
    ("scan_market", {"min_quote_volume": "NaN"}),
    ("search_symbols", {"query": "btc", "limit": 0}),
]


@pytest.fixture(scope="module")
async def client(
    scenario: Exchange, state_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Client[Any]]:
    log = tmp_path_factory.mktemp("log") / "stderr"
    settings = {"BINANCE_MCP_REST_URL": scenario.rest, "BINANCE_MCP_STATE_DIR": state_dir}
    async with over_stdio(log, settings) as connected:
        yield connected
        assert "BTCUSDT" in await ask(connected, "get_price", symbols=["BTCUSDT"])
    assert "Traceback" not in log.read_text()


def is_clear(text: str) -> None:
    keys = [line.split(": ")[0] for line in text.splitlines()]
    assert keys[0] == "error"
    assert set(keys) <= {"error", "venue_code", "retry", "do"}
    assert "retry: no" in text
    assert "do: " in text
    assert len(text) < 1_500
    assert not any(word in text for word in ("pydantic", "Traceback", "\u202e", "defect"))


@pytest.mark.parametrize("symbol", HOSTILE)
async def test_a_symbol_that_is_none(client: Client[Any], scenario: Exchange, symbol: str) -> None:
    is_clear(await ask_in_vain(client, "get_candles", symbol=symbol))
    is_clear(await ask_in_vain(client, "get_price", symbols=[symbol]))
    is_clear(await ask_in_vain(client, "get_symbol_rules", symbol=symbol))
    assert "other" not in scenario.state()["by_path"]  # no path was made of it


@pytest.mark.parametrize("wrong", CANDLES, ids=str)
async def test_candles_of_nonsense(client: Client[Any], wrong: dict[str, object]) -> None:
    is_clear(await ask_in_vain(client, "get_candles", **({"symbol": "BTCUSDT"} | wrong)))


@pytest.mark.parametrize(("tool", "arguments"), OTHERS)
async def test_other_nonsense(client: Client[Any], tool: str, arguments: dict[str, object]) -> None:
    is_clear(await ask_in_vain(client, tool, **arguments))


async def test_a_cursor_of_another_call(client: Client[Any]) -> None:
    given: dict[str, object] = {"symbol": "BTCUSDT", "interval": "1m"}
    cursor = (await ask(client, "get_candles", **given)).split("next: ")[1].splitlines()[0]
    is_clear(
        await ask_in_vain(client, "get_candles", **given | {"symbol": "ETHUSDT"}, cursor=cursor)
    )
    is_clear(await ask_in_vain(client, "get_trades", symbol="BTCUSDT", cursor=cursor))
    await ask(client, "get_candles", **given, cursor=cursor)
