"""Cancel one order and place another (rest-api.md "Cancel an Existing Order and Send a New Order", read 2026-11-24).

The table there has a cell for each case. Filters and the count of unfilled orders are looked at before anything is
done; the new order counts also when it was not attempted. A count that is exceeded ends it all, unless
``orderRateLimitExceededMode`` asks to cancel at least.
"""

from collections.abc import Callable
from enum import Enum
from typing import NamedTuple

from binance_mcp_server.exchange.engine.orders import NewOrder, Status
from binance_mcp_server.exchange.engine.refusals import FILTER, RefusedError
from binance_mcp_server.exchange.engine.unfilled import TooManyOrdersError
from binance_mcp_server.exchange.wire.params import Query
from binance_mcp_server.exchange.wire.shapes import Body
from binance_mcp_server.exchange.wire.trading import asking, cancelling, placing, reading, shapes
from binance_mcp_server.exchange.wire.trading.call import SignedCall
from binance_mcp_server.exchange.wire.trading.refusals import DetailedError, of_engine
from binance_mcp_server.exchange.wire.trading.shapes import Detail

PARAMS = (
    *asking.ORDER_PARAMS,
    *("cancelReplaceMode", "cancelOrderId", "cancelOrigClientOrderId", "cancelNewClientOrderId"),
    *("cancelRestrictions", "orderRateLimitExceededMode"),
)
PARTLY, FAILED = -2021, -2022
_TEXTS = {
    PARTLY: "Order cancel-replace partially failed.",
    FAILED: "Order cancel-replace failed.",
}


class Mode(Enum):
    STOP_ON_FAILURE = "STOP_ON_FAILURE"
    ALLOW_FAILURE = "ALLOW_FAILURE"


class Exceeded(Enum):
    """What becomes of the cancellation when the new order is one too many."""

    DO_NOTHING = "DO_NOTHING"
    CANCEL_ONLY = "CANCEL_ONLY"


class _Result(NamedTuple):
    """Of one half."""

    word: str
    response: Body | None

    @property
    def is_success(self) -> bool:
        return self.word == "SUCCESS"


_NOT_ATTEMPTED = _Result("NOT_ATTEMPTED", None)


class _Asked(NamedTuple):
    mode: Mode
    order_id: int | None
    client_id: str | None
    new_client_id: str
    only: Status | None
    exceeded: Exceeded
    order: NewOrder
    detail: Detail


def _read(call: SignedCall, symbol: str) -> _Asked:
    query = call.query
    mode = reading.required(query, "cancelReplaceMode", Mode)
    order_id, client_id = reading.either(query, "cancelOrderId", "cancelOrigClientOrderId")
    order = asking.order(query, asking.common(query, symbol))
    asked = _Asked(
        mode,
        order_id,
        client_id,
        reading.client_id(query, "cancelNewClientOrderId") or "",
        cancelling.restriction(query),
        _exceeded(query),
        order,
        placing.detail(call, shapes.detail_by_default(order.type)),
    )
    query.finish()
    return asked


def _exceeded(query: Query) -> Exceeded:
    wanted = reading.one_of(query, "orderRateLimitExceededMode", Exceeded)
    return wanted or Exceeded.DO_NOTHING


def replace(call: SignedCall) -> object:
    """Raises :class:`~.refusals.DetailedError` unless both halves succeed."""
    symbol = call.symbol()
    asked = _read(call, symbol)
    _check_filters(call, asked.order)
    too_many: TooManyOrdersError | None = None
    try:
        call.count_orders(1)
    except TooManyOrdersError as refused:
        if asked.exceeded is Exceeded.DO_NOTHING:
            raise
        too_many = refused
    cancelled = _try(lambda: _cancel(call, symbol, asked))
    if asked.mode is Mode.STOP_ON_FAILURE and not cancelled.is_success:
        placed = _NOT_ATTEMPTED
    elif too_many is not None:
        placed = _failure(too_many)
    else:
        placed = _try(lambda: _place(call, asked, after_cancel=cancelled.is_success))
    return _answer(cancelled, placed, too_many if asked.mode is Mode.STOP_ON_FAILURE else None)


def _check_filters(call: SignedCall, order: NewOrder) -> None:
    """Only them, and whether the symbol has cancel-replace at all: balance enough, for one, is looked for when the old
    order is gone."""
    if not call.market.rules[order.symbol].trading.cancel_replace:
        text = "Order cancel-replace is not supported for this symbol."
        raise RefusedError(FILTER, text)
    try:
        call.venue.test(call.uid, order, call.now)
    except RefusedError as refused:
        if refused.code == FILTER:
            raise


def _try(act: Callable[[], Body]) -> _Result:
    try:
        return _Result("SUCCESS", act())
    except RefusedError as refused:
        return _failure(refused)


def _failure(refused: RefusedError) -> _Result:
    return _Result("FAILURE", of_engine(refused).body())


def _cancel(call: SignedCall, symbol: str, asked: _Asked) -> Body:
    before = cancelling.known_ids(call, symbol)
    its = call.venue.cancel(
        call.uid,
        symbol,
        call.now,
        order_id=asked.order_id,
        client_id=asked.client_id,
        new_client_id=asked.new_client_id,
        only=asked.only,
    )
    return cancelling.gone(call, its, before)


def _place(call: SignedCall, asked: _Asked, *, after_cancel: bool) -> Body:
    """Of a refusal the account hears on its stream too when the old order is gone already."""
    try:
        order = call.venue.place(call.uid, asked.order, call.now)
    except RefusedError as refused:
        if after_cancel:
            call.venue.rejected(call.uid, asked.order, refused, call.now)
        raise
    return placing.placed(call, order, asked.detail)


def _answer(cancelled: _Result, placed: _Result, too_many: TooManyOrdersError | None) -> Body:
    body: Body = {
        "cancelResult": cancelled.word,
        "newOrderResult": placed.word,
        "cancelResponse": cancelled.response,
        "newOrderResponse": placed.response,
    }
    if cancelled.is_success and placed.is_success:
        return body
    code = PARTLY if cancelled.is_success or placed.is_success else FAILED
    if too_many is not None:
        raise DetailedError(code, _TEXTS[code], body, status=429, retry_after=too_many.retry_after)
    raise DetailedError(code, _TEXTS[code], body, status=409 if code == PARTLY else 400)
