"""The venue's rules for stream connections, counted by the machine's clock. Pure.

Spot: web-socket-streams.md "General WSS information" and "WebSocket Limits" (read 2026-11-22). USDⓈ-M and COIN-M: page
"WebSocket Market Streams" (read 2026-11-22): ping every 3 minutes, pong within 10, ten messages a second. How the venue
counts is not written down: any second and any five minutes here, the strictest reading.
"""

import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

DIAL_WINDOW_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class StreamRules:
    """What is asked of one connection."""

    ping_seconds: float = 20.0
    """Between two pings of the server."""
    pong_seconds: float = 60.0
    """Without an answer to a ping for so long, the connection is closed."""
    messages_per_second: int = 5
    """Of the client: pings, pongs and control messages together."""
    streams: int = 1024
    """A connection with more is closed."""
    day_seconds: float = 86_400.0
    """After that a connection is closed, whatever it does."""
    notice_seconds: float = 10.0
    """How long before it ``serverShutdown`` is told; the venue gives no figure."""


FUTURES = StreamRules(ping_seconds=180.0, pong_seconds=600.0, messages_per_second=10)
DIALS = 300
"""Connections in five minutes and address. (The port is bound to one loopback address: all are of one.)"""


class Window:
    """Events of the last *seconds*."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._times: deque[float] = deque()

    def add(self, now: float, most: int) -> bool:
        """Count an event; ``False``, and it is not counted, when there were *most* already."""
        self._forget(now)
        if len(self._times) >= most:
            return False
        self._times.append(now)
        return True

    def wait(self, now: float) -> float:
        """Seconds until the oldest is forgotten; 0 when there is none."""
        self._forget(now)
        return self._times[0] + self._seconds - now if self._times else 0.0

    def _forget(self, now: float) -> None:
        while self._times and self._times[0] <= now - self._seconds:
            self._times.popleft()


class Step(Enum):
    """What is due on a connection."""

    PING = "ping"
    NOTICE = "notice"
    OLD = "old"
    NO_PONG = "no pong"


class Life:
    """One connection's pings and age. Times are monotonic seconds."""

    def __init__(self, now: float) -> None:
        self._opened = now
        self._last_ping = now
        self._waiting: dict[bytes, float] = {}  # unanswered pings, oldest first
        self._noticed = False
        self._ends_at = math.inf

    def end_at(self, when: float) -> None:
        """The venue shuts down then: that is announced at once."""
        self._ends_at = when
        self._noticed = False

    def pinged(self, payload: bytes, now: float) -> None:
        """A ping was sent."""
        self._waiting[payload] = self._last_ping = now

    def pong(self, payload: bytes) -> bool:
        """A pong came: whether it copies a ping. It answers that ping and those before it (RFC 6455 5.5.3 lets a client
        answer the newest alone); any other is allowed and changes nothing."""
        if payload not in self._waiting:
            return False
        for sent in list(self._waiting):
            del self._waiting[sent]
            if sent == payload:
                break
        return True

    def steps(self, now: float, rules: StreamRules) -> Iterator[Step]:
        """What is due now; after ``OLD`` or ``NO_PONG`` nothing else is."""
        if now >= self._end(rules):
            yield Step.OLD
            return
        oldest = next(iter(self._waiting.values()), None)
        if oldest is not None and now >= oldest + rules.pong_seconds:
            yield Step.NO_PONG
            return
        if not self._noticed and now >= self._notice_at(rules):
            self._noticed = True
            yield Step.NOTICE
        if now >= self._last_ping + rules.ping_seconds:
            yield Step.PING

    def next_at(self, rules: StreamRules) -> float:
        """When something will be due."""
        times = [self._end(rules), self._last_ping + rules.ping_seconds]
        times += [sent + rules.pong_seconds for sent in self._waiting.values()][:1]
        times += [] if self._noticed else [self._notice_at(rules)]
        return min(times)

    def _notice_at(self, rules: StreamRules) -> float:
        announced = self._ends_at < math.inf
        return -math.inf if announced else self._end(rules) - rules.notice_seconds

    def _end(self, rules: StreamRules) -> float:
        return min(self._opened + rules.day_seconds, self._ends_at)
