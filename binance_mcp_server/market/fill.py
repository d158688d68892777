"""What it would cost to buy or sell a size against the levels of a book. All Decimal; fees are not in it.

Prices are in the quote asset, quantities in the base asset. On COIN-M quantities are contracts, each worth a fixed
amount of the quote currency (``contract_size``: 100 USD for BTC, 10 for others); the average price is then that of the
coins, value / coins, as the venue has it for its own fills.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext

from binance_mcp_server.errors import InputError
from binance_mcp_server.market.order_book import Row

_WIDE = Context(
    prec=60
)  # sums and products of the venue's numbers stay exact; quotients are good to 60 digits
_LARGEST = Decimal("1e18")
_WIDEST = Decimal(100)


@dataclass(frozen=True, slots=True)
class Fill:
    """A market order walked down the book. ``None`` where nothing would be filled, or a figure needs the other side."""

    filled: Decimal
    """Base asset (COIN-M: contracts)."""
    value: Decimal
    """Quote asset: what is paid or received."""
    average: Decimal | None
    worst: Decimal | None
    """Price of the last level that is touched."""
    levels: int
    """Levels that are touched."""
    unfilled: Decimal
    """What the book cannot fill, in the unit of the size that was asked for; 0 when it can."""
    slippage_to_mid: Decimal | None
    """How much worse the average is than mid, in percent of mid."""
    slippage_to_touch: Decimal | None
    """The same against the best price of the side that is hit."""


@dataclass(frozen=True, slots=True)
class Near:
    """What stands within a share of mid on one side."""

    quantity: Decimal
    """Base asset (COIN-M: contracts)."""
    value: Decimal
    """Quote asset."""
    whole: bool
    """Whether the levels reach that far; if not, there may be more."""


def size(quantity: Decimal | None, quote: Decimal | None) -> Decimal:
    """The one size that is given. Raises :class:`InputError` for none, both, or one that is not sane and positive."""
    if (quantity is None) == (quote is None):
        raise InputError(
            "One size is needed: quantity or quote_quantity.",
            advice="Give quantity in the base asset (COIN-M: contracts), or quote_quantity in the quote asset.",
        )
    given = quantity if quantity is not None else quote
    if given is None or not 0 < given <= _LARGEST:
        raise InputError("The size must be a positive number.", advice='Give digits, e.g. "0.5".')
    return given


def share(percent: Decimal) -> Decimal:
    """*percent* as a share. Raises :class:`InputError` unless it is above 0 and at most 100."""
    if not 0 < percent <= _WIDEST:
        raise InputError("within_percent is out of range.", advice="Use more than 0, at most 100.")
    return percent / 100


def fill(
    levels: Iterable[Row],
    *,
    quantity: Decimal | None = None,
    quote: Decimal | None = None,
    contract_size: Decimal | None = None,
    mid: Decimal | None = None,
) -> Fill:
    """Fill *quantity*, or as much as *quote* pays for, from *levels*, best first."""
    left = size(quantity, quote)
    filled, value, coins, touched = Decimal(0), Decimal(0), Decimal(0), 0
    first = worst = None
    with localcontext(_WIDE):
        for price, standing in levels:
            unit = contract_size or price  # quote asset for one unit of quantity
            if not left or not price:
                break
            if quote is None:
                taken = min(left, standing)
                left -= taken
            else:
                taken = standing if standing * unit <= left else left / unit
                left = left - standing * unit if taken == standing else Decimal(0)
            filled, value = filled + taken, value + taken * unit
            coins += taken * unit / price if contract_size else taken
            first, worst, touched = first or price, price, touched + 1
        average = value / coins if coins else None
        to_mid, to_touch = _slippage(average, mid), _slippage(average, first)
    return Fill(filled, value, average, worst, touched, left, to_mid, to_touch)


def near(
    levels: Sequence[Row],
    mid: Decimal,
    part: Decimal,
    *,
    cut: bool,
    contract_size: Decimal | None = None,
) -> Near:
    """The sum of *levels* whose price is at most *part* of *mid* away from it.

    *cut*: the book goes on below the last of *levels*.
    """
    quantity = value = Decimal(0)
    with localcontext(_WIDE):
        for price, standing in levels:
            if abs(price - mid) > mid * part:
                return Near(quantity, value, whole=True)
            quantity += standing
            value += standing * (contract_size or price)
    return Near(quantity, value, whole=not cut)


def _slippage(average: Decimal | None, base: Decimal | None) -> Decimal | None:
    return abs(average - base) * 100 / base if average is not None and base else None
