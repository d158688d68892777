"""One exchange for each market that the end-to-end tests look at, and the environment that leads to it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.processes import Exchange

KLINES = tuple(
    f"{symbol}_{interval}.jsonl.gz"
    for symbol in ("BTCUSDT", "SOLUSDT")
    for interval in ("15m", "1h", "1d", "1w", "1M")
)


@pytest.fixture(scope="session")
def captures(data_dir: Path) -> list[Path]:
    """Both days of the BTCUSDT recording."""
    return [data_dir / "captures" / f"spot_btcusdt_202408{day}.gz" for day in ("08", "09")]


@pytest.fixture(scope="session")
def klines(data_dir: Path) -> list[Path]:
    """Kline files of two symbols and several intervals."""
    return [data_dir / "klines" / name for name in KLINES]


@pytest.fixture(scope="session")
def scenario() -> Iterator[Exchange]:
    """The simulated market."""
    with Exchange() as exchange:
        yield exchange


@pytest.fixture(scope="session")
def played(captures: list[Path]) -> Iterator[Exchange]:
    """The recording, played to its end."""
    with Exchange("--replay", *captures, "--speed", "max", "--hold") as exchange:
        exchange.play_to_end()
        yield exchange


@pytest.fixture(scope="session")
def history(klines: list[Path]) -> Iterator[Exchange]:
    """Kline files alone."""
    with Exchange("--replay", *klines) as exchange:
        yield exchange


@pytest.fixture(scope="module")
def state_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state directory that a module's servers share."""
    return tmp_path_factory.mktemp("state")
