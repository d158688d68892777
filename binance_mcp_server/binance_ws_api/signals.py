"""What the protocol core asks of its driver (actions) and tells it (events). Pure.

A connection is named by an integer that is never used again. Times are the seconds that the driver gave, which is to
say its monotonic clock. Names are those of streams on the wire (``btcusdt@trade``).
"""

from dataclasses import dataclass

Names = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Dial:
    """Open a connection; answer with ``connected`` or ``failed``."""

    conn: int


@dataclass(frozen=True, slots=True)
class Send:
    """Send a text frame."""

    conn: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Ping:
    """Send a ping frame; its echo is reported by ``pong``."""

    conn: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Pong:
    """Send a pong frame: the answer to the venue's latest ping."""

    conn: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Close:
    """Give the connection, or the attempt to connect, up at once, without waiting for the peer: it may be dead.
    The core has forgotten it already."""

    conn: int
    code: int
    why: str


@dataclass(frozen=True, slots=True)
class Retire:
    """Close the connection politely: its work is done. The core has forgotten it; frames that still come are good."""

    conn: int


Action = Dial | Send | Ping | Pong | Close | Retire


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The venue took these subscriptions for the first time. That is not data yet: it takes unknown names as well."""

    names: Names
    conn: int
    at: float


@dataclass(frozen=True, slots=True)
class Refused:
    """The venue refused these names; they are wanted no longer."""

    names: Names
    code: int
    message: str


@dataclass(frozen=True, slots=True)
class Lost:
    """These streams were acknowledged, or may have delivered without that, and have no connection now. They are
    subscribed again without being asked for."""

    names: Names
    conn: int
    why: str
    at: float


@dataclass(frozen=True, slots=True)
class Restored:
    """Subscribed again after ``Lost`` or ``Unlisted``: the stretch between wants repair."""

    names: Names
    conn: int
    at: float


@dataclass(frozen=True, slots=True)
class Moved:
    """A new connection has taken over without a break; the old one is being closed."""

    names: Names
    old: int
    new: int


@dataclass(frozen=True, slots=True)
class Unlisted:
    """The venue did not list these although it had them. They are subscribed again; ``Restored`` follows."""

    names: Names
    conn: int
    at: float


@dataclass(frozen=True, slots=True)
class Exhausted:
    """The venue refuses us for good (403, 451): no further attempt until somebody wants a stream anew, later."""

    why: str


Event = Acknowledged | Refused | Lost | Restored | Moved | Unlisted | Exhausted


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an attempt to connect failed."""

    why: str
    final: bool = False
    """Trying again would be wrong: 403, 451."""
    wait: float = 0.0
    """Seconds that the venue told us to wait: 429 and 418 with ``Retry-After``."""
