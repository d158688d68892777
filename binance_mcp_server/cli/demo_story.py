"""The demo's own memory: what was called, what it cost, and how it is shown."""

import time
from dataclasses import dataclass, field
from textwrap import wrap
from typing import Any

from fastmcp import Client
from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

SHOWN_LINES = 16
WIDTH = 94
"""Characters of a reply in one line of the terminal."""


@dataclass(slots=True)
class Call:
    """One call as the client saw it."""

    tool: str
    arguments: dict[str, Any]
    text: str
    content: dict[str, Any]
    """The reply as an object, where it is one."""
    milliseconds: float
    failed: bool

    @property
    def size(self) -> int:
        return len(self.text.encode())


@dataclass(slots=True)
class Story:
    """Calls of one client, told on one console."""

    client: Client[Any]
    console: Console
    calls: list[Call] = field(default_factory=list)

    def say(self, text: str | Text) -> None:
        self.console.print(text)

    async def call(self, tool: str, *, shown: bool = True, **arguments: Any) -> Call:
        """Call *tool*, show what a model reads, remember what it cost."""
        began = time.perf_counter()
        result = await self.client.call_tool(tool, arguments, raise_on_error=False)
        took = (time.perf_counter() - began) * 1000
        text = "\n".join(getattr(block, "text", "") for block in result.content)
        content = result.structured_content or {}
        call = Call(tool, arguments, text, content, took, bool(result.is_error))
        self.calls.append(call)
        if shown or call.failed:
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

    def bill(self) -> None:
        """What everything together cost the model."""
        table = Table(title="What it cost the model", title_justify="left")
        table.add_column("call")
        table.add_column("bytes", justify="right")
        table.add_column("ms", justify="right")
        table.add_column("result")
        for call in self.calls:
            table.add_row(
                call.tool,
                f"{call.size:,}",
                f"{call.milliseconds:.1f}",
                "error, as it should" if call.failed else "ok",
            )
        table.add_section()
        total = sum(call.milliseconds for call in self.calls)
        table.add_row("all", f"{sum(call.size for call in self.calls):,}", f"{total:.1f}", "")
        self.console.print(table)
