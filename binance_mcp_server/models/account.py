"""An account and its API key as spot Binance sends them over REST, and the events of its user data stream.

Shapes: rest-api.md "Account endpoints", user-data-stream.md (2026-07-21) and the wallet documents' "Get API Key
Permission" (developers.binance.com), read 2026-11-24. Amounts are in their asset, times in ms since the epoch, UTC.
``…_text`` fields hold the venue's digits; the properties beside them calculate. Fields that the venue adds later are
ignored.
"""

from decimal import Decimal
from typing import Final

import msgspec

from binance_mcp_server.models.exact import Exact
from binance_mcp_server.models.orders import NONE, OPEN

_ONE: Final = Decimal(1)


class Balance(msgspec.Struct, frozen=True, gc=False):
    """One asset of an account."""

    asset: str
    free_text: str = msgspec.field(name="free")
    locked_text: str = msgspec.field(name="locked")
    """Held by open orders."""
    free = Exact("free_text")
    locked = Exact("locked_text")

    @property
    def total(self) -> Decimal:
        return self.free + self.locked


class Rates(msgspec.Struct, frozen=True):
    """Commission as parts of one: ``"0.001"`` is 0.1 %."""

    maker_text: str = msgspec.field(name="maker", default=NONE)
    taker_text: str = msgspec.field(name="taker", default=NONE)
    buyer_text: str = msgspec.field(name="buyer", default=NONE)
    seller_text: str = msgspec.field(name="seller", default=NONE)
    maker = Exact("maker_text")
    taker = Exact("taker_text")
    buyer = Exact("buyer_text")
    seller = Exact("seller_text")

    def of(self, *, is_maker: bool, is_buyer: bool) -> Decimal:
        """What a fill of that kind costs."""
        return (self.maker if is_maker else self.taker) + (self.buyer if is_buyer else self.seller)


class Account(msgspec.Struct, frozen=True, rename="camel"):
    """``GET /api/v3/account``."""

    can_trade: bool
    can_withdraw: bool
    can_deposit: bool
    update_time: int
    account_type: str
    balances: tuple[Balance, ...]
    commission_rates: Rates = Rates()
    permissions: tuple[str, ...] = ()
    uid: int = 0
    require_self_trade_prevention: bool = False
    prevent_sor: bool = False


class Discount(msgspec.Struct, frozen=True, rename="camel"):
    """What is taken off standard commissions that are paid in another asset (BNB)."""

    enabled_for_account: bool = False
    enabled_for_symbol: bool = False
    discount_asset: str | None = None
    discount_text: str = msgspec.field(name="discount", default=NONE)
    """The rate by which the standard commission is reduced (faqs/commission_faq.md)."""
    discount = Exact("discount_text")

    @property
    def applies(self) -> bool:
        return self.enabled_for_account and self.enabled_for_symbol


class CommissionRates(msgspec.Struct, frozen=True):
    """``GET /api/v3/account/commission``: what a fill on *symbol* costs, as the venue states it now."""

    symbol: str
    standard: Rates = msgspec.field(name="standardCommission")
    special: Rates = msgspec.field(name="specialCommission", default=Rates())
    tax: Rates = msgspec.field(name="taxCommission", default=Rates())
    discount: Discount = Discount()

    def rate(self, *, is_maker: bool, is_buyer: bool) -> Decimal:
        """The whole of it, as a part of what the fill brings in; without the discount for paying in BNB."""
        return sum(
            (
                each.of(is_maker=is_maker, is_buyer=is_buyer)
                for each in (self.standard, self.special, self.tax)
            ),
            Decimal(0),
        )


class UnfilledCount(msgspec.Struct, frozen=True, rename="camel"):
    """One row of ``GET /api/v3/rateLimit/order``: orders of this account that count in the running interval."""

    rate_limit_type: str
    interval: str
    """SECOND, MINUTE, HOUR or DAY."""
    interval_num: int
    limit: int
    count: int = 0

    @property
    def seconds(self) -> int:
        """The window's length."""
        unit = {"SECOND": 1, "MINUTE": 60, "HOUR": 3600, "DAY": 86400}.get(self.interval, 60)
        return unit * self.interval_num


class ApiRestrictions(msgspec.Struct, frozen=True, rename="camel"):
    """``GET /sapi/v1/account/apiRestrictions``: what the key itself may do. What is not named may not."""

    ip_restrict: bool
    create_time: int = 0
    enable_reading: bool = False
    enable_withdrawals: bool = False
    enable_internal_transfer: bool = False
    permits_universal_transfer: bool = False
    enable_spot_and_margin_trading: bool = False
    enable_margin: bool = False
    enable_futures: bool = False
    enable_vanilla_options: bool = False
    enable_portfolio_margin_trading: bool = False
    trading_authority_expiration_time: int = 0
    """When a key without IP list loses its right to trade; 0 where there is no such time."""

    @property
    def moves_money_out(self) -> bool:
        """Whether whoever holds the key can take money out of the account."""
        return (
            self.enable_withdrawals
            or self.enable_internal_transfer
            or self.permits_universal_transfer
        )


# --- the user data stream


class ExecutionReport(
    msgspec.Struct, frozen=True, gc=False, kw_only=True, tag_field="e", tag="executionReport"
):
    """``executionReport``: something happened to an order."""

    event_ms: int = msgspec.field(name="E")
    symbol: str = msgspec.field(name="s")
    client_id: str = msgspec.field(name="c")
    """Of a cancellation: its own; ``previous_client_id`` is then the order's."""
    side: str = msgspec.field(name="S")
    order_type: str = msgspec.field(name="o")
    time_in_force: str = msgspec.field(name="f")
    quantity_text: str = msgspec.field(name="q")
    price_text: str = msgspec.field(name="p")
    stop_price_text: str = msgspec.field(name="P", default=NONE)
    iceberg_text: str = msgspec.field(name="F", default=NONE)
    list_id: int = msgspec.field(name="g", default=-1)
    previous_client_id: str = msgspec.field(name="C", default="")
    execution: str = msgspec.field(name="x")
    """NEW, CANCELED, REPLACED, REJECTED, TRADE, EXPIRED, TRADE_PREVENTION."""
    status: str = msgspec.field(name="X")
    reason: str = msgspec.field(name="r", default="NONE")
    """Why it was rejected."""
    order_id: int = msgspec.field(name="i")
    last_quantity_text: str = msgspec.field(name="l", default=NONE)
    executed_text: str = msgspec.field(name="z", default=NONE)
    last_price_text: str = msgspec.field(name="L", default=NONE)
    commission_text: str = msgspec.field(name="n", default=NONE)
    commission_asset: str | None = msgspec.field(name="N", default=None)
    time: int = msgspec.field(name="T")
    trade_id: int = msgspec.field(name="t", default=-1)
    execution_id: int = msgspec.field(name="I", default=-1)
    is_on_book: bool = msgspec.field(name="w", default=False)
    is_maker: bool = msgspec.field(name="m", default=False)
    order_time: int = msgspec.field(name="O", default=-1)
    executed_quote_text: str = msgspec.field(name="Z", default=NONE)
    last_quote_text: str = msgspec.field(name="Y", default=NONE)
    quote_quantity_text: str = msgspec.field(name="Q", default=NONE)
    working_time: int = msgspec.field(name="W", default=-1)
    self_trade_prevention: str = msgspec.field(name="V", default="")
    trailing_delta: int = msgspec.field(name="d", default=0)
    prevented_text: str = msgspec.field(name="A", default=NONE)
    expiry_reason: str = msgspec.field(name="eR", default="")
    reconciled: bool = False
    """Ours: the event itself was lost, and this is what REST told of it afterwards."""
    price = Exact("price_text")
    quantity = Exact("quantity_text")
    executed = Exact("executed_text")
    executed_quote = Exact("executed_quote_text")
    prevented = Exact("prevented_text")
    last_price = Exact("last_price_text")
    last_quote = Exact("last_quote_text")
    last_quantity = Exact("last_quantity_text")
    commission = Exact("commission_text")

    @property
    def order_client_id(self) -> str:
        """The client order id by which the order was placed, whatever happened to it."""
        return self.previous_client_id or self.client_id

    @property
    def is_open(self) -> bool:
        return self.status in OPEN


class PositionBalance(msgspec.Struct, frozen=True, gc=False):
    """One asset in an :class:`AccountPosition`."""

    asset: str = msgspec.field(name="a")
    free_text: str = msgspec.field(name="f")
    locked_text: str = msgspec.field(name="l")
    free = Exact("free_text")
    locked = Exact("locked_text")


class AccountPosition(msgspec.Struct, frozen=True, tag_field="e", tag="outboundAccountPosition"):
    """``outboundAccountPosition``: balances that an event may have changed, as they are after it."""

    event_ms: int = msgspec.field(name="E")
    time: int = msgspec.field(name="u")
    balances: tuple[PositionBalance, ...] = msgspec.field(name="B")
    reconciled: bool = False
    """As of an execution."""

    @property
    def symbol(self) -> str:
        """None: it is about assets."""
        return ""


class BalanceUpdate(msgspec.Struct, frozen=True, gc=False, tag_field="e", tag="balanceUpdate"):
    """``balanceUpdate``: a deposit, a withdrawal or a transfer."""

    event_ms: int = msgspec.field(name="E")
    asset: str = msgspec.field(name="a")
    delta_text: str = msgspec.field(name="d")
    time: int = msgspec.field(name="T")
    delta = Exact("delta_text")

    @property
    def symbol(self) -> str:
        """None: it is about an asset."""
        return ""


class ExternalLock(msgspec.Struct, frozen=True, gc=False, tag_field="e", tag="externalLockUpdate"):
    """``externalLockUpdate``: something outside of the exchange locked a part of a balance, or let go of it."""

    event_ms: int = msgspec.field(name="E")
    asset: str = msgspec.field(name="a")
    delta_text: str = msgspec.field(name="d")
    time: int = msgspec.field(name="T")
    delta = Exact("delta_text")

    @property
    def symbol(self) -> str:
        """None: it is about an asset."""
        return ""


class ListMember(msgspec.Struct, frozen=True, gc=False):
    """One order of a list in a :class:`ListStatus`."""

    symbol: str = msgspec.field(name="s")
    id: int = msgspec.field(name="i")
    client_id: str = msgspec.field(name="c")


class ListStatus(msgspec.Struct, frozen=True, kw_only=True, tag_field="e", tag="listStatus"):
    """``listStatus``: something happened to an order list."""

    event_ms: int = msgspec.field(name="E")
    symbol: str = msgspec.field(name="s")
    list_id: int = msgspec.field(name="g")
    contingency: str = msgspec.field(name="c")
    status_type: str = msgspec.field(name="l")
    order_status: str = msgspec.field(name="L")
    reason: str = msgspec.field(name="r", default="NONE")
    client_id: str = msgspec.field(name="C")
    time: int = msgspec.field(name="T")
    orders: tuple[ListMember, ...] = msgspec.field(name="O", default=())
    reconciled: bool = False
    """As of an execution."""


AccountEvent = ExecutionReport | AccountPosition | BalanceUpdate | ExternalLock | ListStatus
"""What the user data stream tells."""
