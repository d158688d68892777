"""What armed faults do to the operations of accounts, and to what users are told. Pure.

**Operations** (REST and WebSocket API alike). Between the checks of limits, key and signature and the answer, carry
the operation out through :meth:`OrderPath.run`::

    try:
        body = faults.orders.run(Asked("order.place", "rest", account.name), venue, clock.monotonic(),
                                 lambda seen: operation.answer(call_on(seen)))
    except NoAnswerError as lost:     # send nothing; after lost.seconds reset the connection (0: at once)
        ...
    except VenueError as error:       # a fault's code comes as any other refusal does
        ...

``seen`` takes the place of the venue in everything that the operation does: it is the venue itself while nothing is
armed. :func:`name_of` gives the operation's name for a REST path; on the WebSocket API the method is the name.

**User data** (WebSocket API). Each subscription has a :class:`UserLine` and asks it before each event; a new plan is
announced to ``faults.listeners``, and then a subscription asks :meth:`UserLine.strike_now` once.
"""

from collections.abc import Callable
from typing import NamedTuple, TypeVar, cast

from binance_mcp_server.exchange.engine.refusals import RefusedError
from binance_mcp_server.exchange.faults.order_kinds import (
    FillBeforeCancel,
    LateOrders,
    OfOperations,
    OrderFault,
    Then,
    UserStream,
    Via,
)
from binance_mcp_server.exchange.faults.plan import Plan
from binance_mcp_server.exchange.faults.schedule import Armed, Rhythm, Schedule
from binance_mcp_server.exchange.faults.seen import Hidden, SeenVenue
from binance_mcp_server.exchange.wire.errors import VenueError

V = TypeVar("V")
T = TypeVar("T")

_NAMES = {
    ("POST", "order"): "order.place",
    ("POST", "order/test"): "order.test",
    ("GET", "order"): "order.status",
    ("DELETE", "order"): "order.cancel",
    ("DELETE", "openOrders"): "openOrders.cancelAll",
    ("POST", "order/cancelReplace"): "order.cancelReplace",
    ("PUT", "order/amend/keepPriority"): "order.amend.keepPriority",
    ("POST", "order/oco"): "orderList.place",
    ("POST", "orderList/oco"): "orderList.place.oco",
    ("POST", "orderList/oto"): "orderList.place.oto",
    ("POST", "orderList/otoco"): "orderList.place.otoco",
    ("POST", "orderList/opo"): "orderList.place.opo",
    ("POST", "orderList/opoco"): "orderList.place.opoco",
    ("DELETE", "orderList"): "orderList.cancel",
    ("POST", "sor/order"): "sor.order.place",
    ("POST", "sor/order/test"): "sor.order.test",
    ("GET", "openOrders"): "openOrders.status",
    ("GET", "allOrders"): "allOrders",
    ("GET", "orderList"): "orderList.status",
    ("GET", "openOrderList"): "openOrderLists.status",
    ("GET", "allOrderList"): "allOrderLists",
    ("GET", "account"): "account.status",
    ("GET", "account/commission"): "account.commission",
    ("GET", "rateLimit/order"): "account.rateLimits.orders",
    ("GET", "myTrades"): "myTrades",
    ("GET", "myPreventedMatches"): "myPreventedMatches",
    ("GET", "myAllocations"): "myAllocations",
    ("GET", "myFilters"): "myFilters",
    ("GET", "order/amendments"): "order.amendments",
}
"""REST's operations by the names of their twins in the WebSocket API (web-socket-api.md, read 2026-11-24)."""

_FAILURES: dict[Then, tuple[int, int, str]] = {
    "503": (503, -1001, "Internal error; unable to process your request. Please try again."),
    "-1000": (500, -1000, "An unknown error occurred while processing the request."),
    "-1001": (500, -1001, "Internal error; unable to process your request. Please try again."),
    "-1006": (
        500,
        -1006,
        "An unexpected response was received from the message bus. Execution status unknown.",
    ),
    "-1007": (
        408,
        -1007,
        "Timeout waiting for response from backend server. Send status unknown; execution status unknown.",
    ),
    "-1008": (
        503,
        -1008,
        "Server is currently overloaded with other requests. Please try again in a few minutes.",
    ),
}
"""HTTP status, code and words (errors.md, read 2026-11-24). The status of -1007 is that of the futures' documents;
the spot pages say no more than that 5XX is the venue's own fault."""


def name_of(method: str, path: str) -> str:
    """The name of what REST's *method* does at *path* (below ``/api/v3/``)."""
    return _NAMES.get((method, path), path)


class Asked(NamedTuple):
    """An operation that an account asks for."""

    name: str
    via: Via
    account: str
    """The account's name."""


class NoAnswerError(Exception):
    """Nothing comes back."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"no answer; reset after {seconds} s")
        self.seconds = seconds
        """Until the connection is reset; 0: at once."""


class OrderPath:
    """The way of every operation of every account."""

    def __init__(self) -> None:
        self._mine: list[tuple[Armed, OfOperations, Rhythm]] = []
        self._hidden = Hidden()

    def arm(self, schedule: Schedule) -> None:
        """From now on *schedule* counts; what was hidden is seen."""
        self._hidden = Hidden()
        self._mine = [
            (armed, fault, Rhythm(fault, schedule.seed, armed.number, "operations"))
            for armed, fault in schedule.of(OfOperations)
        ]

    def run(self, asked: Asked, venue: V, monotonic: float, act: Callable[[V], T]) -> T:
        """Carry out *act* on what it shall see of *venue*, as far as it shall be; returns its answer.

        *monotonic* is the machine's, in seconds. Raises what *act* raises, or in its place
        :class:`NoAnswerError` and :class:`~.wire.errors.VenueError`.
        """
        if not self._mine and not self._hidden:
            return act(venue)
        self._hidden.forget(monotonic)
        struck = self._strike(asked)
        outage = next((each for each in struck if isinstance(each, OrderFault)), None)
        seen = self._seen(venue, struck, monotonic)
        if outage is None:
            return act(seen)
        if outage.executes:
            _carry_out(act, seen)
        raise _failure(outage)

    def _seen(self, venue: V, struck: list[OfOperations], monotonic: float) -> V:
        late = max((each.ms for each in struck if isinstance(each, LateOrders)), default=0)
        fills = any(isinstance(each, FillBeforeCancel) for each in struck)
        if not (late or fills or self._hidden):
            return venue
        until = monotonic + late / 1000 if late else None
        return cast("V", SeenVenue(venue, self._hidden, until, fills_first=fills))

    def _strike(self, asked: Asked) -> list[OfOperations]:
        """What happens to an operation: at most one fault of each kind."""
        found: list[OfOperations] = []
        for armed, fault, rhythm in self._mine:
            if fault.is_about(asked.name, asked.via, asked.account) and rhythm.count():
                if any(type(each) is type(fault) for each in found):
                    continue
                rhythm.struck()
                if not armed.is_spent:
                    armed.struck += 1
                    found.append(fault)
        return found


def _carry_out(act: Callable[[V], object], venue: V) -> None:
    """A refusal is an answer too, and is lost with it."""
    try:
        act(venue)
    except (RefusedError, VenueError):
        return


def _failure(fault: OrderFault) -> Exception:
    match fault.then:
        case "hang":
            return NoAnswerError(fault.ms / 1000)
        case "reset":
            return NoAnswerError(0)
        case code:
            status, number, text = _FAILURES[code]
            return VenueError(number, text, status=status)


class UserLine:
    """The events of one subscription to user data."""

    def __init__(self, schedule: Schedule, number: int, account: str) -> None:
        """*number*: its place in the order in which subscriptions were opened; *account*: the account's name."""
        mine = [
            (armed, fault)
            for armed, fault in schedule.of(UserStream)
            if fault.account in {None, account}
        ]
        self._now = [each for each in mine if not each[1].recurs]
        self._mine = [
            (armed, fault, Rhythm(fault, schedule.seed, armed.number, "user", number))
            for armed, fault in mine
            if fault.recurs
        ]

    def strike(self) -> UserStream | None:
        """What happens in the place of the next event."""
        found = None
        for armed, fault, rhythm in self._mine:
            if rhythm.count() and found is None and not armed.is_spent:
                rhythm.struck()
                armed.struck += 1
                found = fault
        return found

    def strike_now(self) -> UserStream | None:
        """What happens at once, for a subscription that lives when the plan is armed."""
        for armed, fault in self._now:
            if not armed.is_spent:
                armed.struck += 1
                return fault
        return None


NO_LINE = UserLine(Schedule(Plan()), 0, "")
"""Nothing armed."""
