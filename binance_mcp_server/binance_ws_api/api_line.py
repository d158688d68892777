"""What the core of the WebSocket API tells its driver, and what it knows of one connection. Pure.

Connections are named by integers that are never used again, requests too. Times are the driver's monotonic seconds.
"""

import math
from dataclasses import dataclass, field
from typing import Final

from binance_mcp_server.binance_ws_api.api_messages import Answer, Told
from binance_mcp_server.binance_ws_api.rules import Rules
from binance_mcp_server.binance_ws_api.signals import Failure

NEVER: Final = math.inf


@dataclass(frozen=True, slots=True)
class Opened:
    """Requests can be sent on *conn*."""

    conn: int


@dataclass(frozen=True, slots=True)
class Ended:
    """*conn* is over."""

    conn: int
    why: str
    """Empty where it was our wish: another has taken over, or nobody needs one."""


@dataclass(frozen=True, slots=True)
class Undialled:
    """An attempt to connect failed."""

    failure: Failure


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer to request *number*."""

    number: int
    answer: Answer


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Request *number* was sent, and no answer will come."""

    number: int
    why: str


@dataclass(frozen=True, slots=True)
class Heard:
    """An event of user data came on *conn*."""

    conn: int
    told: Told


Event = Opened | Ended | Undialled | Answered | Unanswered | Heard


@dataclass(slots=True)
class Line:
    """One connection."""

    id: int
    dialled_at: float
    replaces: int | None
    opened_at: float = NEVER
    heard_at: float = NEVER
    renew_at: float = NEVER
    finish_at: float = NEVER
    """When the connection that this one replaces goes at the latest."""
    is_suspect: bool = False
    ping_ends_at: float = NEVER
    """Until when our ping must be answered."""
    deadlines: dict[int, float] = field(default_factory=dict)
    """Of the requests on their way, by number."""

    @property
    def is_open(self) -> bool:
        return self.opened_at != NEVER

    def due(self, rules: Rules, now: float) -> float:
        """When something here is due, if nothing else happens."""
        if not self.is_open:
            return self.dialled_at + rules.dial_timeout
        times = [self.ping_ends_at, self.finish_at, *self.deadlines.values()]
        if self.ping_ends_at == NEVER:
            times.append(self.heard_at + rules.idle_ping)
        if self.renew_at > now:
            times.append(self.renew_at)
        return min(times)

    def overdue(self, now: float) -> list[int]:
        """Requests whose time is over; they are on their way no longer."""
        late = [number for number, deadline in self.deadlines.items() if deadline <= now]
        for number in late:
            del self.deadlines[number]
        return late
