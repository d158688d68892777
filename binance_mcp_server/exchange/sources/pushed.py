"""A market that somebody else listens to and passes on: another venue, mirrored.

Whoever feeds it hands in what that venue sent, byte for byte: ``exchangeInfo``, candles, combined-stream frames and
depth snapshots. It is decoded here and behind, as a recording's frames are; what cannot be read is refused here, for a
recording that is damaged ends its market, and a venue that errs once must not.

Time. What the venue *says* is the latest time that a frame has named, carried on by our own clock since; never back.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from binance_mcp_server.exchange.clock import Clock
from binance_mcp_server.exchange.engine.rules import SymbolRules
from binance_mcp_server.exchange.market.frames import FrameError, read
from binance_mcp_server.exchange.market.types import Trade
from binance_mcp_server.exchange.sources.base import Frame, KlineRow
from binance_mcp_server.exchange.sources.errors import ListingError
from binance_mcp_server.exchange.sources.listing import Listing

BATCH = 256
"""Frames in a batch at most: about 2 ms of work."""
LARGEST = 2**63 - 1
"""Of a trade's numbers; in units of 1e-8 where it has such."""
LATEST_MS = 250_000_000_000_000
"""After any date that can be written."""
_INTERVALS = (
    *("1s", "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h"),
    *("1d", "3d", "1w", "1M"),
)
_Row = tuple[int, str, str, str, str, str, int, str, int, str, str, str]


class _Event(msgspec.Struct, gc=False):
    s: str = ""
    E: int = 0
    T: int = 0


class _Body(msgspec.Struct, rename="camel", gc=False):
    stream: str | None = None
    data: _Event | None = None
    last_update_id: int | None = None


_body = msgspec.json.Decoder(_Body)
_rows = msgspec.json.Decoder(list[_Row])


class PushedHistory:
    """Candles as ``/api/v3/klines`` gave them, by symbol and interval."""

    def __init__(self, bodies: Mapping[tuple[str, str], Sequence[bytes]]) -> None:
        """*bodies*: pages of one interval in any order. Raises :class:`ListingError` for one that holds no candles."""
        self._held = {key: _in_order(pages) for key, pages in bodies.items()}

    def rows(
        self, symbol: str, interval: str, start_ms: int, end_ms: int
    ) -> Sequence[KlineRow] | None:
        """As :class:`~.base.History` has it."""
        held = self._held.get((symbol, interval))
        if held is None:
            return None
        return [row for row in held if start_ms <= row.open_time <= end_ms]

    def intervals(self, symbol: str) -> Sequence[str]:
        return [interval for interval in _INTERVALS if self._held.get((symbol, interval))]

    def first_open(self, symbol: str, interval: str) -> int | None:
        """Open time of the oldest row held."""
        held = self._held.get((symbol, interval))
        return held[0].open_time if held else None


class _Pushed(NamedTuple):
    """A frame and the time that it names; 0 where it names none."""

    time_ms: int
    symbol: str
    payload: bytes


class PushedSource:
    """See the module. *venue* is the mirrored venue's name, for people; *listing* the body of its ``exchangeInfo``.

    Raises :class:`ListingError` when one of *symbols* is not listed, or bodies are not what they should be.
    """

    def __init__(
        self,
        venue: str,
        listing: bytes,
        symbols: Sequence[str],
        clock: Clock,
        *,
        candles: Mapping[tuple[str, str], Sequence[bytes]] | None = None,
    ) -> None:
        listed = Listing(listing)
        self._venue = venue
        self._rules = tuple(listed.rules(symbols))
        self._symbols = frozenset(symbols)
        self._clock = clock
        self._history = PushedHistory(candles or {})
        self._start_ms = self._told_ms = listed.time_ms
        self._told_at = clock.monotonic()
        self._frames_ms = listed.time_ms
        self._waiting: list[_Pushed] = []
        self._woken = asyncio.Event()
        self._counts = {"frames": 0, "snapshots": 0, "refused": 0}
        self.trouble = ""
        """What keeps whoever feeds it from hearing the venue; empty while nothing does."""

    @property
    def rules(self) -> Sequence[SymbolRules]:
        return self._rules

    @property
    def start_ms(self) -> int:
        """When the venue gave its list of symbols, by its clock."""
        return self._start_ms

    @property
    def history(self) -> PushedHistory:
        return self._history

    @property
    def ended(self) -> bool:
        """Never: a frame may always follow, and may cut the trades of one taker order."""
        return False

    def push(self, symbol: str, payload: bytes) -> bool:
        """Take in a frame or a depth snapshot of *symbol*; ``False`` when it is neither, of another symbol, or says
        what cannot be."""
        try:
            body = _body.decode(payload)
        except ValueError:  # msgspec's errors are such, and so is what is no UTF-8
            body = _Body()
        event, whole = body.data, body.last_update_id is not None
        named = symbol if whole else event.s if event is not None and body.stream else ""
        time_ms = max(event.E, event.T) if event is not None else 0
        frame = Frame(time_ms, symbol, payload)
        if named != symbol or symbol not in self._symbols or not _can_be(frame):
            self._counts["refused"] += 1
            return False
        self._counts["snapshots" if whole else "frames"] += 1
        self._tell(time_ms)
        self._waiting.append(_Pushed(time_ms or self._told_ms, symbol, payload))
        self._woken.set()
        return True

    async def frames(self) -> AsyncIterator[Sequence[Frame]]:
        """First what has been pushed already, perhaps nothing; then what comes, whenever it comes. One reader."""
        yield self._taken()
        while True:
            if not self._waiting:
                self._woken.clear()
                await self._woken.wait()
            yield self._taken()

    def now_ms(self) -> int:
        """What the venue says the time is, ms since the epoch."""
        return self._told_ms + int((self._clock.monotonic() - self._told_at) * 1000)

    def state(self) -> dict[str, object]:
        return {
            "source": "mirror",
            "of": self._venue,
            "position_ms": self.now_ms(),
            "start_ms": self._start_ms,
            **self._counts,
            "trouble": self.trouble,
            "ended": False,
        }

    def play(self) -> None:
        """A mirror holds for nobody."""

    def _tell(self, time_ms: int) -> None:
        if time_ms > self.now_ms():
            self._told_ms, self._told_at = time_ms, self._clock.monotonic()

    def _taken(self) -> list[Frame]:
        """What waits, in the order of the times named: streams of one symbol come one behind the other in a burst."""
        taken, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
        batch: list[Frame] = []
        for pushed in sorted(taken, key=_named):
            self._frames_ms = max(self._frames_ms, pushed.time_ms)
            batch.append(Frame(self._frames_ms, pushed.symbol, pushed.payload))
        return batch


def _can_be(frame: Frame) -> bool:
    """Whether the market can take it in."""
    try:
        said = read(frame)
    except FrameError:
        return False
    if isinstance(said, Trade):
        numbers = (said.id + 1, said.price, said.qty, said.time + 1)
        if not all(0 < each <= LARGEST for each in numbers):
            return False
    return frame.time_ms < LATEST_MS


def _named(pushed: _Pushed) -> int:
    return pushed.time_ms


def _in_order(pages: Sequence[bytes]) -> list[KlineRow]:
    try:
        cells = {row[0]: row for page in pages for row in _rows.decode(page)}
    except ValueError as error:  # msgspec's errors are such
        raise ListingError(f"these are no candles: {error}") from error
    return [KlineRow(*cells[opens][:11]) for opens in sorted(cells)]
