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


def describe_filters(
    filters: Iterable[Filter], *, base: str, quote: str, writers: "Writers | None" = None
) -> Rules:
    """The filters of a symbol that trades *base* for *quote*; *writers* know them by type, those of spot if not given.

    A filter of an unknown type or shape is shown raw rather than hidden.
    """
    sentences: list[tuple[str, str]] = []
    facts: Facts = {}
    for entry in filters:
        name, text, numbers = _describe(Entry(entry, base, quote), writers or _WRITERS)
        sentences.append((name, text))
        facts.update(numbers)
    return Rules(tuple(sentences), facts)


def _describe(entry: "Entry", writers: "Writers") -> tuple[str, str, Facts]:
    kind = str(entry.raw.get("filterType", "unknown"))
    writer = writers.get(kind)
    if writer is not None:
        name, write = writer
        try:
            return name, *write(entry)
        except (KeyError, InvalidOperation, TypeError, ValueError):
            pass  # the venue changed its shape: the raw text below tells all that is known
    raw = json.dumps(dict(entry.raw), ensure_ascii=False)
    return kind.lower()[:40], raw[:_LONGEST_RAW], {}


@dataclass(frozen=True, slots=True)
class Entry:
    """One filter and the assets that its numbers count."""

    raw: Filter
    base: str
    quote: str

    def __getitem__(self, key: str) -> Any:
        return self.raw[key]


def number_of(entry: Entry, key: str) -> str | None:
    """A limit as plain digits; ``None`` where zero switches it off."""
    number = Decimal(str(entry[key]))
    return plain(number) if number else None


def given(**facts: str | int | bool | None) -> Facts:
    return {name: value for name, value in facts.items() if value is not None}


def span(low: str | None, high: str | None, unit: str) -> str:
    """``from 1 to 9 USDT``, with one end or none where a limit is off."""
    if low and high:
        return f"from {low} to {high} {unit}"
    if low:
        return f"at least {low} {unit}"
    return f"at most {high} {unit}" if high else "not limited"


def steps(step: str | None, allowed: str, unit: str) -> str:
    """*allowed*, a :func:`span`, and in which steps."""
    return f"{allowed}, {f'in steps of {step} {unit}' if step else 'any step'}"


def _price(entry: Entry) -> tuple[str, Facts]:
    low, high = number_of(entry, "minPrice"), number_of(entry, "maxPrice")
    step = number_of(entry, "tickSize")
    text = f"price {steps(step, span(low, high, entry.quote), entry.quote)}; stop prices too"
    return text, given(price_step=step, min_price=low, max_price=high)


def _lot(entry: Entry) -> tuple[str, Facts]:
    low, high = number_of(entry, "minQty"), number_of(entry, "maxQty")
    step = number_of(entry, "stepSize")
    text = f"quantity {steps(step, span(low, high, entry.base), entry.base)}; iceberg parts too"
    return text, given(quantity_step=step, min_quantity=low, max_quantity=high)


def _market_lot(entry: Entry) -> tuple[str, Facts]:
    low, high = number_of(entry, "minQty"), number_of(entry, "maxQty")
    step = number_of(entry, "stepSize")
    own = (
        steps(step, span(low, high, entry.base), entry.base)
        if step
        else span(low, high, entry.base)
    )
    text = f"market orders {own}; the quantity rule applies as well"
    facts = given(market_quantity_step=step, market_min_quantity=low, market_max_quantity=high)
    return text, facts


def _reference(entry: Entry) -> str:
    """The price that a band or a market order's value is measured against."""
    minutes = int(entry["avgPriceMins"])
    average = f"the {minutes}-minute average price" if minutes else "the last price"
    return f"the reference price (where none is set: {average})"


def _notional(entry: Entry) -> tuple[str, Facts]:
    low, high = number_of(entry, "minNotional"), number_of(entry, "maxNotional")
    for_market_min, for_market_max = (
        bool(entry["applyMinToMarket"]),
        bool(entry["applyMaxToMarket"]),
    )
    ends = [name for name, on in (("minimum", for_market_min), ("maximum", for_market_max)) if on]
    market = _market_notional(ends, entry)
    facts = given(
        min_notional=low,
        max_notional=high,
        min_notional_for_market=for_market_min if low else None,
        max_notional_for_market=for_market_max if high else None,
    )
    return f"order value (price × quantity) {span(low, high, entry.quote)}; {market}", facts


def _min_notional(entry: Entry) -> tuple[str, Facts]:
    low, for_market = number_of(entry, "minNotional"), bool(entry["applyToMarket"])
    market = _market_notional(["minimum"] if for_market else [], entry)
    facts = given(min_notional=low, min_notional_for_market=for_market if low else None)
    return f"order value (price × quantity) {span(low, None, entry.quote)}; {market}", facts


def _market_notional(ends: list[str], entry: Entry) -> str:
    if not ends:
        return "not for market orders"
    return f"{' and '.join(ends)} for market orders too, valued at {_reference(entry)}"


def _percent_price(entry: Entry) -> tuple[str, Facts]:
    low, high = number_of(entry, "multiplierDown"), number_of(entry, "multiplierUp")
    text = f"price {span(low, high, 'times')} {_reference(entry)}"
    return text, given(price_multiplier_min=low, price_multiplier_max=high)


def _percent_by_side(entry: Entry) -> tuple[str, Facts]:
    buy = number_of(entry, "bidMultiplierDown"), number_of(entry, "bidMultiplierUp")
    sell = number_of(entry, "askMultiplierDown"), number_of(entry, "askMultiplierUp")
    text = f"buy price {span(*buy, 'times')}, sell price {span(*sell, 'times')} {_reference(entry)}"
    facts = given(
        buy_price_multiplier_min=buy[0],
        buy_price_multiplier_max=buy[1],
        sell_price_multiplier_min=sell[0],
        sell_price_multiplier_max=sell[1],
    )
    return text, facts


def _trailing(entry: Entry) -> tuple[str, Facts]:
    above = int(entry["minTrailingAboveDelta"]), int(entry["maxTrailingAboveDelta"])
    below = int(entry["minTrailingBelowDelta"]), int(entry["maxTrailingBelowDelta"])
    text = (
        f"trailing delta {above[0]} to {above[1]} BIPS (1/100 %) for stop-loss buys and take-profit sells,"
        f" {below[0]} to {below[1]} for stop-loss sells and take-profit buys"
    )
    facts = given(
        trailing_above_min_bips=above[0],
        trailing_above_max_bips=above[1],
        trailing_below_min_bips=below[0],
        trailing_below_max_bips=below[1],
    )
    return text, facts


def _position(entry: Entry) -> tuple[str, Facts]:
    most = number_of(entry, "maxPosition")
    text = f"position (free + locked + open buys) {span(None, most, entry.base)}; buy orders only"
    return text, given(max_position=most)


Writer = Callable[[Entry], tuple[str, Facts]]
Writers = Mapping[str, tuple[str, Writer]]
"""By the venue's type of filter: what to call it, and how to say it."""


def counted(key: str, fact: str, what: str) -> Writer:
    """A writer for a filter that is one number."""

    def write(entry: Entry) -> tuple[str, Facts]:
        most = int(entry[key])
        return f"at most {most} {what}", {fact: most}

    return write


_WRITERS: Writers = {
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
        counted("limit", "max_iceberg_parts", "parts of one iceberg order"),
    ),
    "MAX_NUM_ORDERS": (
        "open orders",
        counted("maxNumOrders", "max_orders", "open orders, conditional ones included"),
    ),
    "MAX_NUM_ALGO_ORDERS": (
        "conditional orders",
        counted("maxNumAlgoOrders", "max_algo_orders", "open stop-loss and take-profit orders"),
    ),
    "MAX_NUM_ICEBERG_ORDERS": (
        "iceberg orders",
        counted("maxNumIcebergOrders", "max_iceberg_orders", "open iceberg orders"),
    ),
    "MAX_NUM_ORDER_AMENDS": (
        "amendments",
        counted("maxNumOrderAmends", "max_order_amends", "amendments of one order"),
    ),
    "MAX_NUM_ORDER_LISTS": (
        "order lists",
        counted("maxNumOrderLists", "max_order_lists", "open order lists (an OTOCO is one)"),
    ),
}
