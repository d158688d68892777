"""The life of a single order: examined, accepted, triggered, working. Its ends are in :mod:`.ending`."""

from dataclasses import replace

from binance_mcp_server.exchange.engine import checks, ending, funds, pegs, taking
from binance_mcp_server.exchange.engine.desk import Desk
from binance_mcp_server.exchange.engine.events import ExecType
from binance_mcp_server.exchange.engine.filters import Facts, Open, check_order, check_qty
from binance_mcp_server.exchange.engine.ladder import Side
from binance_mcp_server.exchange.engine.orders import (
    ABSENT,
    Expiry,
    NewOrder,
    OrderType,
    SpotOrder,
    Status,
    TimeInForce,
)
from binance_mcp_server.exchange.engine.refusals import (
    NEW_ORDER,
    RefusedError,
    duplicate,
    filter_failure,
    would_match,
    would_trigger,
)
from binance_mcp_server.exchange.engine.triggers import is_reached
from binance_mcp_server.exchange.numbers import SCALE

_UNCOUNTED = Open()


def examine(desk: Desk, uid: int, asked: NewOrder, facts: Facts) -> int:
    """What needs no matching: symbol, account, filters. The limit price: as asked, or where the order is pegged to.

    Raises :class:`~.refusals.RefusedError`.
    """
    checks.check_account(desk.house.accounts[uid], desk.rules)
    checks.check_open(desk.status)
    checks.check_kind(asked, desk.rules)
    price = asked.price
    if asked.peg is not None and not asked.type.is_contingent:
        if price:
            check_order(asked, desk.rules, facts)
        price = pegs.price_of(desk, asked)
    check_order(asked, desk.rules, facts, price)
    return price


def made(desk: Desk, uid: int, asked: NewOrder, price: int, now: int) -> SpotOrder:
    """*asked* as an order, of which nobody knows yet. Raises -2010 when its client id is taken."""
    if asked.client_id and desk.records.is_taken(uid, asked.client_id):
        raise duplicate()
    return draft(desk, uid, asked, price, now)


def draft(desk: Desk, uid: int, asked: NewOrder, price: int, now: int) -> SpotOrder:
    buys = asked.side is Side.BUY
    return SpotOrder(
        id=desk.records.new_id(),
        uid=uid,
        asked=asked,
        client_id=asked.client_id or desk.house.names.new(),
        time=now,
        stp=asked.stp or desk.rules.trading.stp,
        price=price,
        pegged_price=price if asked.peg is not None and not asked.type.is_contingent else 0,
        qty=asked.qty,
        update_time=now,
        stop_price=asked.stop_price,
        locked_asset=desk.rules.quote if buys else desk.rules.base,
        uses_sor=asked.uses_sor,
    )


def check_market(desk: Desk, asked: NewOrder, price: int) -> None:
    """What the market refuses: a maker that would take, a stop that would trigger at once."""
    if asked.type is OrderType.LIMIT_MAKER:
        ladder = desk.book.other(asked.side)
        best = ladder.best()
        if best is not None and ladder.accepts(best.price, price):
            raise would_match()
    if asked.stop_price:
        last = desk.last_price()
        if last and is_reached(asked, asked.stop_price, last):
            raise would_trigger()


def place(desk: Desk, uid: int, asked: NewOrder, now: int) -> SpotOrder:
    """Accept *asked* and let it work, or wait. Raises :class:`~.refusals.RefusedError`; nothing has changed then."""
    price = examine(desk, uid, asked, desk.facts(uid, now))
    check_market(desk, asked, price)
    order = made(desk, uid, asked, price, now)
    hold(desk, order)
    accept(desk, order)
    enter(desk, order, now)
    return order


def hold(desk: Desk, order: SpotOrder) -> None:
    """Lock what *order* needs from its beginning on. Raises :class:`~.refusals.RefusedError`."""
    if order.type is OrderType.MARKET:
        size_market(desk, order)
    else:
        funds.reserve(desk, order, funds.needed(desk, order))


def size_market(desk: Desk, order: SpotOrder) -> None:
    """Lock what an order that trades at any price will cost on the book as it is, and find the quantity of one by
    quote quantity. Raises :class:`~.refusals.RefusedError`."""
    asked, buys = order.asked, order.side is Side.BUY
    if not asked.quote_qty:
        cost = -(-taking.survey(desk, order, order.left).turnover // SCALE) if buys else 0
        funds.reserve(desk, order, cost if buys else order.left)
        return
    budget = asked.quote_qty * SCALE
    found = taking.survey(desk, order, 0, budget)
    _check_quote(desk, order, found)
    order.qty = taking.spent_to(found, budget, desk.rules.step or 1)
    funds.reserve(desk, order, asked.quote_qty if buys else found.qty)


def _check_quote(desk: Desk, order: SpotOrder, found: taking.Survey) -> None:
    """Whether an order by quote quantity comes to a quantity that may be."""
    rules = desk.rules
    if desk.book.other(order.side).best() is None:
        text = "Order book liquidity is less than symbol minimum quantity."
        raise RefusedError(NEW_ORDER, text)
    for name, least in (
        ("LOT_SIZE", rules.min_qty),
        ("MARKET_LOT_SIZE", rules.trading.min_market_qty),
    ):
        if found.qty < least and found.stopped is Expiry.NO_LIQUIDITY:
            text = f"Order book liquidity is less than {name} filter minimum quantity."
            raise RefusedError(NEW_ORDER, text)
        if found.qty < least and found.stopped is None:
            raise filter_failure(name)


def accept(desk: Desk, order: SpotOrder) -> None:
    """From now on it exists."""
    desk.records.opened(order)
    desk.counts.add(order, 1)
    desk.house.counts.add(order, 1)
    desk.touch(order.uid)


def enter(desk: Desk, order: SpotOrder, now: int) -> None:
    """An accepted order becomes NEW: it waits for its price, or works at once."""
    if order.type.is_contingent:
        wait(desk, order, now)
        announce(desk, order, now)
        return
    begin(order, now)
    announce(desk, order, now)
    work(desk, order, now)


def announce(desk: Desk, order: SpotOrder, now: int) -> None:
    desk.report(order, ExecType.NEW, now, on_book=order.is_working)


def begin(order: SpotOrder, now: int) -> None:
    """From now on it can trade."""
    order.is_working = True
    order.working_time = order.update_time = now


def wait(desk: Desk, order: SpotOrder, now: int) -> None:
    desk.triggers.add(order, desk.last_price(), now)


def trigger(desk: Desk, order: SpotOrder, now: int) -> None:
    """The price of a waiting order was reached: it works, unless something does not admit it any more."""
    if not order.status.is_open:
        return
    desk.counts.triggered(order.uid)
    desk.house.counts.triggered(order.uid)
    order.is_triggered = True
    if order.list_id != ABSENT:
        desk.house.links.starting(order, now)
    try:
        if order.asked.peg is not None:
            peg(desk, order, now)
        if not order.type.is_limit:
            size_market(desk, order)
        else:
            funds.reserve(desk, order, funds.needed(desk, order))
    except RefusedError:
        ending.expire(desk, order, now, Expiry.REJECTED)
        return
    begin(order, now)
    announce(desk, order, now)
    work(desk, order, now)


def peg(desk: Desk, order: SpotOrder, now: int) -> None:
    """The book decides the price of *order* now. Raises :class:`~.refusals.RefusedError`."""
    price = pegs.price_of(desk, order.asked)
    facts = desk.facts(order.uid, now)._replace(on_symbol=_UNCOUNTED, on_exchange=_UNCOUNTED)
    check_order(replace(order.asked, qty=order.qty), desk.rules, facts, price)
    order.price = order.pegged_price = price


def check_size(desk: Desk, order: SpotOrder, qty: int, now: int) -> None:
    """Whether *order* may have the quantity *qty*. Raises :class:`~.refusals.RefusedError`."""
    asked = replace(order.asked, qty=qty)
    check_qty(asked, desk.rules, desk.facts(order.uid, now), order.price)


def work(desk: Desk, order: SpotOrder, now: int) -> None:
    """Trade it as far as it goes; what is left rests or expires."""
    tif = order.asked.tif
    if tif is TimeInForce.FOK and order.type.is_limit:
        found = taking.survey(desk, order, order.left)
        if found.traded < order.left:
            by_rule = found.stopped is Expiry.PRICE_RANGE
            why = Expiry.PRICE_RANGE if by_rule else Expiry.UNFILLED_FOK
            ending.expire(desk, order, now, why)
            return
    stopped = taking.take(desk, order, now)
    if not order.status.is_open:
        return
    if stopped is not None:
        ending.expire(desk, order, now, stopped)
    elif not order.type.is_limit:
        ending.expire(desk, order, now, Expiry.NO_LIQUIDITY)
    elif tif is TimeInForce.IOC:
        ending.expire(desk, order, now, Expiry.UNFILLED_IOC)
    else:
        desk.rest(order)


def validate(desk: Desk, order: SpotOrder, now: int) -> None:
    """Whether a pending order can enter the market as it is now; a pegged one gets its price. Raises
    :class:`~.refusals.RefusedError`."""
    if order.asked.peg is not None and not order.type.is_contingent:
        peg(desk, order, now)
    check_market(desk, order.asked, order.price)


def release(desk: Desk, order: SpotOrder, now: int) -> None:
    """A pending order enters the market."""
    order.status = Status.NEW
    order.update_time = now
    enter(desk, order, now)
