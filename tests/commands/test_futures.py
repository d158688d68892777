"""Futures in the market tools: every reply names its product and its units; what they lack is said before asking."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from fastmcp import Client

from binance_mcp_server.venues import Hosts
from tests.commands import futures
from tests.commands.venue import Agent, cells, facts, is_error_of_the_one_form, server_on
from tests.e2e.processes import Exchange

pytestmark = pytest.mark.anyio

USDM: dict[str, Any] = {"symbol": "btc/usdt", "market": "usdm"}
COINM: dict[str, Any] = {"symbol": "btc/usd", "market": "coinm"}
BOTH = pytest.mark.parametrize("asked", [USDM, COINM], ids=["usdm", "coinm"])
CONTRACTS = "contracts of 100 USD"


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exchange]:
    folder = tmp_path_factory.mktemp("recordings")
    files = futures.usdm(folder), futures.coinm(folder)
    with Exchange("--replay", *files, "--speed", "max", "--hold") as running:
        running.play_to_end()
        yield running


@pytest.fixture
async def agent(exchange: Exchange, anyio_backend: str) -> AsyncIterator[Agent]:
    hosts = Hosts(exchange.rest, "", "")
    async with Client(server_on(hosts)) as client:
        yield Agent(client)


@BOTH
async def test_a_price_names_its_product_and_the_contract(
    agent: Agent, asked: dict[str, str]
) -> None:
    price = await agent.data("get_price", symbols=asked["symbol"], market=asked["market"])
    name = "BTCUSDT" if asked is USDM else "BTCUSD_PERP"
    assert (price["symbol"], price["price"], price["market"]) == (name, "100.1", asked["market"])


async def test_a_price_of_spot_names_no_product(agent: Agent) -> None:
    error = await agent.error("get_price", symbols=["BTCUSDT"])
    assert "Unknown symbol" in error  # nothing of spot was recorded


@BOTH
@pytest.mark.parametrize(
    ("tool", "fact"),
    [
        ("get_order_book", "quantity_unit"),
        ("get_trades", "quantity_unit"),
        ("get_candles", "volume_unit"),
    ],
)
async def test_quantities_of_coinm_are_said_to_be_contracts(
    agent: Agent, asked: dict[str, str], tool: str, fact: str
) -> None:
    said = facts(await agent.text(tool, **asked))
    assert said["market"] == asked["market"]
    assert said.get(fact) in {"contracts", CONTRACTS} if asked is COINM else fact not in said
    await agent.text("search_symbols", query="btc", market=asked["market"])
    said = facts(await agent.text(tool, **asked))  # now that the list is in memory
    assert said.get(fact) == (CONTRACTS if asked is COINM else None)


async def test_a_ticker_of_coinm_has_three_volumes(agent: Agent) -> None:
    table = await agent.data("get_ticker", symbols="btcusd", market="coinm", format="json")
    row = dict(zip(table["columns"], table["rows"][0], strict=True))
    assert (row["volume"], row["quote_volume"]) == ("15", "1500")
    assert 14.9 < float(row["base_volume"]) < 15
    assert table["volume_unit"] == CONTRACTS


async def test_a_ticker_of_usdm_has_the_columns_of_spot_without_bid_and_ask(agent: Agent) -> None:
    given: dict[str, Any] = {"symbols": "btcusdt", "market": "usdm", "format": "json"}
    table = await agent.data("get_ticker", **given)
    row = dict(zip(table["columns"], table["rows"][0], strict=True))
    assert (row["volume"], row["trades"]) == ("1.5", 3)
    every = (await agent.data("get_ticker", columns="all", **given))["columns"]
    assert not {"bid", "ask", "base_volume"} & set(every)


async def test_candles_of_coinm_name_what_is_in_the_base_asset(agent: Agent) -> None:
    table = await agent.data(
        "get_candles", **COINM, interval="1m", limit=1, columns="all", format="json"
    )
    row = dict(zip(table["columns"], table["rows"][0], strict=True))
    assert {"base_volume", "taker_buy_base_volume"} <= set(row)
    assert not {"quote_volume", "taker_buy_quote_volume"} & set(row)
    assert row["volume"] == "15"


async def test_trades_of_coinm_have_a_base_quantity_and_aggregates_none(agent: Agent) -> None:
    trades = await agent.text("get_trades", **COINM, columns="all")
    assert trades.splitlines()[-4] == "id,time,price,quantity,side,base_quantity"
    assert cells(trades)[0][3] == "5"
    assert float(cells(trades)[0][5]) == pytest.approx(5 * 100 / 100.1, abs=1e-6)
    aggregates = await agent.text("get_trades", **COINM, kind="aggregate", columns="all")
    assert "id,time,price,quantity,side,first_id,last_id" in aggregates


@BOTH
async def test_the_latest_trades_have_no_older_ones_and_say_where_to_look(
    agent: Agent, asked: dict[str, str]
) -> None:
    latest = facts(await agent.text("get_trades", **asked, limit=2))
    assert "next" not in latest
    assert "aggregate" in latest["older"]
    back = await agent.data("get_trades", **asked, kind="aggregate", limit=1, format="json")
    assert back["next"]
    older = await agent.data(
        "get_trades", **asked, kind="aggregate", limit=1, format="json", cursor=back["next"]
    )
    assert int(older["rows"][0][0]) == int(back["rows"][0][0]) - 1


@BOTH
async def test_a_book_is_cut_where_it_was_asked_to_be_and_goes_on(
    agent: Agent, asked: dict[str, str]
) -> None:
    first = await agent.text("get_order_book", **asked, limit=7)
    assert len(cells(first)) == 7
    rest = await agent.text("get_order_book", **asked, limit=7, cursor=facts(first)["next"])
    assert cells(rest)[0][1] == "99.3"
    grouped = await agent.text("get_order_book", **asked, limit=3, group=1)
    assert cells(grouped)[1][1] == "99"


@BOTH
@pytest.mark.parametrize(
    ("tool", "arguments", "instead"),
    [
        ("get_trades", {"from_id": 5}, 'kind="aggregate"'),
        ("get_trades", {"kind": "block", "from_id": 0}, 'kind="aggregate"'),
        ("get_trades", {"limit": 1001}, 'kind="aggregate"'),
        ("get_candles", {"interval": "1s"}, "1m"),
        ("get_candles", {"time_zone": "8"}, "time_zone"),
        ("get_average_price", {}, "get_price"),
        ("get_trades", {"columns": ["qty"]}, "Columns are"),
    ],
)
async def test_what_futures_lack_is_an_error_that_names_what_to_use(
    agent: Agent, asked: dict[str, str], tool: str, arguments: dict[str, Any], instead: str
) -> None:
    error = await agent.error(tool, **asked, **arguments)
    assert is_error_of_the_one_form(error)
    assert instead in error


async def test_another_window_than_a_day_is_an_error_that_names_candles(agent: Agent) -> None:
    error = await agent.error("get_ticker", symbols="btcusd", market="coinm", window="7d")
    assert "get_candles" in error


async def test_rules_of_a_contract_say_what_it_is(agent: Agent) -> None:
    rules = await agent.data("get_symbol_rules", **COINM)
    assert (rules["contract_type"], rules["margin_asset"]) == ("PERPETUAL", "BTC")
    assert (rules["quantity_unit"], rules["contract_size"]) == ("contracts", "100 USD")
    assert "delivery" not in rules
    assert rules["quantity_step"] == "1"
    assert "contracts" in rules["rules"]["quantity"]
    assert rules["market"] == "coinm"
    usdm = await agent.data("get_symbol_rules", **USDM)
    assert (usdm["quantity_unit"], usdm["price_step"]) == ("BTC", "0.1")
    assert "contract_size" not in usdm
    assert "{" not in " ".join(usdm["rules"].values())  # none is shown raw


async def test_rules_are_a_resource_too(agent: Agent) -> None:
    (content,) = await agent.client.read_resource("binance://symbols/coinm/btcusd")
    assert json.loads(content.text)["symbol"] == "BTCUSD_PERP"  # type: ignore[union-attr]


async def test_a_search_tells_contracts_apart(agent: Agent) -> None:
    found = await agent.data("search_symbols", query="bitcoin", market="coinm", format="json")
    assert found["columns"] == ["symbol", "base", "quote", "contract_type", "status"]
    assert found["rows"] == [["BTCUSD_PERP", "BTC", "USD", "PERPETUAL", "TRADING"]]
    text = await agent.text("search_symbols", query="btc", market="usdm", columns="all")
    assert cells(text)[0][:7] == [
        "BTCUSDT",
        "BTC",
        "USDT",
        "PERPETUAL",
        "TRADING",
        "BTCUSDT",
        "USDT",
    ]
    assert "SETTLING" in await agent.error(
        "search_symbols", query="x", market="usdm", status="HALT"
    )


async def test_a_scan_of_coinm_ranks_by_dollars_unless_told_otherwise(agent: Agent) -> None:
    text = await agent.text("scan_market", market="coinm")
    assert facts(text)["quote"] == "USD"
    assert cells(text)[0][4] == "1500"
    assert facts(await agent.text("scan_market", market="usdm"))["quote"] == "USDT"
    assert "Nothing is priced" in await agent.error("scan_market", market="coinm", quote="EUR")


async def test_a_cursor_of_one_product_is_none_of_another(agent: Agent) -> None:
    first = await agent.text("get_order_book", **COINM, limit=2)
    error = await agent.error(
        "get_order_book", symbol="BTCUSD_PERP", market="usdm", cursor=facts(first)["next"]
    )
    assert "cursor" in error


async def test_the_status_counts_futures_once_they_were_asked(agent: Agent) -> None:
    before = await agent.data("get_exchange_status")
    assert "futures_weight_used" not in before
    await agent.text("get_order_book", **COINM)
    after = await agent.data("get_exchange_status")
    assert after["futures_weight_used"] >= 2
    assert after["futures_weight_limit"] == 2400
