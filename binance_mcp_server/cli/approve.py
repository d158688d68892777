"""``approve``: a person reads the order that waits for a word, and says yes or no."""

import argparse
import sys

from binance_mcp_server.binance_api.errors_map import clean
from binance_mcp_server.cli.audit import state_dir
from binance_mcp_server.cli.person import must_be_here, types
from binance_mcp_server.clock import SystemClock
from binance_mcp_server.errors import InputError
from binance_mcp_server.trading.approvals import Approvals, Question

BY = "the owner"


def approve(options: argparse.Namespace) -> int:
    """Show what waits; ask about the one that is meant. Returns 0."""
    approvals, clock = Approvals(state_dir()), SystemClock()
    waiting = approvals.pending(clock.now_ms())
    if options.list or not waiting:
        for question in waiting:
            sys.stdout.write(shown(question, clock.now_ms()))
        if not waiting:
            sys.stdout.write("No order waits for approval.\n")
        return 0
    must_be_here("an approval")
    question = _meant(options.id, waiting, clock.now_ms())
    sys.stdout.write(shown(question, clock.now_ms()))
    granted = types("Nothing is placed without your word.", question.id)
    approvals.answer(question, granted=granted, by=BY, now_ms=clock.now_ms())
    sys.stdout.write("Approved.\n" if granted else "Declined: nothing is placed.\n")
    return 0


def _meant(wanted: str | None, waiting: list[Question], now_ms: int) -> Question:
    found = [each for each in waiting if wanted in {None, each.id}]
    if len(found) == 1:
        return found[0]
    if not found:
        raise InputError(
            f"No question {clean(wanted or '', 20)!r} waits for an answer",
            advice="mcp-server-binance approve --list shows those that do.",
        )
    sys.stdout.write("".join(shown(each, now_ms) for each in found))
    raise InputError(f"{len(found)} orders wait", advice="Name one: mcp-server-binance approve ID.")


def shown(question: Question, now_ms: int) -> str:
    """The order as the person reads it; whatever others may have written is data."""
    left = max(0, (question.deadline_ms - now_ms) // 1000)
    lines = [
        f"{question.id}  on {clean(question.venue)}, {left} s left, for {clean(question.principal)}"
    ]
    lines += [f"  {clean(line)}" for line in question.text]
    return "\n".join(lines) + "\n"
