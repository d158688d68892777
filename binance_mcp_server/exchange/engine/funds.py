"""What orders hold locked, and how a trade is paid.

A BUY holds its quantity at its price, rounded up to 1e-8 of the quote asset; a SELL its quantity. A BUY that waits and
has no price of its own holds its quantity at its stop price, or at the last price: what it costs in the end is looked
at when its turn comes.
"""

from binance_mcp_server.exchange.engine.commission import (
    DISCOUNT_ASSET,
    Purse,
    bnb_price,
    commission,
)
from binance_mcp_server.exchange.engine.desk import Desk
from binance_mcp_server.exchange.engine.ladder import Side
from binance_mcp_server.exchange.engine.orders import SpotOrder
from binance_mcp_server.exchange.numbers import SCALE


def cost(price: int, qty: int) -> int:
    """What *qty* at *price* may cost at the most, 1e-8 of the quote asset."""
    return -(-price * qty // SCALE)


def needed(desk: Desk, order: SpotOrder) -> int:
    """What *order* must hold locked for what can trade of it still."""
    left = order.left
    if order.side is Side.SELL:
        return left
    price = order.price or order.asked.stop_price or desk.last_price() or 0
    return cost(price, left)


def reserve(desk: Desk, order: SpotOrder, amount: int) -> None:
    """Hold *amount* for *order*, more or less than so far. Raises :class:`~.refusals.RefusedError` when less is
    free."""
    change = amount - order.locked
    if not change:
        return
    ledger = desk.house.ledger
    if change > 0:
        ledger.lock(order.uid, order.locked_asset, change)
    else:
        ledger.unlock(order.uid, order.locked_asset, -change)
    order.locked = amount
    desk.touch(order.uid)


def pay(desk: Desk, order: SpotOrder, price: int, qty: int, *, is_maker: bool) -> tuple[str, int]:
    """Settle the side of *order* in a trade; the commission, ``(asset, amount)``."""
    house, rules, uid = desk.house, desk.rules, order.uid
    account = house.accounts[uid]
    quote = price * qty // SCALE
    buys = order.side is Side.BUY
    gets = (rules.base, qty) if buys else (rules.quote, quote)
    gives = (rules.quote, quote) if buys else (rules.base, qty)
    fee = commission(
        account.rates_on(rules.symbol),
        order.side,
        is_maker=is_maker,
        received=gets,
        bnb=_purse(desk, uid, gets[0]) if account.bnb_burn else None,
    )
    from_locked = min(order.locked, gives[1])
    house.ledger.settle(uid, gets=gets, gives=gives, from_locked=from_locked, commission=fee)
    order.locked -= from_locked
    desk.touch(uid)
    if fee[0] == DISCOUNT_ASSET:
        house.teller.touch(uid, DISCOUNT_ASSET)
    return fee


def _purse(desk: Desk, uid: int, asset: str) -> Purse:
    house = desk.house
    free = house.ledger.balance(uid, DISCOUNT_ASSET).free
    return Purse(free, bnb_price(asset, house.market.last_price))


def transfer(desk: Desk, seller: SpotOrder, buyer: SpotOrder, price: int, qty: int) -> None:
    """What a prevented trade of two accounts moves between them all the same; it costs no commission."""
    rules, quote = desk.rules, price * qty // SCALE
    base, money = (rules.base, qty), (rules.quote, quote)
    for order, gets, gives in ((seller, money, base), (buyer, base, money)):
        from_locked = min(order.locked, gives[1])
        desk.house.ledger.settle(
            order.uid, gets=gets, gives=gives, from_locked=from_locked, commission=(gives[0], 0)
        )
        order.locked -= from_locked
        desk.touch(order.uid)
