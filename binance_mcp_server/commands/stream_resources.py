"""Resources that change: subscriptions to streams, and live order books. Clients can read them, and subscribe to them.

A notice says that something changed and no more; what, a read tells. A book is watched, and so kept in memory, as long
as somebody is subscribed to it.
"""

from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from fastmcp import FastMCP

from binance_mcp_server.binance_ws_api import kinds
from binance_mcp_server.clock import Clock
from binance_mcp_server.commands import resources
from binance_mcp_server.commands.resources import product
from binance_mcp_server.commands.tables import book as book_table
from binance_mcp_server.commands.views import stream_rows, streams
from binance_mcp_server.errors import InputError
from binance_mcp_server.market.times import format_time
from binance_mcp_server.mcp_support.resource_topics import Release, ResourceTopics
from binance_mcp_server.mcp_support.resource_updates import serve_updates
from binance_mcp_server.mcp_support.tables import MAX_BYTES, Facts
from binance_mcp_server.models.events import Gap, Record
from binance_mcp_server.services import Services
from binance_mcp_server.venues import Market

if TYPE_CHECKING:
    from binance_mcp_server.binance_ws_api.subscription import Subscription

SCHEME: Final = "binance://"
NEWEST: Final = 20
"""Records of a stream, and levels of a book on each side."""
_LONGEST = 200
"""Characters of an address that is looked at."""
_WHAT_THERE_IS = (
    "Streams (binance://streams/{id}, ids from list_streams) and books"
    " (binance://books/{market}/{symbol}) can be subscribed to."
)


class StreamResources:
    """Streams and books as resources, and who is subscribed to them."""

    def __init__(self, services: Services, clock: Clock) -> None:
        self._services = services
        self.topics = ResourceTopics(clock, self._hold)

    def register(self, server: FastMCP[Any]) -> None:
        """Add the resources and the methods that subscribe to them to *server*."""
        server.resource(
            "binance://streams/{id}",
            name="stream",
            title="Stream",
            description="A subscription of subscribe_stream: state, counters, the newest records",
            mime_type="application/json",
        )(self.stream)
        server.resource(
            "binance://books/{market}/{symbol}",
            name="book",
            title="Order book",
            description="The best 20 levels, e.g. binance://books/spot/BTCUSDT; live while subscribed to",
            mime_type="application/json",
        )(self.book)
        serve_updates(server, self.topics)

    async def stream(self, id: str) -> str:
        return await resources.read(self._stream(id))

    async def book(self, market: str, symbol: str) -> str:
        return await resources.read(self._book(market, symbol))

    async def _stream(self, id: str) -> Facts:
        subscription = self._services.hub.subscription(id)
        subscription.touch()
        spec, stream = subscription.spec, subscription.stream
        queries = self._services.product(spec.market)
        records = list(deque(stream.tail(most=NEWEST), NEWEST))
        row = streams.row(subscription)
        return {
            **{name: value for name, value in row.items() if value is not None},
            **streams.caveats(subscription),
            **streams.losses(subscription),
            "venue": self._services.venue_of(spec.market),
            "as_of": format_time(stream.last_event_ms or queries.venue_now_ms()),
            **_newest(spec, records),
        }

    async def _book(self, market: str, symbol: str) -> Facts:
        where = product(market)
        info = (await self._services.product(where).symbols.get(symbol)).data
        question = book_table.Question(info.symbol, "", where)
        state = self._services.books.state(where, info.symbol) or "not watched"
        page = await book_table.read(self._services, question, NEWEST, "default", None)
        content = dict(page.reply("json", MAX_BYTES).structured_content or {})
        content.pop("next", None)  # a cursor is for the tool
        return {"market": where, "state": state, **content}

    async def _hold(self, uri: str) -> Release:
        """What changes *uri* is listened to from here on. Raises ``InputError`` for what cannot be subscribed to."""
        tell = partial(self.topics.changed, uri)
        match _parts(uri):
            case ["streams", id]:
                return _follow(self._services.hub.subscription(id), tell)
            case ["books", market, symbol]:
                return await self._watch(product(market), symbol, tell)
        raise InputError("There is nothing to subscribe to here.", advice=_WHAT_THERE_IS)

    async def _watch(self, market: Market, symbol: str, tell: Callable[[], None]) -> Release:
        """Keep the book of *symbol*, and tell of each change of it or of its state."""
        name = (await self._services.product(market).symbols.get(symbol)).data.symbol
        async with AsyncExitStack() as stack:
            handle = await self._services.books.watch(market, name)
            stack.push_async_callback(handle.close)
            stack.callback(handle.listen(tell))
            held = stack.pop_all()
        return held.aclose


def _follow(subscription: "Subscription", tell: Callable[[], None]) -> Release:
    """Tell of each record of *subscription*, and of its end."""
    listeners = (subscription.stream.on_records, subscription.on_closed)

    def stop() -> None:
        for each in listeners:
            if tell in each:
                each.remove(tell)
        if stop in subscription.on_closed:
            subscription.on_closed.remove(stop)

    async def release() -> None:
        stop()

    for each in listeners:
        each.append(tell)
    subscription.on_closed.append(stop)  # its stream may go on for others
    return release


def _newest(spec: kinds.Spec, records: Sequence[Record]) -> Facts:
    """Events as rows; a gap is none, and is named beside them."""
    names, _ = stream_rows.columns(spec.kind, all_symbols=not spec.symbol)
    gaps = [[each.first, each.last, each.cause] for each in records if isinstance(each, Gap)]
    events = [each for each in records if not isinstance(each, Gap)]
    rows = stream_rows.rows(spec.kind, events, names)
    return {**({"gaps": gaps} if gaps else {}), "columns": names, "rows": rows}


def _parts(uri: str) -> list[str]:
    """The words of one of our addresses; none for another."""
    if not uri.startswith(SCHEME) or len(uri) > _LONGEST:
        return []
    return [unquote(part) for part in uri.removeprefix(SCHEME).split("/")]
