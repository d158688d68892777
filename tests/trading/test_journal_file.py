"""The journal's file: shared by processes, whole after any stop, and closed to whoever changed it."""

import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from binance_mcp_server.clock import SystemClock
from binance_mcp_server.errors import JournalError
from binance_mcp_server.trading.journal import Chain, Intended, Line, Torn
from binance_mcp_server.trading.journal_file import FILE, HEAD, FileJournal, JournalFile, read_whole
from binance_mcp_server.trading.totals import Standing
from tests.e2e.processes import ROOT, environment
from tests.trading.examples import intended, outcome

pytestmark = pytest.mark.anyio

SPENDER = """
import sys
from pathlib import Path
from binance_mcp_server.clock import SystemClock
from binance_mcp_server.trading.journal_file import JournalFile
from tests.trading.examples import intended
journal = JournalFile(Path(sys.argv[1]), SystemClock())
print("ready", flush=True)
sys.stdin.readline()
won = 0
for number in range(int(sys.argv[3])):
    def spend(standing):
        token = f"t{number}"
        return () if standing.spent_on(token) else (intended(f"{sys.argv[2]}-{number}", token=token),)
    before = journal.standing
    journal.transact(spend, number % 2 == 0)
    won += journal.standing.spent_on(f"t{number}").id.startswith(sys.argv[2])
print(won, flush=True)
"""
"""Two of these want the same tokens at the same time."""


@pytest.fixture
def open_journal(tmp_path: Path) -> Iterator[Callable[[], JournalFile]]:
    """Opens the journal of one folder, each time as another process would."""
    opened: list[JournalFile] = []

    def opener() -> JournalFile:
        opened.append(JournalFile(tmp_path, SystemClock()))
        return opened[-1]

    yield opener
    for each in opened:
        each.close()


def write(journal: JournalFile, *lines: Line, durable: bool = True) -> None:
    journal.transact(lambda _: lines, durable)


def look(journal: JournalFile) -> Standing:
    journal.transact(lambda _: (), durable=False)
    return journal.standing


def lines_in(folder: Path) -> list[Line]:
    return list(Chain().read((folder / FILE).read_bytes()))


Opener = Callable[[], JournalFile]


def test_what_one_writes_the_others_know_at_their_next_step(open_journal: Opener) -> None:
    one, other = open_journal(), open_journal()
    write(one, intended("a", token="t"))
    assert look(other).spent_on("t")
    write(other, outcome("a", "accepted"), durable=False)
    assert look(one).is_settled("a")
    write(one, intended("b"))
    assert set(look(open_journal()).intents) == {"a", "b"}


def test_an_intent_is_on_the_disk_before_its_step_ends(
    open_journal: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = open_journal()
    look(journal)
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda fd: synced.append(os.fstat(fd).st_size))
    write(journal, intended("a"))
    assert synced == [journal.path.stat().st_size]
    write(journal, outcome("a", "accepted"), durable=False)
    assert len(synced) == 1


def test_nothing_is_written_when_the_decision_fails(open_journal: Opener, tmp_path: Path) -> None:
    journal = open_journal()

    def refuse(_: Standing) -> Sequence[Line]:
        raise LookupError

    with pytest.raises(LookupError):
        journal.transact(refuse, durable=True)
    write(journal, intended("a"))
    assert len(lines_in(tmp_path)) == 1


def test_two_processes_never_spend_one_token_twice(tmp_path: Path) -> None:
    count = 40
    spenders = [
        subprocess.Popen(
            [sys.executable, "-c", SPENDER, str(tmp_path), name, str(count)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment(),
            cwd=ROOT,
        )
        for name in ("one", "other")
    ]
    for each in spenders:
        assert each.stdout
        assert each.stdout.readline() == b"ready\n"
    for each in spenders:
        assert each.stdin
        each.stdin.write(b"go\n")
        each.stdin.flush()
    won = [int(each.communicate(timeout=60)[0]) for each in spenders]
    tokens = [line.token for line in lines_in(tmp_path) if isinstance(line, Intended)]
    assert sum(won) == len(tokens) == len(set(tokens)) == count


def test_the_lock_of_a_killed_process_is_free(open_journal: Opener, tmp_path: Path) -> None:
    holder = (
        "import sys\nfrom pathlib import Path\nfrom binance_mcp_server.clock import SystemClock\n"
        "from binance_mcp_server.trading.journal_file import JournalFile\n"
        "def hold(_):\n    print('held', flush=True)\n    sys.stdin.readline()\n    return ()\n"
        f"JournalFile(Path({str(tmp_path)!r}), SystemClock()).transact(hold, True)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", holder],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment(),
        cwd=ROOT,
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == b"held\n"
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=60)
    write(open_journal(), intended("a"))
    assert len(lines_in(tmp_path)) == 1


def test_a_line_torn_anywhere_is_told_and_the_journal_goes_on(
    open_journal: Opener, tmp_path: Path
) -> None:
    write(open_journal(), intended("a"))
    whole = (tmp_path / FILE).read_bytes()
    for cut in random.Random(1).sample(range(1, len(whole) - 1), 20):
        (tmp_path / FILE).write_bytes(whole + whole[:cut])
        write(open_journal(), intended("b"))
        assert [type(line) for line in lines_in(tmp_path)] == [Intended, Torn, Intended]
        (tmp_path / FILE).unlink()
        (tmp_path / HEAD).unlink()
        write(open_journal(), intended("a"))
        whole = (tmp_path / FILE).read_bytes()


def test_a_full_disk_writes_no_intent_and_harms_no_other(
    open_journal: Opener, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    journal = open_journal()
    write(journal, intended("a"))
    real = os.write
    with monkeypatch.context() as full:
        full.setattr(os, "write", lambda fd, data: real(fd, data[:30]))
        with pytest.raises(JournalError, match="No space"):
            write(journal, intended("b"))
    write(journal, intended("c"))
    assert [type(line) for line in lines_in(tmp_path)] == [Intended, Torn, Intended]
    assert set(look(open_journal()).intents) == {"a", "c"}


@pytest.mark.parametrize(
    "forge",
    [
        lambda lines: lines[:-1],
        lambda lines: [*lines[:-1], lines[-1].replace(b'"10"', b'"01"')],
        lambda lines: [lines[0], *lines[2:]],
        lambda lines: [],
    ],
    ids=["shortened", "last line changed", "a line taken out", "emptied"],
)
def test_a_journal_that_somebody_changed_is_not_used(
    open_journal: Opener, tmp_path: Path, forge: Callable[[list[bytes]], list[bytes]]
) -> None:
    journal = open_journal()
    for name in "abc":
        write(journal, intended(name))
    lines = (tmp_path / FILE).read_bytes().splitlines(keepends=True)
    (tmp_path / FILE).write_bytes(b"".join(forge(lines)))
    for each in (open_journal(), open_journal()):
        with pytest.raises(JournalError, match="does not verify"):
            write(each, intended("d"))


def test_a_journal_that_is_shortened_while_it_is_open_is_not_used(
    open_journal: Opener, tmp_path: Path
) -> None:
    journal = open_journal()
    write(journal, intended("a"))
    write(journal, intended("b"))
    os.truncate(tmp_path / FILE, (tmp_path / FILE).read_bytes().index(b"\n") + 1)
    for _ in range(2):
        with pytest.raises(JournalError, match="does not verify"):
            write(journal, intended("c"))


@pytest.mark.parametrize("gone", [FILE, HEAD])
def test_a_journal_that_somebody_removed_is_not_begun_anew_by_itself(
    open_journal: Opener, tmp_path: Path, gone: str
) -> None:
    write(open_journal(), intended("a"))
    (tmp_path / gone).unlink()
    with pytest.raises(JournalError, match="does not verify"):
        write(open_journal(), intended("b"))


def test_a_folder_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(JournalError, match="cannot be used"):
        write(JournalFile(tmp_path / "file", SystemClock()), intended("a"))


def test_a_journal_set_aside_is_kept_and_a_new_one_begun_by_all(
    open_journal: Opener, tmp_path: Path
) -> None:
    one, other = open_journal(), open_journal()
    for name in "ab":
        write(one, intended(name, token=name))
    look(other)
    (tmp_path / FILE).write_bytes(b"{}")
    kept = other.set_aside()
    assert kept
    assert kept.read_bytes() == b"{}"
    assert not look(one).spent_on("a")
    write(one, intended("c"))
    assert set(look(open_journal()).intents) == set(look(other).intents) == {"c"}


def test_reading_keeps_nobody_from_writing_and_tells_what_is_wrong(
    open_journal: Opener, tmp_path: Path
) -> None:
    assert (read_whole(tmp_path).count, read_whole(tmp_path).problem) == (0, "")
    for name in "abc":
        write(open_journal(), intended(name))
    whole = (tmp_path / FILE).read_bytes()
    assert (read_whole(tmp_path).count, read_whole(tmp_path).problem) == (3, "")
    (tmp_path / FILE).write_bytes(whole[:-9])
    assert "last one, but 3 were written" in read_whole(tmp_path).problem
    (tmp_path / FILE).write_bytes(whole.replace(b'"id":"b"', b'"id":"B"'))
    assert "does not follow" in read_whole(tmp_path).problem
    (tmp_path / FILE).write_bytes(whole)
    (tmp_path / HEAD).unlink()
    assert "missing" in read_whole(tmp_path).problem


async def test_steps_of_tasks_follow_each_other(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path, SystemClock())
    try:
        for name in "ab":
            await journal.transact(lambda _, name=name: (intended(name),))  # type: ignore[misc]
    finally:
        journal.close()
    assert [line.n for line in lines_in(tmp_path)] == [1, 2]


def test_files_are_the_owners_alone(open_journal: Opener, tmp_path: Path) -> None:
    write(open_journal(), intended("a"))
    assert {oct((tmp_path / name).stat().st_mode & 0o777) for name in (FILE, HEAD)} == {"0o600"}
