"""The interface of every source.

A source yields what a venue would send: raw combined-stream frames (``{"stream":…,"data":…}``) and REST depth
snapshots (a body with ``lastUpdateId``), each with its time. The market state decodes them by itself. So a
simulated scenario, a recording and, later, a mirror of another venue feed the exchange through the same door.
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol, runtime_checkable

from binance_mcp_server.exchange.engine.matching import OrderBook
from binance_mcp_server.exchange.engine.rules import Product, SymbolRules
from binance_mcp_server.exchange.engine.scenario import Accounts, Print


class Frame(NamedTuple):
    """One thing the venue sent."""

    time_ms: int
    """Venue time, ms since the epoch: never decreases within a source."""
    symbol: str
    """Whose frame it is: a REST snapshot body does not say."""
    payload: bytes
    """A combined-stream frame or a depth snapshot body, as received."""
    product: Product = "spot"
    """Which of the venue's markets it comes from."""


class KlineRow(NamedTuple):
    """A candle of the past, in the venue's own digits: these strings are served as they are."""

    open_time: int
    open: str
    high: str
    low: str
    close: str
    volume: str
    close_time: int
    quote_volume: str
    trades: int
    taker_base: str
    taker_quote: str


class History(Protocol):
    """Closed candles from before the source starts."""

    def rows(
        self, symbol: str, interval: str, start_ms: int, end_ms: int
    ) -> Sequence[KlineRow] | None:
        """Rows with ``start_ms <= open_time <= end_ms`` in order; ``None`` when this interval is not held
        and has to be aggregated from a shorter one."""
        ...

    def intervals(self, symbol: str) -> Sequence[str]:
        """The intervals held for *symbol*, shortest first; empty when there is no history."""
        ...


@runtime_checkable
class BoundedHistory(Protocol):
    """What a history may tell besides, so that nobody has to read all of it to find its beginning."""

    def first_open(self, symbol: str, interval: str) -> int | None:
        """Open time of the oldest row held; ``None`` when there is none."""
        ...


Integers = tuple[int, int, int, int, int, int, int, int, int, int]
"""Open time, open, high, low, close, volume, quote volume, trades, taker's base, taker's quote; amounts in 1e-8."""


@runtime_checkable
class IntegerHistory(Protocol):
    """A history whose rows are numbers in the first place: printing and reading them again would take twice as long."""

    def integers(
        self, symbol: str, interval: str, start_ms: int, end_ms: int
    ) -> Iterable[Integers]:
        """What ``rows`` gives, as numbers. *interval* is one that is held."""
        ...

    def sums(
        self, symbol: str, interval: str, width_ms: int, start_ms: int, end_ms: int
    ) -> Iterable[Integers]:
        """Rows of a held *interval* summed by *width_ms*, a whole part of a day, for ``start_ms <= open_time <
        end_ms``, both multiples of the width; only sums that closed before the source starts."""
        ...

    def allow(self, days: int | None) -> None:
        """How many days of rows may be made from now on before
        :class:`~binance_mcp_server.exchange.turns.TurnOverError`; ``None``: any number."""
        ...


@runtime_checkable
class CuttingSource(Protocol):
    """A source whose batches may cut the trades of one taker order: as long as it goes on, the newest aggregate of a
    symbol may still grow. The batches of any other source hold such trades together."""

    @property
    def ended(self) -> bool:
        """Whether the last frame has been taken in."""
        ...


class Source(Protocol):
    """A market's origin. What it holds is known before the first frame."""

    @property
    def rules(self) -> Sequence[SymbolRules]:
        """The symbols that it trades, of all products."""
        ...

    @property
    def start_ms(self) -> int:
        """Venue time of its beginning, ms since the epoch."""
        ...

    @property
    def history(self) -> History:
        """Candles before ``start_ms``; those of spot when it trades several products (:class:`ProductSource`)."""
        ...

    def frames(self) -> AsyncIterator[Sequence[Frame]]:
        """Batches of frames. A batch is applied whole: nobody sees the market between two of its frames."""
        ...

    def now_ms(self) -> int:
        """What the venue says the time is."""
        ...

    def state(self) -> dict[str, object]:
        """For ``GET /__sim/state``: at least ``source``, ``position_ms`` and ``ended``."""
        ...

    def play(self) -> None:
        """End a hold, if there is one."""
        ...


@runtime_checkable
class OpenSource(Protocol):
    """A source whose market is made here, so that accounts can trade along."""

    @property
    def books(self) -> Mapping[str, OrderBook]:
        """By symbol: accounts' orders stand in them too."""
        ...

    def join(self, accounts: Accounts) -> None:
        """Who is to hear what the source's own orders have traded."""
        ...

    def new_trade_id(self, symbol: str) -> int:
        """For a trade that an account's order makes by its arrival; :meth:`printed` tells of it."""
        ...

    def printed(self, symbol: str, trade: Print) -> None: ...

    def halt(self, symbol: str, *, halted: bool) -> None:
        """Send those away who make the market of *symbol*, or let them come back."""
        ...

    def touched(self) -> Sequence[Frame]:
        """What accounts have changed since the last batch or the last call: it comes before the next batch."""
        ...


@runtime_checkable
class WaitingSource(Protocol):
    """A source that can wait: for its first subscriber, and for those that do not keep up."""

    def subscribed(self) -> None:
        """Somebody has subscribed to a stream."""
        ...


@runtime_checkable
class ProductSource(Protocol):
    """A source that has candles of other products than spot as well."""

    def history_of(self, product: Product) -> History:
        """Candles of *product* before ``start_ms``."""
        ...


def history_of(source: Source, product: Product) -> History:
    """The candles that *source* has of *product*. (One of spot alone has no symbols of others to be asked for.)"""
    return source.history_of(product) if isinstance(source, ProductSource) else source.history
