"""The one object that commands read through: weights, order, windows, memory, unknown symbols."""

import asyncio
from typing import Any

import pytest

from binance_mcp_server.clock import VirtualClock
from binance_mcp_server.errors import InputError, RejectedError, TransportError, UnknownSymbolError
from binance_mcp_server.models.info import ExecutionRule, ExecutionRules, SymbolExecutionRules
from binance_mcp_server.models.market import ReferencePrice
from binance_mcp_server.queries.market import MarketQueries
from binance_mcp_server.queries.symbols import SymbolRegistry
from tests.queries.venue import NOW_MS, FakeApi, SpotVenue, symbol

pytestmark = pytest.mark.anyio


class Desk:
    def __init__(self, api: FakeApi | None = None, *, by_status: bool = True) -> None:
        self.venue = SpotVenue()
        self.api = api or self.venue.api
        self.clock = VirtualClock()
        registry = SymbolRegistry(self.api, self.clock, venue="sim")
        self.queries = MarketQueries(self.api, registry, self.clock, by_status=by_status)


async def test_one_price_is_the_cheap_request() -> None:
    desk = Desk()
    got = await desk.queries.prices(["btc/usdt"])
    assert [row.symbol for row in got.data] == ["BTCUSDT"]
    assert (got.as_of_ms, got.source) == (NOW_MS, "rest")
    assert [(request.params, request.weight) for request in desk.api.requests] == [
        ((("symbol", "BTCUSDT"), ("symbolStatus", "TRADING")), 2)
    ]
    assert got.not_trading == ()


async def test_a_price_of_a_symbol_that_does_not_trade_says_so() -> None:
    desk = Desk()
    desk.venue.pairs = [symbol("BTC", "USDT"), symbol("XMR", "USDT", status="BREAK")]
    got = await desk.queries.prices(["XMRUSDT"])
    assert [row.symbol for row in got.data] == ["XMRUSDT"]
    assert got.not_trading == ("XMRUSDT",)


async def test_of_several_those_that_do_not_trade_are_named() -> None:
    desk = Desk()
    desk.venue.pairs = [symbol("BTC", "USDT"), symbol("XMR", "USDT", status="BREAK")]
    got = await desk.queries.tickers(["XMRUSDT", "BTCUSDT"])
    assert [row.symbol for row in got.data] == ["XMRUSDT", "BTCUSDT"]
    assert got.not_trading == ("XMRUSDT",)
    assert got.partial == ""


async def test_every_unknown_symbol_of_a_list_is_named_with_what_is_near() -> None:
    """Also those that the list in memory refuses one by one."""
    desk = Desk()
    await desk.queries.symbols.all()
    with pytest.raises(UnknownSymbolError) as caught:
        await desk.queries.prices(["BTCUSDT", "ETHUSD", "SOLUSD"])
    assert "ETHUSDT" in caught.value.advice
    assert "SOLUSD (SOLUSDT" in caught.value.advice


async def test_a_venue_that_knows_no_status_is_not_asked_for_it() -> None:
    desk = Desk(by_status=False)
    await desk.queries.prices(["BTCUSDT"])
    await desk.queries.tickers(["BTCUSDT", "ETHUSDT"])
    asked = [name for request in desk.api.requests for name, _ in request.params]
    assert "symbolStatus" not in asked


async def test_several_prices_are_one_request_in_the_order_asked_each_once() -> None:
    desk = Desk()
    got = await desk.queries.prices(["SOLUSDT", "btc-usdt", "SOL/USDT", "ETHUSDT"])
    assert [row.symbol for row in got.data] == ["SOLUSDT", "BTCUSDT", "ETHUSDT"]
    assert len(desk.api.requests) == 1


async def test_more_than_a_hundred_symbols_are_split() -> None:
    desk = Desk()
    desk.venue.pairs = [symbol(f"C{n}", "USDT") for n in range(250)]
    names = [pair.symbol for pair in desk.venue.pairs]
    got = await desk.queries.tickers(names, "1h")
    assert [row.symbol for row in got.data] == names
    assert [request.weight for request in desk.api.requests] == [200, 200, 200]


@pytest.mark.parametrize(
    ("window", "path", "size"),
    [("24h", "ticker/24hr", None), ("day", "ticker/tradingDay", None), ("7d", "ticker", "7d")],
)
async def test_a_window_chooses_its_endpoint(window: str, path: str, size: str | None) -> None:
    desk = Desk()
    await desk.queries.tickers(["BTCUSDT"], window)
    assert desk.api.paths == [path]
    assert dict(desk.api.requests[0].params).get("windowSize") == size


async def test_the_trading_day_takes_a_time_zone_and_others_do_not() -> None:
    desk = Desk()
    await desk.queries.tickers(["BTCUSDT"], "day", time_zone="-3")
    assert dict(desk.api.requests[0].params)["timeZone"] == "-03:00"
    with pytest.raises(InputError, match="trading day"):
        await desk.queries.tickers(["BTCUSDT"], "24h", time_zone="8")


async def test_an_unknown_symbol_is_answered_with_the_nearest_and_keeps_its_cause() -> None:
    desk = Desk()
    for read in (
        desk.queries.prices(["BTCUSD"]),
        desk.queries.depth("BTCUSD"),
        desk.queries.candles.candles("BTCUSD", "1m"),
        desk.queries.trades.recent("BTCUSD"),
    ):
        with pytest.raises(UnknownSymbolError) as caught:
            await read
        assert caught.value.nearest[0] == "BTCUSDT"
    assert desk.api.paths.count("exchangeInfo") == 1


async def test_the_venues_own_refusal_is_the_cause() -> None:
    with pytest.raises(UnknownSymbolError) as caught:
        await Desk().queries.average_price("BTCUSD")
    assert isinstance(caught.value.__cause__, RejectedError)


async def test_of_several_symbols_the_bad_ones_are_named() -> None:
    with pytest.raises(UnknownSymbolError) as caught:
        await Desk().queries.prices(["BTCUSDT", "ETHUSD", "FOOBAR"])
    assert caught.value.symbol == "ETHUSD"
    assert "FOOBAR" in caught.value.advice
    assert "ETHUSDT" in caught.value.nearest


async def test_all_tickers_are_kept_for_five_seconds_and_shared() -> None:
    desk = Desk()
    first, *_ = await asyncio.gather(*(desk.queries.all_tickers() for _ in range(4)))
    await desk.clock.advance(5)
    kept = await desk.queries.all_tickers()
    assert (first.source, kept.source, kept.as_of_ms) == ("rest", "cache", first.as_of_ms)
    await desk.clock.advance(0.1)
    assert (await desk.queries.all_tickers()).source == "rest"
    assert desk.api.paths == ["ticker/24hr"] * 2


async def test_a_symbol_halted_a_moment_ago_is_not_among_the_tickers_to_rank() -> None:
    desk = Desk()
    ranked = {ticker.symbol for ticker in (await desk.queries.all_tickers()).data}
    assert "LUNAUSDT" not in ranked
    assert "BTCUSDT" in ranked


async def test_a_reference_price_that_was_never_set_is_none() -> None:
    api = FakeApi(lambda _: ReferencePrice("BTCUSDT", "10.00", NOW_MS))
    got = await Desk(api).queries.reference_price("BTCUSDT")
    assert got.data is not None
    assert got.data.price_text == "10.00"
    api.error = RejectedError("This symbol doesn't have a reference price.", status=400, code=-2043)
    assert (await Desk(api).queries.reference_price("BTCUSDT")).data is None
    api.error = TransportError("gone")
    with pytest.raises(TransportError):
        await Desk(api).queries.reference_price("BTCUSDT")


async def test_execution_rules_are_those_of_the_symbol() -> None:
    rule = ExecutionRule("PRICE_RANGE", "1.1", "0.9", "1.1", "0.9")
    api = FakeApi(lambda _: ExecutionRules((SymbolExecutionRules("BTCUSDT", (rule,)),)))
    assert (await Desk(api).queries.execution_rules("btcusdt")).data == (rule,)
    assert (await Desk(api).queries.execution_rules("ETHUSDT")).data == ()


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("prices", ([],)),
        ("prices", (["A"] * 501,)),
        ("prices", (["BTCUSDT", "a\nb"],)),
        ("tickers", (["BTCUSDT"], "8d")),
        ("tickers", (["BTCUSDT"], "60m")),
        ("depth", ("BTCUSDT", 0)),
        ("depth", ("BTCUSDT", 5001)),
        ("depth", ("", 5)),
    ],
)
async def test_arguments_that_make_no_sense_are_refused_and_nothing_is_sent(
    method: str, arguments: tuple[Any, ...]
) -> None:
    desk = Desk()
    with pytest.raises(InputError) as caught:
        await getattr(desk.queries, method)(*arguments)
    assert caught.value.advice
    assert desk.api.requests == []
