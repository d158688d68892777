"""Who hears of what happens: events go to listeners in their order, at once; balances once all that a request caused
has happened."""

from collections.abc import Callable

from binance_mcp_server.exchange.engine.account import Account
from binance_mcp_server.exchange.engine.events import Event, Position
from binance_mcp_server.exchange.engine.ledger import Ledger


class Teller:
    def __init__(self, ledger: Ledger, accounts: dict[int, Account]) -> None:
        self.listeners: list[Callable[[Event], None]] = []
        self._ledger = ledger
        self._accounts = accounts
        self._touched: dict[int, dict[str, None]] = {}

    def tell(self, event: Event) -> None:
        for listener in self.listeners:
            listener(event)

    def touch(self, uid: int, *assets: str) -> None:
        """These balances may have changed."""
        touched = self._touched.get(uid)
        if touched is None:
            touched = self._touched[uid] = {}
        for asset in assets:
            touched[asset] = None

    def forget(self) -> None:
        """What was touched is as it was before."""
        self._touched.clear()

    def tell_balances(self, now: int) -> None:
        """Tell of all that have been touched since the last call."""
        touched, self._touched = self._touched, {}
        for uid, assets in touched.items():
            self._accounts[uid].update_time = now
            if self.listeners:
                balances = ((asset, *self._ledger.balance(uid, asset)) for asset in assets)
                self.tell(Position(uid, now, tuple(balances)))
