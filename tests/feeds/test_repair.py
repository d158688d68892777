"""What a stream lost, as rows of the venue's REST answers: the same events, and no more said than is known."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from binance_mcp_server.binance_api.endpoints import Request
from binance_mcp_server.binance_api.products import PRODUCTS
from binance_mcp_server.binance_ws_api.kinds import spec
from binance_mcp_server.clock import VirtualClock
from binance_mcp_server.feeds.repair import RECENT, RestSource
from binance_mcp_server.models.events import AggTradeEvent, BlockTradeEvent, KlineEvent, TradeEvent
from binance_mcp_server.models.market import BlockTrade
from binance_mcp_server.queries.market import MarketQueries
from binance_mcp_server.queries.symbols import SymbolRegistry
from binance_mcp_server.venues import Market
from tests.queries.test_contracts import FuturesVenue
from tests.queries.venue import (
    MINUTE,
    NOW_MS,
    PAIRS,
    CandleVenue,
    FakeApi,
    TradeVenue,
    exchange_info,
    number,
)

pytestmark = pytest.mark.anyio

TRADES = spec("spot", "trade", "BTCUSDT")
CANDLES = spec("spot", "kline", "BTCUSDT", interval="1m")
OPEN = NOW_MS // MINUTE * MINUTE
"""When the candle that is open now has opened."""


@dataclass
class World:
    """A venue with these trades and candles."""

    market: Market = "spot"
    ids: range = range(1, 5_001)
    opens: list[int] = field(default_factory=lambda: [OPEN - n * MINUTE for n in range(9, -1, -1)])
    api: FakeApi = field(init=False)
    source: RestSource = field(init=False)

    def __post_init__(self) -> None:
        self.api = FakeApi(self._answer)
        clock, product = VirtualClock(NOW_MS), PRODUCTS[self.market]
        registry = SymbolRegistry(self.api, clock, venue="sim", product=product)
        queries = MarketQueries(self.api, registry, clock)
        self.source = RestSource(lambda _: queries, clock)

    def _answer(self, request: Request[Any]) -> Any:
        if request.path.endswith("exchangeInfo"):
            if self.market == "spot":
                return exchange_info(PAIRS)
            return FuturesVenue(self.market)._answer(request)
        if request.path.endswith("klines"):
            venue = CandleVenue(self.opens)
            venue.api.clock_ms = self.api.clock_ms
            return venue._answer(request)
        if request.path.endswith("historicalBlockTrades"):
            first = number(request, "fromId") or 0
            return tuple(block(each) for each in self.ids if each >= first)[:1000]
        return TradeVenue(self.ids)._answer(request)


def block(id: int) -> BlockTrade:
    return BlockTrade(
        id=id, price_text="1.5", quantity_text="2", quote_text="3", time=7, buyer_is_maker=True
    )


async def test_trades_of_a_range_are_fetched_as_events() -> None:
    found = await World().source.rows(TRADES, 10, 12)
    assert list(found.rows)[:3] == [10, 11, 12]
    assert found.rows[10] == TradeEvent(10, "BTCUSDT", 10, "1.5", "2", 10, False)
    assert found.upto is not None
    assert found.upto >= 12


async def test_trades_that_the_venue_does_not_have_are_known_not_to_be_there() -> None:
    """One more than is missing is asked for: where it comes, the answer goes beyond the hole."""
    world = World(ids=range(1, 100, 10))
    found = await world.source.rows(TRADES, 12, 20)
    assert (min(found.rows), found.upto) == (21, max(found.rows))


async def test_an_answer_that_ends_early_says_how_far_it_goes() -> None:
    found = await World(ids=range(1, 16)).source.rows(TRADES, 10, 20)
    assert (sorted(found.rows), found.upto) == ([10, 11, 12, 13, 14, 15], 15)
    nothing = await World(ids=range(1, 5)).source.rows(TRADES, 10, 20)
    assert (dict(nothing.rows), nothing.upto) == ({}, None)


async def test_what_came_since_is_fetched_a_page_at_a_time() -> None:
    """Mostly little did: asking for many pages at once would spend weight on empty ones."""
    world = World()
    found = await world.source.rows(TRADES, 2_000, None)
    assert (sorted(found.rows), found.more) == (list(range(2_000, 3_000)), True)
    rest = await world.source.rows(TRADES, 4_500, None)
    assert (max(rest.rows), rest.more) == (5_000, False)
    asked = [each for each in world.api.requests if each.path.endswith("historicalTrades")]
    assert len(asked) == 2


async def test_aggregate_and_block_trades_are_fetched_by_their_own_ids() -> None:
    aggregates = await World().source.rows(spec("spot", "aggTrade", "BTCUSDT"), 10, 11)
    assert aggregates.rows[10] == AggTradeEvent(
        100, "BTCUSDT", 10, "1.5", "2", 10, 10, 100, buyer_is_maker=True
    )
    blocks = await World().source.rows(spec("spot", "blockTrade", "BTCUSDT"), 10, 11)
    assert blocks.rows[11] == BlockTradeEvent(7, "BTCUSDT", 11, "1.5", "2", 7, buyer_is_maker=True)


@pytest.mark.parametrize(("ids", "known"), [(range(1, 5_001), False), (range(4_100, 5_001), True)])
async def test_of_a_contract_only_the_newest_trades_can_be_had(ids: range, known: bool) -> None:
    """Older ones by id need a key; whether the answer reaches back to the hole is said."""
    world, first = World("usdm", ids), 4_000 if not known else 4_500
    found = await world.source.rows(spec("usdm", "trade", "BTCUSDT"), first, first + 5)
    asked = [request for request in world.api.requests if request.path.endswith("trades")]
    assert [number(request, "limit") for request in asked] == [RECENT]
    assert (found.upto == 5_000) == known
    assert all(each >= first for each in found.rows)
    assert (first in found.rows) == known


async def test_candles_are_fetched_closed_and_no_others() -> None:
    found = await World().source.rows(CANDLES, OPEN - 3 * MINUTE, OPEN - 1)
    assert sorted(found.rows) == [OPEN - 3 * MINUTE, OPEN - 2 * MINUTE, OPEN - MINUTE]
    event = found.rows[OPEN - MINUTE]
    assert isinstance(event, KlineEvent)
    assert event.candle.closed
    assert (event.event_ms, event.candle.close_time) == (OPEN - 1, OPEN - 1)
    assert (event.candle.open_text, event.candle.high_text) == ("1", "2")
    assert (event.candle.low_text, event.candle.close_text) == ("1", "1.5")
    assert (event.candle.taker_base_text, event.candle.taker_quote_text) == ("5", "7")
    assert found.upto == OPEN - 1, "the open one was there, so nothing before it can be late"


async def test_the_open_candle_is_left_out() -> None:
    found = await World().source.rows(CANDLES, OPEN - MINUTE, None)
    assert sorted(found.rows) == [OPEN - MINUTE]
    assert found.upto == OPEN - 1


async def test_candles_that_are_not_there_yet_are_not_taken_for_none() -> None:
    """The stream is ahead of the venue's answers."""
    late = World(opens=[OPEN - n * MINUTE for n in range(9, 3, -1)])
    found = await late.source.rows(CANDLES, OPEN - 4 * MINUTE, OPEN - MINUTE - 1)
    assert sorted(found.rows) == [OPEN - 4 * MINUTE]
    assert found.upto == OPEN - 3 * MINUTE - 1
    nothing = await late.source.rows(CANDLES, OPEN - 3 * MINUTE, OPEN - MINUTE - 1)
    assert (dict(nothing.rows), nothing.upto) == ({}, None)


async def test_an_outage_of_the_venue_is_known_by_what_came_after_it() -> None:
    world = World(opens=[OPEN - 9 * MINUTE, OPEN - 2 * MINUTE, OPEN - MINUTE, OPEN])
    found = await world.source.rows(CANDLES, OPEN - 8 * MINUTE, OPEN - 2 * MINUTE - 1)
    assert dict(found.rows) == {}
    assert found.upto is not None
    assert found.upto >= OPEN - 2 * MINUTE - 1


async def test_candles_of_another_day_are_asked_for_as_such() -> None:
    world = World()
    other = spec("spot", "kline", "BTCUSDT", interval="1m", time_zone="8")
    await world.source.rows(other, OPEN - MINUTE, None)
    (asked,) = [each for each in world.api.requests if each.path.endswith("klines")]
    assert dict(asked.params)["timeZone"] == "08:00"


@pytest.mark.parametrize(
    ("market", "kind", "symbol", "can"),
    [
        ("spot", "trade", "BTCUSDT", True),
        ("spot", "kline", "BTCUSDT", True),
        ("coinm", "aggTrade", "BTCUSD_PERP", True),
        ("spot", "depth", "BTCUSDT", False),
        ("spot", "bookTicker", "BTCUSDT", False),
        ("spot", "miniTicker", None, False),
        ("usdm", "liquidation", "BTCUSDT", False),
    ],
)
def test_states_of_a_moment_cannot_be_had_later(
    market: Market, kind: str, symbol: str | None, can: bool
) -> None:
    assert World().source.can(spec(market, kind, symbol)) is can
