"""Kline files come back digit by digit; what is wrong with one is said with its name."""

import csv
import gzip
import hashlib
import io
import json
import zipfile
from pathlib import Path

import pytest

from binance_mcp_server.exchange.clock import VirtualClock
from binance_mcp_server.exchange.market.state import Market
from binance_mcp_server.exchange.sources.base import KlineRow
from binance_mcp_server.exchange.sources.errors import ReplayError
from binance_mcp_server.exchange.sources.klines import KlineFiles, holding_of
from binance_mcp_server.exchange.sources.replay import ReplaySource
from tests.exchange.sources.recordings import gzipped

HOUR = 3_600_000
EVER = 10**15
ROW = '[{0},"1.00","2.00","0.50","1.5","10.100",{1},"15.30000000",7,"4.0","6.00000000","0"]'
LONG_INTERVALS = ("1d", "3d", "1w", "1M")
SHORT_INTERVALS = ("15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h")


def rows_from(first: int, count: int) -> str:
    return "".join(
        ROW.format(first + n * HOUR, first + (n + 1) * HOUR - 1) + "\n" for n in range(count)
    )


def packed(path: Path, text: str) -> Path:
    path.write_bytes(gzipped(text.encode()))
    return path


def real(path: Path) -> list[KlineRow]:
    with gzip.open(path, "rt") as file:
        return [KlineRow(*json.loads(line)[:11]) for line in file]


def served(path: Path) -> Market:
    return Market(ReplaySource([path], VirtualClock(0)))


def page(market: Market, symbol: str, interval: str, start_ms: int | None) -> list[KlineRow]:
    return list(
        market.klines(
            symbol, interval, start_ms=start_ms, end_ms=None, offset_minutes=0, limit=1000
        )
    )


@pytest.mark.parametrize("interval", LONG_INTERVALS)
@pytest.mark.parametrize("symbol", ["BTCUSDT", "SOLUSDT"])
def test_every_row_of_a_real_file_is_served(data_dir: Path, symbol: str, interval: str) -> None:
    path = data_dir / "klines" / f"{symbol}_{interval}.jsonl.gz"
    market, expected = served(path), real(path)
    found = page(market, symbol, interval, 0)
    while len(more := page(market, symbol, interval, found[-1].open_time + 1)):
        found += more
    assert found == expected


@pytest.mark.parametrize("interval", SHORT_INTERVALS)
@pytest.mark.parametrize("symbol", ["BTCUSDT", "SOLUSDT"])
def test_pages_all_over_a_real_file_are_served(data_dir: Path, symbol: str, interval: str) -> None:
    path = data_dir / "klines" / f"{symbol}_{interval}.jsonl.gz"
    market, expected = served(path), real(path)
    for place in range(0, len(expected), 1 + len(expected) // 7):
        opens = expected[place].open_time
        assert page(market, symbol, interval, opens) == expected[place : place + 1000]
    assert page(market, symbol, interval, None) == expected[-1000:]


def test_archived_days_are_served_digit_by_digit(data_dir: Path) -> None:
    paths = sorted((data_dir / "klines_vision_zip").glob("*.zip"))
    files = KlineFiles(paths)
    expected: list[KlineRow] = []
    for path in paths:
        with zipfile.ZipFile(path) as archive:
            text = archive.read(archive.namelist()[0]).decode()
        expected += [
            KlineRow(int(c[0]), *_five(c), int(c[6]), c[7], int(c[8]), c[9], c[10])
            for c in csv.reader(io.StringIO(text))
        ]
    assert files.rows("BTCUSDT", "1m", 0, EVER) == expected
    assert len(expected) == 2 * 24 * 60


def _five(cells: list[str]) -> tuple[str, str, str, str, str]:
    return cells[1], cells[2], cells[3], cells[4], cells[5]


def test_an_archived_month_with_a_header_is_served(data_dir: Path) -> None:
    files = KlineFiles([data_dir / "klines_1m_usdm" / "AVAXUSDT-1m-2026-06.csv.gz"])
    rows = files.rows("AVAXUSDT", "1m", 0, EVER)
    assert rows is not None
    assert len(rows) == 30 * 24 * 60
    assert rows[0][:6] == (1_780_272_000_000, "8.9810", "8.9820", "8.9710", "8.9740", "17315")


@pytest.mark.parametrize(
    ("name", "holding"),
    [
        ("BTCUSDT_1m.jsonl.gz", ("BTCUSDT", "1m")),
        ("BTCUSDT_1M.jsonl", ("BTCUSDT", "1M")),
        ("1INCHUSDT-1h-2020-01-02.zip", ("1INCHUSDT", "1h")),
        ("币安人生USDT-1mo-2026-01.csv.gz", ("币安人生USDT", "1M")),
        ("BTCUSDT_7m.jsonl.gz", None),
        ("spot_btcusdt_20240808.gz", None),
    ],
)
def test_symbol_and_interval_are_in_the_name(name: str, holding: tuple[str, str] | None) -> None:
    assert holding_of(Path(name)) == holding


def test_microseconds_of_newer_archives_become_milliseconds(tmp_path: Path) -> None:
    line = "1735689600000000,1,2,0.5,1.5,10,1735693199999999,15,7,4,6,0\n"
    [row] = (
        KlineFiles([packed(tmp_path / "BTCUSDT-1h-2025-01.csv.gz", line)]).rows(
            "BTCUSDT", "1h", 0, EVER
        )
        or ()
    )
    assert (row.open_time, row.close_time, row.low) == (1_735_689_600_000, 1_735_693_199_999, "0.5")


def test_files_of_one_interval_join_in_order_of_time(tmp_path: Path) -> None:
    later = packed(tmp_path / "BTCUSDT-1h-2020-02.csv.gz", rows_from(50 * 10**9 + 5 * HOUR, 3))
    first = packed(tmp_path / "BTCUSDT_1h.jsonl.gz", rows_from(50 * 10**9, 3))
    files = KlineFiles([later, first])
    rows = files.rows("BTCUSDT", "1h", 0, EVER) or ()
    assert [(row.open_time - 50 * 10**9) // HOUR for row in rows] == [0, 1, 2, 5, 6, 7]
    assert files.intervals("BTCUSDT") == ["1h"]
    assert files.first_open("BTCUSDT", "1h") == 50 * 10**9
    assert files.rows("BTCUSDT", "1m", 0, EVER) is None


def test_rules_follow_from_the_digits(tmp_path: Path) -> None:
    path = packed(tmp_path / "ETHBTC_1h.jsonl.gz", rows_from(50 * 10**9, 3))
    [rules] = ReplaySource([path], VirtualClock(0)).rules
    assert (rules.base, rules.quote) == ("ETH", "BTC")
    assert (rules.tick, rules.step) == (10**7, 10**7)


GOOD = rows_from(50 * 10**9, 400)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (gzipped(b""), "no candles"),
        (gzipped(GOOD.encode())[:-200], "damaged or cut short"),
        (
            gzipped(GOOD.encode())[:200] + b"XXXXXXXX" + gzipped(GOOD.encode())[208:],
            "damaged",
        ),
        (b"plainly not packed", "not packed with gzip"),
        (gzipped(b'{"some": "json"}\n'), "line 1 is not a candle"),
        (gzipped((GOOD + ROW.format(1, 2)[:-9]).encode()), "line 401 is not a candle"),
        (gzipped(GOOD.replace('"2.00"', '"NaN"').encode()), "line 1 is not a candle"),
        (gzipped((GOOD + GOOD).encode()), "line 401 does not open after"),
        (b"\x28\xb5\x2f\xfd and so on", "zstd"),
    ],
)
def test_a_file_that_cannot_serve_is_refused_by_name(
    tmp_path: Path, content: bytes, said: str
) -> None:
    path = tmp_path / "BTCUSDT_1h.jsonl.gz"
    path.write_bytes(content)
    with pytest.raises(ReplayError, match=said) as caught:
        KlineFiles([path])
    assert str(path) in str(caught.value)


def test_two_files_with_the_same_candles_are_refused(tmp_path: Path) -> None:
    paths = [packed(tmp_path / name, GOOD) for name in ("A_1h.jsonl.gz", "A-1h-2020-01.csv.gz")]
    with pytest.raises(ReplayError, match="same candles"):
        KlineFiles(paths)


@pytest.mark.parametrize(("checksum", "fits"), [("right", True), ("0" * 64, False), ("", False)])
def test_an_archive_is_checked_against_its_checksum(
    tmp_path: Path, checksum: str, fits: bool
) -> None:
    path = tmp_path / "BTCUSDT-1h-2020-01-01.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "BTCUSDT-1h-2020-01-01.csv", "50000000000,1,2,1,2,3,50003599999,4,5,6,7,0\n"
        )
    right = hashlib.sha256(path.read_bytes()).hexdigest()
    text = f"{checksum.replace('right', right)}  {path.name}"
    path.with_name(path.name + ".CHECKSUM").write_text(text)
    if fits:
        assert KlineFiles([path]).close_time == 50_003_599_999
    else:
        with pytest.raises(ReplayError, match="does not match"):
            KlineFiles([path])


@pytest.mark.parametrize("cut", [30, 100])
def test_a_damaged_archive_is_refused(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "BTCUSDT-1h-2020-01-01.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("some.csv", GOOD)
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(ReplayError, match="damaged"):
        KlineFiles([path])
