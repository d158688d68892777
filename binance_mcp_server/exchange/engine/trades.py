"""Trades of accounts' orders: what a fill does to an order, and to both sides of a match."""

from binance_mcp_server.exchange.engine import ending, funds
from binance_mcp_server.exchange.engine.desk import Desk
from binance_mcp_server.exchange.engine.events import ExecType, Printed
from binance_mcp_server.exchange.engine.ladder import Ladder, Level, Order, Side
from binance_mcp_server.exchange.engine.orders import ABSENT, Fill, SpotOrder, Status


def fill(
    desk: Desk,
    order: SpotOrder,
    price: int,
    qty: int,
    trade_id: int,
    now: int,
    *,
    is_maker: bool,
) -> None:
    """*order* trades *qty* at *price*: paid, kept, told. What stood on the book has left it already."""
    order.executed += qty
    order.quote += price * qty
    order.update_time = now
    fee_asset, fee = funds.pay(desk, order, price, qty, is_maker=is_maker)
    record = Fill(
        trade_id,
        order.id,
        order.list_id,
        desk.symbol,
        price,
        qty,
        price * qty,
        fee,
        fee_asset,
        now,
        order.asked.side is Side.BUY,
        is_maker,
    )
    order.fills.append(record)
    desk.records.add_fill(order.uid, record)
    if order.list_id != ABSENT:
        desk.house.links.filled(order, record)
    if order.left:
        order.status = Status.PARTIALLY_FILLED
        if order.type.is_limit:
            funds.reserve(desk, order, funds.needed(desk, order))
        desk.report(order, ExecType.TRADE, now, on_book=is_maker, fill=record)
        return
    order.status = Status.FILLED
    ending.close(desk, order, now)
    desk.report(order, ExecType.TRADE, now, fill=record)
    if order.list_id != ABSENT:
        desk.house.links.ended(order, now)


def match(
    desk: Desk,
    taker: SpotOrder,
    ladder: Ladder,
    level: Level,
    maker: Order,
    theirs: SpotOrder | None,
    qty: int,
    now: int,
) -> None:
    """*taker* trades *qty* with *maker*, which stands at *level* of *ladder* and is *theirs* or the market's."""
    price = level.price
    desk.book.trade(ladder, level, maker, qty)
    trade_id = desk.house.new_trade_id(desk.symbol)
    fill(desk, taker, price, qty, trade_id, now, is_maker=False)
    if theirs is None:
        desk.executions += 1  # the other side's, of which nobody hears
    else:
        fill(desk, theirs, price, qty, trade_id, now, is_maker=True)
    teller = desk.house.teller
    if teller.listeners:
        teller.tell(Printed(desk.symbol, trade_id, price, qty, now, ladder.side is Side.BUY))
    desk.traded(price, now)


def met(desk: Desk, order: SpotOrder, price: int, qty: int, trade_id: int, now: int) -> None:
    """The market traded with a resting *order*, whose part of the book has gone already."""
    if order.list_id != ABSENT:
        desk.house.links.starting(order, now)
    desk.executions += 1  # the taker's
    fill(desk, order, price, qty, trade_id, now, is_maker=True)
