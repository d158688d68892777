"""The recording, read once, and how long a test may take."""

from pathlib import Path

import pytest

from tests.e2e.faults.scene import Recorded, read_recording


@pytest.fixture(scope="session")
def recording(captures: list[Path]) -> Recorded:
    """Both days of BTCUSDT."""
    return read_recording(captures)
