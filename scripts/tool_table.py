"""Writes docs/tools.md from what the server lists to a client: titles, descriptions, arguments, bytes."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fastmcp import Client

from binance_mcp_server.server import build_server
from binance_mcp_server.settings import SIGNED_TOOLSETS, TOOLSETS, load_settings

PAGE = Path(__file__).resolve().parents[1] / "docs" / "tools.md"
HEAD = """\
# Tools

Written by `make docs` from what the server lists to a client; change the code, not this page.
Tools of [`account`](#account) are listed where there is an account to read, those of [`trading`](#trading) where the
owner lets tools trade ([trading](trading.md)); no other tool changes anything at the venue. How numbers are written:
[exact numbers](why/exact-numbers.md). How tables, budgets and cursors work: [tables](why/tables-not-json.md); what a
stream lacks: [gaps](why/gaps-are-facts.md).
A dash: the tool decides when the argument is left out.
"""

Tool = dict[str, Any]
Schema = dict[str, Any]


async def listed() -> list[Tool]:
    """The tools as ``tools/list`` sends them, with everything on, each with its ``toolset``. No network is touched."""
    found = []
    for toolset in TOOLSETS:
        flags = {"venue": "sim", "enable_trading": "sim", "toolsets": toolset}
        async with Client(build_server(load_settings(flags, {}))) as client:
            tools = await client.list_tools()
        sent = (each.model_dump(mode="json", by_alias=True, exclude_none=True) for each in tools)
        found += [{**tool, "toolset": toolset} for tool in sent]
    return found


def page(tools: Sequence[Tool]) -> str:
    """The whole of docs/tools.md."""
    parts = [HEAD]
    for toolset in TOOLSETS:
        parts.append(f"## `{toolset}`\n")
        parts += [section(tool) for tool in tools if tool["toolset"] == toolset]
    return "\n".join([*parts, sizes(tools)])


def section(tool: Tool) -> str:
    """One tool: what a model reads of it."""
    text = f"### {tool['name']}\n\n**{tool['title']}.** {tool['description']}\n\n{reply(tool)}\n"
    arguments: dict[str, Schema] = tool["inputSchema"].get("properties", {})
    if not arguments:
        return f"{text}\nNo arguments.\n"
    needed = tool["inputSchema"].get("required", [])
    rows = [
        (
            f"`{name}`",
            kind(schema),
            "**needed**" if name in needed else default(schema),
            schema.get("description", ""),
        )
        for name, schema in arguments.items()
    ]
    return f"{text}\n{table(('argument', 'type', 'default', 'meaning'), rows)}"


def reply(tool: Tool) -> str:
    """What comes back, as far as the tool publishes it."""
    schema: Schema | None = tool.get("outputSchema")
    if schema is None and "format" not in tool["inputSchema"]["properties"]:
        return "Reply: one object."
    if schema is None:
        return 'Reply: facts and a table; one object with `format="json"`.'
    names = ", ".join(f"`{name}`" for name in schema["properties"])
    return f"Reply: one object: {names} and others, as far as they apply."


def kind(schema: Schema) -> str:
    """A JSON schema's type in few words."""
    if "anyOf" in schema:
        kinds = (kind(each) for each in schema["anyOf"] if each.get("type") != "null")
        return " or ".join(dict.fromkeys(kinds))
    if "enum" in schema:
        return " or ".join(f"`{json.dumps(value)}`" for value in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {kind(schema.get('items', {}))}{_bounds(schema, 'minItems', 'maxItems')}"
    return f"{schema.get('type', 'any')}{_bounds(schema, 'minimum', 'maximum')}"


def _bounds(schema: Schema, least: str, most: str) -> str:
    found = [f"{schema[bound]:,}" for bound in (least, most) if bound in schema]
    return f" ({' to '.join(found)})" if found else ""


def default(schema: Schema) -> str:
    """What is taken when the argument is left out; a dash for nothing."""
    value = schema.get("default")
    return "–" if value is None else f"`{json.dumps(value)}`"


def sizes(tools: Sequence[Tool]) -> str:
    """Bytes of each tool in ``tools/list`` and of all."""
    sent = [{name: value for name, value in tool.items() if name != "toolset"} for tool in tools]
    rows = [(f"`{tool['name']}`", f"{len(compact(tool)):,}") for tool in sent]
    public = [tool for tool, listed in zip(sent, tools, strict=True) if is_public(listed)]
    for title, some in (("without an account", public), ("all", sent)):
        size = len(compact({"tools": some}))
        rows.append((f"**{title}: {len(some)}**", f"**{size:,}**"))
    return (
        "## Bytes of `tools/list`\n\nAs compact JSON, UTF-8; a client pays for them in every conversation.\n\n"
        f"{table(('tool', 'bytes'), rows)}"
    )


def is_public(tool: Tool) -> bool:
    """Whether it is listed without a key."""
    return tool["toolset"] not in SIGNED_TOOLSETS


def compact(value: object) -> bytes:
    """*value* as it travels."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; bars in cells are escaped."""
    lines = [head, ("---",) * len(head), *rows]
    return "".join(
        f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |\n" for line in lines
    )


def main() -> None:
    """Write the page."""
    tools = asyncio.run(listed())
    PAGE.write_text(page(tools), encoding="utf-8")
    print(f"{PAGE.name}: {len(tools)} tools")


if __name__ == "__main__":
    main()
