"""One server for both protocol eras, on every transport: each client gets the same market."""

from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from fastmcp import Client
from mcp_types import PromptReference, TextResourceContents

from tests.e2e.clients import Mode, ask, ask_in_vain, over_http, over_stdio
from tests.e2e.processes import Exchange, HttpServer

pytestmark = pytest.mark.anyio

TOKEN = "a-token-made-up-for-this-test"
ERA = {"legacy": "2025-11-25", "auto": "2026-07-28"}
CALLS: dict[str, dict[str, object]] = {
    "get_price": {"symbols": ["BTCUSDT", "eth/usdt"]},
    "get_ticker": {"symbols": ["BTCUSDT"]},
    "get_order_book": {"symbol": "BTCUSDT", "format": "json"},
    "get_candles": {"symbol": "BTCUSDT", "interval": "1m"},
    "get_trades": {"symbol": "BTCUSDT"},
    "get_average_price": {"symbol": "BTCUSDT"},
    "scan_market": {},
    "search_symbols": {"query": "bitcoin"},
    "get_symbol_rules": {"symbol": "BTCUSDT"},
    "get_exchange_status": {},
    "estimate_fill": {"symbol": "BTCUSDT", "side": "buy", "quantity": "0.5"},
    "subscribe_stream": {"kind": "bookTicker", "symbol": "BTCUSDT"},
    "list_streams": {},
    "wait_for_market": {"symbol": "BTCUSDT", "condition": "price_above", "value": 1},
}
OF_A_SUBSCRIPTION = {"read_stream", "summarize_stream", "unsubscribe_stream"}


class Way(NamedTuple):
    """How a client comes to the server."""

    transport: str
    mode: Mode


MODES: tuple[Mode, ...] = ("legacy", "auto")
WAYS = [Way(by, mode) for by in ("stdio", "http", "token") for mode in MODES]


def addresses(scenario: Exchange, state_dir: Path) -> dict[str, object]:
    return {
        "BINANCE_MCP_REST_URL": scenario.rest,
        "BINANCE_MCP_STREAM_URL": scenario.ready["stream"],
        "BINANCE_MCP_STATE_DIR": state_dir,
    }


@pytest.fixture(scope="module")
def servers(scenario: Exchange, state_dir: Path) -> Iterator[dict[str, HttpServer]]:
    """Over HTTP: one open, one that wants a token."""
    settings = addresses(scenario, state_dir)
    with ExitStack() as stack:
        yield {
            "http": stack.enter_context(HttpServer(**settings)),
            "token": stack.enter_context(HttpServer(**settings, BINANCE_MCP_HTTP_TOKEN=TOKEN)),
        }


@pytest.fixture(scope="module", params=WAYS, ids=lambda way: f"{way.transport}-{ERA[way.mode]}")
async def client(
    request: pytest.FixtureRequest,
    scenario: Exchange,
    servers: dict[str, HttpServer],
    state_dir: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Client[Any]]:
    way: Way = request.param
    settings = addresses(scenario, state_dir)
    log = tmp_path_factory.mktemp("log") / "stderr"
    opening = (
        over_stdio(log, settings, way.mode)
        if way.transport == "stdio"
        else over_http(servers[way.transport].url, way.mode, TOKEN if "token" in way else "")
    )
    async with opening as connected:
        assert connected.protocol_version == ERA[way.mode]
        yield connected
    said = log.read_text() if way.transport == "stdio" else servers[way.transport].errors()
    assert "Traceback" not in said


async def test_the_list_of_tools(client: Client[Any]) -> None:
    tools = await client.list_tools()
    assert {tool.name for tool in tools} == set(CALLS) | OF_A_SUBSCRIPTION
    assert all(tool.title and tool.description and tool.annotations for tool in tools)


@pytest.mark.parametrize("tool", CALLS)
async def test_each_tool(client: Client[Any], tool: str) -> None:
    text = await ask(client, tool, **CALLS[tool])
    assert "venue: sim" in text or '"venue":"sim"' in text
    assert "as_of" in text


async def test_resources(client: Client[Any]) -> None:
    assert '"reachable":true' in await read(client, "binance://status")
    assert '"price_step":"0.01"' in await read(client, "binance://symbols/spot/BTCUSDT")
    templates = {each.uri_template for each in await client.list_resource_templates()}
    assert templates == {
        "binance://symbols/{market}/{symbol}",
        "binance://streams/{id}",
        "binance://books/{market}/{symbol}",
    }


async def test_prompts(client: Client[Any]) -> None:
    names = {prompt.name for prompt in await client.list_prompts()}
    assert names == {"market_brief", "compare_symbols", "read_order_book"}
    prompt: Any = await client.get_prompt("read_order_book", {"symbol": "BTCUSDT"})
    assert "BTCUSDT" in prompt.messages[0].content.text


async def test_completion_of_symbols(client: Client[Any]) -> None:
    await ask(client, "search_symbols", query="btc")  # symbols are known from here on
    reference = PromptReference(name="read_order_book")
    found = await client.complete(reference, {"name": "symbol", "value": "btcu"})
    assert "BTCUSDT" in found.values


async def test_an_error_is_a_tool_error_of_one_form(client: Client[Any]) -> None:
    lines = (await ask_in_vain(client, "get_price", symbols=["BTCUSDD"])).splitlines()
    assert [line.split(": ")[0] for line in lines] == ["error", "retry", "do"]
    assert "BTCUSDT" in lines[-1]


async def test_a_tool_that_does_not_exist(client: Client[Any]) -> None:
    text = await ask_in_vain(client, "place_order")
    assert text.startswith("error: ")
    assert "list of tools" in text


async def read(client: Client[Any], address: str) -> str:
    """A resource's text."""
    (content,) = await client.read_resource(address)
    assert isinstance(content, TextResourceContents)
    return content.text
