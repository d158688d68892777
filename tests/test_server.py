"""What a client sees of the server before it asks anything about a market, and what assembly leaves out."""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any

import msgspec
import pytest
from fastmcp import Client
from mcp.shared.exceptions import MCPError
from mcp_types import PromptReference
from starlette.testclient import TestClient

from binance_mcp_server.access.secrets import Secret
from binance_mcp_server.server import build_server
from binance_mcp_server.settings import HttpSettings, Settings, load_settings
from tests.commands.venue import (
    Agent,
    StillExchange,
    is_error_of_the_one_form,
    server_on,
)

pytestmark = pytest.mark.anyio
MARKET_DATA = {
    *("get_price", "get_ticker", "get_order_book", "get_candles", "get_trades"),
    *("get_average_price", "scan_market", "estimate_fill"),
}
MARKET_INFO = {"search_symbols", "get_symbol_rules", "get_exchange_status"}
WEBSOCKET_STREAMS = {
    *("subscribe_stream", "read_stream", "list_streams", "unsubscribe_stream"),
    *("summarize_stream", "wait_for_market"),
}
CHANGE_THIS_SERVER = {"subscribe_stream": False, "unsubscribe_stream": True}
"""Tools that make or end something here, though nothing at the venue; and whether doing it again changes nothing."""
WITHOUT_MARKET = {
    *("get_exchange_status", "read_stream", "list_streams", "unsubscribe_stream"),
    "summarize_stream",
}
TABLE_ARGUMENTS = {"format", "columns", "limit", "cursor", "max_bytes"}


@pytest.fixture(scope="module")
def venue() -> Iterator[StillExchange]:
    with StillExchange() as exchange:
        yield exchange


@pytest.fixture
async def agent(venue: StillExchange, anyio_backend: str) -> AsyncIterator[Agent]:
    async with Client(server_on(venue.hosts)) as client:
        yield Agent(client)


async def test_the_tools_are_those_of_the_design(agent: Agent) -> None:
    tools = {tool.name: tool for tool in await agent.client.list_tools()}
    assert set(tools) == MARKET_DATA | MARKET_INFO | WEBSOCKET_STREAMS
    for name, tool in tools.items():
        assert len(name) <= 40
        assert tool.title
        assert len(tool.description or "") > 30
        hints = tool.annotations
        assert hints is not None
        assert hints.read_only_hint is (name not in CHANGE_THIS_SERVER)
        assert hints.destructive_hint is False
        assert hints.idempotent_hint is CHANGE_THIS_SERVER.get(name, True)
        assert hints.open_world_hint is (name != "unsubscribe_stream")


async def test_every_tool_about_a_symbol_takes_a_market_and_every_table_its_arguments(
    agent: Agent,
) -> None:
    for tool in await agent.client.list_tools():
        arguments = tool.input_schema["properties"]
        if tool.name not in WITHOUT_MARKET:
            assert arguments["market"]["default"] == "spot"
            assert arguments["market"]["enum"] == ["spot", "usdm", "coinm"]
        if tool.output_schema is None:
            assert arguments.keys() >= TABLE_ARGUMENTS
        assert all({"description", "default", "enum"} & set(each) for each in arguments.values())


async def test_lists_are_small(agent: Agent) -> None:
    listed = await agent.client.list_tools_mcp()
    assert len(listed.model_dump_json(by_alias=True, exclude_none=True).encode()) < 24_000
    instructions = agent.client.instructions or ""
    assert 200 < len(instructions.encode()) < 2_000
    assert "venue=sim" in instructions


@pytest.mark.parametrize(
    ("toolsets", "names"),
    [
        ("market_data", MARKET_DATA),
        ("market_info", MARKET_INFO),
        ("websocket_streams", WEBSOCKET_STREAMS),
    ],
)
async def test_toolsets_narrow_the_list(toolsets: str, names: set[str]) -> None:
    async with Client(build_server(load_settings({"toolsets": toolsets}, {}))) as client:
        assert {tool.name for tool in await client.list_tools()} == names


async def test_read_only_lists_all_that_changes_nothing_at_the_venue() -> None:
    settings = load_settings({"read_only": True}, {})
    async with Client(build_server(settings)) as client:
        names = {tool.name for tool in await client.list_tools()}
    assert names == MARKET_DATA | MARKET_INFO | WEBSOCKET_STREAMS


async def test_nothing_is_asked_of_the_venue_before_a_tool_is_called(venue: StillExchange) -> None:
    before = venue.state()["requests"]
    async with Client(server_on(venue.hosts)) as client:
        await client.list_tools()
        await client.list_prompts()
        await client.list_resources()
        await client.list_resource_templates()
    assert venue.state()["requests"] == before


async def test_a_server_can_be_opened_again(venue: StillExchange) -> None:
    server = server_on(venue.hosts)
    for _ in range(2):
        async with Client(server) as client:
            await Agent(client).text("get_price", symbols=["BTCUSDT"])


async def test_resources_are_the_status_and_the_rules(agent: Agent) -> None:
    status = await read(agent, "binance://status")
    assert (status["venue"], status["reachable"]) == ("sim", True)
    rules = await read(agent, "binance://symbols/spot/BTCUSDT")
    assert (rules["symbol"], rules["price_step"], rules["venue"]) == ("BTCUSDT", "0.01", "sim")
    chinese = await read(agent, "binance://symbols/spot/%E5%B8%81%E5%AE%89%E4%BA%BA%E7%94%9FUSDT")
    assert chinese["symbol"] == "币安人生USDT"


async def read(agent: Agent, uri: str) -> dict[str, Any]:
    (content,) = await agent.client.read_resource(uri)
    assert content.mime_type == "application/json"
    data: dict[str, Any] = msgspec.json.decode(content.text)  # type: ignore[union-attr]
    return data


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("binance://symbols/moon/BTCUSDT", "no such market"),
        ("binance://symbols/usdm/BTCUSDT", "on sim usdm"),
        ("binance://symbols/spot/BTCUSDD", "Did you mean"),
        ("binance://symbols/spot/BTC%E2%80%AEUSDT", "U+202E"),
    ],
)
async def test_a_resource_that_cannot_be_read_says_why_in_the_one_form(
    agent: Agent, uri: str, words: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(MCPError) as caught:
        await agent.client.read_resource(uri)
    assert is_error_of_the_one_form(caught.value.error.message)
    assert words in caught.value.error.message
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize("uri", ["binance://moon", "binance://symbols/spot/..%2f..%2fetc"])
async def test_a_resource_that_is_not_there_is_not_found(agent: Agent, uri: str) -> None:
    with pytest.raises(MCPError, match="not found"):
        await agent.client.read_resource(uri)


async def test_prompts_name_their_tools_and_arguments(agent: Agent) -> None:
    prompts = {prompt.name: prompt for prompt in await agent.client.list_prompts()}
    assert set(prompts) == {"market_brief", "compare_symbols", "read_order_book"}
    assert all(prompt.title and prompt.description for prompt in prompts.values())
    for name, arguments, tool in (
        ("market_brief", {"quote": "BTC"}, "quote=BTC"),
        ("compare_symbols", {"symbols": "BTCUSDT, ETHUSDT"}, "get_ticker"),
        ("read_order_book", {"symbol": "BTCUSDT"}, "get_order_book"),
    ):
        (message,) = (await agent.client.get_prompt(name, arguments)).messages
        assert tool in message.content.text  # type: ignore[union-attr]


async def test_arguments_are_completed_from_memory(agent: Agent) -> None:
    prompt = PromptReference(type="ref/prompt", name="read_order_book")

    async def completed(name: str, value: str) -> list[str]:
        return list((await agent.client.complete(prompt, {"name": name, "value": value})).values)

    assert await completed("symbol", "BT") == []
    await agent.text("search_symbols", query="btc")
    assert await completed("symbol", "bt") == ["BTCUSDT", "BTCFDUSD"]
    assert await completed("symbol", "\u202e") == []
    assert await completed("market", "u") == ["usdm"]
    assert await completed("window", "2") == []


@pytest.mark.parametrize("token", [None, "hunter2"])
def test_http_serves_health_to_all_and_the_rest_to_whoever_has_the_token(token: str | None) -> None:
    secret = Secret(token) if token else None
    settings = Settings(venue="sim", http=HttpSettings("127.0.0.1", 8000, secret))
    app = build_server(settings).http_app()
    with TestClient(app, base_url="http://127.0.0.1:8000") as http:
        health = http.get("/health")
        assert (health.status_code, health.json()["status"]) == (200, "ok")
        anonymous = http.post("/mcp", json={})
        assert (anonymous.status_code == 401) == (token is not None)
        wrong = http.post("/mcp", json={}, headers={"Authorization": "Bearer hunter3"})
        assert (wrong.status_code == 401) == (token is not None)
        assert "hunter2" not in anonymous.text + wrong.text + health.text
        if token:
            right = http.post("/mcp", json={}, headers={"Authorization": "Bearer hunter2"})
            assert right.status_code != 401


ACCOUNT = {
    *("get_account", "get_open_orders", "get_order_history", "get_fills", "get_order"),
    "get_trading_status",
}
TRADING = {
    *("preview_order", "preview_order_list", "place_order", "cancel_order", "cancel_all_orders"),
    *("replace_order", "amend_order", "stop_trading"),
}
LOOKS_AT_THE_VENUE = {"preview_order", "preview_order_list"}


async def test_with_everything_on_the_list_stays_small_and_says_what_each_tool_does() -> None:
    """Fewer than 45 tools, less than 30 kB; and instructions that fit."""
    settings = load_settings({"venue": "sim", "enable_trading": "sim"}, {})
    async with Client(build_server(settings)) as client:
        tools = {tool.name: tool for tool in await client.list_tools()}
        assert len((client.instructions or "").encode()) < 2_000
    public = MARKET_DATA | MARKET_INFO | WEBSOCKET_STREAMS
    assert set(tools) == public | ACCOUNT | TRADING
    listed = [
        tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in tools.values()
    ]
    assert len(msgspec.json.encode({"tools": listed})) < 30_000
    for name in ACCOUNT | TRADING:
        tool = tools[name]
        assert tool.title
        assert len(tool.description or "") > 30
        assert tool.annotations is not None
        assert tool.annotations.read_only_hint is (name in ACCOUNT)
        if name in TRADING:
            assert tool.annotations.destructive_hint is (name not in LOOKS_AT_THE_VENUE)


async def test_without_an_account_nothing_of_trading_is_loaded() -> None:
    """Start-up is a feature: most servers have no key."""
    code = (
        "import sys; from binance_mcp_server.server import build_server;"
        "from binance_mcp_server.settings import load_settings;"
        "build_server(load_settings({}, {}));"
        "print([m for m in sys.modules if m.endswith(('commands.trading', 'trading.desk', 'signed'))])"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    assert out.decode().strip() == "[]"
