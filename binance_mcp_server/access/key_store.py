"""API keys in the system's keyring, each under a name of the owner's choosing and for one venue.

The keyring holds all of an entry as one JSON text. Since it cannot be asked what it holds, a file in the state
directory lists the names and venues, and nothing else. ``keyring`` is imported when an entry is first asked for.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec

from binance_mcp_server.access import state_files
from binance_mcp_server.access.secrets import Credentials, Secret
from binance_mcp_server.errors import InputError, SettingsError
from binance_mcp_server.venues import VenueName

SERVICE: Final = "mcp-server-binance"
_INDEX: Final = "keys.json"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}", re.ASCII)
_NO_KEYRING: Final = (
    "Use BINANCE_API_KEY with BINANCE_API_SECRET or BINANCE_PRIVATE_KEY_PATH instead, or set up a keyring for this user"
    " (macOS Keychain, Windows Credential Locker, Secret Service, KWallet)."
)


class Keyring(Protocol):
    """What is used of the module ``keyring``."""

    def get_password(self, service_name: str, username: str) -> str | None: ...
    def set_password(self, service_name: str, username: str, password: str) -> None: ...
    def delete_password(self, service_name: str, username: str) -> None: ...


class _Entry(msgspec.Struct, omit_defaults=True):
    venue: str
    api_key: str
    api_secret: str = ""
    private_key: str = ""
    passphrase: str = ""


class KeyStore:
    """The keyring of this user."""

    def __init__(self, keyring: Keyring | None = None) -> None:
        self._keyring = keyring

    def read(self, name: str, venue: VenueName) -> Credentials:
        """Raises ``SettingsError``: there is no such entry, or it is of another venue."""
        text = self._ask("get_password", SERVICE, name)
        if text is None:
            raise SettingsError(
                f"the keyring has no key {name!r}",
                advice=f"mcp-server-binance keys add {name} --venue {venue} puts one there; `keys list`"
                " names those that are.",
            )
        try:
            entry = msgspec.json.decode(text, type=_Entry)
        except msgspec.DecodeError:
            raise SettingsError(
                f"key {name!r} in the keyring is not one of ours",
                advice=f"mcp-server-binance keys remove {name} takes it away; then add it anew.",
            ) from None
        if entry.venue != venue:
            raise SettingsError(
                f"key {name!r} is of venue {entry.venue!r}, but the venue is {venue!r}",
                advice=f"Use --venue {entry.venue}, or another key.",
            )
        return Credentials(
            Secret(entry.api_key),
            secret=_given(entry.api_secret),
            private_key=_given(entry.private_key),
            passphrase=_given(entry.passphrase),
        )

    def write(self, name: str, venue: VenueName, credentials: Credentials) -> None:
        """Keep *credentials* under *name*, in the place of what was there."""
        check_name(name)
        entry = _Entry(
            venue,
            credentials.api_key.reveal(),
            _shown(credentials.secret),
            _shown(credentials.private_key),
            _shown(credentials.passphrase),
        )
        self._ask("set_password", SERVICE, name, msgspec.json.encode(entry).decode())

    def remove(self, name: str) -> bool:
        """Forget the entry; whether there was one."""
        if self._ask("get_password", SERVICE, name) is None:
            return False
        self._ask("delete_password", SERVICE, name)
        return True

    def _ask(self, what: str, *args: str) -> str | None:
        """Raises ``SettingsError`` where there is no keyring, or it refuses: its words may quote an entry."""
        if self._keyring is None:
            self._keyring = _system_keyring()
        try:
            answer: str | None = getattr(self._keyring, what)(*args)
        except Exception as error:  # noqa: BLE001 - each system's keyring raises errors of its own
            raise SettingsError(
                f"the keyring of this system cannot be used ({type(error).__name__})",
                advice=_NO_KEYRING,
            ) from None
        return answer


def _system_keyring() -> Keyring:
    try:
        import keyring
    except ImportError:
        raise SettingsError("there is no keyring here", advice=_NO_KEYRING) from None
    return keyring


def _given(text: str) -> Secret | None:
    return Secret(text) if text else None


def _shown(secret: Secret | None) -> str:
    return secret.reveal() if secret else ""


def check_name(name: str) -> None:
    """Raises ``InputError`` unless *name* can name an entry."""
    if not _NAME.fullmatch(name):
        raise InputError(
            f"{name!r} cannot be the name of a key",
            advice="Use up to 40 letters, digits, dots, dashes and underscores.",
        )


def read_index(state_dir: Path) -> dict[str, dict[str, Any]]:
    """Names of entries → what is known of them: ``venue`` and ``signs_with``."""
    try:
        return msgspec.json.decode(
            (state_dir / _INDEX).read_bytes(), type=dict[str, dict[str, Any]]
        )
    except (OSError, msgspec.DecodeError):
        return {}


def write_index(state_dir: Path, index: Mapping[str, Mapping[str, Any]]) -> None:
    """Raises ``SettingsError`` where the state directory cannot be used."""
    state_files.prepare(state_dir)
    path = state_dir / _INDEX
    fresh = path.with_suffix(".new")
    try:
        with open(fresh, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(msgspec.json.encode(index))
        fresh.replace(path)
    except OSError as error:
        raise SettingsError(
            f"{path} cannot be written: {error.strerror}",
            advice="Set BINANCE_MCP_STATE_DIR to a folder that you may write to.",
        ) from None
