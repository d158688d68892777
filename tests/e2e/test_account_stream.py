"""An account's events through exchange, sockets, server and an MCP client of both eras: a stream like any other."""

from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from fastmcp import Client

from tests.commands.orders.trader import Trader
from tests.e2e.clients import Mode, ask_in_vain, ask_json, over_stdio
from tests.e2e.processes import Exchange
from tests.e2e.test_eras import read

pytestmark = pytest.mark.anyio

MODES: tuple[Mode, ...] = ("legacy", "auto")
names = count(1)


@pytest.fixture
def trader(scenario: Exchange) -> Trader:
    balances = {"USDT": "100000", "BTC": "5"}
    return Trader(scenario.rest, f"streamed {next(names)}".replace(" ", "-"), balances=balances)


@pytest.fixture(params=MODES)
async def client(
    request: pytest.FixtureRequest, scenario: Exchange, trader: Trader, tmp_path: Path
) -> AsyncIterator[Client[Any]]:
    settings = {
        "BINANCE_MCP_REST_URL": scenario.rest,
        "BINANCE_MCP_STREAM_URL": scenario.ready["stream"],
        "BINANCE_MCP_STATE_DIR": tmp_path / "state",
        "BINANCE_API_KEY": trader.api_key,
        "BINANCE_API_SECRET": trader.secret,
    }
    log = tmp_path / "stderr"
    async with over_stdio(log, settings, request.param) as connected:
        yield connected
    said = log.read_text()
    assert "Traceback" not in said
    assert trader.secret not in said
    assert trader.api_key not in said


async def rows_until(client: Client[Any], id: str, **wanted: str) -> list[dict[str, Any]]:
    """Rows of the stream, at least to one that is as *wanted*."""
    found: list[dict[str, Any]] = []
    cursor = None
    for _ in range(20):
        page = await ask_json(
            client, "read_stream", id=id, cursor=cursor, format="json", columns="all",
            wait_seconds=5,
        )  # fmt: skip
        cursor = page["next"]
        found += [dict(zip(page["columns"], row, strict=True)) for row in page["rows"]]
        if any(wanted.items() <= row.items() for row in found):
            return found
    raise AssertionError(f"no {wanted} in {found}")


async def test_orders_and_balances_are_read_like_any_stream(
    client: Client[Any], trader: Trader
) -> None:
    opened = await ask_json(client, "subscribe_stream", kind="account")
    assert (opened["kind"], opened["stream"], opened["state"]) == ("account", "account", "live")
    bought = trader.order("BUY", quantity="0.02", newClientOrderId="bought")
    rows = await rows_until(client, opened["id"], event="balances")
    fills = [row for row in rows if row["event"] == "trade"]
    assert {row["client_order_id"] for row in fills} == {"bought"}
    assert [row["trade_id"] for row in fills] == [str(it["tradeId"]) for it in bought["fills"]]
    assert (fills[-1]["status"], fills[-1]["executed"]) == ("FILLED", "0.02")
    assert "BTC:5.0" in rows[-1]["balances"]
    listed = await ask_json(client, "list_streams", format="json", columns="all")
    assert [row[listed["columns"].index("kind")] for row in listed["rows"]] == ["account"]
    seen = await read(client, f"binance://streams/{opened['id']}")
    assert '"bought"' in seen
    summary = await ask_json(client, "summarize_stream", id=opened["id"])
    assert summary["records"] >= len(rows)
    assert summary["dropped"] == 0
    closed = await ask_json(client, "unsubscribe_stream", id=opened["id"])
    assert closed["received"] >= len(rows)


async def test_what_was_lost_is_marked_as_reconciled(
    client: Client[Any], trader: Trader, scenario: Exchange
) -> None:
    opened = await ask_json(client, "subscribe_stream", kind="account")
    trader.order("SELL", quantity="0.01", newClientOrderId="before")
    await rows_until(client, opened["id"], event="balances")
    fault = {"kind": "user_stream", "then": "cut", "every": 1, "times": 1, "account": trader.name}
    scenario.post("faults", {"faults": [fault]})
    trader.order("SELL", quantity="0.01", newClientOrderId="meanwhile")
    rows = await rows_until(client, opened["id"], client_order_id="meanwhile", status="FILLED")
    late = [row for row in rows if row["client_order_id"] == "meanwhile"]
    assert {row["reconciled"] for row in late} == {True}
    assert next(row["event"] for row in late) == "new"
    assert late[-1]["executed"] == "0.01"


async def test_it_has_no_symbol_and_is_spot(client: Client[Any]) -> None:
    text = await ask_in_vain(client, "subscribe_stream", kind="account", symbol="BTCUSDT")
    assert "Leave symbol out" in text
    text = await ask_in_vain(client, "subscribe_stream", kind="account", market="usdm")
    assert "no stream of kind" in text


async def test_without_a_key_there_is_no_account(scenario: Exchange, tmp_path: Path) -> None:
    settings = {
        "BINANCE_MCP_REST_URL": scenario.rest,
        "BINANCE_MCP_STREAM_URL": scenario.ready["stream"],
        "BINANCE_MCP_STATE_DIR": tmp_path / "state",
    }
    async with over_stdio(tmp_path / "stderr", settings) as client:
        text = await ask_in_vain(client, "subscribe_stream", kind="account")
    assert "no account here" in text
