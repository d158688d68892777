"""Keys are found where the owner put them, go nowhere else, and never show themselves."""

import logging
from pathlib import Path

import pytest

from binance_mcp_server.access import key_store
from binance_mcp_server.access.credentials import Credentials, load
from binance_mcp_server.access.key_store import KeyStore, read_index, write_index
from binance_mcp_server.access.secrets import KeySettings, Secret, read_keys
from binance_mcp_server.errors import InputError, SettingsError
from binance_mcp_server.venues import VenueName

REAL, SIM = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zv", "SIMvmPUZE6mv9SD5VNHk4HlWFsOr6aK"
LIVE_URLS = ("https://api.binance.com", "wss://stream.binance.com:9443")
SIM_URLS = ("http://127.0.0.1:8080",)
PEM = "-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----\n"


class FakeKeyring:
    """A keyring in memory."""

    def __init__(self) -> None:
        self.held: dict[tuple[str, str], str] = {}

    def get_password(self, service_name: str, username: str) -> str | None:
        return self.held.get((service_name, username))

    def set_password(self, service_name: str, username: str, password: str) -> None:
        self.held[service_name, username] = password

    def delete_password(self, service_name: str, username: str) -> None:
        del self.held[service_name, username]


class BrokenKeyring(FakeKeyring):
    def get_password(self, service_name: str, username: str) -> str | None:
        raise RuntimeError(f"hunter2 is what {username} of {service_name} holds")


def keys_of(**env: str) -> KeySettings:
    return read_keys({f"BINANCE_{name.upper()}": value for name, value in env.items()}, None)


def revealed(found: Credentials | None) -> tuple[str | None, ...]:
    assert found is not None
    parts = (found.api_key, found.secret, found.private_key, found.passphrase)
    return tuple(each.reveal() if each else None for each in parts)


def refusal(keys: KeySettings, venue: VenueName = "live") -> SettingsError:
    with pytest.raises(SettingsError) as caught:
        load(keys, venue, LIVE_URLS if venue != "sim" else SIM_URLS)
    shown = f"{caught.value.message} {caught.value.advice}"
    assert REAL not in shown
    assert "hunter2" not in shown
    assert caught.value.advice
    return caught.value


def test_without_a_key_there_are_no_credentials() -> None:
    assert load(keys_of(), "live", LIVE_URLS) is None
    assert not keys_of().is_given


def test_a_secret_of_the_environment() -> None:
    keys = keys_of(api_key=f" {REAL} ", api_secret="hunter2")
    assert keys.is_complete
    assert revealed(load(keys, "live", LIVE_URLS)) == (REAL, "hunter2", None, None)
    for shown in (repr(keys), str(keys), repr(load(keys, "live", LIVE_URLS))):
        assert REAL not in shown
        assert "hunter2" not in shown


def test_a_private_key_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    file.write_text(PEM)
    file.chmod(0o600)
    keys = keys_of(api_key=REAL, private_key_path=str(file), private_key_passphrase=" a b ")
    assert revealed(load(keys, "live", LIVE_URLS)) == (REAL, None, PEM, " a b ")


def test_a_file_that_others_can_read_is_told_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "key.pem"
    file.write_text(PEM)
    keys = keys_of(api_key=REAL, private_key_path=str(file))
    file.chmod(0o600)
    with caplog.at_level(logging.WARNING):
        load(keys, "live", LIVE_URLS)
        assert not caplog.records
        file.chmod(0o644)
        load(keys, "live", LIVE_URLS)
    assert "chmod 600" in caplog.text
    assert str(tmp_path) not in caplog.text


@pytest.mark.parametrize(
    "content",
    [b"", b"hunter2", PEM.encode() + b"\n" * 20_000, b"\xff\xfe" + PEM.encode("utf-16-le")],
    ids=["empty", "something else", "too long", "another encoding"],
)
def test_a_file_that_holds_no_private_key(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "hunter2.pem"
    file.write_bytes(content)
    error = refusal(keys_of(api_key=REAL, private_key_path=str(file)))
    assert "holds none" in error.message


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    error = refusal(keys_of(api_key=REAL, private_key_path=str(tmp_path / "hunter2.pem")))
    assert "No such file" in error.message
    assert "directory" in refusal(keys_of(api_key=REAL, private_key_path=str(tmp_path))).message


def test_a_key_that_nothing_signs_for() -> None:
    keys = keys_of(api_key=REAL)
    assert keys.is_given
    assert not keys.is_complete
    assert "BINANCE_API_SECRET" in refusal(keys).advice


@pytest.mark.parametrize(
    ("env", "name"),
    [
        ({"BINANCE_API_KEY": REAL, "BINANCE_MCP_KEY": "mine"}, None),
        ({"BINANCE_API_KEY": REAL}, "mine"),
        (
            {
                "BINANCE_API_KEY": REAL,
                "BINANCE_API_SECRET": "hunter2",
                "BINANCE_PRIVATE_KEY_PATH": "/k",
            },
            None,
        ),
    ],
)
def test_what_is_said_twice_is_not_guessed_at(env: dict[str, str], name: str | None) -> None:
    with pytest.raises(SettingsError, match="there are two") as caught:
        read_keys(env, name)
    assert REAL not in caught.value.message + caught.value.advice


@pytest.mark.parametrize(
    ("key", "venue", "urls"),
    [
        (SIM, "live", LIVE_URLS),
        (SIM, "testnet", ("https://testnet.binance.vision",)),
        (REAL, "sim", SIM_URLS),
        (REAL, "sim", ()),
        (REAL, "live", (*LIVE_URLS, "http://127.0.0.1:1")),
        (SIM, "live", (*LIVE_URLS, "http://127.0.0.1:1")),
        (REAL, "live", ("http://[::1]:1",)),
    ],
)
def test_a_key_goes_only_where_it_was_issued_for(
    key: str, venue: VenueName, urls: tuple[str, ...]
) -> None:
    with pytest.raises(SettingsError, match="BINANCE_API_KEY is"):
        load(keys_of(api_key=key, api_secret="hunter2"), venue, urls)


# --- the keyring


def stored(keyring: FakeKeyring, monkeypatch: pytest.MonkeyPatch) -> KeyStore:
    monkeypatch.setattr(key_store, "_system_keyring", lambda: keyring)
    return KeyStore()


@pytest.mark.parametrize(
    "credentials",
    [
        Credentials(Secret(REAL), secret=Secret("hunter2")),
        Credentials(Secret(REAL), private_key=Secret(PEM), passphrase=Secret(" ")),
    ],
)
def test_what_is_put_into_the_keyring_comes_out(
    monkeypatch: pytest.MonkeyPatch, credentials: Credentials
) -> None:
    store = stored(FakeKeyring(), monkeypatch)
    store.write("mine", "live", credentials)
    found = load(KeySettings(name="mine"), "live", LIVE_URLS)
    assert revealed(found) == revealed(credentials)
    assert store.remove("mine")
    assert not store.remove("mine")
    assert "no key 'mine'" in refusal(KeySettings(name="mine")).message


def test_an_entry_serves_the_venue_that_it_was_put_there_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = stored(FakeKeyring(), monkeypatch)
    store.write("mine", "testnet", Credentials(Secret(REAL), secret=Secret("hunter2")))
    assert "of venue 'testnet'" in refusal(KeySettings(name="mine")).message
    store.write("mine", "sim", Credentials(Secret(REAL), secret=Secret("hunter2")))
    assert "not a key of the embedded exchange" in refusal(KeySettings(name="mine"), "sim").message


@pytest.mark.parametrize("text", ["", "hunter2", '{"venue":"live"}', "[]"])
def test_an_entry_of_somebody_else_is_not_taken(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    keyring = FakeKeyring()
    stored(keyring, monkeypatch)
    keyring.set_password(key_store.SERVICE, "mine", text)
    assert "not one of ours" in refusal(KeySettings(name="mine")).message


def test_a_keyring_that_fails_says_so_in_our_words(monkeypatch: pytest.MonkeyPatch) -> None:
    stored(BrokenKeyring(), monkeypatch)
    error = refusal(KeySettings(name="mine"))
    assert "RuntimeError" in error.message
    assert "BINANCE_API_KEY" in error.advice


@pytest.mark.parametrize("name", ["", "-x", "a b", "x" * 41, "é", "../x", "a\n"])
def test_names_are_plain(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    store = stored(FakeKeyring(), monkeypatch)
    with pytest.raises(InputError):
        store.write(name, "live", Credentials(Secret(REAL), secret=Secret("x")))


def test_the_list_of_names_is_a_file_of_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    assert read_index(folder) == {}
    write_index(folder, {"mine": {"venue": "live", "signs_with": "HMAC"}})
    assert read_index(folder) == {"mine": {"venue": "live", "signs_with": "HMAC"}}
    (file,) = folder.iterdir()
    assert (file.stat().st_mode | folder.stat().st_mode) & 0o077 == 0
    file.write_bytes(b"{")
    assert read_index(folder) == {}
