"""The journal as a file of the state directory, shared by all processes of the owner; or in memory, for one.

Reading what others have written, deciding and writing are one step under a lock, so that no two processes spend one
token or one cap. An intent is on the disk (``fsync``) before that step ends; an outcome that a power cut loses is
found out anew.

Two files: ``journal.jsonl`` has the lines, ``journal.head`` is the lock and holds number and hash of the last line
that was synced. The head is only ever behind, so that a journal that does not contain it was shortened or changed
by somebody.
"""

import asyncio
import contextlib
import errno
import os
import struct
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Protocol, TypeVar

from binance_mcp_server.access import state_files
from binance_mcp_server.access.state_files import StateFile
from binance_mcp_server.clock import Clock
from binance_mcp_server.errors import JournalError, SettingsError
from binance_mcp_server.trading.journal import BrokenChainError, Chain, Line, Torn
from binance_mcp_server.trading.totals import Standing

T = TypeVar("T")

FILE: Final = "journal.jsonl"
HEAD: Final = "journal.head"
_FORM: Final = struct.Struct("<8sQ64s")
_MAGIC: Final = b"bmcpjrn1"
_LOCK_SECONDS: Final = 10.0
"""Others keep the lock for as long as their disk takes to sync."""
_PIECE: Final = 1 << 20
_REMEDY: Final = (
    "mcp-server-binance audit --verify shows where; audit --set-aside begins a new journal."
)

Decide = Callable[[Standing], Sequence[Line]]
"""Looks at the state and says what to write; an exception writes nothing. Must be quick: a lock is held."""


@dataclass(frozen=True, slots=True)
class Read:
    """A journal as it lies there."""

    lines: tuple[Line, ...]
    """As far as they verify; torn ones are left out."""
    count: int = 0
    """Torn ones among them."""
    problem: str = ""
    """What does not verify; empty where everything does."""

    @property
    def torn(self) -> int:
        return sum(isinstance(line, Torn) for line in self.lines)


class Journal(Protocol):
    """What the desk needs of a journal."""

    async def transact(self, decide: Decide, *, durable: bool = True) -> None:
        """Read the news, decide, write: one step among all processes. *durable*: it ends when the disk has it.

        Raises :class:`JournalError` when it cannot be read or written, and what *decide* raises.
        """
        ...

    def close(self) -> None: ...


async def ask(journal: Journal, question: Callable[[Standing], T]) -> T:
    """What *question* finds in the state of now. Raises :class:`JournalError`."""
    found: list[T] = []

    def look(standing: Standing) -> Sequence[Line]:
        found.append(question(standing))
        return ()

    await journal.transact(look, durable=False)
    return found[0]


class MemoryJournal:
    """For a process that nobody shares anything with."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._chain = Chain()
        self.standing = Standing()
        self.lines: list[Line] = []

    async def transact(self, decide: Decide, *, durable: bool = True) -> None:  # noqa: ARG002
        data = self._chain.write(decide(self.standing), self._clock.now_ms())
        lines = list(self._chain.read(data))
        self.standing.tell(lines)
        self.lines += lines

    def close(self) -> None:
        pass


class FileJournal:
    """In *folder*. Its steps run in a thread of its own: locks and disks take their time."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._file = JournalFile(folder, clock)
        self._thread = ThreadPoolExecutor(1, "journal")

    async def transact(self, decide: Decide, *, durable: bool = True) -> None:
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self._file.transact, decide, durable)

    def close(self) -> None:
        self._thread.shutdown()
        self._file.close()


class JournalFile:
    """The file itself, without asyncio."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self.path = folder / FILE
        self._folder = folder
        self._clock = clock
        self._fd = -1
        self._lock: StateFile | None = None
        self._begin()

    def _begin(self) -> None:
        """Nothing was read yet."""
        self._chain, self.standing, self._offset = Chain(), Standing(), 0

    def transact(self, decide: Decide, durable: bool) -> None:
        """As :meth:`Journal.transact`."""
        try:
            lock = self._enter()
            try:
                self._step(lock, decide, durable)
            finally:
                lock.unlock(write=False)
        except OSError as error:
            raise JournalError(
                f"The journal {self.path} cannot be used: {error.strerror}."
            ) from error
        except BrokenChainError as error:
            self._begin()
            raise JournalError(
                f"The journal {self.path} does not verify: {error}.", advice=_REMEDY
            ) from None

    def _enter(self) -> StateFile:
        """Take the lock."""
        if self._lock is None:
            try:
                state_files.prepare(self._folder)
            except SettingsError as error:
                raise JournalError(error.message, advice=error.advice) from error
            self._lock = StateFile(self._folder / HEAD, _FORM.size)
        lock = self._lock
        lock.renew()
        deadline = time.monotonic() + _LOCK_SECONDS
        while not lock.lock():
            if time.monotonic() > deadline:
                raise JournalError("Another process keeps the journal locked.", advice="Try again.")
        return lock

    def _step(self, lock: StateFile, decide: Decide, durable: bool) -> None:
        if not self._is_open():
            self._open()
        self._read_news(lock)
        data = self._chain.write(decide(self.standing), self._clock.now_ms())
        if not data:
            return
        if os.write(self._fd, data) != len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))
        self._take(data)
        if durable:
            os.fsync(self._fd)
            self._set_head(lock)

    def _is_open(self) -> bool:
        """Whether the file that we have open is the one of that name."""
        if self._fd < 0:
            return False
        with contextlib.suppress(FileNotFoundError):
            return os.path.samestat(os.fstat(self._fd), self.path.stat())
        return False

    def _open(self) -> None:
        self.close_file()
        self._begin()
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_CLOEXEC", 0)
        flags |= getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        self._fd = os.open(self.path, flags, 0o600)
        if os.fstat(self._fd).st_size == 0:
            state_files.sync_folder(self._folder)

    def _read_news(self, lock: StateFile) -> None:
        """What others wrote since we looked, held against the head."""
        if os.fstat(self._fd).st_size < self._offset:
            raise BrokenChainError(self._chain.n, "is gone")
        magic, n, head = _FORM.unpack(lock.buffer)
        if magic == _MAGIC:
            self._chain.expect(n, head.decode())
        while piece := self._read():
            self._take(piece)
        if magic == _MAGIC and n > self._chain.n:
            raise BrokenChainError(self._chain.n, f"is the last one, but {n} were written")
        if magic != _MAGIC:
            if self._chain.n:
                raise BrokenChainError(self._chain.n, f"stands without {HEAD}")
            self._set_head(lock)

    def _read(self) -> bytes:
        os.lseek(self._fd, self._offset, os.SEEK_SET)
        return os.read(self._fd, _PIECE)

    def _take(self, data: bytes) -> None:
        self._offset += len(data)
        self.standing.tell(self._chain.read(data))

    def _set_head(self, lock: StateFile) -> None:
        """Everything up to here is on the disk."""
        chain = self._chain
        _FORM.pack_into(lock.buffer, 0, _MAGIC, chain.n, chain.head.encode())
        lock.write()

    def set_aside(self) -> Path | None:
        """Keep the journal under another name, whole or not, and begin a new one; the old one's place, if there was
        one.

        Raises :class:`JournalError` when that fails.
        """
        try:
            lock = self._enter()
            try:
                kept = self._move()
                self.close_file()
                self._begin()
                self._set_head(lock)
            finally:
                lock.unlock(write=False)
        except OSError as error:
            raise JournalError(
                f"The journal {self.path} cannot be moved: {error.strerror}."
            ) from error
        return kept

    def _move(self) -> Path | None:
        now = datetime.fromtimestamp(self._clock.now_ms() / 1000, UTC)
        kept = self.path.with_name(f"journal-{now:%Y%m%dT%H%M%S}.jsonl")
        try:
            self.path.rename(kept)
        except FileNotFoundError:
            return None
        state_files.sync_folder(self._folder)
        return kept

    def close_file(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def close(self) -> None:
        """Let go of both files. Idempotent."""
        self.close_file()
        if self._lock is not None:
            self._lock.close()
            self._lock = None


def read_whole(folder: Path) -> Read:
    """The journal in *folder*, verified; nobody is kept from writing meanwhile. Raises :class:`JournalError`."""
    chain, problem = Chain(), ""
    lines: list[Line] = []
    try:
        head = _read(folder / HEAD)  # first: it is only ever behind
        data = _read(folder / FILE)
        magic, n, digest = _FORM.unpack(head) if len(head) == _FORM.size else (b"", 0, b"")
        if magic == _MAGIC:
            chain.expect(n, digest.decode())
        lines.extend(chain.read(data))
        if magic != _MAGIC and chain.n:
            problem = f"{HEAD} is missing"
        elif n > chain.n:
            problem = f"line {chain.n} is the last one, but {n} were written"
    except BrokenChainError as error:
        problem = str(error)
    except OSError as error:
        raise JournalError(f"The journal cannot be read: {error.strerror}.") from error
    return Read(tuple(lines), chain.n, problem)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
