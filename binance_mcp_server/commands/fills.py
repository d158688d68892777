"""What an order would cost against the book of the moment."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from binance_mcp_server.commands import arguments as args
from binance_mcp_server.commands.views import fill as view
from binance_mcp_server.commands.views.base import provenance
from binance_mcp_server.feeds.book_reader import Found, read_depth
from binance_mcp_server.market import fill, order_book
from binance_mcp_server.market.fill import Fill, Near
from binance_mcp_server.market.order_book import Row
from binance_mcp_server.models.exact import plain
from binance_mcp_server.models.futures import Contract
from binance_mcp_server.queries.market import MarketQueries
from binance_mcp_server.services import Services

SCHEMA = {
    "type": "object",
    "properties": {
        "symbol": {"type": "string"},
        "filled": {"type": "string"},
        "value": {"type": "string"},
        "average_price": {"type": ["string", "null"]},
        "worst_price": {"type": ["string", "null"]},
        "slippage_percent": {"type": ["string", "null"]},
        "unfilled": {"type": "string"},
        "venue": {"type": "string"},
        "as_of": {"type": "string"},
    },
    "required": ["symbol", "filled", "value", "venue", "as_of"],
}
_SHALLOW = 1000
"""Levels looked at first; all that the venue shows (weight 250) only where these do not answer."""


@dataclass(frozen=True, slots=True)
class Question:
    """An order that nobody places."""

    symbol: str
    """In the venue's spelling."""
    side: Literal["buy", "sell"]
    quantity: Decimal | None
    quote: Decimal | None
    within_percent: Decimal
    market: args.Market

    def check(self) -> None:
        """Raise ``InputError`` for what makes no sense, before anything is sent."""
        fill.size(self.quantity, self.quote)
        fill.share(self.within_percent)


@dataclass(frozen=True, slots=True)
class _Estimate:
    fill: Fill
    bids: Near
    asks: Near
    mid: Decimal | None
    cut: bool
    """Whether the side that is hit ends with what the venue showed, not with the book."""

    @property
    def partial(self) -> str:
        """What is not known, in words; empty where nothing is missing."""
        parts = []
        if self.fill.unfilled and self.cut:
            parts.append("the rest may find levels below those that the venue shows")
        if not (self.bids.whole and self.asks.whole):
            parts.append("the levels known do not reach within_percent on both sides")
        return "; ".join(parts)


async def estimate(services: Services, question: Question) -> dict[str, Any]:
    """The facts of *question*, from the live book of a watched symbol, else over REST."""
    question.check()
    queries = services.product(question.market)
    contract = await _contract_size(queries, question)
    most = queries.product.most_levels
    limit = min(_SHALLOW, most)
    found = await read_depth(services.books, queries, question.symbol, limit)
    done = _work_out(found, question, contract, limit)
    if done.partial and limit < most:
        found = await read_depth(services.books, queries, question.symbol, most)
        done = _work_out(found, question, contract, most)
    facts = {
        "symbol": question.symbol,
        "side": question.side,
        **args.unit_fact(queries, "quantity", question.symbol),
        **view.fill(done.fill),
        "mid": view.mid(done.mid),
        "within_percent": plain(question.within_percent),
        **view.near(done.bids, done.asks),
        **provenance(services.venue_of(question.market), found.answer, question.market),
    }
    if done.partial:
        facts["partial"] = done.partial
    if found.remark:
        facts["book"] = found.remark
    return facts


async def _contract_size(queries: MarketQueries, question: Question) -> Decimal | None:
    """What a contract is worth in the quote asset; ``None`` where quantities are in the base asset."""
    if question.market != "coinm":
        return None
    info = (await queries.symbols.get(question.symbol)).data
    size = info.contract_size if isinstance(info, Contract) else 0
    return Decimal(size) if size else None


def _work_out(found: Found, question: Question, contract: Decimal | None, limit: int) -> _Estimate:
    depth = found.answer.data
    bids, asks = order_book.rows(depth.bids), order_book.rows(depth.asks)
    mid = order_book.summarise(depth, levels=1).mid
    hit = asks if question.side == "buy" else bids
    done = fill.fill(
        hit, quantity=question.quantity, quote=question.quote, contract_size=contract, mid=mid
    )
    near_bids, near_asks = (_near(side, mid, question, contract, limit) for side in (bids, asks))
    return _Estimate(done, near_bids, near_asks, mid, cut=len(hit) >= limit)


def _near(
    side: tuple[Row, ...],
    mid: Decimal | None,
    question: Question,
    contract: Decimal | None,
    limit: int,
) -> Near:
    if mid is None:
        return Near(Decimal(0), Decimal(0), whole=True)
    part = fill.share(question.within_percent)
    return fill.near(side, mid, part, cut=len(side) >= limit, contract_size=contract)
