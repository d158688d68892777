"""Views over a snapshot of an order book: touch, spread, imbalance, grouped and cumulative levels. All Decimal."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext
from typing import Literal

from binance_mcp_server.errors import InputError
from binance_mcp_server.models.market import Depth, Level

Row = tuple[Decimal, Decimal]
"""Price (quote asset), quantity (base asset)."""
Side = Literal["bids", "asks"]

_WIDE = Context(prec=60)  # sums and products of the venue's numbers stay exact
_SHARE = Decimal("0.0001")
_PERCENT = Decimal("0.000001")
_SMALLEST_GROUP, _LARGEST_GROUP = Decimal("1e-18"), Decimal("1e18")


@dataclass(frozen=True, slots=True)
class BookSummary:
    """The touch and its surroundings. ``None`` where a side that it needs is empty."""

    best_bid: Decimal | None
    best_bid_quantity: Decimal | None
    best_ask: Decimal | None
    best_ask_quantity: Decimal | None
    spread: Decimal | None
    """Best ask − best bid, quote asset; exact."""
    spread_percent: Decimal | None
    """Spread as a percentage of mid, to six decimals."""
    mid: Decimal | None
    """Half-way between the best prices; exact."""
    bid_quantity: Decimal
    """Base asset on the bid side, within the levels looked at."""
    ask_quantity: Decimal
    bid_notional: Decimal
    """Price × quantity summed over the bid side, quote asset."""
    ask_notional: Decimal
    imbalance: Decimal | None
    """Bid quantity / (bid + ask quantity) within the levels, to four decimals: above 0.5 buyers show more."""


def rows(levels: Iterable[Level]) -> tuple[Row, ...]:
    """Levels as pairs of Decimals, in the same order."""
    return tuple((level.price, level.quantity) for level in levels)


def summarise(depth: Depth, *, levels: int | None = None) -> BookSummary:
    """Figures over the best *levels* of each side; over all that *depth* has when ``None``."""
    bids, asks = rows(depth.bids[:levels]), rows(depth.asks[:levels])
    with localcontext(_WIDE):
        bid_quantity, ask_quantity = _quantity(bids), _quantity(asks)
        spread = asks[0][0] - bids[0][0] if bids and asks else None
        mid = (asks[0][0] + bids[0][0]) / 2 if bids and asks else None
        return BookSummary(
            best_bid=bids[0][0] if bids else None,
            best_bid_quantity=bids[0][1] if bids else None,
            best_ask=asks[0][0] if asks else None,
            best_ask_quantity=asks[0][1] if asks else None,
            spread=spread,
            spread_percent=_percent(spread, mid),
            mid=mid,
            bid_quantity=bid_quantity,
            ask_quantity=ask_quantity,
            bid_notional=_notional(bids),
            ask_notional=_notional(asks),
            imbalance=_share(bid_quantity, ask_quantity),
        )


def _quantity(side: Sequence[Row]) -> Decimal:
    return sum((quantity for _, quantity in side), Decimal(0))


def _notional(side: Sequence[Row]) -> Decimal:
    return sum((price * quantity for price, quantity in side), Decimal(0))


def _percent(spread: Decimal | None, mid: Decimal | None) -> Decimal | None:
    if spread is None or not mid:
        return None
    return (spread * 100 / mid).quantize(_PERCENT, ROUND_HALF_EVEN)


def _share(bid: Decimal, ask: Decimal) -> Decimal | None:
    return (bid / (bid + ask)).quantize(_SHARE, ROUND_HALF_EVEN) if bid + ask else None


def parse_group(size: Decimal) -> Decimal:
    """*size* as a price step for :func:`group`. Raises :class:`InputError` unless it is a sane positive number."""
    if not size.is_finite() or not _SMALLEST_GROUP <= size <= _LARGEST_GROUP:
        raise InputError(
            "The price grouping must be a positive number.",
            advice="Give a price step in the quote asset, such as 0.5 or 10; leave it out for none.",
        )
    return size


def group(levels: Iterable[Row], size: Decimal, side: Side) -> tuple[Row, ...]:
    """Levels summed into price steps of *size*: bids rounded down, asks rounded up, so that no step looks better than
    what stands in it. Order and total quantity are kept. Raises :class:`InputError` for a size that is no step."""
    step = parse_group(size)
    sums: dict[Decimal, Decimal] = {}
    with localcontext(_WIDE):
        for price, quantity in levels:
            steps, rest = divmod(price, step)
            bucket = (steps + 1 if rest and side == "asks" else steps) * step
            sums[bucket] = sums.get(bucket, Decimal(0)) + quantity
    return tuple(sums.items())


def cumulative(levels: Iterable[Row]) -> tuple[Decimal, ...]:
    """Base asset up to and with each level, best first."""
    total, totals = Decimal(0), []
    with localcontext(_WIDE):
        for _, quantity in levels:
            total += quantity
            totals.append(total)
    return tuple(totals)
