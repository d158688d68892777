"""The faults in force: one object that all who are struck look at. Pure."""

from collections.abc import Callable, Mapping

from binance_mcp_server.exchange.engine.rules import Product
from binance_mcp_server.exchange.faults.kinds import StaleSnapshots
from binance_mcp_server.exchange.faults.orders import OrderPath
from binance_mcp_server.exchange.faults.plan import Plan
from binance_mcp_server.exchange.faults.schedule import Schedule
from binance_mcp_server.exchange.wire.view import FuturesView

Markets = Mapping[Product, FuturesView]


class Faults:
    """*remember* gives the markets with their books as they are now."""

    def __init__(self, remember: Callable[[], Markets] = dict) -> None:
        self.schedule = Schedule(Plan())
        self.orders = OrderPath()
        self.listeners: list[Callable[[], None]] = []
        """Called when another plan is armed."""
        self._remember = remember
        self._older: Markets = {}

    def arm(self, plan: Plan) -> None:
        """Take the place of what was armed."""
        self.schedule = Schedule(plan)
        self._older = self._remember() if self.schedule.peek(StaleSnapshots) else {}
        self.orders.arm(self.schedule)
        for listener in self.listeners:
            listener()

    def older(self, product: Product) -> FuturesView | None:
        """The market that the next depth snapshot is taken of, when that is an older one."""
        return self._older.get(product) if self.schedule.take(StaleSnapshots) else None
