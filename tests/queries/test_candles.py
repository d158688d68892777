"""Candles of any range are what one big answer of the venue would be; memory never shows an open one."""

import asyncio
from dataclasses import replace
from typing import Any
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from binance_mcp_server.clock import VirtualClock
from binance_mcp_server.errors import InputError
from binance_mcp_server.models.market import Kline
from binance_mcp_server.queries import candle_cache, candles
from binance_mcp_server.queries.candle_cache import CandleCache
from binance_mcp_server.queries.candles import CandleReader, Progress
from binance_mcp_server.queries.fetch import Fetcher
from binance_mcp_server.queries.symbols import SymbolRegistry
from tests.queries.venue import MINUTE, NOW_MS, CandleVenue, candle

BASE = NOW_MS - NOW_MS % MINUTE
SMALL_PAGE = 5


def reader(venue: CandleVenue, max_candles: int = 10_000) -> CandleReader:
    registry = SymbolRegistry(venue.api, VirtualClock(), venue="sim")
    return CandleReader(Fetcher(venue.api, registry), CandleCache(max_candles))


def minutes(count: int) -> list[int]:
    """Opening times of the last *count* minutes, the open one included."""
    return [BASE - MINUTE * back for back in reversed(range(count))]


@st.composite
def histories(draw: st.DrawFn) -> list[int]:
    """Minutes with holes, some longer than several pages."""
    gaps = draw(st.lists(st.sampled_from([1, 1, 1, 1, 1, 1, 2, 7, 60]), min_size=1, max_size=60))
    ends = [sum(gaps[: n + 1]) for n in range(len(gaps))]
    last = draw(st.integers(0, 3))
    return [BASE - MINUTE * (ends[-1] + last - end) for end in ends]


instants = st.none() | st.integers(-60, 3).map(lambda minute: BASE + minute * MINUTE + 17)
questions = st.tuples(instants, instants, st.integers(1, 40) | st.integers(1, 6))
skews = st.sampled_from([0, 0, -(10**8), 10**8, 10**11])


def small_pages() -> Any:
    """Pages of five and blocks of seven, so that short histories have many seams."""
    return mock.patch.multiple(candles, PAGE=SMALL_PAGE), mock.patch.object(
        candle_cache, "BLOCK_CANDLES", 7
    )


def sane(start: int | None, end: int | None, now: int) -> bool:
    return (start is None or start <= now) and (start is None or end is None or start <= end)


@settings(max_examples=200, deadline=None)
@given(
    history=histories(),
    asked=st.lists(questions, min_size=1, max_size=8),
    small=st.booleans(),
    skew=skews,
)
def test_any_range_is_one_big_answer(
    history: list[int], asked: list[tuple[int | None, int | None, int]], small: bool, skew: int
) -> None:
    """With holes, across pages, whatever is remembered from earlier questions, however small the memory, and
    however wrong this machine is about the venue's time."""

    async def play() -> None:
        venue = CandleVenue(history, page=SMALL_PAGE)
        venue.api.skew_ms = skew
        read = reader(venue, 20 if small else 10_000)
        for start, end, limit in asked:
            if sane(start, end, venue.api.clock_ms):
                got = await read.candles("X", "1m", start_ms=start, end_ms=end, limit=limit)
                assert tuple(got.data.rows) == venue.range(start, end, limit)

    pages, blocks = small_pages()
    with pages, blocks:
        asyncio.run(play())


@settings(max_examples=200, deadline=None)
@given(
    history=histories(),
    asked=st.lists(questions, min_size=1, max_size=6),
    pace=st.integers(0, 90_000),
    skew=skews,
)
def test_only_the_last_row_may_be_open_and_then_says_so(
    history: list[int], asked: list[tuple[int | None, int | None, int]], pace: int, skew: int
) -> None:
    """Candles open and close while pages come in, and this machine may be years off the venue's clock."""

    async def play() -> None:
        venue = CandleVenue([*history, *(BASE + MINUTE * n for n in range(1, 200))], SMALL_PAGE)
        venue.api.ms_per_request, venue.api.skew_ms = pace, skew
        read = reader(venue)
        for start, end, limit in asked:
            if not sane(start, end, venue.api.clock_ms):
                continue
            got = await read.candles("X", "1m", start_ms=start, end_ms=end, limit=limit)
            rows = list(got.data.rows)
            final = [candle(row.open_time) for row in rows]
            assert [row.open_time for row in rows] == sorted({row.open_time for row in rows})
            settled = len(rows) - 1 if got.data.open else len(rows)
            assert rows[:settled] == final[:settled]
            assert got.source != "cache" or (rows == final and not got.data.open)

    pages, blocks = small_pages()
    with pages, blocks:
        asyncio.run(play())


@settings(max_examples=60, deadline=None)
@given(history=histories(), start=st.integers(-300, 0), limit=st.none() | st.integers(1, 50))
def test_pages_put_together_are_one_big_answer(
    history: list[int], start: int, limit: int | None
) -> None:
    async def play() -> None:
        venue = CandleVenue(history, page=SMALL_PAGE)
        rows: list[Kline] = []
        seen: list[Progress] = []
        start_ms = BASE + start * MINUTE
        async for page, progress in reader(venue).pages("X", "1m", start_ms=start_ms, limit=limit):
            rows += page
            seen.append(progress)
        assert tuple(rows) == venue.range(start_ms, None, limit or 10**6)
        assert seen[-1].done == len(rows) <= seen[-1].total

    pages, blocks = small_pages()
    with pages, blocks:
        asyncio.run(play())


@pytest.mark.anyio
async def test_closed_candles_come_from_memory_the_second_time() -> None:
    venue = CandleVenue(minutes(300))
    read = reader(venue)
    start, end = BASE - 200 * MINUTE, BASE - 101 * MINUTE
    first = await read.candles("BTCUSDT", "1m", start_ms=start, end_ms=end)
    again = await read.candles("btc/usdt", "1m", start_ms=start, end_ms=end)
    inside = await read.candles("BTCUSDT", "1m", start_ms=start + MINUTE, limit=10)
    assert (first.source, again.source, inside.source) == ("rest", "cache", "cache")
    assert list(again.data.rows) == list(first.data.rows)
    assert again.as_of_ms == first.as_of_ms
    assert inside.data.next_start_ms == start + 11 * MINUTE
    assert len(venue.api.paths) == 1


@pytest.mark.anyio
async def test_the_latest_always_asks_and_marks_the_open_candle() -> None:
    venue = CandleVenue(minutes(300))
    read = reader(venue)
    for _ in range(2):
        got = await read.candles("BTCUSDT", "1m", limit=50)
        assert (got.source, got.data.open, got.data.next_start_ms) == ("rest", True, None)
        assert len(got.data.rows) == 50
    assert len(venue.api.paths) == 2
    assert len(read.cache) == 49


@pytest.mark.anyio
async def test_a_long_range_is_fetched_side_by_side() -> None:
    """5,000 candles from a known start: one page to find it, the other four at the same time."""
    venue = CandleVenue(minutes(6000))
    read = reader(venue)
    venue.api.gate = asyncio.Event()
    asking = asyncio.create_task(
        read.candles("BTCUSDT", "1m", start_ms=BASE - 5999 * MINUTE, limit=5000)
    )
    venue.api.gate.set()
    got = await asking
    assert len(got.data.rows) == 5000
    assert len(venue.api.paths) == 5
    assert got.data.next_start_ms == BASE - 999 * MINUTE
    assert not got.data.open


@pytest.mark.anyio
async def test_a_venue_that_dates_no_answer_is_asked_for_its_time_and_read_to_the_end() -> None:
    venue = CandleVenue(minutes(2500))
    answer = venue.api.send

    async def undated(request: Any) -> Any:
        return replace(await answer(request), told_ms=0)

    with mock.patch.object(venue.api, "send", undated):
        got = await reader(venue).candles("BTCUSDT", "1m", start_ms=venue.opens[0], limit=2400)
    assert [row.open_time for row in got.data.rows] == list(venue.opens[:2400])
    assert got.data.next_start_ms == venue.opens[2400]
    assert not got.data.open


@pytest.mark.anyio
async def test_no_candles_need_no_time() -> None:
    venue = CandleVenue([])
    answer = venue.api.send

    async def undated(request: Any) -> Any:
        return replace(await answer(request), told_ms=0)

    with mock.patch.object(venue.api, "send", undated):
        assert not (await reader(venue).candles("BTCUSDT", "1m")).data.rows
    assert len(venue.api.requests) == 1


@pytest.mark.anyio
async def test_a_long_hole_of_the_venue_is_jumped_over() -> None:
    """A year without a candle of this symbol costs a few requests, not five hundred."""
    before = [BASE - 600_000 * MINUTE + n * MINUTE for n in range(1200)]
    venue = CandleVenue([*before, *minutes(1500)])
    got = await reader(venue).candles("X", "1m", start_ms=before[0], limit=2500)
    assert tuple(got.data.rows) == venue.range(before[0], None, 2500)
    assert len(venue.api.paths) < 12


@pytest.mark.anyio
async def test_callers_who_ask_the_same_share_one_request() -> None:
    venue = CandleVenue(minutes(20))
    read = reader(venue)
    await asyncio.gather(*(read.candles("BTCUSDT", "1m", limit=10) for _ in range(8)))
    assert len(venue.api.paths) == 1


@pytest.mark.anyio
async def test_time_zones_and_chart_candles_are_kept_apart() -> None:
    venue = CandleVenue(minutes(20))
    read = reader(venue)
    whole: dict[str, Any] = {"start_ms": BASE - 10 * MINUTE, "end_ms": BASE - 5 * MINUTE}
    await read.candles("BTCUSDT", "1m", **whole)
    other = await read.candles("BTCUSDT", "1m", **whole, time_zone="+8")
    chart = await read.candles("BTCUSDT", "1m", **whole, ui=True)
    same = await read.candles("BTCUSDT", "1m", **whole, time_zone="UTC")
    assert (other.source, chart.source, same.source) == ("rest", "rest", "cache")
    zones = [dict(request.params).get("timeZone") for request in venue.api.requests]
    assert [zone for zone in zones if zone] == ["08:00"]
    assert venue.api.paths == ["klines", "klines", "uiKlines"]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"limit": 0}, "limit 0"),
        ({"limit": -1}, "limit -1"),
        ({"limit": 10**9}, "limit 1000000000"),
        ({"interval": "60m"}, "60m"),
        ({"symbol": "../x"}, "cannot contain"),
        ({"start_ms": BASE, "end_ms": BASE - 1}, "ends"),
        ({"start_ms": NOW_MS + 1}, "future"),
        ({"end_ms": -1}, "1970"),
        ({"time_zone": "Mars"}, "Mars"),
    ],
)
async def test_arguments_that_make_no_sense_are_refused_and_nothing_is_sent(
    arguments: dict[str, Any], words: str
) -> None:
    venue = CandleVenue(minutes(5))
    with pytest.raises(InputError, match=words) as caught:
        await reader(venue).candles(**({"symbol": "BTCUSDT", "interval": "1m"} | arguments))
    assert caught.value.advice
    assert venue.api.paths == []


@pytest.mark.anyio
async def test_the_venue_is_asked_for_its_time_before_a_start_is_called_future() -> None:
    venue = CandleVenue(minutes(5))
    with pytest.raises(InputError, match="future"):
        await reader(venue).candles("BTCUSDT", "1m", start_ms=NOW_MS + MINUTE)
    assert [request.path for request in venue.api.requests] == ["/api/v3/time"]


@pytest.mark.anyio
async def test_memory_is_bounded() -> None:
    venue = CandleVenue(minutes(5000))
    read = reader(venue, 1000)
    await read.candles("BTCUSDT", "1m", start_ms=BASE - 4999 * MINUTE, limit=4000)
    assert 0 < len(read.cache) <= 1000
