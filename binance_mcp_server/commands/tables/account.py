"""Tables of the account: balances with their value, orders, fills with what they came to."""

from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from binance_mcp_server.commands import arguments as args
from binance_mcp_server.commands.views import account as view
from binance_mcp_server.commands.views import orders as orders_view
from binance_mcp_server.commands.views.account import Holding
from binance_mcp_server.commands.views.base import provenance, rounded, untrusted
from binance_mcp_server.market.profit import Realised
from binance_mcp_server.market.times import format_time
from binance_mcp_server.market.valuation import rate
from binance_mcp_server.mcp_support import cursors
from binance_mcp_server.mcp_support.tables import Facts, Table
from binance_mcp_server.models.orders import Fill
from binance_mcp_server.queries.account import AccountQueries, After
from binance_mcp_server.queries.answer import Answer
from binance_mcp_server.services import Services

_AFTER = ("id", "time", "same")
_ZERO = Decimal(0)
_PLACES = 8


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a table is wanted, and how."""

    limit: int
    cursor: str | None
    columns: str | list[str]

    def start(self, tool: str, question: dict[str, object]) -> int:
        """The row at which a list by offset goes on."""
        if not self.cursor:
            return 0
        return cursors.number(cursors.redeem(self.cursor, tool, question), "from")


async def balances(services: Services, quote: str, page: Page) -> Table:
    """Balances, most valuable first; what has no price comes last, by name."""
    question: dict[str, object] = {"quote": quote}
    start = page.start("get_account", question)
    names = args.choose_columns(page.columns, view.BALANCE_COLUMNS, view.ALL_BALANCE_COLUMNS)
    queries = await services.account.queries()
    found = await queries.account()
    prices = await queries.prices()
    held = [Holding(each, rate(each.asset, quote, prices)) for each in found.data.balances]
    held.sort(key=lambda each: (each.value is None, -(each.value or _ZERO), each.balance.asset))
    facts = {
        "quote": untrusted(quote),
        **view.total(held),
        **view.account(found.data),
        **provenance(services.venue, found),
    }
    shown = held[start : start + page.limit]
    after = args.by_offset("get_account", question, start, len(held))
    return Table(facts, names, view.holdings(shown, names), after, when_empty="no balances")


async def open_orders(services: Services, symbol: str | None, page: Page) -> Table:
    """Open orders, newest first."""
    queries = await services.account.queries()
    found = await queries.open_orders(symbol)
    question: dict[str, object] = {"symbol": symbol}
    start = page.start("get_open_orders", question)
    names = args.choose_columns(page.columns, orders_view.COLUMNS, orders_view.ALL_COLUMNS)
    orders = sorted(found.data, key=lambda order: (order.time, order.id), reverse=True)
    facts = {"open_orders": len(orders), **provenance(services.venue, found)}
    rows = orders_view.rows(orders[start : start + page.limit], names)
    after = args.by_offset("get_open_orders", question, start, len(orders))
    return Table(facts, names, rows, after, when_empty="no open orders")


@dataclass(frozen=True, slots=True)
class Range:
    """Orders or fills of a symbol within a time."""

    symbol: str
    start: str | None
    end: str | None

    async def moments(self, services: Services) -> tuple[int | None, int | None]:
        """Both ends, ms since the epoch."""
        market = services.product("spot")
        return await args.moment(self.start, market), await args.moment(self.end, market)


async def history(services: Services, asked: Range, page: Page) -> Table:
    """Orders of a symbol, newest first, going back by ``next``."""
    tool, question = "get_order_history", asdict(asked)
    names = args.choose_columns(page.columns, orders_view.COLUMNS, orders_view.ALL_COLUMNS)
    place = cursors.redeem(page.cursor, tool, question) if page.cursor else {}
    queries = await services.account.queries()
    symbol = (await queries.symbol(asked.symbol)).symbol
    start, end = await asked.moments(services)
    came_from = After(*(cursors.number(place, name) for name in _AFTER)) if place else None
    found = await queries.history(
        symbol, start_ms=start, end_ms=end, limit=page.limit, after=came_from
    )

    def after(kept: int) -> str | None:
        if not found.orders or (kept == len(found.orders) and not found.more):
            return None
        last = found.orders[kept - 1]
        same = sum(order.time == last.time for order in found.orders[:kept])
        if came_from and came_from.time == last.time:
            same += came_from.same
        return cursors.issue(tool, question, {"id": last.id, "time": last.time, "same": same})

    about = provenance(services.venue, Answer(found.orders, found.as_of_ms))
    facts = {"symbol": untrusted(symbol), **about}
    rows = orders_view.rows(found.orders, names)
    return Table(facts, names, rows, after, when_empty="no orders here")


async def fills(services: Services, asked: Range, page: Page) -> Table:
    """Fills of a symbol, newest first, each sale with its profit first in, first out."""
    tool, question = "get_fills", asdict(asked)
    names = args.choose_columns(page.columns, view.FILL_COLUMNS, view.ALL_FILL_COLUMNS)
    place = cursors.redeem(page.cursor, tool, question) if page.cursor else {}
    queries: AccountQueries = await services.account.queries()
    info = await queries.symbol(asked.symbol)
    start, end = await asked.moments(services)
    found = await queries.fills(info)
    known = zip(found.data.fills, found.data.came_to, strict=True)
    within = [each for each in known if _is_within(each[0], start, end)][::-1]
    facts: Facts = {
        "symbol": untrusted(info.symbol),
        "fills": len(within),
        **_sums(within, info.quote_asset),
        **view.result(found.data.book),
        **provenance(services.venue, found),
    }
    if place:
        below = cursors.number(place, "below")
        within = [each for each in within if each[0].id < below]
    shown = within[: page.limit]

    def after(kept: int) -> str | None:
        if not shown or kept >= len(within):
            return None
        return cursors.issue(tool, question, {"below": shown[kept - 1][0].id})

    rows = view.fills(shown, names)
    return Table(facts, names, rows, after, when_empty="no fills here")


def _is_within(fill: Fill, start: int | None, end: int | None) -> bool:
    return (start is None or fill.time >= start) and (end is None or fill.time <= end)


def _sums(within: list[tuple[Fill, Realised]], quote: str) -> dict[str, Any]:
    """Profit and commissions of the fills of the range."""
    profit = sum((came_to.profit for _, came_to in within), _ZERO)
    paid: dict[str, Decimal] = {}
    for fill, _ in within:
        if fill.commission:
            paid[fill.commission_asset] = paid.get(fill.commission_asset, _ZERO) + fill.commission
    times = {"first": format_time(within[-1][0].time)} if within else {}
    return {
        "realised_profit": f"{rounded(profit, _PLACES)} {untrusted(quote)}",
        "commission": orders_view.commission(paid),
        **times,
    }
