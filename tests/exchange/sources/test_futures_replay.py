"""The recordings of both futures markets play whole: book, trades and candles are those that were recorded."""

import asyncio
import gzip
from bisect import bisect_right
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from binance_mcp_server.exchange.clock import VirtualClock
from binance_mcp_server.exchange.engine.rules import PRODUCTS, Product
from binance_mcp_server.exchange.market.state import Market
from binance_mcp_server.exchange.market.types import Trade
from binance_mcp_server.exchange.numbers import SCALE, parse
from binance_mcp_server.exchange.sources.replay import ReplaySource
from tests.exchange.market.feeds import plain_candles, told

FILES: dict[Product, str] = {
    "spot": "spot_btcusdt_20240808.gz",
    "usdm": "usdm_btcusdt_20240808.gz",
    "coinm": "coinm_btcusd_perp_20240808.gz",
}
SYMBOLS: dict[Product, str] = {"usdm": "BTCUSDT", "coinm": "BTCUSD_PERP"}
TRADES: dict[Product, int] = {"usdm": 21_313, "coinm": 2_286}
Top = tuple[int, int, int, int]


class Event(NamedTuple):
    kind: str
    data: dict[str, Any]


def events(path: Path) -> list[Event]:
    """What was recorded, read the plain way; without the snapshot."""
    bodies = [
        msgspec.json.decode(line.split(b" ", 1)[1])
        for line in gzip.decompress(path.read_bytes()).splitlines()
    ]
    return [
        Event(body["stream"].partition("@")[2], body["data"]) for body in bodies if "data" in body
    ]


class Played:
    """One market's recording at its end; its tops after every depth update, by the update's id."""

    def __init__(self, path: Path, product: Product) -> None:
        self.symbol = SYMBOLS[product]
        self.source = ReplaySource([path], VirtualClock(0))
        self.market = Market(self.source, product)
        self.events = events(path)
        self.payloads: list[bytes] = []
        self.tops: dict[int, Top] = {}
        self.trades = [
            Trade(it["t"], parse(it["p"]), parse(it["q"]), it["T"], it["m"])
            for kind, it in self.events
            if kind == "trade"
        ]
        asyncio.run(self._play())

    async def _play(self) -> None:
        async for batch in self.source.frames():
            for frame in batch:
                self.market.apply([frame])
                self.payloads.append(frame.payload)
                view = self.market.book(self.symbol, 1)
                if view.bids and view.asks:
                    self.tops[view.last_update_id] = (*view.bids[0], *view.asks[0])


@pytest.fixture(scope="module", params=["usdm", "coinm"])
def played(request: pytest.FixtureRequest, data_dir: Path) -> Played:
    product: Product = request.param
    return Played(data_dir / "captures" / FILES[product], product)


def test_the_top_of_the_book_is_the_recorded_book_ticker_after_every_depth_update(
    played: Played,
) -> None:
    tickers = sorted(
        (it["u"], tuple(parse(it[name]) for name in "bBaA"))
        for kind, it in played.events
        if kind == "bookTicker"
    )
    ids = [number for number, _ in tickers]
    compared = 0
    for kind, it in played.events:
        place = bisect_right(ids, it.get("u", 0)) - 1
        if kind.startswith("depth") and it["u"] in played.tops and place >= 0:
            assert played.tops[it["u"]] == tickers[place][1]
            compared += 1
    assert compared == {"BTCUSDT": 6_547, "BTCUSD_PERP": 26_824}[played.symbol]


def test_no_update_is_missing_and_no_frame_is_changed(played: Played, data_dir: Path) -> None:
    assert played.market.counters()["gaps"] == 0
    assert played.source.state()["partial_books"] == []
    [name] = {FILES[product] for product, symbol in SYMBOLS.items() if symbol == played.symbol}
    lines = gzip.decompress((data_dir / "captures" / name).read_bytes()).splitlines()
    assert played.payloads[1:] == [line.split(b" ", 1)[1] for line in lines]


def test_every_trade_comes_back_by_its_id(played: Played) -> None:
    contract = played.market.rules[played.symbol].contract
    expected = [trade._replace(contract=contract) for trade in played.trades]
    assert played.market.trades_from(played.symbol, 0, 10**6) == expected
    assert len(expected) == TRADES[played.market.product]


def rounded(price: str, qty: str) -> int:
    """What contracts of 100 USD are worth in BTC, 1e-8, half up."""
    return (2 * 100 * parse(qty) * SCALE + parse(price)) // (2 * parse(price))


def test_candles_are_those_of_the_trades_in_the_venues_digits(played: Played) -> None:
    rows = played.market.klines(
        played.symbol, "1m", start_ms=None, end_ms=None, offset_minutes=0, limit=1500
    )
    plain = plain_candles(played.trades, "1m")
    assert sum(row.trades for row in rows) == len(played.trades)
    for row in rows:
        is_usdm = played.symbol == "BTCUSDT"
        if not row.trades:
            assert (row.volume, row.open) == ("0.000" if is_usdm else "0", row.close)
            continue
        cells = plain[row.open_time]
        mine = told(row)
        assert [parse(it) for it in mine[:5]] == [parse(it) for it in cells[:5]]
        assert [len(it.partition(".")[2]) for it in mine[:6]] == (
            [2, 2, 2, 2, 3, 5] if is_usdm else [1, 1, 1, 1, 0, 8]
        )
        if is_usdm:
            assert parse(row.quote_volume) == parse(cells[5])
            continue
        own = [it for kind, it in played.events if kind == "trade"]
        worth = [
            rounded(it["p"], it["q"])
            for it in own
            if row.open_time <= it["T"] < row.open_time + 60_000
        ]
        assert parse(row.quote_volume) == sum(worth)


def test_aggregates_hold_all_trades_and_none_is_longer_than_100_ms(played: Played) -> None:
    found = played.market.agg_trades(
        played.symbol, from_id=0, start_ms=None, end_ms=None, limit=10**6
    )
    times = {trade.id: trade.time for trade in played.trades}
    assert sum(it.qty for it in found) == sum(it.qty for it in played.trades)
    assert [it.first_id for it in found[1:]] == [it.last_id + 1 for it in found[:-1]]
    assert all(times[it.last_id] - it.time < 100 for it in found)
    assert any(times[it.last_id] > it.time for it in found)


def test_rules_follow_from_the_digits(played: Played) -> None:
    rules = played.market.rules[played.symbol]
    assert rules.tick == parse("0.1")
    if played.symbol == "BTCUSDT":
        assert (rules.base, rules.quote, rules.step) == ("BTC", "USDT", parse("0.001"))
        assert (rules.places, rules.contract) == ((2, 3, 5), 0)
    else:
        assert (rules.base, rules.quote, rules.step) == ("BTC", "USD", SCALE)
        assert (rules.places, rules.contract) == ((1, 0, 8), 100 * SCALE)


def test_three_markets_play_together_as_they_were_heard(data_dir: Path) -> None:
    paths = [data_dir / "captures" / name for name in FILES.values()]
    source = ReplaySource(paths, VirtualClock(0))
    markets = {product: Market(source, product) for product in PRODUCTS}
    heard: list[bytes] = []
    times: list[int] = []

    async def play() -> None:
        opening = True
        async for batch in source.frames():
            for market in markets.values():
                market.apply(batch)
            heard.extend([] if opening else [frame.payload for frame in batch])
            times.extend(frame.time_ms for frame in batch)
            opening = False

    asyncio.run(play())
    received = [
        line.split(b" ", 1)
        for path in paths
        for line in gzip.decompress(path.read_bytes()).splitlines()
    ]
    received.sort(key=lambda each: int(each[0]) / 1_000_000)  # as they play
    assert heard == [body for _, body in received]
    assert times == sorted(times)
    for product, symbol in SYMBOLS.items():
        trades = markets[product].trades_from(symbol, 0, 10**6)
        assert len(trades) == TRADES[product]
    assert markets["spot"].counters()["gaps"] == 0
    assert len(markets["spot"].trades_from("BTCUSDT", 0, 10**6)) > 5_000
