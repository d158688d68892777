"""Whatever is wrong with a call, the model reads one short form of error, and the next good call works."""

from collections.abc import Iterable
from typing import Any

import pytest

from binance_mcp_server.mcp_support import cursors
from binance_mcp_server.mcp_support.errors import DEFECT, NO_SUCH_TOOL
from binance_mcp_server.queries.market import MarketQueries
from tests.commands.venue import Agent, is_error_of_the_one_form

pytestmark = pytest.mark.anyio

GOOD: dict[str, dict[str, Any]] = {
    "get_price": {"symbols": ["BTCUSDT"]},
    "get_ticker": {"symbols": ["BTCUSDT"]},
    "get_order_book": {"symbol": "BTCUSDT"},
    "get_candles": {"symbol": "BTCUSDT"},
    "get_trades": {"symbol": "BTCUSDT"},
    "get_average_price": {"symbol": "BTCUSDT"},
    "scan_market": {},
    "search_symbols": {"query": "btc"},
    "get_symbol_rules": {"symbol": "BTCUSDT"},
    "get_exchange_status": {},
}
TABLES = (
    *("get_ticker", "get_order_book", "get_candles", "get_trades", "scan_market"),
    "search_symbols",
)
SYMBOLS = (
    *("", " ", "../../etc/passwd", "BTCUSDT&limit=1", "BTCUSDT=", "BTC\nUSDT", "BTC\x00USDT"),
    *("\u202eBTCUSDT", "BTC\u200bUSDT", "\ufeffBTCUSDT", "BTC%26USDT", "x" * 5000, "\ud800"),
    *("BTCUSDTT", "NaN", "ＢＴＣ", "btc;usdt", "<b>BTC</b>"),
)
FOREIGN = cursors.issue("get_candles", {"symbol": "ETHUSDT"}, {"from": 1})

Case = tuple[str, dict[str, Any]]


def every(tools: Iterable[str], name: str, *values: Any, **others: Any) -> list[Case]:
    """A case for each of *tools* with each of *values* as argument *name*."""
    return [(tool, {**others, name: value}) for tool in tools for value in values]


TIMES: tuple[Any, ...] = (
    "2030-01-01",
    "NaN",
    "x" * 3000,
    "1790000000",
    -1,
    10**30,
    1e300,
    "\u202e",
    [],
)
IDS: tuple[Any, ...] = ("x", "-1", -1, 1.5, "٣", "9" * 30, 10**30, 2**63, "1e5", "\u202e")
GROUPS: tuple[Any, ...] = (
    0,
    -1,
    "0",
    "-5",
    "NaN",
    "Infinity",
    "x" * 2000,
    "1e-30",
    "1." + "0" * 5000,
    [],
)
NUMBERS: tuple[Any, ...] = ("NaN", "-Infinity", "x", "9" * 5000, [])
WRONG: list[Case] = [
    *every([tool for tool in GOOD if "symbol" in GOOD[tool]], "market", "usdm", "coinm"),
    *every([tool for tool in GOOD if GOOD[tool]], "market", "moon", 5),
    *every(TABLES, "limit", 0, -1, 10**9, 10**30, "x", 1.5),
    *every(TABLES, "cursor", FOREIGN, "abc", "x" * 5000, "\u202e", "W10", FOREIGN[:-3]),
    *every(TABLES, "columns", ["nope"], [], "nope", ["\u202e" * 1000], 5, ["open", "nope"]),
    *every(TABLES, "max_bytes", 0, 499, 10**12, "much"),
    *every(TABLES, "format", "xml", 1),
    *every(GOOD, "\u202eno such argument" * 9, 1, bogus=2),
    *every(["get_candles"], "interval", "60m", "1H", "", "x" * 1000, "1\u202em", 5),
    *every(["get_candles"], "time_zone", "Mars", "+99", "x" * 3000, "\u202e"),
    *every(["get_candles"], "start", *TIMES),
    *every(["get_candles"], "start", "2026-09-02", end="2026-09-01"),
    *every(["get_trades"], "start", *TIMES, kind="aggregate"),
    *every(["get_trades"], "start", "2026-09-02", kind="aggregate", end="2026-09-01"),
    *every(["get_trades"], "start", "-1h", kind="aggregate", from_id=1),
    *every(["get_trades"], "start", "-1h", kind="recent"),
    *every(["get_trades"], "from_id", *IDS, kind="historical"),
    *every(["get_trades"], "from_id", 1, kind="recent"),
    *every(["get_trades"], "kind", "x", "block"),
    *every(["get_order_book"], "group", *GROUPS),
    *every(["get_order_book"], "limit", 5001),
    *every(["get_ticker"], "window", "25h", "8d", "0m", "", "x" * 3000, 24),
    *every(["get_ticker"], "time_zone", "8"),
    *every(["get_ticker", "get_price"], "symbols", [], [1], ["BTCUSDT"] * 201, {}, 5, ""),
    *every(["scan_market"], "quote", "\u202e", "NOPE", "x" * 3000, "", "../"),
    *every(["scan_market"], "min_quote_volume", *NUMBERS),
    *every(["scan_market"], "min_change", *NUMBERS),
    *every(["scan_market"], "min_change", 5, max_change=1),
    *every(["scan_market"], "sort", "size"),
    *every(["search_symbols"], "quote", "NOPE", "\u202e", "x" * 3000),
    *every(["search_symbols"], "status", "NOPE", "\u202e", "x" * 3000),
]


def named(case: Case) -> str:
    tool, wrong = case
    return ascii(f"{tool} {wrong}")[:60]


@pytest.mark.parametrize("tool", [tool for tool in GOOD if "symbol" in GOOD[tool]])
async def test_a_bad_symbol_is_refused_and_the_next_one_read(agent: Agent, tool: str) -> None:
    for symbol in SYMBOLS:
        text = await agent.error(tool, symbol=symbol)
        assert is_error_of_the_one_form(text), (symbol, text)
        assert "retry: no" in text
    await agent.text(tool, symbol="BTCUSDT")


@pytest.mark.parametrize("tool", ["get_price", "get_ticker"])
async def test_a_bad_symbol_among_good_ones_is_named(agent: Agent, tool: str) -> None:
    for symbol in SYMBOLS:
        text = await agent.error(tool, symbols=["BTCUSDT", symbol])
        assert is_error_of_the_one_form(text), (symbol, text)
    assert "NOPEUSDT" in await agent.error(tool, symbols=["BTCUSDT", "NOPEUSDT"])
    await agent.text(tool, symbols=["BTCUSDT"])


@pytest.mark.parametrize(
    "query", [text for text in SYMBOLS if text not in {"BTCUSDTT", "NaN", "ＢＴＣ"}]
)
async def test_a_bad_query_is_refused(agent: Agent, query: str) -> None:
    assert is_error_of_the_one_form(await agent.error("search_symbols", query=query))


@pytest.mark.parametrize("case", WRONG, ids=named)
async def test_a_wrong_argument_is_refused_in_one_form(
    agent: Agent, case: Case, capfd: pytest.CaptureFixture[str]
) -> None:
    tool, wrong = case
    text = await agent.error(tool, **GOOD[tool] | wrong)
    assert is_error_of_the_one_form(text), text
    assert text != DEFECT
    assert not any(
        word in text.lower() for word in ("pydantic", "traceback", "input should", "://")
    )
    await agent.text("get_price", symbols=["BTCUSDT"])
    out, err = capfd.readouterr()
    assert out == ""
    assert "Traceback" not in err


@pytest.mark.parametrize("tool", [tool for tool in GOOD if GOOD[tool]])
async def test_a_missing_argument_is_named(agent: Agent, tool: str) -> None:
    (name,) = GOOD[tool]
    assert f"error: {name} is needed\n" in await agent.error(tool)


async def test_an_unknown_symbol_is_answered_with_the_nearest(agent: Agent) -> None:
    text = await agent.error("get_order_book", symbol="BTCUSDD")
    assert "'BTCUSDD'" in text
    assert "BTCUSDT" in text
    assert "search_symbols" in text


async def test_a_cursor_of_one_question_is_refused_by_another(agent: Agent) -> None:
    page = await agent.data("get_candles", symbol="BTCUSDT", format="json", limit=2)
    text = await agent.error("get_candles", symbol="ETHUSDT", cursor=page["next"], limit=2)
    assert "belongs to another call" in text
    assert "unchanged" in text
    await agent.text("get_candles", symbol="BTCUSDT", cursor=page["next"], limit=7, columns="all")


async def test_places_that_no_cursor_names_are_refused(agent: Agent) -> None:
    asked = {"symbol": "BTCUSDT", "kind": "historical", "from_id": 1}
    question = {**asked, "start": None, "end": None, "market": "spot"}
    for place in ({}, {"from": -1}, {"from": "x"}, {"before": "1"}, {"from": 10**40}, {"to": 1}):
        cursor = cursors.issue("get_trades", question, place)  # type: ignore[arg-type]
        assert is_error_of_the_one_form(await agent.error("get_trades", **asked, cursor=cursor))


async def test_a_tool_that_is_not_there_is_told_so(agent: Agent) -> None:
    assert await agent.error("\u202eget_moon") == NO_SUCH_TOOL
    assert is_error_of_the_one_form(NO_SUCH_TOOL)


async def test_a_defect_of_ours_shows_nothing_of_itself(
    agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("hunter2 in /some/where.py")

    monkeypatch.setattr(MarketQueries, "prices", broken)
    text = await agent.error("get_price", symbols=["BTCUSDT"])
    assert text == DEFECT
    assert is_error_of_the_one_form(DEFECT)
    await agent.text("get_ticker", symbols=["BTCUSDT"])


@pytest.mark.anyio
async def test_null_is_the_same_as_leaving_an_argument_out(agent: Agent) -> None:
    """Many clients fill optional arguments with null."""
    nothing = dict.fromkeys(("interval", "start", "limit", "columns", "format", "market"))
    text = await agent.text("get_candles", symbol="BTCUSDT", **nothing)
    assert "interval: 1h" in text
