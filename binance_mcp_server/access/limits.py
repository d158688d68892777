"""The one ledger of what we send: it waits or refuses, and never lets a request pass the venue's limit.

All processes of one user count in one file per venue (``state_files``); the counting itself is in ``windows``. Where no
state directory is given, or it cannot be used, a process counts alone, and ``Ledger.shared`` says so.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

from binance_mcp_server.access import state_files
from binance_mcp_server.access.state_files import Pool, StateFile
from binance_mcp_server.access.windows import SIZE, Limits, RateLimit, Refusal, State
from binance_mcp_server.clock import Clock
from binance_mcp_server.errors import BannedError, LimitError, SettingsError

__all__ = ["Ledger", "Limits", "RateLimit", "Reservation", "Snapshot", "open_ledger"]

_log = logging.getLogger(__name__)

LONGEST_PAUSE: Final = 86_400.0
LONGEST_BAN: Final = 3 * 86_400.0
"""Bans last from 2 minutes to 3 days (rest-api.md "IP Limits", read 2026-11-22); seconds."""
_MARGIN_MS: Final = 1_000
"""``Retry-After`` is in whole seconds."""
_LOOK_AGAIN_MS: Final = 1_000
_WRITE_WITHIN: Final = 0.2
"""Seconds until an answer is in the shared file."""
_BUSY = Refusal("busy", 50)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the ledger knows now. Times are ms since the epoch by this machine's clock."""

    used: int
    """Request weight counted in the last *window_seconds*; never less than what the venue counts of ours."""
    limit: int
    window_seconds: int
    raw_used: int
    """Requests counted in the last *raw_window_seconds*."""
    raw_limit: int
    raw_window_seconds: int
    venue_used: int | None
    """What the venue itself last said, in its own window."""
    source: Literal["measured", "header"]
    """``header``: *used* includes weight of other programs at this address, which the venue told us of."""
    paused_until: int | None
    banned_until: int | None
    shared: bool
    """Whether all processes of this user count together."""


class Reservation:
    """Room for one request. One that is never ``done`` counts as if it was answered at its deadline."""

    __slots__ = (
        "_answered_ms",
        "_buckets",
        "_epoch",
        "_ledger",
        "_open",
        "_sent_ms",
        "_used",
        "weight",
    )

    def __init__(
        self, ledger: "Ledger", weight: int, buckets: tuple[int, int], state: State
    ) -> None:
        self._ledger = ledger
        self._buckets = buckets
        self._epoch, self._sent_ms = state.epoch, state.mono_ms
        self._answered_ms = 0
        self._used: int | None = None
        self._open = True
        self.weight = weight

    def done(self, used: int | None = None) -> None:
        """The request is answered or cannot arrive any more; *used* is the venue's count, if it said one."""
        if self._open:
            self._open = False
            self._used = used
            self._answered_ms = self._ledger.note(self)

    def settle(self, state: State) -> None:
        """Write the answer down."""
        same_line = self._epoch == state.epoch
        state.complete(
            self.weight, self._buckets, self._epoch, min(self._answered_ms, state.mono_ms)
        )
        if self._used is not None:
            state.correct(self._used, self._sent_ms if same_line else state.mono_ms)


class Ledger:
    """Weight, requests, pauses and bans of one venue, as seen from this address. For one event loop."""

    def __init__(
        self, clock: Clock, *, file: StateFile | None = None, limits: Limits | None = None
    ) -> None:
        self._clock = clock
        self._file = file
        self._fallback = limits or Limits()
        self._state = State(file.buffer if file else bytearray(SIZE), self._fallback)
        if file is None:
            self._state.begin(clock.now_ms(), _mono_ms(clock))
        self._pending: list[Callable[[State], None]] = []
        self._answered: list[Reservation] = []
        self._timer: asyncio.TimerHandle | None = None
        self._turn = asyncio.Lock()
        self._ahead = 0
        self._waiting = 0
        self._checked_ms = _mono_ms(clock)
        self._dirty = False
        self._durable = False

    @property
    def clock(self) -> Clock:
        """What it counts by."""
        return self._clock

    @property
    def shared(self) -> bool:
        """Whether all processes of this user count together."""
        return self._file is not None

    async def acquire(
        self, weight: int, *, max_wait: float = 0.0, hold: float = 15.0
    ) -> Reservation:
        """Room for a request of *weight* that arrives within *hold* seconds (at most 120).

        Waits, in the order of asking, at most about *max_wait* seconds. Raises ``LimitError`` at once when it would
        take longer, ``BannedError`` at once while the venue's ban lasts.
        """
        if not self._waiting:
            outcome = self._attempt(weight, hold)
            if isinstance(outcome, Reservation):
                return outcome
            if outcome.reason in {"banned", "never"} or outcome.wait_ms > max_wait * 1000:
                raise self._error(outcome, weight)
        else:
            self._see_whether_the_queue_is_too_long(weight, max_wait)
        self._ahead += weight
        self._waiting += 1
        deadline = self._clock.monotonic() + max_wait
        try:
            async with self._turn:
                return await self._wait(weight, deadline, hold)
        finally:
            self._ahead -= weight
            self._waiting -= 1

    def _see_whether_the_queue_is_too_long(self, weight: int, max_wait: float) -> None:
        refusal = self._look(self._ahead + weight, self._waiting + 1)
        if refusal is not None and refusal.wait_ms > max_wait * 1000:
            raise self._error(refusal, weight)

    async def _wait(self, weight: int, deadline: float, hold: float) -> Reservation:
        while True:
            outcome = self._attempt(weight, hold)
            if isinstance(outcome, Reservation):
                return outcome
            left_ms = (deadline - self._clock.monotonic()) * 1000
            if outcome.reason in {"banned", "never"} or outcome.wait_ms > left_ms + 1:
                raise self._error(outcome, weight)
            # Requests on their way are counted to their deadlines and mostly come back sooner, so look again.
            await self._clock.sleep(min(outcome.wait_ms, _LOOK_AGAIN_MS) / 1000)

    def _attempt(self, weight: int, hold: float) -> Reservation | Refusal:
        if not self._enter():
            return _BUSY
        refusal: Refusal | None = None
        try:
            refusal = self._state.refusal(weight)
            if refusal is not None:
                return refusal
            state = self._state
            return Reservation(self, weight, state.reserve(weight, int(hold * 1000)), state)
        finally:
            self._leave(write=refusal is None)

    def _look(self, weight: int, requests: int) -> Refusal | None:
        if not self._enter():
            return _BUSY
        try:
            return self._state.refusal(weight, requests)
        finally:
            self._leave(write=False)

    def note(self, reservation: Reservation) -> int:
        """Keep an answer until the file is open anyway, or a moment; returns now, monotonic ms.

        Until then it counts to its deadline, which is only more careful; one opening of the file a request is saved.
        """
        self._answered.append(reservation)
        if self._timer is None and self._file is not None:
            self._timer = asyncio.get_running_loop().call_later(_WRITE_WITHIN, self._write_down)
        return _mono_ms(self._clock)

    def _write_down(self) -> None:
        self._timer = None
        if self._answered and self._enter():
            self._leave(write=True)

    def change(self, what: Callable[[State], None], *, durable: bool = False) -> None:
        """Change the state now, or, while another process keeps the lock, before anything else is sent."""
        self._pending.append(what)
        self._durable |= durable
        if self._enter():
            self._leave(write=True)

    def _enter(self) -> bool:
        """Lock, load, settle, and do what was put off; ``False`` when another process keeps the lock."""
        file = self._file
        if file is not None:
            try:
                if not file.lock():
                    return False
            except OSError as error:
                self._go_alone(error)
        state = self._state
        wall_ms, mono_ms = self._clock.now_ms(), _mono_ms(self._clock)
        if self._file is not None and not state.load():
            state.begin(wall_ms, mono_ms)
            state.set_limits(self._fallback)
            self._dirty = True
        state.settle(wall_ms, mono_ms)
        if self._answered:
            self._dirty = True
            answered, self._answered = self._answered, []
            for reservation in answered:
                reservation.settle(state)
        if self._pending:
            self._dirty = True
            pending, self._pending = self._pending, []
            for what in pending:
                what(state)
        return True

    def _leave(self, *, write: bool) -> None:
        file = self._file
        if file is None:
            return
        write, durable = write or self._dirty, self._durable
        self._dirty = self._durable = False
        try:
            if write:
                self._state.save()
            file.unlock(write=write, durable=durable)
            if self._state.mono_ms - self._checked_ms > _LOOK_AGAIN_MS:
                self._checked_ms = self._state.mono_ms
                file.renew()
        except OSError as error:
            self._go_alone(error)

    def _go_alone(self, error: OSError) -> None:
        """Count on without the file, from what is known now."""
        if self._file is not None:
            _log.warning(
                "%s: %s. This process counts its request weight alone from now on.",
                self._file.path,
                error.strerror,
            )
            self._file.close()
            self._file = None

    def set_limits(self, rate_limits: Iterable[RateLimit] | Limits) -> None:
        """Count against what ``exchangeInfo.rateLimits`` says, in all processes."""
        limits = rate_limits if isinstance(rate_limits, Limits) else Limits.of(rate_limits)
        self._fallback = limits
        self.change(lambda state: state.set_limits(limits))

    def pause(self, seconds: float) -> None:
        """Send nothing for *seconds*: a 429's ``Retry-After``. All processes."""
        ms = int(min(max(seconds, 0.0), LONGEST_PAUSE) * 1000) + _MARGIN_MS
        self.change(lambda state: state.pause(ms))

    def ban(self, seconds: float) -> None:
        """The venue banned this address for *seconds* (418). All processes; survives a restart."""
        ms = int(min(max(seconds, 0.0), LONGEST_BAN) * 1000) + _MARGIN_MS
        self.change(lambda state: state.ban(ms), durable=True)

    def stopped(self) -> bool:
        """Whether the venue's ban or pause is on."""
        refusal = self._look(0, 1)
        return refusal is not None and refusal.reason in {"banned", "paused"}

    def banned(self) -> BannedError | None:
        """The error that every request meets now, if the venue banned this address."""
        refusal = self._look(0, 1)
        if refusal is None or refusal.reason != "banned":
            return None
        error = self._error(refusal, 0)
        return error if isinstance(error, BannedError) else None

    def snapshot(self) -> Snapshot:
        """What is counted now. Where another process keeps the lock: as of our last look."""
        if self._enter():
            self._leave(write=False)
        state, wall_ms = self._state, self._clock.now_ms()
        return Snapshot(
            used=state.weight.total,
            limit=state.weight.limit,
            window_seconds=state.weight.seconds,
            raw_used=state.raw.total,
            raw_limit=state.raw.limit,
            raw_window_seconds=state.raw.seconds,
            venue_used=state.venue_used if state.venue_used >= 0 else None,
            source="header" if state.corrected else "measured",
            paused_until=state.paused_until if state.paused_until > wall_ms else None,
            banned_until=state.banned_until if state.banned_until > wall_ms else None,
            shared=self.shared,
        )

    def close(self) -> None:
        """Write down what is not yet, and let go of the file. Idempotent."""
        if self._timer is not None:
            self._timer.cancel()
            self._write_down()
        if self._file is not None:
            self._file.close()

    def _error(self, refusal: Refusal, weight: int) -> LimitError:
        """*refusal* in words, with its numbers."""
        state, wait = self._state, refusal.wait_ms / 1000
        if refusal.reason == "banned":
            return BannedError(
                f"Binance banned this address until {_iso(state.banned_until)}"
                " (HTTP 418: it went on after too many requests). Nothing is sent until then.",
                advice="Wait; any request now would prolong the ban. Streams are not affected.",
                retry_after=wait,
            )
        if refusal.reason == "never":
            error = LimitError(
                f"This request weighs {weight}, more than the venue's whole limit of"
                f" {state.weight.limit} per {state.weight.seconds} s. Nothing was sent.",
                advice="Ask for less at once: fewer symbols or a lower limit.",
            )
            error.retryable = False
            return error
        texts = {
            "paused": "Binance asked for a pause (HTTP 429: too many requests).",
            "weight": f"Sending now would pass the venue's limit: {state.weight.total} of"
            f" {state.weight.limit} weight used in {state.weight.seconds} s, this request needs {weight}.",
            "raw": f"Sending now would pass the venue's limit: {state.raw.total} of"
            f" {state.raw.limit} requests used in {state.raw.seconds} s.",
            "busy": "Another process keeps the shared ledger locked.",
        }
        return LimitError(
            f"{texts[refusal.reason]} Nothing was sent.",
            advice="Wait, or ask for less at once.",
            retry_after=wait,
        )


def open_ledger(
    rest_url: str,
    *,
    clock: Clock,
    state_dir: Path | None = None,
    limits: Limits | None = None,
    pool: Pool = "spot",
) -> Ledger:
    """The ledger of *pool* of the venue behind *rest_url*, shared through *state_dir* where that can be used."""
    if state_dir is None:
        return Ledger(clock, limits=limits)
    try:
        state_files.prepare(state_dir)
        state_files.prune(state_dir, clock.now_ms())
        file = StateFile(state_dir / state_files.limits_file(rest_url, pool), SIZE)
    except SettingsError as error:
        _log.warning("%s This process counts its request weight alone.", error.message)
    except OSError as error:
        _log.warning(
            "%s: %s. This process counts its request weight alone.", state_dir, error.strerror
        )
    else:
        return Ledger(clock, file=file, limits=limits)
    return Ledger(clock, limits=limits)


def _mono_ms(clock: Clock) -> int:
    return int(clock.monotonic() * 1000)


def _iso(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
