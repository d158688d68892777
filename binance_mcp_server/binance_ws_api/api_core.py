"""The core of the WebSocket API, sans I/O: when to dial, renew, ping, close, and whose answer a frame is. Pure.

A driver owns the sockets, as with :mod:`.protocol`, whose actions are used here too: it reports what happens, calls
``tick`` at ``next_wakeup``, carries out ``actions`` after each call, and hears ``events``.

There is one connection at a time, and two while one takes over from another: the venue ends each after 24 hours, and
says before it shuts down (web-socket-api.md "General API Information", "Server Shutdown" of the spot documents,
2026-07-21, read 2026-11-24). New requests go to the newest; the older one stays until its answers are in and whoever
listened there listens here. A request is sent once: when its connection ends, or its time is over, nobody knows what
became of it.
"""

import itertools
from collections.abc import Callable
from random import Random
from typing import Final

from binance_mcp_server.binance_ws_api import signals
from binance_mcp_server.binance_ws_api.api_line import (
    NEVER,
    Answered,
    Ended,
    Event,
    Heard,
    Line,
    Opened,
    Unanswered,
    Undialled,
)
from binance_mcp_server.binance_ws_api.api_messages import Answer, Farewell, Told, parse
from binance_mcp_server.binance_ws_api.dialling import Dialler
from binance_mcp_server.binance_ws_api.pacing import Dials
from binance_mcp_server.binance_ws_api.rules import Rules
from binance_mcp_server.binance_ws_api.signals import Action, Close, Dial, Failure, Ping, Pong

GOING_AWAY: Final = 1001
"""RFC 6455 section 7.4.1."""
IDLE: Final = 300.0
"""Seconds for which a connection is kept that nobody uses or holds."""


class ApiCore:
    """Reports about a connection that it has given up are ignored."""

    def __init__(
        self, rules: Rules, random: Random, now: float, *, dials: Dials | None = None
    ) -> None:
        self._rules = rules
        self._random = random
        self._dialler = Dialler(rules, random, dials)
        self._lines: dict[int, Line] = {}
        self._conns = itertools.count(1)
        self._numbers = itertools.count(1)
        self._actions: list[Action] = []
        self._events: list[Event] = []
        self._held = 0
        self._waiting = 0
        self._used_at = -NEVER
        self._now = now
        self.strays = 0
        """Frames that were neither an event nor an answer to anything asked."""
        self.renewals = 0
        self.losses = 0

    # -- what is wanted

    def hold(self, now: float) -> None:
        """Keep a connection, used or not."""
        self._dialler.wished(now)
        self._held += 1
        self._pump(now)

    def release(self, now: float) -> None:
        self._held -= 1
        self._used_at = now
        self._pump(now)

    def wait(self, now: float) -> None:
        """Somebody waits for a connection."""
        self._dialler.wished(now)
        self._waiting += 1
        self._pump(now)

    def waited(self, now: float) -> None:
        """Somebody waits no longer."""
        self._waiting -= 1
        self._used_at = now
        self._pump(now)

    @property
    def conn(self) -> int | None:
        """The connection that new requests go to."""
        opened = [line for line in self._lines.values() if line.is_open]
        return opened[-1].id if opened else None

    def is_open(self, conn: int) -> bool:
        """Whether requests can be sent on *conn*."""
        line = self._lines.get(conn)
        return line is not None and line.is_open

    @property
    def barred(self) -> str:
        """Why the venue lets us not in, where it refuses for good."""
        return self._dialler.last_failure if self._dialler.is_barred else ""

    def ask(
        self, conn: int, encode: Callable[[int], bytes], patience: float, now: float
    ) -> int | None:
        """Send the request that *encode* makes of a number, and wait *patience* seconds for its answer.

        Gives the number; ``None`` where *conn* is over, and nothing was sent.
        """
        line = self._lines.get(conn)
        if line is None or not line.is_open:
            return None
        number = next(self._numbers)
        self._actions.append(signals.Send(conn, encode(number)))
        line.deadlines[number] = now + patience
        self._used_at = now
        self._pump(now)
        return number

    def settled(self, conn: int, now: float) -> None:
        """Whoever listened on the connection that *conn* replaces, listens on *conn* now."""
        line = self._lines.get(conn)
        if line is not None and line.replaces is not None:
            line.finish_at = min(line.finish_at, now + self._rules.linger)
            self._pump(now)

    # -- what happened

    def connected(self, conn: int, now: float) -> None:
        """The attempt *conn* succeeded."""
        line = self._lines.get(conn)
        if line is None:
            self._actions.append(Close(conn, GOING_AWAY, "not needed any longer"))
            return
        line.opened_at = line.heard_at = now
        early = self._random.uniform(0.0, self._rules.lifetime_jitter)
        line.renew_at = now + max(0.0, self._rules.lifetime - early)
        if line.replaces is not None:
            line.finish_at = now + self._rules.overlap
        self._used_at = max(self._used_at, now)
        self._events.append(Opened(conn))
        self._pump(now)

    def failed(self, conn: int, failure: Failure, now: float) -> None:
        """The attempt *conn* failed."""
        line = self._lines.get(conn)
        if line is not None and not line.is_open:
            self._fail(line, failure, now)
            self._pump(now)

    def closed(self, conn: int, why: str, now: float) -> None:
        """The connection *conn* ended, not by our wish."""
        line = self._lines.get(conn)
        if line is not None and not line.is_open:
            self.failed(conn, Failure(why), now)
        elif line is not None:
            self._lose(line, why, now)
            self._pump(now)

    def received(self, conn: int, frames: list[bytes], now: float) -> None:
        """Text frames came in on *conn*."""
        line = self._lines.get(conn)
        if line is None:
            return
        line.heard_at = now
        for frame in frames:
            self._take(line, frame, now)
        self._pump(now)

    def pinged(self, conn: int, payload: bytes, now: float) -> None:
        """The venue pinged: it wants its own payload back at once."""
        if line := self._lines.get(conn):
            line.heard_at = now
            self._actions.append(Pong(conn, payload))
            self._pump(now)

    def ponged(self, conn: int, now: float) -> None:
        """The echo of our ping came."""
        if line := self._lines.get(conn):
            line.heard_at = now
            line.ping_ends_at = NEVER
            self._pump(now)

    def suspect(self, conn: int, now: float) -> None:
        """*conn* may be dead: ask for a sign of life, and give it up where none comes."""
        if line := self._lines.get(conn):
            line.is_suspect = True
            self._pump(now)

    def tick(self, now: float) -> None:
        """Do what is due by *now*."""
        self._pump(now)

    # -- what the driver takes

    def actions(self) -> list[Action]:
        """What to do, in this order. Each is given once."""
        taken, self._actions = self._actions, []
        return taken

    def events(self) -> list[Event]:
        """What to tell, in this order. Each is given once."""
        taken, self._events = self._events, []
        return taken

    def next_wakeup(self) -> float | None:
        """When ``tick`` is due, if nothing else happens; ``None``: not at all."""
        times = [line.due(self._rules, self._now) for line in self._lines.values()]
        if self._needed(self._now) and (self._outgoing() is not None or not self._lines):
            times.append(self._dialler.ready_at())
        if self._lines and not (self._held or self._waiting) and self._used_at + IDLE > self._now:
            times.append(self._used_at + IDLE)
        soonest = min(times, default=NEVER)
        return None if soonest == NEVER else soonest

    # -- how it works

    def _take(self, line: Line, frame: bytes, now: float) -> None:
        said = parse(frame)
        match said:
            case Answer(number=int(number)) if number in line.deadlines:
                del line.deadlines[number]
                self._events.append(Answered(number, said))
            case Told():
                self._events.append(Heard(line.id, said))
            case Farewell():
                line.renew_at = min(line.renew_at, now)
            case _:
                self.strays += 1

    def _needed(self, now: float) -> bool:
        return bool(self._held or self._waiting) or now < self._used_at + IDLE

    def _heir(self, line: Line) -> Line | None:
        return next((each for each in self._lines.values() if each.replaces == line.id), None)

    def _outgoing(self) -> Line | None:
        """The connection that is due to be replaced and has no heir."""
        lines = self._lines.values()
        due = (line for line in lines if line.is_open and line.renew_at <= self._now)
        return next((line for line in due if self._heir(line) is None), None)

    def _pump(self, now: float) -> None:
        self._now = now
        for line in tuple(self._lines.values()):
            self._watch(line, now)
        for line in tuple(self._lines.values()):
            self._finish(line, now)
        self._dial(now)

    def _watch(self, line: Line, now: float) -> None:
        if not line.is_open:
            if line.dialled_at + self._rules.dial_timeout <= now:
                self._actions.append(Close(line.id, GOING_AWAY, "no connection in time"))
                self._fail(line, Failure("no connection in time"), now)
            return
        for number in line.overdue(now):
            line.is_suspect = True
            self._events.append(Unanswered(number, "no answer in time"))
        if line.ping_ends_at <= now:
            why = f"no answer to a ping within {self._rules.pong_timeout:g} s"
            self._actions.append(Close(line.id, GOING_AWAY, why))
            self._lose(line, why, now)
        elif line.ping_ends_at == NEVER and self._may_be_dead(line, now):
            line.is_suspect = False
            line.ping_ends_at = now + self._rules.pong_timeout
            self._actions.append(Ping(line.id, str(next(self._numbers)).encode()))

    def _may_be_dead(self, line: Line, now: float) -> bool:
        return line.is_suspect or line.heard_at + self._rules.idle_ping <= now

    def _finish(self, line: Line, now: float) -> None:
        """The older of a pair goes when it has nothing left to do; one that nobody needs goes as well."""
        old = self._lines.get(line.replaces) if line.replaces is not None else None
        if old is not None and line.is_open and line.finish_at <= now:
            overlapped = now >= line.opened_at + self._rules.overlap
            if not old.deadlines or overlapped:
                self._retire(old, "its connection was replaced")
                line.replaces, line.finish_at = None, NEVER
                self.renewals += 1
            else:
                line.finish_at = line.opened_at + self._rules.overlap
        elif line.is_open and not line.deadlines and not self._needed(now):
            self._retire(line, "")

    def _retire(self, line: Line, why: str) -> None:
        del self._lines[line.id]
        self._events += [Unanswered(number, why) for number in line.deadlines]
        self._events.append(Ended(line.id, ""))
        self._actions.append(signals.Retire(line.id))

    def _fail(self, line: Line, failure: Failure, now: float) -> None:
        del self._lines[line.id]
        self._dialler.failed(failure, now)
        self._events.append(Undialled(failure))

    def _lose(self, line: Line, why: str, now: float) -> None:
        del self._lines[line.id]
        heir = self._heir(line)
        if heir is not None:
            heir.replaces, heir.finish_at = None, NEVER
        self.losses += 1
        self._dialler.lost(now - line.opened_at, why, now)
        self._events += [Unanswered(number, why) for number in line.deadlines]
        self._events.append(Ended(line.id, why))

    def _dial(self, now: float) -> None:
        if self._dialler.ready_at() > now:
            return
        old = self._outgoing()
        if not self._needed(now) or (old is None and self._lines):
            return
        line = Line(next(self._conns), now, old.id if old is not None else None)
        self._lines[line.id] = line
        self._dialler.dialed(now)
        self._actions.append(Dial(line.id))
