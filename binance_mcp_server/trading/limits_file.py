"""Where the owner's limits are: one file that no tool writes, read once when the server starts."""

import os
import stat
from pathlib import Path
from typing import Final

from binance_mcp_server.errors import SettingsError
from binance_mcp_server.trading.limits_text import read_limits, without_file
from binance_mcp_server.trading.policy import Policy
from binance_mcp_server.venues import VenueName

FILE_NAME: Final = "limits.toml"
_LARGEST: Final = 100_000
_OTHERS_WRITE: Final = stat.S_IWOTH


def default_path() -> Path:
    """Where the file is looked for when the owner names none."""
    from platformdirs import user_config_path

    return user_config_path("mcp-server-binance") / FILE_NAME


def load(venue: VenueName, path: Path | None = None, *, enabled: bool) -> Policy:
    """What the owner allows on *venue*.

    *path*: the file that the owner named, which must be there; else the one of ``default_path``, if there is one.
    *enabled*: whether ``--enable-trading`` names this venue; without that nothing else enables it.
    Raises :class:`SettingsError` for a file that cannot be read or understood, or that anybody may write.
    """
    text = _read(path or default_path(), must_be=path is not None)
    policy = without_file(venue) if text is None else read_limits(text, venue)
    if not enabled:
        return policy.disabled(f"the server was started without --enable-trading {venue}")
    return policy


def _read(path: Path, *, must_be: bool) -> str | None:
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            raw = file.read(_LARGEST + 1)
    except FileNotFoundError:
        if not must_be:
            return None
        raise _unusable("it is not there") from None
    except OSError as error:
        raise _unusable(error.strerror or "it cannot be read") from None
    if os.name == "posix" and mode & _OTHERS_WRITE:
        raise _unusable("anybody on this machine may write it")
    if len(raw) > _LARGEST:
        raise _unusable("it is too long")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise _unusable("it is not text") from None


def _unusable(why: str) -> SettingsError:
    return SettingsError(
        f"cannot use the limits file: {why}",
        advice="Trading needs the limits that its owner wrote: repair the file, or name another one with"
        " BINANCE_MCP_LIMITS.",
    )
