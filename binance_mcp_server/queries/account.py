"""The account as it is read: balances, orders, fills, and what the key may do. Symbols are taken as people write them.

Range rules of orders: with an end alone the venue gives the newest up to it (rest-api.md "General API Information",
read 2026-11-24); so history is read backwards, and no range is cut into days.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Protocol, TypeVar

from binance_mcp_server.binance_api import endpoints_account as endpoints
from binance_mcp_server.binance_api.endpoints import Request
from binance_mcp_server.errors import RejectedError
from binance_mcp_server.models.account import (
    Account,
    ApiRestrictions,
    CommissionRates,
    UnfilledCount,
)
from binance_mcp_server.models.info import SymbolInfo
from binance_mcp_server.models.orders import Fill, Order
from binance_mcp_server.queries.answer import Answer
from binance_mcp_server.queries.fetch import Reply, answer
from binance_mcp_server.queries.market import MarketQueries
from binance_mcp_server.queries.my_fills import FillHistories, History

T = TypeVar("T")

PAGE: Final = 1000
"""The venue's most orders a request, weight 20."""
NO_SUCH_ORDER: Final = -2013


class SignedLine(Protocol):
    """What is needed of the signed REST client."""

    async def send(self, request: Request[T], /) -> Reply[T]: ...


@dataclass(frozen=True, slots=True)
class After:
    """Where a page of orders ended, newest first."""

    id: int
    """Of its last order."""
    time: int
    """When that was placed, ms."""
    same: int
    """How many orders were shown that were placed in the same millisecond: the venue will tell them again."""


@dataclass(frozen=True, slots=True)
class OrdersPage:
    """Orders of a symbol, newest first."""

    orders: tuple[Order, ...]
    as_of_ms: int
    more: bool
    """Whether there may be older ones in the range."""


class AccountQueries:
    """All reads of one account."""

    def __init__(self, line: SignedLine, market: MarketQueries) -> None:
        self._line = line
        self._market = market
        self._histories = FillHistories()

    async def account(self) -> Answer[Account]:
        """Balances that are not 0, commission rates, rights."""
        return answer(await self._line.send(endpoints.account()))

    async def prices(self) -> Mapping[str, Decimal]:
        """Last price by symbol, for valuations."""
        found = (await self._market.all_prices()).data
        return {each.symbol: each.price for each in found}

    async def symbol(self, text: str) -> SymbolInfo:
        """The rules of a symbol. Raises ``InputError`` where there is none."""
        return (await self._market.symbols.get(text)).data

    async def open_orders(self, symbol: str | None) -> Answer[tuple[Order, ...]]:
        """Open orders of *symbol*, or of all (weight 80)."""
        name = (await self.symbol(symbol)).symbol if symbol else None
        return answer(await self._line.send(endpoints.open_orders(name)))

    async def history(
        self,
        symbol: str,
        *,
        start_ms: int | None,
        end_ms: int | None,
        limit: int,
        after: "After | None",
    ) -> "OrdersPage":
        """Orders of *symbol* (in the venue's spelling) placed from *start_ms* to *end_ms*, newest first; with *after*,
        those that follow on an earlier page."""
        below = after.id if after else None
        end_ms = after.time if after else end_ms
        count = min(PAGE, limit + 1 + (after.same if after else 0))
        request = endpoints.all_orders(symbol, end_time=end_ms, limit=count)
        reply = await self._line.send(request)
        found = sorted(reply.data, key=lambda order: order.id, reverse=True)
        kept = [
            order
            for order in found
            if (below is None or order.id < below) and (start_ms is None or order.time >= start_ms)
        ]
        reached = bool(found) and start_ms is not None and found[-1].time < start_ms
        more = len(kept) > limit or (len(found) >= count and not reached)
        return OrdersPage(tuple(kept[:limit]), reply.venue_ms, more)

    async def order(
        self, symbol: str, order_id: int | None, client_order_id: str | None
    ) -> Answer[Order]:
        """One order by either id. *symbol* in the venue's spelling."""
        return answer(
            await self._line.send(
                endpoints.order(symbol, order_id=order_id, client_id=client_order_id)
            )
        )

    async def find_order(
        self, symbol: str, order_id: int | None, client_order_id: str | None
    ) -> Order | None:
        """The same; ``None`` where the venue knows no such order."""
        try:
            return (await self.order(symbol, order_id, client_order_id)).data
        except RejectedError as error:
            if error.code == NO_SUCH_ORDER:
                return None
            raise

    async def fills_of(self, symbol: str, order_id: int) -> tuple[Fill, ...]:
        """Fills of one order, oldest first."""
        return (await self._line.send(endpoints.my_trades(symbol, order_id=order_id))).data

    async def fills(self, info: SymbolInfo) -> Answer[History]:
        """All fills of a symbol, as far as they could be read now."""
        as_of = self._market.venue_now_ms()

        async def read(first: int, limit: int) -> tuple[Fill, ...]:
            nonlocal as_of
            request = endpoints.my_trades(info.symbol, from_id=first, limit=limit)
            reply = await self._line.send(request)
            as_of = reply.venue_ms
            return reply.data

        history = await self._histories.of(info.symbol, info.base_asset, info.quote_asset, read)
        note = "" if history.complete else "there are newer fills: call again to read on"
        return Answer(history, as_of, partial=note)

    async def unfilled(self) -> tuple[UnfilledCount, ...]:
        """How many orders count against the venue's limits now. Weight 40."""
        return (await self._line.send(endpoints.unfilled_orders())).data

    async def commission(self, symbol: str) -> CommissionRates:
        """What a fill costs on *symbol*, as the venue states it."""
        return (await self._line.send(endpoints.commission(symbol))).data

    async def restrictions(self) -> Answer[ApiRestrictions]:
        """What the key may do."""
        return answer(await self._line.send(endpoints.api_restrictions()))
