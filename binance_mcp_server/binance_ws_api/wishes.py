"""What is wanted from an endpoint, and how each stream stands. Pure."""

from collections.abc import Iterable

from binance_mcp_server.binance_ws_api.signals import (
    Acknowledged,
    Event,
    Lost,
    Names,
    Refused,
    Restored,
    Unlisted,
)


class Wishes:
    """Names that are wanted: waiting for a connection, subscribed for the first time, live, or lost and not yet
    back."""

    def __init__(self) -> None:
        self.wanted: dict[str, None] = {}
        self.waiting: dict[str, None] = {}
        """Wanted names that no connection carries."""
        self.caps: dict[str, int] = {}
        """The largest frame in which a name may be subscribed, after a frame with it was refused."""
        self.events: list[Event] = []
        self._live: set[str] = set()
        self._lost: set[str] = set()

    def add(self, names: Iterable[str]) -> None:
        fresh = [name for name in names if name not in self.wanted]
        self.wanted.update(dict.fromkeys(fresh))
        self.waiting.update(dict.fromkeys(fresh))

    def discard(self, name: str) -> None:
        self.wanted.pop(name, None)
        self.waiting.pop(name, None)
        self.caps.pop(name, None)
        self._live.discard(name)
        self._lost.discard(name)

    def is_live(self, name: str) -> bool:
        return name in self._live

    def any_lost(self, names: Iterable[str]) -> bool:
        return any(name in self._lost for name in names)

    def acknowledge(self, names: Iterable[str], conn: int, now: float) -> None:
        """The venue has *names* on *conn*."""
        told = [name for name in names if name in self.wanted and name not in self._live]
        back = tuple(name for name in told if name in self._lost)
        new = tuple(name for name in told if name not in self._lost)
        self._live.update(told)
        self._lost.difference_update(told)
        for name in told:
            self.caps.pop(name, None)
        if new:
            self.events.append(Acknowledged(new, conn, now))
        if back:
            self.events.append(Restored(back, conn, now))

    def lose(self, names: Iterable[str], conn: int, why: str, now: float) -> None:
        """*names* have no connection now. They may have delivered before they were acknowledged."""
        if gone := self._forget(names):
            self.events.append(Lost(gone, conn, why, now))

    def unlist(self, names: Iterable[str], conn: int, now: float) -> None:
        """The venue does not have *names* although it said so."""
        if gone := self._forget(names):
            self.events.append(Unlisted(gone, conn, now))

    def _forget(self, names: Iterable[str]) -> Names:
        gone = tuple(name for name in names if name in self.wanted)
        self._live.difference_update(gone)
        self._lost.update(gone)
        return gone

    def refuse(self, names: Names, code: int, message: str) -> bool:
        """A frame with *names* was refused. One name: it is wanted no longer. Several: one of them is at fault, so they
        travel in smaller frames from now on. Returns whether they are given up."""
        if len(names) > 1:
            self.caps.update((name, len(names) // 2) for name in names if name in self.wanted)
            return False
        wanted = tuple(name for name in names if name in self.wanted)
        for name in names:
            self.discard(name)
        if wanted:
            self.events.append(Refused(wanted, code, message))
        return True
