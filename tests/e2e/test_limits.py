"""The venue's limits through two server processes of one user: never passed, a ban never answered with a request."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from itertools import cycle
from pathlib import Path
from typing import Any

import anyio
import pytest
from fastmcp import Client

from tests.e2e.clients import ask, ask_in_vain, outcome, over_stdio
from tests.e2e.processes import Exchange

pytestmark = pytest.mark.anyio

SECONDS = 300
"""How long a programmed refusal asks us to stay away."""
CALLS = 80


@pytest.fixture
def exchange() -> Iterator[Exchange]:
    """One whose counters belong to the test."""
    with Exchange() as started:
        yield started


@pytest.fixture
def settings(exchange: Exchange, tmp_path: Path) -> dict[str, object]:
    return {"BINANCE_MCP_REST_URL": exchange.rest, "BINANCE_MCP_STATE_DIR": tmp_path / "state"}


@pytest.fixture
async def pair(settings: dict[str, object], tmp_path: Path) -> AsyncIterator[list[Client[Any]]]:
    """Clients of two processes that share a state directory."""
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(over_stdio(tmp_path / name, settings))
            for name in ("one", "two")
        ]


@pytest.mark.parametrize(
    ("limit", "value", "at_least"), [("REQUEST_WEIGHT", 120, 14), ("RAW_REQUESTS", 30, 24)]
)
async def test_concurrent_callers_never_pass_the_limit(
    exchange: Exchange, pair: list[Client[Any]], limit: str, value: int, at_least: int
) -> None:
    """They want more than two windows hold: some are served, now or in the next one, the rest are told when."""
    exchange.post("limits", {limit: value})
    for client in pair:
        await ask(client, "search_symbols", query="btc")  # weight 20; says what the limits are
    replies: list[tuple[bool, str]] = []

    async def want(client: Client[Any], levels: int) -> None:  # weight 5
        replies.append(await outcome(client, "get_order_book", symbol="BTCUSDT", limit=levels))

    async with anyio.create_task_group() as group:
        for levels, client in zip(range(1, CALLS + 1), cycle(pair), strict=False):
            group.start_soon(want, client, levels)
    assert set(exchange.state()["by_status"]) == {"200"}
    told = [text for failed, text in replies if failed]
    assert len(replies) - len(told) >= at_least
    assert told
    assert all("retry: yes, after" in text for text in told)


@pytest.mark.parametrize(("status", "fact"), [(418, "banned_until"), (429, "paused_until")])
async def test_after_a_refusal_no_request_leaves_from_any_process(
    exchange: Exchange,
    pair: list[Client[Any]],
    settings: dict[str, object],
    tmp_path: Path,
    status: int,
    fact: str,
) -> None:
    """Neither from the process that was refused, nor from its neighbour, nor from one that starts later."""
    for client in pair:
        await ask(client, "get_price", symbols=["BTCUSDT"])
    refuse_depth(exchange, status)
    refused = await ask_in_vain(pair[0], "get_order_book", symbol="BTCUSDT")
    assert str(status) in refused
    sent = exchange.state()["requests"]
    for client in pair:
        await stays_away(client, fact)
    async with over_stdio(tmp_path / "restarted", settings) as restarted:
        await stays_away(restarted, fact)
    assert exchange.state()["requests"] == sent


def refuse_depth(exchange: Exchange, status: int) -> None:
    exchange.post(
        "respond",
        {
            "path": "/api/v3/depth",
            "status": status,
            "headers": {"Retry-After": str(SECONDS)},
            "body": '{"code":-1003,"msg":"Too much request weight used."}',
        },
    )


async def stays_away(client: Client[Any], fact: str) -> None:
    """Every tool says for how long; the status still answers, from memory."""
    calls: list[tuple[str, dict[str, object]]] = [
        ("get_price", {"symbols": ["ETHUSDT"]}),
        ("get_order_book", {"symbol": "BTCUSDT"}),
        ("scan_market", {}),
    ]
    for tool, arguments in calls:
        text = await ask_in_vain(client, tool, **arguments)
        seconds = int(text.split("retry: yes, after ")[1].split(" s")[0])
        assert SECONDS - 60 < seconds <= SECONDS + 5
    assert fact in await ask(client, "get_exchange_status")
