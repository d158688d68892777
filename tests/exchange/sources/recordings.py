"""Small recordings made by hand, and reading the real ones the plain way."""

import gzip
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import anyio

from binance_mcp_server.exchange.sources.base import Frame

START = 1_723_161_255_000
FILES = ("spot_btcusdt_20240808.gz", "spot_btcusdt_20240809.gz")

gzipped: Final = partial(gzip.compress, mtime=0)
"""The same bytes each time, so that tests named after them are collected alike by every worker."""


def real_files(data_dir: Path) -> list[Path]:
    return [data_dir / "captures" / name for name in FILES]


def real_lines(data_dir: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Time of receipt in ns, and the frame."""
    for path in real_files(data_dir):
        with gzip.open(path, "rb") as file:
            for line in file:
                at_ns, payload = line.split(b" ", 1)
                yield int(at_ns), json.loads(payload)


def line(at_ms: float, body: str) -> str:
    return f"{int((START + at_ms) * 1_000_000)} {body}\n"


def trade(at_ms: int, number: int = 1, symbol: str = "BTCUSDT", price: str = "100.00000000") -> str:
    data = (
        f'{{"e":"trade","E":{START + at_ms},"s":"{symbol}","t":{number},"p":"{price}",'
        f'"q":"0.50000000","T":{START + at_ms},"m":true,"M":true}}'
    )
    return f'{{"stream":"{symbol.lower()}@trade","data":{data}}}'


def depth(at_ms: int, first: int, last: int, symbol: str = "BTCUSDT") -> str:
    data = (
        f'{{"e":"depthUpdate","E":{START + at_ms},"s":"{symbol}","U":{first},"u":{last},'
        f'"b":[["99.50000000","{last}.00000000"]],"a":[]}}'
    )
    return f'{{"stream":"{symbol.lower()}@depth@100ms","data":{data}}}'


def snapshot(update_id: int) -> str:
    return f'{{"lastUpdateId":{update_id},"bids":[["99.00000000","1.00000000"]],"asks":[]}}'


def recorded(path: Path, *lines: str) -> Path:
    path.write_bytes(gzipped("".join(lines).encode()))
    return path


async def following(batches: AsyncIterator[Sequence[Frame]]) -> list[Frame]:
    """The next batch, soon."""
    with anyio.fail_after(5):
        return list(await anext(batches))
