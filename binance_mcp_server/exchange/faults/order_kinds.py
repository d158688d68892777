"""The kinds of faults on the way of an order, as the body of ``POST /__sim/faults`` names them. Pure.

They strike what accounts ask for by REST or by the WebSocket API, after it was found to be authentic. An operation
has one name on both ways, that of the WebSocket API (``order.place``).
"""

from fnmatch import fnmatchcase
from typing import Annotated, Literal

import msgspec

from binance_mcp_server.exchange.faults.kinds import Fault, Milliseconds, Recurring

Via = Literal["rest", "ws_api"]
"""How an operation was asked for."""
Then = Literal["hang", "reset", "503", "-1000", "-1001", "-1006", "-1007", "-1008"]
Death = Literal["terminated", "cut", "silent"]

CHANGING = (
    *("order.place", "order.cancel", "order.cancelReplace", "order.amend.keepPriority"),
    *("openOrders.cancelAll", "orderList.place*", "orderList.cancel", "sor.order.place"),
)
"""What changes orders."""
PLACING = ("order.place", "order.cancelReplace", "orderList.place*", "sor.order.place")
CANCELLING = ("order.cancel", "order.cancelReplace", "openOrders.cancelAll", "orderList.cancel")


class OfOperations(Recurring, frozen=True):
    """Strikes operations of accounts; all that it is about, without a rhythm."""

    operations: tuple[str, ...] = CHANGING
    """Patterns of their names, e.g. ``order.*``."""
    via: Via | None = None
    """``None``: either way."""
    account: str | None = None
    """Name of the account whose operations are struck; ``None``: of any."""

    def is_about(self, name: str, via: Via, account: str) -> bool:
        mine = self.via in {None, via} and self.account in {None, account}
        return mine and any(fnmatchcase(name, pattern) for pattern in self.operations)


class OrderFault(OfOperations, frozen=True, kw_only=True):
    """An operation is carried out, or not, and then something else than its answer comes back."""

    executes: bool
    then: Then
    ms: Milliseconds = 60_000
    """How long ``hang`` keeps the connection before it is reset."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.executes and self.then == "-1008":
            raise ValueError("-1008 says that nothing was carried out: give executes false")


class LateOrders(OfOperations, frozen=True, kw_only=True):
    """Orders are accepted, and for a while queries do not find them. User data tell of them at once."""

    operations: tuple[str, ...] = PLACING
    ms: Annotated[int, msgspec.Meta(ge=1, le=600_000)]


class FillBeforeCancel(OfOperations, frozen=True):
    """An order that is to be cancelled fills at its own price just before."""

    operations: tuple[str, ...] = CANCELLING


class UserStream(Recurring, frozen=True, kw_only=True):
    """A subscription to user data dies: in the place of an event with a rhythm, else at once."""

    then: Death
    """``terminated``: ``eventStreamTerminated`` is told and nothing after it; ``cut``: the connection is reset;
    ``silent``: the connection lives, and events are lost."""
    ms: Milliseconds | None = None
    """How long it is ``silent``; ``None``: until it is cleared."""
    account: str | None = None
    """Name of the account whose subscriptions die; ``None``: of any."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.ms is not None and self.then != "silent":
            raise ValueError("ms belongs to silent")


ORDER_KINDS: dict[str, type[Fault]] = {
    "order": OrderFault,
    "late_orders": LateOrders,
    "fill_before_cancel": FillBeforeCancel,
    "user_stream": UserStream,
}
"""By the name that a body gives."""
