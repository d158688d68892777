"""How much faster than it was recorded a market plays at ``max`` while one reader is told fifty of its streams.

The whole exchange in a process of its own; on one connection all kinds of streams that a spot symbol has, candles of
every interval in both time zones among them, and a reader that counts. Time runs from the word to play until the
reader has everything; the best round counts.
"""

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.processes import ROOT, exchange
from benchmarks.report import Row
from tests.conftest import DATA_DIR

FILES = ("spot_btcusdt_20240808.gz", "spot_btcusdt_20240809.gz")
"""The second begins where the first ends: together they are the longest recording of a spot market."""
ROUNDS = 3
PATIENCE = 200.0
_LOOK_SECONDS = 0.02
_INTERVALS = (
    *("1s", "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h"),
    *("1d", "3d", "1w", "1M"),
)
KINDS = (
    *("trade", "aggTrade", "bookTicker", "depth", "depth@100ms"),
    *(f"depth{levels}{speed}" for levels in (5, 10, 20) for speed in ("", "@100ms")),
    *(f"kline_{interval}{zone}" for interval in _INTERVALS for zone in ("", "@+08:00")),
    *("miniTicker", "ticker", "ticker_1h", "ticker_4h", "ticker_1d"),
    *("avgPrice", "referencePrice"),
)


class Played(NamedTuple):
    """One run."""

    recorded: float
    """Seconds from the first event to the last."""
    seconds: float
    messages: int


def play(files: Sequence[Path], symbol: str) -> Played:
    """Play *files* once to a reader of all :data:`KINDS` of *symbol* (in lower case)."""
    named = [word for path in files for word in ("--replay", str(path))]
    with exchange(*named, "--speed", "max", "--hold") as rest:
        address = _state(rest)["addresses"]["stream"]
        streams = "/".join(f"{symbol}@{kind}" for kind in KINDS)
        with _reader(f"{address}/stream?streams={streams}") as reader:
            begun = time.perf_counter()
            _call(f"{rest}/__sim/play", b"{}")
            while not (state := _state(rest))["ended"]:
                if time.perf_counter() - begun > PATIENCE:
                    raise RuntimeError(f"it has not ended: {state}")
                time.sleep(_LOOK_SECONDS)
            told, _ = reader.communicate("\n", PATIENCE)
            seconds = time.perf_counter() - begun
    if state["failure"] is not None:
        raise RuntimeError(state["failure"])
    recorded = (state["end_ms"] - state["start_ms"]) / 1000
    return Played(recorded, seconds, json.loads(told)["messages"])


@contextmanager
def _reader(url: str) -> "Iterator[subprocess.Popen[str]]":
    """A counter that is subscribed."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.stream_counter", url],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        if process.stdout.readline() != "ready\n":
            raise RuntimeError("the reader cannot subscribe")
        yield process
    finally:
        process.kill()
        process.communicate()


def _state(rest: str) -> Any:
    return _call(f"{rest}/__sim/state")


def _call(url: str, body: bytes | None = None) -> Any:
    request = urllib.request.Request(url, data=body)  # noqa: S310 - of our own exchange
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        return json.load(answer)


def _row(what: str, files: Sequence[Path]) -> Row:
    best = min((play(files, "btcusdt") for _ in range(ROUNDS)), key=lambda it: it.seconds)
    return Row(
        what=f"replay at `max`, {len(KINDS)} streams told, {what}",
        ours=f"{best.seconds:.1f} s, {best.messages:,} messages",
        beside=f"recorded in {best.recorded:.0f} s",
        figure=best.recorded / best.seconds,
        target=20,
        sense=">=",
    )


def run(data: Path = DATA_DIR) -> list[Row]:
    files = [data / "captures" / name for name in FILES]
    missing = [path.name for path in files if not path.is_file()]
    if missing:
        print(f" skipped: no {missing[0]}; BINANCE_MCP_DATA names the folder of recordings", end="")
        return []
    return [_row("six minutes of BTCUSDT", files[:1]), _row("eleven minutes", files)]
