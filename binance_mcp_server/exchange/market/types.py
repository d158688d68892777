"""Records of the market. Prices and quantities are integers in units of 1e-8, times are ms since the epoch.

On COIN-M a quantity is a number of contracts, and what is a quote quantity elsewhere is what they are worth in the
base asset.
"""

from typing import NamedTuple

from binance_mcp_server.exchange.numbers import SCALE


class Trade(NamedTuple):
    id: int
    price: int
    qty: int
    time: int
    buyer_is_maker: bool
    contract: int = 0
    """COIN-M: what one contract is worth, 1e-8 of the quote asset; elsewhere 0."""

    @property
    def quote(self) -> int:
        """price × quantity, exact, in units of 1e-16.

        Of contracts: quantity × their worth ÷ price, rounded to 1e-8 (half up) as ``baseQty`` of recorded trades is.
        """
        if self.contract and self.price:
            return (2 * self.qty * self.contract + self.price) // (2 * self.price) * SCALE
        return self.price * self.qty


class AggTrade(NamedTuple):
    """Trades of one taker at one price and time, seen as one."""

    id: int
    price: int
    qty: int
    first_id: int
    last_id: int
    time: int
    buyer_is_maker: bool


class Level(NamedTuple):
    price: int
    qty: int


class BookView(NamedTuple):
    """The book at a moment; best levels first."""

    last_update_id: int
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]


class Stats(NamedTuple):
    """What happened in a window, in the terms of the venue's tickers. ``quote`` is in units of 1e-16."""

    open_time: int
    close_time: int
    open: int
    high: int
    low: int
    last: int
    last_qty: int
    previous_close: int
    """Last price before the window; 0 when unknown."""
    volume: int
    quote: int
    first_id: int
    """-1 when there was no trade with a known id."""
    last_id: int
    trades: int
