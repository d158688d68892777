"""Where the limits are: one file, read as it is or not at all; two acts of the owner for live."""

import os
from pathlib import Path

import pytest

from binance_mcp_server.errors import SettingsError
from binance_mcp_server.trading.limits_file import default_path, load

LIVE = '[live]\nenabled = true\nsymbols = ["BTCUSDT"]\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "limits.toml"
    path.write_text(LIVE)
    path.chmod(0o600)
    return path


def test_live_takes_both_acts(file: Path) -> None:
    assert load("live", file, enabled=True).enabled
    flag_alone = load("live", file, enabled=False)
    assert not flag_alone.enabled
    assert "--enable-trading live" in flag_alone.why_disabled
    file.write_text("")
    assert not load("live", file, enabled=True).enabled


def test_a_file_that_was_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="not there"):
        load("sim", tmp_path / "other.toml", enabled=True)


def test_the_usual_file_may_be_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert load("sim", enabled=True).enabled
    assert not load("live", enabled=True).enabled
    path = default_path()
    path.parent.mkdir(parents=True)
    path.write_text(LIVE)
    assert load("live", enabled=True).enabled


@pytest.mark.skipif(os.name != "posix", reason="permissions of another kind")
def test_a_file_that_anybody_may_write_is_nobodys(file: Path) -> None:
    file.chmod(0o666)
    with pytest.raises(SettingsError, match="anybody"):
        load("live", file, enabled=True)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"#" * 100_001])
def test_a_file_that_is_no_text_of_some_size_is_refused(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(SettingsError):
        load("live", file, enabled=True)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(SettingsError):
        load("live", tmp_path, enabled=True)
