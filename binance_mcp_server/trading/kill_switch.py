"""The kill switch: a file of the state directory whose presence says no to every new order, in all processes.

Anybody may engage it. Only the owner releases it, on the command line: nothing that an agent reaches removes the
file. One that cannot be read says no too.
"""

from pathlib import Path
from typing import Final

import msgspec

from binance_mcp_server.access import state_files
from binance_mcp_server.errors import JournalError
from binance_mcp_server.venues import VenueName

ALL: Final = "*"
"""In place of a venue: all of them."""
MAX_REASON: Final = 200


class Engaged(msgspec.Struct, frozen=True):
    """Who said stop, and when."""

    venue: str
    """``*``: for all."""
    at: int
    """ms since the epoch."""
    by: str
    reason: str = ""


class KillSwitch:
    """Of one venue. *folder* ``None``: of this process alone."""

    def __init__(self, folder: Path | None, venue: VenueName) -> None:
        self._folder = folder
        self._venue: VenueName = venue
        self._here: Engaged | None = None

    def engaged(self) -> Engaged | None:
        """Whether new orders are refused, and why."""
        if self._folder is None:
            return self._here
        return read(self._folder, ALL) or read(self._folder, self._venue)

    def engage(self, by: str, reason: str, now_ms: int) -> Engaged:
        """Refuse new orders on this venue from now on. Raises ``JournalError`` when that cannot be written down."""
        said = self.engaged()
        if said is None:
            said = Engaged(self._venue, now_ms, by, reason[:MAX_REASON])
            if self._folder is None:
                self._here = said
            else:
                write(self._folder, said)
        return said


def _path(folder: Path, venue: str) -> Path:
    return folder / f"kill-{'all' if venue == ALL else venue}.json"


def read(folder: Path, venue: str) -> Engaged | None:
    """What the file of *venue* says; ``None`` where there is none."""
    try:
        return msgspec.json.decode(_path(folder, venue).read_bytes(), type=Engaged)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return Engaged(venue, 0, "?", "its file cannot be read")


def write(folder: Path, said: Engaged) -> None:
    """Whole or not at all. Raises ``JournalError`` when it cannot be written."""
    path = _path(folder, said.venue)
    try:
        state_files.prepare(folder)
        state_files.write_whole(path, msgspec.json.encode(said))
    except OSError as error:
        raise JournalError(f"The kill switch {path} cannot be set: {error.strerror}.") from error


def release(folder: Path, venue: str) -> bool:
    """Remove it; whether it was there. For the owner's command line alone."""
    try:
        _path(folder, venue).unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise JournalError(
            f"The kill switch {_path(folder, venue)} cannot be released: {error.strerror}."
        ) from error
    return True
