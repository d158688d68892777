"""A market that was recorded: captures play again, kline files are its past.

Time. What the venue *says* runs on the recording: it is the latest time that a frame played so far has named. At a
pace, between two frames, it moves on with the time that passes times the pace, never past the next frame and never
back, however the machine's clock is set. While it is held or waits for a subscriber it stands at the recording's first
event, after the end at its last time. Kline files alone are all past: now is the ms after the last candle closed, and
the replay has ended before it begins.

Pace. ``max`` plays as fast as frames are taken, in batches, giving way to other tasks between them; any other pace
keeps the distances between the times of receipt, except that a break of more than a minute (between two files, say)
is not waited for.

Books. Each symbol's first snapshot is given before anything is played, so that there is a book at once; its id says
how far it is ahead. For a recording without one, that is an empty book with the id before its first depth update:
the levels that change fill it, and :meth:`ReplaySource.state` names it under ``partial_books``.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from binance_mcp_server.exchange.clock import Clock
from binance_mcp_server.exchange.engine.rules import Product, SymbolRules
from binance_mcp_server.exchange.sources.base import Frame
from binance_mcp_server.exchange.sources.errors import ReplayError
from binance_mcp_server.exchange.sources.klines import KlineFiles
from binance_mcp_server.exchange.sources.playlist import Playlist
from binance_mcp_server.exchange.sources.reading import check
from binance_mcp_server.exchange.sources.recording import Received

BATCH = 256
"""Frames in a batch at most: about 2 ms of work."""

LONGEST_BREAK_MS = 60_000
"""Longer breaks in a recording are not waited for."""

_US_A_MS = 1_000
_US_A_SECOND = 1_000_000


class ReplaySource:
    """Recordings and kline files as a :class:`Source`. Raises :class:`ReplayError` for a file that cannot serve."""

    def __init__(
        self,
        files: Sequence[Path],
        clock: Clock,
        speed: float | None = None,
        *,
        hold: bool = False,
        await_subscriber: bool = False,
    ) -> None:
        """*speed* is the pace, 1 for the recording's own, ``None`` for as fast as possible.

        It begins at once, or with *hold* when it is told to play, or with *await_subscriber* at the first subscription
        to a stream, if it is not told to play before.
        """
        if not files:
            raise ReplayError("nothing to replay: name a file")
        if speed is not None and not 0 < speed < float("inf"):
            raise ReplayError(f"a speed of {speed} is not possible: give a positive number or max")
        for path in files:
            check(path)
        self._files = tuple(files)
        self._playlist = Playlist(files)
        self._clock = clock
        self._speed = speed
        self._hold = hold
        self._started = asyncio.Event()
        if not hold and not await_subscriber:
            self._started.set()
        self._start_ms, self._end_ms = self._playlist.bounds()
        first_ms = self._playlist.first_ms or self._start_ms
        self._position = Position(first_ms, first_ms, self._passed_us(), 0)
        self._played = 0
        self._ended = not self._playlist.recordings

    @property
    def rules(self) -> Sequence[SymbolRules]:
        """By market, symbols of the recordings, then those of kline files alone."""
        return self._playlist.rules

    @property
    def start_ms(self) -> int:
        """The earliest time in the recordings; with kline files alone, the ms after the last candle."""
        return self._start_ms

    @property
    def history(self) -> KlineFiles:
        """What the kline files of spot hold, later than the start too."""
        return self.history_of("spot")

    def history_of(self, product: Product) -> KlineFiles:
        """The same of any market."""
        return self._playlist.histories[product]

    async def frames(self) -> AsyncIterator[Sequence[Frame]]:
        """First the books to begin with (perhaps none), also while held; then the recordings. Once only."""
        yield self._playlist.opening(self._start_ms)
        if not self._playlist.recordings:
            return
        await self._started.wait()
        received = self._playlist.received(self._start_ms)
        batches = (
            self._at_once(received) if self._speed is None else self._at_pace(received, self._speed)
        )
        async for batch in batches:
            self._played += len(batch)
            yield batch
        self._ended = True

    @property
    def ended(self) -> bool:
        """Whether every frame has been taken in: then no trade is missing from an aggregate."""
        return self._ended

    def now_ms(self) -> int:
        """What the venue says the time is, ms since the epoch."""
        return self._position.now_ms(self._passed_us())

    def state(self) -> dict[str, object]:
        """Position and size; of the files, only the names."""
        waiting = not self._started.is_set() and not self._ended
        return {
            "source": "replay",
            "position_ms": self.now_ms(),
            "start_ms": self._start_ms,
            "end_ms": self._end_ms,
            "frames": self._played,
            "frames_total": self._playlist.frames_total,
            "ended": self._ended,
            "held": waiting and self._hold,
            "waiting_for_subscriber": waiting and not self._hold,
            "playing": not waiting and not self._ended,
            "partial_books": self._playlist.partial_books,
            "files": [path.name for path in self._files],
        }

    def play(self) -> None:
        """End a hold, or the wait for a subscriber; otherwise nothing."""
        self._started.set()

    def subscribed(self) -> None:
        """End the wait for a subscriber; a hold goes on."""
        if not self._hold:
            self._started.set()

    async def _at_once(self, received: Iterator[Received]) -> AsyncIterator[list[Frame]]:
        for batch in _by_seconds(received):
            self._move_to(batch[-1].time_ms, batch[-1].time_ms, 0)
            yield batch
            await self._clock.sleep(0)

    async def _at_pace(
        self, received: Iterator[Received], speed: float
    ) -> AsyncIterator[list[Frame]]:
        due = _Due(speed, self._passed_us())
        item = next(received, None)
        while item is not None:
            wait_us = due.of(item.at_ms) - self._passed_us()
            await self._clock.sleep(max(0, wait_us) / _US_A_SECOND)
            batch: list[Frame] = []
            last_ms = item.frame.time_ms
            while item and len(batch) < BATCH and due.of(item.at_ms) <= self._passed_us():
                batch.append(item.frame)
                last_ms = item.frame.time_ms
                item = next(received, None)
            if batch:
                self._move_to(last_ms, item.frame.time_ms if item else last_ms, speed)
                yield batch

    def _move_to(self, time_ms: int, next_ms: int, speed: float) -> None:
        self._position = Position(time_ms, next_ms, self._passed_us(), speed)

    def _passed_us(self) -> int:
        """The clock's monotonic time, in whole µs, so that a sleep up to a moment reaches it."""
        return round(self._clock.monotonic() * _US_A_SECOND)


def _by_seconds(received: Iterator[Received]) -> Iterator[list[Frame]]:
    """Batches of at most :data:`BATCH` that end with their second: what is told once a second is told of each."""
    batch: list[Frame] = []
    for item in received:
        new_second = batch and item.frame.time_ms // 1000 != batch[-1].time_ms // 1000
        if new_second or len(batch) == BATCH:
            yield batch
            batch = []
        batch.append(item.frame)
    if batch:
        yield batch


class Position(NamedTuple):
    """Where a replay is: its time as of a moment, the next frame's time, and the pace between them."""

    time_ms: int
    next_ms: int
    as_of_us: int
    """That moment, in monotonic µs."""
    speed: float

    def now_ms(self, passed_us: int) -> int:
        """The replay's time at a moment: not past the next frame's."""
        passed = passed_us - self.as_of_us
        return min(self.next_ms, self.time_ms + int(passed * self.speed / _US_A_MS))


class _Due:
    """When frames are due, in monotonic µs."""

    def __init__(self, speed: float, begun_us: int) -> None:
        self._speed = speed
        self._begun_us = begun_us
        self._last: float | None = None
        self._played = 0.0  # recorded ms up to the last frame, breaks left out

    def of(self, received_ms: float) -> int:
        """Of a frame received then; to be asked in order, any number of times for each."""
        gap = 0.0 if self._last is None else received_ms - self._last
        if 0 < gap <= LONGEST_BREAK_MS:
            self._played += gap
        self._last = received_ms
        return self._begun_us + int(self._played * _US_A_MS / self._speed)
