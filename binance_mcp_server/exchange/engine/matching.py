"""Price-time priority matching of one symbol: pure, on integers, without a clock.

An incoming order trades against the best price first and, within a price, against the order that came first, at the
resting order's price. What a limit order does not trade rests; what a market order does not trade is dropped. Of an
iceberg only a part shows; when that has traded, the next part joins the end of the queue.

Anonymous orders, the market's own, have ids below :data:`ACCOUNTS`; orders of accounts stand among them under ids from
there on.
"""

from typing import NamedTuple

from binance_mcp_server.exchange.engine.ladder import Ladder, Level, Order, Side

ACCOUNTS = 1 << 48
"""The id in a book of an account's order is its order id more than this."""


class Fill(NamedTuple):
    """One trade between two orders, at the resting one's price."""

    taker_id: int
    maker_id: int
    price: int
    qty: int
    taker_side: Side

    @property
    def is_of_account(self) -> bool:
        """Whether the resting order is an account's."""
        return self.maker_id >= ACCOUNTS


class OrderBook:
    """Both sides, the orders that rest on them and the number of changes so far."""

    def __init__(self) -> None:
        self.bids = Ladder(Side.BUY)
        self.asks = Ladder(Side.SELL)
        self.orders: dict[int, Order] = {}
        """Resting orders by id."""
        self.revision = 0
        """Accepted orders and cancels that changed the book: the base of update ids."""

    def limit(self, order: Order) -> list[Fill]:
        """Trade *order* as far as its price allows, let the rest of it stand.

        Raises ``ValueError`` when its id rests already, or its price or quantity is not positive.
        """
        if order.id in self.orders:
            raise ValueError(f"order {order.id} rests already")
        if order.price <= 0 or order.left <= 0:
            raise ValueError(f"price and quantity must be positive: {order}")
        self.revision += 1
        fills = self._match(order, order.price)
        if order.left:
            self.orders[order.id] = order
            self.side(order.side).add(order)
        return fills

    def market(self, order_id: int, side: Side, qty: int) -> list[Fill]:
        """Trade up to *qty* at any price. An empty other side gives no fill. Raises ``ValueError`` on *qty* <= 0."""
        if qty <= 0:
            raise ValueError(f"quantity must be positive: {qty}")
        fills = self._match(Order(order_id, side, 0, qty), None)
        self.revision += bool(fills)
        return fills

    def cancel(self, order_id: int) -> Order:
        """Take a resting order out and return it. Raises ``KeyError`` when it does not rest."""
        order = self.orders.pop(order_id)
        self.side(order.side).remove(order)
        self.revision += 1
        return order

    def rest(self, order: Order) -> None:
        """Let *order* stand where it is known to meet nobody."""
        self.revision += 1
        self.orders[order.id] = order
        self.side(order.side).add(order)

    def reduce(self, order_id: int, qty: int) -> None:
        """Take *qty* off a resting order, which keeps its place: what it holds back goes first. It goes with its
        last. Raises ``KeyError`` when it does not rest."""
        order = self.orders[order_id]
        held = min(order.hidden, qty)
        order.hidden -= held
        self.revision += 1
        if qty > held:
            ladder = self.side(order.side)
            self.trade(ladder, ladder.level_of(order), order, qty - held)

    def trade(self, ladder: Ladder, level: Level, maker: Order, qty: int) -> None:
        """*qty*, no more than what shows, goes off *maker*, which stands at *level* of *ladder*."""
        maker.left -= qty
        if not maker.left:
            del level.orders[maker.id]
            if maker.hidden:
                maker.left = min(maker.part, maker.hidden)
                maker.hidden -= maker.left
                level.orders[maker.id] = maker
                level.qty += maker.left
            else:
                del self.orders[maker.id]
        ladder.reduce(level, qty)

    def side(self, side: Side) -> Ladder:
        """The ladder where orders of *side* rest."""
        return self.bids if side is Side.BUY else self.asks

    def other(self, side: Side) -> Ladder:
        """The ladder against which takers of *side* trade."""
        return self.asks if side is Side.BUY else self.bids

    def _match(self, taker: Order, limit: int | None) -> list[Fill]:
        other = self.asks if taker.side is Side.BUY else self.bids
        fills: list[Fill] = []
        while taker.left and (level := other.best()) is not None:
            if limit is not None and not other.accepts(level.price, limit):
                break
            maker = level.head()
            qty = min(taker.left, maker.left)
            taker.left -= qty
            self.trade(other, level, maker, qty)
            fills.append(Fill(taker.id, maker.id, level.price, qty, taker.side))
        return fills
