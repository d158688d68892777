"""One exchange for each market that the clients are shown."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.clients.process import ExchangeProcess
from tests.clients.streaming import SPOT, Recording, paths, read_recording


class Place(NamedTuple):
    """A running exchange, and what is known about its market."""

    rest: str
    symbols: tuple[str, ...]
    stream: str

    @property
    def ws_api(self) -> str:
        """Address of the WebSocket API."""
        return f"{self.rest.replace('http', 'ws')}/ws-api/v3"


@pytest.fixture(scope="session")
def scenario() -> Iterator[Place]:
    with ExchangeProcess() as process:
        yield Place(process.rest, ("BTCUSDT", "ETHUSDT"), process.ready["stream"])


@pytest.fixture(scope="session")
def replay(data_dir: Path) -> Iterator[Place]:
    """The BTCUSDT recording as fast as it goes, with SOLUSDT from kline files."""
    files = (
        data_dir / "captures" / "spot_btcusdt_20240808.gz",
        data_dir / "klines" / "SOLUSDT_1h.jsonl.gz",
    )
    with ExchangeProcess(*files, speed="max") as process:
        process.play()
        yield Place(process.rest, ("BTCUSDT", "SOLUSDT"), process.ready["stream"])


@pytest.fixture(scope="session", params=["scenario", "replay"])
def place(request: pytest.FixtureRequest) -> Place:
    """Either market; the recording is left out where it is absent."""
    found: Place = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="session")
def recording(data_dir: Path) -> Recording:
    """What the two days of spot hold."""
    return read_recording(data_dir, SPOT)


@pytest.fixture
def held(data_dir: Path) -> Iterator[ExchangeProcess]:
    """The two days of spot, which wait until they are played; then as fast as the client reads."""
    with ExchangeProcess(*paths(data_dir, SPOT), speed="max", hold=True) as process:
        yield process
