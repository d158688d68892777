"""The venue's request limits, as it enforces them: fixed windows aligned to the clock, per IP. Pure.

rest-api.md "IP Limits", read 2026-11-22: past a limit requests fail with 429 and ``Retry-After``; who goes on is
banned (418), for 2 minutes at first and for up to 3 days when it happens again. How many requests after a 429
make a ban is not published: :attr:`Limits.ban_after` is ours.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from binance_mcp_server.exchange.wire import errors

WEIGHT_WINDOW_MS = 60_000
RAW_WINDOW_MS = 300_000
FIRST_BAN_MS = 2 * 60_000
LONGEST_BAN_MS = 3 * 86_400_000

_Refusal = Callable[[int, int], errors.VenueError]
"""(limit, seconds to wait) → the refusal."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits in force."""

    request_weight: int = 6_000
    """Weight per minute and IP."""
    raw_requests: int = 300_000
    """Requests per five minutes and IP, whatever they weigh."""
    ban_after: int = 10
    """Requests refused with 429 in one minute before the next one is answered with a ban."""


class Usage(NamedTuple):
    """What one IP has used in the windows that contain now."""

    weight: int
    raw_requests: int
    banned_until_ms: int
    """0 when there is no ban."""


class IpLedger:
    """What one IP has used. A refused request adds no weight."""

    def __init__(self) -> None:
        self._weight_window = self._raw_window = -1
        self._weight = self._raw = self._refused = self._bans = 0
        self._banned_until_ms = 0

    def charge(self, weight: int, limits: Limits, now_ms: int) -> None:
        """Count a request of *weight*; raises :class:`~.errors.VenueError` (429, 418) when it may not pass."""
        self._roll(now_ms)
        if now_ms < self._banned_until_ms:
            raise self._ban(now_ms)
        self._raw += 1
        if self._raw > limits.raw_requests:
            raise self._refuse(
                errors.too_many_requests, limits.raw_requests, RAW_WINDOW_MS, limits, now_ms
            )
        if self._weight + weight > limits.request_weight:
            raise self._refuse(
                errors.too_much_weight, limits.request_weight, WEIGHT_WINDOW_MS, limits, now_ms
            )
        self._weight += weight

    def usage(self, now_ms: int) -> Usage:
        """What is used now."""
        self._roll(now_ms)
        banned = self._banned_until_ms if now_ms < self._banned_until_ms else 0
        return Usage(self._weight, self._raw, banned)

    def _roll(self, now_ms: int) -> None:
        if now_ms // WEIGHT_WINDOW_MS != self._weight_window:
            self._weight_window = now_ms // WEIGHT_WINDOW_MS
            self._weight = self._refused = 0
        if now_ms // RAW_WINDOW_MS != self._raw_window:
            self._raw_window = now_ms // RAW_WINDOW_MS
            self._raw = 0

    def _refuse(
        self, error: _Refusal, limit: int, window_ms: int, limits: Limits, now_ms: int
    ) -> errors.VenueError:
        self._refused += 1
        if self._refused > limits.ban_after:
            length = min(FIRST_BAN_MS << min(self._bans, 16), LONGEST_BAN_MS)
            self._bans += 1
            self._refused = 0
            self._banned_until_ms = now_ms + length
            return self._ban(now_ms)
        return error(limit, _seconds(window_ms - now_ms % window_ms))

    def _ban(self, now_ms: int) -> errors.VenueError:
        return errors.banned(self._banned_until_ms, _seconds(self._banned_until_ms - now_ms))


def _seconds(milliseconds: int) -> int:
    """Whole seconds that surely reach the end, as ``Retry-After`` counts them."""
    return -(-milliseconds // 1000)
