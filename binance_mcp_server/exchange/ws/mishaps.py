"""What armed faults do to one connection: its frames, its replies, its silence."""

import math
from typing import Protocol

from binance_mcp_server.exchange.engine.rules import Product
from binance_mcp_server.exchange.faults import kinds
from binance_mcp_server.exchange.faults.malforming import HUGE_BYTES, half_a_frame, malformed
from binance_mcp_server.exchange.faults.plan import Plan
from binance_mcp_server.exchange.faults.schedule import Line, Schedule


class Door(Protocol):
    """The way out of a connection."""

    def put(self, payload: bytes, *, reserved_bit: bool = False) -> None:
        """Send a text frame."""
        ...

    def put_later(self, payload: bytes, seconds: float) -> None:
        """The same after a while, if the connection lasts."""
        ...

    def reset(self) -> None:
        """End it by RST."""
        ...

    def end_with(self, last: bytes) -> None:
        """End it by FIN after these bytes."""
        ...

    def monotonic(self) -> float: ...


class Mishaps:
    """Stands before a connection's :class:`Door` while anything is armed."""

    def __init__(self, door: Door, product: Product, number: int) -> None:
        """*number*: its place in the order in which connections were opened."""
        self.armed = False
        self.swollen = 0
        """Bytes that wait for it by no fault of its own."""
        self._door = door
        self._product: Product = product
        self._number = number
        self._schedule = Schedule(Plan())
        self._line = Line(self._schedule, number, product)
        self._method = ""
        self._held: dict[str, bytes] = {}
        self._dark_until = -math.inf

    @property
    def is_dark(self) -> bool:
        """Whether it is in a black hole."""
        return self.armed and self._door.monotonic() < self._dark_until

    @property
    def dark_until(self) -> float:
        """Monotonic seconds."""
        return self._dark_until

    def arm(self, schedule: Schedule) -> None:
        """From now on *schedule* counts: whatever was armed is over."""
        self.let_go()
        self._dark_until = -math.inf
        self.armed = bool(schedule)
        self._schedule = schedule
        self._line = Line(schedule, self._number, self._product)

    def let_go(self) -> None:
        """Send what was held back to be swapped."""
        held, self._held = self._held, {}
        for payload in held.values():
            self._door.put(payload)

    def event(self, stream: str, payload: bytes) -> None:
        """A frame of data."""
        if not self.is_dark:
            self._meet(self._line.strike(stream), stream, payload)

    def asked(self, method: str) -> None:
        """The next reply is to this."""
        self._method = method

    def reply(self, payload: bytes) -> None:
        """The reply to a control message."""
        if not self.is_dark:
            self._answer(self._schedule, payload)

    def strike_now(self, fault: kinds.OfFrames) -> None:
        """A fault without a rhythm."""
        match fault:
            case kinds.Reset():
                self._door.reset()
            case kinds.Fin():
                self._door.end_with(half_a_frame(b'{"stream":"'.ljust(100)))
            case kinds.Blackhole(ms=ms):
                self._go_dark(ms)

    def _answer(self, schedule: Schedule, payload: bytes) -> None:
        for kind in (kinds.NoAck, kinds.LateAck):
            fault = schedule.peek(kind, self._product)
            if fault is not None and self._method in fault.methods:
                schedule.take(kind, self._product)
                if isinstance(fault, kinds.LateAck):
                    self._door.put_later(payload, fault.ms / 1000)
                return
        self._door.put(payload)

    def _meet(self, fault: kinds.OfFrames | None, stream: str, payload: bytes) -> None:
        match fault:
            case None:
                self._pass(stream, payload)
            case kinds.Swap() if stream not in self._held:
                self._held[stream] = payload
            case kinds.Duplicate():
                self._door.put(payload)
                self._pass(stream, payload)
            case kinds.Malformed(form=form):
                self.swollen = HUGE_BYTES if form == "huge" else self.swollen
                self._door.put(malformed(payload, form), reserved_bit=form == "rsv_bit")
            case kinds.Reset():
                self._door.reset()
            case kinds.Fin():
                self._door.end_with(half_a_frame(payload))
            case kinds.Blackhole(ms=ms):
                self._go_dark(ms)
            case kinds.Swap():
                self._pass(stream, payload)
            case _:  # dropped
                return

    def _pass(self, stream: str, payload: bytes) -> None:
        self._door.put(payload)
        held = self._held.pop(stream, None)
        if held is not None:
            self._door.put(held)

    def _go_dark(self, ms: int | None) -> None:
        self._dark_until = math.inf if ms is None else self._door.monotonic() + ms / 1000
