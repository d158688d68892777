"""The number that says where a frame belongs, read from its bytes without decoding them.

Frames of one stream look alike: the same name, the same fields in the same order, times and ids of the same length. So
once a number was found, the next frame has it at the same place, and whole bursts are read by loops in C. Whatever
looks different is looked at one by one, and searched for. Pure.
"""

import re
from collections.abc import Sequence
from operator import itemgetter, lt
from typing import Any, Final, NamedTuple

import msgspec

NAME_AT: Final = 11
"""Where the name begins in a combined frame: ``{"stream":"…``."""
_NUMBER: Final = re.compile(rb"\s*(\d{1,19})\s*[,}]")
"""A whole number: one that is cut off, or goes on, is none."""


class FrameError(ValueError):
    """A frame without the number that every frame of its stream has."""


class NumberReader:
    """Reads the number behind *marker* in frames of one stream.

    *lead*: what stands before the marker, such as the symbol; frames in which it does not are not all alike.
    """

    __slots__ = ("_begin", "_between", "_marker", "_places", "_width")

    def __init__(self, marker: bytes, lead: bytes = b"") -> None:
        self._marker = marker
        self._begin = lead + marker
        self._between = b"," + self._begin
        self._places = (0, 0)
        self._learn(0, 0)

    def _learn(self, start: int, end: int) -> None:
        """The number stands from *start* to *end*, a comma behind it."""
        self._places = (start, end)
        self._width = itemgetter(slice(max(0, start - len(self._begin)), end + 1))

    def all(self, frames: Sequence[bytes]) -> list[int]:
        """The numbers of *frames*. Raises :class:`FrameError` when one of them has none: read them one by one."""
        parts = self._parts(frames)
        if parts is not None:
            return list(map(int, parts))
        return [self.one(frame) for frame in frames]

    def rising(self, frames: Sequence[bytes]) -> tuple[int, int] | None:
        """The first and the last number of *frames*, if they are all alike and each number is above the one before.

        Digits of one length are compared as text: only two numbers have to be made.
        """
        parts = self._parts(frames)
        if parts is None or not all(map(lt, parts, parts[1:])):
            return None
        return int(parts[0]), int(parts[-1])

    def _parts(self, frames: Sequence[bytes]) -> list[bytes] | None:
        """The digits of each frame's number, of one length; ``None`` when the frames are not all alike."""
        # Lead, marker, number and comma of each, in a row: cut at the marks it is all digits, and as many as there are
        # frames, only if they stand at the same place everywhere; so all numbers are as long, too.
        row = b"".join(map(self._width, frames))
        if not (row.startswith(self._begin) and row.endswith(b",")):
            return None
        parts = row[len(self._begin) : -1].split(self._between)
        return parts if len(parts) == len(frames) and b"".join(parts).isdigit() else None

    def one(self, frame: bytes) -> int:
        """The number of *frame*, wherever it stands. Raises :class:`FrameError`."""
        marker = self._marker
        at = frame.find(marker, NAME_AT) + len(marker)
        match = _NUMBER.match(frame, at) if at >= len(marker) else None
        if match is None:
            return self._decoded(frame)
        if self._places != match.span(1) and frame[match.end(1) : match.end(1) + 1] == b",":
            self._learn(*match.span(1))
        return int(match[1])

    def _decoded(self, frame: bytes) -> int:
        """The number of a frame in another form than usual."""
        try:
            data = _any_frame.decode(frame).data
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise FrameError(str(error)) from None
        first = data[0] if isinstance(data, list) and data else data
        number = first.get(self._marker[1:-2].decode()) if isinstance(first, dict) else None
        if type(number) is not int or not 0 <= number <= _LARGEST:
            raise FrameError("no number where the stream's frames have one")
        return number


_LARGEST: Final = 2**63 - 1


class _AnyFrame(msgspec.Struct):
    data: Any


_any_frame = msgspec.json.Decoder(_AnyFrame)


class Updates(NamedTuple):
    """Where a depth update belongs."""

    first: int
    last: int
    previous: int | None
    """Futures only: ``last`` of the update before."""


_UPDATES: Final = re.compile(rb'"U":(\d{1,19}),"u":(\d{1,19})(?:,"pu":(-?\d{1,19}))?,')


class _Depth(msgspec.Struct):
    U: int
    u: int
    pu: int | None = None


class _DepthFrame(msgspec.Struct):
    data: _Depth


_depth_frame = msgspec.json.Decoder(_DepthFrame)


def updates(frame: bytes) -> Updates:
    """The update ids of a depth *frame*. Raises :class:`FrameError`."""
    match = _UPDATES.search(frame, NAME_AT)
    if match is not None:
        first, last, previous = match.groups()
        return Updates(int(first), int(last), None if previous is None else int(previous))
    try:
        depth = _depth_frame.decode(frame).data
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise FrameError(str(error)) from None
    return Updates(depth.U, depth.u, depth.pu)


_FIRST, _LAST, _PREVIOUS = b',"U":', b',"u":', b',"pu":'


class UpdatesReader:
    """Reads the update ids of many depth frames by loops in C, where they are all alike."""

    __slots__ = ("_width",)

    def __init__(self) -> None:
        self._width = itemgetter(slice(0, 0))

    def columns(self, frames: Sequence[bytes]) -> list[list[int]] | None:
        """All ``U``, all ``u`` and, of futures, all ``pu``; ``None`` when the frames are not alike: read them one by
        one."""
        count = len(frames)
        row = b"".join(map(self._width, frames))
        if row.startswith(_FIRST) and row.endswith(b","):
            numbers = 3 if _PREVIOUS in row else 2
            # Each part begins with its mark and ends with a comma, so between two of them stand two commas.
            if (
                row.count(b"," + _FIRST) == count - 1
                and row.count(_LAST) == count
                and row.count(_PREVIOUS) == (numbers - 2) * count
            ):
                for mark in (b"," + _FIRST, _LAST, _PREVIOUS):
                    row = row.replace(mark, b",")
                ids = row[len(_FIRST) : -1].split(b",")
                if len(ids) == numbers * count and b"".join(ids).isdigit():
                    return [list(map(int, ids[place::numbers])) for place in range(numbers)]
        self._learn(frames[-1])
        return None

    def _learn(self, frame: bytes) -> None:
        """The next frames may be like *frame*."""
        match = _UPDATES.search(frame, NAME_AT)
        if match is not None:
            self._width = itemgetter(slice(match.start() - 1, match.end()))


class CandleMark(NamedTuple):
    """Where an event of a candle belongs."""

    open_time: int
    closed: bool
    event_ms: int


_CANDLE: Final = re.compile(
    rb'"data":\{"e":"kline","E":(\d{1,19}),"s":"[^"]{1,200}","k":\{"t":(\d{1,19}),'
)


class _Candle(msgspec.Struct):
    t: int
    x: bool


class _Kline(msgspec.Struct):
    E: int
    k: _Candle


class _KlineFrame(msgspec.Struct):
    data: _Kline


_kline_frame = msgspec.json.Decoder(_KlineFrame)


def candle(frame: bytes) -> CandleMark:
    """The candle that *frame* is about. Raises :class:`FrameError`."""
    match = _CANDLE.search(frame)
    if match is not None:
        closed = b'"x":true' in frame
        if closed or b'"x":false' in frame:
            return CandleMark(int(match[2]), closed, int(match[1]))
    try:
        data = _kline_frame.decode(frame).data
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise FrameError(str(error)) from None
    return CandleMark(data.k.t, data.k.x, data.E)
