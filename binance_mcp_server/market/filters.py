"""A symbol's filters in words that a trader uses, with the venue's exact numbers.

Rules: filters.md (2026-07-21), read 2026-11-22. A zero switches its rule off and is never shown as a number.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from binance_mcp_server.models.exact import plain

Filter = Mapping[str, Any]
Facts = dict[str, str | int | bool]
_LONGEST_RAW = 300


@dataclass(frozen=True, slots=True)
class Rules:
    """What orders on a symbol must keep to."""

    sentences: tuple[tuple[str, str], ...]
    """(name, text), in the venue's order."""
    facts: Facts
    """The numbers alone: amounts as exact decimal strings, counts as integers. A limit that is off is absent."""


def describe_filters(filters: Iterable[Filter], *, base: str, quote: str) -> Rules:
    """The filters of a symbol that trades *base* for *quote*.

    A filter of an unknown type or shape is shown raw rather than hidden.
    """
    sentences: list[tuple[str, str]] = []
    facts: Facts = {}
    for entry in filters:
        name, text, numbers = _describe(entry, base, quote)
        sentences.append((name, text))
        facts.update(numbers)
    return Rules(tuple(sentences), facts)


def _describe(entry: Filter, base: str, quote: str) -> tuple[str, str, Facts]:
    kind = str(entry.get("filterType", "unknown"))
    writer = _WRITERS.get(kind)
    if writer is not None:
        name, write = writer
        try:
            return name, *write(_Entry(entry, base, quote))
        except (KeyError, InvalidOperation, TypeError, ValueError):
            pass  # the venue changed its shape: the raw text below tells all that is known
    raw = json.dumps(dict(entry), ensure_ascii=False)
    return kind.lower()[:40], raw[:_LONGEST_RAW], {}


@dataclass(frozen=True, slots=True)
class _Entry:
    """One filter and the assets that its numbers count."""

    raw: Filter
    base: str
    quote: str

    def __getitem__(self, key: str) -> Any:
        return self.raw[key]


def _number(entry: _Entry, key: str) -> str | None:
    """A limit as plain digits; ``None`` where zero switches it off."""
    number = Decimal(str(entry[key]))
    return plain(number) if number else None


def _given(**facts: str | int | bool | None) -> Facts:
    return {name: value for name, value in facts.items() if value is not None}


def _span(low: str | None, high: str | None, unit: str) -> str:
    """``from 1 to 9 USDT``, with one end or none where a limit is off."""
    if low and high:
        return f"from {low} to {high} {unit}"
    if low:
        return f"at least {low} {unit}"
    return f"at most {high} {unit}" if high else "not limited"


def _steps(step: str | None, span: str, unit: str) -> str:
    steps = f"in steps of {step} {unit}" if step else "any step"
    return f"{span}, {steps}"


def _price(entry: _Entry) -> tuple[str, Facts]:
    low, high = _number(entry, "minPrice"), _number(entry, "maxPrice")
    step = _number(entry, "tickSize")
    text = f"price {_steps(step, _span(low, high, entry.quote), entry.quote)}; stop prices too"
    return text, _given(price_step=step, min_price=low, max_price=high)


def _lot(entry: _Entry) -> tuple[str, Facts]:
    low, high = _number(entry, "minQty"), _number(entry, "maxQty")
    step = _number(entry, "stepSize")
    text = f"quantity {_steps(step, _span(low, high, entry.base), entry.base)}; iceberg parts too"
    return text, _given(quantity_step=step, min_quantity=low, max_quantity=high)


def _market_lot(entry: _Entry) -> tuple[str, Facts]:
    low, high = _number(entry, "minQty"), _number(entry, "maxQty")
    step = _number(entry, "stepSize")
    own = (
        _steps(step, _span(low, high, entry.base), entry.base)
        if step
        else _span(low, high, entry.base)
    )
    text = f"market orders {own}; the quantity rule applies as well"
    facts = _given(market_quantity_step=step, market_min_quantity=low, market_max_quantity=high)
    return text, facts


def _reference(entry: _Entry) -> str:
    """The price that a band or a market order's value is measured against."""
    minutes = int(entry["avgPriceMins"])
    average = f"the {minutes}-minute average price" if minutes else "the last price"
    return f"the reference price (where none is set: {average})"


def _notional(entry: _Entry) -> tuple[str, Facts]:
    low, high = _number(entry, "minNotional"), _number(entry, "maxNotional")
    for_market_min, for_market_max = (
        bool(entry["applyMinToMarket"]),
        bool(entry["applyMaxToMarket"]),
    )
    ends = [name for name, on in (("minimum", for_market_min), ("maximum", for_market_max)) if on]
    market = _market_notional(ends, entry)
    facts = _given(
        min_notional=low,
        max_notional=high,
        min_notional_for_market=for_market_min if low else None,
        max_notional_for_market=for_market_max if high else None,
    )
    return f"order value (price × quantity) {_span(low, high, entry.quote)}; {market}", facts


def _min_notional(entry: _Entry) -> tuple[str, Facts]:
    low, for_market = _number(entry, "minNotional"), bool(entry["applyToMarket"])
    market = _market_notional(["minimum"] if for_market else [], entry)
    facts = _given(min_notional=low, min_notional_for_market=for_market if low else None)
    return f"order value (price × quantity) {_span(low, None, entry.quote)}; {market}", facts


def _market_notional(ends: list[str], entry: _Entry) -> str:
    if not ends:
        return "not for market orders"
    return f"{' and '.join(ends)} for market orders too, valued at {_reference(entry)}"


def _percent_price(entry: _Entry) -> tuple[str, Facts]:
    low, high = _number(entry, "multiplierDown"), _number(entry, "multiplierUp")
    text = f"price {_span(low, high, 'times')} {_reference(entry)}"
    return text, _given(price_multiplier_min=low, price_multiplier_max=high)


def _percent_by_side(entry: _Entry) -> tuple[str, Facts]:
    buy = _number(entry, "bidMultiplierDown"), _number(entry, "bidMultiplierUp")
    sell = _number(entry, "askMultiplierDown"), _number(entry, "askMultiplierUp")
    text = (
        f"buy price {_span(*buy, 'times')}, sell price {_span(*sell, 'times')} {_reference(entry)}"
    )
    facts = _given(
        buy_price_multiplier_min=buy[0],
        buy_price_multiplier_max=buy[1],
        sell_price_multiplier_min=sell[0],
        sell_price_multiplier_max=sell[1],
    )
    return text, facts


def _trailing(entry: _Entry) -> tuple[str, Facts]:
    above = int(entry["minTrailingAboveDelta"]), int(entry["maxTrailingAboveDelta"])
    below = int(entry["minTrailingBelowDelta"]), int(entry["maxTrailingBelowDelta"])
    text = (
        f"trailing delta {above[0]} to {above[1]} BIPS (1/100 %) for stop-loss buys and take-profit sells,"
        f" {below[0]} to {below[1]} for stop-loss sells and take-profit buys"
    )
    facts = _given(
        trailing_above_min_bips=above[0],
        trailing_above_max_bips=above[1],
        trailing_below_min_bips=below[0],
        trailing_below_max_bips=below[1],
    )
    return text, facts


def _position(entry: _Entry) -> tuple[str, Facts]:
    most = _number(entry, "maxPosition")
    text = f"position (free + locked + open buys) {_span(None, most, entry.base)}; buy orders only"
    return text, _given(max_position=most)


Writer = Callable[[_Entry], tuple[str, Facts]]


def _count(key: str, fact: str, what: str) -> Writer:
    """A writer for a filter that is one number."""

    def write(entry: _Entry) -> tuple[str, Facts]:
        most = int(entry[key])
        return f"at most {most} {what}", {fact: most}

    return write


_WRITERS: dict[str, tuple[str, Writer]] = {
    "PRICE_FILTER": ("price", _price),
    "LOT_SIZE": ("quantity", _lot),
    "MARKET_LOT_SIZE": ("market quantity", _market_lot),
    "NOTIONAL": ("order value", _notional),
    "MIN_NOTIONAL": ("order value", _min_notional),
    "PERCENT_PRICE": ("price band", _percent_price),
    "PERCENT_PRICE_BY_SIDE": ("price band", _percent_by_side),
    "TRAILING_DELTA": ("trailing delta", _trailing),
    "MAX_POSITION": ("position", _position),
    "ICEBERG_PARTS": (
        "iceberg parts",
        _count("limit", "max_iceberg_parts", "parts of one iceberg order"),
    ),
    "MAX_NUM_ORDERS": (
        "open orders",
        _count("maxNumOrders", "max_orders", "open orders, conditional ones included"),
    ),
    "MAX_NUM_ALGO_ORDERS": (
        "conditional orders",
        _count("maxNumAlgoOrders", "max_algo_orders", "open stop-loss and take-profit orders"),
    ),
    "MAX_NUM_ICEBERG_ORDERS": (
        "iceberg orders",
        _count("maxNumIcebergOrders", "max_iceberg_orders", "open iceberg orders"),
    ),
    "MAX_NUM_ORDER_AMENDS": (
        "amendments",
        _count("maxNumOrderAmends", "max_order_amends", "amendments of one order"),
    ),
    "MAX_NUM_ORDER_LISTS": (
        "order lists",
        _count("maxNumOrderLists", "max_order_lists", "open order lists (an OTOCO is one)"),
    ),
}
