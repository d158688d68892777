"""A mirrored market: what is pushed comes out as it went in, in order of time; symbols are the other venue's."""

import json
from collections.abc import Sequence

import anyio
import pytest

from binance_mcp_server.exchange.clock import VirtualClock
from binance_mcp_server.exchange.engine.rules import SymbolRules
from binance_mcp_server.exchange.market.state import Market
from binance_mcp_server.exchange.numbers import parse
from binance_mcp_server.exchange.sources.base import BoundedHistory, Frame, Source
from binance_mcp_server.exchange.sources.errors import ListingError
from binance_mcp_server.exchange.sources.pushed import BATCH, PushedSource
from binance_mcp_server.exchange.wire.info import symbol_info
from tests.exchange.market.feeds import RULES
from tests.exchange.sources.recordings import START, depth, snapshot, trade

MINUTE = 60_000


def listing(*rules: SymbolRules, time: int = START) -> bytes:
    symbols = [symbol_info(each) for each in rules or (RULES,)]
    return json.dumps({"serverTime": time, "symbols": symbols}).encode()


def made(clock: VirtualClock | None = None, minutes: bytes = b"[]") -> PushedSource:
    candles = {("BTCUSDT", "1m"): [minutes]}
    return PushedSource("live", listing(), ["BTCUSDT"], clock or VirtualClock(1), candles=candles)


def push(source: PushedSource, *bodies: str) -> list[bool]:
    return [source.push("BTCUSDT", body.encode()) for body in bodies]


async def taken(source: PushedSource, batches: int = 1) -> list[Sequence[Frame]]:
    reader = source.frames()
    with anyio.fail_after(5):
        return [list(await anext(reader)) for _ in range(batches)]


def test_it_is_a_source_with_the_other_venues_symbols_and_time() -> None:
    source: Source = made()
    assert (source.start_ms, source.now_ms()) == (START, START)
    assert list(source.rules) == [RULES]
    assert isinstance(source.history, BoundedHistory)
    assert source.state()["ended"] is False


def test_only_the_symbols_asked_for_are_there_and_they_must_be_listed() -> None:
    with pytest.raises(ListingError, match="no symbol ETHUSDT"):
        PushedSource("live", listing(), ["ETHUSDT"], VirtualClock(1))


@pytest.mark.parametrize("body", [b"", b"{}", b"<html>", b'{"serverTime":1,"symbols":[{}]}'])
def test_what_is_no_list_of_symbols_is_refused(body: bytes) -> None:
    with pytest.raises(ListingError, match="no exchangeInfo"):
        PushedSource("live", body, [], VirtualClock(1))


@pytest.mark.parametrize(("field", "value"), [("tickSize", "1e-2"), ("filterType", "OTHER")])
def test_filters_that_cannot_be_read_are_refused(field: str, value: str) -> None:
    body = json.loads(listing())
    body["symbols"][0]["filters"][0][field] = value
    with pytest.raises(ListingError, match="BTCUSDT"):
        PushedSource("live", json.dumps(body).encode(), ["BTCUSDT"], VirtualClock(1))


@pytest.mark.anyio
async def test_bytes_come_out_as_they_went_in_and_make_a_market() -> None:
    source = made()
    bodies = [snapshot(7), depth(100, 8, 9), trade(150)]
    assert push(source, *bodies) == [True] * 3
    [batch] = await taken(source)
    assert [frame.payload.decode() for frame in batch] == bodies
    market = Market(source)
    market.apply(batch)
    view = market.book("BTCUSDT", 5)
    assert (view.last_update_id, view.bids[0].qty) == (9, parse("9"))
    assert market.last_price("BTCUSDT") == parse("100")


@pytest.mark.anyio
async def test_streams_that_come_one_behind_the_other_are_told_in_order_of_time() -> None:
    source = made()
    push(source, trade(100, 1), trade(300, 2), depth(200, 8, 9))
    [batch] = await taken(source)
    assert [frame.time_ms - START for frame in batch] == [100, 200, 300]
    push(source, trade(250, 3))
    batch = (await taken(source))[0]
    assert [frame.time_ms - START for frame in batch] == [300]  # time never goes back


@pytest.mark.anyio
async def test_it_begins_with_what_is_there_and_then_waits_for_more() -> None:
    source = made()
    reader = source.frames()
    with anyio.fail_after(5):
        assert list(await anext(reader)) == []
        async with anyio.create_task_group() as group:
            group.start_soon(anyio.lowlevel.checkpoint)
            push(source, *(trade(number, number) for number in range(1, BATCH + 3)))
            sizes = [len(await anext(reader)) for _ in range(2)]
    assert sizes == [BATCH, 2]


@pytest.mark.parametrize(
    "body",
    [b"", b"\xff", b"[]", b"{}", b'{"stream":"x","data":{}}', trade(1, symbol="ETHUSDT").encode()],
)
def test_what_is_no_frame_of_the_symbol_is_refused_and_counted(body: bytes) -> None:
    source = made()
    assert not source.push("BTCUSDT", body)
    assert not source.push("ETHUSDT", trade(1, symbol="ETHUSDT").encode())
    assert source.state()["refused"] == 2


@pytest.mark.anyio
async def test_time_is_told_by_frames_and_carried_on_by_our_clock() -> None:
    clock = VirtualClock(1)
    source = made(clock)
    push(source, trade(500))
    assert source.now_ms() == START + 500
    await clock.advance(200)
    assert source.now_ms() == START + 700
    push(source, trade(600))  # late: no reason to go back
    assert source.now_ms() == START + 700
    push(source, trade(5_000))
    assert source.now_ms() == START + 5_000


def _row(opens: int, close: str) -> list[object]:
    prices = ["1.00000000", "2.00000000", "0.50000000", close, "3.00000000"]
    return [opens, *prices, opens + MINUTE - 1, "4.00000000", 5, "1.00000000", "1.00000000", "0"]


def test_candles_of_the_other_venue_are_the_past() -> None:
    opens = [START - START % MINUTE - place * MINUTE for place in (3, 2, 1)]
    body = json.dumps([_row(at, f"1.{place}0000000") for place, at in enumerate(opens)]).encode()
    source = made(minutes=body)
    assert source.history.intervals("BTCUSDT") == ["1m"]
    assert source.history.first_open("BTCUSDT", "1m") == opens[0]
    assert source.history.rows("BTCUSDT", "5m", 0, START) is None
    market = Market(source)
    rows = market.klines("BTCUSDT", "1m", start_ms=None, end_ms=None, offset_minutes=0, limit=5)
    assert [row.open_time for row in rows] == opens
    assert market.last_price("BTCUSDT") == parse("1.2")


def test_what_are_no_candles_is_refused() -> None:
    with pytest.raises(ListingError, match="no candles"):
        made(minutes=b'{"code":-1121}')


def lie(name: str, value: object) -> bytes:
    body = json.loads(trade(1))
    body["data"][name] = value
    return json.dumps(body).encode()


@pytest.mark.parametrize(
    "body",
    [
        lie("p", "-1.00000000"), lie("p", "0.00000000"), lie("q", "0"), lie("p", "one"), lie("m", None),
        lie("q", "9" * 30), lie("t", 2**63), lie("t", -1), lie("T", 10**18), lie("T", -1), lie("E", 10**18),
        depth(1, 8, 9).replace("[]", "null").encode(), depth(1, 8, 9).replace("99.5", "-9").encode(),
        depth(1, 8, 9).replace("99.5", "9" * 5_000 + ".").encode(), snapshot(9).replace("99.0", "x").encode(),
    ],
)  # fmt: skip
@pytest.mark.anyio
async def test_what_cannot_be_is_refused_and_the_market_goes_on(body: bytes) -> None:
    source = made()
    assert push(source, snapshot(7)) == [True]
    assert not source.push("BTCUSDT", body)
    assert push(source, trade(200, 2)) == [True]
    assert source.state()["refused"] == 1
    assert source.now_ms() == START + 200
    [batch] = await taken(source)
    market = Market(source)
    market.apply(batch)
    assert market.last_price("BTCUSDT") == parse("100")
