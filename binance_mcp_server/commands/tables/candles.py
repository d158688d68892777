"""Candle tables. With a start they go forward in time; without one they show the newest and go back."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass

from binance_mcp_server.commands import arguments as args
from binance_mcp_server.commands.views import candles as view
from binance_mcp_server.commands.views.base import provenance
from binance_mcp_server.mcp_support import cursors
from binance_mcp_server.mcp_support.tables import Facts, Table
from binance_mcp_server.queries.answer import Answer
from binance_mcp_server.queries.candles import PAGE, CandlePage
from binance_mcp_server.queries.market import MarketQueries
from binance_mcp_server.services import Services

TOOL = "get_candles"
Report = Callable[[float, float | None, str | None], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Question:
    """The arguments that decide which candles are meant."""

    symbol: str
    """In the venue's spelling."""
    interval: str
    start: str | None
    end: str | None
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
    default, every = view.columns(question.market)
    names = args.choose_columns(columns, default, every)
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
    after = (
        _back(question, answer.data, limit)
        if start is None
        else _onward(question, answer.data, end)
    )
    facts = _facts(question, services, answer) | args.idle_fact(queries, question.symbol)
    facts |= args.unit_fact(queries, "volume", question.symbol)
    if answer.data.open:
        facts["open"] = True
    return Table(
        facts,
        names,
        view.rows(answer.data.rows, names, every),
        after,
        keep_last=start is None,
        when_empty="no candle opens in this range: the running one opened before, or the history begins later",
    )


async def _range(
    question: Question, cursor: str | None, queries: MarketQueries
) -> tuple[int | None, int | None]:
    """Start and end, ms; a cursor moves one of them and keeps the other ("now" was then)."""
    place = cursors.redeem(cursor, TOOL, asdict(question)) if cursor else {}
    if "before" in place:
        return None, cursors.number(place, "before")
    if place:
        end = cursors.number(place, "until") if "until" in place else None
        return cursors.number(place, "from"), end
    return await args.moment(question.start, queries), await args.moment(question.end, queries)


def _facts(question: Question, services: Services, answer: Answer[CandlePage]) -> Facts:
    return {
        "symbol": question.symbol,
        "interval": question.interval,
        **args.zone_fact(question.time_zone),
        **provenance(services.venue_of(question.market), answer, question.market),
    }


def _onward(
    question: Question, page: CandlePage, end_ms: int | None
) -> Callable[[int], str | None]:
    until: cursors.Place = {} if end_ms is None else {"until": end_ms}

    def after(kept: int) -> str | None:
        start = page.rows[kept].open_time if kept < len(page.rows) else page.next_start_ms
        return None if start is None else question.issue({"from": start, **until})

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
