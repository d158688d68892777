"""CPU of receiving a stream, beside what decodes and drops, and beside the clients that people use.

One process sends the same frames to one receiver after the other over loopback; arms take turns, medians of the rounds'
ratios. See ``stream_receivers`` for what each does with a message.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

from benchmarks.processes import ROOT
from benchmarks.report import Row
from benchmarks.stream_frames import Load

ROUNDS = 5
COUNT: dict[Load, int] = {"aggTrade": 400_000, "mix": 150_000}
SLOW_COUNT = 20_000
"""Messages for the clients that take ten times as long."""
PATIENCE = 120.0


@contextmanager
def _sender(load: Load, count: int) -> Iterator[int]:
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.stream_sender", load, str(count)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()


def _cpu_us(arm: str, load: Load, count: int, port: int) -> float:
    """CPU of the receiver *arm* for one message."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.stream_receivers",
        arm,
        load,
        str(count),
        str(port),
    ]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=True
    )
    return float(json.loads(done.stdout.splitlines()[-1])["cpu_us"])


def _together(load: Load, count: int, arms: tuple[str, ...], rounds: int) -> dict[str, list[float]]:
    with _sender(load, count) as port:
        found: dict[str, list[float]] = {arm: [] for arm in arms}
        for _ in range(rounds):
            for arm in arms:
                found[arm].append(_cpu_us(arm, load, count, port))
        return found


def _row(what: str, found: dict[str, list[float]], arm: str, other: str, target: float) -> Row:
    ratios = [theirs / our for our, theirs in zip(found[arm], found[other], strict=True)]
    return Row(
        what=what,
        ours=f"{median(found[arm]):.2f} µs",
        beside=f"{_WORDS[other]}: {median(found[other]):.2f} µs",
        figure=median(ratios),
        target=target,
        sense=">=",
    )


_WORDS = {
    "decode": "picows + msgspec, dropped",
    "sdk": "binance-sdk-spot",
    "python_binance": "python-binance",
}


def run() -> list[Row]:
    rows = []
    targets: tuple[tuple[Load, float], ...] = (("aggTrade", 0.75), ("mix", 0.55))
    for load, eager in targets:
        found = _together(load, COUNT[load], ("decode", "ours", "eager"), ROUNDS)
        name = "aggregate trades" if load == "aggTrade" else "the mix"
        rows += [
            _row(f"stream message kept, {name}", found, "ours", "decode", 1.3),
            _row(f"stream message decoded at once, {name}", found, "eager", "decode", eager),
        ]
    slow = _together("mix", SLOW_COUNT, ("ours", "sdk", "python_binance"), 3)
    return [
        *rows,
        _row("stream message, the mix", slow, "ours", "sdk", 12),
        _row("stream message, the mix", slow, "ours", "python_binance", 15),
    ]
