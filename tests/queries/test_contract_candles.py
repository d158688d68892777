"""Candles of futures: any range of COIN-M is one big answer of spot, though its answers are the newest and short."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from binance_mcp_server.binance_api.endpoints import Request
from binance_mcp_server.binance_api.products import PRODUCTS
from binance_mcp_server.clock import VirtualClock
from binance_mcp_server.errors import InputError
from binance_mcp_server.models.futures import CoinContract, CoinmExchangeInfo
from binance_mcp_server.models.market import Kline
from binance_mcp_server.queries import candles
from binance_mcp_server.queries.candles import CandleReader
from binance_mcp_server.queries.fetch import Fetcher
from binance_mcp_server.queries.symbols import SymbolRegistry
from binance_mcp_server.venues import Market
from tests.queries.venue import MINUTE, NOW_MS, CandleVenue, FakeApi, candle, number

DAY = 1440 * MINUTE
BASE = NOW_MS - NOW_MS % MINUTE
SPAN = 40 * DAY
SMALL_PAGE = 5
COINM = replace(PRODUCTS["coinm"], longest_span_ms=SPAN)


def coarse(opens: list[int], interval: str) -> list[tuple[int, int]]:
    """Opening and closing times of the days or months in which minutes opened."""
    found = {}
    for opened in opens:
        day = opened - opened % DAY
        moment = datetime.fromtimestamp(day / 1000, UTC)
        if interval == "1M":
            first = moment.replace(day=1)
            after = (first + timedelta(days=32)).replace(day=1)
            found[int(first.timestamp()) * 1000] = int(after.timestamp()) * 1000 - 1
        else:
            found[day] = day + DAY - 1
    return sorted(found.items())


@dataclass
class CoinmVenue:
    """COIN-M's own rule: of a range the newest rows, and no longer a stretch than ``SPAN``."""

    opens: list[int]
    onboard_ms: int = 0
    api: FakeApi = field(init=False)

    def __post_init__(self) -> None:
        self.api = FakeApi(self._answer)

    def _answer(self, request: Request[Any]) -> Any:
        if request.path.endswith("exchangeInfo"):
            return CoinmExchangeInfo(0, (), (self._contract(),))
        interval = dict(request.params)["interval"]
        start, end = number(request, "startTime"), number(request, "endTime")
        limit, now = number(request, "limit", 500) or 0, self.api.clock_ms
        if start is None:
            start = (now if end is None else end) - SPAN + 1
        high = min(start + SPAN - 1 if end is None else end, now)
        assert high - start <= SPAN
        rows = [row for row in self._rows(interval) if start <= row.open_time <= high]
        return tuple(rows[-limit:])

    def _contract(self) -> CoinContract:
        return CoinContract(
            symbol="BTCUSD_PERP", status="TRADING", base_asset="BTC", quote_asset="USD",
            onboard_ms=self.onboard_ms,
        )  # fmt: skip

    def _rows(self, interval: str) -> list[Kline]:
        if interval == "1m":
            return [candle(opened) for opened in self.opens]
        return [
            candle(opened, length=closes - opened + 1)
            for opened, closes in coarse(self.opens, interval)
        ]

    def reader(self) -> CandleReader:
        registry = SymbolRegistry(self.api, VirtualClock(), venue="sim", product=COINM)
        return CandleReader(Fetcher(self.api, registry, COINM))


@st.composite
def histories(draw: st.DrawFn) -> list[int]:
    """Minutes with holes: of a few minutes, of days, and longer than one answer reaches."""
    steps = st.sampled_from([1] * 8 + [2, 7, 60, 1500, 65_000])
    gaps = draw(st.lists(steps, min_size=1, max_size=40))
    ends = [sum(gaps[: n + 1]) for n in range(len(gaps))]
    last = draw(st.sampled_from([0, 0, 1, 3, 3000]))
    return [BASE - MINUTE * (ends[-1] + last - end) for end in ends]


instants = st.none() | st.sampled_from(
    [-200_000, -65_100, -3000, -70, -40, -20, -7, -3, -1, 0]
).map(lambda minute: BASE + minute * MINUTE + 17)


@settings(max_examples=150, deadline=None)
@given(
    history=histories(),
    start=instants,
    end=instants,
    limit=st.integers(1, 40),
    listed=st.booleans(),
)
def test_any_range_is_what_spot_would_answer_at_once(
    history: list[int], start: int | None, end: int | None, limit: int, listed: bool
) -> None:
    if start is not None and end is not None and end < start:
        start, end = end, start
    venue = CoinmVenue(history, onboard_ms=history[0] if listed else 0)
    with mock.patch.object(candles, "PAGE", SMALL_PAGE):
        got = asyncio.run(
            venue.reader().candles("btcusd", "1m", start_ms=start, end_ms=end, limit=limit)
        )
    expected = CandleVenue(history).range(start, end, limit)
    assert [row.open_time for row in got.data.rows] == [row.open_time for row in expected]


@settings(max_examples=30, deadline=None)
@given(history=histories(), start=st.sampled_from([-200_000, -3000, -40]))
def test_pages_hold_every_candle_once(history: list[int], start: int) -> None:
    venue, start_ms = CoinmVenue(history), BASE + start * MINUTE

    async def read() -> list[int]:
        pages = venue.reader().pages("BTCUSD_PERP", "1m", start_ms=start_ms)
        return [row.open_time async for rows, _ in pages for row in rows]

    with mock.patch.object(candles, "PAGE", SMALL_PAGE):
        assert asyncio.run(read()) == [opened for opened in history if opened >= start_ms]


async def test_years_without_candles_are_few_requests() -> None:
    venue = CoinmVenue([BASE - n * MINUTE for n in range(9, -1, -1)])
    got = await venue.reader().candles("BTCUSD_PERP", "1m", start_ms=0, limit=3)
    assert [row.open_time for row in got.data.rows] == [BASE - n * MINUTE for n in (9, 8, 7)]
    assert len(venue.api.requests) < 50
    assert sum(request.weight for request in venue.api.requests) < 100


async def test_where_a_contract_began_is_where_a_range_begins() -> None:
    opens = [BASE - n * MINUTE for n in range(9, -1, -1)]
    venue = CoinmVenue(opens, onboard_ms=opens[0])
    got = await venue.reader().candles("BTCUSD_PERP", "1m", start_ms=0, limit=3)
    assert [row.open_time for row in got.data.rows] == opens[:3]
    assert venue.api.paths == ["/dapi/v1/exchangeInfo", *["/dapi/v1/klines"] * 2]


async def test_closed_candles_are_asked_for_once() -> None:
    venue = CoinmVenue([BASE - n * MINUTE for n in range(60, -1, -1)])
    read = venue.reader()
    for _ in range(2):
        await read.candles(
            "BTCUSD_PERP", "1m", start_ms=BASE - 50 * MINUTE, end_ms=BASE - 11 * MINUTE, limit=40
        )
    assert venue.api.paths.count("/dapi/v1/klines") == 1


pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("market", ["usdm", "coinm"])
@pytest.mark.parametrize(
    "arguments", [{"interval": "1s"}, {"time_zone": "8"}, {"ui": True}], ids=str
)
async def test_what_futures_do_not_have_is_refused_and_nothing_is_sent(
    market: Market, arguments: dict[str, Any]
) -> None:
    api = FakeApi(lambda _: ())
    product = PRODUCTS[market]
    registry = SymbolRegistry(api, VirtualClock(), venue="sim", product=product)
    read = CandleReader(Fetcher(api, registry, product))
    with pytest.raises(InputError, match="only on spot") as caught:
        await read.candles("BTCUSDT", **{"interval": "1m", **arguments})
    assert caught.value.advice
    assert api.requests == []


async def test_usdm_goes_the_way_of_spot_under_its_own_path() -> None:
    venue = CandleVenue([BASE - n * MINUTE for n in range(30, -1, -1)])
    product = PRODUCTS["usdm"]
    registry = SymbolRegistry(venue.api, VirtualClock(), venue="sim", product=product)
    read = CandleReader(Fetcher(venue.api, registry, product))
    start = BASE - 20 * MINUTE
    got = await read.candles("btc/usdt", "1m", start_ms=start, limit=5)
    assert [row.open_time for row in got.data.rows] == [start + n * MINUTE for n in range(5)]
    assert got.data.next_start_ms == start + 5 * MINUTE
    (request,) = venue.api.requests
    assert (request.path, request.weight) == ("/fapi/v1/klines", 1)
    assert [name for name, _ in request.params] == ["symbol", "interval", "startTime", "limit"]
