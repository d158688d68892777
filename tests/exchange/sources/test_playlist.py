"""Files find their market by themselves, and the markets play in step."""

import json
from pathlib import Path

import pytest

from binance_mcp_server.exchange.sources.errors import ReplayError
from binance_mcp_server.exchange.sources.playlist import Playlist
from binance_mcp_server.exchange.sources.products import Marks, product_of
from tests.exchange.sources.recordings import START, depth, line, recorded, snapshot, trade

ROW = f'[{START},"1.50","2.00","1.00","2.00","3.125",{START + 59_999},"4.00",5,"6","7","0"]\n'


def futures_trade(at_ms: int, symbol: str, number: int = 1) -> str:
    return trade(at_ms, number, symbol, "100.10").replace('"M":true', '"X":"MARKET"')


def futures_depth(at_ms: int, before: int, first: int, last: int, symbol: str) -> str:
    return depth(at_ms, first, last, symbol).replace('"b":', f'"pu":{before},"b":')


@pytest.mark.parametrize(
    ("marks", "product"),
    [
        (Marks("BTCUSDT", U=1), "spot"),
        (Marks("BTCUSDT", M=True), "spot"),
        (Marks("BTCUSDT", U=1, pu=1), "usdm"),
        (Marks("BTCUSDT", X="MARKET"), "usdm"),
        (Marks("BTCUSDT", U=1, pu=1, ps="BTCUSDT", st=1), "usdm"),
        (Marks("BTCUSDT_240927"), "usdm"),
        (Marks("BTCUSD_PERP", X="MARKET"), "coinm"),
        (Marks("BTCUSD_240927"), "coinm"),
        (Marks("NEWNAME", pu=1, ps="NEW"), "coinm"),
        (Marks("NEWNAME", pu=1, ps="NEW", st=2), "coinm"),
        (Marks("BTCUSDT"), None),
    ],
)
def test_a_frame_shows_its_market(marks: Marks, product: str | None) -> None:
    assert product_of(marks) == product


def test_the_same_name_in_two_markets_is_two_symbols(tmp_path: Path) -> None:
    spot = recorded(tmp_path / "a.gz", line(0, trade(0, 1)))
    usdm = recorded(tmp_path / "b.gz", line(1, futures_trade(1, "BTCUSDT")))
    rules = Playlist([usdm, spot]).rules
    assert [(it.product, it.symbol, it.places.price) for it in rules] == [
        ("spot", "BTCUSDT", 8),
        ("usdm", "BTCUSDT", 2),
    ]


def test_markets_are_merged_by_receipt_and_files_of_one_follow_each_other(tmp_path: Path) -> None:
    spot = [
        recorded(tmp_path / "a.gz", line(0, trade(40, 1)), line(30, trade(41, 2))),
        recorded(tmp_path / "b.gz", line(50, trade(60, 3))),
    ]
    usdm = recorded(
        tmp_path / "c.gz",
        line(10, futures_trade(11, "BTCUSDT", 7)),
        line(60, futures_trade(61, "BTCUSDT", 8)),
    )
    items = list(Playlist([usdm, *spot]).received(START))
    told = [
        (it.frame.product, json.loads(it.frame.payload)["data"]["t"], it.frame.time_ms - START)
        for it in items
    ]
    assert told == [
        ("spot", 1, 40),
        ("usdm", 7, 40),  # it was made at 11, but 40 has been named before
        ("spot", 2, 41),
        ("spot", 3, 60),
        ("usdm", 8, 61),
    ]
    assert [it.at_ms - START for it in items] == [0, 10, 30, 50, 60]


def test_recordings_of_one_market_must_be_in_order_and_those_of_several_need_not(
    tmp_path: Path,
) -> None:
    early = recorded(tmp_path / "a.gz", line(0, trade(0, 1)))
    late = recorded(tmp_path / "b.gz", line(9_000, trade(9_000, 2)))
    usdm = recorded(tmp_path / "c.gz", line(4_000, futures_trade(4_000, "BTCUSDT")))
    assert Playlist([early, late, usdm]).bounds() == (START, START + 9_000)
    with pytest.raises(ReplayError, match="in order of their time"):
        Playlist([late, usdm, early])


def test_a_market_of_its_own_in_each_file(tmp_path: Path) -> None:
    both = recorded(
        tmp_path / "a.gz", line(0, trade(0, 1)), line(1, futures_trade(1, "BTCUSD_PERP"))
    )
    with pytest.raises(ReplayError, match=r"line 2 is of coinm .* of spot: record each market"):
        Playlist([both])


def test_without_a_snapshot_a_futures_book_begins_with_the_id_before_its_first_update(
    tmp_path: Path,
) -> None:
    path = recorded(tmp_path / "a.gz", line(0, futures_depth(0, 70, 90, 95, "BTCUSD_PERP")))
    playlist = Playlist([path])
    [frame] = playlist.opening(START)
    assert (frame.product, json.loads(frame.payload)["lastUpdateId"]) == ("coinm", 70)
    assert playlist.partial_books == ["coinm:BTCUSD_PERP"]


def test_a_snapshot_that_names_its_symbol_is_believed(tmp_path: Path) -> None:
    named = snapshot(95).replace('"bids"', '"symbol":"ETHUSD_PERP","pair":"ETHUSD","bids"')
    path = recorded(
        tmp_path / "a.gz",
        line(0, futures_depth(0, 70, 90, 99, "BTCUSD_PERP")),
        line(1, futures_depth(1, 70, 90, 99, "ETHUSD_PERP")),
        line(2, named),
    )
    opening = {frame.symbol: frame.payload for frame in Playlist([path]).opening(START)}
    assert opening["ETHUSD_PERP"] == named.encode()
    assert b'"lastUpdateId":70' in opening["BTCUSD_PERP"]


@pytest.mark.parametrize(
    ("recording", "klines", "product"),
    [
        (None, "BTCUSDT_1m.jsonl.gz", "spot"),
        (None, "BTCUSD_PERP_1m.jsonl.gz", "coinm"),
        (futures_trade(0, "BTCUSDT"), "BTCUSDT_1m.jsonl.gz", "usdm"),
        (futures_trade(0, "BTCUSDT"), "ETHUSDT_1m.jsonl.gz", "usdm"),
        (futures_trade(0, "BTCUSDT"), "ETHUSD_PERP_1m.jsonl.gz", "coinm"),
        (trade(0), "BTCUSDT_1m.jsonl.gz", "spot"),
    ],
)
def test_a_kline_file_is_the_past_of_the_market_it_fits(
    tmp_path: Path, recording: str | None, klines: str, product: str
) -> None:
    files = [recorded(tmp_path / klines, ROW)]
    if recording:
        files.append(recorded(tmp_path / "a.gz", line(0, recording)))
    playlist = Playlist(files)
    held = [name for name, history in playlist.histories.items() if history.symbols]
    assert held == [product]
    if product == "usdm" and klines.startswith("ETH"):
        [rules] = [it for it in playlist.rules if it.symbol == "ETHUSDT"]
        assert rules.places == (2, 3, 5)
