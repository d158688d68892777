"""What all symbols of a venue share: accounts, ledger, listeners, what is to be done next."""

from collections import deque
from collections.abc import Callable
from typing import NamedTuple, Protocol

from binance_mcp_server.exchange.engine.account import Account
from binance_mcp_server.exchange.engine.ledger import Ledger
from binance_mcp_server.exchange.engine.names import Names
from binance_mcp_server.exchange.engine.orders import Fill, SpotOrder
from binance_mcp_server.exchange.engine.records import Counts
from binance_mcp_server.exchange.engine.telling import Teller
from binance_mcp_server.exchange.engine.trading_rules import NO_EXCHANGE_RULES, ExchangeRules


class MarketFacts(Protocol):
    """What the market says of a symbol; prices in units of 1e-8."""

    def average_price(self, symbol: str, now: int) -> int:
        """Of the last minutes, 0 without trades."""
        ...

    def last_price(self, symbol: str) -> int | None:
        """``None``: there was no trade, or there is no such symbol."""
        ...

    def reference_price(self, symbol: str) -> int | None:
        """``None``: the symbol has none, or not now."""
        ...


class NoFacts:
    """A market of which nobody knows anything."""

    def average_price(self, symbol: str, now: int) -> int:  # noqa: ARG002 - nobody knows
        return 0

    def last_price(self, symbol: str) -> int | None:  # noqa: ARG002 - nobody knows
        return None

    def reference_price(self, symbol: str) -> int | None:  # noqa: ARG002 - nobody knows
        return None


class Links(Protocol):
    """What the other orders of a list must learn of one."""

    def starting(self, order: SpotOrder, now: int) -> None:
        """It triggers, or is about to trade."""
        ...

    def filled(self, order: SpotOrder, fill: Fill) -> None: ...

    def ended(self, order: SpotOrder, now: int) -> None: ...


class _NoLinks:
    def starting(self, order: SpotOrder, now: int) -> None: ...

    def filled(self, order: SpotOrder, fill: Fill) -> None: ...

    def ended(self, order: SpotOrder, now: int) -> None: ...


class TradeIds:
    """Trade ids of each symbol, from 1 on."""

    def __init__(self) -> None:
        self._last: dict[str, int] = {}

    def __call__(self, symbol: str) -> int:
        number = self._last[symbol] = self._last.get(symbol, 0) + 1
        return number


class Task(NamedTuple):
    """Something that a trade caused and that waits until what is under way has ended."""

    run: Callable[[SpotOrder, int], None]
    order: SpotOrder


class House:
    def __init__(
        self,
        ledger: Ledger,
        market: MarketFacts,
        new_trade_id: Callable[[str], int],
        *,
        exchange: ExchangeRules = NO_EXCHANGE_RULES,
        seed: int = 0,
    ) -> None:
        self.ledger = ledger
        self.market = market
        self.new_trade_id = new_trade_id
        self.exchange = exchange
        self.accounts: dict[int, Account] = {}
        self.teller = Teller(ledger, self.accounts)
        self.names = Names(seed)
        self.counts = Counts()
        """What accounts have open, all symbols together."""
        self.links: Links = _NoLinks()
        self.tasks: deque[Task] = deque()

    def run_tasks(self, now: int) -> None:
        """Do what waits, and what that causes, in order."""
        tasks = self.tasks
        while tasks:
            task = tasks.popleft()
            task.run(task.order, now)

    def are_one(self, uid: int, other: int) -> bool:
        """Whether two accounts must not trade with each other, where they asked for it."""
        if uid == other:
            return True
        group = self.accounts[uid].trade_group_id
        return group >= 0 and group == self.accounts[other].trade_group_id
