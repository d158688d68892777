"""The venue's request limits, as it enforces them: fixed windows aligned to the clock, per IP. Pure.

rest-api.md "IP Limits", read 2026-11-22: past a limit requests fail with 429 and ``Retry-After``; who goes on is
banned (418), for 2 minutes at first and for up to 3 days when it happens again. How many requests after a 429
make a ban is not published: :attr:`Limits.ban_after` is ours.

USDⓈ-M and COIN-M have one limit together, 2,400 weight a minute ("CM/UM integration", in force since 2026-06-30, read
2026-11-24), in the minutes of the clock as well (measured there 2026-10-07), and none on the number of requests.
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


class Refusals(NamedTuple):
    """What a product says when a limit is passed."""

    weight: _Refusal = errors.too_much_weight
    requests: _Refusal = errors.too_many_requests
    ban: _Refusal = errors.banned
    """(end of the ban in ms, seconds to wait) → the refusal."""


SPOT_REFUSALS = Refusals()


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits in force."""

    request_weight: int = 6_000
    """Weight per minute and IP."""
    raw_requests: int = 300_000
    """Requests per five minutes and IP, whatever they weigh."""
    ban_after: int = 10
    """Requests refused with 429 in one minute before the next one is answered with a ban."""


FUTURES_LIMITS = Limits(request_weight=2_400, raw_requests=2**62)


class Usage(NamedTuple):
    """What one IP has used in the windows that contain now."""

    weight: int
    raw_requests: int
    banned_until_ms: int
    """0 when there is no ban."""


class IpLedger:
    """What one IP has used. A refused request adds no weight."""

    def __init__(self, refusals: Refusals = SPOT_REFUSALS) -> None:
        self._refusals = refusals
        self._weight_window = self._raw_window = -1
        self._weight = self._raw = self._refused = self._bans = 0
        self._banned_until_ms = 0

    def charge(self, weight: int, limits: Limits, now_ms: int, *, raw: bool = True) -> None:
        """Count a request of *weight*; raises :class:`~.errors.VenueError` (429, 418) when it may not pass. *raw*: the
        number of requests is limited too."""
        self._roll(now_ms)
        if now_ms < self._banned_until_ms:
            raise self._ban(now_ms)
        self._raw += raw
        if raw and self._raw > limits.raw_requests:
            raise self._refuse(
                self._refusals.requests, limits.raw_requests, RAW_WINDOW_MS, limits, now_ms
            )
        if self._weight + weight > limits.request_weight:
            raise self._refuse(
                self._refusals.weight, limits.request_weight, WEIGHT_WINDOW_MS, limits, now_ms
            )
        self._weight += weight

    def add(self, weight: int, now_ms: int) -> None:
        """Count *weight* that is known only when its request has been answered; refuses nothing."""
        self._roll(now_ms)
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
        return self._refusals.ban(self._banned_until_ms, _seconds(self._banned_until_ms - now_ms))


class Pool:
    """Limits that the requests to one or several products share, and what every IP has used of them."""

    def __init__(
        self, limits: Limits, refusals: Callable[[str], Refusals] = lambda _ip: SPOT_REFUSALS
    ) -> None:
        """*refusals*: what is said to an IP."""
        self.limits = limits
        self._refusals = refusals
        self._ledgers: dict[str, IpLedger] = {}

    def charge(self, ip: str, weight: int, now_ms: int, *, raw: bool = True) -> None:
        """As :meth:`IpLedger.charge`."""
        self._ledger(ip).charge(weight, self.limits, now_ms, raw=raw)

    def add(self, ip: str, weight: int, now_ms: int) -> None:
        """As :meth:`IpLedger.add`."""
        self._ledger(ip).add(weight, now_ms)

    def usage(self, ip: str, now_ms: int) -> Usage:
        """What *ip* has used now."""
        return self._ledger(ip).usage(now_ms)

    def _ledger(self, ip: str) -> IpLedger:
        return self._ledgers.setdefault(ip, IpLedger(self._refusals(ip)))


def _seconds(milliseconds: int) -> int:
    """Whole seconds that surely reach the end, as ``Retry-After`` counts them."""
    return -(-milliseconds // 1000)
