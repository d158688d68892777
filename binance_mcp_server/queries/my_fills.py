"""All fills of an account on a symbol, from the first one on, and what each of them came to.

Profit first in, first out hangs on everything before: so fills are read from the beginning, a thousand at a time
(``myTrades`` by ``fromId``: rest-api.md, read 2026-11-24), and kept, since they change no more. Later calls ask for
what is new alone.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from binance_mcp_server.market.profit import Book, Deal, Realised
from binance_mcp_server.models.orders import Fill

PAGE: Final = 1000
"""The venue's most rows a request, weight 20."""
PAGES_A_CALL: Final = 10
"""So that one call uses no more than 200 weight; the next one reads on."""
SYMBOLS_KEPT: Final = 20
FILLS_KEPT: Final = 200_000
"""Of all symbols together: about 100 MB."""
Read = Callable[[int, int], Awaitable[Sequence[Fill]]]
"""(first id, limit) → fills from that id on, oldest first."""


@dataclass(slots=True)
class History:
    """What is known of one symbol."""

    book: Book
    fills: list[Fill] = field(default_factory=list)
    came_to: list[Realised] = field(default_factory=list)
    """Beside each fill."""
    complete: bool = False
    """Whether the venue had no more when it was asked last."""
    reading: asyncio.Lock = field(default_factory=asyncio.Lock)

    def add(self, page: Sequence[Fill]) -> None:
        """Count fills that follow those that are known."""
        for fill in page:
            self.fills.append(fill)
            self.came_to.append(self.book.add(_deal(fill)))


class FillHistories:
    """Histories by symbol, least recently used out first."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, History] = OrderedDict()

    async def of(self, symbol: str, base: str, quote: str, read: Read) -> History:
        """The history of *symbol* as far as it could be read now."""
        history = self._known.setdefault(symbol, History(Book(base, quote)))
        self._known.move_to_end(symbol)
        async with history.reading:
            await _read_on(history, read)
        self._make_room()
        return history

    def _make_room(self) -> None:
        while len(self._known) > 1 and (
            len(self._known) > SYMBOLS_KEPT
            or sum(len(each.fills) for each in self._known.values()) > FILLS_KEPT
        ):
            self._known.popitem(last=False)


async def _read_on(history: History, read: Read) -> None:
    history.complete = False
    for _ in range(PAGES_A_CALL):
        first = history.fills[-1].id + 1 if history.fills else 0
        page = await read(first, PAGE)
        history.add(page)
        if len(page) < PAGE:
            history.complete = True
            return


def _deal(fill: Fill) -> Deal:
    return Deal(fill.is_buyer, fill.quantity, fill.quote, fill.commission, fill.commission_asset)
