"""Every kind has its name on the wire, and the same stream asked for in other words is the same stream."""

import pytest

from binance_mcp_server.binance_ws_api.kinds import KINDS, Spec, kinds_of, spec
from binance_mcp_server.errors import InputError
from binance_mcp_server.venues import Market

# Names: web-socket-streams.md of the spot documents (2026-07-21) and the stream pages of the futures documents, read
# 2026-11-22.
NAMES: list[tuple[Market, str, str | None, dict[str, str | int], str, str]] = [
    ("spot", "trade", "BTCUSDT", {}, "btcusdt@trade", ""),
    ("spot", "aggTrade", "BTCUSDT", {}, "btcusdt@aggTrade", ""),
    ("spot", "blockTrade", "BTCUSDT", {}, "btcusdt@blockTrade", ""),
    ("spot", "kline", "BTCUSDT", {}, "btcusdt@kline_1m", ""),
    ("spot", "kline", "BTCUSDT", {"interval": "1M"}, "btcusdt@kline_1M", ""),
    ("spot", "kline", "BTCUSDT", {"time_zone": "8"}, "btcusdt@kline_1m@+08:00", ""),
    ("spot", "kline", "BTCUSDT", {"time_zone": "UTC"}, "btcusdt@kline_1m", ""),
    ("spot", "kline_1h", "BTCUSDT", {}, "btcusdt@kline_1h", ""),
    ("spot", "miniTicker", "BTCUSDT", {}, "btcusdt@miniTicker", ""),
    ("spot", "miniTicker", None, {}, "!miniTicker@arr", ""),
    ("spot", "ticker", "BTCUSDT", {}, "btcusdt@ticker", ""),
    ("spot", "rollingTicker", "BTCUSDT", {"window": "4h"}, "btcusdt@ticker_4h", ""),
    ("spot", "ticker_1d", None, {}, "!ticker_1d@arr", ""),
    ("spot", "bookTicker", "BTCUSDT", {}, "btcusdt@bookTicker", ""),
    ("spot", "avgPrice", "BTCUSDT", {}, "btcusdt@avgPrice", ""),
    ("spot", "partialDepth", "BTCUSDT", {}, "btcusdt@depth20@100ms", ""),
    ("spot", "depth5", "BTCUSDT", {"speed": "1000ms"}, "btcusdt@depth5", ""),
    ("spot", "depth", "BTCUSDT", {}, "btcusdt@depth@100ms", ""),
    ("spot", "depth", "BTCUSDT", {"speed": "1000ms"}, "btcusdt@depth", ""),
    ("spot", "referencePrice", "BTCUSDT", {}, "btcusdt@referencePrice", ""),
    ("spot", "trade", "币安人生USDT", {}, "币安人生usdt@trade", ""),
    ("usdm", "trade", "BTCUSDT", {}, "btcusdt@trade", "public"),
    ("usdm", "depth", "BTCUSDT", {"speed": "250ms"}, "btcusdt@depth", "public"),
    ("usdm", "depth", "BTCUSDT", {"speed": "500ms"}, "btcusdt@depth@500ms", "public"),
    ("usdm", "bookTicker", None, {}, "!bookTicker", "public"),
    ("usdm", "aggTrade", "BTCUSDT", {}, "btcusdt@aggTrade", "market"),
    ("usdm", "kline", "BTCUSDT", {"interval": "5m"}, "btcusdt@kline_5m", "market"),
    ("usdm", "markPrice", "BTCUSDT", {}, "btcusdt@markPrice@1s", "market"),
    ("usdm", "markPrice", "BTCUSDT", {"speed": "3000ms"}, "btcusdt@markPrice", "market"),
    ("usdm", "funding", None, {}, "!markPrice@arr@1s", "market"),
    ("usdm", "liquidation", "BTCUSDT", {}, "btcusdt@forceOrder", "market"),
    ("usdm", "liquidation", None, {}, "!forceOrder@arr", "market"),
    ("coinm", "trade", "BTCUSD_PERP", {}, "btcusd_perp@trade", ""),
    ("coinm", "ticker", None, {}, "!ticker@arr", ""),
    ("spot", "account", None, {}, "account", ""),
    ("spot", "userData", None, {}, "account", ""),
]


def of(market: Market, kind: str, symbol: str | None, options: dict[str, str | int]) -> Spec:
    return spec(market, kind, symbol, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("market", "kind", "symbol", "options", "name", "route"), NAMES, ids=[n[4] for n in NAMES]
)
def test_a_kind_is_named_as_the_venue_names_it(
    market: Market,
    kind: str,
    symbol: str | None,
    options: dict[str, str | int],
    name: str,
    route: str,
) -> None:
    found = of(market, kind, symbol, options)
    assert (found.name, found.route) == (name, route)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("depth", {}), ("orderBook", {"speed": "100ms"})),
        (("kline", {}), ("candles", {"interval": "1m", "time_zone": "UTC"})),
        (("kline", {"time_zone": "8"}), ("kline_1m", {"time_zone": "UTC+08:00"})),
        (("partialDepth", {}), ("depth20", {"speed": "100ms", "levels": 20})),
        (("rollingTicker", {}), ("ticker_1h", {"window": "1h"})),
        (("trade", {}), (" Trades ", {})),
    ],
)
def test_the_same_stream_in_other_words_is_the_same(
    one: tuple[str, dict[str, str | int]], other: tuple[str, dict[str, str | int]]
) -> None:
    """Two streams of one name would take each other's frames away."""
    first, second = (of("spot", kind, "BTCUSDT", options) for kind, options in (one, other))
    assert first == second
    assert hash(first) == hash(second)
    assert first.interval == second.interval


def test_streams_of_two_markets_or_names_are_two() -> None:
    assert spec("spot", "trade", "BTCUSDT") != spec("usdm", "trade", "BTCUSDT")
    assert spec("spot", "trade", "BTCUSDT") != spec("spot", "aggTrade", "BTCUSDT")


@pytest.mark.parametrize("market", ["spot", "usdm", "coinm"])
def test_every_kind_can_be_asked_for_by_its_own_name(market: Market) -> None:
    for kind in kinds_of(market):
        found = spec(market, kind, "BTCUSDT" if KINDS[kind].alone else None)
        assert found.kind == kind
        assert found.keyed in {"id", "update id", "time"}
        assert found.marker or found.rule == "loose"
        assert (found.route != "") == (market == "usdm")
    assert {kind for each in ("spot", "usdm") for kind in kinds_of(each)} == set(KINDS)


@pytest.mark.parametrize(
    ("market", "kind", "symbol", "options", "says"),
    [
        ("spot", "nonsense", "BTCUSDT", {}, "Kinds: trade, aggTrade"),
        ("spot", "markPrice", "BTCUSDT", {}, "Kinds: trade, aggTrade"),
        ("usdm", "avgPrice", "BTCUSDT", {}, "Kinds: trade, aggTrade"),
        ("spot", "", "BTCUSDT", {}, "Kinds: "),
        ("spot", "trade", None, {}, "All symbols at once: miniTicker, rollingTicker"),
        ("spot", "ticker", None, {}, "All symbols at once: "),
        ("spot", "trade", "BTCUSDT", {"interval": "1m"}, "Leave it out"),
        ("spot", "depth", "BTCUSDT", {"speed": "250ms"}, "100ms, 1000ms"),
        ("usdm", "depth", "BTCUSDT", {"speed": "1000ms"}, "100ms, 250ms, 500ms"),
        ("spot", "partialDepth", "BTCUSDT", {"levels": 7}, "5, 10, 20"),
        ("spot", "rollingTicker", "BTCUSDT", {"window": "2h"}, "1h, 4h, 1d"),
        ("spot", "kline", "BTCUSDT", {"interval": "7m"}, "Intervals: "),
        ("spot", "kline", "BTCUSDT", {"time_zone": "Mars"}, "offset from UTC"),
        ("spot", "kline", "BTCUSDT", {"time_zone": "-03:30"}, "get_candles takes every"),
        ("spot", "kline", "BTCUSDT", {"time_zone": "-08:00"}, "get_candles takes every"),
        ("usdm", "kline", "BTCUSDT", {"interval": "1s"}, "1m or longer"),
        ("spot", "account", "BTCUSDT", {}, "Leave symbol out"),
        ("usdm", "account", None, {}, "Kinds: trade, aggTrade"),
        ("usdm", "kline", "BTCUSDT", {"time_zone": "8"}, "Leave time_zone out"),
    ],
)
def test_what_does_not_exist_is_refused_with_what_does(
    market: Market, kind: str, symbol: str | None, options: dict[str, str | int], says: str
) -> None:
    with pytest.raises(InputError) as raised:
        of(market, kind, symbol, options)
    assert says in raised.value.advice
