"""Whether an order may be at all: what the symbol's status, its switches and the account admit. Pure.

Source: errors.md "Messages for -1010 …", faqs/pegged_orders.md, faqs/stp_faq.md, read 2026-11-24. The documents print
these messages without their codes, but for -1013 with a self-trade prevention mode. What stops a request before the
engine has it is -1013 (errors.md "-1013"), as the live venue answers in public reports.
"""

from binance_mcp_server.exchange.engine.account import Account
from binance_mcp_server.exchange.engine.orders import NewOrder, OrderType, Peg, TimeInForce
from binance_mcp_server.exchange.engine.refusals import (
    FILTER,
    NEW_ORDER,
    RefusedError,
    market_closed,
)
from binance_mcp_server.exchange.engine.rules import SymbolRules

TRADING = "TRADING"
CANCEL_ONLY = "CANCEL_ONLY"
END_OF_DAY = "END_OF_DAY"
STATUSES = (TRADING, "HALT", "BREAK", CANCEL_ONLY, END_OF_DAY)

_TYPES = {
    OrderType.LIMIT: "Limit",
    OrderType.LIMIT_MAKER: "Limit maker",
    OrderType.MARKET: "Market",
    OrderType.STOP_LOSS: "Stop loss",
    OrderType.STOP_LOSS_LIMIT: "Stop loss limit",
    OrderType.TAKE_PROFIT: "Take profit",
    OrderType.TAKE_PROFIT_LIMIT: "Take profit limit",
}


def check_account(account: Account, rules: SymbolRules, code: int = NEW_ORDER) -> None:
    if not account.can_trade:
        raise RefusedError(code, "This account may not place or cancel orders.")
    if not account.may_trade(rules.permission_sets):
        raise RefusedError(code, "This symbol is not permitted for this account.")


def check_open(status: str) -> None:
    """New orders need a market that trades."""
    if status != TRADING:
        raise market_closed(FILTER)


def check_changes(status: str, code: int) -> None:
    """Cancelling and amending needs a market, which may be one for just that."""
    if status not in (TRADING, CANCEL_ONLY):
        raise market_closed(code)


def check_kind(asked: NewOrder, rules: SymbolRules) -> None:
    """What the symbol switches on and off."""
    trading = rules.trading
    if asked.type not in rules.order_types:
        raise _not_supported(f"{_TYPES[asked.type]} orders")
    if asked.iceberg_qty and not trading.iceberg:
        raise _not_supported("Iceberg orders")
    if asked.trailing_delta and not trading.trailing_stop:
        raise _not_supported("Trailing stop orders")
    if asked.quote_qty and not trading.quote_qty_market:
        text = "Quote order qty market orders are not support for this symbol."
        raise RefusedError(FILTER, text)
    if asked.iceberg_qty and asked.tif is not TimeInForce.GTC:
        raise RefusedError(FILTER, "Unsupported order combination")
    if asked.stp is not None and asked.stp not in trading.stp_modes:
        text = "This symbol does not allow the specified self-trade prevention mode."
        raise RefusedError(FILTER, text)
    if asked.peg is not None:
        _check_peg(asked, rules)


def _check_peg(asked: NewOrder, rules: SymbolRules) -> None:
    if not rules.trading.peg:
        raise _not_supported("Pegged orders")
    if not asked.type.is_limit or asked.uses_sor:
        raise RefusedError(FILTER, "This order type may not use pegged price.")
    takes = asked.type is OrderType.LIMIT_MAKER and asked.peg is Peg.MARKET
    is_brief = asked.type is OrderType.LIMIT and asked.tif is not TimeInForce.GTC
    if takes or (is_brief and asked.peg is Peg.PRIMARY):
        raise RefusedError(FILTER, "This price peg cannot be used with this order type.")


def _not_supported(what: str) -> RefusedError:
    return RefusedError(FILTER, f"{what} are not supported for this symbol.")
