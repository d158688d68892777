"""Who asks for a book gets the live one where it is good and deep enough, at no weight; else the venue's."""

from functools import partial
from typing import Any

import pytest

from binance_mcp_server.binance_api.endpoints import Request
from binance_mcp_server.feeds.book_reader import Found, read_depth
from binance_mcp_server.queries.market import MarketQueries
from binance_mcp_server.queries.symbols import SymbolRegistry
from tests.feeds.world import AS_OF_MS, STREAM, World
from tests.market.depth_oracle import START_MS
from tests.queries.venue import FakeApi, exchange_info

pytestmark = pytest.mark.anyio


def answered(world: World, request: Request[Any]) -> Any:
    if request.path.endswith("exchangeInfo"):
        return exchange_info()
    return world.venue.snapshot(world.rest.newest, int(dict(request.params)["limit"]))


class Reader:
    """Reads of the world's venue, and how many of them it was asked for."""

    def __init__(self, world: World) -> None:
        self.api = FakeApi(partial(answered, world))
        registry = SymbolRegistry(self.api, world.clock, venue="live")
        self.queries = MarketQueries(self.api, registry, world.clock)
        self.books = world.books

    async def read(self, limit: int = 3, symbol: str = "btc/usdt") -> Found:
        return await read_depth(self.books, self.queries, symbol, limit)

    @property
    def asked(self) -> int:
        return self.api.paths.count("depth")


@pytest.fixture
def reader(spot: World) -> Reader:
    return Reader(spot)


async def test_a_watched_symbol_is_read_from_memory(spot: World, reader: Reader) -> None:
    await spot.live()
    found = await reader.read()
    assert (found.answer.source, found.remark, reader.asked) == ("live book", "", 0)
    assert found.answer.as_of_ms == AS_OF_MS  # the snapshot's, while no event came after it
    depth = found.answer.data
    assert depth == spot.venue.snapshot(spot.rest.newest, 3)
    spot.move("99.5", "4.0")
    newer = await reader.read(1)
    assert [(each.price_text, each.quantity_text) for each in newer.answer.data.bids] == [
        ("99.5", "4.0")
    ]
    assert newer.answer.as_of_ms == START_MS + spot.rest.newest
    assert newer.answer.data.last_update_id == spot.rest.newest
    assert reader.asked == 0


async def test_a_symbol_that_nobody_watches_is_asked_for(spot: World, reader: Reader) -> None:
    spot.trade((True, "99.0", "1.0"))
    found = await reader.read()
    assert (found.answer.source, found.remark, reader.asked) == ("rest", "", 1)


async def test_while_the_book_resyncs_the_venue_is_asked_and_it_is_said(
    spot: World, reader: Reader
) -> None:
    await spot.live()
    spot.skip("99.0", "0.0")
    spot.move("98.5")
    found = await reader.read()
    assert (found.answer.source, found.remark, reader.asked) == ("rest", "resyncing", 1)
    assert found.answer.data == spot.venue.snapshot(spot.rest.newest, 3)


async def test_a_book_whose_stream_stands_still_is_not_served(spot: World, reader: Reader) -> None:
    await spot.live()
    spot.hub.streams[STREAM].state = "reconnecting"
    found = await reader.read()
    assert (found.answer.source, found.remark) == ("rest", "stale")


async def test_more_levels_than_are_known_are_asked_for(spot: World, reader: Reader) -> None:
    spot.shallow(3)
    await spot.live(levels=5)
    assert (await reader.read(3)).answer.source == "live book"
    found = await reader.read(4)
    assert (found.answer.source, found.remark) == ("rest", "")
    assert len(found.answer.data.bids) == 4


async def test_a_book_that_is_known_to_the_end_serves_any_depth(
    spot: World, reader: Reader
) -> None:
    await spot.live(levels=4)
    found = await reader.read(5000)
    assert found.answer.source == "live book"
    assert (len(found.answer.data.bids), len(found.answer.data.asks)) == (4, 4)
