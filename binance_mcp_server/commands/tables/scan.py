"""The market scan: all symbols ranked, a page at a time."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

from binance_mcp_server.commands import arguments as args
from binance_mcp_server.commands.views import tickers as view
from binance_mcp_server.commands.views.base import provenance, untrusted
from binance_mcp_server.errors import InputError
from binance_mcp_server.market.scan import ScanQuery, SortKey, scan
from binance_mcp_server.market.symbol_names import normalise
from binance_mcp_server.mcp_support import cursors
from binance_mcp_server.mcp_support.tables import Table
from binance_mcp_server.models.info import SymbolInfo
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

    @property
    def values(self) -> dict[str, object]:
        """The same in one spelling, for cursors."""
        bounds = ("min_quote_volume", "min_change", "max_change")
        return asdict(self) | {
            "quote": (self.quote or "").strip().upper(),
            **{name: args.canonical(getattr(self, name), name) for name in bounds},
        }

    def query(self, limit: int) -> ScanQuery:
        """The same, checked."""
        return ScanQuery(
            quote=normalise(self.quote) if self.quote and self.quote.strip() else None,
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
    names = args.choose_columns(columns, COLUMNS, view.columns(question.market)[1])
    place = cursors.redeem(cursor, TOOL, question.values) if cursor else {}
    offset = cursors.number(place, "from") if place else 0
    query = question.query(min(offset + limit, _MOST_MATCHES))
    queries = services.product(question.market)
    symbols = await queries.symbols.all()
    _check_quote(query.quote, symbols.data.values())
    # A symbol that is not in the list is not ranked: where the list may be old, that is said.
    answer = await queries.all_tickers()
    symbols = await queries.symbols.covering({ticker.symbol for ticker in answer.data})
    answer = replace(answer, partial=symbols.partial)
    found = scan(answer.data, symbols.data, query)
    facts: dict[str, Any] = {
        "window": "24h",
        "quote": query.quote,
        "sort": f"{question.sort}, {'lowest' if question.ascending else 'highest'} first",
        "matched": found.matched,
        "considered": found.considered,
        **(args.unit_fact(queries, "volume") if "volume" in names else {}),
        **provenance(services.venue_of(question.market), answer, question.market),
    }
    rows = view.rows(found.rows[offset:], names)
    after = _after(question, offset, min(found.matched, _MOST_MATCHES))
    return Table(facts, names, rows, after, when_empty="nothing matches")


def _check_quote(quote: str | None, symbols: Iterable[SymbolInfo]) -> None:
    """Raises ``InputError`` for an asset in which nothing is priced."""
    known = Counter(symbol.quote_asset for symbol in symbols)
    if quote is not None and quote not in known:
        usual = ", ".join(untrusted(asset, 20) for asset, _ in known.most_common(8))
        raise InputError(
            f"Nothing is priced in {quote!r} here.", advice=f"Quote assets: {usual} and others."
        )


def _after(question: Question, offset: int, total: int) -> Callable[[int], str | None]:
    return args.by_offset(TOOL, question.values, offset, total)
