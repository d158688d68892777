"""Make before break: an old connection is replaced by a new one without a moment between. Pure.

The new connection subscribes the same streams. When the venue has acknowledged all of them and has listed them, and
each has delivered there (or a while has passed: some streams are quiet), the old one goes. web-socket-streams.md
"General WSS information" (a connection lives for 24 hours) and "Server Shutdown" of the spot documents (2026-07-21),
read 2026-11-22.
"""

from random import Random

from binance_mcp_server.binance_ws_api.fleet import Fleet
from binance_mcp_server.binance_ws_api.link import NEVER, Link
from binance_mcp_server.binance_ws_api.rules import Rules


class Renewal:
    """Decides when a connection is due to be replaced, and when its heir has taken over."""

    def __init__(self, rules: Rules, random: Random, fleet: Fleet) -> None:
        self._rules = rules
        self._random = random
        self._fleet = fleet

    def schedule(self, link: Link, now: float) -> None:
        """*link* has just opened."""
        early = self._random.uniform(0.0, self._rules.lifetime_jitter)
        link.renew_at = now + max(0.0, self._rules.lifetime - early)

    def due(self, now: float) -> list[Link]:
        """Connections that want an heir by *now* and have none."""
        return [link for link in self._candidates() if link.renew_at <= now]

    def next_due(self) -> float:
        """When the next of them is due."""
        return min((link.renew_at for link in self._candidates()), default=NEVER)

    def _candidates(self) -> list[Link]:
        """Open connections with streams that are not one of a pair."""
        return [
            link
            for link in self._fleet
            if link.is_open
            and link.wanted
            and link.replaces is None
            and self._fleet.heir(link) is None
        ]

    def settle(self, now: float) -> None:
        """Once the venue has acknowledged everything on an heir, the end of the old connection is set."""
        for heir in self._fleet:
            old = self._fleet.predecessor(heir)
            if old is not None and heir.finish_at == NEVER and heir.carries(old.wanted):
                heir.finish_at = now + self._rules.overlap
                self._hasten(heir, old, now)

    def delivered(self, heir: Link, name: str, now: float) -> None:
        """A frame of stream *name* came on *heir*."""
        old = self._fleet.predecessor(heir)
        if old is None or name not in heir.wanted or name in heir.delivered:
            return
        heir.delivered.add(name)
        if heir.finish_at != NEVER:
            self._hasten(heir, old, now)

    def _hasten(self, heir: Link, old: Link, now: float) -> None:
        if all(name in heir.delivered for name in old.wanted):
            heir.finish_at = min(heir.finish_at, now + self._rules.linger)

    def finished(self, now: float) -> list[tuple[Link, Link]]:
        """Pairs of which the older may go: (old, heir)."""
        pairs = [(self._fleet.predecessor(heir), heir) for heir in self._fleet]
        return [(old, heir) for old, heir in pairs if old is not None and heir.finish_at <= now]
