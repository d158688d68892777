"""An order book for whoever asks: the live one where it is good and deep enough, else the venue's over REST."""

from typing import NamedTuple

from binance_mcp_server.feeds.books import BookFeeds
from binance_mcp_server.market.live_book import SIDES, LiveBook
from binance_mcp_server.models.market import Depth, Level
from binance_mcp_server.queries.answer import Answer
from binance_mcp_server.queries.market import MarketQueries


class Found(NamedTuple):
    """A book, and why it is not the live one though that is watched; empty otherwise."""

    answer: Answer[Depth]
    remark: str


async def read_depth(books: BookFeeds, queries: MarketQueries, symbol: str, limit: int) -> Found:
    """The best *limit* levels a side. A watched symbol costs the venue nothing.

    Raises ``InputError`` for a symbol that does not exist, and what the client raises when the venue gives no answer.
    """
    market, name = queries.product.market, queries.symbols.normalise(symbol)
    feed = books.feed(market, name)
    if feed is None:
        return Found(await queries.depth(symbol, limit=limit), "")
    state = feed.state
    if state != "live":
        return Found(await queries.depth(symbol, limit=limit), state)
    if not _reaches(feed.book, limit):
        return Found(await queries.depth(symbol, limit=limit), "")
    idle = (name,) if queries.symbols.idle(name) else ()
    depth = _depth(feed.book, limit)
    return Found(Answer(depth, feed.as_of_ms, "live book", not_trading=idle), "")


def _reaches(book: LiveBook, limit: int) -> bool:
    """Whether each side has *limit* levels that are known, or is known to the end."""
    counts = zip(SIDES, book.levels(), strict=True)
    return all(count >= limit or book.known_to(side) is None for side, count in counts)


def _depth(book: LiveBook, limit: int) -> Depth:
    top = book.top(limit)
    bids, asks = (tuple(Level(*row) for row in side) for side in (top.bids, top.asks))
    return Depth(top.last_update_id, bids, asks)
