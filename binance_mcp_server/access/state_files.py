"""The files of the state directory: small, of a fixed size, locked, and shared by all processes of one user."""

import contextlib
import errno
import logging
import os
import stat
import sys
import time
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

from binance_mcp_server.errors import SettingsError
from binance_mcp_server.venues import is_loopback

_log = logging.getLogger(__name__)

_DAY_MS: Final = 86_400_000
_TRIES: Final = 100
"""A lock is held for microseconds; whoever holds it longer was stopped in the middle."""
_PAUSE: Final = 0.0001
_ONE_ADDRESS_POOL: Final = frozenset(
    {
        *(f"api{n}.binance.com" for n in ("", "1", "2", "3", "4", "-gcp")),
        "data-api.binance.vision",
    }
)
"""Names of one venue. Limits are per IP address (rest-api.md "IP Limits", read 2026-11-22); that the mirror counts
on its own is documented nowhere, so it is taken to count with the others."""


Pool = Literal["spot", "futures"]
"""What counts together at one venue: USDⓈ-M and COIN-M share one limit an address, spot has its own
("CM/UM integration" of the futures documents, in force since 2026-06-30, read 2026-11-22)."""


def limits_file(rest_url: str, pool: Pool = "spot") -> str:
    """The name of the ledger's file for *pool* of the venue behind *rest_url*."""
    parts = urlsplit(rest_url)
    name = (parts.hostname or "").lower()
    if name in _ONE_ADDRESS_POOL:
        name = "api.binance.com"
    if pool == "futures":
        name = name.replace("dapi", "fapi")
    if is_loopback(rest_url):
        name = f"{name.replace(':', '_')}-{parts.port or 80}"
    safe = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "_" for c in name)
    return f"limits-{safe}" if pool == "spot" else f"limits-{safe}-{pool}"


def prepare(folder: Path) -> None:
    """Make the state directory, or check it: ours alone. Raises ``SettingsError``."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.stat()
        if hasattr(os, "getuid"):
            if status.st_uid != os.getuid():
                raise SettingsError(f"The state directory {folder} belongs to somebody else.")
            if stat.S_IMODE(status.st_mode) & 0o077:
                folder.chmod(0o700)
    except OSError as error:
        raise SettingsError(
            f"The state directory {folder} cannot be used: {error.strerror}.",
            advice="Set BINANCE_MCP_STATE_DIR to a folder that you may write to.",
        ) from error


def prune(folder: Path, now_ms: int) -> None:
    """Remove ledgers of loopback venues that nobody has touched for a day: their ports are chance."""
    for name in ("127.0.0.1", "localhost", "__1"):
        for file in folder.glob(f"limits-{name}-*"):
            with contextlib.suppress(OSError):
                if now_ms - file.stat().st_mtime_ns // 1_000_000 > _DAY_MS:
                    file.unlink()


def write_whole(path: Path, data: bytes) -> None:
    """Put *data* in the place of *path*: whoever reads it sees the old or the new, also after a power cut.

    Raises ``OSError`` where the file system fails.
    """
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0)
    fd = os.open(fresh, flags | getattr(os, "O_BINARY", 0), 0o600)
    try:
        os.write(fd, data)
        os.fsync(fd)
    finally:
        os.close(fd)
    fresh.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """A new name is there after a power cut only when its folder was synced too."""
    if hasattr(os, "O_DIRECTORY"):
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


class StateFile:
    """One file of *size* bytes, read and written whole under an exclusive lock.

    Between ``lock()`` and ``unlock()`` ``buffer`` is what the file holds. Raises ``OSError`` where the file system
    fails.
    """

    def __init__(self, path: Path, size: int) -> None:
        self.path = path
        self.buffer = bytearray(size)
        self._parts = [self.buffer]
        self._fd = -1
        self._open()

    def _open(self) -> None:
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0)
        flags |= getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        self._fd = os.open(self.path, flags, 0o600)

    def lock(self) -> bool:
        """Take the lock and read; ``False`` when another process keeps it."""
        if self._fd < 0:
            self._open()
        for _ in range(_TRIES):
            if _take(self._fd):
                break
            time.sleep(_PAUSE)
        else:
            return False
        try:
            self._read()
        except BaseException:
            _release(self._fd)
            raise
        return True

    def _read(self) -> None:
        if _READS_IN_PLACE:
            got = os.preadv(self._fd, self._parts, 0)
        else:
            os.lseek(self._fd, 0, os.SEEK_SET)
            data = os.read(self._fd, len(self.buffer))
            got = len(data)
            self.buffer[:got] = data
        if got < len(self.buffer):  # new, or cut: not whole in any case
            self.buffer[:] = bytes(len(self.buffer))

    def unlock(self, *, write: bool, durable: bool = False) -> None:
        """Write when asked to, and let go of the lock."""
        try:
            if write:
                self.write()
                if durable:
                    os.fsync(self._fd)
        finally:
            _release(self._fd)

    def write(self) -> None:
        """Write ``buffer``; the lock has to be held."""
        if _READS_IN_PLACE:
            done = os.pwrite(self._fd, self.buffer, 0)
        else:
            os.lseek(self._fd, 0, os.SEEK_SET)
            done = os.write(self._fd, self.buffer)
        if done != len(self.buffer):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))

    def renew(self) -> None:
        """Make the file again, with what ``buffer`` holds, where somebody removed it."""
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(self._fd), self.path.stat()):
                return
        _log.warning("%s was removed or replaced; it is made again", self.path)
        self.close()
        self._open()
        if _take(self._fd):
            try:
                if os.fstat(self._fd).st_size == 0:
                    self.write()
            finally:
                _release(self._fd)

    def close(self) -> None:
        """Let go of the file; it may be locked again later."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


if sys.platform == "win32":  # pragma: no cover
    import msvcrt

    _READS_IN_PLACE = False
    _LOCKED_BYTE: Final = 1 << 20  # beyond the data, which stays readable

    def _take(fd: int) -> bool:
        os.lseek(fd, _LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _release(fd: int) -> None:
        os.lseek(fd, _LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(fd, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    _READS_IN_PLACE = hasattr(os, "preadv")
    _TAKE: Final = fcntl.LOCK_EX | fcntl.LOCK_NB

    def _take(fd: int) -> bool:
        try:
            fcntl.flock(fd, _TAKE)
        except BlockingIOError:
            return False
        return True

    def _release(fd: int) -> None:
        fcntl.flock(fd, fcntl.LOCK_UN)
