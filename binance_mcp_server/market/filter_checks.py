"""Whether an order meets its symbol's filters, and which values nearby would. Pure: it rounds nothing by itself.

Rules: filters.md, errors.md "Messages for -1010 …" (2026-07-21), read 2026-11-24. Every number of an order is checked
against every filter that limits it. The nearest values meet all of them, so that the next attempt passes.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, localcontext
from math import lcm
from typing import Final, get_args

from binance_mcp_server.market.filter_bounds import (
    WIDE,
    Bound,
    Leg,
    Parameter,
    References,
    bounds,
)
from binance_mcp_server.models.exact import plain
from binance_mcp_server.models.info import SymbolInfo

_UNKNOWN: Final = References()
_UNITS: Final = {
    "price": "quote",
    "stop_price": "quote",
    "quote_quantity": "quote",
    "quantity": "base",
    "iceberg_quantity": "base",
}


@dataclass(frozen=True, slots=True)
class Violation:
    """One rule of the venue that an order breaks."""

    rule: str
    """The filter's type as the venue names it, or ``PRECISION``, ``STATUS``, ``ORDER_TYPE``, … for other rules."""
    parameter: str
    """The argument at fault."""
    value: str
    """What it is, in plain digits."""
    text: str
    """What is wrong, with the rule's numbers."""
    nearest: tuple[str, ...] = ()
    """The nearest value below and above that meets every rule, lowest first; empty where there is none."""

    def __str__(self) -> str:
        near = f" Nearest: {' or '.join(self.nearest)}." if self.nearest else ""
        return f"{self.rule}: {self.text}.{near}"


@dataclass(frozen=True, slots=True)
class OpenCounts:
    """What an account has open on a symbol."""

    orders: int = 0
    algo: int = 0
    """Stop orders that wait."""
    icebergs: int = 0
    lists: int = 0
    """Order lists."""


def check(
    leg: Leg,
    symbol: SymbolInfo,
    known: References = _UNKNOWN,
    open_now: OpenCounts | None = None,
) -> list[Violation]:
    """Every rule of *symbol* that *leg* breaks, as far as what is *known* can tell."""
    found = [*_switches(leg, symbol)]
    every = bounds(leg, symbol, known)
    for parameter in get_args(Parameter):
        value = getattr(leg, parameter)
        if value is not None:
            its = [each for each in every if each.parameter == parameter]
            found += _broken(Decimal(value), its, symbol)
    if open_now is not None:
        found += _counts(leg, symbol, open_now)
    return found


def _broken(value: Decimal, its: list[Bound], symbol: SymbolInfo) -> Iterator[Violation]:
    broken = [bound for bound in its if not bound.admits(value)]
    if not broken:
        return
    nearest = tuple(plain(each) for each in nearest_values(value, its))
    for bound in broken:
        text = _say(bound, value, symbol)
        yield Violation(bound.rule, bound.parameter, plain(value), text, nearest)


def _say(bound: Bound, value: Decimal, symbol: SymbolInfo) -> str:
    unit = {"base": symbol.base_asset, "quote": symbol.quote_asset}.get(
        _UNITS.get(bound.parameter, ""), "BIPS"
    )
    reason = f" ({bound.basis})" if bound.basis else ""
    name = f"{bound.parameter} {plain(value)}"
    if bound.low is not None and value < bound.low:
        return f"{name} is below the least, {_short(bound.low, ROUND_CEILING)} {unit}{reason}"
    if bound.high is not None and value > bound.high:
        return f"{name} is above the most, {_short(bound.high, ROUND_FLOOR)} {unit}{reason}"
    return f"{name} is not a multiple of {plain(bound.step or Decimal(0))} {unit}"


def _short(number: Decimal, rounding: str) -> str:
    """A bound in at most eight decimals, never wider than it is."""
    with localcontext(WIDE):
        return plain(number.quantize(Decimal("1e-8"), rounding))


def nearest_values(value: Decimal, its: Iterable[Bound]) -> list[Decimal]:
    """The greatest value below *value* and the least above it that meet all of *its* bounds; itself, if it does."""
    its = list(its)
    low = max((each.low for each in its if each.low is not None), default=None)
    high = min((each.high for each in its if each.high is not None), default=None)
    step = _common([each.step for each in its if each.step is not None])
    with localcontext(WIDE):
        under = value if high is None else min(value, high)
        over = value if low is None else max(value, low)
        if step is not None:
            under = (under / step).to_integral_value(ROUND_FLOOR) * step
            over = (over / step).to_integral_value(ROUND_CEILING) * step
        found = sorted({under, over})
    return [each for each in found if each > 0 and all(bound.admits(each) for bound in its)]


def _common(steps: list[Decimal]) -> Decimal | None:
    """The least step that is a multiple of all *steps*."""
    if not steps:
        return None
    exponent = min(int(each.as_tuple().exponent) for each in steps)
    with localcontext(WIDE):
        whole = lcm(*(int(each.scaleb(-exponent)) for each in steps))
        return Decimal(whole).scaleb(exponent)


def _switches(leg: Leg, symbol: SymbolInfo) -> Iterator[Violation]:
    """What the symbol has switched off, so that no order may use it."""
    if symbol.status != "TRADING":
        text = f"{symbol.symbol} does not trade now (status {symbol.status})"
        yield Violation("STATUS", "symbol", symbol.symbol, text)
    if symbol.order_types and leg.type not in symbol.order_types:
        text = f"{symbol.symbol} has no {leg.type} orders"
        yield Violation("ORDER_TYPE", "type", leg.type, text, symbol.order_types)
    for number, is_allowed, parameter, what in (
        (leg.iceberg_quantity, symbol.iceberg_allowed, "iceberg_quantity", "iceberg"),
        (leg.trailing_delta, symbol.allow_trailing_stop, "trailing_delta", "trailing stop"),
        (
            leg.quote_quantity,
            symbol.quote_order_qty_market_allowed,
            "quote_quantity",
            "quote_quantity",
        ),
    ):
        if number is not None and not is_allowed:
            text = f"{symbol.symbol} has no {what} orders"
            yield Violation("NOT_ALLOWED", parameter, plain(Decimal(number)), text)


def _counts(leg: Leg, symbol: SymbolInfo, there: OpenCounts) -> Iterator[Violation]:
    is_algo = leg.type.startswith(("STOP_LOSS", "TAKE_PROFIT"))
    looks = (
        ("MAX_NUM_ORDERS", "maxNumOrders", there.orders, True, "orders"),
        ("MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders", there.algo, is_algo, "stop orders"),
        (
            *("MAX_NUM_ICEBERG_ORDERS", "maxNumIcebergOrders", there.icebergs),
            *(leg.iceberg_quantity is not None, "iceberg orders"),
        ),
    )
    for rule, key, count, concerned, what in looks:
        if concerned:
            yield from _full(symbol, rule, key, count, what)


def check_list_count(symbol: SymbolInfo, open_now: OpenCounts) -> list[Violation]:
    """Whether one more order list may be open on *symbol*."""
    key = "maxNumOrderLists"
    return list(_full(symbol, "MAX_NUM_ORDER_LISTS", key, open_now.lists, "order lists"))


def plus(open_now: OpenCounts, leg: Leg) -> OpenCounts:
    """With *leg* open too: for the next order of a list."""
    return replace(
        open_now,
        orders=open_now.orders + 1,
        algo=open_now.algo + leg.type.startswith(("STOP_LOSS", "TAKE_PROFIT")),
        icebergs=open_now.icebergs + (leg.iceberg_quantity is not None),
    )


def _full(symbol: SymbolInfo, rule: str, key: str, count: int, what: str) -> Iterator[Violation]:
    for raw in symbol.filters:
        most = raw.get(key) if raw.get("filterType") == rule else None
        if isinstance(most, int) and most and count >= most:
            text = f"{count} {what} are open on {symbol.symbol}, which has at most {most}"
            yield Violation(rule, "symbol", str(count), text)
