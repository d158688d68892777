"""``keys``: what is typed goes into the keyring and nowhere else; a check asks the venue."""

import io
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from binance_mcp_server.access import key_store
from binance_mcp_server.cli import parser
from tests.access.test_credentials import FakeKeyring
from tests.clients.process import ROOT, ExchangeProcess
from tests.exchange.accounts.vectors import KEY, SECRET


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeKeyring:
    """A keyring, a state directory, and no key in the environment."""
    held = FakeKeyring()
    monkeypatch.setattr(key_store, "_system_keyring", lambda: held)
    monkeypatch.setenv("BINANCE_MCP_STATE_DIR", str(tmp_path / "state"))
    for name in (
        "API_KEY",
        "API_SECRET",
        "PRIVATE_KEY_PATH",
        "MCP_KEY",
        "MCP_VENUE",
        "MCP_REST_URL",
    ):
        monkeypatch.delenv(f"BINANCE_{name}", raising=False)
    return held


@pytest.fixture(scope="module")
def venue() -> Iterator[ExchangeProcess]:
    with ExchangeProcess() as process:
        yield process


class Line:
    """The command line, with what is typed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        self.shown = ""

    def __call__(self, words: str, *typed: str) -> int:
        self._monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{each}\n" for each in typed)))
        code = parser.run(["keys", *words.split()])
        told = self._capsys.readouterr()
        self.shown += told.out + told.err
        self.last = told.out + told.err
        return code


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Line:
    return Line(monkeypatch, capsys)


def test_a_key_is_added_listed_and_removed_and_never_shown(
    run: Line, keyring: FakeKeyring, tmp_path: Path
) -> None:
    assert run("list") == 0
    assert "No key" in run.last
    assert run("add main --venue live", KEY, SECRET) == 0
    assert "main" in run.last
    assert "--key main" in run.last
    assert run("list") == 0
    assert run.last == "main  live  HMAC\n"
    (entry,) = keyring.held.values()
    assert KEY in entry
    assert SECRET in entry
    for file in (tmp_path / "state").iterdir():
        assert KEY.encode() not in file.read_bytes()
        assert SECRET.encode() not in file.read_bytes()
    assert run("remove main") == 0
    assert "still works on Binance" in run.last
    assert keyring.held == {}
    assert run("remove main") == 1
    assert KEY not in run.shown
    assert SECRET not in run.shown


def test_a_private_key_is_tried_before_it_is_kept(
    run: Line, keyring: FakeKeyring, tmp_path: Path
) -> None:
    from tests.access.test_signing import ED_KEY, PASSPHRASE, pem_of

    file = tmp_path / "key.pem"
    file.write_bytes(pem_of(ED_KEY, PASSPHRASE))
    file.chmod(0o600)
    add = f"add main --venue testnet --private-key {file}"
    assert run(add, KEY, "wrong") == 2
    assert "passphrase is wrong" in run.last
    assert keyring.held == {}
    assert run(add, KEY, PASSPHRASE) == 0
    run("list")
    assert run.last == "main  testnet  ED25519\n"
    assert PASSPHRASE not in run.shown


@pytest.mark.parametrize("typed", [(), (KEY,), ("", SECRET), ("k" * 600, SECRET), ("a\tb", SECRET)])
def test_what_cannot_be_a_key_is_not_kept(
    run: Line, keyring: FakeKeyring, typed: tuple[str, ...]
) -> None:
    assert run("add main --venue live", *typed) == 2
    assert keyring.held == {}


@pytest.mark.parametrize(
    ("venue_name", "key", "words"),
    [("live", "SIM" + KEY, "embedded exchange"), ("sim", KEY, "not a key of the embedded")],
)
def test_a_key_is_kept_for_its_own_venue_alone(
    run: Line, keyring: FakeKeyring, venue_name: str, key: str, words: str
) -> None:
    assert run(f"add main --venue {venue_name}", key, SECRET) == 2
    assert words in run.last
    assert keyring.held == {}


def test_a_name_that_is_no_name(run: Line, keyring: FakeKeyring) -> None:
    assert run("add ../x --venue live", KEY, SECRET) == 2
    assert keyring.held == {}


def test_a_check_says_what_a_key_may_do(
    run: Line, keyring: FakeKeyring, venue: ExchangeProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not keyring.held
    monkeypatch.setenv("BINANCE_MCP_REST_URL", venue.rest)
    trader, reader = venue.open_account("one"), venue.open_account("two", permissions=["USER_DATA"])
    for name, account in (("trader", trader), ("reader", reader)):
        assert run(f"add {name} --venue sim", account["api_key"], account["api_secret"]) == 0
    assert run("check trader --venue sim") == 0
    assert "may: read, trade spot, from any address" in run.last
    assert run("check reader --venue sim") == 1
    assert "The key may not trade spot." in run.last
    assert run("check nobody --venue sim") == 2
    assert "no key 'nobody'" in run.last
    monkeypatch.setenv("BINANCE_API_KEY", trader["api_key"])
    monkeypatch.setenv("BINANCE_API_SECRET", trader["api_secret"])
    assert run("check --venue sim") == 0
    monkeypatch.setenv("BINANCE_API_SECRET", reader["api_secret"])
    assert run("check --venue sim") == 2
    assert "-1022" in run.last
    for account in (trader, reader):
        assert account["api_key"] not in run.shown
        assert account["api_secret"] not in run.shown


def test_without_a_keyring_the_environment_is_named(tmp_path: Path) -> None:
    environment = {
        "BINANCE_MCP_STATE_DIR": str(tmp_path),
        "PATH": "/usr/bin:/bin",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
    }
    command = [sys.executable, "-m", "binance_mcp_server", "keys", "add", "main", "--venue", "live"]
    told = subprocess.run(
        command, cwd=ROOT, env=environment, input=f"{KEY}\n{SECRET}\n",
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert told.returncode == 2
    assert "NoKeyringError" in told.stderr
    assert "BINANCE_API_KEY" in told.stderr
    assert KEY not in told.stderr + told.stdout
