"""What a symbol and the exchange allow of orders, as filters, switches and execution rules.

Source: filters.md, rest-api.md "Exchange information" and "Execution rules", read 2026-11-24. One record feeds what is
enforced and what ``exchangeInfo`` publishes. A limit of 0 is a filter that the symbol does not have. The numbers by
default are those of the live venue's symbols of 2026-07.
"""

from dataclasses import dataclass
from typing import NamedTuple

from binance_mcp_server.exchange.engine.ladder import Side
from binance_mcp_server.exchange.engine.orders import Stp
from binance_mcp_server.exchange.numbers import SCALE


class Band(NamedTuple):
    """Between which multiples of a price something may be; multipliers in units of 1e-8, 0 is no bound."""

    bid_up: int
    bid_down: int
    ask_up: int
    ask_down: int

    def admits(self, side: Side, price: int, around: int) -> bool:
        """Whether *price* is within the band of *side* around the price *around*; its edges are within."""
        up, down = (
            (self.bid_up, self.bid_down) if side is Side.BUY else (self.ask_up, self.ask_down)
        )
        value = price * SCALE
        return (not up or value <= around * up) and value >= around * down


class Deltas(NamedTuple):
    """TRAILING_DELTA, in BIPS."""

    min_above: int
    max_above: int
    min_below: int
    max_below: int


_DELTAS = Deltas(10, 2000, 10, 2000)
_PERCENT = Band(2 * SCALE, SCALE // 2, 2 * SCALE, SCALE // 2)
_RANGE = Band(SCALE * 6 // 5, SCALE * 4 // 5, SCALE * 6 // 5, SCALE * 4 // 5)


@dataclass(frozen=True, slots=True)
class TradingRules:
    """What one symbol allows beyond its prices, quantities and notionals."""

    percent: Band | None = _PERCENT
    """PERCENT_PRICE_BY_SIDE: of order prices, around the reference or average price."""
    price_range: Band | None = _RANGE
    """PRICE_RANGE, an execution rule: of trades, around the reference price; nothing without one."""
    average_minutes: int = 5
    """Of the average price that filters take; 0: they take the last price."""
    min_notional_on_market: bool = True
    max_notional_on_market: bool = False
    min_market_qty: int = 0
    market_step: int = 0
    iceberg_parts: int = 100
    deltas: Deltas | None = _DELTAS
    max_position: int = 0
    """1e-8 of the base asset."""
    max_orders: int = 200
    max_algo_orders: int = 5
    max_iceberg_orders: int = 0
    max_lists: int = 20
    max_amends: int = 10
    iceberg: bool = True
    oco: bool = True
    oto: bool = True
    opo: bool = True
    quote_qty_market: bool = True
    trailing_stop: bool = True
    cancel_replace: bool = True
    amend: bool = True
    peg: bool = True
    stp: Stp = Stp.EXPIRE_MAKER
    """The mode of orders that name none."""
    stp_modes: tuple[Stp, ...] = (
        Stp.EXPIRE_TAKER,
        Stp.EXPIRE_MAKER,
        Stp.EXPIRE_BOTH,
        Stp.DECREMENT,
        Stp.TRANSFER,
    )


TRADING_RULES = TradingRules()


@dataclass(frozen=True, slots=True)
class ExchangeRules:
    """Exchange filters: how much one account may have open, all symbols together. The live venue has none."""

    max_orders: int = 0
    max_algo_orders: int = 0
    max_iceberg_orders: int = 0
    max_lists: int = 0


NO_EXCHANGE_RULES = ExchangeRules()
