"""Reads of futures: a symbol at a time or all, whichever weighs less; contracts and their worth; what is refused."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

import msgspec
import pytest

from binance_mcp_server.binance_api.endpoints import Request
from binance_mcp_server.binance_api.products import PRODUCTS
from binance_mcp_server.clock import VirtualClock
from binance_mcp_server.errors import InputError, UnknownSymbolError
from binance_mcp_server.models.futures import (
    CoinContract,
    CoinmExchangeInfo,
    CoinTicker,
    CoinTrade,
    Contract,
    FuturesDepth,
    UsdmExchangeInfo,
)
from binance_mcp_server.models.market import BookTicker, Level, PriceTicker
from binance_mcp_server.queries import trades
from binance_mcp_server.queries.market import MarketQueries
from binance_mcp_server.queries.symbols import SymbolRegistry
from binance_mcp_server.venues import Market
from tests.queries.venue import (
    NOW_MS,
    FakeApi,
    TradeVenue,
    agg_trade,
    invalid_symbol,
    number,
    ticker,
)

pytestmark = pytest.mark.anyio

LEVELS = tuple(Level(str(100 - n), "1") for n in range(1000))
NAMES: dict[Market, tuple[str, ...]] = {
    "usdm": ("BTCUSDT", "ETHUSDT", "SOLUSDT", "LUNAUSDT", "BTCUSDT_261225"),
    "coinm": ("BTCUSD_PERP", "ETHUSD_PERP", "BTCUSD_261225"),
}


def contract(market: Market, name: str) -> Contract:
    status = "SETTLING" if name.startswith("LUNA") else "TRADING"
    base, quote = name.partition("USD")[0], "USDT" if market == "usdm" else "USD"
    kind = Contract if market == "usdm" else CoinContract
    size = 0 if market == "usdm" else 100 if base == "BTC" else 10
    return kind(
        symbol=name, status=status, base_asset=base, quote_asset=quote, contract_size=size
    )  # fmt: skip


def coin_ticker(name: str) -> CoinTicker:
    raw = msgspec.to_builtins(ticker(name))
    del raw["quoteVolume"]
    return msgspec.convert(raw | {"volume": "12345", "baseVolume": "7.5"}, CoinTicker)


@dataclass
class FuturesVenue:
    """One product: everything about one symbol or all of them, and −1121 for others."""

    market: Market
    unlisted: tuple[str, ...] = ()
    """Traded, but not in the list yet."""
    api: FakeApi = field(init=False)

    def __post_init__(self) -> None:
        self.api = FakeApi(self._answer)
        product = PRODUCTS[self.market]
        clock = VirtualClock()
        registry = SymbolRegistry(self.api, clock, venue="sim", product=product)
        self.queries = MarketQueries(self.api, registry, clock)

    def _answer(self, request: Request[Any]) -> Any:
        names = NAMES[self.market]
        kind = request.path.rpartition("/")[2]
        if kind == "exchangeInfo":
            contracts = tuple(contract(self.market, name) for name in names)
            shape = UsdmExchangeInfo if self.market == "usdm" else CoinmExchangeInfo
            return shape(NOW_MS, (), contracts)  # type: ignore[arg-type]
        names += self.unlisted
        name = dict(request.params).get("symbol")
        if name is not None and name not in names:
            raise invalid_symbol()
        if kind == "depth":
            return self._depth(number(request, "limit") or 500)
        rows = tuple(self._row(kind, each) for each in ([name] if name else names))
        return rows[0] if name and self.market == "usdm" and kind != "trades" else rows

    def _depth(self, limit: int) -> FuturesDepth:
        assert limit in PRODUCTS[self.market].depth_limits
        return FuturesDepth(7, LEVELS[:limit], LEVELS[:limit], event_ms=2, transaction_ms=1)

    def _row(self, kind: str, name: str) -> Any:
        if kind == "trades":
            return CoinTrade(
                id=1, price_text="1", quantity_text="2", time=3, buyer_is_maker=True, base_text="2"
            )
        if kind == "price":
            return PriceTicker(name, "1.5")
        if kind == "bookTicker":
            return BookTicker(name, "1", "2", "3", "4")
        return ticker(name) if self.market == "usdm" else coin_ticker(name)

    @property
    def asked(self) -> list[tuple[str, int]]:
        """Last part of every path, and the weight, in order."""
        return [(each.path.rpartition("/")[2], each.weight) for each in self.api.requests]


async def test_one_price_is_one_cheap_request_and_three_are_that_for_all() -> None:
    venue = FuturesVenue("usdm")
    await venue.queries.prices(["btc/usdt"])
    await venue.queries.prices(["BTCUSDT", "ETHUSDT"])
    got = await venue.queries.prices(["SOLUSDT", "BTCUSDT", "ETHUSDT"])
    assert [row.symbol for row in got.data] == ["SOLUSDT", "BTCUSDT", "ETHUSDT"]
    assert venue.asked == [("price", 1)] * 3 + [("price", 2)]
    assert dict(venue.api.requests[-1].params) == {}


async def test_tickers_are_asked_for_one_by_one_as_long_as_that_weighs_less() -> None:
    venue = FuturesVenue("usdm")
    got = await venue.queries.tickers(["ETHUSDT", "BTCUSDT_261225"])
    assert [row.symbol for row in got.data] == ["ETHUSDT", "BTCUSDT_261225"]
    assert venue.asked == [("24hr", 1)] * 2


async def test_best_prices_of_three_are_one_request() -> None:
    venue = FuturesVenue("coinm")
    got = await venue.queries.book_tickers(["btcusd", "ethusd", "BTCUSD_261225"])
    assert [row.symbol for row in got.data] == ["BTCUSD_PERP", "ETHUSD_PERP", "BTCUSD_261225"]
    assert venue.asked == [("bookTicker", 5)]


async def test_an_unknown_symbol_among_many_is_named_as_one_alone_is() -> None:
    venue = FuturesVenue("usdm")
    for names in (["BTCUSD"], ["BTCUSDT", "ETHUSDT", "BTCUSD"]):
        with pytest.raises(UnknownSymbolError) as caught:
            await venue.queries.prices(names)
        assert caught.value.symbol == "BTCUSD"
        assert caught.value.nearest[0] == "BTCUSDT"


async def test_a_contract_that_does_not_trade_is_told_where_the_list_is_known() -> None:
    venue = FuturesVenue("usdm")
    await venue.queries.symbols.all()
    assert (await venue.queries.prices(["LUNAUSDT", "BTCUSDT"])).not_trading == ("LUNAUSDT",)
    assert (await venue.queries.depth("LUNAUSDT")).not_trading == ("LUNAUSDT",)


async def test_nobody_is_asked_by_status() -> None:
    venue = FuturesVenue("coinm")
    await venue.queries.prices(["btcusd"])
    await venue.queries.all_tickers()
    await venue.queries.depth("btcusd")
    assert not [
        name for each in venue.api.requests for name, _ in each.params if name == "symbolStatus"
    ]


async def test_contracts_times_their_worth_is_the_volume_in_the_quote_asset() -> None:
    venue = FuturesVenue("coinm")
    rows = (await venue.queries.tickers(["btcusd", "ethusd"])).data
    assert [row.quote_volume_text for row in rows] == ["1234500", "123450"]
    everybody = {row.symbol: row for row in (await venue.queries.all_tickers()).data}
    assert everybody["BTCUSD_261225"].quote_volume_text == "1234500"
    assert [row.volume_text for row in rows] == ["12345", "12345"]


async def test_a_contract_that_no_list_knows_yet_is_not_ranked() -> None:
    venue = FuturesVenue("coinm", unlisted=("NEWUSD_PERP",))
    everybody = (await venue.queries.all_tickers()).data
    assert [row.symbol for row in everybody] == list(NAMES["coinm"])


@pytest.mark.parametrize(("wanted", "asked"), [(1, 5), (5, 5), (7, 10), (60, 100), (999, 1000)])
async def test_a_book_is_asked_for_by_the_next_larger_size_and_cut(wanted: int, asked: int) -> None:
    venue = FuturesVenue("usdm")
    got = await venue.queries.depth("BTCUSDT", wanted)
    assert dict(venue.api.requests[0].params)["limit"] == str(asked)
    assert (len(got.data.bids), len(got.data.asks)) == (wanted, wanted)
    assert got.data.bids[0] == LEVELS[0]


Ask = Callable[[MarketQueries], Awaitable[Any]]
REFUSED: dict[str, Ask] = {
    "a deeper book": lambda of: of.depth("BTCUSDT", 1001),
    "another window": lambda of: of.tickers(["BTCUSDT"], "7d"),
    "the trading day": lambda of: of.tickers(["BTCUSDT"], "day"),
    "an average price": lambda of: of.average_price("BTCUSDT"),
    "a reference price": lambda of: of.reference_price("BTCUSDT"),
    "execution rules": lambda of: of.execution_rules("BTCUSDT"),
    "trades by id": lambda of: of.trades.historical("BTCUSDT", 5),
    "block trades": lambda of: of.trades.block("BTCUSDT", 5),
    "more latest trades": lambda of: of.trades.recent("BTCUSDT", 1001),
}


@pytest.mark.parametrize("market", ["usdm", "coinm"])
@pytest.mark.parametrize("ask", REFUSED.values(), ids=REFUSED)
async def test_what_futures_do_not_have_is_refused_and_nothing_is_sent(
    market: Market, ask: Ask
) -> None:
    venue = FuturesVenue(market)
    with pytest.raises(InputError) as caught:
        await ask(venue.queries)
    assert market in caught.value.message or "levels" in caught.value.advice
    assert caught.value.advice
    assert venue.api.requests == []


async def test_latest_trades_are_one_request_and_never_those_of_a_key() -> None:
    venue = FuturesVenue("coinm")
    got = await venue.queries.trades.recent("btcusd", 1000)
    assert venue.asked == [("trades", 5)]
    assert [row.quantity_text for row in got.data] == ["2"]


HOUR = 3_600_000


@dataclass
class Tape:
    """Aggregate trades, one every ten minutes; a range of an hour or more with both its ends is refused."""

    api: FakeApi = field(init=False)
    step: int = 600_000

    def __post_init__(self) -> None:
        self.tape = TradeVenue([])
        self.api = FakeApi(self._answer)
        product, clock = PRODUCTS["usdm"], VirtualClock()
        registry = SymbolRegistry(self.api, clock, venue="sim", product=product)
        self.queries = MarketQueries(self.api, registry, clock)

    def _answer(self, request: Request[Any]) -> Any:
        start, end = number(request, "startTime"), number(request, "endTime")
        assert start is None or end is None or end - start < HOUR
        first, limit = number(request, "fromId"), number(request, "limit", 500) or 0
        rows = [
            msgspec.structs.replace(agg_trade(each), time=each * self.step)
            for each in range(first or 0, 100)
        ]
        fitting = [
            row for row in rows if (start or 0) <= row.time and (end is None or row.time <= end)
        ]
        return tuple(fitting[-limit:] if end is not None and start is None else fitting[:limit])


@pytest.mark.parametrize(
    ("start", "end", "limit", "ids"),
    [
        (0, HOUR - 1, 500, range(6)),
        (0, HOUR, 500, range(7)),
        (0, 10 * HOUR, 500, range(61)),
        (0, 10 * HOUR, 30, range(30)),
        (5 * HOUR, None, 500, range(30, 100)),
        (None, 10 * HOUR, 500, range(61)),
        (None, 10 * HOUR, 5, range(56, 61)),
    ],
)
@pytest.mark.parametrize("page", [4, 1000])
async def test_a_range_of_any_length_is_answered_though_the_venue_refuses_an_hour(
    start: int | None, end: int | None, limit: int, ids: range, page: int
) -> None:
    tape = Tape()
    with mock.patch.object(trades, "PAGE", page):
        got = await tape.queries.trades.aggregate(
            "BTCUSDT", start_ms=start, end_ms=end, limit=limit
        )
    assert [row.id for row in got.data] == list(ids)
    assert {request.path for request in tape.api.requests} == {"/fapi/v1/aggTrades"}


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("btc", "BTCUSD_PERP"),
        ("btcusd perp", "BTCUSD_PERP"),
        ("BTCUSD_261225", "BTCUSD_261225"),
        ("bitcoin", "BTCUSD_PERP"),
        ("ethereum", "ETHUSD_PERP"),
    ],
)
async def test_contracts_are_found_by_what_people_call_them(query: str, first: str) -> None:
    found = await FuturesVenue("coinm").queries.symbols.search(query, limit=5)
    assert found.data[0].symbol == first


async def test_names_are_completed_over_their_separator() -> None:
    venue = FuturesVenue("coinm")
    await venue.queries.symbols.all()
    assert venue.queries.symbols.complete("btcusd_p") == ["BTCUSD_PERP"]
    assert venue.queries.symbols.complete("BTCUSD") == ["BTCUSD_PERP", "BTCUSD_261225"]
