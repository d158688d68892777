"""The state of the protocol core as plain facts, readable when printed. Pure."""

from dataclasses import dataclass

from binance_mcp_server.binance_ws_api.dialling import Dialler
from binance_mcp_server.binance_ws_api.fleet import Fleet
from binance_mcp_server.binance_ws_api.link import NEVER, Link
from binance_mcp_server.binance_ws_api.wishes import Wishes


@dataclass(slots=True)
class Counts:
    """Since the core was made."""

    losses: int = 0
    """Connections that ended without our wish."""
    renewals: int = 0
    """Connections that were replaced without a break."""
    failures: int = 0
    """Attempts to connect that failed."""
    refusals: int = 0
    """Requests that the venue answered with an error."""
    strays: int = 0
    """Frames that were neither data nor an answer to anything asked."""
    sent: int = 0
    """Messages on connections that are gone."""


@dataclass(frozen=True, slots=True)
class ConnectionState:
    """One connection. Ages and waits in seconds."""

    conn: int
    state: str
    """dialing, open, or taking over."""
    age: float
    streams: int
    """Acknowledged by the venue."""
    wanted: int
    sent: int
    renews_in: float | None
    round_trip: float | None
    """Of our latest ping."""

    def __str__(self) -> str:
        return (
            f"#{self.conn} {self.state}, {self.age:.0f} s, {self.streams} of {self.wanted} streams"
        )


@dataclass(frozen=True, slots=True)
class State:
    """One endpoint."""

    connections: tuple[ConnectionState, ...]
    wanted: int
    waiting: int
    """Streams without a connection."""
    dials: int
    """Attempts to connect in the venue's window of five minutes."""
    reconnects: int
    """Connections lost."""
    renewals: int
    failures: int
    refusals: int
    strays: int
    sent: int
    """Messages: control, pings and pongs."""
    next_renewal: float | None
    """Seconds from now."""
    exhausted: bool
    """The venue refuses us for good; nothing is tried until somebody wants a stream anew."""
    last_failure: str

    def __str__(self) -> str:
        links = "; ".join(map(str, self.connections)) or "no connection"
        ended = f"; refused for good: {self.last_failure}" if self.exhausted else ""
        return f"{self.wanted} streams ({self.waiting} waiting), {links}; {self.dials} dials{ended}"


def state_of(fleet: Fleet, wishes: Wishes, dialler: Dialler, counts: Counts, now: float) -> State:
    """The facts as of *now*."""
    links = tuple(_connection(link, now) for link in fleet)
    renewals = [each.renews_in for each in links if each.renews_in is not None]
    return State(
        connections=links,
        wanted=len(wishes.wanted),
        waiting=len(wishes.waiting),
        dials=dialler.recent(now),
        reconnects=counts.losses,
        renewals=counts.renewals,
        failures=counts.failures,
        refusals=counts.refusals,
        strays=counts.strays,
        sent=counts.sent + sum(each.sent for each in links),
        next_renewal=min(renewals, default=None),
        exhausted=dialler.is_barred,
        last_failure=dialler.last_failure,
    )


def _connection(link: Link, now: float) -> ConnectionState:
    taking = link.replaces is not None
    since = link.opened_at if link.is_open else link.dialed_at
    return ConnectionState(
        conn=link.id,
        state="taking over" if taking and link.is_open else "open" if link.is_open else "dialing",
        age=now - since,
        streams=len(link.subscribed),
        wanted=len(link.wanted),
        sent=link.sent,
        renews_in=None if link.renew_at == NEVER else max(0.0, link.renew_at - now),
        round_trip=None if link.round_trip == NEVER else link.round_trip,
    )
