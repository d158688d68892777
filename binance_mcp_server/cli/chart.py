"""A candle chart for terminals, drawn from a ``get_candles`` reply."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from rich.text import Text

ROWS = 14
ROOMY = 24
"""Up to as many candles stand apart from each other."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One candle's prices."""

    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal

    @property
    def rises(self) -> bool:
        return self.close >= self.open

    def mark(self, low: Decimal, high: Decimal) -> str:
        """What to draw in the price band from *low* to *high*: body, wick or nothing."""
        if max(self.open, self.close) >= low and min(self.open, self.close) < high:
            return "┃"
        return "│" if self.high >= low and self.low < high else " "


def draw(reply: str, rows: int = ROWS) -> Text:
    """The chart of a CSV *reply*: rising candles green, falling ones red, prices at the left."""
    bars = _bars(reply)
    chart = Text()
    if not bars:
        return chart
    top, bottom = max(bar.high for bar in bars), min(bar.low for bar in bars)
    rows = rows if top > bottom else 1  # a market that stood still is one line
    step = (top - bottom) / rows or Decimal(1)
    places = max(_places(top), _places(bottom))
    gap = " " if len(bars) <= ROOMY else ""
    width = max(len(f"{price:,.{places}f}") for price in (top, bottom))
    for row in range(rows):
        high = top - step * row
        # the lowest band reaches a little below, so that the low itself is in it; the highest above
        low = high - step
        label = f"{high:,.{places}f}" if row in {0, rows // 2} else ""
        label = f"{bottom:,.{places}f}" if row == rows - 1 else label
        chart.append(f"{label:>{width}} ")
        for bar in bars:
            mark = bar.mark(low, high if row else high + step) + gap
            chart.append(mark, style="green" if bar.rises else "red")
        chart.append("\n")
    return chart


def _places(price: Decimal) -> int:
    """Decimals that *price* is written with."""
    return len(f"{price:f}".partition(".")[2])


def _bars(reply: str) -> Sequence[Bar]:
    lines = reply.splitlines()
    header = next((n for n, line in enumerate(lines) if line.startswith("open_time,")), len(lines))
    return [
        Bar(*(Decimal(row[name]) for name in ("open", "high", "low", "close")))
        for row in csv.DictReader(lines[header:])
    ]
