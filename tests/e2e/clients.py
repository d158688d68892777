"""A real MCP client around our server, and its replies as a reader takes them."""

import csv
import sys
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal, NamedTuple

from fastmcp import Client
from fastmcp.client.elicitation import ElicitationHandler
from fastmcp.client.messages import MessageHandler
from fastmcp.client.transports import ClientTransport, StdioTransport, StreamableHttpTransport

from tests.e2e.processes import environment

Mode = Literal["auto", "legacy"]
MOST_BYTES = 4_000_000
_EPOCH = datetime.fromisoformat("1970-01-01T00:00Z")


def over_stdio(
    log: Path,
    settings: Mapping[str, object],
    mode: Mode = "auto",
    heard: MessageHandler | None = None,
    *arguments: str,
    person: ElicitationHandler | None = None,
) -> AbstractAsyncContextManager[Client[Any]]:
    """A client of its own server process, whose stderr goes to *log*; notifications go to *heard*. *person* answers
    forms; *arguments* are further ones of ``serve``."""
    transport = StdioTransport(
        command=sys.executable,
        args=["-m", "binance_mcp_server", "serve", "--venue", "sim", *arguments],
        env=environment(**settings),
        keep_alive=False,
        log_file=log,
    )
    return _client(transport, mode, heard, person)


def _client(
    transport: ClientTransport,
    mode: Mode,
    heard: MessageHandler | None,
    person: ElicitationHandler | None,
) -> Client[Any]:
    return Client(
        transport, mode=mode, timeout=60, message_handler=heard, elicitation_handler=person
    )


def over_http(
    url: str,
    mode: Mode = "auto",
    token: str = "",
    heard: MessageHandler | None = None,
    person: ElicitationHandler | None = None,
) -> AbstractAsyncContextManager[Client[Any]]:
    """A client of the server at *url*; *person* answers forms."""
    headers = {"Authorization": f"Bearer {token}"} if token else None
    transport = StreamableHttpTransport(f"{url}/mcp", headers=headers)
    return _client(transport, mode, heard, person)


async def outcome(client: Client[Any], tool: str, **arguments: object) -> tuple[bool, str]:
    """Whether a call fails, and what a model reads of it."""
    result: Any = await client.call_tool(tool, arguments, raise_on_error=False)
    (block,) = result.content
    return result.is_error, block.text


async def ask(client: Client[Any], tool: str, **arguments: object) -> str:
    """What a model reads of a call that succeeds."""
    failed, text = await outcome(client, tool, **arguments)
    assert not failed, text
    return text


async def ask_json(client: Client[Any], tool: str, **arguments: object) -> dict[str, Any]:
    """The object that a call returns."""
    result = await client.call_tool(tool, arguments, raise_on_error=False)
    assert not result.is_error, result.content
    content = result.structured_content
    assert content is not None
    return content


async def ask_in_vain(client: Client[Any], tool: str, **arguments: object) -> str:
    """What a model reads of a call that fails."""
    failed, text = await outcome(client, tool, **arguments)
    assert failed, text
    return text


async def every_row(client: Client[Any], tool: str, **arguments: object) -> list[list[Any]]:
    """The rows of a table from its start to its end, by its ``next``."""
    rows: list[list[Any]] = []
    cursor = None
    while True:
        page = await ask_json(client, tool, format="json", cursor=cursor, **arguments)
        rows += page["rows"]
        cursor = page["next"]
        if cursor is None:
            return rows


class Reading(NamedTuple):
    """A table reply in text."""

    facts: dict[str, str]
    columns: list[str]
    rows: list[list[str]]


def read_table(text: str) -> Reading:
    """``key: value`` lines, then CSV."""
    lines = text.splitlines()
    begin = next(number for number, line in enumerate(lines) if ": " not in line)
    facts = dict(line.split(": ", 1) for line in lines[:begin])
    columns, *rows = csv.reader(lines[begin:])
    return Reading(facts, columns, rows)


def milliseconds(text: str) -> int:
    """An ISO time of a reply, exactly."""
    return (datetime.fromisoformat(text) - _EPOCH) // timedelta(milliseconds=1)
