"""Large blocks leave resident memory when they are freed, also after the first one."""

import subprocess
import sys

import pytest

_CHILD = """
import sys
from pathlib import Path
from binance_mcp_server.cli.heap import give_back_large_blocks

MB = 1 << 20
def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 // MB

done = give_back_large_blocks() if sys.argv[1] == "set" else True
before = resident()
pinned = []
for size in (24, 16, 12, 8):
    block = b"x" * (size * MB)
    pinned.append([b"y" * 700 for _ in range(50)])  # stands above a block that is part of the heap
    del block
print(int(done), resident() - before)
"""


def _kept_mb(how: str) -> tuple[bool, int]:
    words = subprocess.run(
        [sys.executable, "-c", _CHILD, how], capture_output=True, text=True, check=True, timeout=60
    ).stdout.split()
    return words[0] == "1", int(words[1])


@pytest.mark.skipif(sys.platform != "linux", reason="the limits are those of glibc")
def test_a_freed_block_of_many_megabytes_leaves_resident_memory() -> None:
    is_set, kept = _kept_mb("set")
    if not is_set:
        pytest.skip("this C library has no mallopt")
    assert kept <= 2
    assert _kept_mb("unset")[1] >= 8, "without the limits it stays: else there is nothing to prove"
