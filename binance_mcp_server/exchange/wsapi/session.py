"""One connection's state: whose key it is authenticated by, and which accounts it listens to. Pure.

web-socket-api.md "Session Authentication" (read 2026-11-24): Ed25519 keys only.
"""

from binance_mcp_server.exchange.accounts.keys import Key
from binance_mcp_server.exchange.accounts.signatures import KeyType
from binance_mcp_server.exchange.wire.errors import VenueError
from binance_mcp_server.exchange.wire.shapes import Body
from binance_mcp_server.exchange.wsapi.openings import Opening
from binance_mcp_server.exchange.wsapi.subscriptions import Subscription, Subscriptions


class RevokedError(Exception):
    """The key by which the session was authenticated is none any more."""


class Session:
    """Times are ms since the epoch, as the venue says them."""

    def __init__(self, opening: Opening, now: int) -> None:
        self.opening = opening
        self.connected = now
        self.key: Key | None = None
        self.authorized: int | None = None
        self.subscriptions = Subscriptions()
        self.ended: list[Subscription] = []
        """Subscriptions that are over and were not told so yet."""

    def log_on(self, key: Key, now: int) -> None:
        """From now on requests without a key are *key*'s. Raises -1193 unless it is an Ed25519 key."""
        if key.type is not KeyType.ED25519:
            raise wrong_key_type()
        if self.key is not None and self.key.account is not key.account:
            self._end_by_logon()
        self.key, self.authorized = key, now

    def log_out(self) -> None:
        """Forget the key; what was subscribed by it ends."""
        self.key = self.authorized = None
        self._end_by_logon()

    def living_key(self) -> Key | None:
        """The key of requests that name none. Raises :class:`RevokedError`, once, when it was revoked."""
        key = self.key
        if key is not None and key.is_revoked:
            self.log_out()
            raise RevokedError
        return key

    def subscribe(self, key: Key, *, by_logon: bool) -> Body:
        made = self.subscriptions.add(key, by_logon=by_logon)
        return {"subscriptionId": made.id}

    def unsubscribe(self, id_: int | None) -> Body:
        """End one subscription or (``None``) all. Raises -2036 when there is none."""
        self.ended += self.subscriptions.end_all() if id_ is None else [self.subscriptions.end(id_)]
        return {}

    def revoke(self, key: Key) -> None:
        """*key* is none any more. The session learns it with its next request."""
        self.ended += self.subscriptions.end_by_key(key)

    def take_ended(self) -> list[Subscription]:
        """What has ended since the last time."""
        ended, self.ended = self.ended, []
        return ended

    def status(self, now: int) -> Body:
        """What ``session.logon``, ``.status`` and ``.logout`` answer."""
        scale = self.opening.scale
        return {
            "apiKey": None if self.key is None else self.key.api_key,
            "authorizedSince": None if self.authorized is None else self.authorized * scale,
            "connectedSince": self.connected * scale,
            "returnRateLimits": self.opening.return_limits,
            "serverTime": now * scale,
            "userDataStream": bool(self.subscriptions),
        }

    def _end_by_logon(self) -> None:
        self.ended += self.subscriptions.end_by_logon()


def wrong_key_type() -> VenueError:
    """The code is that of public reports; the documents say only that such keys are not supported."""
    return VenueError(-1193, "Only Ed25519 keys are supported for session authentication.")


def unauthorized() -> VenueError:
    return VenueError(-1002, "You are not authorized to execute this request.", status=401)
