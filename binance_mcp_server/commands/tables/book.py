"""Order book replies: levels, and what traders read off them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from fastmcp.tools import ToolResult

from binance_mcp_server.commands import arguments as args
from binance_mcp_server.commands.views import book as view
from binance_mcp_server.commands.views.base import provenance
from binance_mcp_server.feeds.book_reader import Found, read_depth
from binance_mcp_server.feeds.books import BookFeeds
from binance_mcp_server.market import order_book
from binance_mcp_server.mcp_support import cursors, tables
from binance_mcp_server.models.exact import plain
from binance_mcp_server.models.market import Depth
from binance_mcp_server.queries.market import MarketQueries
from binance_mcp_server.services import Services

TOOL = "get_order_book"
EMPTY = "no orders here"
_LEVELS_OF_GROUPS = 1000
"""Levels fetched for a grouped book; all that there are (weight 250) only where these do not fill the groups."""


@dataclass(frozen=True, slots=True)
class Question:
    """The arguments that decide which book is meant."""

    symbol: str
    """In the venue's spelling."""
    group: str
    market: args.Market

    @property
    def values(self) -> dict[str, object]:
        return {"symbol": self.symbol, "group": self.group, "market": self.market}

    def place(self, cursor: str | None) -> int:
        """The level to begin with, counted from the touch."""
        return cursors.number(cursors.redeem(cursor, TOOL, self.values), "from") if cursor else 0


async def read(
    services: Services,
    question: Question,
    levels: int,
    columns: str | list[str],
    cursor: str | None,
) -> "Page":
    """The part of the book that *question* and *cursor* ask for."""
    names = args.choose_columns(columns, view.COLUMNS, view.ALL_COLUMNS)
    step = args.decimal(question.group, "group")
    first = question.place(cursor)
    queries = services.product(question.market)
    last = first + levels
    found, sides, raw = await _snapshot(services.books, queries, question.symbol, step, last)
    answer = found.answer
    facts = {
        "symbol": question.symbol,
        **args.unit_fact(queries, "quantity", question.symbol),
        **provenance(services.venue_of(question.market), answer, question.market),
        **view.summary(answer.data, raw if step else last),
    }
    if found.remark:
        facts["book"] = found.remark
    if step:
        facts["group"] = plain(step)
    ends = _ends(sides, answer.data, last, raw)
    most = queries.product.most_levels
    if ends and raw >= most:
        what = "no more whole groups" if step else "nothing is shown"
        facts["partial"] = f"{what} beyond the best {raw} levels a side"
    deepest = max(len(sides.bids), len(sides.asks))
    more = deepest > last or (ends and raw < most)
    return Page(facts, sides, first, last, names, question, more)


async def _snapshot(
    books: BookFeeds, queries: MarketQueries, symbol: str, step: Decimal | None, last: int
) -> tuple[Found, view.Sides, int]:
    """A book that reaches *last* levels or groups, if it has them; and how many levels were asked for."""
    deep = queries.product.most_levels
    shallow = _LEVELS_OF_GROUPS if step else min(last, deep)
    found = await read_depth(books, queries, symbol, shallow)
    depth = found.answer.data
    sides = _sides(depth, step, shallow)
    if step is None or shallow == deep or not _ends(sides, depth, last - 1, shallow):
        return found, sides, shallow
    found = await read_depth(books, queries, symbol, deep)
    return found, _sides(found.answer.data, step, deep), deep


@dataclass(frozen=True, slots=True)
class Page:
    """Levels *first* to *last* of a book, ready to be written."""

    facts: tables.Facts
    sides: view.Sides
    first: int
    last: int
    columns: list[str]
    question: Question
    more: bool
    """Whether the book goes on below *last*."""

    def reply(self, format: tables.Format, max_bytes: int) -> ToolResult:
        """The page within *max_bytes*: as CSV, or with ``bids`` and ``asks`` as JSON."""
        return self._json(max_bytes) if format == "json" else self._csv(max_bytes)

    def _csv(self, max_bytes: int) -> ToolResult:
        rows = self.sides.rows(self.first, self.last, self.columns)
        after = self._cursor(len(rows))
        table = tables.Table(self.facts, self.columns, rows, after, when_empty=EMPTY)
        return tables.text_reply(table, max_bytes)

    def _json(self, max_bytes: int) -> ToolResult:
        bids, asks = self.sides.pairs(self.first, self.last)
        count = max(len(bids), len(asks))
        sizes = [_size(bids, level) + _size(asks, level) for level in range(count)]
        kept = tables.fitting(sizes, max_bytes - tables.fixed_size(self.facts), from_end=False)
        content: dict[str, Any] = self.facts | ({} if count else {"note": EMPTY})
        if kept < count:
            content["left_out"] = count - kept
        content["next"] = self._cursor(count)(kept)
        return tables.object_result({**content, "bids": bids[:kept], "asks": asks[:kept]})

    def _cursor(self, count: int) -> Callable[[int], str | None]:
        def after(kept: int) -> str | None:
            if kept == count and not self.more:
                return None
            return cursors.issue(TOOL, self.question.values, {"from": self.first + kept})

        return after


def _sides(depth: Depth, step: Decimal | None, raw: int) -> view.Sides:
    bids, asks = order_book.rows(depth.bids), order_book.rows(depth.asks)
    if step is None:
        return view.Sides(bids, asks)
    return view.Sides(
        _whole(order_book.group(bids, step, "bids"), len(bids), raw),
        _whole(order_book.group(asks, step, "asks"), len(asks), raw),
    )


def _ends(sides: view.Sides, depth: Depth, last: int, raw: int) -> bool:
    """Whether a side has no more than *last* rows because the snapshot ends there, not the book."""
    both = ((sides.bids, depth.bids), (sides.asks, depth.asks))
    return any(len(rows) <= last and len(levels) >= raw for rows, levels in both)


def _whole(groups: Sequence[order_book.Row], levels: int, raw: int) -> Sequence[order_book.Row]:
    """Groups whose levels are all known: the last one may go on below a snapshot that was cut."""
    return groups[:-1] if levels >= raw else groups


def _size(side: view.Pairs, level: int) -> int:
    return sum(map(len, side[level])) + 8 if level < len(side) else 0
