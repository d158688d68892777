"""Real frames, as they were recorded and with faults put in: nothing is missing without a word."""

import gzip
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from binance_mcp_server.binance_ws_api.dispatch import Dispatcher
from binance_mcp_server.binance_ws_api.kinds import Spec, spec
from binance_mcp_server.binance_ws_api.stream import Stream
from binance_mcp_server.models.events import Event, Gap, Record, TradeEvent
from binance_mcp_server.venues import Market

CAPTURES: list[tuple[str, Market, str, dict[str, int]]] = [
    ("spot_btcusdt_20240808", "spot", "BTCUSDT",
     {"depth@100ms": 3_451, "bookTicker": 28_040, "trade": 9_757}),
    ("usdm_btcusdt_20240808", "usdm", "BTCUSDT",
     {"depth@0ms": 6_551, "bookTicker": 66_089, "trade": 21_313}),
    ("coinm_btcusd_perp_20240808", "coinm", "BTCUSD_PERP",
     {"depth@0ms": 26_847, "bookTicker": 19_136, "trade": 2_286}),
]  # fmt: skip
KINDS = {
    "AggregatedTrades": "aggTrade",
    "AggTrades": "aggTrade",
    "Book": "depth",
    "BookTicker": "bookTicker",
    "Klines": "kline",
    "Liquidations": "liquidation",
    "MarkPrice": "markPrice",
    "MiniTicker": "miniTicker",
    "PartialBook": "partialDepth",
    "RollingWindowTicker": "rollingTicker",
    "Ticker": "ticker",
    "Trades": "trade",
}


def frames(path: Path) -> Iterator[bytes]:
    """Without the local times before them, and without the snapshot among them."""
    with gzip.open(path) as file:
        for line in file:
            frame = line.partition(b" ")[2].strip()
            if frame.startswith(b'{"stream"'):
                yield frame


def streams_of(market: Market, symbol: str, suffixes: Sequence[str]) -> list[Stream]:
    """The recordings hold speeds that are documented no longer."""
    specs = [
        replace(spec(market, suffix.split("@")[0], symbol), name=f"{symbol.lower()}@{suffix}")
        for suffix in suffixes
    ]
    return [Stream(each, 100_000) for each in specs]


@pytest.mark.parametrize(
    ("name", "market", "symbol", "counts"), CAPTURES, ids=[c[1] for c in CAPTURES]
)
@pytest.mark.parametrize("eager", [False, True], ids=["kept", "heard"])
def test_a_recording_has_no_hole_and_nothing_is_found_in_it_that_is_none(
    name: str, market: Market, symbol: str, counts: dict[str, int], eager: bool, data_dir: Path
) -> None:
    streams = streams_of(market, symbol, list(counts))
    dispatcher, heard = Dispatcher(), list[Record]()
    for stream in streams:
        dispatcher.add(stream)
        if eager:
            stream.listeners.append(heard.extend)
    everything = list(frames(data_dir / "captures" / f"{name}.gz"))
    for start in range(0, len(everything), 256):
        assert dispatcher.deliver(everything[start : start + 256], start / 1e4) == []
    for stream, count in zip(streams, counts.values(), strict=True):
        assert (stream.received, len(stream.ring)) == (count, count)
        assert stream.duplicates + stream.reordered + stream.gaps + stream.malformed == 0
        assert stream.sequence.parked == 0
    assert len(heard) == (sum(counts.values()) if eager else 0)


def test_trades_with_faults_are_mended_to_what_was_recorded(data_dir: Path) -> None:
    """Lost, doubled, swapped and broken frames, cut into bursts of any size; what is fetched fills the holes."""
    recorded = [
        each
        for each in frames(data_dir / "captures" / "spot_btcusdt_20240808.gz")
        if b"@trade" in each[:40]
    ]
    (stream,) = streams_of("spot", "BTCUSDT", ["trade"])
    events = {event.id: event for frame in recorded for event in trades_of(stream, frame)}
    dice = random.Random(11)
    arriving: list[tuple[float, bytes]] = []
    for number, frame in enumerate(recorded):
        chance = dice.random() if number else 1.0
        late = dice.choice([0.0, 0.0, 0.0, 2.5]) if number else 0.0
        if chance > 0.1:
            end = dice.randrange(60, len(frame)) if chance < 0.12 else len(frame)
            arriving.append((number + late, frame[:end]))
        if dice.random() < 0.1:
            arriving.append((number + dice.uniform(0, 9), frame))
    arriving.sort()
    heard: list[Record] = []
    stream.listeners.append(heard.extend)
    while arriving:
        size = dice.randrange(1, 60)
        stream.take([frame for _, frame in arriving[:size]], 0.0)
        del arriving[:size]
        hole = stream.sequence.hole
        if hole is not None and dice.random() < 0.5:
            rows: dict[int, Event] = {
                each: events[each] for each in range(hole.first, hole.last + 1)
            }
            stream.add(stream.sequence.fill(rows, hole.last, 0.0))
    while (hole := stream.sequence.hole) is not None:
        rows = {each: events[each] for each in range(hole.first, hole.last + 1)}
        stream.add(stream.sequence.fill(rows, hole.last, 0.0))
    given = [record.id for record in heard if isinstance(record, TradeEvent)]
    assert given == sorted(events)[: len(given)]
    assert len(given) >= len(events) - 60, "but for those at the end that nothing came after"
    assert (stream.gaps, heard) == (0, list(stream.tail()))
    assert stream.repaired > 500
    assert stream.malformed > 50


def trades_of(stream: Stream, frame: bytes) -> list[TradeEvent]:
    return [event for event in stream.read(frame) if isinstance(event, TradeEvent)]


@pytest.mark.parametrize("folder", ["Spot/ExchangeData", "UsdFutures"])
def test_what_another_client_takes_for_the_venue_s_is_read(folder: str, data_dir: Path) -> None:
    """Examples of Binance.Net, each written in a form of its own."""
    market: Market = "spot" if folder.startswith("Spot") else "usdm"
    read = 0
    for path in sorted((data_dir / "fixtures" / "Subscriptions" / folder).glob("*.txt")):
        kind = KINDS.get(path.stem)
        if kind is None:
            continue
        _, _, frame = path.read_text(encoding="utf-8-sig").partition("\n=")
        stream = Stream(example_spec(market, kind), 10)
        stream.take([re.sub(r"^[^{]*", "", frame).strip().encode()], 0.0)
        (record,) = stream.tail()
        assert not isinstance(record, Gap), path.name
        assert stream.malformed == 0
        read += 1
    assert read >= 8


def example_spec(market: Market, kind: str) -> Spec:
    return spec(market, kind, "BTCUSDT", interval="8h" if kind == "kline" else "")
