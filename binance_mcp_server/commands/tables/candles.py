"""Candle tables. With a start they go forward in time; without one they show the newest and go back."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import Any

from binance_mcp_server.commands import arguments as args
from binance_mcp_server.commands.views import candles as view
from binance_mcp_server.commands.views.base import provenance
from binance_mcp_server.market.symbol_names import normalise
from binance_mcp_server.mcp_support import cursors
from binance_mcp_server.mcp_support.tables import Table
from binance_mcp_server.queries.answer import Answer
from binance_mcp_server.queries.candles import CandlePage
from binance_mcp_server.queries.market import MarketQueries
from binance_mcp_server.services import Services

TOOL = "get_candles"
PAGE = 1000
Report = Callable[[float, float | None, str | None], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Question:
    """The arguments that decide which candles are meant."""

    symbol: str
    interval: str
    start: str | int | None
    end: str | int | None
    time_zone: str | None
    market: args.Market

    def issue(self, place: cursors.Place) -> str:
        """A cursor of this question."""
        return cursors.issue(TOOL, asdict(self), place)


async def read(
    services: Services,
    question: Question,
    limit: int,
    cursor: str | None,
    columns: str | list[str],
    report: Report,
) -> Table:
    """The table that answers *question*, from *cursor* on."""
    names = args.choose_columns(columns, view.COLUMNS, view.ALL_COLUMNS)
    queries = services.product(question.market)
    start, end = await _range(question, cursor, queries)
    answer = await queries.candles.candles(
        question.symbol,
        question.interval,
        start_ms=start,
        end_ms=end,
        limit=limit,
        time_zone=question.time_zone,
        on_progress=_reporter(report) if limit > PAGE else None,
    )
    return _table(services.venue, question, answer, names, limit, forward=start is not None)


async def _range(
    question: Question, cursor: str | None, queries: MarketQueries
) -> tuple[int | None, int | None]:
    """Start and end, ms; a cursor moves one of them."""
    place = cursors.redeem(cursor, TOOL, asdict(question)) if cursor else {}
    if "before" in place:
        return None, cursors.number(place, "before")
    end = await args.moment(question.end, queries)
    if place:
        return cursors.number(place, "from"), end
    return await args.moment(question.start, queries), end


def _table(
    venue: str,
    question: Question,
    answer: Answer[CandlePage],
    names: list[str],
    limit: int,
    *,
    forward: bool,
) -> Table:
    page = answer.data
    facts: dict[str, Any] = {
        "symbol": normalise(question.symbol),
        "interval": question.interval,
        **provenance(venue, answer),
    }
    if question.time_zone:
        facts["time_zone"] = question.time_zone
    if page.open:
        facts["open"] = True
    after = _onward(question, page) if forward else _back(question, page, limit)
    return Table(facts, names, view.rows(page.rows, names), after, keep_last=not forward)


def _onward(question: Question, page: CandlePage) -> Callable[[int], str | None]:
    def after(kept: int) -> str | None:
        start = page.rows[kept].open_time if kept < len(page.rows) else page.next_start_ms
        return None if start is None else question.issue({"from": start})

    return after


def _back(question: Question, page: CandlePage, limit: int) -> Callable[[int], str | None]:
    def before(kept: int) -> str | None:
        rows = page.rows
        if not rows or (kept == len(rows) and len(rows) < limit):
            return None  # the history begins here
        first = rows[len(rows) - kept].open_time
        return question.issue({"before": first - 1}) if first > 0 else None

    return before


def _reporter(report: Report) -> Callable[[int, int], Awaitable[None]]:
    async def tell(done: int, total: int) -> None:
        await report(done, total, f"{done} of about {total} candles")

    return tell
