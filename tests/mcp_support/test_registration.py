"""A method becomes a tool: its docstring the description, its errors the one form."""

import asyncio

import pytest
from fastmcp import Client, FastMCP
from mcp_types import ToolAnnotations

from binance_mcp_server.errors import InputError
from binance_mcp_server.mcp_support.registration import CLOSES, OPENS, add_read_tool

pytestmark = pytest.mark.anyio


class Tools:
    async def wait(self) -> str:
        """Wait for good."""
        return str(await asyncio.Event().wait())

    async def look(self, at: int) -> str:
        """Look at
        something.

        And tell.
        """
        if at < 0:
            raise InputError("Nothing there.", advice="Look up.")
        return f"seen {at}"


async def test_a_method_is_listed_and_called_and_fails_in_form(
    capfd: pytest.CaptureFixture[str],
) -> None:
    server: FastMCP[None] = FastMCP("probe")
    add_read_tool(server, Tools().look, title="Look", toolset="eyes")
    async with Client(server) as client:
        (tool,) = await client.list_tools()
        assert (tool.name, tool.title) == ("look", "Look")
        assert tool.description == "Look at something.\nAnd tell."
        assert tool.annotations is not None
        assert tool.annotations.read_only_hint
        assert (await client.call_tool("look", {"at": 1})).content[0].text == "seen 1"
        failed = await client.call_tool("look", {"at": -1}, raise_on_error=False)
    assert failed.is_error
    assert failed.content[0].text == "error: Nothing there.\nretry: no\ndo: Look up."
    assert "Traceback" not in capfd.readouterr().err


async def test_a_call_that_never_ends_is_ended_and_says_what_to_do() -> None:
    server: FastMCP[None] = FastMCP("probe")
    add_read_tool(server, Tools().wait, title="Wait", toolset="eyes", longest=0)
    async with asyncio.timeout(10), Client(server) as client:
        ended = await client.call_tool("wait", {}, raise_on_error=False)
    assert ended.is_error
    assert "longer than a call may take" in ended.content[0].text
    assert "retry: yes" in ended.content[0].text


@pytest.mark.parametrize("hints", [OPENS, CLOSES])
async def test_a_tool_that_changes_this_server_does_not_pretend_to_read(
    hints: ToolAnnotations,
) -> None:
    server: FastMCP[None] = FastMCP("probe")
    add_read_tool(server, Tools().look, title="Look", toolset="eyes", annotations=hints)
    async with Client(server) as client:
        (tool,) = await client.list_tools()
    assert tool.annotations == hints
    assert hints.read_only_hint is False
    assert hints.destructive_hint is False
