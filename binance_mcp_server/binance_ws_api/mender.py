"""Holes in streams, filled: waits a moment for a late frame, fetches what is missing, or gives it up as a gap."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from binance_mcp_server.binance_ws_api.decode import frame_of
from binance_mcp_server.binance_ws_api.kinds import Spec
from binance_mcp_server.binance_ws_api.sequence import Hole
from binance_mcp_server.binance_ws_api.stream import Stream
from binance_mcp_server.clock import Clock
from binance_mcp_server.errors import BinanceMcpError, TransportError
from binance_mcp_server.models.events import Event

log = logging.getLogger(__name__)

GRACE: Final = 0.25
"""Seconds that a frame may be late."""
PATIENCE: Final = (0.5, 1.0, 2.0, 4.0)
"""Seconds between tries: REST may lag behind the stream, or be out of reach for a moment."""
LONGEST_WAIT: Final = 60.0
"""Seconds that the weight ledger or the venue may make a repair wait."""
MOST_PARKED: Final = 50_000
"""Frames that may wait behind a hole."""
MOST_PARKED_IN_ALL: Final = 200_000
"""Likewise, of all streams that are mended at once; each may have a thousand."""
_FEW: Final = 1_000
MOST_MISSING: Final = 20_000
"""Ids that are fetched: 500 weight of spot trades."""


@dataclass(frozen=True, slots=True)
class Rows:
    """What the venue gave over REST."""

    rows: Mapping[int, Event] = field(default_factory=dict)
    """By id, or by open time."""
    upto: int | None = None
    """Up to here, inclusive, the answer holds all there is."""
    more: bool = False
    """Whether there may be newer ones, asked for without an end."""


class Source(Protocol):
    """Where missing events can be had."""

    def can(self, spec: Spec) -> bool:
        """Whether there is a way to fetch events of *spec*."""
        ...

    async def rows(self, spec: Spec, first: int, last: int | None) -> Rows:
        """Events from *first* to *last*, or to the newest; raises ``BinanceMcpError``."""
        ...


class Mender:
    """Fills holes, one task a stream."""

    def __init__(self, clock: Clock, source: Source | None) -> None:
        self._closed = False
        self._clock = clock
        self._source = source
        self._tasks: dict[Stream, asyncio.Task[None]] = {}
        self._catch_up: set[Stream] = set()

    def hole(self, stream: Stream) -> None:
        """*stream* has frames that wait for something before them."""
        share = MOST_PARKED_IN_ALL // max(1, len(self._tasks))
        room = min(MOST_PARKED, max(_FEW, share))
        while stream.sequence.parked > room:
            why = "lost on the way, and too many frames waited behind it"
            stream.add(stream.sequence.give_up(why, self._clock.now_ms()))
        self._start(stream)

    def restored(self, stream: Stream) -> None:
        """*stream* is subscribed again: fetch what came meanwhile, without waiting for a frame."""
        if self._can(stream) and stream.sequence.last is not None:
            self._catch_up.add(stream)
            self._start(stream)

    def forget(self, stream: Stream) -> None:
        """*stream* is closed."""
        self._catch_up.discard(stream)
        task = self._tasks.pop(stream, None)
        if task is not None:
            task.cancel()

    async def close(self) -> None:
        self._closed = True
        tasks = list(self._tasks.values())
        self._tasks.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _can(self, stream: Stream) -> bool:
        return self._source is not None and self._source.can(stream.spec)

    def _start(self, stream: Stream) -> None:
        if stream not in self._tasks and not self._closed:
            task = asyncio.get_running_loop().create_task(self._mend(stream))
            self._tasks[stream] = task

    async def _mend(self, stream: Stream) -> None:
        try:
            while True:
                if stream in self._catch_up:
                    self._catch_up.discard(stream)
                    await self._fetch_newest(stream)
                elif (hole := stream.sequence.hole) is not None:
                    await self._close_hole(stream, hole)
                else:
                    return
        finally:
            stream.repairing = False
            if self._tasks.get(stream) is asyncio.current_task():
                del self._tasks[stream]

    async def _fetch_newest(self, stream: Stream) -> None:
        last = stream.sequence.last
        if last is None:
            return
        first = last if stream.spec.rule == "candles" else last + 1  # its close may be missing
        stream.repairing = True
        for wait in (*PATIENCE, 0.0):
            try:
                more = await self._fill(stream, first, None)
            except BinanceMcpError as error:
                if not error.retryable:
                    return  # the next frame shows what is missing
                await self._clock.sleep(max(wait, min(error.retry_after or 0.0, LONGEST_WAIT)))
            else:
                if more and stream.sequence.last != last:
                    self._catch_up.add(stream)
                return

    async def _close_hole(self, stream: Stream, hole: Hole) -> None:
        late = hole.since + GRACE - self._clock.monotonic()
        if late > 0:
            await self._clock.sleep(late)
            return
        why = await self._fetched(stream, hole)
        now_hole = stream.sequence.hole
        if why and now_hole is not None and now_hole.first == hole.first:
            stream.add(stream.sequence.give_up(why, self._clock.now_ms()))

    async def _fetched(self, stream: Stream, hole: Hole) -> str:
        """Try to fetch what is missing; why it cannot be had, or nothing when the hole has moved."""
        if not self._can(stream):
            return "lost on the way"
        if stream.spec.rule == "ids" and hole.last - hole.first >= MOST_MISSING:
            return f"lost on the way, and more than {MOST_MISSING} are not fetched"
        stream.repairing = True
        why = "lost on the way, and the venue does not give them"
        for wait in (*PATIENCE, 0.0):
            try:
                await self._fill(stream, hole.first, hole.last)
            except BinanceMcpError as error:
                why = f"lost on the way, and cannot be fetched: {error.message}"
                if not error.retryable:
                    return why
                await self._clock.sleep(min(error.retry_after or 0.0, LONGEST_WAIT))
            rest = stream.sequence.hole
            if rest is None or rest.first != hole.first:
                return ""
            await self._clock.sleep(wait)
        return why

    async def _fill(self, stream: Stream, first: int, last: int | None) -> bool:
        """Fetch, and put in. Whether there may be more."""
        if self._source is None:
            return False
        try:
            found = await self._source.rows(stream.spec, first, last)
        except BinanceMcpError:
            raise
        except Exception as defect:  # ours: the stream goes on all the same, with a gap
            log.exception("a repair of %r failed", stream)
            raise _defect() from defect
        at = stream.sequence.last
        if at is None or (stream.spec.rule == "ids" and at + 1 < first):
            return False  # the venue numbers from anew: what was fetched belongs to the time before
        now = self._clock.monotonic()
        rows = {number: frame_of(stream.spec, row) for number, row in found.rows.items()}
        stream.add(stream.sequence.fill(rows, found.upto, now))
        return found.more


def _defect() -> TransportError:
    error = TransportError("The answer could not be used.")
    error.retryable = False
    return error
