"""Intents from what an agent writes: names and numbers read strictly, nothing rounded, nothing left out silently. Pure.

Which parameters a type needs and which it cannot have: rest-api.md "New order" and "Order lists" (2026-07-21), read
2026-11-24. The one thing that is filled in is ``time_in_force``: GTC, where a type has one and none is given.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final, TypeVar, get_args

from binance_mcp_server.errors import InputError
from binance_mcp_server.market.symbol_names import normalise
from binance_mcp_server.models.exact import plain
from binance_mcp_server.trading.intents import (
    LIMITS,
    STOPS,
    TIMED,
    ListIntent,
    ListKind,
    OrderIntent,
    OrderType,
    Side,
    StpMode,
    TimeInForce,
)

Amount = Decimal | int | str
Name = TypeVar("Name", bound=str)
_DIGITS: Final = 20
"""Most digits before and behind the point; the venue reads no more."""
_LARGEST_ID: Final = 2**63 - 1
_LONGEST_SHOWN: Final = 40
_TAKE_PROFITS: Final = frozenset(("TAKE_PROFIT", "TAKE_PROFIT_LIMIT"))
_STOP_LOSSES: Final = STOPS - _TAKE_PROFITS
_LEG_ARGUMENTS: Final = (
    *("side", "type", "quantity", "price", "stop_price", "trailing_delta"),
    *("iceberg_quantity", "time_in_force"),
)
_ROLES: Final[dict[ListKind, tuple[str, ...]]] = {
    "OCO": ("above", "below"),
    "OTO": ("working", "pending"),
    "OTOCO": ("working", "above", "below"),
}


def parse_order(
    *,
    symbol: str,
    side: str,
    type: str,
    quantity: Amount | None = None,
    quote_quantity: Amount | None = None,
    price: Amount | None = None,
    stop_price: Amount | None = None,
    trailing_delta: int | str | None = None,
    iceberg_quantity: Amount | None = None,
    time_in_force: str | None = None,
    self_trade_prevention: str | None = None,
) -> OrderIntent:
    """The order that is meant. Raises :class:`InputError` for one that cannot be."""
    kind = one_of("type", type, get_args(OrderType))
    given = time_in_force is not None and time_in_force.strip() != ""
    if given and kind not in TIMED:
        raise _not_for("time_in_force", kind, "leave it out")
    force = one_of("time_in_force", time_in_force or "GTC", get_args(TimeInForce))
    order = OrderIntent(
        symbol=normalise(symbol),
        side=one_of("side", side, get_args(Side)),
        type=kind,
        quantity=amount("quantity", quantity),
        quote_quantity=amount("quote_quantity", quote_quantity),
        price=amount("price", price),
        stop_price=amount("stop_price", stop_price),
        trailing_delta=whole("trailing_delta", trailing_delta),
        iceberg_quantity=amount("iceberg_quantity", iceberg_quantity),
        time_in_force=force if kind in TIMED else None,
        self_trade_prevention=_stp(self_trade_prevention),
    )
    _check_shape(order)
    return order


def parse_list(
    *,
    kind: str,
    symbol: str,
    legs: Mapping[str, Mapping[str, Any]],
    self_trade_prevention: str | None = None,
) -> ListIntent:
    """The order list that is meant. *legs* by role: OCO ``above`` and ``below``; OTO ``working`` and ``pending``; OTOCO
    ``working``, ``above`` and ``below``. Each has the arguments of an order but symbol and self-trade prevention.

    Raises :class:`InputError` for a list that cannot be.
    """
    contingency = one_of("kind", kind, get_args(ListKind))
    roles = _ROLES[contingency]
    if set(legs) != set(roles):
        raise InputError(
            f"An {contingency} has the orders {', '.join(roles)}.",
            advice="Give each of them, and no other.",
        )
    orders = tuple(_leg(role, symbol, legs[role]) for role in roles)
    if contingency != "OCO" and orders[0].type not in {"LIMIT", "LIMIT_MAKER"}:
        raise InputError(
            "The working order must be LIMIT or LIMIT_MAKER.",
            advice="To begin with a market order, place it alone and the rest when it is filled.",
        )
    if contingency != "OTO":
        _check_pair(*orders[-2:])
    stp = _stp(self_trade_prevention)
    return ListIntent(contingency, normalise(symbol), orders, self_trade_prevention=stp)


def _leg(role: str, symbol: str, arguments: Mapping[str, Any]) -> OrderIntent:
    unknown = [name for name in arguments if name not in _LEG_ARGUMENTS]
    if unknown:
        raise InputError(
            f"The {role} order has no argument {unknown[0][:_LONGEST_SHOWN]!r}.",
            advice=f"It takes {', '.join(_LEG_ARGUMENTS)}.",
        )
    for name in ("side", "type"):
        if not arguments.get(name):
            raise InputError(f"The {role} order needs a {name}.", advice=f"Give its {name}.")
    try:
        return parse_order(symbol=symbol, **arguments)
    except InputError as error:
        raise InputError(f"The {role} order: {error.message}", advice=error.advice) from None


def _check_pair(above: OrderIntent, below: OrderIntent) -> None:
    """One takes a profit (a limit order does), the other stops a loss, each on its side of the market."""
    if (above.side, above.quantity) != (below.side, below.quantity):
        raise InputError(
            "The two orders of a pair have one side and one quantity.",
            advice="One is cancelled when the other trades: give both the same side and quantity.",
        )
    losing, gaining = (above, below) if above.side == "BUY" else (below, above)
    if losing.type not in _STOP_LOSSES or gaining.type not in {*_TAKE_PROFITS, "LIMIT_MAKER"}:
        over = "STOP_LOSS or STOP_LOSS_LIMIT"
        under = "LIMIT_MAKER, TAKE_PROFIT or TAKE_PROFIT_LIMIT"
        if above.side == "SELL":
            over, under = under, over
        raise InputError(
            f"These types cannot be a pair of {above.side} orders: {above.type} above, {below.type} below.",
            advice=f"To {above.side}, above must be {over}, below {under}.",
        )


def _check_shape(order: OrderIntent) -> None:
    """Which parameters its type needs, and which it cannot have."""
    kind = order.type
    _check_size(order)
    if kind in LIMITS and order.price is None:
        raise _needs("price", kind)
    if kind not in LIMITS and order.price is not None:
        raise _not_for("price", kind, "use the _LIMIT type, or LIMIT, to set one")
    has_stop = order.stop_price is not None or order.trailing_delta is not None
    if kind in STOPS and not has_stop:
        raise _needs("stop_price or a trailing_delta", kind)
    if kind not in STOPS and has_stop:
        name = "stop_price" if order.stop_price is not None else "trailing_delta"
        raise _not_for(name, kind, f"types that wait for a price: {', '.join(sorted(STOPS))}")
    if order.iceberg_quantity is not None:
        _check_iceberg(order)


def _check_size(order: OrderIntent) -> None:
    kind, both = order.type, (order.quantity, order.quote_quantity)
    if kind != "MARKET" and order.quote_quantity is not None:
        raise _not_for("quote_quantity", kind, "give quantity, in the base asset")
    if kind == "MARKET" and None not in both:
        raise InputError(
            "A MARKET order has either quantity or quote_quantity.", advice="Leave one of them out."
        )
    if both == (None, None):
        name = "quantity or a quote_quantity" if kind == "MARKET" else "quantity"
        raise _needs(name, kind)


def _check_iceberg(order: OrderIntent) -> None:
    if order.type not in LIMITS:
        raise _not_for("iceberg_quantity", order.type, "only orders with a limit price can hide")
    if order.time_in_force not in {None, "GTC"}:
        raise InputError("An iceberg order has time_in_force GTC.", advice="Leave it out.")


def _needs(name: str, kind: str) -> InputError:
    return InputError(f"A {kind} order needs a {name}.", advice=f"Give {name.replace(' a ', ' ')}.")


def _not_for(name: str, kind: str, instead: str) -> InputError:
    return InputError(
        f"A {kind} order has no {name}.", advice=f"{instead[0].upper()}{instead[1:]}."
    )


def _stp(text: str | None) -> StpMode | None:
    return one_of("self_trade_prevention", text, get_args(StpMode)) if text else None


def one_of(name: str, text: str, names: Iterable[Name]) -> Name:
    """That of *names* which *text* is, in any case. Raises :class:`InputError` when it is none."""
    wanted = text.strip().upper().replace(" ", "_")
    for each in names:
        if each == wanted:
            return each
    raise InputError(
        f"Unknown {name} {text[:_LONGEST_SHOWN]!r}.", advice=f"Use one of {', '.join(names)}."
    )


def amount(name: str, value: Amount | None) -> Decimal | None:
    """A positive number that the venue can read, exactly; ``None`` stays. Raises :class:`InputError`.

    A binary float is none: it has other digits than were meant.
    """
    if value is None:
        return None
    number = _decimal(value)
    if number is None or number <= 0:
        shown = str(value)[:_LONGEST_SHOWN]
        raise InputError(
            f"{name} must be a positive number, not {shown!r}.", advice='Give digits, e.g. "0.5".'
        )
    whole_part, _, fraction = plain(number).partition(".")
    if max(len(whole_part), len(fraction)) > _DIGITS:
        raise InputError(
            f"{name} has more digits than any market.",
            advice=f"At most {_DIGITS} before and behind the point.",
        )
    return number


def _decimal(value: Amount) -> Decimal | None:
    if isinstance(value, bool | float):
        return None
    if isinstance(value, str) and not value.strip().isascii():
        return None
    try:
        number = Decimal(value.strip().replace("_", "x") if isinstance(value, str) else value)
    except InvalidOperation:
        return None
    reach = 2 * _DIGITS  # before digits are written out: 1e999999 would fill the memory
    return number if number.is_finite() and abs(number.adjusted()) <= reach else None


def whole(name: str, value: int | str | None) -> int | None:
    """A positive whole number, such as an id; ``None`` stays. Raises :class:`InputError`."""
    if value is None:
        return None
    text = str(value).strip()
    if isinstance(value, bool) or not (text.isascii() and text.isdigit() and len(text) < _DIGITS):
        number = 0
    else:
        number = int(text)
    if not 0 < number <= _LARGEST_ID:
        raise InputError(
            f"{name} must be a positive whole number, not {text[:_LONGEST_SHOWN]!r}.",
            advice="Give digits only.",
        )
    return number
