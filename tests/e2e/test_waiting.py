"""Waiting for the market with a real client, in both eras, over stdio and HTTP: met, in vain, and given up."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastmcp import Client

from tests.e2e.clients import Mode, ask_json, over_http, over_stdio
from tests.e2e.processes import Exchange, HttpServer

pytestmark = pytest.mark.anyio

WAYS: list[tuple[str, Mode]] = [
    ("stdio", "legacy"),
    ("stdio", "auto"),
    ("http", "legacy"),
    ("http", "auto"),
]
FAR = {"symbol": "BTCUSDT", "condition": "price_above", "value": "900000"}
_MOST_ASKS = 2000


@pytest.fixture(scope="module")
def settings(scenario: Exchange, state_dir: Path) -> dict[str, object]:
    return {
        "BINANCE_MCP_REST_URL": scenario.rest,
        "BINANCE_MCP_STREAM_URL": scenario.ready["stream"],
        "BINANCE_MCP_STATE_DIR": state_dir,
    }


@pytest.fixture(scope="module")
def server(settings: dict[str, object]) -> Iterator[HttpServer]:
    with HttpServer(**settings) as started:
        yield started


@pytest.fixture(params=WAYS, ids="-".join)
async def client(
    request: pytest.FixtureRequest,
    server: HttpServer,
    settings: dict[str, object],
    tmp_path: Path,
) -> AsyncIterator[Client[Any]]:
    transport, mode = request.param
    log = tmp_path / "stderr"
    opening = (
        over_stdio(log, settings, mode) if transport == "stdio" else over_http(server.url, mode)
    )
    async with opening as connected:
        yield connected
    said = log.read_text() if transport == "stdio" else server.errors()
    assert "Traceback" not in said


def subscriptions(exchange: Exchange) -> int:
    """Streams that clients of *exchange* have subscribed."""
    count: int = exchange.state()["streams"]["subscriptions"]
    return count


def settles_at(exchange: Exchange, count: int) -> bool:
    """Whether the exchange comes to have *count* subscriptions; bounded by how often it is asked."""
    return any(subscriptions(exchange) == count for _ in range(_MOST_ASKS))


async def test_a_wait_is_met_by_what_happens(client: Client[Any], scenario: Exchange) -> None:
    told = await ask_json(
        client, "wait_for_market", symbol="BTCUSDT", condition="trade_above", value="0.00001"
    )
    assert (told["met"], told["venue"]) == (True, "sim")
    assert int(told["trade_id"]) > 0
    assert await asyncio.to_thread(settles_at, scenario, 0)


async def test_a_wait_in_vain_tells_its_progress_and_ends_at_its_deadline(
    client: Client[Any], scenario: Exchange
) -> None:
    heard: list[str | None] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        heard.append(message)

    arguments: dict[str, Any] = {**FAR, "timeout_seconds": 1}
    result: Any = await client.call_tool("wait_for_market", arguments, progress_handler=hear)
    told = result.structured_content
    assert told["met"] is False
    assert 0 < float(told["seen"]) < 900_000
    assert heard
    assert "waiting for price_above 900000" in str(heard[-1])
    assert await asyncio.to_thread(settles_at, scenario, 0)


async def test_a_wait_that_is_given_up_lets_go_of_its_stream(
    client: Client[Any], scenario: Exchange
) -> None:
    call = client.call_tool("wait_for_market", {**FAR, "timeout_seconds": 600})
    task = asyncio.ensure_future(call)
    assert await asyncio.to_thread(settles_at, scenario, 1)
    task.cancel()
    await asyncio.wait({task}, timeout=10)
    assert await asyncio.to_thread(settles_at, scenario, 0)


async def test_a_subscription_is_read_and_summed_up(client: Client[Any]) -> None:
    opened = await ask_json(client, "subscribe_stream", kind="trade", symbol="btc/usdt")
    page = await ask_json(
        client, "read_stream", id=opened["id"], wait_seconds=20, format="json", limit=1
    )
    summary = await ask_json(client, "summarize_stream", id=opened["id"])
    ended = await ask_json(client, "unsubscribe_stream", id=opened["id"])
    assert len(page["rows"]) == 1
    assert summary["records"] >= 1
    assert ended["dropped"] == 0
