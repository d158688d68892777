"""What REST tells of an account that no event told, as the events that were lost. No I/O.

They are marked ``reconciled``. Their times are those of the trade or of the order's last change; what REST does not
know (an execution's id, a cancellation's own name) they do not have. rest-api.md "Account endpoints",
user-data-stream.md of Binance's spot documents (2026-07-21), read 2026-11-24.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final

import msgspec

from binance_mcp_server.feeds.account_picture import (
    REPLACED,
    TRADE,
    Amounts,
    Standing,
    standing_of,
)
from binance_mcp_server.models.account import (
    Account,
    AccountPosition,
    ExecutionReport,
    ListMember,
    ListStatus,
    PositionBalance,
)
from binance_mcp_server.models.exact import plain
from binance_mcp_server.models.orders import NONE, Fill, Order, OrderList

_ENDS: Final = {
    "CANCELED": "CANCELED",
    "REJECTED": "REJECTED",
    "EXPIRED": "EXPIRED",
    "EXPIRED_IN_MATCH": "TRADE_PREVENTION",
}
"""Final statuses and how an order came to them."""


class Missed(msgspec.Struct):
    """What was missed of one order."""

    reports: list[ExecutionReport]
    is_whole: bool
    """Whether they explain all that the order has traded."""


def missed_of(order: Order, known: Standing | None, fills: Iterable[Fill]) -> Missed:
    """The events between *known* and *order*. *fills*: its trades that no event told of."""
    now = standing_of(order)
    reports: list[ExecutionReport] = []
    executed = known.executed if known else Decimal(0)
    quote = known.executed_quote if known else Decimal(0)
    client_id = known.client_id if known else order.client_id
    base = _blank(order, client_id)
    if known is None:
        first = "PENDING_NEW" if now.status == "PENDING_NEW" else "NEW"
        reports.append(_at(base, order.time, execution="NEW", status=first))
    elif known.status == "PENDING_NEW" and now.rank > known.rank:
        reports.append(_at(base, order.working_time, execution="NEW", status="NEW"))
    for fill in sorted(fills, key=lambda each: (each.time, each.id)):
        executed, quote = executed + fill.quantity, quote + fill.quote
        status = "FILLED" if executed >= now.quantity > 0 else "PARTIALLY_FILLED"
        reports.append(_traded(base, fill, status, executed, quote))
    sums = {"executed_text": plain(executed), "executed_quote_text": plain(quote)}
    is_told = bool(reports) and reports[-1].status == now.status
    if now.status in _ENDS and not is_told:
        reports.append(
            _at(base, order.update_time, execution=_ENDS[now.status], status=now.status, **sums)
        )
    elif known is not None and not reports and known.is_behind(now):
        execution = REPLACED if now.quantity < known.quantity else "NEW"
        reports.append(_at(base, order.update_time, execution=execution, status=now.status, **sums))
    return Missed(reports, executed == now.executed)


def _blank(order: Order, client_id: str) -> ExecutionReport:
    """What all reports of an order have in common. A cancellation gives an order its own name."""
    return ExecutionReport(
        event_ms=0,
        symbol=order.symbol,
        client_id=order.client_id,
        previous_client_id="" if client_id == order.client_id else client_id,
        side=order.side,
        order_type=order.type,
        time_in_force=order.time_in_force,
        quantity_text=order.quantity_text,
        price_text=order.price_text,
        stop_price_text=order.stop_price_text,
        iceberg_text=order.iceberg_text,
        list_id=order.list_id,
        execution="",
        status="",
        order_id=order.id,
        time=0,
        is_on_book=order.is_working and order.is_open,
        order_time=order.time,
        quote_quantity_text=order.quote_quantity_text,
        working_time=order.working_time,
        self_trade_prevention=order.self_trade_prevention,
        trailing_delta=order.trailing_delta,
        prevented_text=order.prevented_text,
        expiry_reason=order.expiry_reason,
        reconciled=True,
    )


def _at(base: ExecutionReport, time: int, **what: str) -> ExecutionReport:
    time = max(time, base.order_time)
    if what["status"] in {"NEW", "PENDING_NEW"}:
        what.setdefault("prevented_text", NONE)
        what.setdefault("expiry_reason", "")
    return msgspec.structs.replace(base, event_ms=time, time=time, **what)


def _traded(
    base: ExecutionReport, fill: Fill, status: str, executed: Decimal, quote: Decimal
) -> ExecutionReport:
    return msgspec.structs.replace(
        base,
        event_ms=fill.time,
        time=fill.time,
        execution=TRADE,
        status=status,
        last_quantity_text=fill.quantity_text,
        last_price_text=fill.price_text,
        last_quote_text=fill.quote_text,
        commission_text=fill.commission_text,
        commission_asset=fill.commission_asset,
        trade_id=fill.id,
        is_maker=fill.is_maker,
        executed_text=plain(executed),
        executed_quote_text=plain(quote),
        expiry_reason="",
    )


def position_of(
    account: Account, before: dict[str, Amounts], now_ms: int
) -> AccountPosition | None:
    """The balances that are others than *before*; ``None`` where none are."""
    changed = [
        PositionBalance(each.asset, each.free_text, each.locked_text)
        for each in account.balances
        if before.get(each.asset) != Amounts(each.free, each.locked)
        and (each.asset in before or each.total)
    ]
    listed = {each.asset for each in account.balances}
    gone = [asset for asset, amounts in before.items() if asset not in listed and any(amounts)]
    changed += [PositionBalance(asset, NONE, NONE) for asset in gone]
    if not changed:
        return None
    time = max(account.update_time, now_ms)
    return AccountPosition(time, time, tuple(changed), reconciled=True)


def list_status_of(its: OrderList) -> ListStatus:
    """The list as it stands."""
    return ListStatus(
        event_ms=its.transaction_time,
        symbol=its.symbol,
        list_id=its.id,
        contingency=its.contingency,
        status_type=its.status_type,
        order_status=its.order_status,
        client_id=its.client_id,
        time=its.transaction_time,
        orders=tuple(ListMember(each.symbol, each.id, each.client_id) for each in its.orders),
        reconciled=True,
    )


def in_time(reports: Sequence[ExecutionReport]) -> list[ExecutionReport]:
    """In the order in which it happened; of one order, as they were."""
    return sorted(reports, key=lambda each: each.time)
