"""Which accounts' user data a connection listens to. Pure.

web-socket-api.md "User Data Stream subscription" (read 2026-11-24): one subscription an account, at most 1,000 at a
time and 65,535 in the life of a connection. Ids count up from 0.
"""

from dataclasses import dataclass

from binance_mcp_server.exchange.accounts.keys import Key
from binance_mcp_server.exchange.wire.errors import VenueError

MOST_AT_A_TIME = 1_000
MOST_EVER = 65_535


@dataclass(frozen=True, slots=True)
class Subscription:
    id: int
    key: Key
    """Whose account it tells of."""
    by_logon: bool
    """Made by ``userDataStream.subscribe``: it ends with the session's key."""

    @property
    def uid(self) -> int:
        return self.key.account.uid


class Subscriptions:
    """Those of one connection."""

    def __init__(self) -> None:
        self._by_id: dict[int, Subscription] = {}
        self._by_uid: dict[int, Subscription] = {}
        self._made = 0

    def __bool__(self) -> bool:
        return bool(self._by_id)

    def __len__(self) -> int:
        return len(self._by_id)

    def ids(self) -> list[int]:
        """Oldest first."""
        return list(self._by_id)

    def of(self, uid: int) -> Subscription | None:
        """The one to that account."""
        return self._by_uid.get(uid)

    def all(self) -> list[Subscription]:
        return list(self._by_id.values())

    def add(self, key: Key, *, by_logon: bool) -> Subscription:
        """Raises -2035 and -2042."""
        if key.account.uid in self._by_uid:
            raise active()
        if self._made >= MOST_EVER or len(self._by_id) >= MOST_AT_A_TIME:
            raise no_more_ids()
        made = Subscription(self._made, key, by_logon)
        self._made += 1
        self._by_id[made.id] = self._by_uid[made.uid] = made
        return made

    def end(self, id_: int) -> Subscription:
        """Raises -2036."""
        ended = self._by_id.pop(id_, None)
        if ended is None:
            raise inactive()
        del self._by_uid[ended.uid]
        return ended

    def end_all(self) -> list[Subscription]:
        """What ended, oldest first. Raises -2036 when there was nothing."""
        if not self._by_id:
            raise inactive()
        return [self.end(it.id) for it in self.all()]

    def end_by_logon(self) -> list[Subscription]:
        """Those that the session's key made."""
        return [self.end(it.id) for it in self.all() if it.by_logon]

    def end_by_key(self, key: Key) -> list[Subscription]:
        """Those that *key* made."""
        return [self.end(it.id) for it in self.all() if it.key is key]


def active() -> VenueError:
    return VenueError(-2035, "User Data Stream subscription already active.")


def inactive() -> VenueError:
    return VenueError(-2036, "User Data Stream subscription not active.")


def no_more_ids() -> VenueError:
    """Said of both limits: the documents have no error of its own for too many at a time."""
    return VenueError(-2042, "Maximum subscription ID reached for this connection.")
