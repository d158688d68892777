"""One symbol as accounts trade it: its book, its orders, what it knows of prices, and how its executions are told."""

from collections.abc import Callable

from binance_mcp_server.exchange.engine.events import ExecType, Execution
from binance_mcp_server.exchange.engine.filters import Facts
from binance_mcp_server.exchange.engine.house import House, Task
from binance_mcp_server.exchange.engine.ladder import Order, Side
from binance_mcp_server.exchange.engine.matching import ACCOUNTS, OrderBook
from binance_mcp_server.exchange.engine.orders import Fill, SpotOrder
from binance_mcp_server.exchange.engine.records import Counts, Records
from binance_mcp_server.exchange.engine.rules import SymbolRules
from binance_mcp_server.exchange.engine.triggers import Triggers


class Desk:
    def __init__(self, rules: SymbolRules, book: OrderBook, house: House) -> None:
        self.rules = rules
        self.symbol = rules.symbol
        self.status = rules.status
        self.book = book
        self.house = house
        self.records = Records()
        self.triggers = Triggers()
        self.counts = Counts()
        self.executions = 0
        """Executions so far: the last id."""
        self.prevented = 0
        """Prevented matches so far."""
        self.on_trigger: Callable[[SpotOrder, int], None] | None = None
        """What becomes of an order whose price was reached."""
        self._last: int | None = None

    # --- prices

    def last_price(self) -> int | None:
        return self._last or self.house.market.last_price(self.symbol)

    def traded(self, price: int, now: int) -> None:
        """A public trade: orders that it triggers start when what is under way has ended."""
        self._last = price
        if self.triggers and self.on_trigger is not None:
            for order in self.triggers.reached(price, now):
                self.house.tasks.append(Task(self.on_trigger, order))

    def facts(self, uid: int, now: int) -> Facts:
        """What the filters need to know."""
        house, symbol, trading = self.house, self.symbol, self.rules.trading
        reference = house.market.reference_price(symbol)
        uses_average = reference is None and trading.average_minutes
        return Facts(
            on_symbol=self.counts.of(uid),
            on_exchange=house.counts.of(uid),
            position=self._position(uid) if trading.max_position else 0,
            reference=reference,
            average=house.market.average_price(symbol, now) if uses_average else 0,
            last=self.last_price(),
            max_asset=house.accounts[uid].max_asset,
            exchange=house.exchange,
        )

    def _position(self, uid: int) -> int:
        buys = (each for each in self.records.open_of(uid) if each.side is Side.BUY)
        return sum(self.house.ledger.balance(uid, self.rules.base)) + sum(b.left for b in buys)

    # --- orders on the book

    def behind(self, maker: Order) -> SpotOrder | None:
        """The order of an account that *maker* is on the book, if it is one."""
        return self.records.orders[maker.id - ACCOUNTS] if maker.id >= ACCOUNTS else None

    def on_book(self, order: SpotOrder) -> Order | None:
        return self.book.orders.get(ACCOUNTS + order.id)

    def rest(self, order: SpotOrder) -> None:
        """Let *order* stand on the book; of an iceberg a part."""
        left, part = order.left, order.asked.iceberg_qty
        shown = min(left, part) if part else left
        standing = Order(ACCOUNTS + order.id, order.side, order.price, left, shown)
        standing.hidden, standing.part = left - shown, part
        self.book.rest(standing)

    def are_one(self, taker: SpotOrder, maker: SpotOrder) -> bool:
        return self.house.are_one(taker.uid, maker.uid)

    # --- what is told

    def report(
        self,
        order: SpotOrder,
        kind: ExecType,
        now: int,
        *,
        on_book: bool = False,
        fill: Fill | None = None,
        previous: str = "",
        reason: str = "NONE",
    ) -> int:
        """Tell of an execution; its id."""
        self.executions += 1
        teller = self.house.teller
        if teller.listeners:
            teller.tell(
                Execution(
                    order.uid,
                    self.executions,
                    now,
                    kind,
                    order.snapshot(),
                    on_book,
                    fill,
                    previous,
                    reason,
                )
            )
        return self.executions

    def touch(self, uid: int) -> None:
        self.house.teller.touch(uid, self.rules.base, self.rules.quote)
