"""Tools that read a book say whether it is the live one, and never serve one that resyncs as if it were good."""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any, cast

import pytest

from binance_mcp_server.binance_api.endpoints import Request
from binance_mcp_server.binance_api.products import PRODUCTS
from binance_mcp_server.commands import fills
from binance_mcp_server.commands.tables import book
from binance_mcp_server.models.futures import Contract
from binance_mcp_server.models.info import ExchangeInfo
from binance_mcp_server.queries.market import MarketQueries
from binance_mcp_server.queries.symbols import SymbolRegistry
from binance_mcp_server.services import Services
from binance_mcp_server.venues import Market
from tests.feeds.world import World, world
from tests.market.depth_oracle import START_MS
from tests.queries.venue import FakeApi, exchange_info

pytestmark = pytest.mark.anyio
AS_OF = "2023-11-14T22:13:21Z"
"""Just above a second after the made-up venue's beginning."""
PERPETUAL = Contract(
    symbol="BTCUSD_PERP",
    status="TRADING",
    base_asset="BTC",
    quote_asset="USD",
    pair="BTCUSD",
    contract_size=100,
)


@pytest.fixture
async def spot() -> AsyncIterator[World]:
    made = world()
    yield made
    await made.books.close()


class Stub:
    """The services that a book is read through, on a made-up venue."""

    def __init__(self, made: World, market: Market = "spot") -> None:
        self.made, self.market = made, market
        self.api = FakeApi(self.answer)
        registry = SymbolRegistry(self.api, made.clock, venue="live", product=PRODUCTS[market])
        self.queries = MarketQueries(self.api, registry, made.clock)
        self.books = made.books

    def answer(self, request: Request[Any]) -> Any:
        if request.path.endswith("exchangeInfo"):
            return exchange_info() if self.market == "spot" else self.contracts()
        limit = int(dict(request.params)["limit"])
        return self.made.venue.snapshot(self.made.rest.newest, limit)

    def contracts(self) -> ExchangeInfo:
        info = exchange_info()
        return ExchangeInfo(info.server_time, info.rate_limits, (PERPETUAL,))

    def product(self, _market: Market) -> MarketQueries:
        return self.queries

    def venue_of(self, _market: Market) -> str:
        return "live"

    async def book(self, **options: Any) -> dict[str, Any]:
        asked = book.Question("BTCUSDT", options.get("group", ""), "spot")
        page = await book.read(cast("Services", self), asked, 20, "default", None)
        return dict(page.reply("json", 12_000).structured_content or {})

    async def fill(self, symbol: str = "BTCUSDT", quantity: str = "1") -> dict[str, Any]:
        one = Decimal(1)
        asked = fills.Question(symbol, "buy", Decimal(quantity), None, one, self.market)
        return await fills.estimate(cast("Services", self), asked)

    @property
    def asked(self) -> int:
        return sum(path.endswith("depth") for path in self.api.paths)


async def test_the_book_of_a_watched_symbol_costs_nothing_and_says_where_it_is_from(
    spot: World,
) -> None:
    stub = Stub(spot)
    await spot.live()
    spot.move("99.5", "4.0")
    reply = await stub.book()
    assert (reply["source"], reply["best_bid"], stub.asked) == ("live book", "99.5", 0)
    assert (reply["as_of"], "book" in reply) == (AS_OF, False)
    assert START_MS + spot.rest.newest < START_MS + 2000
    assert reply["last_update_id"] == str(spot.rest.newest)
    assert reply["bids"][0] == ["99.5", "4"]
    grouped = await stub.book(group="10")
    assert (grouped["source"], stub.asked) == ("live book", 0)


async def test_while_it_resyncs_the_book_is_the_venues_own_and_says_so(spot: World) -> None:
    stub = Stub(spot)
    await spot.live()
    spot.skip("99.0", "0.0")
    spot.move("98.5")
    reply = await stub.book()
    assert (reply["book"], reply["best_bid"], stub.asked) == ("resyncing", "98.5", 1)
    assert "source" not in reply
    assert (await stub.fill())["book"] == "resyncing"


async def test_a_fill_is_estimated_on_the_live_book(spot: World) -> None:
    stub = Stub(spot)
    await spot.live()
    done = await stub.fill(quantity="1.5")
    assert (done["source"], done["average_price"], stub.asked) == ("live book", "101.333333333", 0)


async def test_contracts_are_counted_and_worth_what_the_venue_says() -> None:
    made = world("futures")
    made.trade((True, "50000.0", "10"), (False, "50001.0", "4"), (False, "50002.0", "10"))
    done = await Stub(made, "coinm").fill("BTCUSD_PERP", "5")
    assert (done["filled"], done["value"]) == ("5", "500")
    assert done["quantity_unit"] == "contracts of 100 USD"
    assert done["market"] == "coinm"
    # 400 USD at 50,001 and 100 at 50,002, over the coins that they buy.
    coins = Decimal(400) / 50001 + Decimal(100) / 50002
    assert abs(Decimal(done["average_price"]) - 500 / coins) < Decimal("0.0001")
    await made.books.close()
