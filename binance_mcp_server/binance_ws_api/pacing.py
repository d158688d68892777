"""How fast: messages on a connection, attempts to connect, waits after failures. Pure; every time is an argument."""

from collections import deque
from random import Random
from typing import Final

from binance_mcp_server.binance_ws_api.rules import Rules

SECOND: Final = 1.05
"""Seconds; the venue's second, and a little because its clock is not ours."""
UNPROVEN: Final = 1.0
"""Seconds that a pong may be on its way: nothing tells us of its arrival but a later answer."""
_STEEPEST: Final = 30


class Pace:
    """Messages on one connection that may lie within the venue's last second.

    The venue counts when a message *arrives*, which we do not see. So a message counts from before it is sent until a
    second after its answer is in; messages arrive in the order in which they were sent, so an answer also proves the
    arrival of those before. Whatever the delays, no second of the venue then holds more than the limit.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._counted: list[tuple[int, float]] = []
        """Number of the message, and until when it counts."""

    def ready_at(self, now: float) -> float:
        """When one more may be sent, if nothing else happens: *now* or later."""
        self._counted = [each for each in self._counted if each[1] > now]
        over = len(self._counted) - self._limit
        return now if over < 0 else sorted(until for _, until in self._counted)[over]

    def sent(self, number: int, now: float, patience: float) -> None:
        """Message *number* is sent; without any word of it, it is taken to have arrived after *patience* seconds."""
        self._counted.append((number, now + patience + SECOND))

    def arrived(self, number: int, now: float) -> None:
        """Message *number* was answered: it has arrived by *now*, and so have those before it."""
        self._counted = [
            (each, min(until, now + SECOND) if each <= number else until)
            for each, until in self._counted
        ]


class Dials:
    """Attempts to connect: so many in any window, and never two at once."""

    def __init__(self, rules: Rules) -> None:
        self._window = rules.dial_window
        self._spacing = rules.dial_spacing
        self._times: deque[float] = deque(maxlen=rules.dials)

    def ready_at(self) -> float:
        """When the next attempt may be made."""
        if not self._times:
            return 0.0
        ready = self._times[-1] + self._spacing
        if len(self._times) == self._times.maxlen:
            # An attempt reaches the venue a little after it is counted here; the spacing covers that.
            ready = max(ready, self._times[0] + self._window + self._spacing)
        return ready

    def note(self, now: float) -> None:
        self._times.append(now)

    def recent(self, now: float) -> int:
        """Attempts within the last window."""
        return sum(now - each < self._window for each in self._times)


class Backoff:
    """Waits after failures: full jitter under a bound that doubles, so that many clients do not come back at once."""

    def __init__(self, rules: Rules, random: Random) -> None:
        self._first = rules.first_backoff
        self._longest = rules.longest_backoff
        self._random = random
        self._failures = 0

    def wait(self) -> float:
        """Seconds to wait after one more failure."""
        bound = min(self._longest, self._first * 2 ** min(self._failures, _STEEPEST))
        self._failures += 1
        return self._random.uniform(0.0, bound)

    def reset(self) -> None:
        self._failures = 0
