"""Stream messages a second from the exchange to one subscriber on the same machine.

The exchange's stream side is a process of its own, and so is the subscriber, which does nothing but count. Beside it,
the subscriber alone: the same kind of messages from a sender that only writes bytes made beforehand. The two take
turns; the best round of each counts, since whatever else the machine does only takes away.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, NamedTuple

from benchmarks.processes import ROOT
from benchmarks.report import Row

COUNT = 100_000
ROUNDS = 15
PATIENCE = 120.0
STREAM = "btcusdt@aggTrade"


class Round(NamedTuple):
    """Messages a second, told and to the subscriber alone, and the teller's CPU for one, µs."""

    told: float
    alone: float
    cpu_us: float


@contextmanager
def _process(*command: str) -> Iterator[IO[str]]:
    """What a process prints."""
    process = subprocess.Popen(
        [sys.executable, "-m", *command], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout
        yield process.stdout
    finally:
        process.kill()
        process.communicate()


def _rate(port: int, count: int) -> float:
    """At the subscriber. Raises ``RuntimeError`` when not everything came."""
    url = f"ws://127.0.0.1:{port}/stream?streams={STREAM}"
    command = [sys.executable, "-m", "benchmarks.stream_counter", url, str(count)]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=True
    )
    told = json.loads(done.stdout.splitlines()[-1])
    if told["messages"] != count:
        raise RuntimeError(f"{told['messages']} messages came of {count}")
    return float(told["counted"] / told["seconds"])


def measure(count: int, rounds: int) -> list[Round]:
    with (
        _process("benchmarks.fanout_venue", str(count)) as venue,
        _process("benchmarks.stream_sender", "aggTrade", str(count)) as sender,
    ):
        port, other = int(venue.readline()), int(sender.readline())
        return [
            Round(_rate(port, count), _rate(other, count), float(venue.readline()))
            for _ in range(rounds)
        ]


def run() -> list[Row]:
    found = measure(COUNT, ROUNDS)
    told = max(it.told for it in found) / 1000
    alone = max(it.alone for it in found) / 1000
    cpu_us = min(it.cpu_us for it in found)
    return [
        Row(
            what="stream messages from the exchange to one subscriber, aggregate trades",
            ours=f"{1000 / told:.2f} µs each, {cpu_us:.2f} µs of CPU",
            beside=f"the subscriber alone: {alone:.0f} k/s",
            figure=told,
            target=300,
            sense=">=",
            unit="k/s",
        )
    ]
