"""Order books as rows: one line a level, both sides beside each other."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from binance_mcp_server.commands.views.base import rounded
from binance_mcp_server.market.order_book import Row, cumulative, summarise
from binance_mcp_server.mcp_support.tables import Cell, Facts
from binance_mcp_server.models.exact import plain
from binance_mcp_server.models.market import Depth

COLUMNS = ["bid_quantity", "bid", "ask", "ask_quantity"]
ALL_COLUMNS = ["bid_total", *COLUMNS, "ask_total"]

Pairs = list[list[str]]


@dataclass(frozen=True, slots=True)
class Sides:
    """Both sides, best first, perhaps grouped."""

    bids: Sequence[Row]
    asks: Sequence[Row]

    def pairs(self, first: int, last: int) -> tuple[Pairs, Pairs]:
        """``[[price, quantity], …]`` of both sides."""
        return _pairs(self.bids[first:last]), _pairs(self.asks[first:last])

    def rows(self, first: int, last: int, columns: Sequence[str]) -> list[list[Cell]]:
        """Levels *first* to *last* with the chosen columns; ``None`` where a side has ended."""
        count = min(last, max(len(self.bids), len(self.asks)))
        cells = {
            "bid": [plain(price) for price, _ in self.bids],
            "bid_quantity": [plain(quantity) for _, quantity in self.bids],
            "ask": [plain(price) for price, _ in self.asks],
            "ask_quantity": [plain(quantity) for _, quantity in self.asks],
            "bid_total": [plain(total) for total in cumulative(self.bids)],
            "ask_total": [plain(total) for total in cumulative(self.asks)],
        }
        return [
            [cells[name][level] if level < len(cells[name]) else None for name in columns]
            for level in range(first, count)
        ]


def summary(depth: Depth, levels: int) -> Facts:
    """What traders read off a book; ``imbalance`` over the best *levels* of each side."""
    book = summarise(depth, levels=levels)
    imbalance = None if book.imbalance is None else f"{rounded(book.imbalance * 100, 2)}"
    return {
        "last_update_id": str(depth.last_update_id),
        "best_bid": _text(book.best_bid),
        "best_ask": _text(book.best_ask),
        "spread": _text(book.spread),
        "spread_percent": _text(book.spread_percent),
        "mid": _text(book.mid),
        "imbalance_percent": imbalance,
        "imbalance_levels": min(levels, max(len(depth.bids), len(depth.asks))),
    }


def _text(number: Decimal | None) -> str | None:
    return None if number is None else plain(number)


def _pairs(side: Sequence[Row]) -> Pairs:
    return [[plain(price), plain(quantity)] for price, quantity in side]
