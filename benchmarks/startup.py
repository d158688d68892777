"""From the start of the process to its first answers, and the memory it then holds, beside an empty server.

Both are started in turn, round by round, on the same interpreter; medians. The venue's address is given, so no
exchange is started with ours, and nothing is asked of it before the first call.
"""

import time
from collections.abc import Mapping, Sequence
from statistics import median
from typing import NamedTuple

from benchmarks.processes import ERAS, OURS, Era, Server, empty, exchange, settings_for
from benchmarks.report import Row

ROUNDS = 15


class Start(NamedTuple):
    """One start; times in ms since the process was asked for, except ``listing``."""

    hello: float
    listed: float
    listing: float
    """The first ``tools/list`` alone, ms."""
    memory: float
    """MB after ``tools/list``."""


def start(command: Sequence[str], era: Era, env: Mapping[str, str]) -> Start:
    with Server(command, era, env) as server:
        server.hello()
        hello = time.perf_counter()
        server.list_tools()
        listed = time.perf_counter()
        begun = server.started
        return Start(
            hello=(hello - begun) * 1000,
            listed=(listed - begun) * 1000,
            listing=(listed - hello) * 1000,
            memory=server.memory_mb(),
        )


def compare(era: Era, tools: int, env: Mapping[str, str]) -> list[Row]:
    arms = {"ours": OURS, "empty": empty(tools)}
    for command in arms.values():
        start(command, era, env)  # compiled files and page cache
    samples: dict[str, list[Start]] = {"ours": [], "empty": []}
    for number in range(ROUNDS):
        for name in sorted(arms, reverse=number % 2 == 0):  # neither is always the first
            samples[name].append(start(arms[name], era, env))
    ours, bare = (Start(*map(median, zip(*samples[name], strict=True))) for name in arms)
    first = "initialize" if era == "2025-11-25" else "server/discover"

    def row(what: str, our: float, other: float, target: float, unit: str) -> Row:
        beside = f"empty server, {tools} tools: {other:.0f} {unit}"
        return Row(f"{what} ({era})", f"{our:.0f} {unit}", beside, our / other, target)

    return [
        row(f"start → `{first}`", ours.hello, bare.hello, 1.15, "ms"),
        row("start → first `tools/list`", ours.listed, bare.listed, 1.15, "ms"),
        row("first `tools/list` alone", ours.listing, bare.listing, 1.15, "ms"),
        row("memory after start", ours.memory, bare.memory, 1.1, "MB"),
    ]


def run() -> list[Row]:
    with exchange() as rest, settings_for(rest) as env:
        with Server(OURS, ERAS[0], env) as server:
            server.hello()
            tools = len(server.list_tools())
        return [row for era in ERAS for row in compare(era, tools, env)]
