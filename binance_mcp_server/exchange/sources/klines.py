"""Kline files as history: what the venue's REST API and its public archive give.

Read are, packed with gzip, zip or not at all:

- ``BTCUSDT_1h.jsonl``: rows of ``/api/v3/klines``, one JSON array a line;
- ``BTCUSDT-1m-2020-01-01`` and ``BTCUSDT-1m-2026-06`` as CSV: days and months of the public archive, with or
  without a header. Their times are in ms, from 2025 on in µs; here always ms.

Symbol and interval are in the name. A file stays in memory as its unpacked bytes and an index; a row is taken apart
when it is asked for, and its digits are never touched.
"""

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from binance_mcp_server.exchange.sources.base import KlineRow
from binance_mcp_server.exchange.sources.digits import Digits
from binance_mcp_server.exchange.sources.errors import ReplayError
from binance_mcp_server.exchange.sources.reading import content

_INTERVALS = ("1s", "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h")
_LONG_INTERVALS = ("1d", "3d", "1w", "1M")
_ORDER = (*_INTERVALS, *_LONG_INTERVALS)
_NAMES = "|".join(_ORDER)
_PACKED = r"(?:\.gz)?"
_NAME = re.compile(
    rf"(?P<symbol>\w+?)_(?P<interval>{_NAMES})\.jsonl{_PACKED}"
    rf"|(?P<archived>\w+)-(?P<span>{_NAMES}|1mo)-\d{{4}}-\d\d(?:-\d\d)?\.(?:zip|csv{_PACKED})"
)

_TIME, _NUMBER, _COUNT = rb"(\d{9,16})", rb"\d+(?:\.\d+)?", rb"\d+"
_JSON_ROW = re.compile(
    rb'\[%b,(?:"%b",){5}%b,"%b",%b,"%b","%b"(?:,"[^"]*")?\]'
    % (_TIME, _NUMBER, _TIME, _NUMBER, _COUNT, _NUMBER, _NUMBER)
)
_CSV_ROW = re.compile(
    rb"%b,(?:%b,){5}%b,%b,%b,%b,%b(?:,[^,]*)?"
    % (_TIME, _NUMBER, _TIME, _NUMBER, _COUNT, _NUMBER, _NUMBER)
)
_MICROSECONDS = 10**14
"""A time of this or more is in µs: in ms it would be the year 5138."""

_SAMPLE = 500
"""Rows looked at for a symbol's ticks, from either end."""


class Holding(NamedTuple):
    """What a kline file is about."""

    symbol: str
    interval: str


def holding_of(path: Path) -> Holding | None:
    """Symbol and interval that a file's name tells; ``None`` if it is not a kline file's."""
    match = _NAME.fullmatch(path.name)
    if not match:
        return None
    interval = match["interval"] or match["span"]
    return Holding(match["symbol"] or match["archived"], "1M" if interval == "1mo" else interval)


class KlineFile:
    """One file's rows. Raises :class:`ReplayError` if any of them is not a candle, or they are not in order."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._blob = content(path)
        self._opens = array("q")
        self._starts = array("q")
        self._index()
        self.first_open, self.last_open = self._opens[0], self._opens[-1]
        self.close_time = max(self.row(len(self) - 1).close_time, self.last_open)

    def __len__(self) -> int:
        return len(self._opens)

    def row(self, place: int) -> KlineRow:
        """The row at a place, its digits untouched."""
        start = self._starts[place]
        end = self._blob.find(b"\n", start)
        line = self._blob[start : end if end >= 0 else len(self._blob)]
        cells = line.translate(None, b'[]"\r').decode("ascii").split(",")
        opens, price, high, low, close, volume, closes, quote, count, base, taken = cells[:11]
        return KlineRow(
            _ms(opens), price, high, low, close, volume, _ms(closes), quote, int(count), base, taken
        )

    def between(self, start_ms: int, end_ms: int) -> list[KlineRow]:
        """Rows with ``start_ms <= open_time <= end_ms``."""
        first = bisect_left(self._opens, start_ms)
        return [self.row(place) for place in range(first, bisect_right(self._opens, end_ms))]

    def digits(self, price: Digits, qty: Digits) -> None:
        """Show a sample of the rows' numbers to both."""
        count = len(self)
        for place in {*range(min(_SAMPLE, count)), *range(max(0, count - _SAMPLE), count)}:
            row = self.row(place)
            for text in (row.open, row.high, row.low, row.close):
                price.see_largest(text)
            qty.see(row.volume)

    def _index(self) -> None:
        blob, place, number = self._blob, 0, 0
        row = _JSON_ROW if blob.lstrip()[:1] == b"[" else _CSV_ROW
        while place < len(blob):
            end = blob.find(b"\n", place)
            end = len(blob) if end < 0 else end
            number += 1
            self._index_line(row, place, end, number)
            place = end + 1
        if not self._opens:
            raise ReplayError(f"{self.path} has no candles inside: fetch it again")

    def _index_line(self, row: re.Pattern[bytes], place: int, end: int, number: int) -> None:
        if self._blob[end - 1 : end] == b"\r":
            end -= 1
        match = row.fullmatch(self._blob, place, end)
        if match:
            opens = _ms(match[1])
            if self._opens and opens <= self._opens[-1]:
                raise self._wrong(number, "does not open after the one before", place, end)
            self._opens.append(opens)
            self._starts.append(place)
        elif place < end and not (number == 1 and self._blob.startswith(b"open_time")):
            raise self._wrong(number, "is not a candle", place, end)

    def _wrong(self, number: int, what: str, place: int, end: int) -> ReplayError:
        return ReplayError(
            f"{self.path}: line {number} {what} ({self._blob[place : min(end, place + 80)]!r}): "
            "give rows of /api/v3/klines or a file of the public archive, unchanged"
        )


class KlineFiles:
    """The history that a set of kline files holds."""

    def __init__(self, paths: Sequence[Path]) -> None:
        found: dict[Holding, list[KlineFile]] = {}
        for path in paths:
            holding = holding_of(path)
            if holding is None:
                raise ReplayError(
                    f"{path} is not named as a kline file: BTCUSDT_1h.jsonl.gz or the like"
                )
            found.setdefault(holding, []).append(KlineFile(path))
        self._files: Mapping[Holding, list[KlineFile]] = {
            holding: _in_order(files) for holding, files in found.items()
        }

    @property
    def symbols(self) -> Sequence[str]:
        """In the order given."""
        return list(dict.fromkeys(holding.symbol for holding in self._files))

    @property
    def close_time(self) -> int | None:
        """When the last candle closes, ms; ``None`` without files."""
        return max((files[-1].close_time for files in self._files.values()), default=None)

    def rows(
        self, symbol: str, interval: str, start_ms: int, end_ms: int
    ) -> Sequence[KlineRow] | None:
        """As :class:`History` has it."""
        files = self._files.get(Holding(symbol, interval))
        if files is None:
            return None
        return [row for file in files for row in file.between(start_ms, end_ms)]

    def intervals(self, symbol: str) -> Sequence[str]:
        """The intervals held, shortest first."""
        return [interval for interval in _ORDER if Holding(symbol, interval) in self._files]

    def first_open(self, symbol: str, interval: str) -> int | None:
        """Open time of the oldest row held."""
        files = self._files.get(Holding(symbol, interval))
        return files[0].first_open if files else None

    def digits(self, symbol: str, price: Digits, qty: Digits) -> None:
        """Show numbers of the longest and the shortest interval held of a symbol: old ticks, and small volumes."""
        held = self.intervals(symbol)
        for interval in {*held[:1], *held[-1:]}:
            for file in self._files[Holding(symbol, interval)]:
                file.digits(price, qty)


def _in_order(files: list[KlineFile]) -> list[KlineFile]:
    ordered = sorted(files, key=lambda file: file.first_open)
    for earlier, later in pairwise(ordered):
        if later.first_open <= earlier.last_open:
            raise ReplayError(
                f"{earlier.path} and {later.path} hold the same candles: give one of them"
            )
    return ordered


def _ms(text: str | bytes) -> int:
    time = int(text)
    return time // 1000 if time >= _MICROSECONDS else time
