"""What the stream tests of all clients share: what a recording holds, and a loop that is left as it was found."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec

SOON = 10.0
"""Seconds that a live market may take to tell something."""
PLAY_SECONDS = 45.0
"""That a client may take for a whole recording."""
SPOT = ("spot_btcusdt_20240808", "spot_btcusdt_20240809")
USDM = ("usdm_btcusdt_20240808",)
COINM = ("coinm_btcusd_perp_20240808",)


class _Data(msgspec.Struct):
    t: int = 0
    u: int = 0
    E: int = 0


class _Line(msgspec.Struct):
    stream: str = ""
    data: _Data | None = None


class Recording(NamedTuple):
    """What a client must have received at the end."""

    trade_ids: list[int]
    depth_updates: list[int]
    """``u`` of each, oldest first."""
    depth_times: list[int]
    """``E`` of each, ms."""

    def depth_times_after(self, update: int) -> list[int]:
        """Of the updates that a book of that ``lastUpdateId`` has not seen."""
        both = zip(self.depth_updates, self.depth_times, strict=True)
        return [time for last, time in both if last > update]


def paths(data_dir: Path, names: Sequence[str]) -> list[Path]:
    return [data_dir / "captures" / f"{name}.gz" for name in names]


def read_recording(data_dir: Path, names: Sequence[str]) -> Recording:
    found = Recording([], [], [])
    for line in _lines(paths(data_dir, names)):
        if line.data is not None and line.stream.endswith("@trade"):
            found.trade_ids.append(line.data.t)
        elif line.data is not None and "@depth" in line.stream:
            found.depth_updates.append(line.data.u)
            found.depth_times.append(line.data.E)
    return found


def _lines(files: Sequence[Path]) -> Iterator[_Line]:
    decoder = msgspec.json.Decoder(_Line)
    for path in files:
        for line in gzip.decompress(path.read_bytes()).splitlines():
            yield decoder.decode(line.split(b" ", 1)[1])


@asynccontextmanager
async def no_task_left() -> AsyncIterator[None]:
    """Whatever a client started has ended when it is closed; a task that stays is a failure."""
    before = asyncio.all_tasks()
    yield
    left = asyncio.all_tasks() - before
    if left:
        _, stray = await asyncio.wait(left, timeout=SOON)
        assert not stray
