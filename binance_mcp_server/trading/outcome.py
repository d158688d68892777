"""What became of an intent, as the tools hear it. Pure."""

from dataclasses import dataclass
from typing import Any

from binance_mcp_server.errors import BinanceMcpError
from binance_mcp_server.models.account import ExecutionReport
from binance_mcp_server.models.orders import OrderResult, OrderTerms
from binance_mcp_server.trading.journal import Intended, Source, State
from binance_mcp_server.trading.totals import SETTLED


@dataclass(frozen=True, slots=True)
class Outcome:
    """The truth as far as it is known."""

    entry: Intended
    """What was meant, with our id."""
    state: State
    source: Source
    orders: tuple[OrderTerms, ...] = ()
    """Orders that it made, changed or was about, as last seen."""
    answer: Any = None
    """The venue's own answer, where one came."""
    error: BinanceMcpError | None = None
    """Why it was refused, not sent, or left unknown."""
    text: str = ""
    """What a reader has to know beyond that."""
    repeated: bool = False
    """Whether it was carried out by an earlier call, with the same token."""

    @property
    def is_settled(self) -> bool:
        """Whether it is known what became of it; else it is still being found out."""
        return self.state in SETTLED


def order_told(report: ExecutionReport) -> OrderResult:
    """The order that a user data event tells of."""
    return OrderResult(
        symbol=report.symbol,
        id=report.order_id,
        list_id=report.list_id,
        client_id=report.client_id,
        previous_client_id=report.previous_client_id,
        side=report.side,
        type=report.order_type,
        status=report.status,
        time_in_force=report.time_in_force,
        price_text=report.price_text,
        quantity_text=report.quantity_text,
        executed_text=report.executed_text,
        executed_quote_text=report.executed_quote_text,
        stop_price_text=report.stop_price_text,
        transact_time=report.time,
    )
