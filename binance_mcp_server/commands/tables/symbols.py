"""Symbols that fit a query, a page at a time."""

from dataclasses import dataclass

from binance_mcp_server.commands import arguments as args
from binance_mcp_server.commands.views import info as view
from binance_mcp_server.commands.views.base import provenance
from binance_mcp_server.errors import InputError
from binance_mcp_server.mcp_support import cursors
from binance_mcp_server.mcp_support.tables import Table
from binance_mcp_server.services import Services

TOOL = "search_symbols"
MOST_FOUND = 500
"""How deep cursors reach; whoever looks further needs a better word."""
_SPOT_STATUSES = ("TRADING", "END_OF_DAY", "HALT", "BREAK", "CANCEL_ONLY")
"""enums.md, Symbol status, read 2026-11-22."""
_CONTRACT_STATUSES = (
    *("TRADING", "PENDING_TRADING", "PRE_DELIVERING", "DELIVERING", "DELIVERED"),
    *("PRE_SETTLE", "SETTLING", "CLOSE"),
)
"""Contract status of the USDⓈ-M and COIN-M documents, Common Definition, read 2026-11-22."""


@dataclass(frozen=True, slots=True)
class Question:
    """The arguments that decide which symbols are meant."""

    query: str
    quote: str | None
    status: str | None
    market: args.Market

    @property
    def values(self) -> dict[str, object]:
        """The same in one spelling, for cursors."""
        texts = {"query": self.query, "quote": self.quote, "status": self.status}
        spelt: dict[str, object] = {
            name: (text or "").strip().upper() for name, text in texts.items()
        }
        return spelt | {"market": self.market}


async def read(
    services: Services, question: Question, limit: int, cursor: str | None, columns: str | list[str]
) -> Table:
    """The table that answers *question*, from *cursor* on."""
    names = args.choose_columns(columns, *view.columns(question.market))
    place = cursors.redeem(cursor, TOOL, question.values) if cursor else {}
    offset = cursors.number(place, "from") if place else 0
    last = min(offset + limit, MOST_FOUND)
    queries = services.product(question.market)
    answer = await queries.symbols.search(
        question.query,
        quote=question.quote or None,
        status=_status(question.status, question.market),
        limit=last + 1,
    )
    rows = view.symbol_rows(answer.data[offset:last], names)
    total = min(len(answer.data), MOST_FOUND)
    after = args.by_offset(TOOL, question.values, offset, total)
    unseen = 'nothing found; status="" looks among symbols that do not trade too'
    return Table(
        provenance(services.venue_of(question.market), answer, question.market),
        names,
        rows,
        after,
        when_empty=unseen if question.status else "nothing found",
    )


def _status(text: str | None, market: args.Market) -> str | None:
    """A trading status, ``None`` for any. Raises ``InputError``."""
    known = _SPOT_STATUSES if market == "spot" else _CONTRACT_STATUSES
    status = (text or "").strip().upper()
    if status in {"ALL", "ANY"}:
        return None
    if status and status not in known:
        raise InputError(
            "There is no such trading status.",
            advice=f"Use {', '.join(known)}; or an empty text for any.",
        )
    return status or None
