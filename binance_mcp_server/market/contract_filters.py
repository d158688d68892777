"""The filters of futures in words: the same types as on spot, in part of other shapes and with other rules.

Rules: "Common Definition" of the USDⓈ-M and COIN-M documents (developers.binance.com/docs/derivatives) and exchangeInfo
as recorded in 2026-07, read 2026-11-22. There are no icebergs, and what spot measures against an average price is
measured against the mark price here. On COIN-M quantities are contracts, and *base* is that word.
"""

from binance_mcp_server.market.filters import (
    Entry,
    Facts,
    Writers,
    counted,
    given,
    number_of,
    span,
    steps,
)


def _price(entry: Entry) -> tuple[str, Facts]:
    low, high = number_of(entry, "minPrice"), number_of(entry, "maxPrice")
    step = number_of(entry, "tickSize")
    text = f"price {steps(step, span(low, high, entry.quote), entry.quote)}; trigger prices too"
    return text, given(price_step=step, min_price=low, max_price=high)


def _lot(entry: Entry) -> tuple[str, Facts]:
    low, high = number_of(entry, "minQty"), number_of(entry, "maxQty")
    step = number_of(entry, "stepSize")
    text = f"quantity {steps(step, span(low, high, entry.base), entry.base)}"
    return text, given(quantity_step=step, min_quantity=low, max_quantity=high)


def _market_lot(entry: Entry) -> tuple[str, Facts]:
    low, high = number_of(entry, "minQty"), number_of(entry, "maxQty")
    step = number_of(entry, "stepSize")
    text = f"market orders {steps(step, span(low, high, entry.base), entry.base)}"
    facts = given(market_quantity_step=step, market_min_quantity=low, market_max_quantity=high)
    return text, facts


def _notional(entry: Entry) -> tuple[str, Facts]:
    low = number_of(entry, "notional")
    text = f"order value (price × quantity) {span(low, None, entry.quote)}"
    return f"{text}; market orders are valued at the mark price", given(min_notional=low)


def _percent_price(entry: Entry) -> tuple[str, Facts]:
    low, high = number_of(entry, "multiplierDown"), number_of(entry, "multiplierUp")
    if low is None or high is None:
        raise ValueError("a band with one end")  # never seen: shown raw
    text = f"buy price at most {high} times, sell price at least {low} times the mark price"
    return text, given(buy_price_multiplier_max=high, sell_price_multiplier_min=low)


def _position(entry: Entry) -> tuple[str, Facts]:
    side = str(entry["positionControlSide"])
    if side != "NONE":
        raise ValueError(side)  # what the others mean is documented nowhere: shown raw
    return "no side is restricted", {}


CONTRACT_WRITERS: Writers = {
    "PRICE_FILTER": ("price", _price),
    "LOT_SIZE": ("quantity", _lot),
    "MARKET_LOT_SIZE": ("market quantity", _market_lot),
    "MIN_NOTIONAL": ("order value", _notional),
    "PERCENT_PRICE": ("price band", _percent_price),
    "POSITION_RISK_CONTROL": ("position", _position),
    "MAX_NUM_ORDERS": (
        "open orders",
        counted("limit", "max_orders", "open orders, conditional ones included"),
    ),
    "MAX_NUM_ALGO_ORDERS": (
        "conditional orders",
        counted("limit", "max_algo_orders", "open conditional orders"),
    ),
}
