"""What follows from the market is told when it is due, once, and says what REST says."""

import json
from dataclasses import replace

import pytest

from binance_mcp_server.exchange.market.types import AggTrade
from binance_mcp_server.exchange.numbers import SCALE
from binance_mcp_server.exchange.sources.base import Frame
from binance_mcp_server.exchange.wire import shapes
from binance_mcp_server.exchange.ws.events import Form, Made
from binance_mcp_server.exchange.ws.payloads import agg_trade
from tests.exchange.market.feeds import RULES, SYMBOL, THURSDAY, depth_frame, trade_frame
from tests.exchange.ws.scenes import Cutting, Member, Scene, snapshot, trade

MINUTE = 60_000


def candles(member: Member) -> list[tuple[int, bool, str]]:
    """Open time in s since midnight, closed, close."""
    told = [event["k"] for event in member.take()]
    return [((k["t"] - THURSDAY) // 1000, k["x"], k["c"]) for k in told]


def test_every_candle_is_told_as_closed_once_also_those_without_trades() -> None:
    scene = Scene()
    member = scene.subscribe("btcusdt@kline_1s")
    scene.play(trade_frame(trade(1, 500)), at=600)
    assert candles(member) == [(0, False, "100.00000000")]
    scene.play(trade_frame(trade(2, 4100, 102)), at=4300)
    hundred = "100.00000000"
    assert candles(member) == [
        *((second, True, hundred) for second in range(4)),
        (4, False, "102.00000000"),
    ]
    scene.play(at=5249)
    assert candles(member) == [(4, False, "102.00000000")]  # it may still grow
    scene.play(at=5250)
    assert candles(member) == [(4, True, "102.00000000")]


def test_a_late_trade_still_belongs_to_its_candle() -> None:
    scene = Scene()
    member = scene.subscribe("btcusdt@kline_1m")
    scene.play(trade_frame(trade(1, 1000)), at=1000)
    scene.play(at=MINUTE + 200)
    scene.play(trade_frame(trade(2, MINUTE - 1, 105)), at=MINUTE + 213)
    scene.play(at=MINUTE + 300)
    closed = [it for it in candles(member) if it[1]]
    assert closed == [(0, True, "105.00000000")]


def test_an_open_candle_is_told_every_two_seconds_and_of_one_second_every_second() -> None:
    scene = Scene()
    minute, second = scene.subscribe("btcusdt@kline_1m"), scene.subscribe("btcusdt@kline_1s")
    for at in range(1000, 9000, 100):
        scene.play(trade_frame(trade(at, at)), at=at)
    assert len(candles(minute)) == 5
    assert [it for it in candles(second) if not it[1]] == [
        (n, False, "100.00000000") for n in range(1, 8)
    ]


def test_a_candle_has_the_fields_of_the_document_in_their_order() -> None:
    scene = Scene()
    member = scene.subscribe("btcusdt@kline_1m")
    scene.play(
        trade_frame(trade(7, 1000, 100)), trade_frame(trade(8, 2000, 102, 3, maker=True)), at=3000
    )
    [event] = member.take()
    assert event == {
        "e": "kline", "E": THURSDAY + 3000, "s": SYMBOL,
        "k": {
            "t": THURSDAY, "T": THURSDAY + MINUTE - 1, "s": SYMBOL, "i": "1m", "f": 7, "L": 8,
            "o": "100.00000000", "c": "102.00000000", "h": "102.00000000", "l": "100.00000000",
            "v": "4.00000000", "n": 2, "x": False, "q": "406.00000000",
            "V": "1.00000000", "Q": "100.00000000", "B": "0",
        },
    }  # fmt: skip
    assert list(event["k"]) == list("tTsifLochlvnxqVQB")


def test_a_candle_without_trades_has_no_ids() -> None:
    scene = Scene()
    member = scene.subscribe("btcusdt@kline_1s")
    scene.play(trade_frame(trade(7, 500)), at=900)
    scene.play(at=2500)
    ids = [(it["k"]["t"] - THURSDAY, it["k"]["f"], it["k"]["L"]) for it in member.take()]
    assert ids == [(0, 7, 7), (0, 7, 7), (1000, -1, -1), (2000, -1, -1)]


def test_candles_of_utc_plus_8_open_at_its_midnight() -> None:
    scene = Scene()
    member = scene.subscribe("btcusdt@kline_1d@+08:00")
    scene.play(trade_frame(trade(7, 500)), at=900)
    [event] = member.take()
    assert (event["k"]["t"], event["k"]["i"]) == (THURSDAY - 8 * 60 * MINUTE, "1d")


def aggregates(scene: Scene) -> list[AggTrade]:
    return list(scene.market.agg_trades(SYMBOL, from_id=0, start_ms=None, end_ms=None, limit=1000))


def test_an_aggregate_is_told_when_it_is_complete_with_its_id_at_rest() -> None:
    source = Cutting(THURSDAY)
    scene = Scene(source)
    member = scene.subscribe("btcusdt@aggTrade")
    scene.play(trade_frame(trade(1, 10)), trade_frame(trade(2, 10)), at=10)
    assert member.take() == []
    scene.play(trade_frame(trade(3, 10)), trade_frame(trade(4, 20, 101)), at=20)
    [event] = member.take()
    assert event == {
        "e": "aggTrade", "E": THURSDAY + 20, "s": SYMBOL, "a": 0, "p": "100.00000000",
        "q": "3.00000000", "f": 1, "l": 3, "T": THURSDAY + 10, "m": False, "M": True,
    }  # fmt: skip
    assert list(event) == list("eEsapqflTmM")
    assert [it.id for it in aggregates(scene)] == [0]
    source.ended = True
    scene.tell()
    assert [it["a"] for it in member.take()] == [1]


@pytest.mark.parametrize("symbol", [SYMBOL, "币安人生USDT", '100%d"\\'])
@pytest.mark.parametrize("scale", [1, 1000])
def test_an_aggregate_is_told_as_rest_has_it(symbol: str, scale: int) -> None:
    rules = replace(RULES, symbol=symbol)
    for price, qty in [(1, 10**17), (123_456_789, SCALE), (0, SCALE - 1)]:
        record = AggTrade(7, price, qty, 8, 9, THURSDAY, buyer_is_maker=bool(price % 2))
        event = json.loads(
            Made(b"", agg_trade(rules, record, 5)).encoded(Form(combined=False, scale=scale))
        )
        expected = {"e": "aggTrade", "E": 5 * scale, "s": symbol, **shapes.agg_trade(record, scale)}
        assert event == expected
        assert list(event) == list(expected)


def test_a_new_subscriber_is_told_from_the_next_aggregate_on() -> None:
    scene = Scene(Cutting(THURSDAY))
    scene.play(*(trade_frame(trade(n, n * 10, 100 + n)) for n in range(1, 5)), at=50)
    member = scene.subscribe("btcusdt@aggTrade")
    scene.play(*(trade_frame(trade(n, n * 10, 100 + n)) for n in range(5, 7)), at=60)
    assert [it["a"] for it in member.take()] == [3, 4]


@pytest.mark.parametrize(
    ("kind", "keys"),
    [
        ("miniTicker", "e E s c o h l v q"),
        ("ticker", "e E s p P w x c Q b B a A o h l v q O C F L n"),
        ("ticker_1h", "e E s p P o h l c w v q O C F L n"),
        ("avgPrice", "e E s i w T"),
        ("referencePrice", "e s r t"),
        ("depth5", "lastUpdateId bids asks"),
    ],
)
def test_fields_stand_as_in_the_document(kind: str, keys: str) -> None:
    scene = Scene()
    member = scene.subscribe(f"btcusdt@{kind}")
    scene.play(snapshot(), trade_frame(trade(1, 10)), at=1000)
    [event] = member.take()
    assert list(event) == keys.split()


def test_a_ticker_says_what_rest_says() -> None:
    scene = Scene()
    member = scene.subscribe("btcusdt@ticker_4h")
    scene.play(trade_frame(trade(1, 10)), trade_frame(trade(2, 20, 150, 3)), at=1000)
    [event] = member.take()
    stats = scene.market.rolling(SYMBOL, 4 * 60 * MINUTE)
    assert event["e"] == "4hTicker"
    assert (event["O"], event["C"], event["n"]) == (stats.open_time, THURSDAY + 1000, 2)
    assert (event["p"], event["P"], event["v"]) == ("50.00000000", "50.000", "4.00000000")


@pytest.mark.parametrize("kind", ["miniTicker", "ticker", "ticker_1d", "avgPrice", "depth10"])
def test_what_has_not_changed_is_not_told_again_and_nothing_twice_a_second(kind: str) -> None:
    scene = Scene()
    member = scene.subscribe(f"btcusdt@{kind}")
    scene.play(snapshot(), trade_frame(trade(1, 100)), at=100)
    assert len(member.take()) == 1
    scene.play(trade_frame(trade(2, 900, 101)), depth_frame(8, 8, '[["98","1"]]'), at=900)
    assert member.take() == []
    scene.play(at=1000)
    assert len(member.take()) == 1
    scene.play(at=2000)
    assert member.take() == []


def test_an_array_holds_only_what_changed_since_the_second_before() -> None:
    scene = Scene()
    member = scene.subscribe("!miniTicker@arr")
    scene.play(trade_frame(trade(1, 100)), at=100)
    scene.play(at=1000)
    assert member.take() == []
    scene.play(trade_frame(trade(2, 1500, 101)), at=2000)
    [array] = member.take()
    assert [(it["e"], it["s"], it["c"]) for it in array] == [
        ("24hrMiniTicker", SYMBOL, "101.00000000")
    ]
    scene.play(at=3000)
    assert member.take() == []


def test_book_tickers_are_made_where_the_source_sends_none() -> None:
    scene = Scene()
    member = scene.subscribe("btcusdt@bookTicker")
    scene.play(snapshot(), depth_frame(8, 8, '[["99.5","4"]]'), at=0)
    assert member.take() == []  # its own may still come
    scene.play(depth_frame(9, 9, '[["99.6","4"]]'), at=1000)
    assert member.take() == [
        {
            "u": 9, "s": SYMBOL, "b": "99.60000000", "B": "4.00000000",
            "a": "101.00000000", "A": "2.00000000",
        }
    ]  # fmt: skip
    scene.play(depth_frame(10, 10, '[["90","1"]]'), at=1100)
    assert member.take() == []  # deeper levels are not the top


def test_book_tickers_of_the_source_are_told_instead() -> None:
    scene = Scene()
    member = scene.subscribe("btcusdt@bookTicker")
    own = b'{"u":8,"s":"BTCUSDT","b":"99.5","B":"4","a":"101","A":"2"}'
    frame = Frame(THURSDAY, SYMBOL, b'{"stream":"btcusdt@bookTicker","data":' + own + b"}")
    scene.play(snapshot(), depth_frame(8, 8, '[["99.5","4"]]'), frame, at=0)
    scene.play(depth_frame(9, 9, '[["99.6","4"]]'), at=1500)
    assert [payload for _, payload in member.frames] == [own]


def test_amounts_keep_their_digits() -> None:
    scene = Scene()
    member = scene.subscribe("btcusdt@aggTrade")
    tiny = trade(1, 10)._replace(price=SCALE // 100, qty=1)
    scene.play(trade_frame(tiny), at=10)
    [event] = member.take()
    assert (event["p"], event["q"]) == ("0.01000000", "0.00000001")
