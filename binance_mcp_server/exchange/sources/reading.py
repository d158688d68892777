"""Files of recordings as lines of bytes, packed or not; whatever is wrong with one is a :class:`ReplayError`."""

import gzip
import hashlib
import io
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

from binance_mcp_server.exchange.sources.errors import ReplayError

_GZIP, _ZIP, _ZSTD = b"\x1f\x8b", b"PK\x03\x04", b"\x28\xb5\x2f\xfd"


def lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Line numbers from 1, and lines without their end; empty ones are passed over."""
    number = 0
    with _opened(path) as file:
        try:
            for number, line in enumerate(file, 1):
                if text := line.rstrip(b"\r\n"):
                    yield number, text
        except (EOFError, OSError, zlib.error) as error:
            raise _damaged(path, f"after line {number}", error) from error


def content(path: Path) -> bytes:
    """All of a file, unpacked. The only member of a zip, checked against a ``.CHECKSUM`` beside it."""
    check(path)
    if _magic(path) == _ZIP:
        return _zipped(path)
    with _opened(path) as file:
        try:
            return file.read()
        except (EOFError, OSError, zlib.error) as error:
            raise _damaged(path, "somewhere inside", error) from error


def check(path: Path) -> None:
    """Raise unless *path* is a file with something in it, of a packing that is read here."""
    if path.is_dir():
        raise ReplayError(f"{path} is a folder: name the files in it, one --replay each")
    try:
        size = path.stat().st_size
    except OSError as error:
        raise ReplayError(f"{path} cannot be read ({error.strerror}): check the path") from error
    if size == 0:
        raise ReplayError(f"{path} is empty: fetch it again")
    if _magic(path) == _ZSTD:
        raise ReplayError(
            f"{path} is packed with zstd, which is not read here: unpack it with zstd -d"
        )


def _opened(path: Path) -> IO[bytes]:
    check(path)
    if _magic(path) == _GZIP:
        return cast("IO[bytes]", gzip.open(path, "rb"))
    if path.suffix == ".gz":
        raise ReplayError(f"{path} is not packed with gzip though it is named so: fetch it again")
    return path.open("rb")


def _magic(path: Path) -> bytes:
    """The mark of a known packing, or nothing."""
    try:
        with path.open("rb") as file:
            head = file.read(4)
    except OSError as error:
        raise ReplayError(f"{path} cannot be read ({error.strerror}): check its rights") from error
    return next((magic for magic in (_GZIP, _ZIP, _ZSTD) if head.startswith(magic)), b"")


def _zipped(path: Path) -> bytes:
    packed = path.read_bytes()
    _verify(path, packed)
    try:
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            names = archive.namelist()
            if len(names) != 1:
                raise ReplayError(
                    f"{path} has {len(names)} files inside: an archive of candles has one"
                )
            return archive.read(names[0])
    except (EOFError, OSError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise _damaged(path, "somewhere inside", error) from error


def _verify(path: Path, packed: bytes) -> None:
    """Compare with the archive's published SHA-256, if it is there."""
    beside = path.with_name(path.name + ".CHECKSUM")
    if not beside.is_file():
        return
    said = beside.read_text(errors="replace").split()
    if not said or said[0].lower() != hashlib.sha256(packed).hexdigest():
        raise ReplayError(f"{path} does not match {beside.name}: fetch both again")


def _damaged(path: Path, where: str, error: Exception) -> ReplayError:
    return ReplayError(f"{path} is damaged or cut short {where} ({error}): fetch it again")
