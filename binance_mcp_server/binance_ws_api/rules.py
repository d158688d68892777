"""What the venue allows on its streams and how patient we are with it: one frozen record a product. Pure.

Sources: web-socket-streams.md "General WSS information" and "WebSocket Limits" of Binance's spot documents
(2026-07-21); "Websocket Market Streams" of the USDⓈ-M and COIN-M documents; read 2026-11-22.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Rules:
    """Limits of one endpoint and the waits that we choose, in seconds unless a name says otherwise. The defaults are
    spot's."""

    messages_per_second: int = 4
    """Control messages and pings of ours on one connection. The venue disconnects above 5 a second on spot and 10 on
    futures, pongs included."""
    pongs_per_second: int = 1
    """Kept apart from the above, so that neither can starve the other: spot pings every 20 s, futures every 3 min."""
    streams_per_connection: int = 1024
    batch: int = 200
    """Names in one frame; a frame of this many stays below 8 kB."""
    dials: int = 300
    """Attempts to connect in any ``dial_window``."""
    dial_window: float = 300.0
    dial_spacing: float = 1.0
    """Between two attempts, whatever their reasons."""
    dial_timeout: float = 30.0
    """After which an attempt that nobody reports on has failed."""
    ack_timeout: float = 5.0
    """After which an unanswered request is asked about; another such wait later the connection is given up."""
    pong_timeout: float = 5.0
    idle_ping: float = 30.0
    """We ping after so long without any frame: on spot the venue's own ping alone would have come sooner."""
    lifetime: float = 23.5 * 3600
    """The venue ends a connection after 24 hours; we replace it sooner, earlier by up to ``lifetime_jitter``."""
    lifetime_jitter: float = 1800.0
    overlap: float = 10.0
    """How long the old connection is kept, at the most, after the new one has been acknowledged."""
    linger: float = 1.0
    """How long it is kept, at the least, after every stream has delivered on the new one: its last frames may be
    late."""
    idle: float = 30.0
    """How long a connection without streams is kept."""
    first_backoff: float = 0.5
    longest_backoff: float = 30.0
    settled: float = 10.0
    """A connection that lasted so long clears the count of failures."""
    barred: float = 60.0
    """After a refusal for good (403, 451): how old it must be before a new wish may try once more."""


SPOT: Final = Rules()
FUTURES: Final = Rules(messages_per_second=8, idle_ping=60.0)
