"""A small recording of each futures market, made by hand: a book, a few trades."""

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

START = 1_790_000_000_000
"""2026-09-21T13:33:20Z."""


def recorded(path: Path, frames: Sequence[dict[str, Any]]) -> Path:
    """*frames* as a recording, a second apart."""
    lines = (
        f"{(START + 1000 * n) * 1_000_000} {json.dumps(frame, separators=(',', ':'))}\n"
        for n, frame in enumerate(frames)
    )
    path.write_bytes(gzip.compress("".join(lines).encode()))
    return path


def usdm(folder: Path) -> Path:
    """``BTCUSDT``: 40 levels a side, and trades of 0.5 BTC at 100.1, 100.2, 100.1."""
    frames = _market("BTCUSDT", {}, "0.250", ["100.10", "100.20", "100.10"], "0.500")
    return recorded(folder / "usdm.gz", frames)


def coinm(folder: Path) -> Path:
    """``BTCUSD_PERP``, contracts of 100 USD: 40 levels a side, and trades of 5 at 100.1, 100.2, 100.1."""
    frames = _market("BTCUSD_PERP", {"ps": "BTCUSD"}, "25", ["100.1", "100.2", "100.1"], "5")
    return recorded(folder / "coinm.gz", frames)


def _market(
    symbol: str, more: dict[str, str], size: str, prices: Sequence[str], quantity: str
) -> list[dict[str, Any]]:
    about = {"s": symbol, **more}
    bids = [[f"{100 - n / 10:.1f}", size] for n in range(40)]
    asks = [[f"{100.1 + n / 10:.1f}", size] for n in range(40)]
    named = {"symbol": symbol, "pair": more["ps"]} if more else {}
    snapshot = {"lastUpdateId": 10, "E": START, "T": START, **named, "bids": bids, "asks": asks}
    diff = {"e": "depthUpdate", "E": START + 1000, "T": START + 1000, **about}
    diff |= {"U": 9, "u": 12, "pu": 8, "b": [["99.9", size]], "a": []}
    trades = [
        {"e": "trade", "E": at, "T": at, **about, "t": 70 + n, "p": price, "q": quantity,
         "X": "MARKET", "m": bool(n % 2)}
        for n, price in enumerate(prices)
        for at in [START + 2000 + 1000 * n]
    ]  # fmt: skip
    name = symbol.lower()
    return [
        snapshot,
        {"stream": f"{name}@depth@0ms", "data": diff},
        *({"stream": f"{name}@trade", "data": trade} for trade in trades),
    ]
