"""A fill that was estimated, and what stands near mid, in plain digits."""

from decimal import Context, Decimal

from binance_mcp_server.commands.views.base import rounded
from binance_mcp_server.market.fill import Fill, Near
from binance_mcp_server.mcp_support.tables import Facts
from binance_mcp_server.models.exact import plain

_PRICE = Context(prec=12)
_AMOUNT_PLACES = 8
_PERCENT_PLACES = 6


def fill(done: Fill) -> Facts:
    """What would be filled. Figures that are calculated, not the venue's own, are rounded."""
    facts: Facts = {
        "filled": _amount(done.filled),
        "value": _amount(done.value),
        "average_price": _price(done.average),
        "worst_price": None if done.worst is None else plain(done.worst),
        "levels": done.levels,
        "slippage_percent": _percent(done.slippage_to_mid),
        "slippage_to_best_percent": _percent(done.slippage_to_touch),
    }
    if done.unfilled:
        facts["unfilled"] = _amount(done.unfilled)
    return facts


def near(bids: Near, asks: Near) -> Facts:
    """What stands within the share of mid that was asked for, on both sides."""
    return {
        "bid_quantity_within": _amount(bids.quantity),
        "bid_value_within": _amount(bids.value),
        "ask_quantity_within": _amount(asks.quantity),
        "ask_value_within": _amount(asks.value),
    }


def mid(price: Decimal | None) -> str | None:
    return None if price is None else plain(price)


def _amount(number: Decimal) -> str:
    return rounded(number, _AMOUNT_PLACES)


def _price(number: Decimal | None) -> str | None:
    return None if number is None else plain(_PRICE.plus(number))


def _percent(number: Decimal | None) -> str | None:
    return None if number is None else rounded(number, _PERCENT_PLACES)
