"""Both futures interfaces over HTTP: bodies, refusals, weights and the limit that they share."""

from typing import Any

import pytest

from binance_mcp_server.exchange.admin import Admin
from binance_mcp_server.exchange.app import Exchange
from binance_mcp_server.exchange.clock import VirtualClock
from binance_mcp_server.exchange.http.rest import RestApi
from binance_mcp_server.exchange.sources.scenario import ScenarioSource
from binance_mcp_server.exchange.wire.limits import Limits
from tests.exchange.wire.asking import Reply, ask
from tests.exchange.wire.fake_market import FakeMarket
from tests.exchange.wire.futures.venue import AT, HOUR, NOW, START, venue

pytestmark = pytest.mark.anyio
USDM, COINM = "symbol=BTCUSDT", "symbol=BTCUSD_PERP"


async def get(target: str, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await ask(venue(), f"/{target}", headers=named)


async def body(target: str) -> Any:
    reply = await get(target)
    assert reply.status == 200
    return reply.json()


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("fapi/v1/ping", {}),
        ("dapi/v1/time", {"serverTime": NOW}),
        (
            f"fapi/v1/trades?limit=1&{USDM}",
            [{
                "id": 3, "price": "61810.00", "qty": "1.500", "quoteQty": "92715.00", "time": AT[2],
                "isBuyerMaker": True, "isRPITrade": False,
            }],
        ),
        (  # the documents' own example: 1 contract of 100 USD at 9635.0
            f"dapi/v1/trades?limit=1&{COINM}",
            [{
                "id": 3, "price": "9635.0", "qty": "1", "baseQty": "0.01037883", "time": AT[2],
                "isBuyerMaker": True,
            }],
        ),
        (
            f"fapi/v1/aggTrades?fromId=0&limit=1&{USDM}",
            [{
                "a": 0, "p": "61800.10", "q": "0.010", "nq": "0.010", "f": 1, "l": 2, "T": AT[0],
                "m": True,
            }],
        ),
        (
            f"dapi/v1/aggTrades?startTime={START}&limit=1&{COINM}",
            [{"a": 0, "p": "61800.1", "q": "10", "f": 1, "l": 2, "T": AT[0], "m": True}],
        ),
        (
            f"fapi/v1/klines?interval=1m&limit=1&{USDM}",
            [[
                START + 60_000, "61810.00", "61810.00", "61810.00", "61810.00", "1.500",
                START + 119_999, "92715.00000", 1, "0.000", "0.00000", "0",
            ]],
        ),
        (
            f"dapi/v1/klines?interval=1m&limit=1&{COINM}",
            [[
                START + 60_000, "9635.0", "9635.0", "9635.0", "9635.0", "1",
                START + 119_999, "0.01037883", 1, "0", "0.00000000", "0",
            ]],
        ),
        (f"fapi/v1/ticker/price?{USDM}", {"symbol": "BTCUSDT", "price": "61810.00", "time": AT[2]}),
        ("fapi/v2/ticker/price?symbol=btcusdt", {"symbol": "BTCUSDT", "price": "61810.00", "time": AT[2]}),
        (
            f"dapi/v1/ticker/price?{COINM}",
            [{"symbol": "BTCUSD_PERP", "ps": "BTCUSD", "price": "9635.0", "time": AT[2]}],
        ),
        (
            f"fapi/v1/ticker/bookTicker?{USDM}",
            {
                "symbol": "BTCUSDT", "bidPrice": "61800.10", "bidQty": "0.001",
                "askPrice": "70000.50", "askQty": "2.000", "time": START + 5, "lastUpdateId": 77,
            },
        ),
        (
            "dapi/v1/ticker/bookTicker?symbol=ETHUSD_PERP",
            [{
                "lastUpdateId": 0, "symbol": "ETHUSD_PERP", "pair": "ETHUSD", "bidPrice": "0.0",
                "bidQty": "0", "askPrice": "0.0", "askQty": "0", "time": 0,
            }],
        ),
    ],
)  # fmt: skip
async def test_an_answer(target: str, expected: object) -> None:
    found = await body(target)
    assert found == expected
    if isinstance(expected, dict):
        assert list(found) == list(expected)
    elif isinstance(expected, list) and isinstance(expected[0], dict):
        assert list(found[0]) == list(expected[0])


async def test_depth_names_its_times_and_on_coinm_its_contract() -> None:
    usdm = await body(f"fapi/v1/depth?limit=5&{USDM}")
    assert list(usdm) == ["lastUpdateId", "E", "T", "bids", "asks"]
    assert (usdm["lastUpdateId"], usdm["E"], usdm["T"]) == (77, NOW, START + 5)
    assert usdm["bids"][:2] == [["61800.10", "0.001"], ["61799.10", "0.001"]]
    assert (len(usdm["bids"]), usdm["asks"]) == (5, [["70000.50", "2.000"]])
    coinm = await body(f"dapi/v1/depth?limit=5&{COINM}")
    assert list(coinm) == ["lastUpdateId", "symbol", "pair", "E", "T", "bids", "asks"]
    assert (coinm["symbol"], coinm["pair"]) == ("BTCUSD_PERP", "BTCUSD")
    assert coinm["asks"] == [["70000.5", "2"]]


async def test_a_book_that_is_ahead_was_told_no_earlier_than_it_was_made() -> None:
    reply = (await ask(venue(now_ms=START), f"/fapi/v1/depth?{USDM}")).json()
    assert reply["E"] == reply["T"] == START + 5


async def test_the_24h_ticker_counts_in_contracts_on_coinm() -> None:
    usdm = await body(f"fapi/v1/ticker/24hr?{USDM}")
    assert list(usdm) == [
        "symbol", "priceChange", "priceChangePercent", "weightedAvgPrice", "lastPrice", "lastQty",
        "openPrice", "highPrice", "lowPrice", "volume", "quoteVolume", "openTime", "closeTime",
        "firstId", "lastId", "count",
    ]  # fmt: skip
    assert (usdm["volume"], usdm["lastQty"], usdm["count"]) == ("21.510", "1.500", 13)
    assert usdm["quoteVolume"] == "95333.00"  # 20 × 100 of the past, 618.001 and 92,715
    assert usdm["weightedAvgPrice"] == "4432.03"
    assert (usdm["openTime"] % 60_000, usdm["closeTime"]) == (0, NOW)
    [coinm] = await body(f"dapi/v1/ticker/24hr?{COINM}")
    assert list(coinm)[:2] == ["symbol", "pair"]
    worth = 2000 + 0.01618122 + 0.01037883  # the past is told in the base asset
    assert float(coinm["baseVolume"]) == pytest.approx(worth, abs=1e-7)
    assert coinm["volume"] == "31"
    assert coinm["weightedAvgPrice"] == f"{31 * 100 / worth:.1f}"


async def test_one_is_an_object_on_usdm_only_and_a_pair_is_asked_for_on_coinm_only() -> None:
    for path in ("ticker/24hr", "ticker/price", "ticker/bookTicker"):
        assert isinstance(await body(f"fapi/v1/{path}?{USDM}"), dict)
        assert len(await body(f"fapi/v1/{path}")) == 2
        assert len(await body(f"fapi/v1/{path}?pair=BTCUSDT")) == 2
        assert [it["symbol"] for it in await body(f"dapi/v1/{path}?{COINM}")] == ["BTCUSD_PERP"]
        assert [it["symbol"] for it in await body(f"dapi/v1/{path}?pair=BTCUSD")] == [
            "BTCUSD_PERP",
            "BTCUSD_240927",
        ]


async def test_candles_of_usdm_begin_at_the_start_and_those_of_coinm_end_at_the_end() -> None:
    first = START - 11 * HOUR + HOUR
    asked = f"klines?interval=1h&startTime={first}&limit=3"
    usdm = await body(f"fapi/v1/{asked}&{USDM}")
    assert [row[0] for row in usdm] == [first, first + HOUR, first + 2 * HOUR]
    coinm = await body(f"dapi/v1/{asked}&{COINM}")
    assert [row[0] for row in coinm] == [START - 2 * HOUR, START - HOUR, START]
    until = f"{asked}&endTime={first + HOUR}"
    for product, symbol in (("fapi", USDM), ("dapi", COINM)):
        rows = await body(f"{product}/v1/{until}&{symbol}")
        assert [row[0] for row in rows] == [first, first + HOUR]
    assert usdm[0][1:6] == ["100.00000000"] * 4 + ["2.00000000"]  # digit by digit, as held


@pytest.mark.parametrize(
    ("target", "status", "code", "words"),
    [
        ("fapi/v1/depth", 400, -1102, "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed."),
        ("fapi/v1/depth?symbol=", 400, -1102, "'symbol'"),
        ("fapi/v1/depth?symbol=NOPE", 400, -1121, "Invalid symbol."),
        ("fapi/v1/depth?symbol=BTCUSD_PERP", 400, -1121, "Invalid symbol."),
        ("dapi/v1/depth?symbol=BTCUSDT", 400, -1121, "Invalid symbol."),
        (f"fapi/v1/depth?limit=7&{USDM}", 400, -4021, "7 is not valid depth limit"),
        (f"dapi/v1/depth?limit=5000&{COINM}", 400, -1130, "Data sent for parameter 'limit' is not valid."),
        (f"fapi/v1/klines?interval=1s&{USDM}", 400, -1120, "Invalid interval."),
        (f"fapi/v1/klines?{USDM}", 400, -1102, "'interval'"),
        (f"fapi/v1/klines?interval=1m&limit=1501&{USDM}", 400, -1130, "'limit'"),
        (f"fapi/v1/klines?interval=1m&startTime=2&endTime=1&{USDM}", 400, -1023, "Start time is greater"),
        (f"fapi/v1/klines?interval=1m&startTime=x&{USDM}", 400, -1130, "'startTime'"),
        (f"dapi/v1/klines?interval=1d&startTime=0&endTime=17280000001&{COINM}", 400, -1127, "More than 4800 hours"),
        (f"fapi/v1/trades?limit=1001&{USDM}", 400, -1130, "'limit'"),
        (f"fapi/v1/trades?limit=0&{USDM}", 400, -1130, "'limit'"),
        (f"fapi/v1/aggTrades?fromId=1&startTime={START}&{USDM}", 400, -1128, "Combination"),
        (f"fapi/v1/aggTrades?startTime={NOW - 48 * HOUR - 1}&{USDM}", 400, -4166, "recent 2 days"),
        (f"fapi/v1/historicalTrades?{USDM}", 401, -2014, "API-key format invalid."),
        ("dapi/v1/ticker/price?pair=NOPE", 400, -4144, "Invalid pair"),
        (f"dapi/v1/ticker/price?pair=BTCUSD&{COINM}", 400, -1128, "Combination"),
        ("fapi/v1/nothing", 404, -5000, "Path /fapi/v1/nothing, Method GET is invalid"),
        ("dapi/v2/ticker/price", 404, -5000, "Path /dapi/v2/ticker/price, Method GET is invalid"),
        ("fapi/v1/premiumIndex", 404, -5000, "Path /fapi/v1/premiumIndex"),
    ],
)  # fmt: skip
async def test_a_refusal(target: str, status: int, code: int, words: str) -> None:
    reply = await get(target)
    assert (reply.status, reply.json()["code"]) == (status, code)
    assert words in reply.json()["msg"]


async def test_what_an_endpoint_does_not_know_is_passed_over() -> None:
    assert (await get("fapi/v1/ping?x=1&y=2")).status == 200
    assert len((await get('fapi/v1/ticker/bookTicker?symbols=["BTCUSDT"]')).json()) == 2
    assert len((await get("fapi/v1/exchangeInfo?symbol=NOPE")).json()["symbols"]) == 2


async def test_old_trades_are_for_those_with_a_key() -> None:
    reply = await get(f"dapi/v1/historicalTrades?fromId=2&limit=1&{COINM}", X_MBX_APIKEY="any")
    assert [it["id"] for it in reply.json()] == [2]


async def test_other_methods_are_no_such_path() -> None:
    reply = await ask(venue(), "/fapi/v1/time", method="POST")
    assert (reply.status, reply.json()["code"]) == (404, -5000)
    assert (await ask(venue(), "/dapi/v1/time", method="HEAD")).status == 200


async def test_both_products_use_up_one_limit_and_spot_another() -> None:
    api = venue()
    await ask(api, f"/fapi/v1/depth?limit=1000&{USDM}")
    headers = (await ask(api, f"/dapi/v1/aggTrades?{COINM}")).headers
    assert headers["x-mbx-used-weight-1m"] == "40"
    assert "x-mbx-uuid" not in headers
    assert (api.futures_usage().weight, api.usage().weight) == (40, 0)
    spot = (await ask(api, "/api/v3/ping")).headers
    assert spot["x-mbx-used-weight-1m"] == "1"


async def test_past_2400_a_minute_requests_are_refused_then_banned_and_spot_goes_on() -> None:
    clock = VirtualClock(NOW - NOW % 60_000)
    api = venue(clock)
    used = [await ask(api, f"/fapi/v1/historicalTrades?{USDM}") for _ in range(12)]
    assert (used[-1].status, used[-1].headers["x-mbx-used-weight-1m"]) == (401, "2400")
    reply = await ask(api, "/dapi/v1/ping")
    assert (reply.status, reply.headers["retry-after"]) == (429, "60")
    assert reply.json() == {
        "code": -1003,
        "msg": "Too many requests; current limit of IP(127.0.0.1) is 2400 requests per minute. "
        "Please use the websocket for live updates to avoid polling the API.",
    }
    for _ in range(10):
        reply = await ask(api, "/fapi/v1/ping")
    assert reply.status == 418
    assert "Way too many requests; IP(127.0.0.1) banned until" in reply.json()["msg"]
    assert (await ask(api, "/api/v3/ping")).status == 200
    await clock.advance(120_000)
    assert (await ask(api, "/fapi/v1/ping")).status == 200


async def test_the_switchboard_sets_and_tells_the_shared_limit_and_counts_each_market() -> None:
    exchange = Exchange(ScenarioSource(1, VirtualClock(NOW)), clock=VirtualClock(NOW))
    admin = Admin(exchange.source, exchange.rest, exchange.streams)
    order = b'{"pool":"futures","REQUEST_WEIGHT":3}'
    reply = await ask(admin, "/__sim/limits", method="POST", body=order)
    assert reply.json()["limits"]["REQUEST_WEIGHT"] == 3
    statuses = [(await ask(exchange.rest, "/dapi/v1/time")).status for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    state = (await ask(admin, "/__sim/state")).json()
    assert (state["futures"]["used_weight"], state["used_weight"]) == (3, 0)
    assert state["futures"]["limits"]["REQUEST_WEIGHT"] == 3
    assert state["limits"]["REQUEST_WEIGHT"] == 6_000
    assert list(state["markets"]) == ["spot", "usdm", "coinm"]
    assert state["by_path"] == {"/dapi/v1/time": 4}


async def test_a_market_that_stopped_is_never_passed_off_as_current() -> None:
    api = venue()
    api.failure = "frame 7: not JSON"
    reply = await ask(api, f"/fapi/v1/depth?{USDM}")
    assert (reply.status, reply.json()["code"]) == (503, -1001)


async def test_where_only_spot_trades_the_futures_are_empty_and_not_missing() -> None:
    rest = Exchange(ScenarioSource(1, VirtualClock(NOW)), clock=VirtualClock(NOW)).rest
    for prefix in ("fapi", "dapi"):
        assert (await ask(rest, f"/{prefix}/v1/exchangeInfo")).json()["symbols"] == []
        assert (await ask(rest, f"/{prefix}/v1/ticker/price")).json() == []
        refused = (await ask(rest, f"/{prefix}/v1/depth?symbol=BTCUSDT")).json()
        assert refused == {"code": -1121, "msg": "Invalid symbol."}


async def test_a_venue_without_futures_has_no_such_paths() -> None:
    api = RestApi(FakeMarket(), VirtualClock(NOW), limits=Limits())
    assert (await ask(api, "/fapi/v1/ping")).status == 404
