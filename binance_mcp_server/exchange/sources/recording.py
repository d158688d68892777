"""Recordings of a market: frames as the venue sent them, one a line, after the time they were received.

``<ns since the epoch> <combined-stream frame or body of a depth snapshot>``; without the time, a frame counts as
received when it was sent. A recording is read twice: once to learn what it holds, and once to play it, so that it
does not have to fit in memory.

Which market it is, spot, USDⓈ-M or COIN-M, the frames tell (:mod:`.products`); it is one and the same in a whole file.

A depth snapshot does not say whose it is (but on COIN-M): it is that of the only symbol with depth updates in the
file, or else of the one whose update ids reach around its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import msgspec

from binance_mcp_server.exchange.engine.rules import Product
from binance_mcp_server.exchange.sources.base import Frame
from binance_mcp_server.exchange.sources.digits import Digits
from binance_mcp_server.exchange.sources.errors import ReplayError
from binance_mcp_server.exchange.sources.products import Marks, product_of
from binance_mcp_server.exchange.sources.reading import lines

_NS_IN_MS = 1_000_000
_SHOWN_BYTES = 80
_OTHER_FORM = b'{"ts_local":'
"""How lines of another recorder begin, that takes frames apart: they cannot be sent again as they were received."""

Levels = list[tuple[str, str]]


class Received(NamedTuple):
    """A frame and when it came, ms since the epoch by the recorder's clock (a fraction is kept: pace needs it)."""

    at_ms: float
    frame: Frame


class _Event(Marks, gc=False):
    """What a scan looks at in any event; of a book ticker, ``b`` and ``a`` are prices."""

    E: int = 0
    T: int = 0
    u: int = 0
    p: str = ""
    q: str = ""
    b: Levels | str = ""
    a: Levels | str | int = ""  # of an aggregate trade, its id


class _Line(msgspec.Struct, rename="camel", gc=False):
    stream: str | None = None
    data: _Event | None = None
    last_update_id: int | None = None
    symbol: str | None = None  # of a snapshot, on COIN-M
    bids: Levels = []
    asks: Levels = []


class _Moment(msgspec.Struct, gc=False):
    s: str = ""
    E: int = 0
    T: int = 0


class _Timed(msgspec.Struct, gc=False):
    """As little as playing needs."""

    data: _Moment | None = None


_line = msgspec.json.Decoder(_Line)
_timed = msgspec.json.Decoder(_Timed)


@dataclass
class Seen:
    """What a recording tells of a symbol."""

    price: Digits = field(default_factory=Digits)
    qty: Digits = field(default_factory=Digits)
    before: int | None = None
    """The book's id before the first depth update: ``U`` - 1, and ``pu`` of futures."""
    last_update: int = 0
    snapshot: bytes | None = None
    """The first body of a depth snapshot."""

    @property
    def deep(self) -> bool:
        """Whether it has depth updates."""
        return self.before is not None

    def followed_by(self, later: "Seen") -> "Seen":
        """Both this and what a later recording tells."""
        return Seen(
            self.price.joined(later.price),
            self.qty.joined(later.qty),
            later.before if self.before is None else self.before,
            max(self.last_update, later.last_update),
            self.snapshot or later.snapshot,
        )

    def see_levels(self, levels: Levels) -> None:
        for price, qty in levels:
            self.price.see(price)
            self.qty.see(qty)


class _Snapshot(NamedTuple):
    number: int
    update_id: int
    symbol: str | None
    body: bytes
    levels: Levels


class Recording:
    """One file: what it holds, and its frames. Raises :class:`ReplayError` if any line of it cannot be played."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.seen: dict[str, Seen] = {}
        self.frames_total = 0
        self.start_ms = self.first_ms = self.last_ms = 0
        """Earliest of all times in it, time of its first event, and latest of all times; ms since the epoch."""
        self._product: Product | None = None
        self._snapshots: list[_Snapshot] = []
        self._owners: dict[int, str] = {}  # of snapshots, by line number
        self._scan()

    @property
    def product(self) -> Product:
        """The market that it is of; spot where nothing in it tells."""
        return self._product or "spot"

    def frames(self, from_ms: int) -> Iterator[Received]:
        """The frames in order. Their time is the latest that any frame so far has named, at least *from_ms*."""
        now = max(from_ms, self.first_ms)
        for number, line in lines(self.path):
            at_ns, payload = self._parted(number, line)
            data = _timed.decode(payload).data
            if data is None:
                symbol = self._owners[number]
            else:
                symbol, now = data.s, max(now, data.E, data.T)
            at_ms = now if at_ns is None else at_ns / _NS_IN_MS
            yield Received(at_ms, Frame(now, symbol, payload, self.product))

    def _scan(self) -> None:
        for number, line in lines(self.path):
            _, payload = self._parted(number, line)
            try:
                self._scan_line(number, _line.decode(payload), payload)
            except ReplayError:
                raise
            except ValueError as error:  # msgspec's errors are ValueErrors as well
                raise self._wrong(number, str(error), line) from error
            self.frames_total += 1
        if not self.last_ms:
            raise ReplayError(f"{self.path} has no frame with a time inside: it cannot be played")
        for snapshot in self._snapshots:
            self._give(snapshot)
        self._snapshots.clear()

    def _scan_line(self, number: int, line: _Line, payload: bytes) -> None:
        if line.last_update_id is not None:
            levels = line.bids + line.asks
            self._snapshots.append(
                _Snapshot(number, line.last_update_id, line.symbol, payload, levels)
            )
            return
        event = line.data
        if event is None or line.stream is None:
            raise ValueError("neither a combined-stream frame nor a depth snapshot")
        if not event.s:
            raise ValueError("it names no symbol")
        self._scan_product(number, event)
        self._scan_time(event)
        self._scan_numbers(self.seen.setdefault(event.s, Seen()), event)

    def _scan_product(self, number: int, event: Marks) -> None:
        product = product_of(event)
        self._product = self._product or product
        if product not in {None, self._product}:
            raise ReplayError(
                f"{self.path}: line {number} is of {product} and lines before it are of {self._product}: "
                "record each market in a file of its own and give them together"
            )

    def _scan_time(self, event: _Event) -> None:
        times = [moment for moment in (event.E, event.T) if moment]
        if times:
            self.first_ms = self.first_ms or max(times)
            self.start_ms = min(self.start_ms or times[0], *times)
            self.last_ms = max(self.last_ms, *times)

    @staticmethod
    def _scan_numbers(seen: Seen, event: _Event) -> None:
        if event.p:
            seen.price.see_largest(event.p)
            seen.qty.see_largest(event.q)
        if event.U is not None:
            if seen.before is None:
                seen.before = event.U - 1 if event.pu is None else event.pu
            seen.last_update = max(seen.last_update, event.u)
        for levels in (event.b, event.a):
            if isinstance(levels, list):
                seen.see_levels(levels)

    def _give(self, snapshot: _Snapshot) -> None:
        """Find out whose snapshot it is."""
        deep = {symbol: seen for symbol, seen in self.seen.items() if seen.deep}
        owners = [symbol for symbol in self.seen if symbol == snapshot.symbol]
        owners = owners or [
            symbol
            for symbol, seen in deep.items()
            if len(deep) == 1 or (seen.before or 0) <= snapshot.update_id <= seen.last_update
        ]
        owners = owners or (list(self.seen) if len(self.seen) == 1 else [])
        if len(owners) != 1:
            raise ReplayError(
                f"{self.path}: line {snapshot.number} is a depth snapshot that may be of any of "
                f"{', '.join(owners or self.seen)}: record one symbol in one file"
            )
        seen = self.seen[owners[0]]
        seen.see_levels(snapshot.levels)
        seen.snapshot = seen.snapshot or snapshot.body
        self._owners[snapshot.number] = owners[0]

    def _parted(self, number: int, line: bytes) -> tuple[int | None, bytes]:
        """Time of receipt in ns, if there is one, and the frame as it was received."""
        if line.startswith(b"{"):
            return None, line
        at_ns, blank, payload = line.partition(b" ")
        if not blank or not at_ns.isdigit():
            raise self._wrong(number, "it is not a time, a blank and a frame", line)
        return int(at_ns), payload

    def _wrong(self, number: int, why: str, line: bytes) -> ReplayError:
        if line.startswith(_OTHER_FORM):
            why = "it was taken apart by another recorder, and cannot be sent as it was received"
        return ReplayError(
            f"{self.path}: line {number} is not a recorded frame ({why}): {line[:_SHOWN_BYTES]!r}. "
            "Give a recording of combined streams, or a kline file under its own name (BTCUSDT_1h.jsonl.gz)"
        )
