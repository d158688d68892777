"""What is asked over REST of an account whose events were lost: only where something may have happened.

Weights: account 20, all open orders 80; of each symbol in use orders 20, and trades 20 where an order has traded
(rest-api.md "Account endpoints" of Binance's spot documents, 2026-07-21, read 2026-11-24).
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, Protocol, TypeVar

from binance_mcp_server.binance_api import endpoints_account as ask
from binance_mcp_server.binance_api.client import Reply
from binance_mcp_server.binance_api.endpoints import Request
from binance_mcp_server.errors import RejectedError
from binance_mcp_server.feeds.account_missed import in_time, list_status_of, missed_of
from binance_mcp_server.feeds.account_picture import Assets, Key, Picture, standing_of
from binance_mcp_server.models.account import Account, ExecutionReport, ListStatus
from binance_mcp_server.models.orders import Fill, Order, OrderList

T = TypeVar("T")

PAGE: Final = 1_000
MOST_PAGES: Final = 10
MOST_SYMBOLS: Final = 15
"""Those in which something happened last; the others are looked at when their open orders or balances differ."""
LATE_MS: Final = 10_000
"""How far a database of the venue may lag behind what its matching engine did: so much is asked for again."""
UNKNOWN_ORDER: Final = -2013

Pairs = Callable[[Iterable[str]], Awaitable[list[str]]]
"""Symbols that trade one of some assets for another one of them."""


class SignedReads(Protocol):
    """Who asks: the signed client of REST, or of the WebSocket API."""

    async def send(self, request: Request[T]) -> Reply[T]: ...


@dataclass(slots=True)
class Findings:
    """One look at an account."""

    account: Account
    orders: list[Order]
    """Those that are further than was known."""
    fills: list[Fill]
    """Trades that no event told of."""
    lists: list[OrderList]
    reports: list[ExecutionReport] = field(default_factory=list)
    unexplained: dict[str, Decimal] = field(default_factory=dict)
    """By how much balances moved without anything to explain it."""
    is_whole: bool = True
    """Whether the trades explain what the orders have traded."""

    @property
    def list_statuses(self) -> list[ListStatus]:
        return [list_status_of(its) for its in self.lists]


class AccountReads:
    """Asks, and compares with what is known."""

    def __init__(self, api: SignedReads, assets: Assets, pairs: Pairs | None = None) -> None:
        self._api = api
        self._assets = assets
        self._pairs = pairs

    async def now(self) -> tuple[Account, tuple[Order, ...]]:
        """Balances and open orders."""
        account, open_orders = await asyncio.gather(
            self._data(ask.account(omit_zero=True)), self._data(ask.open_orders())
        )
        return account, open_orders

    async def missed(self, picture: Picture, since_ms: int) -> Findings:
        """What happened since *since_ms* that *picture* does not have. The picture stays as it is."""
        account, open_orders = await self.now()
        found = Findings(account, [], [], [])
        symbols = _symbols(picture, open_orders)
        await self._look(found, picture, symbols, since_ms, open_orders)
        if found.unexplained and self._pairs is not None:
            others = [it for it in await self._pairs(found.unexplained) if it not in symbols]
            if others:
                await self._look(found, picture, [*symbols, *others], since_ms, open_orders)
        await self._look_at_lists(found, picture)
        return found

    async def _look(
        self,
        found: Findings,
        picture: Picture,
        symbols: list[str],
        since_ms: int,
        open_orders: tuple[Order, ...],
    ) -> None:
        start = max(0, since_ms - LATE_MS)
        pages = await _in_turn(self._orders(symbol, start) for symbol in symbols)
        rows = {(row.symbol, row.id): row for page in pages for row in page}
        for row in open_orders:  # what is open is known sooner than what was
            rows.setdefault((row.symbol, row.id), row)
        for key in _vanished(picture, rows, open_orders):
            if (ended := await self._order(key)) is not None:
                rows[key] = ended
        found.orders = [row for row in rows.values() if _is_news(picture, row)]
        traded = dict.fromkeys(row.symbol for row in found.orders if _has_traded(picture, row))
        fills = await _in_turn(self._fills(symbol, start) for symbol in traded)
        found.fills = [
            fill
            for page in fills
            for fill in page
            if fill.time > picture.began_ms and not picture.has_trade(fill.symbol, fill.id)
        ]
        self._explain(found, picture)

    def _explain(self, found: Findings, picture: Picture) -> None:
        """Make events of the findings, and see whether they say it all."""
        by_order: dict[Key, list[Fill]] = {}
        for fill in found.fills:
            by_order.setdefault((fill.symbol, fill.order_id), []).append(fill)
        reports: list[ExecutionReport] = []
        found.is_whole = True
        for row in found.orders:
            missed = missed_of(row, picture.known(row), by_order.get((row.symbol, row.id), ()))
            reports += missed.reports
            found.is_whole = found.is_whole and missed.is_whole
        found.reports = in_time(reports)
        found.unexplained = picture.unexplained(found.account, found.fills, self._assets)

    async def _look_at_lists(self, found: Findings, picture: Picture) -> None:
        ids = dict.fromkeys(row.list_id for row in found.orders if row.list_id >= 0)
        lists = await _in_turn(self._data(ask.order_list(list_id=id_)) for id_ in ids)
        found.lists = [
            its for its in lists if picture.lists.get(its.id) != (its.status_type, its.order_status)
        ]

    async def _order(self, key: Key) -> Order | None:
        try:
            return await self._data(ask.order(key[0], order_id=key[1]))
        except RejectedError as error:
            if error.code == UNKNOWN_ORDER:  # visible a moment later, perhaps
                return None
            raise

    async def _orders(self, symbol: str, start_ms: int) -> list[Order]:
        return await _paged(
            start_ms,
            lambda start: self._data(ask.all_orders(symbol, start_time=start, limit=PAGE)),
            lambda row: row.update_time,
        )

    async def _fills(self, symbol: str, start_ms: int) -> list[Fill]:
        return await _paged(
            start_ms,
            lambda start: self._data(ask.my_trades(symbol, start_time=start, limit=PAGE)),
            lambda row: row.time,
        )

    async def _data(self, request: Request[T]) -> T:
        return (await self._api.send(request)).data


async def _paged(
    start_ms: int,
    page: Callable[[int], Awaitable[tuple[Any, ...]]],
    time: Callable[[Any], int],
) -> list[Any]:
    """Rows from *start_ms* on, each once."""
    found: dict[int, Any] = {}
    for _ in range(MOST_PAGES):
        rows = await page(start_ms)
        found |= {row.id: row for row in rows}
        if len(rows) < PAGE:
            break
        start_ms = max(map(time, rows))
    return list(found.values())


async def _in_turn(asked: Iterable[Awaitable[T]]) -> list[T]:
    """One after another: a burst would take the limit from everybody else."""
    return [await each for each in asked]


def _symbols(picture: Picture, open_orders: Iterable[Order]) -> list[str]:
    """Where something may have happened, the likeliest first."""
    now_open = {(row.symbol, row.id) for row in open_orders}
    changed = [key[0] for key in now_open ^ set(picture.open_keys())]
    used = list(picture.symbols)[::-1][:MOST_SYMBOLS]
    return list(dict.fromkeys([*sorted(changed), *used]))


def _vanished(picture: Picture, rows: dict[Key, Order], open_orders: Iterable[Order]) -> list[Key]:
    """Orders that were open, are not, and that no row tells the end of: the database lags behind."""
    now_open = {(row.symbol, row.id) for row in open_orders}
    return [
        key
        for key in picture.open_keys()
        if key not in now_open and (key not in rows or rows[key].is_open)
    ]


def _is_news(picture: Picture, row: Order) -> bool:
    known = picture.known(row)
    if known is None:
        return row.update_time > picture.began_ms
    return known.is_behind(standing_of(row))


def _has_traded(picture: Picture, row: Order) -> bool:
    known = picture.known(row)
    return row.executed > (known.executed if known else 0)
