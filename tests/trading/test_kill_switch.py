"""Whoever says stop is heard by all, and a switch that cannot be read says stop too."""

from pathlib import Path

import pytest

from binance_mcp_server.errors import JournalError, SettingsError
from binance_mcp_server.trading import kill_switch
from binance_mcp_server.trading.kill_switch import ALL, Engaged, KillSwitch

NOW = 1_795_000_000_000


def test_one_process_engages_it_and_all_of_the_venue_hear(tmp_path: Path) -> None:
    one, other, elsewhere = (KillSwitch(tmp_path, venue) for venue in ("sim", "sim", "live"))
    assert one.engaged() is other.engaged() is None
    one.engage("p", "why", NOW)
    assert other.engaged() == Engaged("sim", NOW, "p", "why")
    assert elsewhere.engaged() is None


def test_for_all_venues_it_counts_on_each(tmp_path: Path) -> None:
    kill_switch.write(tmp_path, Engaged(ALL, NOW, "the owner"))
    assert KillSwitch(tmp_path, "live").engaged()
    assert not kill_switch.release(tmp_path, "live")
    assert kill_switch.release(tmp_path, ALL)
    assert KillSwitch(tmp_path, "live").engaged() is None


def test_who_was_first_stays(tmp_path: Path) -> None:
    switch = KillSwitch(tmp_path, "sim")
    switch.engage("first", "a", NOW)
    assert switch.engage("second", "b", NOW + 1).by == "first"


def test_without_a_folder_it_is_of_this_process(tmp_path: Path) -> None:
    switch = KillSwitch(None, "sim")
    switch.engage("p", "", NOW)
    assert switch.engaged()
    assert KillSwitch(None, "sim").engaged() is None


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[]", b'{"venue":1}'])
def test_a_file_that_cannot_be_read_says_stop(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "kill-sim.json").write_bytes(content)
    assert KillSwitch(tmp_path, "sim").engaged()


def test_a_folder_that_cannot_be_read_says_stop(tmp_path: Path) -> None:
    (tmp_path / "kill-sim.json").mkdir()
    assert KillSwitch(tmp_path, "sim").engaged()


def test_a_switch_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="cannot be used"):
        kill_switch.write(tmp_path / "file", Engaged("sim", NOW, "p"))
    (tmp_path / "kill-sim.json").mkdir()
    with pytest.raises(JournalError, match="cannot be set"):
        kill_switch.write(tmp_path, Engaged("sim", NOW, "p"))


def test_its_file_is_the_owners_alone(tmp_path: Path) -> None:
    KillSwitch(tmp_path, "sim").engage("p", "", NOW)
    (file,) = tmp_path.iterdir()
    assert oct(file.stat().st_mode & 0o777) == "0o600"
