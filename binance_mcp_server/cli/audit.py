"""``audit``: the journal for its owner to read, and whether it is whole."""

import argparse
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from binance_mcp_server.binance_api.errors_map import clean
from binance_mcp_server.cli.person import must_be_here, types
from binance_mcp_server.clock import SystemClock
from binance_mcp_server.errors import SettingsError
from binance_mcp_server.settings import load_settings
from binance_mcp_server.trading.journal import (
    Approved,
    Fate,
    Intended,
    Killed,
    Line,
    Reconciled,
    Released,
)
from binance_mcp_server.trading.journal_file import FILE, JournalFile, Read, read_whole

BROKEN = 1


def audit(options: argparse.Namespace) -> int:
    """Print the newest lines, or only whether all of them verify; returns 1 where they do not."""
    folder = state_dir()
    if options.set_aside:
        return _set_aside(folder)
    found = read_whole(folder)
    if not options.verify:
        for line in found.lines[-options.last :] if options.last else ():
            sys.stdout.write(f"{_as_json(line) if options.json else row(line)}\n")
    text, code = verdict(folder / FILE, found)
    (sys.stderr if options.json else sys.stdout).write(f"{text}\n")
    return code


def state_dir() -> Path:
    """Where the owner's state is. Raises ``SettingsError`` where there is none."""
    folder = load_settings({}).state_dir
    if folder is None:
        raise SettingsError("there is no state directory", advice="Set BINANCE_MCP_STATE_DIR.")
    return folder


def verdict(path: Path, found: Read) -> tuple[str, int]:
    """Whether the journal is whole, in words and as an exit code."""
    if found.problem:
        text = f"{path} does NOT verify: {found.problem}."
        return f"{text} Nothing is placed until it does, or is set aside (--set-aside).", BROKEN
    if not found.lines and not path.exists():
        return f"There is no journal at {path} yet.", 0
    torn = f", {found.torn} of them torn and told" if found.torn else ""
    return f"{path}: {found.count} lines{torn}; each follows from the one before.", 0


def _set_aside(folder: Path) -> int:
    """Begin a new journal. The day's totals begin anew with it, so it is the owner's own decision."""
    must_be_here("setting the journal aside")
    question = "What was placed today counts no more against your limits."
    if not types(question, "set aside"):
        sys.stdout.write("Nothing was changed.\n")
        return 0
    journal = JournalFile(folder, SystemClock())
    try:
        kept = journal.set_aside()
    finally:
        journal.close()
    sys.stdout.write(f"The old journal is {kept}.\n" if kept else "There was no journal.\n")
    return 0


def _as_json(line: Line) -> str:
    return msgspec.json.encode(line).decode()


def row(line: Line) -> str:
    """One line for a person. Whatever others may have written is shown as data."""
    when = datetime.fromtimestamp(line.at / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    return f"{line.n:>6}  {when}  {' '.join(clean(word, 300) for word in _words(line) if word)}"


def _words(line: Line) -> Iterator[str]:
    match line:
        case Intended():
            yield f"intent      {line.action} {line.symbol} {line.id}"
            yield f"on {line.venue} of account {line.account}, for {line.principal},"
            yield f"allowed by {line.allowed_by}, counts {line.notional}: {line.canonical}"
        case Fate():
            yield f"outcome     {line.intent} {line.state} ({line.source})"
            yield ", ".join(f"{each.client_id} {each.status}" for each in line.orders)
            yield line.text
        case Reconciled():
            yield f"reconciled  {line.venue} of account {line.account}:"
            yield "; ".join(line.differences) or "no differences"
        case Killed():
            yield f"kill        {line.venue} by {line.by}: {line.reason or 'no reason given'}"
        case Released():
            yield f"release     {line.venue} by {line.by}"
        case Approved():
            yield f"approval    {line.verdict} by {line.by} on {line.venue}: {line.canonical}"
        case _:
            yield f"torn        the line before is not whole: {line.bytes} bytes that count for nothing"
