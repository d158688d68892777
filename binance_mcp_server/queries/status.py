"""How the venue is doing, as seen from here. A venue that fails is a finding, not an error."""

from dataclasses import dataclass
from typing import Protocol

from binance_mcp_server.access.limits import Ledger, Snapshot
from binance_mcp_server.binance_api.client import BinanceApi
from binance_mcp_server.clock import Clock
from binance_mcp_server.errors import BinanceMcpError
from binance_mcp_server.queries.answer import Origin


class Link(Protocol):
    """The way to a venue, which may have to be opened first."""

    @property
    def ledger(self) -> Ledger | None: ...

    async def open(self) -> BinanceApi: ...
    def venue_now_ms(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Status:
    """What was found. Times are ms."""

    as_of_ms: int
    """The venue's present, as far as it is known."""
    limits: Snapshot | None
    """What is used of the venue's limits; ``None`` before a connection was ever tried."""
    offset_ms: int | None = None
    """The venue's clock minus this machine's."""
    ping_ms: float | None = None
    """There and back on a connection that stands."""
    source: Origin = "rest"
    failure: BinanceMcpError | None = None
    """Why the venue cannot be reached; ``None`` when it can."""


async def look(link: Link, clock: Clock) -> Status:
    """Ask the venue for its time and for a ping."""
    try:
        api = await link.open()
        offset_ms = await api.sync_time()
        began = clock.monotonic()
        reply = await api.send(api.product.requests.ping())
        ping_ms = round((clock.monotonic() - began) * 1000, 1)
    except BinanceMcpError as error:
        return Status(link.venue_now_ms(), _used(link), failure=error)
    return Status(link.venue_now_ms(), _used(link), offset_ms, ping_ms, reply.source)


def _used(link: Link) -> Snapshot | None:
    return None if link.ledger is None else link.ledger.snapshot()
