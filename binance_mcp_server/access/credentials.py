"""The owner's key, fetched from where it is: the environment, a file, or an entry of the system's keyring.

Nothing here is an argument of a tool, and no error shows a value. The keyring is opened, and imported, only where its
entry is asked for by name.
"""

import logging
import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from binance_mcp_server.access.secrets import Credentials, KeySettings, Secret, check_place
from binance_mcp_server.errors import SettingsError
from binance_mcp_server.venues import VenueName

__all__ = ["Credentials", "load", "read_private_key"]

_log = logging.getLogger(__name__)

LONGEST_FILE: Final = 16_384
"""Bytes; an encrypted RSA key of 4096 bits is a fifth of it."""
_SET_PATH: Final = "Point BINANCE_PRIVATE_KEY_PATH at the file with your private key."


def load(keys: KeySettings, venue: VenueName, urls: Iterable[str]) -> Credentials | None:
    """The owner's key for *venue*, whose addresses are *urls*; ``None`` where there is none.

    Raises ``SettingsError``: it is incomplete, unreadable, or of another venue.
    """
    if keys.name:
        from binance_mcp_server.access.key_store import KeyStore

        found = KeyStore().read(keys.name, venue)
        check_place(found.api_key.reveal(), venue, urls, what=f"key {keys.name!r}")
        return found
    if keys.api_key is None:
        return None
    check_place(keys.api_key.reveal(), venue, urls, what="BINANCE_API_KEY")
    if keys.private_key_path is not None:
        pem = read_private_key(keys.private_key_path)
        return Credentials(keys.api_key, private_key=pem, passphrase=keys.passphrase)
    if keys.secret is None:
        raise SettingsError(
            "BINANCE_API_KEY is set, but nothing to sign with",
            advice="Set BINANCE_API_SECRET or BINANCE_PRIVATE_KEY_PATH beside it.",
        )
    return Credentials(keys.api_key, secret=keys.secret)


def read_private_key(path: Path) -> Secret:
    """The text of the file; what it says is looked at when something is to be signed."""
    try:
        with path.open("rb") as file:
            data = file.read(LONGEST_FILE + 1)
            mode = os.fstat(file.fileno()).st_mode
    except OSError as error:
        raise SettingsError(
            f"the private key cannot be read: {error.strerror}", advice=_SET_PATH
        ) from None
    if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
        _log.warning("The file with the private key can be read by others: chmod 600 it.")
    try:
        text = data.decode("ascii") if len(data) <= LONGEST_FILE else ""
    except UnicodeDecodeError:
        text = ""
    if "PRIVATE KEY-----" not in text:
        raise SettingsError("the file with the private key holds none in PEM", advice=_SET_PATH)
    return Secret(text)
