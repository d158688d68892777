"""Stop everything: no new orders, and every open one cancelled."""

import contextlib
from dataclasses import dataclass
from typing import Final

from binance_mcp_server.binance_api import endpoints_account, endpoints_trading
from binance_mcp_server.errors import FateUnknownError, VenueError
from binance_mcp_server.models.orders import Order
from binance_mcp_server.trading.desk import Desk
from binance_mcp_server.trading.intents import CancelAllIntent
from binance_mcp_server.trading.kill_switch import Engaged
from binance_mcp_server.trading.outcome import Outcome
from binance_mcp_server.trading.settling import OrderLine

ROUNDS: Final = 3
"""How often everything is cancelled until nothing is left: requests that were on their way may have come meanwhile."""
_PATIENCE: Final = 10.0
"""Seconds for each request that is on its way."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """What it came to."""

    engaged: Engaged
    outcomes: tuple[Outcome, ...]
    """Of the cancellations, a symbol each."""
    left: tuple[Order, ...]
    """Orders that are open all the same."""


async def cancel_everything(line: OrderLine) -> tuple[Order, ...]:
    """Cancel every open order of the account, without a desk; what is open all the same.

    Raises ``BinanceMcpError`` where the venue cannot be asked.
    """
    left = (await line.send(endpoints_account.open_orders())).data
    for _ in range(ROUNDS):
        for symbol in sorted({order.symbol for order in left}):
            with contextlib.suppress(
                VenueError, FateUnknownError
            ):  # the next look says what came of it
                await line.send(endpoints_trading.cancel_all_orders(symbol))
        left = (await line.send(endpoints_account.open_orders())).data
        if not left:
            break
    return left


async def stop(desk: Desk, principal: str, reason: str) -> Stopped:
    """Engage the kill switch, then cancel every open order of the account.

    Raises ``BinanceMcpError`` where the venue cannot be asked; the switch is engaged then too.
    """
    engaged = await desk.engage(principal, reason)
    outcomes: list[Outcome] = []
    left = await desk.open_orders()
    for _ in range(ROUNDS):
        symbols = sorted({order.symbol for order in left})
        outcomes += [await desk.perform(CancelAllIntent(symbol), principal) for symbol in symbols]
        for pending in list(desk.settler.pending.values()):  # it may arrive after the cancellation
            await desk.settler.wait(pending, _PATIENCE)
        left = await desk.open_orders()
        if not left:
            break
    return Stopped(engaged, tuple(outcomes), left)
