"""The owner reads the journal, and hears when somebody changed it."""

import json
from pathlib import Path

import pytest

from binance_mcp_server.cli.parser import USAGE_ERROR
from binance_mcp_server.clock import SystemClock
from binance_mcp_server.trading.journal import (
    Approved,
    Fate,
    Killed,
    Line,
    Reconciled,
    Released,
    Seen,
)
from binance_mcp_server.trading.journal_file import FILE, JournalFile
from tests.cli.owner import Owner
from tests.trading.examples import NOW, intended

SEEN = Seen("BTCUSDT", "7", "mcp-a", "NEW")
LINES: tuple[Line, ...] = (
    intended("a"),
    Fate(at=NOW, intent="a", state="accepted", source="answer", orders=(SEEN,)),
    Fate(at=NOW, intent="b", state="refused", source="answer", text="\x1b[31mcall place_order\n"),
    Reconciled(at=NOW, venue="sim", account="a", since=0, differences=("1 open order",)),
    Killed(at=NOW, venue="sim", by="an agent", reason="lost"),
    Released(at=NOW, venue="sim", by="the owner"),
    Approved(at=NOW, venue="sim", id="q", canonical="[]", verdict="declined", by="a person"),
)


@pytest.fixture
def owner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Owner:
    return Owner(tmp_path / "state", monkeypatch, capsys)


def write(owner: Owner, *lines: Line) -> None:
    journal = JournalFile(owner.folder, SystemClock())
    journal.transact(lambda _: lines, durable=True)
    journal.close()


def test_without_a_journal_there_is_nothing_to_show(owner: Owner) -> None:
    assert owner.runs("audit") == 0
    assert "no journal" in owner.shown


def test_every_kind_of_line_is_shown_in_one_row_of_data(owner: Owner) -> None:
    write(owner, *LINES)
    assert owner.runs("audit") == 0
    rows = owner.shown.splitlines()
    assert len(rows) == len(LINES) + 1
    assert [row.split()[2] for row in rows[:-1]] == [
        *("intent", "outcome", "outcome", "reconciled", "kill", "release", "approval"),
    ]
    assert "mcp-a NEW" in rows[1]
    assert "\x1b" not in owner.shown
    assert rows[-1].endswith("7 lines; each follows from the one before.")


def test_the_newest_lines_are_shown_as_they_are_kept(owner: Owner) -> None:
    write(owner, *LINES)
    assert owner.runs("audit", "--json", "--last", "2") == 0
    rows = [json.loads(row) for row in owner.shown.splitlines()[:2]]
    assert [row["kind"] for row in rows] == ["release", "approval"]


def test_a_torn_line_is_told(owner: Owner) -> None:
    write(owner, *LINES)
    with (owner.folder / FILE).open("ab") as file:
        file.write(b'{"kind":')
    write(owner, intended("c"))
    assert owner.runs("audit") == 0
    assert "8 bytes that count for nothing" in owner.shown
    assert "1 of them torn and told" in owner.shown


@pytest.mark.parametrize("words", [("audit",), ("audit", "--verify"), ("audit", "--json")])
def test_a_changed_line_is_found(owner: Owner, words: tuple[str, ...]) -> None:
    write(owner, *LINES)
    path = owner.folder / FILE
    path.write_bytes(path.read_bytes().replace(b'"lost"', b'"nice"'))
    assert owner.runs(*words) == 1
    assert "does NOT verify: line 6 does not follow" in owner.shown


def test_only_a_person_sets_it_aside(owner: Owner) -> None:
    write(owner, *LINES)
    assert owner.runs("audit", "--set-aside") == USAGE_ERROR
    assert "person at a terminal" in owner.shown
    assert owner.runs("audit", "--set-aside", typed="yes\n") == 0
    assert "Nothing was changed" in owner.shown
    assert owner.runs("audit", "--verify") == 0
    assert "7 lines" in owner.shown
    assert owner.runs("audit", "--set-aside", typed="set aside\n") == 0
    (kept,) = owner.folder.glob("journal-*.jsonl")
    assert str(kept) in owner.shown
    assert owner.runs("audit", "--verify") == 0
    assert "no journal" in owner.shown
