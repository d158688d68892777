"""What a pegged order's price is when it comes (faqs/pegged_orders.md, read 2026-11-24)."""

from itertools import islice

from binance_mcp_server.exchange.engine.desk import Desk
from binance_mcp_server.exchange.engine.orders import NewOrder, Peg
from binance_mcp_server.exchange.engine.refusals import NEW_ORDER, RefusedError


def price_of(desk: Desk, asked: NewOrder) -> int:
    """The price of the level that *asked* is pegged to, so many existing levels behind the best as it says.

    Raises :class:`~.refusals.RefusedError` when there is no such level.
    """
    same = asked.peg is Peg.PRIMARY
    ladder = desk.book.side(asked.side) if same else desk.book.other(asked.side)
    level = next(islice(ladder, asked.peg_levels or 0, None), None)
    if level is None:
        text = "Order book liquidity is too low for this pegged order."
        raise RefusedError(NEW_ORDER, text)
    return level.price
