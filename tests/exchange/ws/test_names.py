"""Names mean what the venue's documents say; anything else means nothing and is no error."""

import pytest

from binance_mcp_server.exchange.engine.rules import Product
from binance_mcp_server.exchange.market.intervals import INTERVALS
from binance_mcp_server.exchange.ws.names import Stream, lower_names, parse

SYMBOLS = lower_names(["BTCUSDT", "币安人生USDT", "1INCHUSDT", "BTCUSD_PERP"])


def read(name: str, product: Product = "spot") -> Stream | None:
    return parse(name, product, SYMBOLS)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("trade", ("trade", 0)),
        ("aggTrade", ("aggTrade", 0)),
        ("blockTrade", ("silent", 0)),
        ("bookTicker", ("bookTicker", 0)),
        ("miniTicker", ("miniTicker", 1000)),
        ("ticker", ("ticker", 1000)),
        ("avgPrice", ("avgPrice", 1000)),
        ("referencePrice", ("referencePrice", 1000)),
        ("depth", ("depth", 1000)),
        ("depth@1000ms", ("depth", 1000)),
        ("depth@100ms", ("depth", 100)),
        ("depth5", ("partial", 1000)),
        ("depth20@100ms", ("partial", 100)),
    ],
)
def test_spot_kinds_and_speeds(kind: str, expected: tuple[str, int]) -> None:
    stream = read(f"btcusdt@{kind}")
    assert stream is not None
    assert (stream.kind, stream.period_ms) == expected
    assert (stream.symbol, stream.name) == ("BTCUSDT", f"btcusdt@{kind}")


@pytest.mark.parametrize("interval", INTERVALS)
def test_candles_of_every_interval_and_of_utc_plus_8(interval: str) -> None:
    plain, east = read(f"btcusdt@kline_{interval}"), read(f"btcusdt@kline_{interval}@+08:00")
    assert plain is not None
    assert east is not None
    assert (plain.interval, plain.offset_minutes) == (interval, 0)
    assert (east.interval, east.offset_minutes) == (interval, 480)
    assert plain.period_ms == (1000 if interval == "1s" else 2000)


@pytest.mark.parametrize(
    ("window", "ms"), [("1h", 3_600_000), ("4h", 14_400_000), ("1d", 86_400_000)]
)
def test_rolling_windows_of_one_and_of_all(window: str, ms: int) -> None:
    for name in (f"btcusdt@ticker_{window}", f"!ticker_{window}@arr"):
        stream = read(name)
        assert stream is not None
        assert (stream.kind, stream.window_ms, stream.period_ms) == ("rolling", ms, 1000)


def test_arrays_and_the_retired_one() -> None:
    mini, retired = read("!miniTicker@arr"), read("!ticker@arr")
    assert mini is not None
    assert (mini.kind, mini.symbol) == ("miniTicker", "")
    assert retired is not None
    assert retired.kind == "silent"


@pytest.mark.parametrize(
    "name",
    [
        *("", "@", "btcusdt", "btcusdt@", "btcusdt@trades", "BTCUSDT@trade", "nobody@trade", "0"),
        *("btcusdt@kline_1x", "btcusdt@kline_", "btcusdt@kline_1m@+09:00", "btcusdt@kline_1m@"),
        *("btcusdt@depth7", "btcusdt@depth@250ms", "btcusdt@depth5@", "btcusdt@depth@0ms"),
        *(
            "btcusdt@depth5@100MS",
            "!bookTicker",
            "!miniTicker",
            "!ticker_2h@arr",
            "btcusdt@ticker_1w",
        ),
        *("btcusdt@markPrice", "btcusdt@arr", "!", "btcusdt@trade ", "btcusdt@trade@100ms"),
    ],
)
def test_what_means_nothing(name: str) -> None:
    assert read(name) is None


def test_only_ascii_letters_have_a_lower_case() -> None:
    stream = read("币安人生usdt@trade")
    assert stream is not None
    assert stream.symbol == "币安人生USDT"
    assert lower_names(["İUSDT"]) == {"İusdt": "İUSDT"}


@pytest.mark.parametrize(
    ("name", "kind", "period", "route"),
    [
        ("btcusdt@depth", "depth", 250, "public"),
        ("btcusdt@depth@0ms", "depth", 0, "public"),
        ("btcusdt@depth@500ms", "depth", 500, "public"),
        ("btcusdt@depth20@100ms", "partial", 100, "public"),
        ("btcusdt@bookTicker", "bookTicker", 0, "public"),
        ("btcusdt@trade", "trade", 0, "public"),
        ("btcusdt@aggTrade", "aggTrade", 100, "market"),
        ("btcusdt@kline_1m", "kline", 250, "market"),
        ("btcusdt@miniTicker", "miniTicker", 2000, "market"),
        ("btcusdt@markPrice@1s", "silent", 0, "market"),
        ("btcusdt@forceOrder", "silent", 0, "market"),
        ("!ticker@arr", "ticker", 1000, "market"),
    ],
)
def test_futures_kinds_speeds_and_routes(name: str, kind: str, period: int, route: str) -> None:
    stream = read(name, "usdm")
    assert stream is not None
    assert (stream.kind, stream.period_ms, stream.route) == (kind, period, route)


@pytest.mark.parametrize("name", ["btcusdt@kline_1s", "btcusdt@avgPrice", "btcusdt@depth20@0ms"])
def test_what_futures_do_not_have(name: str) -> None:
    assert read(name, "usdm") is None


def test_contract_names() -> None:
    stream = read("btcusd_perp@depth@0ms", "coinm")
    assert stream is not None
    assert stream.symbol == "BTCUSD_PERP"
