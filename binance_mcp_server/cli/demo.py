"""``demo``: the main job shown, offline: an exchange, a server over stdio, and a real MCP client between them."""

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from fastmcp import Client
from fastmcp.client.transports import StdioTransport
from rich.console import Console

from binance_mcp_server.cli.chart import draw
from binance_mcp_server.cli.demo_story import WIDTH, Story
from binance_mcp_server.cli.demo_streams import A_MOMENT, Venue, tell_streams
from binance_mcp_server.cli.sim import SimVenue
from binance_mcp_server.market.times import format_time
from binance_mcp_server.settings import child_environment

REPLAY_WITHIN = 45.0
"""Seconds that a recording may take to play."""
REPLAY_SPEED = "60"
"""Ten minutes of a market in ten seconds: long enough to follow it."""


def demo(options: argparse.Namespace) -> int:
    """Run the story; returns the exit code."""
    return asyncio.run(_demo(tuple(options.replay)))


async def _demo(replay: Sequence[Path]) -> int:
    console = Console(width=None if sys.stdout.isatty() else WIDTH + 4)
    arguments = ["--speed", REPLAY_SPEED, "--replay", *map(str, replay)] if replay else []
    sim = SimVenue(arguments)
    try:
        ready = await sim.start()
        console.print(f"[bold]Embedded exchange[/] at {ready['rest']}, no key, no internet.")
        async with Client(_server(ready), mode="auto") as client:
            story = Story(client, console)
            await _tell(story, Venue(ready["rest"], ready["admin"]), is_replay=bool(replay))
    finally:
        await sim.close()
    story.bill()
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


async def _tell(story: Story, venue: Venue, *, is_replay: bool) -> None:
    say = story.say
    tools = await story.client.list_tools()
    say(f"[bold]MCP server[/] over stdio: {len(tools)} tools.\n")
    say("[bold]1. Does it work?[/]")
    await story.call("get_exchange_status")
    say("[bold]2. What is there?[/] People say “bitcoin”.")
    found = await story.call("search_symbols", query="bitcoin", limit=5)
    symbol = _first_symbol(found.text)
    await tell_streams(story, symbol, venue)
    if is_replay:
        say(f"Recording played to {await _played_to_the_end(venue)}.\n")
    say("[bold]7. What does it cost?[/]")
    await story.call("get_price", symbols=[symbol])
    say("[bold]8. Who buys, who sells?[/]")
    await story.call("get_order_book", symbol=symbol, limit=5)
    say("[bold]9. What would a large order cost?[/]")
    await story.call("estimate_fill", symbol=symbol, side="buy", quantity="5")
    say("[bold]10. How did it move?[/]")
    candles = await story.call("get_candles", symbol=symbol, interval="1m", limit=48)
    say(draw(candles.text))
    say("[bold]11. What else moves?[/]")
    await story.call("scan_market", sort="volume", limit=5)
    say("[bold]12. How must an order look?[/]")
    await story.call("get_symbol_rules", symbol=symbol)
    say("[bold]13. And a mistake?[/]")
    await story.call("get_price", symbols=["BTCUSDD"])


async def _played_to_the_end(venue: Venue) -> str:
    """Wait for the end of a recording, for as long as we are patient; the position reached."""
    deadline = time.monotonic() + REPLAY_WITHIN
    state = await venue.state()
    for _ in range(int(REPLAY_WITHIN / A_MOMENT)):
        if state["ended"] or time.monotonic() > deadline:
            break
        await asyncio.sleep(A_MOMENT)
        state = await venue.state()
    return format_time(state["position_ms"])


def _first_symbol(table: str) -> str:
    """The first cell below the header of a CSV reply."""
    lines = table.splitlines()
    header = next(number for number, line in enumerate(lines) if line.startswith("symbol,"))
    return lines[header + 1].split(",")[0]
