"""What all tests share: the async backend and the way to the recordings."""

import os
from pathlib import Path

import pytest

DATA_DIR = Path(os.environ.get("BINANCE_MCP_DATA") or Path(__file__).parents[2] / "shared" / "data")
"""Real recordings; the one path of its kind in the project."""


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The recordings, or a skip that says how to get to them."""
    if not DATA_DIR.is_dir():
        pytest.skip(f"no recordings at {DATA_DIR}: set BINANCE_MCP_DATA to their folder")
    return DATA_DIR
