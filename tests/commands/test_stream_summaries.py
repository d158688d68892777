"""Ten thousand records cost a few hundred bytes, and say what was lost; the event loop stays free meanwhile."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from binance_mcp_server.commands import stream_actions
from binance_mcp_server.market.stream_stats import TradeStats
from binance_mcp_server.models.events import TradeEvent
from tests.commands.stream_hub import NOW_MS, Streams, aggregate, streams_on, touch, trade
from tests.commands.venue import StillExchange

pytestmark = pytest.mark.anyio
MOST_BYTES = 440


@pytest.fixture
async def agent(venue: StillExchange, anyio_backend: str) -> AsyncIterator[Streams]:
    async with streams_on(venue) as streams:
        yield streams


async def test_trades_come_to_a_candle_with_its_volumes(agent: Streams) -> None:
    stream = await agent.subscribe()
    prices = ["64000.10", "64002.50", "63999.00", "64001.00"]
    rows = [trade(at, price, f"0.0{at + 1}000000") for at, price in enumerate(prices)]
    agent.venue.say("btcusdt@trade", *rows)
    told = await agent.data("summarize_stream", id=stream)
    assert (told["open"], told["high"], told["low"], told["close"]) == (
        *("64000.1", "64002.5", "63999"),
        "64001",
    )
    assert told["records"] == 4
    assert (told["volume"], told["buy_volume"], told["sell_volume"]) == ("0.1", "0.04", "0.06")
    assert told["quote_volume"] == "6400.061"
    assert told["vwap"] == "64000.61"
    assert (told["largest"], told["largest_id"]) == ("0.04", "3")
    assert (told["first_id"], told["last_id"], told["dropped"]) == ("0", "3", 0)
    assert told["per_second"] == "13.33"


async def test_ten_thousand_trades_cost_a_few_hundred_bytes(agent: Streams) -> None:
    stream = await agent.subscribe(buffer=9000)
    agent.venue.say("btcusdt@trade", *map(trade, range(6_200_000_000, 6_200_010_000)))
    told = await agent.data("summarize_stream", id=stream)
    assert told["records"] == 9000
    assert told["dropped"] == 1000
    assert len(msgspec.json.encode(told)) <= MOST_BYTES, told


async def test_a_window_ends_at_the_newest_record(agent: Streams) -> None:
    stream = await agent.subscribe()
    agent.venue.say("btcusdt@trade", *map(trade, range(100)))
    told = await agent.data("summarize_stream", id=stream, seconds=2)
    assert (told["seconds"], told["records"], told["first_id"]) == (2, 21, "79")


async def test_a_window_of_which_the_beginning_has_left_says_so(agent: Streams) -> None:
    stream = await agent.subscribe(buffer=1000)
    agent.venue.say("btcusdt@trade", *map(trade, range(1500)))
    assert "partial" not in await agent.data("summarize_stream", id=stream, seconds=60)
    told = await agent.data("summarize_stream", id=stream, seconds=140)
    assert told["partial"] == "older records are not kept any more"


async def test_a_window_that_began_before_the_subscription_says_so(agent: Streams) -> None:
    """Ten seconds of trades are no minute's volume."""
    stream = await agent.subscribe()
    empty = await agent.data("summarize_stream", id=stream, seconds=60)
    agent.venue.say("btcusdt@trade", *map(trade, range(100)))
    told = await agent.data("summarize_stream", id=stream, seconds=60)
    assert empty["partial"] == told["partial"] == "the subscription is younger than seconds"
    assert (told["records"], told["first_id"]) == (100, "0")
    await agent.meanwhile(agent.clock.sleep(61), seconds=120)
    assert "partial" not in await agent.data("summarize_stream", id=stream, seconds=60)


async def test_a_summary_begins_with_its_own_subscription(agent: Streams) -> None:
    """Another one of the same stream may be older."""
    first = await agent.subscribe()
    agent.venue.say("btcusdt@trade", *map(trade, range(5)))
    second = await agent.subscribe()
    agent.venue.say("btcusdt@trade", *map(trade, range(5, 8)))
    told = [await agent.data("summarize_stream", id=each) for each in (first, second)]
    assert [(each["records"], each["first_id"]) for each in told] == [(8, "0"), (3, "5")]


async def test_seconds_that_a_stream_without_times_cannot_tell_are_not_claimed(
    agent: Streams,
) -> None:
    stream = await agent.subscribe("bookTicker")
    agent.venue.say("btcusdt@bookTicker", *(touch(at, "10", "11") for at in range(1, 4)))
    told = await agent.data("summarize_stream", id=stream, seconds=2)
    assert told["records"] == 3
    assert "seconds" not in told
    assert told["note"].startswith("the venue tells no times here")


async def test_an_empty_stream_comes_to_nothing(agent: Streams) -> None:
    stream = await agent.subscribe()
    told = await agent.data("summarize_stream", id=stream)
    assert told["records"] == 0
    assert "open" not in told


async def test_a_gap_in_the_window_is_said(agent: Streams) -> None:
    stream = await agent.subscribe()
    agent.venue.say("btcusdt@trade", trade(1), trade(9))
    await agent.meanwhile(agent.clock.sleep(20), seconds=60)
    told = await agent.data("summarize_stream", id=stream)
    assert (told["records"], told["gaps"], told["gap_ranges"]) == (2, 1, [[2, 8]])


async def test_the_touch_comes_to_mid_and_spread(agent: Streams) -> None:
    stream = await agent.subscribe("bookTicker")
    quotes = [touch(1, "10.00", "10.50"), touch(2, "10.20", "10.30"), touch(3, "0.0", "10.3")]
    agent.venue.say("btcusdt@bookTicker", *quotes)
    told = await agent.data("summarize_stream", id=stream)
    assert (told["mid_open"], told["mid_close"], told["one_sided"]) == ("10.25", "10.25", 1)
    assert (told["spread_min"], told["spread_mean"], told["spread_max"]) == ("0.1", "0.3", "0.5")


async def test_aggregate_trades_say_how_many_trades_they_are(agent: Streams) -> None:
    stream = await agent.subscribe("aggTrade")
    agent.venue.say("btcusdt@aggTrade", *(aggregate(at, "0.5") for at in range(5)))
    told = await agent.data("summarize_stream", id=stream)
    assert (told["records"], told["trades"], told["volume"]) == (5, 10, "2.5")


@pytest.mark.parametrize(
    ("kind", "name", "data", "expected"),
    [
        (
            "miniTicker",
            "btcusdt@miniTicker",
            {
                "e": "24hrMiniTicker",
                "E": NOW_MS,
                "s": "BTCUSDT",
                "c": "5.50",
                "o": "4",
                "h": "6",
                "l": "3",
                "v": "1",
                "q": "5",
            },
            {"first": "5.5", "last": "5.5", "min": "5.5", "max": "5.5"},
        ),
        (
            "depth",
            "btcusdt@depth@100ms",
            {
                "e": "depthUpdate",
                "E": NOW_MS,
                "s": "BTCUSDT",
                "U": 3,
                "u": 5,
                "b": [["1", "2"]],
                "a": [],
            },
            {
                "levels_changed": 1,
                "bid_levels_changed": 1,
                "last_update_id": "5",
                "first_time": "2026-09-21T14:14:20.037Z",
            },
        ),
        (
            "kline",
            "btcusdt@kline_1m",
            {
                "e": "kline",
                "E": NOW_MS,
                "s": "BTCUSDT",
                "k": {
                    "t": 0,
                    "T": 59_999,
                    "s": "BTCUSDT",
                    "i": "1m",
                    "f": 1,
                    "L": 2,
                    "o": "1",
                    "c": "2",
                    "h": "3",
                    "l": "1",
                    "v": "5",
                    "n": 2,
                    "x": True,
                    "q": "9",
                    "V": "1",
                    "Q": "2",
                    "B": "0",
                },
            },
            {"closed_candles": 1, "close": "2", "closed": True},
        ),
    ],
)
async def test_other_kinds_come_to_their_own_figures(
    agent: Streams, kind: str, name: str, data: dict[str, Any], expected: dict[str, Any]
) -> None:
    stream = await agent.subscribe(kind)
    agent.venue.say(name, data)
    told = await agent.data("summarize_stream", id=stream)
    assert {key: told[key] for key in expected} == expected
    page = await agent.data("read_stream", id=stream, format="json", columns="all")
    assert len(page["rows"]) == 1


async def test_a_million_records_leave_the_loop_to_others() -> None:
    """Another task gets its turn all the time while a long stretch is summed up."""
    turns, stats = 0, TradeStats()
    one = TradeEvent(1, "BTCUSDT", 1, "64000.10", "0.005", 1, False)

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.ensure_future(other())
    await stream_actions.sum_up(stats, iter([one] * 200_000))
    task.cancel()
    assert turns >= 100
    assert (stats.records, stats.volume) == (200_000, Decimal(1000))
