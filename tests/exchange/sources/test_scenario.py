"""The scenario as a source: the venue's frames, one a step of the clock, the same bytes from the same seed."""

import asyncio
import hashlib
import json
from collections.abc import Iterable
from contextlib import aclosing
from typing import Any

import pytest

from binance_mcp_server.exchange.clock import VirtualClock
from binance_mcp_server.exchange.numbers import parse
from binance_mcp_server.exchange.sources.base import BoundedHistory, Frame, Source
from binance_mcp_server.exchange.sources.scenario import MAX_CATCH_UP_MS, ScenarioSource

START_MS = 1_790_000_000_037
MINUTE_MS = 60_000


def made(seed: int = 1, steps: int = 0) -> tuple[ScenarioSource, list[Frame]]:
    source = ScenarioSource(seed, VirtualClock(START_MS))
    frames = source.open()
    for _ in range(steps):
        frames += source.step()
    return source, frames


def digest(frames: Iterable[Frame]) -> str:
    return hashlib.sha256(b"\n".join(frame.payload for frame in frames)).hexdigest()


def data(frames: Iterable[Frame], stream: str) -> list[dict[str, Any]]:
    """Payloads of one stream, decoded."""
    bodies = [json.loads(frame.payload) for frame in frames]
    return [body["data"] for body in bodies if body.get("stream") == stream]


def test_it_is_a_source() -> None:
    source: Source = ScenarioSource(1, VirtualClock(START_MS))
    assert source.start_ms == source.now_ms() == START_MS
    assert isinstance(source.history, BoundedHistory)
    assert len({rules.symbol for rules in source.rules}) == len(source.rules) >= 12


def test_the_same_seed_and_start_give_the_same_bytes() -> None:
    assert digest(made(seed=4, steps=200)[1]) == digest(made(seed=4, steps=200)[1])
    assert digest(made(seed=4)[1]) != digest(made(seed=5)[1])


def test_the_opening_has_a_snapshot_of_every_symbol_and_then_trades() -> None:
    source, frames = made()
    count = len(source.rules)
    assert [frame.symbol for frame in frames[:count]] == [rules.symbol for rules in source.rules]
    for frame in frames[:count]:
        body = json.loads(frame.payload)
        assert list(body) == ["lastUpdateId", "bids", "asks"]
        both = bool(body["bids"] and body["asks"])
        assert both == (frame.symbol != "XMRUSDT")
    assert {json.loads(frame.payload)["data"]["e"] for frame in frames[count:]} == {"trade"}
    assert {frame.time_ms for frame in frames} == {START_MS}


def test_frames_have_the_venues_shape() -> None:
    _, frames = made(steps=100)
    trade = data(frames, "btcusdt@trade")[-1]
    depth = data(frames, "btcusdt@depth@100ms")[-1]
    ticker = data(frames, "btcusdt@bookTicker")[-1]
    assert list(trade) == ["e", "E", "s", "t", "p", "q", "T", "m", "M"]
    assert list(depth) == ["e", "E", "s", "U", "u", "b", "a"]
    assert list(ticker) == ["u", "s", "b", "B", "a", "A"]
    assert {trade["s"], depth["s"], ticker["s"]} == {"BTCUSDT"}
    assert len(trade["p"].split(".")[1]) == 8


def test_a_chinese_name_stays_itself_in_stream_and_symbol() -> None:
    _, frames = made()
    assert data(frames, "币安人生usdt@trade")[0]["s"] == "币安人生USDT"


def test_snapshot_and_updates_give_the_book_that_the_ticker_shows() -> None:
    """U == previous u + 1 for every symbol, and the followed book's top is the last bookTicker's."""
    source, frames = made(steps=600)
    for rules in source.rules:
        mine = [frame for frame in frames if frame.symbol == rules.symbol]
        snapshot = json.loads(mine[0].payload)
        last = snapshot["lastUpdateId"]
        sides = {side: dict(snapshot[name]) for side, name in (("b", "bids"), ("a", "asks"))}
        stream = rules.symbol.encode().lower().decode()
        for update in data(mine[1:], f"{stream}@depth@100ms"):
            assert update["U"] == last + 1
            last = update["u"]
            for side, book in sides.items():
                book.update(update[side])
        tickers = data(mine[1:], f"{stream}@bookTicker")
        if tickers:
            bids, asks = ([p for p in sides[s] if parse(sides[s][p])] for s in "ba")
            assert max(bids, key=parse) == tickers[-1]["b"]
            assert min(asks, key=parse) == tickers[-1]["a"]
            assert sides["b"][tickers[-1]["b"]] == tickers[-1]["B"]
            assert sides["a"][tickers[-1]["a"]] == tickers[-1]["A"]
            assert tickers[-1]["u"] <= last


def test_time_never_runs_back() -> None:
    times = [frame.time_ms for frame in made(steps=300)[1]]
    assert times == sorted(times)


@pytest.mark.parametrize("step_ms", [0, -100, 70, 2000])
def test_a_step_that_could_reach_over_the_end_of_a_candle_is_refused(step_ms: int) -> None:
    with pytest.raises(ValueError, match="part of a second"):
        ScenarioSource(1, VirtualClock(START_MS), step_ms)


def test_it_can_be_read_once() -> None:
    source, _ = made()
    with pytest.raises(RuntimeError, match="already"):
        source.open()


def test_history_is_in_the_venues_digits() -> None:
    source, _ = made()
    end = START_MS // MINUTE_MS * MINUTE_MS
    rows = source.history.rows("BTCUSDT", "1m", end - 5 * MINUTE_MS, START_MS)
    assert rows is not None
    assert [row.open_time for row in rows] == [end - n * MINUTE_MS for n in (5, 4, 3, 2, 1)]
    assert {row.close_time - row.open_time for row in rows} == {MINUTE_MS - 1}
    assert rows[-1].close == "64954.00000000"
    assert all(len(row.volume.split(".")[1]) == 8 for row in rows)
    assert source.history.intervals("BTCUSDT") == ("1m",)
    assert source.history.rows("BTCUSDT", "1h", 0, START_MS) is None
    assert source.history.intervals("XMRUSDT") == ()


def test_the_oldest_row_is_known_without_making_all() -> None:
    source, _ = made()
    first = source.history.first_open("BTCUSDT", "1m")
    assert first is not None
    rows = source.history.rows("BTCUSDT", "1m", 0, first + MINUTE_MS)
    assert rows is not None
    assert rows[0].open_time == first
    assert source.history.first_open("XMRUSDT", "1m") is None
    assert source.history.first_open("BTCUSDT", "1h") is None


def test_the_first_live_trade_is_at_the_last_close_of_the_past() -> None:
    source, frames = made()
    for rules in source.rules:
        trades = data(frames, f"{rules.symbol.encode().lower().decode()}@trade")
        rows = source.history.rows(rules.symbol, "1m", START_MS - 2 * MINUTE_MS, START_MS)
        if rows:
            assert trades[0]["p"] == rows[-1].close


@pytest.mark.anyio
async def test_a_batch_comes_at_each_step_of_the_clock() -> None:
    clock = VirtualClock(START_MS)
    source = ScenarioSource(1, clock)
    async with aclosing(source.frames()) as batches:
        assert await anext(batches)
        await clock.advance(63)  # to the first whole multiple of 100 ms
        batch = await anext(batches)
        assert batch[-1].time_ms == clock.now_ms() == source.now_ms()
        assert source.state()["position_ms"] == clock.now_ms()


@pytest.mark.anyio
async def test_a_reader_that_waits_is_woken_once_a_step() -> None:
    clock = VirtualClock(START_MS)
    source = ScenarioSource(1, clock)
    ends: list[int] = []

    async def read() -> None:
        async for batch in source.frames():
            ends.append(batch[-1].time_ms)  # noqa: PERF401 - what was read before the end counts

    reader = asyncio.create_task(read())
    for _ in range(5):  # up to its first wait
        await asyncio.sleep(0)
    await clock.advance(363)
    reader.cancel()
    assert ends == [START_MS, *(START_MS + 63 + 100 * step for step in range(4))]


@pytest.mark.anyio
async def test_a_late_clock_gets_every_step_in_the_same_bytes() -> None:
    clock = VirtualClock(START_MS)
    source = ScenarioSource(1, clock)
    async with aclosing(source.frames()) as batches:
        frames = list(await anext(batches))
        await clock.advance(2_063)
        for _ in range(21):
            frames += await anext(batches)
    assert digest(frames) == digest(made(seed=1, steps=21)[1])
    assert source.state()["skipped_ms"] == 0


@pytest.mark.anyio
async def test_a_suspended_machine_is_a_halt_of_the_market_and_counted() -> None:
    clock = VirtualClock(START_MS)
    source = ScenarioSource(1, clock)
    async with aclosing(source.frames()) as batches:
        await anext(batches)
        await clock.advance(63 + 10 * MAX_CATCH_UP_MS)
        batch = await anext(batches)
    assert {frame.time_ms // 100 for frame in batch} <= {
        clock.now_ms() // 100 - 1,
        clock.now_ms() // 100,
    }
    assert source.state()["skipped_ms"] == 10 * MAX_CATCH_UP_MS
    assert source.now_ms() == clock.now_ms()


def test_the_venue_never_says_a_time_whose_step_is_still_to_come() -> None:
    """Else a candle could be closed by the time and still get a trade."""
    clock = VirtualClock(START_MS)
    source = ScenarioSource(1, clock)
    source.open()
    clock.set(START_MS + 500)
    assert source.now_ms() == START_MS + 62
    clock.set(START_MS - 500)
    assert source.now_ms() == START_MS
