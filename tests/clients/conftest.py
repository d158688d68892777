"""One exchange for each market that the clients are shown."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.clients.process import ExchangeProcess


class Place(NamedTuple):
    """A running exchange, and what is known about its market."""

    rest: str
    symbols: tuple[str, ...]


@pytest.fixture(scope="session")
def scenario() -> Iterator[Place]:
    with ExchangeProcess() as process:
        yield Place(process.rest, ("BTCUSDT", "ETHUSDT"))


@pytest.fixture(scope="session")
def replay(data_dir: Path) -> Iterator[Place]:
    """The BTCUSDT recording as fast as it goes, with SOLUSDT from kline files."""
    files = (
        data_dir / "captures" / "spot_btcusdt_20240808.gz",
        data_dir / "klines" / "SOLUSDT_1h.jsonl.gz",
    )
    with ExchangeProcess(*files, speed="max") as process:
        yield Place(process.rest, ("BTCUSDT", "SOLUSDT"))


@pytest.fixture(scope="session", params=["scenario", "replay"])
def place(request: pytest.FixtureRequest) -> Place:
    """Either market; the recording is left out where it is absent."""
    found: Place = request.getfixturevalue(request.param)
    return found
