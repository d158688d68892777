"""A venue of pure numbers that drives the protocol core on virtual time, and notes every rule that is broken.

Messages travel in order and take their time, as long as the test says; nothing here knows how the core works.
"""

import heapq
import itertools
import json
from bisect import bisect_left
from collections.abc import Callable, Iterable
from random import Random
from typing import Any

from binance_mcp_server.binance_ws_api.protocol import StreamProtocol
from binance_mcp_server.binance_ws_api.rules import Rules
from binance_mcp_server.binance_ws_api.signals import (
    Acknowledged,
    Action,
    Close,
    Dial,
    Event,
    Failure,
    Lost,
    Moved,
    Ping,
    Pong,
    Refused,
    Restored,
    Retire,
    Send,
    Unlisted,
)


class Conn:
    """One connection as the venue has it."""

    def __init__(self, opened: float) -> None:
        self.opened = opened
        self.subscribed: list[str] = []
        self.asked: list[tuple[str, tuple[str, ...]]] = []
        """Method and names of every request, in the order of arrival."""
        self.sent: list[float] = []
        """When the core sent its messages, pongs not counted."""
        self.pongs: list[float] = []
        self.arrived: list[float] = []
        """When messages of any kind came in here."""
        self.out_free = 0.0
        self.back_free = 0.0
        self.is_open = True
        self.mute = False
        """Nothing comes back."""


class ModelVenue:
    """Carries out actions, answers after a while, and moves time."""

    def __init__(self, rules: Rules | None = None, *, seed: int = 0, delay: float = 0.0) -> None:
        self.rules = rules or Rules()
        self.random = Random(seed)
        self.delay = delay
        """The longest way of a message, seconds."""
        self.now = 0.0
        self.core = StreamProtocol(self.rules, Random(seed), self.now)
        self.conns: dict[int, Conn] = {}
        self.dials: list[float] = []
        self.events: list[Event] = []
        self.actions: list[Action] = []
        self.failures: list[Failure] = []
        """What the next attempts to connect come to."""
        self.lost: list[bool] = []
        """Which of the next replies are lost."""
        self.refused: frozenset[str] = frozenset()
        """A frame with one of these names is refused."""
        self.forgotten: set[str] = set()
        """Names that are acknowledged once without being subscribed."""
        self.spell: Callable[[str], str] = str
        """How a list of subscriptions spells a name."""
        self._queue: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()

    # -- what a test does

    def want(self, *names: str) -> None:
        self.core.want(names, self.now)
        self._carry_out()

    def unwant(self, *names: str) -> None:
        self.core.unwant(names, self.now)
        self._carry_out()

    def report(self, call: Callable[..., None], *arguments: Any) -> None:
        """``call(*arguments, now)`` on the core."""
        call(*arguments, self.now)
        self._carry_out()

    def advance(self, seconds: float) -> None:
        """Let *seconds* pass."""
        end = self.now + seconds
        for _ in range(200_000):
            due = self.core.next_wakeup()
            queued = self._queue[0][0] if self._queue else float("inf")
            soonest = min(queued, float("inf") if due is None else due)
            if soonest > end:
                self.now = end
                return
            self.now = max(self.now, soonest)
            if queued <= soonest:
                heapq.heappop(self._queue)[2]()
            else:
                self.core.tick(self.now)
            self._carry_out()
        raise AssertionError("the core never rests")

    def cut(self, number: int, why: str = "reset") -> None:
        """The connection breaks; the core hears of it at once."""
        self.conns[number].is_open = False
        self.report(self.core.closed, number, why)

    @property
    def open(self) -> dict[int, Conn]:
        return {number: conn for number, conn in self.conns.items() if conn.is_open}

    # -- how it works

    def _later(self, conn: Conn, call: Callable[[], None], *, back: bool) -> None:
        delay = self.random.uniform(0.0, self.delay)
        arrival = max(self.now + delay, conn.back_free if back else conn.out_free)
        if back:
            conn.back_free = arrival
        else:
            conn.out_free = arrival

        def if_open() -> None:
            if conn.is_open:
                call()

        heapq.heappush(self._queue, (arrival, next(self._order), if_open))

    def _carry_out(self) -> None:
        for action in self.core.actions():
            self.actions.append(action)
            match action:
                case Dial(number):
                    self._dial(number)
                case Close(number) | Retire(number):
                    if number in self.conns:
                        self.conns[number].is_open = False
                case Pong(number):
                    self.conns[number].pongs.append(self.now)
                    self._send(number, None, ping=False)
                case Send(number, payload) | Ping(number, payload):
                    self.conns[number].sent.append(self.now)
                    self._send(number, payload, ping=isinstance(action, Ping))
        self.events += self.core.events()
        wakeup = self.core.next_wakeup()
        assert wakeup is None or wakeup > self.now, "something due was left undone"

    def _send(self, number: int, payload: bytes | None, *, ping: bool) -> None:
        conn = self.conns[number]
        self._later(conn, lambda: self._arrive(number, payload, ping=ping), back=False)

    def _dial(self, number: int) -> None:
        self.dials.append(self.now)
        conn = self.conns[number] = Conn(self.now)
        failure = self.failures.pop(0) if self.failures else None
        conn.is_open = failure is None

        def end() -> None:
            if failure is not None:
                self.core.failed(number, failure, self.now)
            elif conn.is_open:
                self.core.connected(number, self.now)

        heapq.heappush(
            self._queue,
            (self.now + self.random.uniform(0.0, self.delay), next(self._order), end),
        )

    def _arrive(self, number: int, payload: bytes | None, *, ping: bool) -> None:
        conn = self.conns[number]
        conn.arrived.append(self.now)
        if conn.mute or payload is None:
            return
        if ping:
            self._later(conn, lambda: self.core.pong(number, self.now), back=True)
            return
        reply = json.dumps(self._answer(conn, json.loads(payload))).encode()
        if self.lost and self.lost.pop(0):
            return
        self._later(conn, lambda: self.core.received(number, reply, self.now), back=True)

    def _answer(self, conn: Conn, asked: dict[str, Any]) -> dict[str, Any]:
        method, names, number = asked["method"], tuple(asked.get("params", ())), asked["id"]
        conn.asked.append((method, names))
        if self.refused & set(names):
            return {"code": 2, "msg": "Invalid request", "id": number}
        if method == "LIST_SUBSCRIPTIONS":
            return {"result": [self.spell(name) for name in conn.subscribed], "id": number}
        if method == "SUBSCRIBE":
            taken = [name for name in names if name not in self.forgotten]
            self.forgotten -= set(names)
            conn.subscribed += [name for name in taken if name not in conn.subscribed]
        else:
            conn.subscribed = [name for name in conn.subscribed if name not in names]
        return {"result": None, "id": number}

    # -- what must hold

    def breaches(self) -> list[str]:
        """Rules of the venue, and of ours, that were broken so far."""
        own, pongs = self.rules.messages_per_second, self.rules.pongs_per_second
        found = []
        for number, conn in self.conns.items():
            told = {
                "sent": most_within(conn.sent, 1.0) - own,
                "pongs": most_within(conn.pongs, 1.0) - pongs,
                "together": most_within(sorted(conn.sent + conn.pongs), 1.0) - own - pongs,
                "arrived": most_within(sorted(conn.arrived), 1.0) - own - pongs,
                "streams": len(conn.subscribed) - self.rules.streams_per_connection,
            }
            found += [
                f"{what} on {number}: {over} too many" for what, over in told.items() if over > 0
            ]
        if most_within(self.dials, self.rules.dial_window) > self.rules.dials:
            found.append("too many dials")
        spaces = [b - a for a, b in itertools.pairwise(self.dials)]
        return found + ["dials too close"] * any(s < self.rules.dial_spacing - 1e-9 for s in spaces)

    def homes(self) -> dict[str, int]:
        """How many open connections carry each stream."""
        names = [name for conn in self.open.values() for name in conn.subscribed]
        return {name: names.count(name) for name in names}


def most_within(times: list[float], seconds: float) -> int:
    """The most of *times* (sorted) in any interval of *seconds*, its end not included."""
    return max(
        (bisect_left(times, begin + seconds) - i for i, begin in enumerate(times)), default=0
    )


def live_names(events: Iterable[Event]) -> set[str]:
    """Streams that a reader of *events* takes to be live. Fails where the events contradict each other."""
    live: set[str] = set()
    lost: set[str] = set()
    for event in events:
        match event:
            case Acknowledged(names):
                live |= set(names)
            case Lost(names) | Unlisted(names):  # told also of what was not acknowledged
                live -= set(names)
                lost |= set(names)
            case Restored(names):
                assert lost >= set(names), event
                lost -= set(names)
                live |= set(names)
            case Moved(names):
                assert live >= set(names), event
            case Refused(names):
                live -= set(names)
                lost -= set(names)
    return live
