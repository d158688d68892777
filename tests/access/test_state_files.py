"""Which file a venue's ledger has, and which files are cleared away."""

import os
from pathlib import Path

import pytest

from binance_mcp_server.access.state_files import StateFile, limits_file, prune

NOW_MS = 1_800_000_000_000


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://api.binance.com", "limits-api.binance.com"),
        ("https://api3.binance.com", "limits-api.binance.com"),
        ("https://data-api.binance.vision", "limits-api.binance.com"),
        ("https://API.BINANCE.US", "limits-api.binance.us"),
        ("http://127.0.0.1:4711", "limits-127.0.0.1-4711"),
        ("http://[::1]:4711", "limits-__1-4711"),
        ("https://user:secret@testnet.binance.vision/x", "limits-testnet.binance.vision"),
        ("https://../..", "limits-.."),
    ],
)
def test_one_file_for_each_venue(url: str, name: str) -> None:
    assert limits_file(url) == name


def test_only_old_files_of_loopback_venues_are_removed(tmp_path: Path) -> None:
    names = {"limits-127.0.0.1-1": 2, "limits-127.0.0.1-2": 0, "limits-api.binance.com": 9}
    for name, days in names.items():
        (tmp_path / name).touch()
        then = NOW_MS / 1000 - days * 86_400
        os.utime(tmp_path / name, (then, then))
    prune(tmp_path, NOW_MS)
    assert {file.name for file in tmp_path.iterdir()} == set(names) - {"limits-127.0.0.1-1"}


def test_the_lock_keeps_others_out_and_the_bytes_come_back(tmp_path: Path) -> None:
    one, other = StateFile(tmp_path / "f", 8), StateFile(tmp_path / "f", 8)
    assert one.lock()
    assert not other.lock()
    one.buffer[:] = b"12345678"
    one.unlock(write=True)
    assert other.lock()
    assert other.buffer == b"12345678"
    other.unlock(write=False)
    one.close()
    other.close()


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(b"precious")
    (tmp_path / "f").symlink_to(tmp_path / "target")
    with pytest.raises(OSError, match="f"):
        StateFile(tmp_path / "f", 8)
    assert (tmp_path / "target").read_bytes() == b"precious"
