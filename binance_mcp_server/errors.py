"""Everything that can go wrong, as one small tree. A leaf module: it imports nothing of ours.

::

    BinanceMcpError
    ├── InputError              an argument is wrong; nothing was sent
    │   ├── UnknownSymbolError  … and these exist instead
    │   ├── CursorError         a cursor that this server did not issue for this call
    │   ├── TokenError          an order token that is not good for this order, here and now
    │   └── NotBuiltError       a product that this release does not serve yet
    ├── SettingsError           the owner's configuration is wrong; the server does not start
    ├── ForbiddenError          the owner's limits, or the kill switch, forbid the order; nothing was sent
    │   └── PersonNeededError   a person has to agree to it first
    ├── JournalError            the journal of orders cannot be written or does not verify; nothing was sent
    ├── LimitError              sending now would pass the venue's limit; nothing was sent
    │   └── BannedError         the venue banned this address (418); nothing is sent until it ends
    ├── TransportError          no usable answer: connection, time-out, cut or unreadable body
    ├── FateUnknownError        a request that changes something left, and nobody knows what became of it
    └── VenueError              the venue answered with an error
        ├── RejectedError       4xx with the venue's code: the request itself is at fault
        ├── ThrottledError      429: too many requests
        ├── FirewallError       403: the venue's web firewall
        ├── RegionError         451: refused for where the request came from
        └── UnavailableError    5xx: the venue's fault; for a write the outcome is unknown

Every error carries its evidence, says whether the same call can succeed later (``retryable``), when
(``retry_after``, seconds) and what to do instead (``advice``).
"""

from collections.abc import Sequence


class BinanceMcpError(Exception):
    """Base of all errors that this project raises on purpose."""

    retryable = False

    def __init__(self, message: str, *, advice: str = "", retry_after: float | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice
        self.retry_after = retry_after
        """Seconds until the same call may succeed; ``None`` when waiting does not help or is not known."""


class InputError(BinanceMcpError):
    """An argument is wrong. Nothing was sent."""


class UnknownSymbolError(InputError):
    """No such symbol on this venue."""

    def __init__(self, symbol: str, nearest: Sequence[str] = (), *, venue: str = "") -> None:
        where = f" on {venue}" if venue else ""
        advice = f"Did you mean {', '.join(nearest)}?" if nearest else ""
        super().__init__(
            f"Unknown symbol {symbol!r}{where}.",
            advice=f"{advice} search_symbols(query) finds symbols.".strip(),
        )
        self.symbol = symbol
        self.nearest = tuple(nearest)


class CursorError(InputError):
    """A cursor that this server did not issue for this call."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"Bad cursor: {reason}.",
            advice="Pass the `next` value of the previous reply unchanged, with the same arguments;"
            " or leave cursor out to start over.",
        )


class TokenError(InputError):
    """An order token that is not good: changed, expired, spent, or of another principal, venue or order."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"The token is not good: {reason}.",
            advice="Preview the order again, and pass the new token unchanged within 60 seconds.",
        )


class NotBuiltError(InputError):
    """A product or feature that this release does not serve yet."""


class SettingsError(BinanceMcpError):
    """The owner's configuration is wrong."""


class ForbiddenError(BinanceMcpError):
    """What the owner decided forbids the order. Nothing was sent."""

    def __init__(self, reasons: Sequence[object], *, advice: str = "") -> None:
        super().__init__(" ".join(map(str, reasons)), advice=advice)
        self.reasons = tuple(reasons)
        """Every rule that it breaks; each says itself in words."""


class PersonNeededError(ForbiddenError):
    """A person has to agree to the order first, and none has. Nothing was sent."""


class JournalError(BinanceMcpError):
    """The journal of orders cannot be written, or somebody changed it. Nothing was sent."""


class LimitError(BinanceMcpError):
    """Sending now would pass the venue's limit, so nothing was sent."""

    retryable = True


class BannedError(LimitError):
    """The venue banned this address (HTTP 418). Nothing is sent until the ban ends."""


class TransportError(BinanceMcpError):
    """No usable answer came back."""

    retryable = True
    sent = True
    """Whether the request may have reached the venue."""


class FateUnknownError(BinanceMcpError):
    """A request that changes something left, and no answer says whether it was carried out.

    The same request must not be sent again: it may be carried out twice. What it was about has to be looked up.
    """

    code: int | None = None
    """The venue's code, where it said one (−1007 and its like)."""


class VenueError(BinanceMcpError):
    """The venue answered with an error, in its own code and words."""

    def __init__(
        self,
        message: str,
        *,
        status: int,
        code: int | None = None,
        advice: str = "",
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, advice=advice, retry_after=retry_after)
        self.status = status
        """HTTP status."""
        self.code = code
        """Binance's error code (negative), when the body had one."""
        self.data = b""
        """More that the venue said of it, JSON: of a cancel-replace that failed, what became of either half."""


class RejectedError(VenueError):
    """4xx with the venue's own code: the request itself is at fault."""


class ThrottledError(VenueError):
    """HTTP 429: more requests than the venue allows."""

    retryable = True


class FirewallError(VenueError):
    """HTTP 403: the venue's web firewall stopped the request."""


class RegionError(VenueError):
    """HTTP 451: the venue refuses requests from where this one came from."""


class UnavailableError(VenueError):
    """5xx: the venue's own fault. A read may be tried again; a write's outcome is unknown."""

    retryable = True
