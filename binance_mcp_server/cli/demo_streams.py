"""The demo's middle: a market as it moves, and a connection that the demo itself cuts."""

import asyncio
import json
import urllib.request
from dataclasses import dataclass, field
from typing import Any

from rich.table import Table

from binance_mcp_server.cli.demo_story import Story

LOOKS = 3
BETWEEN_LOOKS = 0.7
"""Seconds."""
TRIES = 20
"""Of whatever takes a moment: a book that is put together, a stream that comes back."""
A_MOMENT = 0.1
OUTAGE = 1.0
"""Seconds in which the venue lets nobody in, after it has cut every connection."""
LONGEST_WAIT = 5
"""Seconds of the wait for a price."""
MOST_BYTES = 4_000_000


@dataclass(frozen=True, slots=True)
class Venue:
    """The embedded exchange, from behind the counter: its switchboard, and REST as it tells the truth."""

    rest: str
    admin: str

    async def ask(self, url: str, body: dict[str, Any] | None = None) -> Any:
        """GET, or POST with a *body*."""
        data = None if body is None else json.dumps(body).encode()

        def fetch() -> Any:
            with urllib.request.urlopen(url, data=data, timeout=10) as answer:  # noqa: S310 - loopback
                return json.load(answer)

        return await asyncio.to_thread(fetch)

    async def state(self) -> dict[str, Any]:
        state: dict[str, Any] = await self.ask(f"{self.admin}/state")
        return state

    async def cut(self) -> None:
        """Reset every stream connection, and refuse new ones for a while."""
        await self.ask(f"{self.admin}/faults", {"faults": [{"kind": "streams_down"}]})
        await asyncio.sleep(OUTAGE)
        await self.ask(f"{self.admin}/faults", {"faults": []})

    async def newest_trade(self, symbol: str) -> int:
        """Its id; -1 where there is none."""
        trades = await self.ask(f"{self.rest}/api/v3/trades?symbol={symbol}&limit=1")
        return int(trades[-1]["id"]) if trades else -1


@dataclass(slots=True)
class Collected:
    """Every trade id that was read from one subscription."""

    story: Story
    id: str
    ids: list[int] = field(default_factory=list)
    cursor: str | None = None
    gaps: int = 0

    async def read(self, wait_seconds: float = 0) -> None:
        """All that is new, not shown: a model would ask for a summary."""
        page = await self.story.call(
            "read_stream",
            shown=False,
            id=self.id,
            cursor=self.cursor,
            limit=10_000,
            wait_seconds=wait_seconds,
            format="json",
            max_bytes=MOST_BYTES,
        )
        column = page.content["columns"].index("id")
        self.ids += [int(row[column]) for row in page.content["rows"]]
        self.cursor, self.gaps = page.content["next"], page.content["gaps_unrepaired"]

    async def read_up_to(self, last: int) -> None:
        """Until the trade *last* has come; -1: there is none to come."""
        for _ in range(TRIES):
            if (self.ids[-1] if self.ids else -1) >= last:
                return
            await self.read(wait_seconds=1)

    @property
    def missing(self) -> int:
        """Ids between the first and the last that were not read."""
        return self.ids[-1] - self.ids[0] + 1 - len(set(self.ids)) if self.ids else 0


async def tell_streams(story: Story, symbol: str, venue: Venue) -> None:
    """Steps 3 to 6 of the demo."""
    story.say("[bold]3. Follow it.[/] Every trade, and every change of the book.")
    trades = await story.call("subscribe_stream", kind="trade", symbol=symbol)
    depth = await story.call("subscribe_stream", kind="depth", symbol=symbol, speed="100ms")
    await _watch_book(story, symbol)
    story.say("[bold]4. Tell me when …[/] the price is at what the cheapest seller asks for now.")
    await _await_price(story, symbol)
    story.say("[bold]5. And when the line is cut?[/] The demo cuts it: every connection is reset.")
    await _survive(story, symbol, trades.content["id"], venue)
    story.say("[bold]6. What did it come to?[/]")
    summary = await story.call("summarize_stream", id=trades.content["id"])
    story.say(_in_a_line(symbol, summary.content))
    for opened in (trades, depth):
        await story.call("unsubscribe_stream", shown=False, id=opened.content["id"])
    story.say("Both unsubscribed; nothing is left running.\n")


async def _watch_book(story: Story, symbol: str) -> None:
    """Three looks at a live book, none of which cost the venue's weight."""
    table = Table(title=f"{symbol}, the live book", title_justify="left")
    for name in ("as_of", "best_bid", "best_ask", "spread", "last_update_id", "source"):
        table.add_column(name)
    seen = ""
    for _ in range(LOOKS):
        book = await _moved_book(story, symbol, seen)
        seen = str(book.get("last_update_id", ""))
        table.add_row(*(str(book.get(str(column.header)) or "") for column in table.columns))
        await asyncio.sleep(BETWEEN_LOOKS)
    story.console.print(table)


async def _moved_book(story: Story, symbol: str, seen: str) -> dict[str, Any]:
    """The book from the stream, once it is another than *seen*; as it is where that takes too long."""
    book: dict[str, Any] = {}
    for _ in range(TRIES):
        looked = await story.call(
            "get_order_book", shown=False, symbol=symbol, limit=1, format="json"
        )
        book = looked.content
        if book.get("source") == "live book" and str(book["last_update_id"]) != seen:
            break
        story.calls.remove(looked)  # looked too early: no part of the story
        await asyncio.sleep(A_MOMENT)
    return book


async def _await_price(story: Story, symbol: str) -> None:
    book = await story.call("get_order_book", shown=False, symbol=symbol, limit=1, format="json")
    value = book.content.get("best_ask")
    if value is None:
        story.say("Nobody sells: there is nothing to wait for.")
        return
    await story.call(
        "wait_for_market",
        symbol=symbol,
        condition="price_above",
        value=value,
        timeout_seconds=LONGEST_WAIT,
    )


async def _survive(story: Story, symbol: str, id: str, venue: Venue) -> None:
    """Read, cut, read on: no id is missing, and none comes twice."""
    collected = Collected(story, id)
    await collected.read()
    before = len(collected.ids)
    await venue.cut()
    await collected.read_up_to(await venue.newest_trade(symbol))
    columns = ["stream", "state", "reconnects", "repaired", "gaps_unrepaired"]
    await story.call("list_streams", columns=columns)
    after = len(collected.ids) - before
    if not collected.ids:
        story.say("Nothing was traded meanwhile.")
        return
    twice = len(collected.ids) - len(set(collected.ids))
    story.say(
        f"{before:,} trades read before the cut, {after:,} after it: ids {collected.ids[0]} to"
        f" {collected.ids[-1]}, {collected.missing} missing, {twice} twice,"
        f" {collected.gaps} gaps.\n"
    )


def _in_a_line(symbol: str, summary: dict[str, Any]) -> str:
    if "vwap" not in summary:
        return f"{symbol}: nothing was traded.\n"
    return (
        f"{symbol}: {summary['records']:,} trades from {summary['open']} to {summary['close']}"
        f" (low {summary['low']}, high {summary['high']}), on average {summary['vwap']};"
        f" {summary['buy_volume']} bought, {summary['sell_volume']} sold.\n"
    )
