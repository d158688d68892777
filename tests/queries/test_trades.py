"""Trades by id and by time are what one big answer would be; full pages are asked for once."""

import asyncio
from typing import Any
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from binance_mcp_server.clock import VirtualClock
from binance_mcp_server.errors import InputError, TransportError
from binance_mcp_server.queries import trades
from binance_mcp_server.queries.answer import Answer
from binance_mcp_server.queries.fetch import Fetcher
from binance_mcp_server.queries.symbols import SymbolRegistry
from binance_mcp_server.queries.trades import PageCache, TradeReader
from tests.queries.venue import TradeVenue, trade

SMALL_PAGE = 5


def reader(venue: TradeVenue) -> TradeReader:
    registry = SymbolRegistry(venue.api, VirtualClock(), venue="sim")
    return TradeReader(Fetcher(venue.api, registry))


def ids(got: Answer[tuple[Any, ...]]) -> list[int]:
    return [row.id for row in got.data]


tapes = st.integers(0, 50).flatmap(
    lambda first: st.integers(0, 80).map(lambda count: list(range(first, first + count)))
)
gapped = st.lists(st.integers(0, 200), unique=True, max_size=80).map(sorted)


@settings(max_examples=150, deadline=None)
@given(tape=tapes | gapped, from_id=st.integers(0, 120), limit=st.integers(1, 60))
def test_by_id_is_one_big_answer_with_or_without_gaps(
    tape: list[int], from_id: int, limit: int
) -> None:
    venue = TradeVenue(tape, page=SMALL_PAGE)
    with mock.patch.object(trades, "PAGE", SMALL_PAGE):
        read = reader(venue)
        for _ in range(2):  # the second time partly from memory
            got = asyncio.run(read.historical("X", from_id, limit))
            assert ids(got) == venue.onward(from_id)[:limit]


@settings(max_examples=150, deadline=None)
@given(
    tape=tapes,
    start=st.integers(0, 1000) | st.none(),
    length=st.integers(0, 600) | st.none(),
    limit=st.integers(1, 60),
)
def test_aggregates_of_a_range_of_time_are_one_big_answer(
    tape: list[int], start: int | None, length: int | None, limit: int
) -> None:
    venue = TradeVenue(tape, page=SMALL_PAGE)
    end = None if length is None else (start or 0) + length
    with mock.patch.object(trades, "PAGE", SMALL_PAGE):
        got = asyncio.run(reader(venue).aggregate("X", start_ms=start, end_ms=end, limit=limit))
    assert ids(got) == venue.aggregates(None, start, end, limit)


@settings(max_examples=60, deadline=None)
@given(tape=tapes, limit=st.integers(1, 60))
def test_the_latest_reach_back_over_pages(tape: list[int], limit: int) -> None:
    venue = TradeVenue(tape, page=SMALL_PAGE)
    with mock.patch.object(trades, "PAGE", SMALL_PAGE):
        assert ids(asyncio.run(reader(venue).recent("X", limit))) == tape[-limit:]
        assert ids(asyncio.run(reader(venue).historical("X", None, limit))) == tape[-limit:]


@pytest.mark.anyio
async def test_a_full_page_by_id_comes_from_memory_the_second_time() -> None:
    venue = TradeVenue(range(5000))
    read = reader(venue)
    first = await read.historical("BTCUSDT", 100, 2000)
    again = await read.historical("BTCUSDT", 100, 2000)
    assert (first.source, again.source) == ("rest", "cache")
    assert again.data == first.data
    assert venue.api.paths == ["historicalTrades"] * 2


@pytest.mark.anyio
async def test_a_page_that_may_still_grow_is_asked_for_again() -> None:
    venue = TradeVenue(range(50))
    read = reader(venue)
    assert len((await read.aggregate("BTCUSDT", from_id=0, limit=100)).data) == 50
    venue.ids = range(60)
    assert len((await read.aggregate("BTCUSDT", from_id=0, limit=100)).data) == 60


@pytest.mark.anyio
async def test_history_that_the_venue_does_not_give_is_said_to_be_missing() -> None:
    venue = TradeVenue(range(7_000, 8_000))
    got = await reader(venue).recent("BTCUSDT", 1500)
    assert len(got.data) == 1000
    assert got.partial == "The venue gave no trades before id 7000."


@pytest.mark.anyio
async def test_a_page_that_ignores_what_was_asked_ends_the_reading_and_is_not_kept() -> None:
    venue, pages = TradeVenue(range(1000)), TradeVenue(range(1000)).onward(0)
    venue.api.answer = lambda _request: tuple(map(trade, pages))
    read = reader(venue)
    with pytest.raises(TransportError, match="begins before it") as caught:
        await asyncio.wait_for(read.historical("BTCUSDT", 5, 10_000), 5)
    assert not caught.value.retryable
    assert len(read.cache) == 0


@pytest.mark.anyio
async def test_block_trades_go_by_id() -> None:
    venue = TradeVenue(range(10))
    assert ids(await reader(venue).block("BTCUSDT", 3, 4)) == [3, 4, 5, 6]
    assert venue.api.paths == ["historicalBlockTrades"]


@pytest.mark.anyio
@pytest.mark.parametrize(
    "arguments",
    [
        {"limit": 0},
        {"limit": -1},
        {"limit": 10**9},
        {"from_id": -1},
        {"from_id": 2**63},
        {"from_id": 1, "start_ms": 5},
        {"start_ms": 10, "end_ms": 5},
        {"symbol": "BTCUSDT&limit=5"},
    ],
)
async def test_arguments_that_make_no_sense_are_refused_and_nothing_is_sent(
    arguments: dict[str, Any],
) -> None:
    venue = TradeVenue(range(10))
    with pytest.raises(InputError) as caught:
        await reader(venue).aggregate(**({"symbol": "BTCUSDT"} | arguments))
    assert caught.value.advice
    assert venue.api.requests == []


def test_memory_is_bounded_and_the_least_recently_used_page_goes_first() -> None:
    cache = PageCache(max_rows=20)
    for key in "ab":
        cache.put(key, Answer(tuple(range(10)), 1))
    assert cache.get("a") is not None
    cache.put("c", Answer(tuple(range(10)), 1))
    assert (cache.get("b"), len(cache)) == (None, 20)
    assert cache.get("a") == Answer(tuple(range(10)), 1, "cache")
