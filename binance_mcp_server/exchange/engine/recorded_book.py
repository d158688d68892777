"""A recorded (or mirrored) market as an order book that accounts can trade with.

What is recorded stands in an :class:`~.matching.OrderBook` as anonymous orders, *blocks*, between which the orders of
accounts wait: the blocks in front of an order are the part of the queue before it. Nobody recorded trades with an
account in truth, so by these rules:

- **Joining.** An order that rests stands behind all that stands at its price.
- **Trade prints** at a price take blocks in the order of the queue. What a print has left when it comes to an account's
  order fills that order, as far as it goes; the recorded market lost the whole of the print all the same, so the filled
  quantity leaves the blocks behind as well. The print's taker side decides which side of the book it takes from.
- **Prints through a price** (below a buy, above a sell) fill the order whole: nobody trades there while it stands.
- **Depth updates** say how much stands at a price now. More: it came last, behind everybody. Less: somebody cancelled;
  who, a :mod:`queue model <.queue_models>` decides. A quote that reaches or crosses an account's order does not fill
  it: only prints do.
- **Takers** of accounts trade with blocks and with orders in the order of the queue. What they took is gone, for
  everybody, until the next update of that price says again how much is there.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import takewhile

from binance_mcp_server.exchange.engine.ladder import Ladder, Level, Order, Side
from binance_mcp_server.exchange.engine.matching import ACCOUNTS, OrderBook
from binance_mcp_server.exchange.engine.queue_models import QueueModel

Levels = Iterable[tuple[int, int]]
"""Prices and quantities, 1e-8."""
Fill = Callable[[int, int], None]
"""Fill the resting order of this id by this quantity, at its price."""
Block = Order
"""A quantity that others have at a price, between two orders of accounts."""


class RecordedBook:
    """Keeps the blocks of *book* as the recording says. *model* decides who left when nobody traded."""

    def __init__(self, book: OrderBook, model: QueueModel) -> None:
        self.book = book
        self._model = model
        self._next_id = 0

    def replace(self, bids: Levels, asks: Levels) -> None:
        """The whole book is this now; orders of accounts stay."""
        for side, levels in ((Side.BUY, bids), (Side.SELL, asks)):
            new = dict(levels)
            gone = {level.price: 0 for level in self.book.side(side) if level.price not in new}
            self._set(side, [*gone.items(), *new.items()])

    def update(self, bids: Levels, asks: Levels) -> None:
        """These prices have these quantities now, 0: none."""
        self._set(Side.BUY, bids)
        self._set(Side.SELL, asks)

    def printed(self, price: int, qty: int, taker: Side, fill: Fill) -> None:
        """*qty* traded at *price*, taken by *taker*'s side. *fill* gives accounts' orders what they get of it."""
        for order_id in self._passed(price):
            while (
                order := self.book.orders.get(order_id)
            ) is not None:  # an iceberg, part after part
                fill(order_id, order.left)
        ladder = self.book.asks if taker is Side.BUY else self.book.bids
        level = ladder.at(price)
        if level is None:
            return
        shares = list(_shares(level, qty))
        self._take(ladder, level, qty)
        for order_id, share in shares:
            order = self.book.orders.get(order_id)  # another fill may have ended it
            if order is not None:
                fill(order_id, min(share, order.left))

    def _set(self, side: Side, levels: Levels) -> None:
        ladder = self.book.side(side)
        for price, qty in levels:
            level = ladder.at(price)
            if level is None:
                if qty:
                    self._append(ladder, price, qty)
                continue
            if len(level.orders) == 1:
                (only,) = level.orders.values()
                if _is_block(only):  # the usual case
                    self._resize(ladder, level, only, qty)
                    continue
            standing = sum(each.left for each in _blocks(level))
            if qty > standing:
                self._grow(ladder, level, qty - standing)
            elif qty < standing:
                self._leave(ladder, level, standing, standing - qty)
        ladder.forget_changes()

    def _append(self, ladder: Ladder, price: int, qty: int) -> None:
        block = Block(self._next_id, ladder.side, price, qty)
        self._next_id += 1
        self.book.orders[block.id] = block
        ladder.add(block)

    def _grow(self, ladder: Ladder, level: Level, more: int) -> None:
        last = level.orders[next(reversed(level.orders))]
        if _is_block(last):
            self._resize(ladder, level, last, last.left + more)
        else:
            self._append(ladder, level.price, more)

    def _leave(self, ladder: Ladder, level: Level, standing: int, gone: int) -> None:
        """*gone* of the *standing* quantity was cancelled: by whom, the model says for each account's order."""
        blocks: list[list[Block]] = [[]]
        for each in level.orders.values():
            if _is_block(each):
                blocks[-1].append(each)
            else:
                blocks.append([])
        before, kept = 0, 0
        for place, group in enumerate(blocks):
            held = sum(each.left for each in group)
            before += held
            left = standing - gone
            if place < len(blocks) - 1:
                left = self._model.left_before(before, standing - before, gone)
            self._cut(ladder, level, group, held - (left - kept))
            kept = left

    def _take(self, ladder: Ladder, level: Level, qty: int) -> None:
        """Take up to *qty* from the blocks, in the order of the queue."""
        self._cut(ladder, level, list(_blocks(level)), qty)

    def _cut(self, ladder: Ladder, level: Level, blocks: Sequence[Block], qty: int) -> None:
        for block in blocks:
            cut = min(block.left, qty)
            qty -= cut
            self._resize(ladder, level, block, block.left - cut)
            if qty <= 0:
                return

    def _resize(self, ladder: Ladder, level: Level, block: Block, qty: int) -> None:
        less, block.left = block.left - qty, qty
        if not qty:
            del level.orders[block.id], self.book.orders[block.id]
        ladder.reduce(level, less)

    def _passed(self, price: int) -> list[int]:
        """Orders of accounts that a trade at *price* went through, best first."""
        found: list[int] = []
        for ladder, sign in ((self.book.bids, 1), (self.book.asks, -1)):
            for level in ladder:
                if sign * level.price <= sign * price:
                    break
                found += [each.id for each in level.orders.values() if not _is_block(each)]
        return found


def market_before(book: OrderBook, order_id: int) -> int:
    """How much of the market stands before a resting order, at its price. Raises ``KeyError`` when it rests not."""
    order = book.orders[order_id]
    queue = book.side(order.side).level_of(order).orders.values()
    return sum(
        each.left for each in takewhile(lambda each: each is not order, queue) if _is_block(each)
    )


def _is_block(order: Order) -> bool:
    return order.id < ACCOUNTS


def _blocks(level: Level) -> Iterator[Block]:
    return filter(_is_block, level.orders.values())


def _shares(level: Level, qty: int) -> Iterator[tuple[int, int]]:
    """What each order of an account gets when *qty* is taken from a level in the order of its queue."""
    for each in level.orders.values():
        share = min(each.left, qty)
        qty -= share
        if share and not _is_block(each):
            yield each.id, share
