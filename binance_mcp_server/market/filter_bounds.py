"""What a symbol's filters allow each number of an order to be: from, to, in steps of. Pure, all Decimal.

Rules: filters.md (2026-07-21), read 2026-11-24. A zero switches its rule off. A filter that compares with an average or
with the account says nothing where that is not known. Filters of an unknown type or shape say nothing: the venue checks
everything again.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Context, Decimal, InvalidOperation
from typing import Any, Final, Literal, Protocol

from binance_mcp_server.models.exact import plain
from binance_mcp_server.models.info import SymbolInfo

Parameter = Literal[
    "price", "stop_price", "quantity", "quote_quantity", "iceberg_quantity", "trailing_delta"
]
WIDE: Final = Context(prec=80)
_ZERO: Final = Decimal(0)
_RISING: Final = frozenset(
    (
        *(("BUY", "STOP_LOSS"), ("BUY", "STOP_LOSS_LIMIT")),
        *(("SELL", "TAKE_PROFIT"), ("SELL", "TAKE_PROFIT_LIMIT")),
    )
)
"""Side and type of orders that wait for a higher price."""


class Leg(Protocol):
    """One order as the filters see it. Prices and ``quote_quantity`` in the quote asset, the rest in the base asset."""

    @property
    def side(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def quantity(self) -> Decimal | None: ...
    @property
    def quote_quantity(self) -> Decimal | None: ...
    @property
    def price(self) -> Decimal | None: ...
    @property
    def stop_price(self) -> Decimal | None: ...
    @property
    def trailing_delta(self) -> int | None: ...
    @property
    def iceberg_quantity(self) -> Decimal | None: ...


@dataclass(frozen=True, slots=True)
class References:
    """What filters compare with, as far as it is known."""

    reference: Decimal | None = None
    """The symbol's reference price, where it has one; it goes before the others."""
    average: Decimal | None = None
    """The average price of the last minutes."""
    last: Decimal | None = None
    """The last price traded."""
    position: Decimal | None = None
    """Of the base asset: free, locked, and what open BUY orders ask for."""

    def price(self, minutes: int) -> Decimal | None:
        """What a filter that averages over so many *minutes* compares with."""
        return self.reference or (self.average if minutes else self.last)


@dataclass(frozen=True, slots=True)
class Bound:
    """What one filter allows one number to be; ``None`` where it does not limit it."""

    rule: str
    """The filter's type."""
    parameter: Parameter
    low: Decimal | None = None
    high: Decimal | None = None
    step: Decimal | None = None
    basis: str = ""
    """What low and high follow from, where they are not the filter's own numbers."""

    def admits(self, number: Decimal) -> bool:
        if self.low is not None and number < self.low:
            return False
        if self.high is not None and number > self.high:
            return False
        return self.step is None or not WIDE.remainder(number, self.step)


@dataclass(frozen=True, slots=True)
class _Case:
    raw: Mapping[str, Any]
    leg: Leg
    symbol: SymbolInfo
    known: References

    def limit(self, key: str) -> Decimal | None:
        """A number of the filter; ``None`` where zero switches it off or it is not there."""
        return Decimal(str(self.raw.get(key) or 0)) or None

    @property
    def reference(self) -> Decimal | None:
        """A filter that names no span takes the average."""
        return self.known.price(int(self.raw.get("avgPriceMins", 5)))


def bounds(leg: Leg, symbol: SymbolInfo, known: References) -> list[Bound]:
    """Everything that the filters of *symbol* say of the numbers of *leg*."""
    found = [*_precision(symbol), *_iceberg_within(leg)]
    for raw in symbol.filters:
        maker = _MAKERS.get(str(raw.get("filterType")))
        if maker is None:
            continue
        try:
            found += maker(_Case(raw, leg, symbol, known))
        except (InvalidOperation, TypeError, ValueError):
            continue  # the venue changed its shape, and judges by itself
    return found


def _precision(symbol: SymbolInfo) -> Iterator[Bound]:
    base = Decimal(1).scaleb(-symbol.base_asset_precision)
    quote = Decimal(1).scaleb(-symbol.quote_asset_precision)
    rule = "PRECISION"
    yield Bound(rule, "quantity", step=base)
    yield Bound(rule, "iceberg_quantity", step=base)
    yield Bound(rule, "quote_quantity", step=quote)
    yield Bound(rule, "price", step=quote)
    yield Bound(rule, "stop_price", step=quote)


def _iceberg_within(leg: Leg) -> Iterator[Bound]:
    if leg.quantity is not None:
        yield Bound("ICEBERG", "iceberg_quantity", high=leg.quantity, basis="the quantity")


def _price(case: _Case) -> Iterator[Bound]:
    span = case.limit("minPrice"), case.limit("maxPrice"), case.limit("tickSize")
    yield Bound("PRICE_FILTER", "price", *span)
    yield Bound("PRICE_FILTER", "stop_price", *span)


def _lot(case: _Case) -> Iterator[Bound]:
    span = case.limit("minQty"), case.limit("maxQty"), case.limit("stepSize")
    yield Bound("LOT_SIZE", "quantity", *span)
    yield Bound("LOT_SIZE", "iceberg_quantity", *span)


def _market_lot(case: _Case) -> Iterator[Bound]:
    if case.leg.type == "MARKET":
        span = case.limit("minQty"), case.limit("maxQty"), case.limit("stepSize")
        yield Bound("MARKET_LOT_SIZE", "quantity", *span)


def _percent(case: _Case) -> Iterator[Bound]:
    yield from _band(case, "PERCENT_PRICE", "multiplierDown", "multiplierUp")


def _percent_by_side(case: _Case) -> Iterator[Bound]:
    side = "bid" if case.leg.side == "BUY" else "ask"
    ends = f"{side}MultiplierDown", f"{side}MultiplierUp"
    yield from _band(case, "PERCENT_PRICE_BY_SIDE", *ends)


def _band(case: _Case, rule: str, down: str, up: str) -> Iterator[Bound]:
    around = case.reference
    if around:
        low, high = (_times(around, case.limit(key)) for key in (down, up))
        yield Bound(rule, "price", low, high, basis=_around(around))


def _notional(case: _Case) -> Iterator[Bound]:
    raw = case.raw
    ends = bool(raw.get("applyMinToMarket")), bool(raw.get("applyMaxToMarket"))
    yield from _worth(case, "NOTIONAL", *ends)


def _min_notional(case: _Case) -> Iterator[Bound]:
    yield from _worth(case, "MIN_NOTIONAL", low=bool(case.raw.get("applyToMarket")), high=False)


def _worth(case: _Case, rule: str, low: bool, high: bool) -> Iterator[Bound]:
    """Price × quantity; *low* and *high* say which ends hold for an order without a price."""
    price, least, most = case.leg.price, case.limit("minNotional"), case.limit("maxNotional")
    if price is None:
        least, most = (least if low else None), (most if high else None)
        yield Bound(rule, "quote_quantity", least, most)
        price = case.reference
    if price:
        basis = f"order value at {plain(price)}"
        yield Bound(rule, "quantity", _over(least, price), _over(most, price), basis=basis)


def _iceberg(case: _Case) -> Iterator[Bound]:
    parts, quantity = case.limit("limit"), case.leg.quantity
    if quantity is not None and parts:
        basis = f"at most {parts} parts of {plain(quantity)}"
        least = WIDE.divide(quantity, parts)
        yield Bound("ICEBERG_PARTS", "iceberg_quantity", least, basis=basis)


def _trailing(case: _Case) -> Iterator[Bound]:
    where = "Above" if (case.leg.side, case.leg.type) in _RISING else "Below"
    low, high = case.limit(f"minTrailing{where}Delta"), case.limit(f"maxTrailing{where}Delta")
    yield Bound("TRAILING_DELTA", "trailing_delta", low, high, Decimal(1))


def _position(case: _Case) -> Iterator[Bound]:
    most, held = case.limit("maxPosition"), case.known.position
    if case.leg.side != "BUY" or most is None or held is None:
        return
    room, basis = max(most - held, _ZERO), f"a position of {plain(held)} stands already"
    yield Bound("MAX_POSITION", "quantity", high=room, basis=basis)
    if case.reference:
        yield Bound(
            "MAX_POSITION", "quote_quantity", high=_times(case.reference, room), basis=basis
        )


def _times(price: Decimal, factor: Decimal | None) -> Decimal | None:
    return None if factor is None else WIDE.multiply(price, factor)


def _over(amount: Decimal | None, price: Decimal) -> Decimal | None:
    return None if amount is None else WIDE.divide(amount, price)


def _around(price: Decimal) -> str:
    return f"around {plain(price)}"


_MAKERS: Final[Mapping[str, Callable[[_Case], Iterator[Bound]]]] = {
    "PRICE_FILTER": _price,
    "LOT_SIZE": _lot,
    "MARKET_LOT_SIZE": _market_lot,
    "PERCENT_PRICE": _percent,
    "PERCENT_PRICE_BY_SIDE": _percent_by_side,
    "NOTIONAL": _notional,
    "MIN_NOTIONAL": _min_notional,
    "ICEBERG_PARTS": _iceberg,
    "TRAILING_DELTA": _trailing,
    "MAX_POSITION": _position,
}
