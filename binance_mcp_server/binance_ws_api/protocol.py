"""The protocol core of one endpoint's streams, sans I/O: what to dial, send, renew and close, and when. Pure.

A driver owns the sockets. It reports what happens (``connected``, ``received``, ``closed`` …), calls ``tick`` at
``next_wakeup``, carries out ``actions`` after each of these calls, and tells readers the ``events``. Time comes in as
monotonic seconds, randomness as a ``random.Random``: the same calls give the same answers.

Held under any sequence of calls: on one connection no second of the venue holds more messages than ``Rules`` allows,
pongs included; never more streams on a connection, subscriptions on their way included; never more attempts to
connect in a window.
"""

import itertools
from collections.abc import Iterable
from random import Random

from binance_mcp_server.binance_ws_api import control, facts
from binance_mcp_server.binance_ws_api.dialling import Dialler
from binance_mcp_server.binance_ws_api.fleet import Fleet
from binance_mcp_server.binance_ws_api.link import NEVER, PING, Link, Request
from binance_mcp_server.binance_ws_api.pacing import Dials
from binance_mcp_server.binance_ws_api.renewal import Renewal
from binance_mcp_server.binance_ws_api.rules import Rules
from binance_mcp_server.binance_ws_api.signals import (
    Action,
    Close,
    Dial,
    Event,
    Exhausted,
    Failure,
    Moved,
    Ping,
    Pong,
    Retire,
    Send,
)
from binance_mcp_server.binance_ws_api.wishes import Wishes

NORMAL = 1000
GOING_AWAY = 1001
"""Close codes, RFC 6455 section 7.4.1."""


class StreamProtocol:
    """Keeps a set of streams subscribed. Reports about a connection that it has given up are ignored."""

    def __init__(
        self, rules: Rules, random: Random, now: float, *, dials: Dials | None = None
    ) -> None:
        self._rules = rules
        self._wishes = Wishes()
        self._fleet = Fleet(rules, self._wishes)
        self._renewal = Renewal(rules, random, self._fleet)
        self._dialler = Dialler(rules, random, dials)
        self._numbers = itertools.count(1)
        self._conns = itertools.count(1)
        self._actions: list[Action] = []
        self._counts = facts.Counts()
        self._now = now
        self.awaited: frozenset[int] = frozenset()
        """Connections of which ``delivered`` wants to hear; there are some only while one takes over from another."""

    # -- what is wanted

    def want(self, names: Iterable[str], now: float) -> None:
        """Keep *names* subscribed from now on."""
        self._dialler.wished(now)
        self._wishes.add(names)
        self._pump(now)

    def unwant(self, names: Iterable[str], now: float) -> None:
        """Keep *names* subscribed no longer; what was not sent yet never will be."""
        gone = [name for name in names if name in self._wishes.wanted]
        for name in gone:
            self._wishes.discard(name)
        self._fleet.drop(gone, now)
        self._pump(now)

    # -- what happened to connections

    def connected(self, conn: int, now: float) -> None:
        """The attempt *conn* succeeded."""
        link = self._fleet.links.get(conn)
        if link is None:
            self._actions.append(Close(conn, NORMAL, "not needed any longer"))
            return
        link.opened_at = link.heard_at = link.idle_since = now
        self._renewal.schedule(link, now)
        self._fleet.opened(link)
        self._pump(now)

    def failed(self, conn: int, reason: Failure, now: float) -> None:
        """The attempt *conn* failed."""
        link = self._fleet.links.get(conn)
        if link is None or link.is_open:
            return
        self._fleet.remove(link, reason.why, now)
        self._dialler.failed(reason, now)
        self._counts.failures += 1
        if reason.final:
            self._wishes.events.append(Exhausted(reason.why))
        self._pump(now)

    def closed(self, conn: int, reason: str, now: float) -> None:
        """The connection *conn* ended, not by our wish."""
        link = self._fleet.links.get(conn)
        if link is not None and not link.is_open:
            self.failed(conn, Failure(reason), now)
        elif link is not None:
            self._lose(link, reason, now)
            self._pump(now)

    def shutdown(self, conn: int, now: float) -> None:
        """The venue said on *conn* that it is about to close it."""
        if link := self._open(conn):
            link.renew_at = min(link.renew_at, now)
            self._pump(now)

    def suspect(self, conn: int, now: float) -> None:
        """*conn* may be dead: ask for a sign of life, and give it up where none comes."""
        if link := self._open(conn):
            link.suspected = True
            self._pump(now)

    # -- what came in

    def received(self, conn: int, payload: bytes, now: float) -> None:
        """A text frame of *conn* that is no data: an answer, an error, or the venue's farewell."""
        link = self._open(conn)
        if link is None:
            return
        link.heard_at = now
        said = control.parse(payload)
        reply = control.reply_of(said)
        if control.is_shutdown(said):
            link.renew_at = min(link.renew_at, now)
        elif reply is None or not self._answered(link, reply, now):
            self._counts.strays += 1
        self._pump(now)

    def heard(self, conn: int, now: float) -> None:
        """Something came in on *conn*, whatever it was."""
        if link := self._open(conn):
            link.heard_at = now

    def delivered(self, conn: int, name: str, now: float) -> None:
        """A data frame of stream *name* came in on *conn*."""
        if link := self._open(conn):
            link.heard_at = now
            self._renewal.delivered(link, name, now)

    def pinged(self, conn: int, now: float, payload: bytes = b"") -> None:
        """The venue pinged; its latest ping is answered by a :class:`Pong`, in pace."""
        if link := self._open(conn):
            link.heard_at = now
            link.pending_pong = payload
            self._pump(now)

    def pong(self, conn: int, now: float) -> None:
        """The echo of our ping came."""
        if link := self._open(conn):
            link.heard_at = now
            link.ponged(now)
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
        taken, self._wishes.events = self._wishes.events, []
        return taken

    def next_wakeup(self) -> float | None:
        """When ``tick`` is due, if nothing else happens; ``None``: not at all."""
        times = [link.wakeup() for link in self._fleet]
        times += [link.finish_at for link in self._fleet if link.replaces is not None]
        times += [link.idle_since + self._rules.idle for link in self._fleet if link.is_open]
        if self._fleet.short_of > 0 or self._renewal.due(self._now):
            times.append(self._dialler.ready_at())
        else:
            times.append(self._renewal.next_due())
        soonest = min(times)
        return None if soonest == NEVER else soonest

    def knows(self, name: str) -> bool:
        """Whether frames of *name* may come now, wanted or not: the venue has it still, or is being told."""
        return any(link.knows(name) for link in self._fleet)

    def state(self) -> facts.State:
        """Plain facts, as of the last call."""
        return facts.state_of(self._fleet, self._wishes, self._dialler, self._counts, self._now)

    # -- how it works

    def _open(self, conn: int) -> Link | None:
        link = self._fleet.links.get(conn)
        return link if link is not None and link.is_open else None

    def _pump(self, now: float) -> None:
        self._now = now
        self._end_the_dead(now)
        self._renewal.settle(now)
        self._finish(now)
        self._fleet.place(now)
        self._retire_the_idle(now)
        self._dial(now)
        for link in self._fleet:
            if link.is_open:
                self._send(link, now)
        self.awaited = frozenset(link.id for link in self._fleet if link.replaces is not None)

    def _end_the_dead(self, now: float) -> None:
        for link in self._fleet:
            if not link.is_open and link.wakeup() <= now:
                self._actions.append(Close(link.id, GOING_AWAY, "no connection in time"))
                self._fleet.remove(link, "no connection in time", now)
                self._dialler.failed(Failure("no connection in time"), now)
                self._counts.failures += 1
            elif link.is_open and (why := link.overdue(now)):
                self._actions.append(Close(link.id, GOING_AWAY, why))
                self._lose(link, why, now)

    def _lose(self, link: Link, why: str, now: float) -> None:
        self._fleet.remove(link, why, now)
        self._dialler.lost(now - link.opened_at, why, now)
        self._counts.losses += 1
        self._counts.sent += link.sent

    def _finish(self, now: float) -> None:
        for old, heir in self._renewal.finished(now):
            moved = self._fleet.relieve(old, heir)
            self._counts.renewals += 1
            self._counts.sent += old.sent
            self._actions.append(Retire(old.id))
            if moved:
                self._wishes.events.append(Moved(moved, old.id, heir.id))

    def _retire_the_idle(self, now: float) -> None:
        for link in self._fleet:
            if link.is_open and link.idle_since + self._rules.idle <= now:
                self._fleet.remove(link, "idle", now)
                self._counts.sent += link.sent
                self._actions.append(Retire(link.id))

    def _dial(self, now: float) -> None:
        """One attempt for waiting names, else for a connection that is due to be replaced; a second one must wait."""
        while self._dialler.ready_at() <= now:
            due = self._renewal.due(now)
            if self._fleet.short_of <= 0 and not due:
                return
            replaces = due[0].id if self._fleet.short_of <= 0 else None
            link = Link(next(self._conns), self._rules, now, replaces=replaces)
            self._fleet.links[link.id] = link
            self._dialler.dialed(now)
            self._actions.append(Dial(link.id))

    def _send(self, link: Link, now: float) -> None:
        while request := link.take(self._numbers, self._wishes.caps, now):
            ping = request.method == PING
            send = Ping(link.id, request.payload) if ping else Send(link.id, request.payload)
            self._actions.append(send)
        if (payload := link.take_pong(self._numbers, now)) is not None:
            self._actions.append(Pong(link.id, payload))

    def _answered(self, link: Link, reply: control.Reply, now: float) -> bool:
        request = link.answered(reply.id, now)
        if request is None:
            return False
        if reply.code is not None:
            self._refused(link, request, reply, now)
        elif request.method == "SUBSCRIBE":
            link.subscribed.update(request.names)
            self._wishes.acknowledge((n for n in request.names if n in link.wanted), link.id, now)
        elif request.method == "UNSUBSCRIBE":
            link.subscribed.difference_update(request.names)
        else:
            self._audit(link, control.listed(reply.result), now)
        return True

    def _refused(self, link: Link, request: Request, reply: control.Reply, now: float) -> None:
        self._counts.refusals += 1
        if request.method == "SUBSCRIBE":
            if self._wishes.refuse(request.names, reply.code or 0, reply.message):
                self._fleet.drop(request.names, now)
        elif request.method == "UNSUBSCRIBE":
            link.leave(request.names)
            self._wishes.acknowledge((n for n in request.names if n in link.wanted), link.id, now)
        else:
            self._audit(link, None, now)

    def _audit(self, link: Link, names: frozenset[str] | None, now: float) -> None:
        """Compare what the venue listed with what it had acknowledged; an unreadable list tells nothing."""
        if names is None:
            link.unaudited()
            return
        missing = link.audited(names)
        # Also those that were wanted again while their end was in doubt, and have not ended.
        here = [name for name in link.wanted if link.carries_now(name)]
        self._wishes.acknowledge(here, link.id, now)
        if self._fleet.predecessor(link) is None:
            self._wishes.unlist(missing, link.id, now)
