"""Replies with rows: a few facts, then CSV; or the same as one JSON object. Always within a byte budget.

A row that does not fit is never cut silently: the reply says how many were left out and gives a cursor for them, in
the same channel as the data.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec
from fastmcp.tools import ToolResult
from mcp_types import TextContent

Format = Literal["csv", "json"]
Cell = str | int | bool | None
Facts = dict[str, Any]

MAX_BYTES = 12_000
"""A reply's budget unless the caller raises it."""
SMALL = 4_000
"""The budget of replies that answer a question rather than carry data."""
_RESERVE = 220
"""Bytes kept for ``left_out`` and ``next``, which are known only after the rows are."""


@dataclass(slots=True)
class Table:
    """What a reply is made of, before it is written down."""

    facts: Facts
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    next_after: Callable[[int], str | None] = field(default=lambda _kept: None)
    """The cursor that goes on after the first *kept* rows (after the last *kept* when ``keep_last``);
    ``None`` when nothing follows."""
    when_empty: str = ""
    """What to say where there are no rows: a header alone looks like a failure."""
    keep_last: bool = False
    """Keep the end of the rows when they don't fit: the newest matter most."""


def reply(table: Table, format: Format, max_bytes: int) -> ToolResult:
    """*table* as a tool result of at most *max_bytes* (facts always included)."""
    return json_reply(table, max_bytes) if format == "json" else text_reply(table, max_bytes)


def text_reply(table: Table, max_bytes: int) -> ToolResult:
    """``key: value`` lines, then CSV."""
    lines = [csv_line(row) for row in table.rows]
    fixed = _text_size(facts_lines(table.facts)) + len(",".join(table.columns)) + _RESERVE
    kept = fitting([len(line.encode()) + 1 for line in lines], max_bytes - fixed, table.keep_last)
    body = lines[len(lines) - kept :] if table.keep_last else lines[:kept]
    facts = _closing_facts(table, kept)
    text = "\n".join([*facts_lines(facts), ",".join(table.columns), *body])
    return text_result(text)


def json_reply(table: Table, max_bytes: int) -> ToolResult:
    """``{…facts, columns, rows}``, as structured content and the same JSON as text."""
    encode = msgspec.json.encode
    fixed = fixed_size(table.facts) + len(encode(list(table.columns)))
    sizes = [len(encode(list(row))) + 1 for row in table.rows]
    kept = fitting(sizes, max_bytes - fixed, table.keep_last)
    rows = list(table.rows)
    body = rows[len(rows) - kept :] if table.keep_last else rows[:kept]
    facts = _closing_facts(table, kept)
    facts.setdefault("next", None)
    content = {**facts, "columns": list(table.columns), "rows": [list(row) for row in body]}
    return object_result(content)


def fixed_size(facts: Facts) -> int:
    """Bytes of a JSON reply before its rows."""
    return len(msgspec.json.encode(facts)) + _RESERVE


def object_result(content: Facts) -> ToolResult:
    """One JSON object in both channels, so that no client sees less than another."""
    text = msgspec.json.encode(content).decode()
    return ToolResult(content=[TextContent(type="text", text=text)], structured_content=content)


def text_result(text: str) -> ToolResult:
    """Text alone."""
    return ToolResult(content=[TextContent(type="text", text=text)])


def fitting(sizes: Sequence[int], budget: int, from_end: bool) -> int:
    """How many items fit into *budget* bytes, counted from the start or from the end; at least one."""
    kept, used = 0, 0
    for size in reversed(sizes) if from_end else sizes:
        used += size
        if used > budget and kept:
            break
        kept += 1
    return kept


def facts_lines(facts: Mapping[str, Any]) -> list[str]:
    """Facts as ``key: value`` lines; what is ``None`` or empty is left out."""
    return [f"{key}: {_shown(value)}" for key, value in facts.items() if value not in (None, "")]


def csv_line(row: Sequence[Cell]) -> str:
    """One CSV line; a cell is quoted only when it must be."""
    try:
        line = ",".join(row)  # type: ignore[arg-type]  # most rows are nothing but plain text
    except TypeError:
        pass
    else:
        if line.count(",") == len(row) - 1 and not any(mark in line for mark in '"\n\r'):
            return line
    return ",".join(_csv_cell(cell) for cell in row)


def _csv_cell(cell: Cell) -> str:
    text = _shown(cell) if cell is not None else ""
    if any(mark in text for mark in ',"\n\r'):
        return '"' + text.replace('"', '""') + '"'
    return text


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return ", ".join(map(_shown, value))
    return str(value)


def _closing_facts(table: Table, kept: int) -> Facts:
    """The facts, with what did not fit and where to go on."""
    facts = dict(table.facts)
    if not table.rows and table.when_empty:
        facts["note"] = table.when_empty
    left_out = len(table.rows) - kept
    if left_out:
        facts["left_out"] = left_out
    if cursor := table.next_after(kept):
        facts["next"] = cursor
    return facts


def _text_size(lines: Sequence[str]) -> int:
    return sum(len(line.encode()) + 1 for line in lines)
