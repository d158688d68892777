"""Self-trade prevention: what happens instead of a trade with oneself (faqs/stp_faq.md, read 2026-11-24).

The taker's mode decides, but that TRANSFER needs both sides' wish and is DECREMENT otherwise.
"""

from binance_mcp_server.exchange.engine import ending, funds
from binance_mcp_server.exchange.engine.desk import Desk
from binance_mcp_server.exchange.engine.events import ExecType, Execution
from binance_mcp_server.exchange.engine.ladder import Ladder, Level, Order, Side
from binance_mcp_server.exchange.engine.orders import ABSENT, PreventedMatch, SpotOrder, Status, Stp

_TAKER_ENDS = frozenset((Stp.EXPIRE_TAKER, Stp.EXPIRE_BOTH))
_MAKER_ENDS = frozenset((Stp.EXPIRE_MAKER, Stp.EXPIRE_BOTH))


def applies(desk: Desk, taker: SpotOrder, maker: SpotOrder | None) -> bool:
    """Whether these two must not trade."""
    return maker is not None and taker.stp is not Stp.NONE and desk.are_one(taker, maker)


def mode(taker: SpotOrder, maker: SpotOrder) -> Stp:
    """The mode in effect."""
    if taker.stp is Stp.TRANSFER and maker.stp is not Stp.TRANSFER:
        return Stp.DECREMENT
    return taker.stp


def losses(how: Stp, taker_left: int, maker_left: int) -> tuple[int, int]:
    """What the taker and the maker lose."""
    if how in _TAKER_ENDS or how in _MAKER_ENDS:
        return (
            taker_left if how in _TAKER_ENDS else 0,
            maker_left if how in _MAKER_ENDS else 0,
        )
    smaller = min(taker_left, maker_left)
    return smaller, smaller


def prevent(
    desk: Desk,
    taker: SpotOrder,
    ladder: Ladder,
    level: Level,
    standing: Order,
    maker: SpotOrder,
    now: int,
) -> None:
    """*taker* met *maker*, which is *standing* at *level*: one or both lose quantity, nobody trades."""
    how, price = mode(taker, maker), level.price
    decrements = how not in _TAKER_ENDS and how not in _MAKER_ENDS
    if how is not Stp.EXPIRE_TAKER and maker.list_id != ABSENT:
        desk.house.links.starting(maker, now)  # of a pair only one may lose quantity
    maker_left = (
        standing.left if decrements else maker.left
    )  # of an iceberg what shows trades first
    lost = losses(how, taker.left, maker_left)
    would_trade = min(taker.left, maker_left)
    number, desk.prevented = desk.prevented, desk.prevented + 1
    house = desk.house
    group = house.accounts[taker.uid].trade_group_id
    record = PreventedMatch(
        number, desk.symbol, taker.id, maker.id, desk.symbol, group, how, price, *lost, now
    )
    desk.records.add_prevented({taker.uid, maker.uid}, record)
    if decrements:
        desk.book.trade(ladder, level, standing, lost[1])
    if how is Stp.TRANSFER and taker.uid != maker.uid:
        seller, buyer = (taker, maker) if taker.side is Side.SELL else (maker, taker)
        funds.transfer(desk, seller, buyer, price, would_trade)
    for order, other, qty in ((taker, maker, lost[0]), (maker, taker, lost[1])):
        if qty:
            _lose(desk, order, other, qty, (would_trade, price, number, group), now)


def _lose(
    desk: Desk,
    order: SpotOrder,
    other: SpotOrder,
    qty: int,
    match: tuple[int, int, int, int],
    now: int,
) -> None:
    would_trade, price, number, group = match
    order.prevented += qty
    order.prevented_match_id = number
    order.update_time = now
    ended = not order.left
    if ended:
        order.status = Status.EXPIRED_IN_MATCH
        ending.close(desk, order, now)
    elif order.type.is_limit or order.side is Side.SELL:
        funds.reserve(desk, order, funds.needed(desk, order))
    desk.executions += 1
    teller = desk.house.teller
    if teller.listeners:
        teller.tell(
            Execution(
                order.uid,
                desk.executions,
                now,
                ExecType.TRADE_PREVENTION,
                order.snapshot(),
                on_book=desk.on_book(order) is not None,
                prevented=qty,
                prevented_match_qty=would_trade,
                prevented_match_price=price,
                counter_order_id=other.id,
                trade_group_id=group,
            )
        )
    if ended and order.list_id != ABSENT:
        desk.house.links.ended(order, now)
