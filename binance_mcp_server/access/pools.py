"""Which products count together: one ledger for spot, one for USDⓈ-M with COIN-M.

Both futures have one limit an address since 2026-06-30 ("CM/UM integration" of their documents, read 2026-11-22), and
each states it in its own ``exchangeInfo``. The stricter word holds, and the published limit until both have spoken.
"""

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Final

from binance_mcp_server.access.limits import Ledger, open_ledger
from binance_mcp_server.access.order_limits import (
    PUBLISHED as PUBLISHED_ORDERS,
)
from binance_mcp_server.access.order_limits import (
    OrderLedger,
    limits_of,
    open_order_ledger,
)
from binance_mcp_server.access.state_files import Pool, limits_file
from binance_mcp_server.access.windows import Limits, RateLimit
from binance_mcp_server.clock import Clock
from binance_mcp_server.venues import Market

PUBLISHED: Final[dict[Pool, Limits]] = {"spot": Limits(), "futures": Limits(weight=2400)}
"""What one address may send, until the venue says it. Futures have no limit on the number of requests."""
_MEMBERS: Final[dict[Pool, frozenset[Market]]] = {
    "spot": frozenset({"spot"}),
    "futures": frozenset({"usdm", "coinm"}),
}


def pool_of(market: Market) -> Pool:
    """What *market* counts in."""
    return "spot" if market == "spot" else "futures"


class Shared:
    """A ledger with the words of those that count in it, and the orders of the accounts that trade there."""

    def __init__(
        self,
        ledger: Ledger,
        pool: Pool,
        open_orders: Callable[[str], OrderLedger] | None = None,
    ) -> None:
        """*open_orders*: an API key → the ledger of its account's orders."""
        self.ledger = ledger
        self._pool = pool
        self._told: dict[Market, Limits] = {}
        self._open_orders = open_orders
        self._orders: dict[str, OrderLedger] = {}
        self._order_limits = PUBLISHED_ORDERS

    def orders(self, api_key: str) -> OrderLedger:
        """The orders of the account of *api_key*."""
        if api_key not in self._orders:
            opened = self._open_orders(api_key) if self._open_orders else None
            ledger = self._orders[api_key] = opened or OrderLedger(self.ledger.clock)
            if self._told:
                ledger.set_limits(self._order_limits)
        return self._orders[api_key]

    def close(self) -> None:
        """Let go of all files. Idempotent."""
        self.ledger.close()
        for orders in self._orders.values():
            orders.close()

    def tell(self, market: Market, rate_limits: Iterable[RateLimit]) -> None:
        """Take *market*'s word on its limits."""
        rate_limits = tuple(rate_limits)
        published = PUBLISHED[self._pool]
        self._told[market] = Limits.of(rate_limits, published)
        words = [self._told.get(member, published) for member in _MEMBERS[self._pool]]
        strictest = words[0]
        for word in words[1:]:
            strictest = strictest.lower(word)
        self.ledger.set_limits(strictest)
        self._order_limits = limits_of(rate_limits)
        for orders in self._orders.values():
            orders.set_limits(self._order_limits)


class Ledgers:
    """All ledgers of this process, opened when first needed: one for each pool of each venue."""

    def __init__(self, clock: Clock, state_dir: Path | None) -> None:
        self._clock = clock
        self._state_dir = state_dir
        self._open: dict[str, Shared] = {}

    def of(self, market: Market, rest_url: str) -> Shared:
        """The ledger that *market* at *rest_url* counts in."""
        pool = pool_of(market)
        name = limits_file(rest_url, pool)
        if name not in self._open:
            ledger = open_ledger(
                rest_url,
                clock=self._clock,
                state_dir=self._state_dir,
                limits=PUBLISHED[pool],
                pool=pool,
            )
            orders = partial(
                open_order_ledger, rest_url, clock=self._clock, state_dir=self._state_dir
            )
            self._open[name] = Shared(ledger, pool, orders)
        return self._open[name]

    def close(self) -> None:
        """Let go of all files. Idempotent; a later use opens them again."""
        opened, self._open = self._open, {}
        for shared in opened.values():
            shared.close()
