"""One connection as the core sees it: what it shall carry, what the venue has acknowledged, what is on its way.
Pure."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from binance_mcp_server.binance_ws_api import control
from binance_mcp_server.binance_ws_api.pacing import UNPROVEN, Pace
from binance_mcp_server.binance_ws_api.rules import Rules
from binance_mcp_server.binance_ws_api.signals import Names

NEVER: Final = math.inf
PING: Final = "PING"


@dataclass(frozen=True, slots=True)
class Request:
    """Something sent that the venue answers."""

    number: int
    method: control.Method | Literal["PING"]
    names: Names
    sent: float
    deadline: float

    @property
    def payload(self) -> bytes:
        """The frame's payload."""
        if self.method == PING:
            return str(self.number).encode()
        return control.encode(self.method, self.names, self.number)


class Link:
    """Knows what to send next, and when; the protocol decides what the connection is for.

    A name is subscribed and unsubscribed by the difference of two sets, and is left alone while a request about it is
    on its way. What a request that nobody answered has done is in doubt until a list of subscriptions tells.
    """

    def __init__(self, number: int, rules: Rules, now: float, *, replaces: int | None) -> None:
        self.id = number
        self.replaces = replaces
        """The older connection whose streams this one takes over."""
        self.dialed_at = now
        self.opened_at = NEVER
        self.renew_at = NEVER
        self.finish_at = NEVER
        """When the connection that this one replaces may go."""
        self.idle_since = now
        self.heard_at = now
        self.round_trip = NEVER
        self.wanted: dict[str, None] = {}
        self.subscribed: set[str] = set()
        self.delivered: set[str] = set()
        self.audit_due = False
        self.suspected = False
        self.blocked = False
        """Something is to be sent, and the pace does not let it yet."""
        self.pending_pong: bytes | None = None
        self.sent = 0
        self._rules = rules
        self._pace = Pace(rules.messages_per_second)
        self._pong_pace = Pace(rules.pongs_per_second)
        self._flying: dict[int, Request] = {}
        self._busy: set[str] = set()
        self._arriving: set[str] = set()
        """Names whose subscription is on its way or in doubt: they count as streams already."""
        self._doubtful: set[str] = set()
        self._strikes = 0
        self._resent: set[str] = set()
        self._left: set[str] = set()

    # -- what it is for

    @property
    def is_open(self) -> bool:
        return self.opened_at != NEVER

    @property
    def room(self) -> int:
        """Streams that it could take in addition."""
        return self._rules.streams_per_connection - len(
            self.wanted.keys() | self.subscribed | self._arriving
        )

    def knows(self, name: str) -> bool:
        """Whether *name* is on this connection at the venue, or on its way to or from it."""
        return name in self.subscribed or name in self._busy or name in self._doubtful

    def want(self, names: Iterable[str]) -> None:
        self.wanted.update(dict.fromkeys(names))
        self.idle_since = NEVER if self.wanted else self.idle_since

    def drop(self, name: str, now: float) -> None:
        """*name* is wanted here no longer."""
        self.wanted.pop(name, None)
        if not self.wanted and self.idle_since == NEVER:
            self.idle_since = now

    def carries(self, names: Iterable[str]) -> bool:
        """Whether the venue has acknowledged all of *names* here and an audit, where one is due, has agreed."""
        return not self.audit_due and all(map(self.carries_now, names))

    def carries_now(self, name: str) -> bool:
        """Whether the venue has acknowledged *name* here, and nothing is on its way that would change it."""
        return name in self.subscribed and name not in self._busy

    # -- what it sends

    def take(self, numbers: Iterator[int], caps: dict[str, int], now: float) -> Request | None:
        """The next request, as far as the pace lets it. *caps* bounds the frames in which a name may travel."""
        self.blocked = False
        asked = self._next(caps, now)
        if asked is None:
            return None
        if self._pace.ready_at(now) > now:
            self.blocked = True
            return None
        method, names = asked
        wait = self._rules.pong_timeout if method == PING else self._rules.ack_timeout
        request = Request(next(numbers), method, names, now, now + wait)
        self._fly(request, now)
        return request

    def take_pong(self, numbers: Iterator[int], now: float) -> bytes | None:
        """The answer to the latest ping that has none, as far as the pace lets it."""
        payload = self.pending_pong
        if payload is None or self._pong_pace.ready_at(now) > now:
            return None
        self.pending_pong = None
        self._pong_pace.sent(next(numbers), now, UNPROVEN)
        self.sent += 1
        return payload

    def _next(
        self, caps: dict[str, int], now: float
    ) -> tuple[control.Method | Literal["PING"], Names] | None:
        if self._ping_due(now):
            return PING, ()
        if self._doubtful:
            return None if self._asking("LIST_SUBSCRIPTIONS") else ("LIST_SUBSCRIPTIONS", ())
        missing = self._missing()
        surplus = self._surplus()
        room = self._rules.streams_per_connection - len(self.subscribed | self._arriving)
        if missing and room > 0:
            return "SUBSCRIBE", _batch(missing[:room], caps, self._rules.batch)
        if surplus:
            return "UNSUBSCRIBE", _batch(surplus, {}, self._rules.batch)
        quiet = not (missing or self._asking("SUBSCRIBE") or self._asking("LIST_SUBSCRIPTIONS"))
        return ("LIST_SUBSCRIPTIONS", ()) if self.audit_due and quiet else None

    def _ping_due(self, now: float) -> bool:
        silent = now >= self.heard_at + self._rules.idle_ping
        return (self.suspected or silent) and not self._asking(PING)

    def _asking(self, method: str) -> bool:
        return any(request.method == method for request in self._flying.values())

    def _missing(self) -> list[str]:
        return [n for n in self.wanted if n not in self.subscribed and n not in self._busy]

    def _surplus(self) -> list[str]:
        gone = self.subscribed - self.wanted.keys() - self._busy - self._left
        return sorted(gone)

    def _fly(self, request: Request, now: float) -> None:
        self._flying[request.number] = request
        self._busy.update(request.names)
        if request.method == "SUBSCRIBE":
            self._arriving.update(request.names)
        self.suspected = self.suspected and request.method != PING
        self._pace.sent(request.number, now, request.deadline - now)
        self.sent += 1

    # -- what it hears

    def answered(self, number: int | None, now: float) -> Request | None:
        """The request that an answer is about, off the way now; without a number, the oldest but pings."""
        if number is None:
            number = next((n for n, r in self._flying.items() if r.method != PING), None)
        request = self._flying.get(number) if number is not None else None
        if request is None or request.method == PING:
            return None
        self._land(request, now)
        self._strikes = 0 if request.names else self._strikes
        return request

    def ponged(self, now: float) -> None:
        """The echo of our latest ping is in."""
        for request in [each for each in self._flying.values() if each.method == PING]:
            self._land(request, now)
            self.round_trip = now - request.sent

    def _land(self, request: Request, now: float) -> None:
        del self._flying[request.number]
        self._busy.difference_update(request.names)
        self._arriving.difference_update(request.names)
        self._pace.arrived(request.number, now)
        self._pong_pace.arrived(request.number, now)

    def overdue(self, now: float) -> str:
        """Why the connection must be given up by now, or nothing. A request unanswered for the first time is only
        doubted."""
        for request in [each for each in self._flying.values() if each.deadline <= now]:
            if request.method == PING and self.heard_at > request.sent:
                del self._flying[request.number]
            elif request.method == PING:
                return f"no answer to a ping within {self._rules.pong_timeout:g} s"
            elif not request.names or self._strikes:
                return f"no answer to {request.method} within {self._rules.ack_timeout:g} s"
            else:
                self._strikes += 1
                self._doubt(request)
        return ""

    def _doubt(self, request: Request) -> None:
        del self._flying[request.number]
        self._doubtful.update(request.names)

    def audited(self, names: frozenset[str]) -> list[str]:
        """What a list of subscriptions tells: wanted names that are missing although they had been acknowledged; what
        is found although nobody had said so counts as subscribed. Each missing name is subscribed once more, and only
        once: the venue may have its own spelling of a name, and such a list must not start a storm."""
        doubtful, self._doubtful = self._doubtful, set()
        self.audit_due = self.audit_due and bool(doubtful)
        self._busy -= doubtful
        self._arriving -= doubtful
        settled = self.subscribed - self._busy
        missing = [n for n in settled if n not in names and n not in self._resent]
        self._resent.update(missing)
        self.subscribed.difference_update(missing)
        strangers = names - self.subscribed - self._busy
        found = [n for n in sorted(strangers) if n in self.wanted or n in doubtful or not missing]
        self.subscribed.update(found)
        return [n for n in missing if n in self.wanted]

    def unaudited(self) -> None:
        """No list is to be had: what was in doubt is asked for again."""
        self.audit_due = False
        self._busy -= self._doubtful
        self._arriving -= self._doubtful
        self.subscribed -= self._doubtful & self.wanted.keys()
        self._doubtful.clear()

    def leave(self, names: Iterable[str]) -> None:
        """The venue would not unsubscribe *names*; asking again would be refused again, so they keep their places."""
        self._left.update(names)

    # -- when it wants attention

    def wakeup(self) -> float:
        """When something here is due, if nothing else happens."""
        if not self.is_open:
            return self.dialed_at + self._rules.dial_timeout
        times = [request.deadline for request in self._flying.values()]
        if self.blocked:
            times.append(self._pace.ready_at(-NEVER))
        elif not self._asking(PING):
            times.append(self.heard_at + self._rules.idle_ping)
        if self.pending_pong is not None:
            times.append(self._pong_pace.ready_at(-NEVER))
        return min(times, default=NEVER)


def _batch(names: list[str], caps: dict[str, int], most: int) -> Names:
    """The first of *names* that may share a frame."""
    taken: list[str] = []
    for name in names:
        most = min(most, caps.get(name, most))
        if len(taken) >= most:
            break
        taken.append(name)
    return tuple(taken)
