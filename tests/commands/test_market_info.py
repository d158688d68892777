"""Finding symbols, their rules, and how the venue is doing."""

from dataclasses import replace

import pytest
from fastmcp import Client

from tests.commands.venue import Agent, StillExchange, cells, server_on

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("query", ["bitcoin", "BTC", "btc/usdt", "btcusd"])
async def test_people_s_words_find_the_symbol(agent: Agent, query: str) -> None:
    assert cells(await agent.text("search_symbols", query=query))[0][0] == "BTCUSDT"


@pytest.mark.parametrize(
    ("status", "found"),
    [("TRADING", []), ("break", ["XMRUSDT"]), ("", ["XMRUSDT"]), (None, [])],
)
async def test_symbols_that_do_not_trade_are_found_when_asked_for(
    agent: Agent, status: str | None, found: list[str]
) -> None:
    page = await agent.data(
        "search_symbols", query="XMRUSDT", status=status, format="json", limit=1
    )
    assert [row[0] for row in page["rows"] if row[0] == "XMRUSDT"] == found


async def test_only_a_quote_asset_that_is_meant(agent: Agent) -> None:
    page = await agent.data("search_symbols", query="btc", quote="fdusd", format="json")
    assert [row[0] for row in page["rows"]] == ["BTCFDUSD"]


@pytest.mark.parametrize("symbol", ["BTCUSDT", "pepe/usdt", "币安人生USDT", "XMRUSDT"])
async def test_rules_have_exact_numbers_and_fit_a_small_reply(agent: Agent, symbol: str) -> None:
    result = await agent.result("get_symbol_rules", symbol=symbol)
    rules = await agent.data("get_symbol_rules", symbol=symbol)
    assert len(str(result.content[0].text).encode()) <= 4_000  # type: ignore[union-attr]
    for name in ("price_step", "quantity_step", "min_notional"):
        assert rules[name] == rules[name].rstrip("0") or "." not in rules[name]
        assert "e" not in rules[name].lower()
    assert rules["order_types"]
    assert rules["venue"] == "sim"


async def test_bands_are_not_asked_of_a_venue_that_lacks_them(venue: StillExchange) -> None:
    path = "/api/v3/executionRules"
    before = venue.state()["by_path"].get(path, 0)
    async with Client(server_on(replace(venue.hosts, lacks=frozenset({path})))) as client:
        rules = await Agent(client).data("get_symbol_rules", symbol="BTCUSDT")
    assert "bands" in rules["partial"]
    assert venue.state()["by_path"].get(path, 0) == before


async def test_the_status_says_what_is_used(agent: Agent) -> None:
    await agent.text("get_price", symbols="BTCUSDT")
    status = await agent.data("get_exchange_status")
    assert status["reachable"] is True
    assert 0 < status["weight_used"] <= status["weight_limit"]
    assert status["markets"] == ["spot", "usdm", "coinm"]
    assert "futures_weight_used" not in status
