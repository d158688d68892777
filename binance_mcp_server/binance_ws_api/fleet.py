"""Which stream lives on which connection: names fill the first connection with room. Pure."""

from collections.abc import Iterable, Iterator

from binance_mcp_server.binance_ws_api.link import Link
from binance_mcp_server.binance_ws_api.rules import Rules
from binance_mcp_server.binance_ws_api.wishes import Wishes


class Fleet:
    """The connections of one endpoint. Every wanted name is on one of them, waits, or is on a pair of which the newer
    takes over from the older."""

    def __init__(self, rules: Rules, wishes: Wishes) -> None:
        self.links: dict[int, Link] = {}
        self._rules = rules
        self._wishes = wishes

    def __iter__(self) -> Iterator[Link]:
        return iter(list(self.links.values()))

    def heir(self, link: Link) -> Link | None:
        """The newer connection that takes over from *link*, dialing or open."""
        return next((each for each in self.links.values() if each.replaces == link.id), None)

    def predecessor(self, link: Link) -> Link | None:
        """The older connection that *link* takes over from."""
        return self.links.get(link.replaces) if link.replaces is not None else None

    @property
    def short_of(self) -> int:
        """Waiting names for which no attempt to connect is under way."""
        dialing = sum(not each.is_open and each.replaces is None for each in self.links.values())
        return len(self._wishes.waiting) - dialing * self._rules.streams_per_connection

    def place(self, now: float) -> None:
        """Give the waiting names to open connections: to the one that has a name already, else to the first with
        room."""
        waiting = self._wishes.waiting
        hosts = [each for each in self.links.values() if each.is_open and not self._leaving(each)]
        for link in hosts:
            self._give(link, [name for name in waiting if link.knows(name)], now)
        for link in hosts:
            room = link.room if waiting else 0
            self._give(link, list(waiting)[: max(0, room)], now)

    def _leaving(self, link: Link) -> bool:
        heir = self.heir(link)
        return heir is not None and heir.is_open

    def _give(self, link: Link, taken: list[str], now: float) -> None:
        for name in taken:
            del self._wishes.waiting[name]
        link.audit_due = link.audit_due or self._wishes.any_lost(taken)
        link.want(taken)
        # A wish that came back before its end was sent: the venue has it still.
        self._wishes.acknowledge([name for name in taken if link.carries_now(name)], link.id, now)

    def drop(self, names: Iterable[str], now: float) -> None:
        """*names* are wanted nowhere any longer."""
        for name in names:
            for link in self.links.values():
                link.drop(name, now)

    def opened(self, link: Link) -> None:
        """*link* is connected: where it replaces another, it carries the same names."""
        predecessor = self.predecessor(link)
        if predecessor is not None:
            link.want(predecessor.wanted)
            link.audit_due = True

    def remove(self, link: Link, why: str, now: float) -> None:
        """*link* is gone without having been relieved: its streams are lost, or carried by its heir already, or still
        by the connection that it was to replace."""
        del self.links[link.id]
        predecessor, heir = self.predecessor(link), self.heir(link)
        kept = predecessor.wanted if predecessor is not None else {}
        here = [name for name in link.wanted if name not in kept]
        lost = [n for n in link.wanted if predecessor is None or not predecessor.carries_now(n)]
        self._wishes.lose(filter(link.knows, lost), link.id, why, now)
        if heir is not None:
            heir.replaces = None
        if heir is not None and heir.is_open:
            self._inherit(heir, here, now)
        else:
            self._wishes.waiting.update(dict.fromkeys(here))

    def _inherit(self, heir: Link, names: list[str], now: float) -> None:
        """The older of a pair broke: what the newer has already is back at once, but the stretch between is in
        doubt."""
        self._wishes.acknowledge([n for n in names if n in heir.subscribed], heir.id, now)
        heir.audit_due = True

    def relieve(self, link: Link, heir: Link) -> tuple[str, ...]:
        """*heir* has taken over: *link* goes. Returns the names that moved."""
        del self.links[link.id]
        heir.replaces = None
        heir.delivered.clear()
        return tuple(name for name in link.wanted if name in link.subscribed)
