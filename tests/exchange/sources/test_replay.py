"""Recordings play again: whole, in order, on their own time; the real one gives what was recorded."""

import asyncio
import gzip
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import anyio
import pytest

from binance_mcp_server.exchange.clock import VirtualClock
from binance_mcp_server.exchange.market.intervals import INTERVALS
from binance_mcp_server.exchange.market.state import Market
from binance_mcp_server.exchange.market.types import Trade
from binance_mcp_server.exchange.numbers import parse
from binance_mcp_server.exchange.sources.errors import ReplayError
from binance_mcp_server.exchange.sources.replay import BATCH, ReplaySource
from tests.exchange.market.feeds import plain_candles, told
from tests.exchange.sources.recordings import (
    START,
    depth,
    following,
    gzipped,
    line,
    real_files,
    real_lines,
    recorded,
    snapshot,
    trade,
)


class Played:
    """The real recording at its end, and what is in it."""

    def __init__(self, data_dir: Path) -> None:
        self.source = ReplaySource(real_files(data_dir), VirtualClock(0))
        self.market = Market(self.source)
        self.payloads: list[bytes] = []
        asyncio.run(self._play())
        self.events: list[dict[str, Any]] = [body for _, body in real_lines(data_dir)]
        self.trades = [
            Trade(it["t"], parse(it["p"]), parse(it["q"]), it["T"], it["m"])
            for it in (event.get("data", {}) for event in self.events)
            if it.get("e") == "trade"
        ]

    async def _play(self) -> None:
        async for batch in self.source.frames():
            self.market.apply(batch)
            self.payloads += [frame.payload for frame in batch]


@pytest.fixture(scope="module")
def played(data_dir: Path) -> Played:
    return Played(data_dir)


def test_the_book_is_that_after_the_last_depth_event(played: Played) -> None:
    [whole] = [event for event in played.events if "lastUpdateId" in event]
    bids, asks = dict(whole["bids"]), dict(whole["asks"])
    last = whole["lastUpdateId"]
    for event in played.events:
        data = event.get("data", {})
        if data.get("e") == "depthUpdate" and data["u"] > last:
            assert data["U"] <= last + 1
            bids.update(data["b"])
            asks.update(data["a"])
            last = data["u"]
    view = played.market.book("BTCUSDT", 5000)
    assert last == view.last_update_id == 50_093_696_318
    standing = (
        [(parse(p), parse(q)) for p, q in side.items() if parse(q)] for side in (bids, asks)
    )
    expected_bids, expected_asks = (sorted(side) for side in standing)
    assert list(view.bids) == expected_bids[::-1]
    assert list(view.asks) == expected_asks
    assert view.bids[0].price < view.asks[0].price


def test_every_trade_comes_back_by_its_id(played: Played) -> None:
    found = played.market.trades_from("BTCUSDT", played.trades[0].id, 10**6)
    assert found == played.trades
    assert len(found) == 19_904
    for one in played.trades[::997]:
        assert played.market.trades_from("BTCUSDT", one.id, 1) == [one]


@pytest.mark.parametrize("offset", [0, 480, -330])
@pytest.mark.parametrize("interval", INTERVALS)
def test_every_candle_is_that_of_the_recorded_trades(
    played: Played, interval: str, offset: int
) -> None:
    rows = played.market.klines(
        "BTCUSDT", interval, start_ms=None, end_ms=None, offset_minutes=offset, limit=1000
    )
    busy = {row.open_time: told(row) for row in rows if row.trades}
    assert busy == plain_candles(played.trades, interval, offset)
    assert rows[-1].open_time <= played.source.now_ms() <= rows[-1].close_time


def test_tickers_and_aggregates_count_every_trade(played: Played) -> None:
    day = played.market.rolling("BTCUSDT", 86_400_000)
    assert (day.trades, day.volume) == (19_904, sum(it.qty for it in played.trades))
    assert day.quote == sum(it.quote for it in played.trades)
    aggregates = played.market.agg_trades(
        "BTCUSDT", from_id=0, start_ms=None, end_ms=None, limit=10**6
    )
    assert sum(it.qty for it in aggregates) == day.volume
    assert [it.id for it in aggregates] == list(range(len(aggregates)))


def test_frames_are_as_recorded_and_all_there(played: Played, data_dir: Path) -> None:
    whole = b"".join(gzip.decompress(path.read_bytes()) for path in real_files(data_dir))
    raw = [each.split(b" ", 1)[1] for each in whole.splitlines()]
    assert played.payloads[1:] == raw  # the first is the snapshot, given ahead


def test_the_end_is_told(played: Played) -> None:
    state = played.source.state()
    assert state["ended"] is True
    assert state["position_ms"] == state["end_ms"] == 1_723_161_905_809
    assert state["frames"] == state["frames_total"] == 99_574
    assert played.market.counters()["gaps"] == 0


def test_rules_of_the_real_recording(played: Played) -> None:
    rules = played.market.rules["BTCUSDT"]
    assert (rules.base, rules.quote, rules.tick) == ("BTC", "USDT", parse("0.01"))
    assert all(it.price % rules.tick == 0 == it.qty % rules.step for it in played.trades)


def simple(path: Path) -> Path:
    """A depth update, the snapshot that contains it, another update, trades 1 and 2 seconds later."""
    return recorded(
        path / "small.gz",
        line(0, depth(5, 11, 12)),
        line(10, snapshot(12)),
        line(100, depth(105, 13, 14)),
        line(1000, trade(1005, 1)),
        line(2000, trade(2005, 2)),
    )


@pytest.mark.anyio
async def test_held_it_stands_with_its_first_book_until_it_is_told_to_play(tmp_path: Path) -> None:
    source = ReplaySource([simple(tmp_path)], VirtualClock(0), hold=True)
    market, batches = Market(source), aiter(source.frames())
    market.apply(await following(batches))
    assert market.book("BTCUSDT", 5).last_update_id == 12
    rest = asyncio.ensure_future(following(batches))
    for _ in range(20):
        await asyncio.sleep(0)
    state = source.state()
    assert (state["held"], state["playing"], state["ended"]) == (True, False, False)
    assert state["position_ms"] == source.now_ms() == START + 5
    assert not rest.done()
    source.play()
    with anyio.fail_after(5):
        assert len(await rest) == 3  # its first second
    assert source.state()["playing"] is True


@pytest.mark.anyio
@pytest.mark.parametrize("by", ["subscribed", "play"])
async def test_it_can_wait_for_its_first_subscriber_or_to_be_told(tmp_path: Path, by: str) -> None:
    source = ReplaySource([simple(tmp_path)], VirtualClock(0), await_subscriber=True)
    batches = aiter(source.frames())
    assert len(await following(batches)) == 1
    rest = asyncio.ensure_future(following(batches))
    for _ in range(20):
        await asyncio.sleep(0)
    state = source.state()
    assert (state["held"], state["waiting_for_subscriber"]) == (False, True)
    assert (state["playing"], source.now_ms()) == (False, START + 5)
    assert not rest.done()
    getattr(source, by)()
    with anyio.fail_after(5):
        assert len(await rest) == 3
    assert source.state()["waiting_for_subscriber"] is False
    assert source.state()["playing"] is True


@pytest.mark.anyio
async def test_a_hold_goes_on_when_somebody_subscribes(tmp_path: Path) -> None:
    source = ReplaySource([simple(tmp_path)], VirtualClock(0), hold=True, await_subscriber=True)
    source.subscribed()
    state = source.state()
    assert (state["held"], state["waiting_for_subscriber"]) == (True, False)


@pytest.mark.anyio
async def test_at_full_speed_every_second_has_a_batch_of_its_own(tmp_path: Path) -> None:
    lines = (line(n, trade(n, n + 1)) for n in range(0, 3000, 250))
    source = ReplaySource([recorded(tmp_path / "three.gz", *lines)], VirtualClock(0))
    batches = [list(batch) async for batch in source.frames()]
    assert [len(batch) for batch in batches] == [0, 4, 4, 4]


@pytest.mark.anyio
async def test_at_full_speed_batches_are_bounded_and_time_never_goes_back(tmp_path: Path) -> None:
    count = 2 * BATCH + 3
    lines = (line(n, trade(n - 7 * (n % 2), n + 1)) for n in range(10, count + 10))
    source = ReplaySource([recorded(tmp_path / "many.gz", *lines)], VirtualClock(0))
    batches = [list(batch) async for batch in source.frames()]
    assert [len(batch) for batch in batches] == [0, BATCH, BATCH, 3]
    times = [frame.time_ms for batch in batches for frame in batch]
    assert times == sorted(times)
    assert source.state()["ended"] is True


@pytest.mark.anyio
@pytest.mark.parametrize("speed", [1.0, 20.0, 0.5])
async def test_a_pace_keeps_the_distances_of_receipt(tmp_path: Path, speed: float) -> None:
    clock = VirtualClock(10**12)
    source = ReplaySource([simple(tmp_path)], clock, speed)
    arrivals: list[float] = []

    async def play() -> None:
        async for batch in source.frames():
            now = round(clock.monotonic() * 1000 * speed, 3)
            arrivals.extend([now] * len(batch))
            assert not batch or source.now_ms() == batch[-1].time_ms

    task = asyncio.create_task(play())
    for _ in range(450):
        await asyncio.sleep(0)
        await clock.advance(10)
    with anyio.fail_after(5):
        await task
    step = 10 * speed
    for now, due in zip(arrivals[1:], [0, 10, 100, 1000, 2000], strict=True):
        assert due <= now <= due + step
    assert source.now_ms() == START + 2005


@pytest.mark.anyio
async def test_between_frames_time_goes_on_but_not_past_the_next(tmp_path: Path) -> None:
    clock = VirtualClock(0)
    path = recorded(tmp_path / "two.gz", line(0, trade(0, 1)), line(900, trade(600, 2)))
    source = ReplaySource([path], clock, 2.0)
    batches = aiter(source.frames())
    assert await following(batches) == []
    assert len(await following(batches)) == 1
    waiting = asyncio.ensure_future(following(batches))
    await asyncio.sleep(0)
    said = []
    for _ in range(5):
        said.append(source.now_ms() - START)
        await clock.advance(100)
    assert said == [0, 200, 400, 600, 600]
    with anyio.fail_after(5):
        assert len(await waiting) == 1


@pytest.mark.anyio
async def test_an_aggregate_that_a_batch_cuts_is_told_when_it_is_complete(tmp_path: Path) -> None:
    lines = (line(n, trade(5 if n < BATCH + 2 else 9, n + 1)) for n in range(BATCH + 5))
    source = ReplaySource([recorded(tmp_path / "cut.gz", *lines)], VirtualClock(0))
    market, told = Market(source), []
    async for batch in source.frames():
        market.apply(batch)
        found = market.agg_trades("BTCUSDT", from_id=0, start_ms=None, end_ms=None, limit=9)
        told.append([(it.first_id, it.last_id) for it in found])
    assert told == [[], [], [(1, BATCH + 2)]]
    whole = market.agg_trades("BTCUSDT", from_id=None, start_ms=None, end_ms=None, limit=9)
    assert [(it.first_id, it.last_id) for it in whole] == [(1, BATCH + 2), (BATCH + 3, BATCH + 5)]


@pytest.mark.anyio
@pytest.mark.parametrize("hours", [-1, 1])
async def test_a_clock_that_is_set_neither_stalls_nor_hurries_a_replay(
    tmp_path: Path, hours: int
) -> None:
    clock = VirtualClock(10**12)
    path = recorded(tmp_path / "two.gz", line(0, trade(0, 1)), line(900, trade(900, 2)))
    source = ReplaySource([path], clock, 1.0)
    batches = aiter(source.frames())
    await following(batches)
    assert len(await following(batches)) == 1
    waiting = asyncio.ensure_future(following(batches))
    await clock.advance(300)
    clock.set(clock.now_ms() + hours * 3_600_000)
    assert source.now_ms() == START + 300
    await clock.advance(599)
    assert not waiting.done()
    assert source.now_ms() == START + 899
    await clock.advance(1)
    with anyio.fail_after(5):
        assert len(await waiting) == 1


@pytest.mark.anyio
async def test_a_long_break_is_not_waited_for(tmp_path: Path) -> None:
    day = 86_400_000
    first = recorded(tmp_path / "a.gz", line(0, trade(0, 1)))
    second = recorded(tmp_path / "b.gz", line(day, trade(day, 2)))
    batches = aiter(ReplaySource([first, second], VirtualClock(0), 1.0).frames())
    assert await following(batches) == []
    assert [frame.time_ms - START for frame in await following(batches)] == [0, day]


@pytest.mark.anyio
async def test_without_a_snapshot_the_book_grows_from_the_id_before_its_first_update(
    tmp_path: Path,
) -> None:
    lines = (line(n, depth(n, 11 + n, 11 + n)) for n in range(3))
    source = ReplaySource([recorded(tmp_path / "d.gz", *lines)], VirtualClock(0))
    market, batches = Market(source), aiter(source.frames())
    market.apply(await following(batches))
    assert market.book("BTCUSDT", 5) == (10, (), ())
    market.apply(await following(batches))
    assert market.book("BTCUSDT", 5).last_update_id == 13
    assert market.counters()["gaps"] == 0
    assert source.state()["partial_books"] == ["BTCUSDT"]


@pytest.mark.anyio
async def test_a_snapshot_belongs_to_the_symbol_whose_ids_reach_around_it(tmp_path: Path) -> None:
    path = recorded(
        tmp_path / "two.gz",
        line(0, depth(0, 11, 12)),
        line(1, depth(1, 501, 502, "ETHUSDT")),
        line(2, snapshot(502)),
        line(3, depth(3, 503, 504, "ETHUSDT")),
    )
    batches = aiter(ReplaySource([path], VirtualClock(0)).frames())
    opening = {frame.symbol: frame.payload for frame in await following(batches)}
    assert opening["ETHUSDT"] == snapshot(502).encode()
    assert b'"lastUpdateId":10' in opening["BTCUSDT"]
    assert [frame.symbol for frame in await following(batches)][2] == "ETHUSDT"


@pytest.mark.anyio
async def test_frames_without_a_time_of_receipt_are_due_when_they_were_sent(tmp_path: Path) -> None:
    path = tmp_path / "plain.ndjson"
    path.write_text(f"{trade(0, 1)}\n\n{trade(5, 2)}\n")
    batches = [list(it) async for it in ReplaySource([path], VirtualClock(0)).frames()]
    assert [frame.time_ms - START for frame in batches[1]] == [0, 5]


@pytest.mark.anyio
async def test_kline_files_alone_are_all_past(tmp_path: Path) -> None:
    row = f'[{START},"1","2","1","2","3",{START + 59_999},"4",5,"6","7","0"]\n'
    path = recorded(tmp_path / "BTCUSDT_1m.jsonl.gz", row)
    source = ReplaySource([path], VirtualClock(0), hold=True)
    assert source.start_ms == source.now_ms() == START + 60_000
    assert source.state()["ended"] is True
    assert source.state()["held"] is False
    assert [list(batch) async for batch in source.frames()] == [[]]
    assert Market(source).last_price("BTCUSDT") == 2 * 10**8


@pytest.mark.anyio
async def test_later_candles_of_kline_files_are_not_shown(data_dir: Path) -> None:
    files = [*real_files(data_dir), data_dir / "klines" / "BTCUSDT_1h.jsonl.gz"]
    source = ReplaySource(files, VirtualClock(0))
    market, batches = Market(source), aiter(source.frames())
    market.apply(await following(batches))
    market.apply(await following(batches))
    rows = market.klines("BTCUSDT", "1h", start_ms=None, end_ms=None, offset_minutes=0, limit=3)
    border = 1_723_158_000_000  # the hour that the recording begins in
    assert [row.open_time - border for row in rows] == [-7_200_000, -3_600_000, 0]
    assert rows[0].trades > 50_000 > rows[2].trades


GOOD = "".join(line(n, trade(n, n + 1)) for n in range(400)).encode()
FUTURES = trade(0).replace('"M":true', '"X":"MARKET"')


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (gzipped(b"\n"), "no frame"),
        (gzipped(GOOD)[:-100], "damaged or cut short after line"),
        (gzipped(GOOD)[:900] + b"XXXXXXXX" + gzipped(GOOD)[908:], "damaged"),
        (gzipped(GOOD)[:-6] + b"XX" + gzipped(GOOD)[-4:], "damaged"),
        (b"not packed", "not packed with gzip"),
        (b"\x28\xb5\x2f\xfd and so on", "zstd -d"),
        (gzipped(b"name,price\nBTC,5\n"), "line 1 is not a recorded frame"),
        (gzipped(GOOD + b"17 {}\n"), "line 401 is not a recorded frame"),
        (gzipped(GOOD + b"17\n"), "line 401 is not a recorded frame"),
        (gzipped(GOOD.replace(b'"p":"', b'"p":"-')), "line 1 is not"),
        (gzipped(GOOD + line(401, FUTURES).encode()), "line 401 is of usdm and .* of spot"),
        (
            gzipped(
                f"{line(0, trade(0))}{line(1, trade(1, 1, 'ETHUSDT'))}{line(2, snapshot(5))}".encode()
            ),
            "may be of any",
        ),
    ],
)
def test_a_file_that_cannot_be_played_is_refused_by_name(
    tmp_path: Path, content: bytes, said: str
) -> None:
    path = tmp_path / "capture.gz"
    path.write_bytes(content)
    with pytest.raises(ReplayError, match=said) as caught:
        ReplaySource([path], VirtualClock(0))
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(("name", "said"), [("", "is a folder"), ("nowhere.gz", "cannot be read")])
def test_what_is_no_file_is_refused(tmp_path: Path, name: str, said: str) -> None:
    with pytest.raises(ReplayError, match=said):
        ReplaySource([tmp_path / name], VirtualClock(0))


def test_recordings_out_of_order_are_refused(data_dir: Path) -> None:
    with pytest.raises(ReplayError, match="in order of their time"):
        ReplaySource(real_files(data_dir)[::-1], VirtualClock(0))


def test_frames_that_were_taken_apart_are_refused(data_dir: Path) -> None:
    path = data_dir / "captures" / "usdm_btcusdt_20260304_clip.ndjson"
    with pytest.raises(ReplayError, match=r"line 1 .* taken apart by another recorder"):
        ReplaySource([path], VirtualClock(0))


@pytest.mark.parametrize("speed", [0.0, -1.0, float("nan"), float("inf")])
def test_an_impossible_speed_is_refused(tmp_path: Path, speed: float) -> None:
    with pytest.raises(ReplayError, match="speed"):
        ReplaySource([simple(tmp_path)], VirtualClock(0), speed)


def test_nothing_to_replay_is_refused() -> None:
    nothing: Sequence[Path] = []
    with pytest.raises(ReplayError, match="name a file"):
        ReplaySource(nothing, VirtualClock(0))
