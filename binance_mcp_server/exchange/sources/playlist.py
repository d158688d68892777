"""The files of a replay, by the market that they are of, and the order in which they play.

Recordings of one market play one after another, in the order given. Recordings of several markets play together,
merged by the time of receipt, as one recorder would have heard them.

A kline file is of the market that has symbols of its name's form, or that records its symbol (of spot, if several
do), or that is the only one recorded; else of spot.
"""

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, pairwise
from pathlib import Path

from binance_mcp_server.exchange.engine.rules import PRODUCTS, Product, SymbolRules
from binance_mcp_server.exchange.sources.base import Frame
from binance_mcp_server.exchange.sources.digits import Digits, rules_of
from binance_mcp_server.exchange.sources.errors import ReplayError
from binance_mcp_server.exchange.sources.klines import KlineFiles, holding_of
from binance_mcp_server.exchange.sources.products import product_named
from binance_mcp_server.exchange.sources.recording import Received, Recording, Seen

_OVERLAP_MS = 1_000
"""How far the clocks of two recordings that join may disagree."""


class Playlist:
    """What is in the files, and their frames in order. Raises :class:`ReplayError` for a file that cannot serve."""

    def __init__(self, files: Sequence[Path]) -> None:
        self.recordings = [Recording(path) for path in files if not holding_of(path)]
        self._by_product = {
            product: [each for each in self.recordings if each.product == product]
            for product in PRODUCTS
        }
        for recordings in self._by_product.values():
            _check_order(recordings)
        self._seen = {product: _seen(each) for product, each in self._by_product.items()}
        self.histories = self._histories([path for path in files if holding_of(path)])
        self.rules = [rules for product in PRODUCTS for rules in self._rules(product)]

    @property
    def first_ms(self) -> int | None:
        """Time of the first event; ``None`` without recordings."""
        firsts = [each[0].first_ms for each in self._by_product.values() if each]
        return min(firsts, default=None)

    @property
    def frames_total(self) -> int:
        return sum(recording.frames_total for recording in self.recordings)

    @property
    def partial_books(self) -> list[str]:
        """Symbols without a snapshot; those of futures after their market: ``usdm:BTCUSDT``."""
        return [
            symbol if product == "spot" else f"{product}:{symbol}"
            for product, symbols in self._seen.items()
            for symbol, seen in symbols.items()
            if seen.deep and not seen.snapshot
        ]

    def bounds(self) -> tuple[int, int]:
        """Start and end, ms: of the recordings, else the ms after the last candle."""
        if self.recordings:
            return (
                min(recording.start_ms for recording in self.recordings),
                max(recording.last_ms for recording in self.recordings),
            )
        now = max(history.close_time or 0 for history in self.histories.values()) + 1
        return now, now

    def opening(self, start_ms: int) -> list[Frame]:
        """A snapshot for every symbol with depth."""
        return [
            Frame(start_ms, symbol, seen.snapshot or _empty_book(seen.before or 0), product)
            for product, symbols in self._seen.items()
            for symbol, seen in symbols.items()
            if seen.snapshot or seen.deep
        ]

    def received(self, from_ms: int) -> Iterator[Received]:
        """All frames in order; their time never decreases and is at least *from_ms*."""
        markets = [
            chain.from_iterable(recording.frames(from_ms) for recording in recordings)
            for recordings in self._by_product.values()
            if recordings
        ]
        if len(markets) == 1:
            return iter(markets[0])
        return _in_time(heapq.merge(*markets, key=lambda item: item.at_ms))

    def _histories(self, paths: Sequence[Path]) -> Mapping[Product, KlineFiles]:
        found: dict[Product, list[Path]] = {product: [] for product in PRODUCTS}
        for path in paths:
            holding = holding_of(path)
            if holding:
                found[self._product_of(holding.symbol)].append(path)
        return {product: KlineFiles(paths) for product, paths in found.items()}

    def _product_of(self, symbol: str) -> Product:
        """The market that a kline file's symbol is of."""
        recorded = [product for product in PRODUCTS if self._by_product[product]]
        named = product_named(symbol)
        if named:
            return named
        at_home = [product for product in recorded if symbol in self._seen[product]]
        if at_home or len(recorded) == 1:
            return (at_home or recorded)[0]
        return "spot"

    def _rules(self, product: Product) -> Iterator[SymbolRules]:
        """Rules of the recorded symbols, then of those of kline files alone."""
        seen, history = self._seen[product], self.histories[product]
        for symbol in dict.fromkeys([*seen, *history.symbols]):
            price, qty = Digits(), Digits()
            if symbol in seen:
                price, qty = seen[symbol].price, seen[symbol].qty
            else:
                history.digits(symbol, price, qty)
            yield rules_of(symbol, price, qty, product)


def _in_time(received: Iterable[Received]) -> Iterator[Received]:
    """Frames with the latest time that any so far has named."""
    now = 0
    for item in received:
        now = max(now, item.frame.time_ms)
        yield Received(item.at_ms, item.frame._replace(time_ms=now))


def _check_order(recordings: Sequence[Recording]) -> None:
    for earlier, later in pairwise(recordings):
        if later.first_ms < earlier.last_ms - _OVERLAP_MS:
            raise ReplayError(
                f"{later.path} begins before {earlier.path} ends: recordings of one market play one after another, "
                "give them in order of their time"
            )


def _seen(recordings: Sequence[Recording]) -> dict[str, Seen]:
    """All that recordings tell of their symbols, in order of appearance."""
    seen: dict[str, Seen] = {}
    for recording in recordings:
        for symbol, more in recording.seen.items():
            seen[symbol] = seen[symbol].followed_by(more) if symbol in seen else more
    return seen


def _empty_book(update_id: int) -> bytes:
    return b'{"lastUpdateId":%d,"bids":[],"asks":[]}' % update_id
