"""Orders of an account as spot Binance sends them over REST and the WebSocket API.

Shapes: rest-api.md "Trading endpoints", "Account endpoints" and "Conditional fields in Order Responses" (2026-07-21),
read 2026-11-24. Prices are in the quote asset, quantities in the base asset, times in ms since the epoch, UTC; −1 where
there is none. ``…_text`` fields hold the venue's digits; the properties beside them calculate. Fields that the venue
adds later are ignored; names of kinds are plain text, since the venue may add some. Client order ids are other people's
text.
"""

from decimal import Decimal
from typing import Final

import msgspec

from binance_mcp_server.models.exact import Exact, number

OPEN: Final = frozenset({"NEW", "PARTIALLY_FILLED", "PENDING_NEW", "PENDING_CANCEL"})
"""Statuses of orders that may still change."""
NONE: Final = "0"


class OrderId(msgspec.Struct, frozen=True, gc=False):
    """One order of a list, by its names."""

    symbol: str
    id: int = msgspec.field(name="orderId")
    client_id: str = msgspec.field(name="clientOrderId")


class OrderAck(msgspec.Struct, frozen=True, kw_only=True):
    """The least that the venue says of a new order (``newOrderRespType=ACK``)."""

    symbol: str
    id: int = msgspec.field(name="orderId")
    list_id: int = msgspec.field(name="orderListId", default=-1)
    client_id: str = msgspec.field(name="clientOrderId")
    transact_time: int = msgspec.field(name="transactTime", default=-1)


class _Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What every account of an order has, whoever asks and when."""

    symbol: str
    id: int = msgspec.field(name="orderId")
    list_id: int = msgspec.field(name="orderListId", default=-1)
    """−1: it is in no list."""
    client_id: str = msgspec.field(name="clientOrderId")
    side: str
    type: str
    status: str
    time_in_force: str = msgspec.field(name="timeInForce", default="")
    price_text: str = msgspec.field(name="price", default=NONE)
    """0 for orders at the market."""
    quantity_text: str = msgspec.field(name="origQty", default=NONE)
    executed_text: str = msgspec.field(name="executedQty", default=NONE)
    executed_quote_text: str = msgspec.field(name="cummulativeQuoteQty", default=NONE)
    """Below 0 for some old orders: the venue does not know."""
    quote_quantity_text: str = msgspec.field(name="origQuoteOrderQty", default=NONE)
    """What it shall spend or bring, for a market order by quote quantity; 0 for others."""
    stop_price_text: str = msgspec.field(name="stopPrice", default=NONE)
    iceberg_text: str = msgspec.field(name="icebergQty", default=NONE)
    trailing_delta: int = msgspec.field(name="trailingDelta", default=0)
    """Hundredths of a percent."""
    trailing_time: int = msgspec.field(name="trailingTime", default=-1)
    working_time: int = msgspec.field(name="workingTime", default=-1)
    """When it came onto the book."""
    self_trade_prevention: str = msgspec.field(name="selfTradePreventionMode", default="")
    strategy_id: int | None = msgspec.field(name="strategyId", default=None)
    strategy_type: int | None = msgspec.field(name="strategyType", default=None)
    prevented_match_id: int = msgspec.field(name="preventedMatchId", default=-1)
    prevented_text: str = msgspec.field(name="preventedQuantity", default=NONE)
    """What self-trade prevention took off."""
    peg_price_type: str = msgspec.field(name="pegPriceType", default="")
    peg_offset_type: str = msgspec.field(name="pegOffsetType", default="")
    peg_offset_value: int = msgspec.field(name="pegOffsetValue", default=0)
    pegged_price_text: str = msgspec.field(name="peggedPrice", default=NONE)
    expiry_reason: str = msgspec.field(name="expiryReason", default="")
    used_sor: bool = msgspec.field(name="usedSor", default=False)
    price = Exact("price_text")
    quantity = Exact("quantity_text")
    executed = Exact("executed_text")
    executed_quote = Exact("executed_quote_text")
    quote_quantity = Exact("quote_quantity_text")
    stop_price = Exact("stop_price_text")

    @property
    def is_open(self) -> bool:
        """Whether it may still trade or be cancelled."""
        return self.status in OPEN

    @property
    def remaining(self) -> Decimal:
        """What may still trade, in the base asset; 0 once it is closed."""
        return self.quantity - self.executed if self.is_open else Decimal(0)

    @property
    def average_price(self) -> Decimal | None:
        """What was paid for a unit on average; ``None`` where nothing traded, or the venue does not know."""
        executed, quote = self.executed, self.executed_quote
        return quote / executed if executed > 0 and quote >= 0 else None


class OrderTerms(_Terms, frozen=True, kw_only=True):
    """An order, in whichever answer."""


class Order(OrderTerms, frozen=True, kw_only=True):
    """``GET /api/v3/order``, and one row of ``openOrders`` and ``allOrders``."""

    time: int = -1
    """When the venue accepted it."""
    update_time: int = msgspec.field(name="updateTime", default=-1)
    is_working: bool = msgspec.field(name="isWorking", default=False)
    """Whether it is on the book, or was."""


class OrderResult(OrderTerms, frozen=True, kw_only=True):
    """A new order as it stands when the venue answers (``newOrderRespType=RESULT``), or a cancelled one."""

    transact_time: int = msgspec.field(name="transactTime", default=-1)
    previous_client_id: str = msgspec.field(name="origClientOrderId", default="")
    """Of a cancelled order: its own client order id; ``client_id`` is the cancellation's."""


class FillPart(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One fill in the answer to a new order."""

    price_text: str = msgspec.field(name="price")
    quantity_text: str = msgspec.field(name="qty")
    commission_text: str = msgspec.field(name="commission", default=NONE)
    commission_asset: str | None = msgspec.field(name="commissionAsset", default=None)
    trade_id: int = msgspec.field(name="tradeId", default=-1)
    price = Exact("price_text")
    quantity = Exact("quantity_text")
    commission = Exact("commission_text")


class OrderFull(OrderResult, frozen=True, kw_only=True):
    """A new order with the fills that it had at once (``newOrderRespType=FULL``)."""

    fills: tuple[FillPart, ...] = ()


class Fill(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """``GET /api/v3/myTrades``: one trade of one's own."""

    symbol: str
    id: int
    """The trade's, not the order's."""
    order_id: int = msgspec.field(name="orderId")
    list_id: int = msgspec.field(name="orderListId", default=-1)
    price_text: str = msgspec.field(name="price")
    quantity_text: str = msgspec.field(name="qty")
    quote_text: str = msgspec.field(name="quoteQty")
    commission_text: str = msgspec.field(name="commission")
    commission_asset: str = msgspec.field(name="commissionAsset")
    time: int
    is_buyer: bool = msgspec.field(name="isBuyer")
    is_maker: bool = msgspec.field(name="isMaker")
    price = Exact("price_text")
    quantity = Exact("quantity_text")
    quote = Exact("quote_text")
    commission = Exact("commission_text")


class OrderList(msgspec.Struct, frozen=True, kw_only=True):
    """``GET /api/v3/orderList``, and one row of ``openOrderList`` and ``allOrderList``."""

    id: int = msgspec.field(name="orderListId")
    contingency: str = msgspec.field(name="contingencyType")
    """OCO or OTO."""
    status_type: str = msgspec.field(name="listStatusType", default="")
    """RESPONSE, EXEC_STARTED, UPDATED or ALL_DONE; an amendment does not say."""
    order_status: str = msgspec.field(name="listOrderStatus")
    """EXECUTING, ALL_DONE or REJECT."""
    client_id: str = msgspec.field(name="listClientOrderId")
    transaction_time: int = msgspec.field(name="transactionTime", default=-1)
    symbol: str
    orders: tuple[OrderId, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether any of its orders may still trade."""
        return self.order_status == "EXECUTING"


class PlacedList(OrderList, frozen=True, kw_only=True):
    """The answer to a new list, or to the cancellation of one, with each of its orders."""

    reports: tuple[OrderFull, ...] = msgspec.field(name="orderReports", default=())


class Cancelled(_Terms, frozen=True, kw_only=True):
    """``DELETE /api/v3/order`` and one row of ``DELETE /api/v3/openOrders``: an order, or, where that was one of a
    list, the list, which goes with it. Fields of the other kind are empty; ``orders`` reads both alike."""

    id: int = msgspec.field(name="orderId", default=-1)
    client_id: str = msgspec.field(name="clientOrderId", default="")
    """The cancellation's own."""
    side: str = ""
    type: str = ""
    status: str = ""
    transact_time: int = msgspec.field(name="transactTime", default=-1)
    previous_client_id: str = msgspec.field(name="origClientOrderId", default="")
    contingency: str = msgspec.field(name="contingencyType", default="")
    list_client_id: str = msgspec.field(name="listClientOrderId", default="")
    reports: tuple[OrderResult, ...] = msgspec.field(name="orderReports", default=())

    @property
    def is_list(self) -> bool:
        return bool(self.contingency)

    @property
    def orders(self) -> tuple[OrderResult, ...]:
        """Every order that was cancelled; ``previous_client_id`` is the name by which it was placed."""
        if self.is_list:
            return self.reports
        fields = {name: getattr(self, name) for name in OrderResult.__struct_fields__}
        return (OrderResult(**fields),)


class AmendedOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order after its quantity was lowered; the venue names some fields otherwise than elsewhere."""

    symbol: str
    id: int = msgspec.field(name="orderId")
    list_id: int = msgspec.field(name="orderListId", default=-1)
    previous_client_id: str = msgspec.field(name="origClientOrderId")
    client_id: str = msgspec.field(name="clientOrderId")
    """The one that counts from now on."""
    price_text: str = msgspec.field(name="price", default=NONE)
    quantity_text: str = msgspec.field(name="qty")
    executed_text: str = msgspec.field(name="executedQty")
    executed_quote_text: str = msgspec.field(name="cumulativeQuoteQty", default=NONE)
    status: str
    time_in_force: str = msgspec.field(name="timeInForce", default="")
    type: str
    side: str
    price = Exact("price_text")
    quantity = Exact("quantity_text")
    executed = Exact("executed_text")


class Amendment(msgspec.Struct, frozen=True, kw_only=True):
    """``PUT /api/v3/order/amend/keepPriority``."""

    transact_time: int = msgspec.field(name="transactTime")
    execution_id: int = msgspec.field(name="executionId")
    order: AmendedOrder = msgspec.field(name="amendedOrder")
    list_status: OrderList | None = msgspec.field(name="listStatus", default=None)


class Half(msgspec.Struct, frozen=True, kw_only=True):
    """A refusal of one half of a replacement."""

    code: int
    msg: str


class Replaced(msgspec.Struct, frozen=True, kw_only=True):
    """``POST /api/v3/order/cancelReplace``, and the ``data`` of its errors −2021 and −2022."""

    cancel_result: str = msgspec.field(name="cancelResult")
    """SUCCESS or FAILURE."""
    new_order_result: str = msgspec.field(name="newOrderResult")
    """SUCCESS, FAILURE or NOT_ATTEMPTED."""
    cancel_raw: msgspec.Raw = msgspec.field(name="cancelResponse", default=msgspec.Raw(b"null"))
    new_order_raw: msgspec.Raw = msgspec.field(
        name="newOrderResponse", default=msgspec.Raw(b"null")
    )

    @property
    def cancelled(self) -> Cancelled | None:
        """The old order, where it was cancelled."""
        if self.cancel_result != "SUCCESS":
            return None
        return msgspec.json.decode(self.cancel_raw, type=Cancelled)

    @property
    def placed(self) -> OrderFull | None:
        """The new order, where it was accepted."""
        if self.new_order_result != "SUCCESS":
            return None
        return msgspec.json.decode(self.new_order_raw, type=OrderFull)

    @property
    def cancel_refusal(self) -> Half | None:
        return _refusal(self.cancel_result, self.cancel_raw)

    @property
    def new_order_refusal(self) -> Half | None:
        return _refusal(self.new_order_result, self.new_order_raw)


def _refusal(result: str, raw: msgspec.Raw) -> Half | None:
    return msgspec.json.decode(raw, type=Half) if result == "FAILURE" else None


def commission_of(fills: tuple[FillPart, ...]) -> dict[str, Decimal]:
    """What the fills of a new order cost, by asset."""
    total: dict[str, Decimal] = {}
    for fill in fills:
        asset = fill.commission_asset
        if asset:
            total[asset] = total.get(asset, Decimal(0)) + number(fill.commission_text)
    return total
