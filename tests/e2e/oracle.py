"""What recordings say, read here anew: book, trades, candles. Nothing of the project takes part in it."""

import gzip
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

DAY = 86_400_000
LENGTHS = {
    "1s": 1_000, "1m": 60_000, "3m": 180_000, "5m": 300_000, "15m": 900_000, "30m": 1_800_000,
    "1h": DAY // 24, "2h": DAY // 12, "4h": DAY // 6, "6h": DAY // 4, "8h": DAY // 3, "12h": DAY // 2,
    "1d": DAY, "3d": 3 * DAY, "1w": 7 * DAY,
}  # fmt: skip
"""ms of the intervals that are as long as their names say."""
INTERVALS = (*LENGTHS, "1M")
SHIFTS = {"1w": 4 * DAY, "3d": DAY}
"""Where counting in whole lengths from 1970 begins, ms: weeks open on Mondays, three days of BTCUSDT as all of its
recorded ones do (``klines/BTCUSDT_3d.jsonl.gz``; other symbols have days of their own)."""


class Trade(NamedTuple):
    """A recorded trade; times are ms, numbers the venue's digits."""

    id: int
    time: int
    price: Decimal
    quantity: Decimal
    buyer_is_maker: bool

    @property
    def quote(self) -> Decimal:
        return self.price * self.quantity

    @property
    def side(self) -> str:
        """The taker's."""
        return "sell" if self.buyer_is_maker else "buy"


class Book(NamedTuple):
    """Prices to quantities, and the last update applied."""

    update_id: int
    bids: dict[Decimal, Decimal]
    asks: dict[Decimal, Decimal]

    def levels(self) -> tuple[list[list[str]], list[list[str]]]:
        """Both sides, best first, in plain digits."""
        return _levels(self.bids, reverse=True), _levels(self.asks, reverse=False)


def frames(files: Sequence[Path]) -> Iterator[dict[str, Any]]:
    """Recorded frames: events as they are in ``data``, the snapshot as it is."""
    for file in files:
        with gzip.open(file, "rt") as lines:
            for line in lines:
                frame = json.loads(line.split(" ", 1)[1])
                yield frame.get("data", frame)


def book_and_trades(files: Sequence[Path]) -> tuple[Book, list[Trade]]:
    """The book after the last depth event, and all trades."""
    trades: list[Trade] = []
    events: list[dict[str, Any]] = []
    snapshot: dict[str, Any] = {}
    for frame in frames(files):
        kind = frame.get("e")
        if kind == "trade":
            price, quantity = Decimal(frame["p"]), Decimal(frame["q"])
            trades.append(Trade(frame["t"], frame["T"], price, quantity, frame["m"]))
        elif kind == "depthUpdate":
            events.append(frame)
        elif "lastUpdateId" in frame:
            snapshot = snapshot or frame
    return _book(snapshot, events), trades


def candles(trades: Sequence[Trade], interval: str) -> list[list[Any]]:
    """Candles of all columns; where nobody traded the price stands still."""
    by_open: dict[int, list[Trade]] = {}
    for trade in trades:
        by_open.setdefault(opening(trade.time, interval), []).append(trade)
    rows, price = [], trades[0].price
    moment = opening(trades[0].time, interval)
    while moment <= opening(trades[-1].time, interval):
        inside = by_open.get(moment, [])
        rows.append(_candle(moment, interval, inside, price))
        price = inside[-1].price if inside else price
        moment = closing(moment, interval) + 1
    return rows


def opening(time_ms: int, interval: str) -> int:
    """When the candle that holds a moment opens, ms."""
    if interval == "1M":
        day = datetime.fromtimestamp(time_ms // 1000, UTC)
        return int(datetime(day.year, day.month, 1, tzinfo=UTC).timestamp()) * 1000
    return time_ms - (time_ms - SHIFTS.get(interval, 0)) % LENGTHS[interval]


def closing(open_ms: int, interval: str) -> int:
    """The last ms of a candle."""
    if interval == "1M":
        return opening(open_ms + 32 * DAY, "1M") - 1
    return open_ms + LENGTHS[interval] - 1


def kline_rows(file: Path) -> list[list[Any]]:
    """Rows of a kline file, trailing zeros cut, without the venue's unused last field."""
    with gzip.open(file, "rt") as lines:
        return [
            [_plain(cell) if isinstance(cell, str) else cell for cell in json.loads(line)[:11]]
            for line in lines
        ]


def digits(number: Decimal) -> str:
    """Without trailing zeros, never with an exponent."""
    return _plain(f"{number:f}")


def timed(row: Sequence[Any], time_columns: Sequence[int]) -> list[Any]:
    """A row of a reply with its ISO times as ms."""
    cells = list(row)
    for place in time_columns:
        since = datetime.fromisoformat(cells[place]) - datetime(1970, 1, 1, tzinfo=UTC)
        cells[place] = since // timedelta(milliseconds=1)
    return cells


def _candle(moment: int, interval: str, inside: Sequence[Trade], before: Decimal) -> list[Any]:
    prices = [trade.price for trade in inside] or [before]
    bought = [trade for trade in inside if not trade.buyer_is_maker]
    return [
        moment,
        *map(digits, (prices[0], max(prices), min(prices), prices[-1])),
        digits(sum((trade.quantity for trade in inside), Decimal(0))),
        closing(moment, interval),
        digits(sum((trade.quote for trade in inside), Decimal(0))),
        len(inside),
        digits(sum((trade.quantity for trade in bought), Decimal(0))),
        digits(sum((trade.quote for trade in bought), Decimal(0))),
    ]


def _book(snapshot: dict[str, Any], events: Sequence[dict[str, Any]]) -> Book:
    bids, asks = ({Decimal(p): Decimal(q) for p, q in snapshot[side]} for side in ("bids", "asks"))
    update_id: int = snapshot["lastUpdateId"]
    for event in events:
        if event["u"] <= update_id:
            continue
        before = event.get("pu")  # futures alone have it: ids of their events do not join
        joins = event["U"] <= update_id + 1 if before is None else before <= update_id
        assert joins, "a gap in the recording"
        update_id = event["u"]
        for side, changes in ((bids, event["b"]), (asks, event["a"])):
            for price, quantity in changes:
                side[Decimal(price)] = Decimal(quantity)
    kept = [{p: q for p, q in side.items() if q} for side in (bids, asks)]
    return Book(update_id, *kept)


def _levels(side: dict[Decimal, Decimal], *, reverse: bool) -> list[list[str]]:
    return [[digits(price), digits(side[price])] for price in sorted(side, reverse=reverse)]


def _plain(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text
