"""The venue over HTTP: every endpoint, its refusals, its headers, its limits."""

from collections.abc import Sequence

import anyio
import pytest

from binance_mcp_server.exchange.clock import VirtualClock
from binance_mcp_server.exchange.http.long_reads import MOST_TURNS
from binance_mcp_server.exchange.http.rest import RestApi
from binance_mcp_server.exchange.market.state import Market
from binance_mcp_server.exchange.sources.base import KlineRow
from binance_mcp_server.exchange.sources.scenario import ScenarioSource
from binance_mcp_server.exchange.turns import TurnOverError
from binance_mcp_server.exchange.wire import shapes
from binance_mcp_server.exchange.wire.limits import Limits
from tests.exchange.wire.asking import Reply, ask
from tests.exchange.wire.fake_market import CHINESE, NOW, FakeMarket

pytestmark = pytest.mark.anyio
BTC = "symbol=BTCUSDT"


def venue(limits: Limits | None = None, latency_ms: int = 0) -> RestApi:
    return RestApi(
        FakeMarket(), VirtualClock(NOW), limits=limits or Limits(), latency_ms=latency_ms
    )


async def get(target: str, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await ask(venue(), f"/api/v3/{target}", headers=named)


@pytest.mark.parametrize(
    ("target", "body"),
    [
        ("ping", {}),
        ("time", {"serverTime": NOW}),
        ("avgPrice?" + BTC, {"mins": 5, "price": "123.00000000", "closeTime": NOW}),
        ("historicalBlockTrades?fromId=0&" + BTC, []),
        ("ticker/price?" + BTC, {"symbol": "BTCUSDT", "price": "104.00000000"}),
        (
            "ticker/bookTicker?symbolStatus=BREAK",
            [{"symbol": "XMRUSDT"} | dict.fromkeys(
                ("bidPrice", "bidQty", "askPrice", "askQty"), "0.00000000"
            )],
        ),
        (
            "depth?limit=1&" + BTC,
            {
                "lastUpdateId": 42,
                "bids": [["100.00000000", "1.00000000"]],
                "asks": [["101.00000000", "2.00000000"]],
            },
        ),
        (
            "trades?limit=1&" + BTC,
            [{
                "id": 5, "price": "104.00000000", "qty": "0.50000000", "quoteQty": "52.00000000",
                "time": NOW - 1000, "isBuyerMaker": False, "isBestMatch": True,
            }],
        ),
        (
            "aggTrades?" + BTC,
            [{
                "a": 0, "p": "100.00000000", "q": "1.00000000", "f": 1, "l": 2, "T": NOW,
                "m": True, "M": True,
            }],
        ),
        (
            "klines?interval=1m&" + BTC,
            [[
                NOW - 60_000, "1.10000000", "2.20000000", "0.50000000", "1.70000000", "9.00000000",
                NOW - 1, "12.0", 7, "4.0", "5.0", "0",
            ]],
        ),
        ("executionRules?symbol=ETHBTC", {"symbolRules": [{"symbol": "ETHBTC", "rules": []}]}),
        (
            "referencePrice?" + BTC,
            {"symbol": "BTCUSDT", "referencePrice": "1.70000000", "timestamp": NOW},
        ),
        (
            "referencePrice?symbol=XMRUSDT",
            {"symbol": "XMRUSDT", "referencePrice": None, "timestamp": NOW},
        ),
        (
            "referencePrice/calculation?" + BTC,
            {
                "symbol": "BTCUSDT", "calculationType": "ARITHMETIC_MEAN", "bucketCount": 10,
                "bucketWidthMs": 1000,
            },
        ),
    ],
)  # fmt: skip
async def test_an_answer(target: str, body: object) -> None:
    reply = await get(target)
    assert reply.status == 200
    assert reply.json() == body


async def test_the_24h_ticker_has_the_venues_fields_in_its_order() -> None:
    ticker = (await get("ticker/24hr?" + BTC)).json()
    assert list(ticker) == [
        "symbol", "priceChange", "priceChangePercent", "weightedAvgPrice", "prevClosePrice",
        "lastPrice", "lastQty", "bidPrice", "bidQty", "askPrice", "askQty", "openPrice",
        "highPrice", "lowPrice", "volume", "quoteVolume", "openTime", "closeTime", "firstId",
        "lastId", "count",
    ]  # fmt: skip
    assert ticker["priceChange"] == "9.00000000"
    assert ticker["priceChangePercent"] == "10.000"
    assert ticker["weightedAvgPrice"] == "100.00000000"
    assert ticker["closeTime"] - ticker["openTime"] == 86_400_000


async def test_mini_tickers_leave_out_what_is_computed() -> None:
    for target in ("ticker/24hr?", "ticker?windowSize=4h&", "ticker/tradingDay?"):
        ticker = (await get(f"{target}type=MINI&{BTC}")).json()
        assert list(ticker)[:5] == ["symbol", "openPrice", "highPrice", "lowPrice", "lastPrice"]
        assert "priceChange" not in ticker


async def test_tickers_of_one_are_an_object_and_of_many_a_list() -> None:
    many = f'symbols=["{CHINESE}","BTCUSDT"]'.replace(
        CHINESE, "%E5%B8%81%E5%AE%89%E4%BA%BA%E7%94%9FUSDT"
    )
    for path in ("ticker/24hr", "ticker/tradingDay", "ticker", "ticker/price", "ticker/bookTicker"):
        assert (await get(f"{path}?{BTC}")).json()["symbol"] == "BTCUSDT"
        assert [row["symbol"] for row in (await get(f"{path}?{many}")).json()] == [
            CHINESE,
            "BTCUSDT",
        ]
        assert (await get(f"{path}?{many}&symbolStatus=HALT")).json() == []
    assert len((await get("ticker/24hr")).json()) == 4


@pytest.mark.parametrize(
    ("target", "code", "words"),
    [
        ("ping?x=1", -1101, "Too many parameters; expected '0' and received '1'."),
        ("ticker/24hr?limit=1", -1104, "Not all sent parameters were read; read '0' parameter(s) but was sent '1'."),
        ("klines?interval=1h&fromId=1&" + BTC, -1104, "read '2' parameter(s) but was sent '3'"),
        ("klines?fromId=1", -1102, "Mandatory parameter 'symbol' was not sent"),
        ("klines?" + BTC, -1102, "Mandatory parameter 'interval' was not sent"),
        ("klines?interval=2m&" + BTC, -1120, "Invalid interval."),
        ("klines?interval=1m&timeZone=15&" + BTC, -1130, "Data sent for parameter 'timeZone'"),
        ("klines?interval=1m&startTime=x&" + BTC, -1100, "legal range is '^[0-9]{1,20}$'"),
        ("depth?" + BTC + "&" + BTC, -1101, "Duplicate values for parameter 'symbol'."),
        ("depth?symbol=", -1105, "Parameter 'symbol' was empty."),
        ("depth?symbol=NOPE", -1121, "Invalid symbol."),
        ("depth?symbolStatus=BREAK&" + BTC, -1220, "does not match"),
        ("depth?limit=0&" + BTC, -1130, "Data sent for parameter 'limit' is not valid."),
        ("aggTrades?fromId=1&startTime=1&" + BTC, -1128, "Combination of optional parameters"),
        ("historicalBlockTrades?" + BTC, -1102, "'fromId'"),
        ("ticker?windowSize=90m&" + BTC, -1130, "windowSize"),
        ("ticker", -1102, "Param 'symbol' or 'symbols' must be sent"),
        ("ticker/24hr?type=BIG", -1139, "Invalid ticker type."),
        ('ticker/price?symbols=["BTCUSDT","BTCUSDT"]', -1151, "multiple times"),
        ('ticker/price?symbols=["BTCUSDT"]&' + BTC, -1128, "Combination"),
        ("referencePrice?symbol=ETHBTC", -2043, "doesn't have a reference price"),
        ("referencePrice/calculation?symbol=XMRUSDT", -2043, "doesn't have"),
        ("executionRules?symbolStatus=BREAK&" + BTC, -1128, "Combination"),
    ],
)  # fmt: skip
async def test_a_refusal(target: str, code: int, words: str) -> None:
    reply = await get(target)
    assert reply.status == 400
    assert reply.json()["code"] == code
    assert words in reply.json()["msg"]


async def test_what_is_asked_of_the_candles_reaches_the_market() -> None:
    api = venue()
    query = "interval=1d&startTime=1700000000000500&endTime=1700000000000900&timeZone=-3:30"
    await ask(api, f"/api/v3/uiKlines?{BTC}&{query}&limit=1000000000")
    assert isinstance(api.market, FakeMarket)
    assert api.market.calls == [
        ("klines", {
            "interval": "1d", "start_ms": NOW + 1, "end_ms": NOW, "offset_minutes": -210, "limit": 1000,
        })
    ]  # fmt: skip


async def test_times_come_in_microseconds_when_asked_for() -> None:
    us = {"X_MBX_TIME_UNIT": "MICROSECOND"}
    assert (await get("time", **us)).json() == {"serverTime": NOW * 1000}
    row = (await get("klines?interval=1m&" + BTC, **us)).json()[0]
    assert (row[0], row[6]) == ((NOW - 60_000) * 1000, NOW * 1000 - 1)
    assert (await get("trades?limit=1&" + BTC, **us)).json()[0]["time"] == (NOW - 1000) * 1000
    assert (await get("time", X_MBX_TIME_UNIT="ns")).json()["code"] == -1194


async def test_headers_tell_the_weight_used() -> None:
    api = venue()
    await ask(api, "/api/v3/exchangeInfo")
    headers = (await ask(api, "/api/v3/depth?limit=5000&" + BTC)).headers
    assert headers["x-mbx-used-weight"] == headers["x-mbx-used-weight-1m"] == "270"
    assert headers["content-type"] == "application/json;charset=UTF-8"
    assert len(headers["x-mbx-uuid"]) == 36


async def test_large_bodies_are_zipped_for_those_who_ask() -> None:
    plain = await get("depth?" + BTC)
    zipped = await get("depth?" + BTC, Accept_Encoding="deflate, gzip;q=1.0")
    assert "content-encoding" not in plain.headers
    assert zipped.headers["vary"] == "Accept-Encoding"
    assert len(zipped.body) == int(zipped.headers["content-length"]) < len(plain.body)
    assert zipped.json() == plain.json()
    assert "content-encoding" not in (await get("ping", Accept_Encoding="gzip")).headers


async def test_paths_that_are_not_there() -> None:
    nowhere = await get("nowhere")
    assert (nowhere.status, nowhere.body) == (404, b"")
    assert b"<h2>404 Not found" in (await get("nowhere", Accept="text/html")).body
    for path in ("/api/v1/time", "/api/v3/userDataStream", "/api/v1/userDataStream"):
        gone = await ask(venue(), path, method="POST")
        assert (gone.status, gone.headers["content-type"]) == (410, "text/html")
    other = await ask(venue(), "/fapi/v1/exchangeInfo")
    assert other.status == 404
    assert other.json() == {
        "code": -5000,
        "msg": "Path /fapi/v1/exchangeInfo, Method GET is invalid",
    }


async def test_post_to_a_get_path_is_not_allowed() -> None:
    reply = await ask(venue(), "/api/v3/time", method="POST")
    assert (reply.status, reply.headers["allow"]) == (405, "GET, HEAD")


async def test_head_has_the_headers_alone() -> None:
    reply = await ask(venue(), "/api/v3/time", method="HEAD")
    assert (reply.status, reply.body) == (200, b"")
    assert reply.headers["content-length"] == str(len(b'{"serverTime":1700000000000}'))


async def test_over_the_limit_is_429_then_418_and_then_it_goes_on() -> None:
    clock = VirtualClock(NOW - NOW % 60_000 + 50_000)
    api = RestApi(FakeMarket(), clock, limits=Limits(request_weight=2, ban_after=1))
    assert [(await ask(api, "/api/v3/ping")).status for _ in range(2)] == [200, 200]
    refused = await ask(api, "/api/v3/ping")
    assert (refused.status, refused.headers["retry-after"]) == (429, "10")
    assert (refused.json()["code"], refused.headers["x-mbx-used-weight-1m"]) == (-1003, "2")
    banned = await ask(api, "/api/v3/ping")
    assert (banned.status, banned.headers["retry-after"]) == (418, "120")
    await clock.advance(119_999)
    assert (await ask(api, "/api/v3/ping")).status == 418
    await clock.advance(1)
    assert (await ask(api, "/api/v3/ping")).status == 200
    assert api.counters.by_status == {200: 3, 429: 1, 418: 2}


async def test_a_ban_holds_on_every_path() -> None:
    api = venue(Limits(raw_requests=1, ban_after=0))
    await ask(api, "/api/v3/nowhere")
    for path in ("/api/v3/nowhere", "/api/v1/time", "/api/v3/ping"):
        assert (await ask(api, path)).status == 418


async def test_a_malformed_request_costs_its_weight() -> None:
    api = venue()
    await ask(api, "/api/v3/trades?symbol=nope")
    await ask(api, "/api/v3/trades?symbol=A&symbol=B")
    assert api.usage().weight == 50


async def test_a_market_that_stopped_is_never_passed_off_as_current() -> None:
    api = venue()
    api.failure = "frame 7: not JSON"
    reply = await ask(api, "/api/v3/depth?" + BTC)
    assert (reply.status, reply.json()["code"]) == (503, -1001)


async def test_who_asks_for_three_months_lets_others_have_their_turns() -> None:
    """The first daily candles of two symbols take many turns; short questions are answered between them."""
    source = ScenarioSource(1, VirtualClock(NOW))
    market = Market(source)
    api = RestApi(market, VirtualClock(NOW), limits=Limits())
    market.apply(source.open())
    done: list[str] = []
    rows: dict[str, object] = {}

    async def days(symbol: str) -> None:
        reply = await ask(api, f"/api/v3/klines?interval=1d&symbol={symbol}")
        rows[symbol] = reply.json()
        done.append(symbol)

    async with anyio.create_task_group() as group:
        for symbol in ("BTCUSDT", "XVGUSDT"):
            group.start_soon(days, symbol)
        for _ in range(5):
            await ask(api, "/api/v3/ping")
            done.append("ping")
    assert done == ["ping"] * 5 + ["BTCUSDT", "XVGUSDT"]
    again = Market(ScenarioSource(1, VirtualClock(NOW)))
    again.apply(ScenarioSource(1, VirtualClock(NOW)).open())
    for symbol, told in rows.items():
        at_once = again.klines(
            symbol, "1d", start_ms=None, end_ms=None, offset_minutes=0, limit=500
        )
        assert told == [list(shapes.kline(row, 1)) for row in at_once]
        assert len(at_once) == 93


class Endless(FakeMarket):
    """Makes nothing as long as it is limited."""

    def __init__(self) -> None:
        super().__init__()
        self.allowed: list[int | None] = []

    def allow(self, days: int | None) -> None:
        self.allowed.append(days)

    def klines(self, symbol: str, interval: str, **asked: object) -> Sequence[KlineRow]:
        if self.allowed[-1] is not None:
            raise TurnOverError
        return super().klines(symbol, interval, **asked)


async def test_a_read_that_turns_cannot_end_is_made_at_once_in_the_end() -> None:
    market = Endless()
    reply = await ask(
        RestApi(market, VirtualClock(NOW), limits=Limits()), "/api/v3/klines?interval=1d&" + BTC
    )
    assert (reply.status, len(reply.json())) == (200, 1)
    assert market.allowed[-2:] == [None, None]
    assert len(market.allowed) == 2 * (MOST_TURNS + 2)


async def test_latency_is_the_same_for_all_who_ask_at_once() -> None:
    clock = VirtualClock(NOW)
    api = RestApi(FakeMarket(), clock, limits=Limits(), latency_ms=200)
    done: list[int] = []

    async def one() -> None:
        await ask(api, "/api/v3/ping")
        done.append(clock.now_ms())

    async with anyio.create_task_group() as group:
        for _ in range(10):
            group.start_soon(one)
        await anyio.wait_all_tasks_blocked()
        await clock.advance(199)
        assert done == []
        await clock.advance(1)
    assert done == [NOW + 200] * 10
