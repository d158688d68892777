"""The market scan: all symbols ranked, a page at a time."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from binance_mcp_server.commands import arguments as args
from binance_mcp_server.commands.views import tickers as view
from binance_mcp_server.commands.views.base import provenance
from binance_mcp_server.market.scan import ScanQuery, SortKey, scan
from binance_mcp_server.mcp_support import cursors
from binance_mcp_server.mcp_support.tables import Table
from binance_mcp_server.services import Services

TOOL = "scan_market"
COLUMNS = ["symbol", "last", "change_percent", "range_percent", "quote_volume", "trades"]
_MOST_MATCHES = 1000
"""How deep cursors reach; more than that is a list, not a scan."""


@dataclass(frozen=True, slots=True)
class Question:
    """The arguments that decide what is ranked, and how."""

    quote: str | None
    sort: SortKey
    ascending: bool
    min_quote_volume: str | float | None
    min_trades: int | None
    min_change: str | float | None
    max_change: str | float | None
    market: args.Market

    def query(self, limit: int) -> ScanQuery:
        """The same, checked."""
        return ScanQuery(
            quote=self.quote.strip().upper() if self.quote and self.quote.strip() else None,
            min_quote_volume=args.decimal(self.min_quote_volume, "min_quote_volume"),
            min_trades=self.min_trades,
            min_change=args.decimal(self.min_change, "min_change"),
            max_change=args.decimal(self.max_change, "max_change"),
            sort=self.sort,
            descending=not self.ascending,
            limit=limit,
        )


async def read(
    services: Services, question: Question, limit: int, cursor: str | None, columns: str | list[str]
) -> Table:
    """The table that answers *question*, from *cursor* on."""
    names = args.choose_columns(columns, COLUMNS, view.ALL_COLUMNS)
    place = cursors.redeem(cursor, TOOL, asdict(question)) if cursor else {}
    offset = cursors.number(place, "from") if place else 0
    query = question.query(min(offset + limit, _MOST_MATCHES))
    queries = services.product(question.market)
    symbols = await queries.symbols.all()
    answer = await queries.all_tickers()
    found = scan(answer.data, symbols.data, query)
    facts: dict[str, Any] = {
        "window": "24h",
        "quote": query.quote,
        "sort": f"{question.sort}, {'lowest' if question.ascending else 'highest'} first",
        "matched": found.matched,
        "considered": found.considered,
        **provenance(services.venue, answer),
    }
    rows = view.rows(found.rows[offset:], names)
    return Table(facts, names, rows, _after(question, offset, min(found.matched, _MOST_MATCHES)))


def _after(question: Question, offset: int, total: int) -> Callable[[int], str | None]:
    return args.by_offset(TOOL, asdict(question), offset, total)
