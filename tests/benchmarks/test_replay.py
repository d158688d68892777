"""The measurement of a fast replay: what is played is told and counted, and without recordings there is no figure."""

from pathlib import Path

import pytest

from benchmarks import replay
from binance_mcp_server.exchange.engine.symbols import LISTINGS
from binance_mcp_server.exchange.ws.names import lower_names, parse
from tests.exchange.sources.recordings import line, recorded, trade

SECONDS = 20


def test_fifty_streams_are_asked_for_and_all_exist() -> None:
    rules = LISTINGS[0].rules
    names = lower_names([rules.symbol])
    (symbol,) = names
    streams = [parse(f"{symbol}@{kind}", "spot", names) for kind in replay.KINDS]
    assert len({stream for stream in streams if stream and stream.kind != "silent"}) == 50


def test_a_recording_is_played_to_its_end_to_one_reader(tmp_path: Path) -> None:
    frames = [line(at, trade(at, at // 1000 + 1)) for at in range(0, SECONDS * 1000 + 1, 1000)]
    played = replay.play([recorded(tmp_path / "made_by_hand.gz", *frames)], "btcusdt")
    assert played.recorded == SECONDS
    assert 0 < played.seconds < replay.PATIENCE
    assert played.messages > 4 * len(frames)  # trades, aggregates, a candle of a second, a ticker


def test_without_recordings_it_says_so_and_gives_no_row(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert replay.run(tmp_path) == []
    assert f"no {replay.FILES[0]}; BINANCE_MCP_DATA names" in capsys.readouterr().out
