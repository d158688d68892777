"""Tables keep to their budget, say what they leave out, and say the same in both forms."""

import csv
import io
from typing import Any

import msgspec
from fastmcp.tools import ToolResult
from hypothesis import given
from hypothesis import strategies as st

from binance_mcp_server.mcp_support.tables import (
    Table,
    csv_line,
    facts_lines,
    json_reply,
    reply,
    text_reply,
)

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
cells = st.one_of(text, st.integers(-(2**63), 2**63), st.booleans(), st.none())
rows = st.lists(st.lists(cells, min_size=2, max_size=2), max_size=60)
COLUMNS = ("name", "value")


def text_of(result: ToolResult) -> str:
    (block,) = result.content
    return str(block.text)  # type: ignore[union-attr]


def table_of(data: list[list[Any]], *, from_end: bool) -> Table:
    return Table({"venue": "sim"}, COLUMNS, data, lambda kept: f"after-{kept}", keep_last=from_end)


@given(rows, st.integers(500, 3000), st.booleans())
def test_json_keeps_to_its_budget_and_counts_the_rest(
    data: list[list[Any]], most: int, from_end: bool
) -> None:
    result = json_reply(table_of(data, from_end=from_end), most)
    content = result.structured_content or {}
    kept = content["rows"]
    assert len(text_of(result).encode()) <= most or len(kept) <= 1
    assert content.get("left_out", 0) + len(kept) == len(data)
    assert kept == (data[len(data) - len(kept) :] if from_end else data[: len(kept)])
    assert bool(kept) == bool(data)
    assert content["next"] == f"after-{len(kept)}"
    assert msgspec.json.decode(text_of(result)) == content


@given(rows, st.integers(500, 3000), st.booleans())
def test_csv_keeps_to_its_budget_and_counts_the_rest(
    data: list[list[Any]], most: int, from_end: bool
) -> None:
    result = text_reply(table_of(data, from_end=from_end), most)
    shown = text_of(result)
    body = shown.partition(",".join(COLUMNS))[2].removeprefix("\n")
    facts = dict(line.split(": ") for line in shown.partition("name,value")[0].splitlines())
    kept = int(facts["next"].removeprefix("after-"))
    assert result.structured_content is None
    assert len(shown.encode()) <= most or kept <= 1
    assert int(facts.get("left_out", 0)) + kept == len(data)
    chosen = data[len(data) - kept :] if from_end else data[:kept]
    assert body == "\n".join(map(csv_line, chosen))


@given(st.lists(text, min_size=2, max_size=5))
def test_a_cell_comes_back_from_csv_as_it_was(values: list[str]) -> None:
    assert next(csv.reader(io.StringIO(csv_line(values), newline=""))) == values


def test_a_cell_is_quoted_only_when_it_must_be() -> None:
    assert csv_line(["a b", "1.5", "", None, True, 7]) == "a b,1.5,,,true,7"
    assert csv_line(["a,b", 'say "x"', "two\nlines", "\r"]) == (
        '"a,b","say ""x""","two\nlines","\r"'
    )


def test_empty_facts_are_left_out_of_text() -> None:
    facts = {"a": None, "b": "", "c": 0, "d": False, "e": ["x", 1]}
    assert facts_lines(facts) == ["c: 0", "d: false", "e: x, 1"]


def test_an_empty_table_still_has_its_columns_and_a_next() -> None:
    table = Table({"venue": "sim"}, COLUMNS, [])
    assert text_of(reply(table, "csv", 500)) == "venue: sim\nname,value"
    assert reply(table, "json", 500).structured_content == {
        "venue": "sim",
        "next": None,
        "columns": ["name", "value"],
        "rows": [],
    }
