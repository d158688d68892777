"""The venue's limits as a sliding count. Pure: no clock, no file; every time is an argument.

The venue counts in fixed windows aligned to *its* clock, at the moment a request *arrives*. We know neither exactly, so
a request counts here from before it is sent until a whole window after it was answered. The arrivals inside any window
of the venue, wherever that begins, are then a subset of what was counted at one moment here, and that never
passes the limit: no assumption about clock skew or latency is needed.

Counts lie in buckets of a sixtieth of the window. A reservation is first put into the bucket of its deadline and
moved to the bucket of its answer when that is in; the reservation of a process that died therefore expires too.
Limits: rest-api.md "LIMITS" and enums.md of Binance's spot documents (2026-07-21), read 2026-11-22.
"""

import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal, Protocol

RING: Final = 256
"""Buckets kept: those that count (62), some of the past, and the future up to the longest deadline."""
PAST: Final = 64
GUARD: Final = 1
"""Whole buckets beyond the window: our clock may run a little faster than the venue's."""
LONGEST_HOLD_MS: Final = 120_000
CLOCK_TOLERANCE_MS: Final = 5_000

_MAGIC: Final = b"bmcplim1"
_PREFIX: Final = struct.Struct("<8sQ")
_HEAD: Final = struct.Struct("<18q")
_HEAD_AT: Final = _PREFIX.size
_WEIGHT_AT: Final = _HEAD_AT + _HEAD.size
_RAW_AT: Final = _WEIGHT_AT + 4 * RING
SIZE: Final = _RAW_AT + 4 * RING
"""Bytes of a whole state."""
_TOP: Final = 1_000_000_000


class RateLimit(Protocol):
    """One entry of ``exchangeInfo.rateLimits``."""

    @property
    def rate_limit_type(self) -> str: ...
    @property
    def limit(self) -> int: ...
    @property
    def seconds(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Limits:
    """What one address may send. The defaults are what Binance published, read 2026-11-22."""

    weight: int = 6000
    weight_seconds: int = 60
    raw: int = 300_000
    raw_seconds: int = 300

    @classmethod
    def of(cls, rate_limits: Iterable[RateLimit], published: "Limits | None" = None) -> "Limits":
        """The venue's own figures; the *published* ones where it names none that make sense."""
        found = {
            item.rate_limit_type: item
            for item in rate_limits
            if 0 < item.limit <= _TOP and 0 < item.seconds <= 86_400
        }
        published = published or cls()
        weight, raw = found.get("REQUEST_WEIGHT"), found.get("RAW_REQUESTS")
        return cls(
            weight=weight.limit if weight else published.weight,
            weight_seconds=weight.seconds if weight else published.weight_seconds,
            raw=raw.limit if raw else published.raw,
            raw_seconds=raw.seconds if raw else published.raw_seconds,
        )

    def lower(self, other: "Limits") -> "Limits":
        """The stricter of two words on one limit."""
        return min(self, other, key=lambda each: (each.weight / each.weight_seconds, each.raw))


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why nothing may be sent now."""

    reason: Literal["banned", "paused", "weight", "raw", "never", "busy"]
    wait_ms: int
    """Until it may be sent, when nothing else is sent meanwhile; meaningless for ``never``."""


class Window:
    """A sliding count in buckets over one limit. Times are monotonic milliseconds."""

    __slots__ = ("limit", "oldest", "ring", "seconds", "span", "total", "width_ms")

    def __init__(self, ring: memoryview, limit: int, seconds: int) -> None:
        self.ring = ring
        self.oldest = 0
        """First bucket that is in ``total``."""
        self.total = 0
        self.limit = limit
        self.shape(seconds)

    def shape(self, seconds: int) -> None:
        """Set the window's length."""
        self.seconds = seconds
        self.width_ms = max(1000, seconds * 1000 // 60)
        self.span = -(-seconds * 1000 // self.width_ms) + GUARD

    def advance(self, mono_ms: int) -> None:
        """Forget what is older than the window at *mono_ms*."""
        first = mono_ms // self.width_ms - self.span
        if first <= self.oldest:
            return
        ring = self.ring
        if first - self.oldest >= RING:
            self.clear(mono_ms)
            return
        for bucket in range(self.oldest, first):
            self.total -= ring[bucket % RING]
            ring[(bucket - PAST) % RING] = 0
        self.oldest = first

    def clear(self, mono_ms: int) -> None:
        """Start empty."""
        self.ring[:] = memoryview(bytes(4 * RING)).cast("I")
        self.total = 0
        self.oldest = mono_ms // self.width_ms - self.span

    def restart(self, mono_ms: int, stamp_ms: int) -> None:
        """On a new time line or in a new shape: count all that is counted now as if it came at *stamp_ms*."""
        total = self.total
        self.clear(mono_ms)
        self.add(total, stamp_ms)

    def add(self, amount: int, at_ms: int) -> int:
        """Count *amount* at *at_ms*; returns the bucket."""
        bucket = at_ms // self.width_ms
        self.ring[bucket % RING] += amount
        self.total += amount
        return bucket

    def move(self, amount: int, bucket: int, to_ms: int) -> None:
        """Count at *to_ms* what was counted in *bucket*; anew, when that has expired."""
        slot = bucket % RING
        if bucket >= self.oldest and self.ring[slot] >= amount:
            self.ring[slot] -= amount
            self.total -= amount
        if to_ms // self.width_ms >= self.oldest:
            self.add(amount, to_ms)

    def wait_ms(self, amount: int, mono_ms: int) -> int:
        """How long until *amount* fits; 0 when it fits now."""
        excess = self.total + amount - self.limit
        if excess <= 0:
            return 0
        bucket = self.oldest
        last = self.oldest + RING - PAST
        while bucket < last:
            excess -= self.ring[bucket % RING]
            if excess <= 0:
                break
            bucket += 1
        return (bucket + self.span + 1) * self.width_ms - mono_ms

    def counted_since(self, mono_ms: int) -> int:
        """The count as seen at *mono_ms*, at most ``PAST`` buckets ago, with all that came after."""
        first = max(mono_ms // self.width_ms - self.span, self.oldest - PAST)
        return self.total + sum(self.ring[b % RING] for b in range(first, self.oldest))


class State:
    """Everything the processes of one user share about one venue, laid over a buffer of ``SIZE`` bytes."""

    __slots__ = (
        "_head", "_memory", "banned_since", "banned_until", "buffer", "corrected_ms", "epoch", "mono_ms",
        "paused_since", "paused_until", "raw", "venue_used", "wall_ms", "weight",
    )  # fmt: skip

    def __init__(self, buffer: bytearray, limits: Limits) -> None:
        self.buffer = buffer
        self._memory = memoryview(buffer)
        self._head = self._memory[_HEAD_AT:_WEIGHT_AT]
        self.weight = Window(self._ring(_WEIGHT_AT), limits.weight, limits.weight_seconds)
        self.raw = Window(self._ring(_RAW_AT), limits.raw, limits.raw_seconds)
        self._blank()

    def _ring(self, at: int) -> memoryview:
        return self._memory[at : at + 4 * RING].cast("I")

    def _blank(self) -> None:
        self.epoch = 0
        """Counts the restarts of the time line; a reservation of another one counts anew."""
        self.wall_ms = self.mono_ms = 0
        self.paused_since = self.paused_until = self.banned_since = self.banned_until = 0
        self.venue_used = -1
        """Weight used in the venue's last word, -1 before its first."""
        self.corrected_ms = -1
        """Monotonic time of the last correction by the venue's word."""

    def load(self) -> bool:
        """Take over what the buffer holds; ``False``, and nothing done, when that is not whole."""
        magic, checksum = _PREFIX.unpack_from(self.buffer)
        if magic != _MAGIC or checksum != zlib.crc32(self._head):
            return False
        weight, raw = self.weight, self.raw
        (
            self.epoch, self.wall_ms, self.mono_ms, self.paused_since, self.paused_until,
            self.banned_since, self.banned_until, self.venue_used, self.corrected_ms,
            weight.limit, weight_seconds, weight.oldest, weight.total,
            raw.limit, raw_seconds, raw.oldest, raw.total, _,
        ) = _HEAD.unpack_from(self.buffer, _HEAD_AT)  # fmt: skip
        if weight_seconds != weight.seconds:
            weight.shape(weight_seconds)
        if raw_seconds != raw.seconds:
            raw.shape(raw_seconds)
        return True

    def begin(self, wall_ms: int, mono_ms: int) -> None:
        """Start empty, on a time line of its own."""
        self._blank()
        self.epoch, self.wall_ms, self.mono_ms = wall_ms, wall_ms, mono_ms
        for window in (self.weight, self.raw):
            window.clear(mono_ms)

    def save(self) -> None:
        """Write the state to the buffer."""
        weight, raw = self.weight, self.raw
        _HEAD.pack_into(
            self.buffer, _HEAD_AT,
            self.epoch, self.wall_ms, self.mono_ms, self.paused_since, self.paused_until,
            self.banned_since, self.banned_until, self.venue_used, self.corrected_ms,
            weight.limit, weight.seconds, weight.oldest, weight.total,
            raw.limit, raw.seconds, raw.oldest, raw.total, 0,
        )  # fmt: skip
        _PREFIX.pack_into(self.buffer, 0, _MAGIC, zlib.crc32(self._head))

    def settle(self, wall_ms: int, mono_ms: int) -> None:
        """Bring the state to now. Must come before every other call at this time.

        Both clocks may have been set back since: the monotonic one by a restart of the machine, the other by its owner.
        """
        if mono_ms < self.mono_ms:
            if self.mono_ms - mono_ms <= CLOCK_TOLERANCE_MS:
                mono_ms = self.mono_ms
            else:
                self._restart(mono_ms)
        self.mono_ms = mono_ms
        if wall_ms < self.wall_ms:
            self.paused_since, self.paused_until = _kept(
                self.paused_since, self.paused_until, wall_ms
            )
            self.banned_since, self.banned_until = _kept(
                self.banned_since, self.banned_until, wall_ms
            )
        self.wall_ms = wall_ms
        self.weight.advance(mono_ms)
        self.raw.advance(mono_ms)

    def _restart(self, mono_ms: int) -> None:
        """A new time line. All that was counted is older than the machine's start, which was *mono_ms* ago."""
        self.epoch += 1
        self.corrected_ms = -1
        for window in (self.weight, self.raw):
            if mono_ms > (window.span + 1) * window.width_ms + LONGEST_HOLD_MS:
                window.clear(mono_ms)
            else:
                window.restart(mono_ms, mono_ms)

    def set_limits(self, limits: Limits) -> None:
        """Count against *limits* from now on."""
        self.weight.limit, self.raw.limit = limits.weight, limits.raw
        for window, seconds in (
            (self.weight, limits.weight_seconds),
            (self.raw, limits.raw_seconds),
        ):
            if window.seconds != seconds:
                window.shape(seconds)
                window.restart(self.mono_ms, self.mono_ms + LONGEST_HOLD_MS)
                self.epoch += 1

    def refusal(self, weight: int, requests: int = 1) -> Refusal | None:
        """Why *requests* of *weight* in all may not be sent now; ``None`` when they may."""
        if self.banned_until > self.wall_ms:
            return Refusal("banned", self.banned_until - self.wall_ms)
        if requests == 1 and weight > self.weight.limit:
            return Refusal("never", 0)
        if self.paused_until > self.wall_ms:
            return Refusal("paused", self.paused_until - self.wall_ms)
        wait = self.weight.wait_ms(weight, self.mono_ms)
        wait_raw = self.raw.wait_ms(requests, self.mono_ms)
        if wait == wait_raw == 0:
            return None
        return Refusal("weight", wait) if wait >= wait_raw else Refusal("raw", wait_raw)

    def reserve(self, weight: int, hold_ms: int) -> tuple[int, int]:
        """Count a request that arrives within *hold_ms* from now; returns its two buckets."""
        deadline = self.mono_ms + min(hold_ms, LONGEST_HOLD_MS)
        return self.weight.add(weight, deadline), self.raw.add(1, deadline)

    def complete(self, weight: int, buckets: tuple[int, int], epoch: int, at_ms: int) -> None:
        """The request was answered at *at_ms*: it ages from then on instead of from its deadline.

        A reservation of another time line cannot be found again, so it counts anew: rather twice than not at all.
        """
        if epoch == self.epoch:
            self.weight.move(weight, buckets[0], at_ms)
            self.raw.move(1, buckets[1], at_ms)
        else:
            self.weight.add(weight, self.mono_ms)
            self.raw.add(1, self.mono_ms)

    def correct(self, used: int, sent_ms: int) -> None:
        """The venue said that *used* weight was used in its window when it took a request sent at *sent_ms*.

        More than we counted means that others send from this address: the difference is added. Less says nothing,
        since the venue's window began later than ours.
        """
        self.venue_used = used
        missing = min(used, 2 * self.weight.limit) - self.weight.counted_since(sent_ms)
        if missing > 0:
            self.weight.add(missing, self.mono_ms)
            self.corrected_ms = self.mono_ms

    def pause(self, ms: int) -> None:
        """Send nothing for *ms*."""
        if self.wall_ms + ms > self.paused_until:
            self.paused_since, self.paused_until = self.wall_ms, self.wall_ms + ms

    def ban(self, ms: int) -> None:
        """The venue banned this address for *ms*."""
        if self.wall_ms + ms > self.banned_until:
            self.banned_since, self.banned_until = self.wall_ms, self.wall_ms + ms

    @property
    def corrected(self) -> bool:
        """Whether weight of others is in the count now."""
        return self.corrected_ms >= 0 and (
            self.corrected_ms // self.weight.width_ms >= self.weight.oldest
        )


def _kept(since: int, until: int, now: int) -> tuple[int, int]:
    """A stretch that began in what is now the future, moved so that its whole length is still to come."""
    if since <= now:
        return since, until
    return now, now + (until - since)
