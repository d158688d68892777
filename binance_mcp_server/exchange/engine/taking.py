"""The taker phase of an account's order: what it would meet on the book, and meeting it."""

from collections.abc import Iterator
from typing import NamedTuple

from binance_mcp_server.exchange.engine import prevention, trades
from binance_mcp_server.exchange.engine.bands import range_of
from binance_mcp_server.exchange.engine.desk import Desk
from binance_mcp_server.exchange.engine.ladder import Ladder, Level, Order
from binance_mcp_server.exchange.engine.orders import ABSENT, Expiry, SpotOrder, Stp


class Survey(NamedTuple):
    """What an order would trade if it came now."""

    qty: int = 0
    """What it would use up: trades, and what self-trade prevention would take off it."""
    traded: int = 0
    turnover: int = 0
    """1e-16 of the quote asset."""
    last_price: int = 0
    stopped: Expiry | None = None
    """Why it would end there, where the book or a rule ends it."""


def survey(desk: Desk, order: SpotOrder, wanted: int, budget: int | None = None) -> Survey:
    """Up to *wanted* of the base asset or, with a *budget*, up to that turnover (1e-16) in whole lots."""
    ladder = desk.book.other(order.side)
    within = range_of(desk, order.side)
    step = desk.rules.step or 1
    used = traded = turnover = last = 0
    for level, standing in _queue(ladder, order.price):
        price = level.price
        if within is not None and not within.admits(price):
            return Survey(used, traded, turnover, last, Expiry.PRICE_RANGE)
        theirs = desk.behind(standing)
        own = prevention.applies(desk, order, theirs)
        if own and order.stp is Stp.EXPIRE_MAKER:
            continue
        fits = wanted - used if budget is None else (budget - turnover) // (price * step) * step
        qty = min(fits, standing.left + standing.hidden)
        if qty <= 0:
            return Survey(used, traded, turnover, last)
        if own and order.stp in (Stp.EXPIRE_TAKER, Stp.EXPIRE_BOTH):
            return Survey(used + qty, traded, turnover, price)
        used, turnover, last = used + qty, turnover + price * qty, price
        traded += 0 if own else qty
        if qty == fits:
            return Survey(used, traded, turnover, last)
    return Survey(used, traded, turnover, last, Expiry.NO_LIQUIDITY)


def _queue(ladder: Ladder, limit: int) -> Iterator[tuple[Level, Order]]:
    """Whom a taker meets, first to last; *limit* 0: at any price."""
    for level in ladder:
        if limit and not ladder.accepts(level.price, limit):
            return
        for standing in level.orders.values():
            yield level, standing


def take(desk: Desk, order: SpotOrder, now: int) -> Expiry | None:
    """Trade *order* as far as price, book and rules allow. What ended it, where that was a rule."""
    ladder = desk.book.other(order.side)
    limit = order.price
    best = ladder.best()
    if best is None or (limit and not ladder.accepts(best.price, limit)):
        return None
    within = range_of(desk, order.side)
    desk.book.revision += 1
    while order.left and order.status.is_open and (best := ladder.best()) is not None:
        if limit and not ladder.accepts(best.price, limit):
            break
        if within is not None and not within.admits(best.price):
            return Expiry.PRICE_RANGE
        _meet(desk, order, ladder, best, now)
    return None


def _meet(desk: Desk, order: SpotOrder, ladder: Ladder, best: Level, now: int) -> None:
    standing = best.head()
    theirs = desk.behind(standing)
    if theirs is not None and prevention.applies(desk, order, theirs):
        prevention.prevent(desk, order, ladder, best, standing, theirs, now)
        return
    if theirs is not None and theirs.list_id != ABSENT:
        desk.house.links.starting(theirs, now)
    qty = min(order.left, standing.left)
    trades.match(desk, order, ladder, best, standing, theirs, qty, now)


def spent_to(found: Survey, budget: int, step: int) -> int:
    """The quantity that an order by quote quantity asks for: what *found* traded and, where the book ended before the
    *budget* did, what the rest of it would buy at the last price, a lot at the least."""
    if found.stopped is None:
        return found.qty
    rest = (budget - found.turnover) // (found.last_price * step) * step if found.last_price else 0
    return found.qty + max(rest, step)
