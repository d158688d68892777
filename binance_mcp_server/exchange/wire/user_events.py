"""What happened to an account → the events of its user data stream, field order included. Pure.

user-data-stream.md, faqs/market_orders_faq.md and stp_faq.md, read 2026-11-24. ``scale`` is 1 for times in ms,
1000 for µs. ``E`` is when it is told, which is when it happened: nothing takes time here.
"""

from binance_mcp_server.exchange.engine.events import (
    BalanceUpdate,
    Event,
    ExecType,
    Execution,
    ListChange,
    Position,
)
from binance_mcp_server.exchange.engine.orders import ABSENT, SpotOrder
from binance_mcp_server.exchange.numbers import show, show_quote
from binance_mcp_server.exchange.wire.shapes import NONE, Body
from binance_mcp_server.exchange.wire.trading.shapes import OWN_FLOOR


def user_event(event: Event, scale: int) -> Body | None:
    """The event as its account is told of it; ``None``: it is the public's alone."""
    match event:
        case Execution():
            return execution_report(event, scale)
        case Position():
            return account_position(event, scale)
        case BalanceUpdate():
            return balance_update(event, scale)
        case ListChange():
            return list_status(event, scale)
        case _:
            return None


def execution_report(event: Execution, scale: int) -> Body:
    order, fill = event.order, event.fill
    asked = order.asked
    body: Body = {
        "e": "executionReport",
        "E": event.time * scale,
        "s": order.symbol,
        "c": order.client_id,
        "S": order.side.value,
        "o": order.type.value,
        "f": asked.tif.value,
        "q": show(order.qty),
        "p": show(asked.price),
        "P": show(order.stop_price),
        "F": show(asked.iceberg_qty),
        "g": order.list_id,
        "C": event.previous_client_id,
        "x": event.kind.value,
        "X": order.status.value,
        "r": event.reason,
        "i": order.id,
        "l": show(fill.qty) if fill else NONE,
        "z": show(order.executed),
        "L": show(fill.price) if fill else NONE,
        "n": show(fill.commission) if fill else "0",
        "N": fill.commission_asset if fill else None,
        "T": event.time * scale,
        "t": fill.id if fill else ABSENT,
    }
    if order.prevented_match_id != ABSENT:
        body["v"] = order.prevented_match_id
    body |= {
        "I": event.id,
        "w": event.on_book,
        "m": fill is not None and fill.is_maker,
        "M": fill is not None,
        "O": order.time * scale,
        "Z": show_quote(order.quote),
        "Y": show_quote(fill.quote) if fill else NONE,
        "Q": show(asked.quote_qty),
    }
    if order.working_time != ABSENT:
        body["W"] = order.working_time * scale
    body["V"] = order.stp.value
    _what_some_have(body, order, scale)
    if order.prevented_match_id != ABSENT:
        _prevention(body, event)
    if order.expiry is not None:
        body["eR"] = order.expiry.value
    return body


def _what_some_have(body: Body, order: SpotOrder, scale: int) -> None:
    """Trailing stops, strategies, smart order routing, pegs."""
    asked = order.asked
    if asked.trailing_delta:
        body["d"] = asked.trailing_delta
        if order.trailing_time != ABSENT:
            body["D"] = order.trailing_time * scale
    if asked.strategy_id is not None:
        body["j"] = asked.strategy_id
    if asked.strategy_type is not None:
        body["J"] = asked.strategy_type
    if order.uses_sor:
        body["k"] = OWN_FLOOR
        body["uS"] = True
    if asked.peg is not None:
        body["gP"] = asked.peg.value
        if asked.peg_levels is not None:
            body["gOT"], body["gOV"] = "PRICE_LEVEL", asked.peg_levels
        if order.pegged_price:
            body["gp"] = show(order.pegged_price)


def _prevention(body: Body, event: Execution) -> None:
    """Self-trade prevention: what it took off altogether, and what it did just now."""
    body["A"] = show(event.order.prevented)
    if event.kind is not ExecType.TRADE_PREVENTION:
        return
    price, qty = event.prevented_match_price, event.prevented_match_qty
    body |= {
        "B": show(event.prevented),
        "u": event.trade_group_id,
        "U": event.counter_order_id,
        "Cs": event.order.symbol,
        "pl": show(qty),
        "pL": show(price),
        "pY": show_quote(price * qty),
    }


def account_position(event: Position, scale: int) -> Body:
    return {
        "e": "outboundAccountPosition",
        "E": event.time * scale,
        "u": event.time * scale,
        "B": [
            {"a": asset, "f": show(free), "l": show(locked)}
            for asset, free, locked in event.balances
        ],
    }


def balance_update(event: BalanceUpdate, scale: int) -> Body:
    return {
        "e": "balanceUpdate",
        "E": event.time * scale,
        "a": event.asset,
        "d": show(event.delta),
        "T": event.time * scale,
    }


def list_status(event: ListChange, scale: int) -> Body:
    its = event.list
    return {
        "e": "listStatus",
        "E": event.time * scale,
        "s": its.symbol,
        "g": its.id,
        "c": its.contingency.value,
        "l": its.status.value,
        "L": its.order_status.value,
        "r": event.reason,
        "C": its.client_id,
        "T": event.time * scale,
        "O": [{"s": order.symbol, "i": order.id, "c": order.client_id} for order in its.orders],
    }


def stream_terminated(now: int, scale: int) -> Body:
    """A subscription has ended; *now* in ms."""
    return {"e": "eventStreamTerminated", "E": now * scale}
