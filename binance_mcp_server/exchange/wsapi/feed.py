"""User data on its way to one connection: events in order, and the faults that strike them. Pure.

A subscription ends by its session's doing, by a fault, or with its key; then ``eventStreamTerminated`` is the last that
it tells.
"""

import math
from collections.abc import Callable
from enum import Enum

import msgspec

from binance_mcp_server.exchange.engine.events import Event, Printed
from binance_mcp_server.exchange.faults.order_kinds import UserStream
from binance_mcp_server.exchange.faults.orders import NO_LINE, UserLine
from binance_mcp_server.exchange.faults.schedule import Schedule
from binance_mcp_server.exchange.wire.user_events import stream_terminated, user_event
from binance_mcp_server.exchange.wsapi import replies
from binance_mcp_server.exchange.wsapi.session import Session
from binance_mcp_server.exchange.wsapi.subscriptions import Subscription


class Told:
    """One event, encoded once for each unit of time."""

    def __init__(self, event: Event) -> None:
        self.event = event
        self._payloads: dict[int, bytes] = {}

    def payload(self, scale: int) -> bytes:
        if scale not in self._payloads:
            self._payloads[scale] = msgspec.json.encode(user_event(self.event, scale))
        return self._payloads[scale]


class Fate(Enum):
    """What becomes of the connection after an event."""

    LIVES = "lives"
    CUT = "cut"


class _Line:
    """What strikes one subscription."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.faults = NO_LINE
        self.silent_until = -math.inf

    def arm(self, schedule: Schedule, account: str) -> None:
        self.faults = UserLine(schedule, self.number, account)
        self.silent_until = -math.inf


class Feed:
    """*send* takes what goes out; *number* counts the subscriptions of all connections."""

    def __init__(
        self, session: Session, send: Callable[[bytes], None], number: Callable[[], int]
    ) -> None:
        self._session = session
        self._send = send
        self._number = number
        self._lines: dict[int, _Line] = {}

    def settle(self, schedule: Schedule, now: int) -> None:
        """To be called after each request: who has subscribed is told from now on, who has ended is told that it did.
        *now*: ms, as the venue says it."""
        for subscription in self._session.subscriptions.all():
            if subscription.id not in self._lines:
                line = self._lines[subscription.id] = _Line(self._number())
                line.arm(schedule, subscription.key.account.name)
        for ended in self._session.take_ended():
            self._lines.pop(ended.id, None)
            body = stream_terminated(now, self._session.opening.scale)
            self._send(replies.event(ended.id, msgspec.json.encode(body)))

    def arm(self, schedule: Schedule, now: int, monotonic: float) -> Fate:
        """Other faults are armed; those that wait for no event strike now."""
        for subscription in self._session.subscriptions.all():
            line = self._lines[subscription.id]
            line.arm(schedule, subscription.key.account.name)
            fault = line.faults.strike_now()
            if fault is None:
                continue
            if self._strike(subscription, fault, schedule, now, monotonic) is Fate.CUT:
                return Fate.CUT
        return Fate.LIVES

    def tell(self, told: Told, schedule: Schedule, now: int, monotonic: float) -> Fate:
        """Send an event if there is a subscription to its account."""
        if isinstance(told.event, Printed):
            return Fate.LIVES
        subscription = self._session.subscriptions.of(told.event.uid)
        if subscription is None:
            return Fate.LIVES
        line = self._lines[subscription.id]
        if monotonic < line.silent_until:
            return Fate.LIVES
        fault = line.faults.strike()
        if fault is not None:
            return self._strike(subscription, fault, schedule, now, monotonic)
        self._send(replies.event(subscription.id, told.payload(self._session.opening.scale)))
        return Fate.LIVES

    def _strike(
        self,
        subscription: Subscription,
        fault: UserStream,
        schedule: Schedule,
        now: int,
        monotonic: float,
    ) -> Fate:
        match fault.then:
            case "terminated":
                self._session.unsubscribe(subscription.id)
                self.settle(schedule, now)
            case "silent":
                seconds = math.inf if fault.ms is None else fault.ms / 1000
                self._lines[subscription.id].silent_until = monotonic + seconds
            case "cut":
                return Fate.CUT
        return Fate.LIVES
