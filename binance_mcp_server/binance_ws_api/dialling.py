"""When the next attempt to connect may be made. Pure; every time is an argument."""

import math
from random import Random

from binance_mcp_server.binance_ws_api.pacing import Backoff, Dials
from binance_mcp_server.binance_ws_api.rules import Rules
from binance_mcp_server.binance_ws_api.signals import Failure


class Dialler:
    """Counts attempts, waits after failures, stops where the venue refuses us for good.

    *dials* may be shared by several endpoints: the venue counts attempts by address.
    """

    def __init__(self, rules: Rules, random: Random, dials: Dials | None = None) -> None:
        self._rules = rules
        self._dials = dials or Dials(rules)
        self._backoff = Backoff(rules, random)
        self._not_before = -math.inf
        self._barred_at: float | None = None
        self.last_failure = ""

    @property
    def is_barred(self) -> bool:
        return self._barred_at is not None

    def ready_at(self) -> float:
        """When an attempt may be made; never, while we are refused for good."""
        if self.is_barred:
            return math.inf
        return max(self._not_before, self._dials.ready_at())

    def dialed(self, now: float) -> None:
        self._dials.note(now)

    def recent(self, now: float) -> int:
        """Attempts within the venue's window."""
        return self._dials.recent(now)

    def failed(self, failure: Failure, now: float) -> None:
        self.last_failure = failure.why
        self._not_before = max(self._not_before, now + self._backoff.wait(), now + failure.wait)
        if failure.final:
            self._barred_at = now

    def lost(self, age: float, why: str, now: float) -> None:
        """A connection that had lasted *age* seconds was lost."""
        if age >= self._rules.settled:
            self._backoff.reset()
        self.failed(Failure(why), now)

    def wished(self, now: float) -> None:
        """Somebody wants a stream: after a while that is reason enough to try a refusal once more."""
        if self._barred_at is not None and now - self._barred_at >= self._rules.barred:
            self._barred_at = None
