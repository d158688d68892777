"""How many orders of an account are open, as the owner's limit on them needs it."""

from typing import Final

from binance_mcp_server.binance_api import endpoints_account
from binance_mcp_server.clock import Clock
from binance_mcp_server.models.orders import Order
from binance_mcp_server.trading.scope import Scope
from binance_mcp_server.trading.settling import OrderLine
from binance_mcp_server.trading.totals import Standing

COUNT_AGE_MS: Final = 60_000
"""How old the venue's count of open orders may be; what was placed since is added."""


class Counting:
    """How many orders of the account are open: the venue's count, and what may have come since."""

    def __init__(self, scope: Scope, line: OrderLine, clock: Clock) -> None:
        self._scope = scope
        self._line = line
        self._clock = clock
        self._counted: tuple[int, int] | None = None
        """When the venue was asked, and what it said."""

    @property
    def is_a_guess(self) -> bool:
        """Whether the venue's count is not of this moment."""
        return self._counted is None or self._counted[0] != self._clock.now_ms()

    def open_orders(self, standing: Standing) -> int:
        """At the most."""
        at_ms, count = self._counted or (0, 0)
        return count + standing.orders_unseen(self._scope.venue, self._scope.account, at_ms)

    async def count(self) -> None:
        """Ask the venue, where its last word is old."""
        known = self._counted
        if known is None or not 0 <= self._clock.now_ms() - known[0] < COUNT_AGE_MS:
            await self.count_anew()

    async def count_anew(self) -> tuple[Order, ...]:
        """Ask the venue; all symbols."""
        asked_ms = self._clock.now_ms()
        orders = (await self._line.send(endpoints_account.open_orders())).data
        self._counted = asked_ms, len(orders)
        return orders
