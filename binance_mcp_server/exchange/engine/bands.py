"""The price-range execution rule: between which prices an order may trade as a taker.

Source: faqs/price_range_execution_rules.md, read 2026-11-24. The reference price of the order's arrival counts for all
of its trades; without a reference price the rule does not hold.
"""

from binance_mcp_server.exchange.engine.desk import Desk
from binance_mcp_server.exchange.engine.ladder import Side
from binance_mcp_server.exchange.engine.trading_rules import Band


class Range:
    """What one order may trade at."""

    __slots__ = ("_around", "_band", "_side")

    def __init__(self, band: Band, side: Side, around: int) -> None:
        self._band = band
        self._side = side
        self._around = around

    def admits(self, price: int) -> bool:
        return self._band.admits(self._side, price, self._around)


def range_of(desk: Desk, side: Side) -> Range | None:
    """``None``: any price."""
    band = desk.rules.trading.price_range
    if band is None:
        return None
    reference = desk.house.market.reference_price(desk.symbol)
    return None if reference is None else Range(band, side, reference)
