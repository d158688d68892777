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

WEIGHT = 120
BAN_SECONDS = 300


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


async def test_concurrent_callers_never_pass_the_limit(
    exchange: Exchange, pair: list[Client[Any]]
) -> None:
    """They want more than two windows hold: some are served, now or in the next one, the rest are told when."""
    exchange.post("limits", {"REQUEST_WEIGHT": WEIGHT})
    for client in pair:
        await ask(client, "search_symbols", query="btc")  # says what the limits are
    replies: list[tuple[bool, str]] = []

    async def want(client: Client[Any], levels: int) -> None:
        # weight 5 each
        replies.append(await outcome(client, "get_order_book", symbol="BTCUSDT", limit=levels))

    async with anyio.create_task_group() as group:
        for levels, client in zip(range(1, 81), cycle(pair), strict=False):
            group.start_soon(want, client, levels)
    state = exchange.state()
    assert (state["refused_429"], state["refused_418"]) == (0, 0)
    assert set(state["by_status"]) == {"200"}
    served = [text for failed, text in replies if not failed]
    told = [text for failed, text in replies if failed]
    assert len(served) >= (WEIGHT - 40 - 10) // 5
    assert told
    assert all("retry: yes, after" in text for text in told)


async def test_after_a_ban_no_request_leaves_from_any_process(
    exchange: Exchange, pair: list[Client[Any]], settings: dict[str, object], tmp_path: Path
) -> None:
    for client in pair:
        await ask(client, "get_price", symbols=["BTCUSDT"])
    exchange.post(
        "respond",
        {
            "path": "/api/v3/depth",
            "status": 418,
            "headers": {"Retry-After": str(BAN_SECONDS)},
            "body": '{"code":-1003,"msg":"Way too much request weight used; IP banned."}',
        },
    )
    banned = await ask_in_vain(pair[0], "get_order_book", symbol="BTCUSDT")
    assert "418" in banned
    sent = exchange.state()["requests"]
    for client in pair:
        await refused_while_banned(client)
    async with over_stdio(tmp_path / "restarted", settings) as restarted:
        await refused_while_banned(restarted)
    assert exchange.state()["requests"] == sent


async def refused_while_banned(client: Client[Any]) -> None:
    """Every tool says for how long; the status still answers, from memory."""
    for tool, arguments in (
        ("get_price", {"symbols": ["ETHUSDT"]}),
        ("get_order_book", {"symbol": "BTCUSDT"}),
        ("scan_market", {}),
    ):
        text = await ask_in_vain(client, tool, **arguments)
        seconds = int(text.split("retry: yes, after ")[1].split(" s")[0])
        assert BAN_SECONDS - 60 < seconds <= BAN_SECONDS + 5
    assert "banned_until" in await ask(client, "get_exchange_status")
