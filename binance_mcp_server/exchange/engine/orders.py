"""Orders, fills and order lists as the engine keeps them, and the requests that make them.

Amounts are integers: prices and quantities in units of 1e-8, turnovers (price × quantity) in units of 1e-16. Times are
ms since the epoch. Names and states are the venue's (enums.md, rest-api.md "New order", read 2026-11-24).
"""

from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from operator import attrgetter
from typing import NamedTuple

from binance_mcp_server.exchange.engine.ladder import Side

ABSENT = -1
"""No order list, no trade, no prevented match: the venue's word for it."""


class OrderType(StrEnum):
    LIMIT = "LIMIT"
    MARKET = "MARKET"
    LIMIT_MAKER = "LIMIT_MAKER"
    STOP_LOSS = "STOP_LOSS"
    STOP_LOSS_LIMIT = "STOP_LOSS_LIMIT"
    TAKE_PROFIT = "TAKE_PROFIT"
    TAKE_PROFIT_LIMIT = "TAKE_PROFIT_LIMIT"

    @property
    def is_contingent(self) -> bool:
        """Waits for its stop price; counts as an "algo" order."""
        return self.startswith(("STOP_LOSS", "TAKE_PROFIT"))

    @property
    def is_limit(self) -> bool:
        """Has a price, once it works."""
        return "LIMIT" in self


class TimeInForce(StrEnum):
    GTC = "GTC"
    IOC = "IOC"
    FOK = "FOK"


class Stp(StrEnum):
    """Self-trade prevention; the taker's mode decides (faqs/stp_faq.md)."""

    NONE = "NONE"
    EXPIRE_MAKER = "EXPIRE_MAKER"
    EXPIRE_TAKER = "EXPIRE_TAKER"
    EXPIRE_BOTH = "EXPIRE_BOTH"
    DECREMENT = "DECREMENT"
    TRANSFER = "TRANSFER"


class Status(StrEnum):
    PENDING_NEW = "PENDING_NEW"
    NEW = "NEW"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    FILLED = "FILLED"
    CANCELED = "CANCELED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"
    EXPIRED_IN_MATCH = "EXPIRED_IN_MATCH"

    @property
    def is_open(self) -> bool:
        return self in _OPEN


_OPEN = frozenset((Status.PENDING_NEW, Status.NEW, Status.PARTIALLY_FILLED))


class Peg(StrEnum):
    PRIMARY = "PRIMARY_PEG"
    """Best price of the own side."""
    MARKET = "MARKET_PEG"
    """Best price of the other side."""


class Expiry(StrEnum):
    """``expiryReason`` and ``eR``."""

    REJECTED = "REJECTED"
    EXCHANGE_CANCELED = "EXCHANGE_CANCELED"
    OCO_TRIGGER = "OCO_TRIGGER"
    OTO_PHASE_ONE_EXPIRED = "OTO_PHASE_ONE_EXPIRED"
    UNFILLED_IOC = "UNFILLED_IOC_QUANTITY_EXPIRED"
    UNFILLED_FOK = "UNFILLED_FOK_ORDER_EXPIRED"
    NO_LIQUIDITY = "INSUFFICIENT_LIQUIDITY"
    PRICE_RANGE = "EXECUTION_RULE_PRICE_RANGE_EXCEEDED"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrder:
    """What is asked for: complete and well-formed, but not checked against symbol, filters or balances.

    0 stands for an amount that was not given.
    """

    symbol: str
    side: Side
    type: OrderType
    tif: TimeInForce = TimeInForce.GTC
    qty: int = 0
    quote_qty: int = 0
    """MARKET only: what to spend or to get, 1e-8 of the quote asset."""
    price: int = 0
    stop_price: int = 0
    trailing_delta: int = 0
    """BIPS."""
    iceberg_qty: int = 0
    client_id: str = ""
    """Empty: the venue makes one."""
    stp: Stp | None = None
    """``None``: the symbol's default."""
    strategy_id: int | None = None
    strategy_type: int | None = None
    peg: Peg | None = None
    peg_levels: int | None = None
    """``pegOffsetValue``: price levels away from the best one; ``None`` without an offset."""
    uses_sor: bool = False


@dataclass(slots=True, eq=False)
class SpotOrder:
    """One order of an account, from its acceptance on. It is never forgotten."""

    id: int
    uid: int
    """Whose."""
    asked: NewOrder
    client_id: str
    """Its own at first; after a cancellation or an amendment the one that this gave it."""
    time: int
    """Of its acceptance."""
    status: Status = Status.NEW
    stp: Stp = Stp.NONE
    list_id: int = ABSENT
    price: int = 0
    """Limit price: as asked, or what the peg made of it; 0 for a market order."""
    pegged_price: int = 0
    qty: int = 0
    """Quantity to trade: as asked, less after an amendment; of a quote order what it came to."""
    executed: int = 0
    quote: int = 0
    """Turnover so far, 1e-16 of the quote asset."""
    prevented: int = 0
    """Quantity that self-trade prevention took off."""
    prevented_match_id: int = ABSENT
    update_time: int = 0
    working_time: int = ABSENT
    """Since when it can trade (on the book, or has traded); ``ABSENT`` before."""
    is_working: bool = False
    """Can trade now: not a stop that waits, not pending."""
    is_triggered: bool = False
    """A stop whose price was reached."""
    stop_price: int = 0
    """As asked; of a trailing order what it follows to, once it is active."""
    trailing_time: int = ABSENT
    """When trailing began."""
    expiry: Expiry | None = None
    locked: int = 0
    """What it holds locked, 1e-8 of :attr:`locked_asset`."""
    locked_asset: str = ""
    uses_sor: bool = False
    fills: "list[Fill]" = field(default_factory=list)

    @property
    def symbol(self) -> str:
        return self.asked.symbol

    @property
    def side(self) -> Side:
        return self.asked.side

    @property
    def type(self) -> OrderType:
        return self.asked.type

    @property
    def left(self) -> int:
        """Quantity that can trade still (stp_faq.md)."""
        return self.qty - self.executed - self.prevented

    def snapshot(self) -> "SpotOrder":
        """A copy as of now, without its fills."""
        return SpotOrder(*_values(self))


_values = attrgetter(*(each.name for each in fields(SpotOrder) if each.name != "fills"))


class Fill(NamedTuple):
    """One trade as one side of it sees it (``myTrades``)."""

    id: int
    """Trade id of the symbol."""
    order_id: int
    list_id: int
    symbol: str
    price: int
    qty: int
    quote: int
    """price × qty, 1e-16."""
    commission: int
    """1e-8 of :attr:`commission_asset`."""
    commission_asset: str
    time: int
    is_buyer: bool
    is_maker: bool


class Contingency(StrEnum):
    OCO = "OCO"
    OTO = "OTO"
    """OTO, OTOCO, OPO and OPOCO alike."""


class ListStatus(StrEnum):
    RESPONSE = "RESPONSE"
    EXEC_STARTED = "EXEC_STARTED"
    UPDATED = "UPDATED"
    ALL_DONE = "ALL_DONE"


class ListOrderStatus(StrEnum):
    EXECUTING = "EXECUTING"
    ALL_DONE = "ALL_DONE"
    REJECT = "REJECT"


class ListKind(StrEnum):
    """What was asked for."""

    OCO = "OCO"
    OTO = "OTO"
    OTOCO = "OTOCO"
    OPO = "OPO"
    OPOCO = "OPOCO"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewList:
    """An order list that is asked for.

    *orders*: OCO (above, below); OTO and OPO (working, pending); OTOCO and OPOCO (working, pending above, pending
    below). The pending orders of OPO and OPOCO have no quantity: what the working one brings in decides.
    """

    symbol: str
    kind: ListKind
    orders: tuple[NewOrder, ...]
    client_id: str = ""


@dataclass(slots=True, eq=False)
class OrderList:
    """Orders that depend on each other."""

    id: int
    uid: int
    symbol: str
    kind: ListKind
    client_id: str
    time: int
    """Of the last change of its status."""
    orders: list[SpotOrder]
    """In the order of :class:`NewList`."""
    status: ListStatus = ListStatus.EXEC_STARTED
    order_status: ListOrderStatus = ListOrderStatus.EXECUTING

    @property
    def contingency(self) -> Contingency:
        return Contingency.OCO if self.kind is ListKind.OCO else Contingency.OTO

    def snapshot(self) -> "OrderList":
        """A copy as of now; so are its orders, without their fills."""
        return replace(self, orders=[order.snapshot() for order in self.orders])


class PreventedMatch(NamedTuple):
    """What would have been a trade with oneself (``myPreventedMatches``)."""

    id: int
    symbol: str
    taker_order_id: int
    maker_order_id: int
    maker_symbol: str
    trade_group_id: int
    stp: Stp
    price: int
    taker_qty: int
    """What the taker lost; 0 when it lost nothing."""
    maker_qty: int
    time: int


class Amendment(NamedTuple):
    """One change of an order's quantity (``order/amendments``)."""

    symbol: str
    order_id: int
    execution_id: int
    old_client_id: str
    new_client_id: str
    old_qty: int
    new_qty: int
    time: int
