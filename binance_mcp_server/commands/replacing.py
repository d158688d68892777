"""What a replacement is: the order as it stands, with some of its terms changed."""

from collections.abc import Mapping

from binance_mcp_server.errors import InputError
from binance_mcp_server.models.exact import plain
from binance_mcp_server.models.orders import Order
from binance_mcp_server.services import Services
from binance_mcp_server.trading import parsing
from binance_mcp_server.trading.intents import LIMITS, TIMED, ReplaceIntent


async def replacement(
    services: Services,
    symbol: str,
    names: tuple[int | None, str | None],
    changes: Mapping[str, str],
) -> ReplaceIntent:
    """The end of the order by either id, and its like with *changes*. Raises ``InputError`` for one that has ended."""
    if not changes:
        raise InputError("Nothing is to be changed.", advice="Give quantity, price or stop_price.")
    queries = await services.account.queries()
    order = (await queries.order(symbol, *names)).data
    if not order.is_open:
        raise InputError(
            f"The order has ended: {order.status}, {order.executed_text} filled.",
            advice="Nothing was changed. Preview a new order if one is wanted.",
        )
    if order.list_id >= 0:
        raise InputError(
            "The order belongs to a list, and is replaced with it alone.",
            advice="Cancel it, which ends the list, and preview a new list.",
        )
    return ReplaceIntent(parsing.parse_order(**{**_terms(order), **changes}), order.id)


def _terms(order: Order) -> dict[str, str]:
    """The arguments that would place what is left of *order*."""
    terms = {
        "symbol": order.symbol,
        "side": order.side,
        "type": order.type,
        "quantity": plain(order.remaining),
        "self_trade_prevention": order.self_trade_prevention,
    }
    if order.type in LIMITS:
        terms["price"] = plain(order.price)
    if order.type in TIMED:
        terms["time_in_force"] = order.time_in_force
    if order.stop_price:
        terms["stop_price"] = plain(order.stop_price)
    if order.trailing_delta:
        terms["trailing_delta"] = str(order.trailing_delta)
    return terms
