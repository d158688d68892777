"""What happens to accounts, as their user data streams tell it, and what the public hears of it.

Amounts are integers: prices, quantities and balances in units of 1e-8, turnovers in units of 1e-16; times in ms since
the epoch. Source: user-data-stream.md and enums.md "Execution types", read 2026-11-24.
"""

from enum import StrEnum
from typing import NamedTuple

from binance_mcp_server.exchange.engine.orders import ABSENT, Fill, OrderList, SpotOrder


class ExecType(StrEnum):
    NEW = "NEW"
    CANCELED = "CANCELED"
    REPLACED = "REPLACED"
    REJECTED = "REJECTED"
    TRADE = "TRADE"
    EXPIRED = "EXPIRED"
    TRADE_PREVENTION = "TRADE_PREVENTION"


class Execution(NamedTuple):
    """Something happened to an order (``executionReport``)."""

    uid: int
    id: int
    """Execution id of the symbol (``I``); the other side of a trade takes one too, so they have holes."""
    time: int
    kind: ExecType
    order: SpotOrder
    """A copy as of now, without its fills."""
    on_book: bool
    """Whether it stands on the book, or is about to take (``w``)."""
    fill: Fill | None = None
    previous_client_id: str = ""
    """By which the order was known before this cancellation or amendment (``C``)."""
    reason: str = "NONE"
    """Why it was refused (``r``)."""
    prevented: int = 0
    """What self-trade prevention took off it just now (``B``)."""
    prevented_match_qty: int = 0
    """What would have traded (``pl``)."""
    prevented_match_price: int = 0
    """``pL``."""
    counter_order_id: int = ABSENT
    """The other order of a prevented match (``U``)."""
    trade_group_id: int = ABSENT
    """``u``."""


class Position(NamedTuple):
    """Balances that may have changed (``outboundAccountPosition``)."""

    uid: int
    time: int
    balances: tuple[tuple[str, int, int], ...]
    """(asset, free, locked) after all that one request or one trade caused."""


class BalanceUpdate(NamedTuple):
    """A deposit or a withdrawal (``balanceUpdate``)."""

    uid: int
    time: int
    asset: str
    delta: int


class ListChange(NamedTuple):
    """An order list began, changed a client id, or ended (``listStatus``)."""

    uid: int
    time: int
    list: OrderList
    """A copy as of now; its orders are copies without fills."""
    reason: str = "NONE"


class Printed(NamedTuple):
    """A public trade that an order of an account made by its arrival. Trades in which the market met an account's
    resting order are the market's to tell."""

    symbol: str
    trade_id: int
    price: int
    qty: int
    time: int
    buyer_is_maker: bool


Event = Execution | Position | BalanceUpdate | ListChange | Printed
