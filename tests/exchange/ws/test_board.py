"""Who is told what: nothing is made for nobody, and everybody is told the same bytes."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from binance_mcp_server.exchange.engine.rules import Product
from binance_mcp_server.exchange.market.state import Market
from binance_mcp_server.exchange.sources.base import Frame, KlineRow
from binance_mcp_server.exchange.turns import TurnOverError
from binance_mcp_server.exchange.ws.board import MOST_TURNS, Board
from binance_mcp_server.exchange.ws.events import Form
from binance_mcp_server.exchange.ws.names import lower
from tests.exchange.market.feeds import RULES, SYMBOL, THURSDAY, HandFed, depth_frame, trade_frame
from tests.exchange.ws.scenes import COMBINED, RAW, Scene, snapshot, trade


def test_frames_are_told_to_those_who_asked_for_their_stream_and_in_their_form() -> None:
    scene = Scene()
    raw, whole = scene.subscribe("btcusdt@trade"), scene.subscribe("btcusdt@trade", COMBINED)
    other = scene.subscribe("btcusdt@depth@100ms", COMBINED)
    frame = trade_frame(trade(1, 10))
    scene.play(frame, at=10)
    [(name, payload)] = whole.frames
    assert (name, payload) == ("btcusdt@trade", frame.payload)
    assert raw.frames == [
        ("btcusdt@trade", frame.payload[len('{"stream":"btcusdt@trade","data":') : -1])
    ]
    assert other.frames == []


LONG = "1000000000000000000SATSUSDT"


@pytest.mark.parametrize("symbol", ["A", SYMBOL, "1000000SATSUSDT", LONG, "币安人生USDT"])
@pytest.mark.parametrize("is_escaped", [False, True])
def test_a_frame_is_known_by_its_name_however_that_is_written(
    symbol: str, is_escaped: bool
) -> None:
    source, name = HandFed(THURSDAY), lower(symbol)
    source.rules = [replace(RULES, symbol=symbol)]
    scene = Scene(source)
    member = scene.subscribe(f"{name}@trade", COMBINED)
    frames = [trade_frame(trade(number, 10), symbol) for number in (1, 2)]
    if is_escaped:
        plain, escaped = name.encode(), f"\\u{ord(name[0]):04x}{name[1:]}".encode()
        frames = [it._replace(payload=it.payload.replace(plain, escaped, 1)) for it in frames]
    scene.play(*frames, at=10)
    assert [payload for _, payload in member.frames] == [frame.payload for frame in frames]


def test_all_subscribers_of_a_form_share_one_encoding() -> None:
    scene = Scene()
    members = [scene.subscribe("btcusdt@kline_1m", COMBINED) for _ in range(3)]
    scene.subscribe("btcusdt@kline_1m", Form(combined=True, scale=1000))
    scene.play(trade_frame(trade(1, 10)), at=1000)
    payloads = [member.frames[0][1] for member in members]
    assert payloads[0] is payloads[1] is payloads[2]


def test_who_leaves_is_told_nothing_more_and_others_go_on() -> None:
    scene = Scene()
    stays, leaves = scene.subscribe("btcusdt@trade"), scene.subscribe("btcusdt@trade")
    stream = scene.board.resolve("btcusdt@trade", "spot", None)
    assert stream is not None
    scene.play(trade_frame(trade(1, 10)), at=10)
    scene.board.leave(stream, leaves, RAW)
    scene.play(trade_frame(trade(2, 20)), at=20)
    assert (len(stays.frames), len(leaves.frames)) == (2, 1)
    scene.board.leave(stream, stays, RAW)
    scene.play(trade_frame(trade(3, 30)), at=30)
    assert len(stays.frames) == 2


def test_what_is_recorded_beside_the_trades_is_not_told_twice() -> None:
    scene = Scene()
    member = scene.subscribe("btcusdt@aggTrade")
    recorded = b'{"stream":"btcusdt@aggTrade","data":{"e":"aggTrade","a":77}}'
    scene.play(Frame(THURSDAY, SYMBOL, recorded), trade_frame(trade(1, 10)), at=10)
    assert [event["a"] for event in member.take()] == [0]


def test_slow_depth_is_made_of_the_fast_one_also_if_both_were_recorded() -> None:
    scene = Scene()
    fast, slow = scene.subscribe("btcusdt@depth@100ms"), scene.subscribe("btcusdt@depth")
    first, second = depth_frame(8, 8, '[["98","1"]]'), depth_frame(9, 9, '[["98","2"]]')
    both = first.payload.replace(b"depth@100ms", b"depth").replace(b'"U":8', b'"U":5')
    scene.play(snapshot(), first, Frame(THURSDAY, SYMBOL, both), at=0)
    scene.play(second, at=100)
    scene.play(at=1000)
    assert [(it["U"], it["u"]) for it in fast.take()] == [(8, 8), (9, 9)]
    assert [(it["U"], it["u"], it["b"]) for it in slow.take()] == [(8, 9, [["98", "2"]])]


def test_a_stream_that_never_happens_is_silent() -> None:
    scene = Scene()
    members = [scene.subscribe(name) for name in ("btcusdt@blockTrade", "!ticker@arr")]
    scene.play(trade_frame(trade(1, 10)), at=2000)
    assert all(member.frames == [] for member in members)


PERPETUAL = replace(RULES, symbol="BTCUSD_PERP", product="coinm")
USDM = replace(RULES, product="usdm")


class ThreeMarkets(HandFed):
    """BTCUSDT on spot and USDⓈ-M, BTCUSD_PERP on COIN-M."""

    def __init__(self) -> None:
        super().__init__(THURSDAY)
        self.rules = [RULES, USDM, PERPETUAL]


def three() -> Board:
    source = ThreeMarkets()
    products: tuple[Product, ...] = ("spot", "usdm", "coinm")
    return Board({product: Market(source, product) for product in products})


@pytest.mark.parametrize(
    ("name", "product", "route", "found"),
    [
        ("btcusdt@trade", "spot", None, ("spot", "BTCUSDT")),
        ("btcusd_perp@trade", "spot", None, ("coinm", "BTCUSD_PERP")),
        ("btcusd_perp@trade", "coinm", None, ("coinm", "BTCUSD_PERP")),
        ("btcusdt@trade", "coinm", None, None),
        ("btcusdt@trade", "usdm", "public", ("usdm", "BTCUSDT")),
        ("btcusdt@trade", "usdm", "market", None),
        ("btcusdt@aggTrade", "usdm", "public", None),
        ("btcusdt@aggTrade", "usdm", "market", ("usdm", "BTCUSDT")),
        ("btcusdt@aggTrade", "usdm", "private", None),
        ("btcusdt@aggTrade", "usdm", None, ("usdm", "BTCUSDT")),
        ("!miniTicker@arr", "spot", None, ("spot", "")),
        ("!ticker@arr", "usdm", "market", ("usdm", "")),
    ],
)
def test_a_name_means_what_its_product_and_route_say(
    name: str, product: Product, route: str | None, found: tuple[Product, str] | None
) -> None:
    stream = three().resolve(name, product, route)
    assert (stream and (stream.product, stream.symbol)) == found


def test_a_product_that_is_not_there_has_no_streams() -> None:
    assert Scene().board.resolve("btcusdt@depth", "usdm", "public") is None
    assert Scene().board.resolve("!ticker@arr", "usdm", "market") is None


class SlowPast(Market):
    """Its candles need more of the past than a turn makes, until they have been asked for often enough."""

    def __init__(self, needed: int) -> None:
        super().__init__(HandFed(THURSDAY))
        self.asked, self.needed = 0, needed
        self.allowed: list[int | None] = []

    def allow(self, days: int | None) -> None:
        self.allowed.append(days)

    def klines(self, symbol: str, interval: str, **asked: Any) -> Sequence[KlineRow]:
        self.asked += 1
        if self.asked < self.needed and self.allowed[-1] is not None:
            raise TurnOverError
        return super().klines(symbol, interval, **asked)


@pytest.mark.parametrize(("needed", "turns"), [(4, 4), (10**6, MOST_TURNS + 1)])
def test_a_long_past_is_made_in_turns_and_others_are_told_meanwhile(
    needed: int, turns: int
) -> None:
    scene = Scene()
    market = scene.market = SlowPast(needed)
    scene.board = Board({"spot": market})
    candles, trades = scene.subscribe("btcusdt@kline_1M"), scene.subscribe("btcusdt@trade")
    for number in range(1, turns + 1):
        assert candles.frames == []
        scene.play(trade_frame(trade(number, number)))
    assert len(candles.frames) == 1
    assert len(trades.frames) == turns
    assert market.allowed[-1] is None
