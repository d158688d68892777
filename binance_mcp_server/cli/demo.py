"""``demo``: the main job shown, offline: an exchange, a server over stdio, and a real MCP client between them."""

import argparse
import asyncio
import json
import sys
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import wrap
from typing import Any

from fastmcp import Client
from fastmcp.client.transports import StdioTransport
from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from binance_mcp_server.cli.chart import draw
from binance_mcp_server.cli.sim import SimVenue
from binance_mcp_server.market.times import format_time
from binance_mcp_server.settings import child_environment

SHOWN_LINES = 16
WIDTH = 94
"""Characters of a reply in one line of the terminal."""
REPLAY_WITHIN = 45.0
"""Seconds that a recording may take to play."""


@dataclass(slots=True)
class Call:
    """One call as the client saw it."""

    tool: str
    arguments: dict[str, Any]
    text: str
    milliseconds: float
    failed: bool

    @property
    def size(self) -> int:
        return len(self.text.encode())


@dataclass(slots=True)
class Story:
    """The demo's own memory: what was called, and where to show it."""

    client: Client[Any]
    console: Console
    calls: list[Call] = field(default_factory=list)

    async def call(self, tool: str, **arguments: Any) -> Call:
        """Call *tool*, show what a model reads, remember what it cost."""
        began = time.perf_counter()
        result = await self.client.call_tool(tool, arguments, raise_on_error=False)
        took = (time.perf_counter() - began) * 1000
        text = "\n".join(getattr(block, "text", "") for block in result.content)
        call = Call(tool, arguments, text, took, bool(result.is_error))
        self.calls.append(call)
        self._show(call)
        return call

    def _show(self, call: Call) -> None:
        # As the model reads it; a long JSON line is wrapped for the eye alone.
        lines = [
            part
            for line in call.text.splitlines()
            for part in wrap(line, WIDTH, break_on_hyphens=False) or [""]
        ]
        shown = lines[:SHOWN_LINES]
        if len(lines) > SHOWN_LINES:
            shown.append(f"… {len(lines) - SHOWN_LINES} more lines")
        asked = ", ".join(f"{name}={value!r}" for name, value in call.arguments.items())
        self.console.print(
            Panel(
                Text("\n".join(shown), overflow="ellipsis", no_wrap=True),
                title=f"{call.tool}({asked})",
                title_align="left",
                subtitle=f"{call.size:,} bytes, {call.milliseconds:.1f} ms",
                subtitle_align="right",
                border_style="red" if call.failed else "cyan",
            )
        )


def demo(options: argparse.Namespace) -> int:
    """Run the story; returns the exit code."""
    return asyncio.run(_demo(tuple(options.replay)))


async def _demo(replay: Sequence[Path]) -> int:
    console = Console(width=None if sys.stdout.isatty() else WIDTH + 4)
    arguments = ["--speed", "max"] + [part for file in replay for part in ("--replay", str(file))]
    sim = SimVenue(arguments if replay else ())
    try:
        ready = await sim.start()
        console.print(f"[bold]Embedded exchange[/] at {ready['rest']}, no key, no internet.")
        if replay:
            position = await asyncio.to_thread(_play_to_the_end, ready["admin"])
            console.print(f"Recording played to {position}.")
        async with Client(_server(ready), mode="auto") as client:
            story = Story(client, console)
            await _tell(story)
    finally:
        await sim.close()
    _bill(console, story.calls)
    return 0 if [call.tool for call in story.calls if call.failed] == ["get_price"] else 1


def _server(ready: dict[str, str]) -> StdioTransport:
    environment = child_environment(
        BINANCE_MCP_VENUE="sim",
        BINANCE_MCP_REST_URL=ready["rest"],
        BINANCE_MCP_STREAM_URL=ready["stream"],
        BINANCE_MCP_WS_API_URL=ready["ws_api"],
    )
    return StdioTransport(
        command=sys.executable,
        args=["-m", "binance_mcp_server", "serve"],
        env=environment,
        keep_alive=False,
    )


def _play_to_the_end(admin: str) -> str:
    """Let a recording play and wait for its end; the position reached."""
    _ask(f"{admin}/play", b"{}")
    deadline = time.monotonic() + REPLAY_WITHIN
    while True:
        state = _ask(f"{admin}/state")
        if state["ended"] or time.monotonic() > deadline:
            return format_time(state["position_ms"])
        time.sleep(0.05)


def _ask(url: str, body: bytes | None = None) -> dict[str, Any]:
    with urllib.request.urlopen(url, data=body, timeout=10) as answer:  # noqa: S310 - loopback
        state: dict[str, Any] = json.load(answer)
    return state


async def _tell(story: Story) -> None:
    say = story.console.print
    tools = await story.client.list_tools()
    say(f"[bold]MCP server[/] over stdio: {len(tools)} tools.\n")
    say("[bold]1. Does it work?[/]")
    await story.call("get_exchange_status")
    say("[bold]2. What is there?[/] People say “bitcoin”.")
    found = await story.call("search_symbols", query="bitcoin", limit=5)
    symbol = _first_symbol(found.text)
    say("[bold]3. What does it cost?[/]")
    await story.call("get_price", symbols=[symbol])
    say("[bold]4. Who buys, who sells?[/]")
    await story.call("get_order_book", symbol=symbol, limit=5)
    say("[bold]5. How did it move?[/]")
    candles = await story.call("get_candles", symbol=symbol, interval="1m", limit=48)
    say(draw(candles.text))
    say("[bold]6. What else moves?[/]")
    await story.call("scan_market", sort="volume", limit=5)
    say("[bold]7. How must an order look?[/]")
    await story.call("get_symbol_rules", symbol=symbol)
    say("[bold]8. And a mistake?[/]")
    await story.call("get_price", symbols=["BTCUSDD"])


def _first_symbol(table: str) -> str:
    """The first cell below the header of a CSV reply."""
    lines = table.splitlines()
    header = next(number for number, line in enumerate(lines) if line.startswith("symbol,"))
    return lines[header + 1].split(",")[0]


def _bill(console: Console, calls: Sequence[Call]) -> None:
    table = Table(title="What it cost the model", title_justify="left")
    table.add_column("call")
    table.add_column("bytes", justify="right")
    table.add_column("ms", justify="right")
    table.add_column("result")
    for call in calls:
        table.add_row(
            call.tool,
            f"{call.size:,}",
            f"{call.milliseconds:.1f}",
            "error, as it should" if call.failed else "ok",
        )
    table.add_section()
    total = sum(call.milliseconds for call in calls)
    table.add_row("all", f"{sum(call.size for call in calls):,}", f"{total:.1f}", "")
    console.print(table)
