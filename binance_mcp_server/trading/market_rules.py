"""Rules that compare an order with the market as it stands, not with a filter. Pure.

Source: rest-api.md "New order" and "Order lists", errors.md "Messages for -1010 …" (2026-07-21), read 2026-11-24. The
last price decides. What they say is a forecast: the market may be elsewhere when the order arrives.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from binance_mcp_server.market.filter_checks import Violation
from binance_mcp_server.models.exact import plain
from binance_mcp_server.models.info import SymbolInfo
from binance_mcp_server.trading.intents import (
    STOPS,
    AmendIntent,
    Intent,
    ListIntent,
    OrderIntent,
    ReplaceIntent,
)

_ABOVE: Final = frozenset(
    (
        *(("BUY", "STOP_LOSS"), ("BUY", "STOP_LOSS_LIMIT")),
        *(("SELL", "TAKE_PROFIT"), ("SELL", "TAKE_PROFIT_LIMIT")),
        ("SELL", "LIMIT_MAKER"),
    )
)
"""Side and type of orders whose price stands above the market; the others of their types stand below."""


def check_market(intent: Intent, symbol: SymbolInfo, last: Decimal | None) -> list[Violation]:
    """What of *intent* cannot be with the market at *last*, and what *symbol* has switched off."""
    found = [*_switched_off(intent, symbol)]
    if isinstance(intent, ListIntent):
        if intent.contingency == "OCO" and last is not None:
            for leg in intent.legs:
                found += _standing(leg, last, "PRICE_RELATION")
        elif intent.contingency == "OTOCO":
            found += _pair_in_order(*intent.legs[-2:])
    elif last is not None:
        for leg in intent.legs:
            if leg.type in STOPS and leg.trailing_delta is None:
                found += _standing(leg, last, "STOP_PRICE")
    return found


def _switched_off(intent: Intent, symbol: SymbolInfo) -> Iterator[Violation]:
    name, is_on = "", True
    if isinstance(intent, ListIntent):
        name = f"{intent.contingency} lists"
        needed = [symbol.oto_allowed] if intent.contingency == "OTO" else [symbol.oco_allowed]
        is_on = all([*needed, symbol.oto_allowed] if intent.contingency == "OTOCO" else needed)
    elif isinstance(intent, ReplaceIntent):
        name, is_on = "replacement of orders", symbol.cancel_replace_allowed
    elif isinstance(intent, AmendIntent):
        name, is_on = "amendment of orders", symbol.amend_allowed
    if not is_on:
        yield Violation("NOT_ALLOWED", "symbol", symbol.symbol, f"{symbol.symbol} has no {name}")


def _standing(leg: OrderIntent, last: Decimal, rule: str) -> Iterator[Violation]:
    """Whether what *leg* waits for lies on its side of the last price; at the last price it would happen at once."""
    is_limit = leg.type == "LIMIT_MAKER"
    name, price = ("price", leg.price) if is_limit else ("stop_price", leg.stop_price)
    if price is None:
        return
    above = (leg.side, leg.type) in _ABOVE
    if (price > last) if above else (price < last):
        return
    side = "above" if above else "below"
    text = (
        f"the {name} of a {leg.side} {leg.type} order must be {side} the last price, {plain(last)}"
    )
    yield Violation(rule, name, plain(price), text)


def _pair_in_order(above: OrderIntent, below: OrderIntent) -> Iterator[Violation]:
    """Of a pair that waits for another order the venue can compare the two prices alone."""
    upper, lower = (
        each.price if each.type == "LIMIT_MAKER" else each.stop_price for each in (above, below)
    )
    if upper is not None and lower is not None and upper <= lower:
        text = (
            f"the upper order stands at {plain(upper)}, not above the lower one at {plain(lower)}"
        )
        yield Violation("PRICE_RELATION", "price", plain(upper), text)
