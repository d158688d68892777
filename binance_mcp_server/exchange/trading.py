"""Accounts on the spot market of a source: how its trades reach their orders, and how theirs become public.

**A source with books of its own** (the scenario): accounts' orders stand among those that make the market. What they do
shows at once in everything that is read, and on streams before the next batch of the source.

**Any other** (a recording, another venue's market): the public market stays what the source says, to the last byte.
Accounts trade with a picture of it (:mod:`.engine.recorded_book`) that nobody else sees.
"""

from collections.abc import Mapping, Sequence
from itertools import chain, count
from typing import NamedTuple, Protocol

from binance_mcp_server.exchange.engine.events import BalanceUpdate, Event, Printed
from binance_mcp_server.exchange.engine.ladder import Side
from binance_mcp_server.exchange.engine.matching import ACCOUNTS, OrderBook
from binance_mcp_server.exchange.engine.orders import SpotOrder
from binance_mcp_server.exchange.engine.queue_models import QueueModel, RiskAverse
from binance_mcp_server.exchange.engine.recorded_book import RecordedBook, market_before
from binance_mcp_server.exchange.engine.rules import SymbolRules
from binance_mcp_server.exchange.engine.scenario import Print
from binance_mcp_server.exchange.engine.venue import Venue
from binance_mcp_server.exchange.market.state import WHOLE_BOOK, Market
from binance_mcp_server.exchange.market.types import BookView, Trade
from binance_mcp_server.exchange.sources.base import Frame, OpenSource, Source
from binance_mcp_server.exchange.wire import reference, shapes

OWN_TRADES = 1_000_000_000_000_000
"""Ids from here on are of trades that no recording has: the venue's own have ten digits."""
TRADING = "TRADING"
_SECOND_MS = 1_000


class Floor(Protocol):
    """Where accounts meet the market."""

    @property
    def books(self) -> Mapping[str, OrderBook]: ...

    def new_trade_id(self, symbol: str) -> int: ...

    def open(self, venue: Venue) -> None:
        """From now on *venue* hears of the market's trades."""
        ...

    def halt(self, symbol: str, *, halted: bool) -> None:
        """Nobody trades *symbol*, or they do again."""
        ...

    def moved(self) -> Sequence[Frame]:
        """What accounts have changed in public, as frames; called after everything that they do."""
        ...


class Trading:
    """See the module. *model*: of the queues in a recorded market."""

    def __init__(self, source: Source, market: Market, *, model: QueueModel | None = None) -> None:
        self._market = market
        self._floor: Floor = (
            Together(source)
            if isinstance(source, OpenSource)
            else Beside(market, model or RiskAverse())
        )
        self.venue = Venue(
            market.rules,
            books=self._floor.books,
            new_trade_id=self._floor.new_trade_id,
            market=Facts(market),
        )
        self._floor.open(self.venue)
        self._frames: list[Frame] = []

    @property
    def rules(self) -> Mapping[str, SymbolRules]:
        """Of what is traded, with the status of now."""
        return self._market.rules

    def status(self, symbol: str) -> str:
        return self.venue.status(symbol)

    def set_status(self, symbol: str, status: str, now: int) -> None:
        """TRADING, HALT and so on, for accounts and for the market. Raises ``ValueError`` for a status that is none."""
        self.venue.set_status(symbol, status, now)
        self._market.set_status(symbol, status)
        self._floor.halt(symbol, halted=status != TRADING)
        self.flush()

    def before(self, order: SpotOrder) -> int:
        """How much of the market stands before a resting order at its price, 1e-8; 0 for one that does not rest."""
        book, key = self.venue.book(order.symbol), ACCOUNTS + order.id
        return market_before(book, key) if key in book.orders else 0

    def flush(self) -> None:
        """To be called after everything that accounts do: it is public from now on."""
        frames = self._floor.moved()
        if frames:
            self._market.apply(frames)
            self._frames += frames

    def take_frames(self) -> list[Frame]:
        """What is public and has not been told on streams yet."""
        frames, self._frames = self._frames, []
        return frames


class Facts:
    """What the engine needs to know of the market."""

    def __init__(self, market: Market) -> None:
        self._market = market
        self._references: dict[str, _Reference] = {}

    def average_price(self, symbol: str, now: int) -> int:  # noqa: ARG002 - the market knows the time
        return self._market.average_price(symbol)[1]

    def last_price(self, symbol: str) -> int | None:
        """``None`` also of what is not listed: commissions look for BNB in every asset."""
        return self._market.last_price(symbol) if symbol in self._market.rules else None

    def reference_price(self, symbol: str) -> int | None:
        """Looked up once a second; in between only the price of the present second changes, with each trade."""
        last = self._market.last_trade(symbol)
        second, number = self._market.now_ms() // _SECOND_MS, last.id if last else -1
        known = self._references.get(symbol)
        if known is not None and (known.second, known.trade_id) != (second, number):
            moves = last and known.prices and known.second == second and self._is_of(symbol, known)
            known = known.moved(number, last.price) if last and moves else None
        if known is None:
            known = _Reference(second, number, reference.prices(self._market, symbol))
        self._references[symbol] = known
        return shapes.mean(known.prices) if known.prices else None

    def _is_of(self, symbol: str, known: "_Reference") -> bool:
        """Whether every trade after the one that is *known* was made in that second: whether the next one was."""
        (after,) = self._market.trades_from(symbol, known.trade_id + 1, 1)
        return after.time // _SECOND_MS == known.second


class _Reference(NamedTuple):
    """The prices that made a reference price, in which second and as of which trade."""

    second: int
    trade_id: int
    prices: list[int]

    def moved(self, trade_id: int, price: int) -> "_Reference":
        """Another trade in the same second."""
        return self._replace(trade_id=trade_id, prices=[*self.prices[:-1], price])


class Together:
    """In the books of the source."""

    def __init__(self, source: OpenSource) -> None:
        self.books = source.books
        self._source = source

    def new_trade_id(self, symbol: str) -> int:
        return self._source.new_trade_id(symbol)

    def open(self, venue: Venue) -> None:
        self._source.join(venue)
        venue.listeners.append(self._hear)

    def halt(self, symbol: str, *, halted: bool) -> None:
        self._source.halt(symbol, halted=halted)

    def moved(self) -> Sequence[Frame]:
        return self._source.touched()

    def _hear(self, event: Event) -> None:
        if isinstance(event, Printed):
            trade = Print(event.trade_id, event.price, event.qty, event.time, event.buyer_is_maker)
            self._source.printed(event.symbol, trade)


class Beside:
    """In books of their own, which follow the market frame by frame from the moment when somebody owns something."""

    def __init__(self, market: Market, model: QueueModel) -> None:
        self.books = {symbol: OrderBook() for symbol in market.rules}
        self._recorded = {symbol: RecordedBook(book, model) for symbol, book in self.books.items()}
        self._market = market
        self._own_ids = {symbol: count(OWN_TRADES) for symbol in self.books}
        self._halted: set[str] = set()
        self._venue: Venue | None = None
        self._since_ms = 0

    def new_trade_id(self, symbol: str) -> int:
        return next(self._own_ids[symbol])

    def open(self, venue: Venue) -> None:
        def wake(event: Event) -> None:
            if self._venue is None and isinstance(event, BalanceUpdate):
                self._venue = venue
                self._market.watcher = self
                for symbol in self.books:
                    self.replaced(symbol, self._market.book(symbol, WHOLE_BOOK))

        venue.listeners.append(wake)

    def halt(self, symbol: str, *, halted: bool) -> None:
        (self._halted.add if halted else self._halted.discard)(symbol)

    def moved(self) -> Sequence[Frame]:
        """Nothing of it is public. No print that comes after it may be before it in time."""
        self._since_ms = self._market.now_ms()
        return ()

    # --- the market's watcher

    def traded(self, symbol: str, trade: Trade) -> None:
        venue = self._venue
        if venue is None or symbol in self._halted:
            return
        now = max(trade.time, self._since_ms)
        # The print's own id goes to the first of those whom it fills: one account may have several of them.
        ids = chain((trade.id,), self._own_ids[symbol])

        def fill(key: int, qty: int) -> None:
            venue.fill_resting(symbol, key, qty, next(ids), now)

        taker = Side.SELL if trade.buyer_is_maker else Side.BUY
        self._recorded[symbol].printed(trade.price, trade.qty, taker, fill)
        venue.traded(symbol, trade.price, now)

    def changed(
        self, symbol: str, bids: Sequence[tuple[int, int]], asks: Sequence[tuple[int, int]]
    ) -> None:
        self._recorded[symbol].update(bids, asks)

    def replaced(self, symbol: str, book: BookView) -> None:
        self._recorded[symbol].replace(book.bids, book.asks)
