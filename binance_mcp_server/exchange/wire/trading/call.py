"""One signed request that was found to be authentic, and what answers it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeVar

from binance_mcp_server.exchange.engine.account import Account
from binance_mcp_server.exchange.engine.refusals import RefusedError
from binance_mcp_server.exchange.wire.params import Query
from binance_mcp_server.exchange.wire.trading.view import UnfilledView, VenueView
from binance_mcp_server.exchange.wire.view import MarketView
from binance_mcp_server.exchange.wire.weights import Weight

T = TypeVar("T")
Security = Literal["TRADE", "USER_DATA", "USER_STREAM"]
AUTHENTIC = ("recvWindow", "timestamp", "signature")
"""What every signed request has beside its own parameters; on the WebSocket API ``apiKey`` too."""


@dataclass(frozen=True, slots=True)
class SignedCall:
    """It knows no HTTP: REST and the WebSocket API make the same one."""

    venue: VenueView
    account: Account
    query: Query
    scale: int
    """Time units to a millisecond: 1, or 1000 for microseconds."""
    now: int
    """What the venue says the time is, ms."""
    machine_now: int
    """By which limits are counted, ms."""
    market: MarketView
    unfilled: UnfilledView

    @property
    def uid(self) -> int:
        return self.account.uid

    def symbol(self) -> str:
        return self.query.symbol(self.market.rules)

    def count_orders(self, cost: int) -> None:
        """Raises -1015 when the account has too many unfilled orders."""
        self.unfilled.take(self.account.uid, cost, self.machine_now)

    def counted(self, cost: int, act: Callable[[], T]) -> T:
        """What *act* does, with *cost* orders counted unless the engine refuses them. Raises -1015 before."""
        self.count_orders(cost)
        try:
            return act()
        except RefusedError:
            self.unfilled.give_back(self.account.uid, cost, self.machine_now)
            raise


def _none(_params: Mapping[str, str]) -> int:
    return 0


def never(_body: object) -> bool:
    return False


def always(_body: object) -> bool:
    return True


class Operation(NamedTuple):
    """What one kind of request takes and gives. An answer raises
    :class:`~.engine.refusals.RefusedError` and :class:`~.wire.errors.VenueError`, and changes something only after it
    has read all parameters and found none that it does not know."""

    params: tuple[str, ...]
    """Its own; :data:`AUTHENTIC` come with every request."""
    weight: Weight
    security: Security
    answer: Callable[[SignedCall], object]
    orders: Callable[[Mapping[str, str]], int] = _none
    """How much it adds to the account's unfilled orders."""
    is_free: Callable[[object], bool] = never
    """Whether this answer costs no weight (CHANGELOG.md 2026-03-27 and 2026-04-02); refusals always do."""

    def weight_before(self, params: Mapping[str, str]) -> int:
        """What is charged, or refused, before anything else happens: nothing of what may turn out free."""
        return self.weight(params) if self.is_free is never else 0

    def weight_after(self, params: Mapping[str, str], body: object | None) -> int:
        """What is charged for the answer *body*, or for a refusal (``None``)."""
        if self.is_free is never or (body is not None and self.is_free(body)):
            return 0
        return self.weight(params)
