"""Tickers of the symbols asked for, a page at a time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from binance_mcp_server.commands import arguments as args
from binance_mcp_server.commands.views import tickers as view
from binance_mcp_server.commands.views.base import provenance
from binance_mcp_server.market.intervals import parse_window
from binance_mcp_server.mcp_support import cursors
from binance_mcp_server.mcp_support.tables import Table
from binance_mcp_server.models.market import Ticker
from binance_mcp_server.services import Services

TOOL = "get_ticker"


@dataclass(frozen=True, slots=True)
class Question:
    """The arguments that decide which tickers are meant."""

    symbols: list[str]
    """In the venue's spelling, each once."""
    window: str
    time_zone: str | None
    market: args.Market

    @property
    def values(self) -> dict[str, object]:
        return {
            "symbols": self.symbols,
            "window": self.window,
            "zone": self.time_zone,
            "market": self.market,
        }


async def read(
    services: Services, question: Question, limit: int, cursor: str | None, columns: str | list[str]
) -> Table:
    """The table that answers *question*, from *cursor* on."""
    names = args.choose_columns(columns, *view.columns(question.market))
    window = parse_window(question.window)
    place = cursors.redeem(cursor, TOOL, question.values) if cursor else {}
    offset = cursors.number(place, "from") if place else 0
    wanted = question.symbols
    page = wanted[offset : offset + limit]
    queries = services.product(question.market)
    answer = await queries.tickers(page, window, time_zone=question.time_zone)
    return Table(
        {
            "window": window,
            **args.zone_fact(question.time_zone),
            **args.unit_fact(queries, "volume", page[0] if len(page) == 1 else ""),
            **provenance(services.venue_of(question.market), answer, question.market),
        },
        names,
        view.rows(answer.data, names),
        _after(question, offset, wanted, page, answer.data),
    )


def _after(
    question: Question,
    offset: int,
    wanted: Sequence[str],
    page: Sequence[str],
    tickers: Sequence[Ticker],
) -> Callable[[int], str | None]:
    """Go on with the first symbol that was not answered: fewer rows may have come than were asked for."""

    def after(kept: int) -> str | None:
        answered = page.index(tickers[kept].symbol) if kept < len(tickers) else len(page)
        reached = offset + answered
        return (
            cursors.issue(TOOL, question.values, {"from": reached})
            if reached < len(wanted)
            else None
        )

    return after
