"""The simulated market: every listed symbol with its participants, moved in steps of virtual time.

Pure and deterministic: the same seed, start and times of the steps give the same trades and the same books, to the
last digit, on every machine.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from binance_mcp_server.exchange.engine.dice import Dice
from binance_mcp_server.exchange.engine.fair import Fair, Ratio, Walk
from binance_mcp_server.exchange.engine.ladder import Side
from binance_mcp_server.exchange.engine.matching import Fill, OrderBook
from binance_mcp_server.exchange.engine.participants import Crowd
from binance_mcp_server.exchange.engine.symbols import LISTINGS, Listing

_OPENING_TAKERS = 6
_MILLION = 1_000_000
_MINUTE_MS = 60_000
_MOVES_A_TRADE = 1  # fair value moves as often as takers come …
_LEAST_MOVES = 6  # … but this often a minute at least
_CHURN_A_TRADE = 3  # patient orders replaced for each taker that comes


class Print(NamedTuple):
    """A trade as the tape shows it. ``price`` and ``qty`` in 1e-8, ``time`` in ms since the epoch."""

    id: int
    price: int
    qty: int
    time: int
    buyer_is_maker: bool


class Moved(NamedTuple):
    """What a step changed in one symbol."""

    symbol: str
    time: int
    """End of the step, ms since the epoch."""
    trades: Sequence[Print]
    first_update_id: int
    last_update_id: int
    """Less than the first when the book did not change."""
    bids: Sequence[tuple[int, int]]
    """(price, quantity now) of changed levels, best first; quantity 0 where the level is gone."""
    asks: Sequence[tuple[int, int]]


class SymbolMarket:
    """One symbol: its book, its tape, and the rates at which things happen to it."""

    def __init__(self, listing: Listing, fair: Walk | Ratio, dice: Dice, step_ms: int) -> None:
        self.listing = listing
        self.fair = fair
        self._dice = dice
        self._crowd = Crowd(listing, fair, dice)
        self._trade_id = listing.first_trade_id
        self._update_id = listing.first_trade_id * 10  # a book changes more often than it trades
        self._revision = 0
        self._takers = _a_step(listing.trades_per_minute, step_ms)
        self._moves = _a_step(moves_a_minute(listing), step_ms)
        self._churns = _a_step(listing.trades_per_minute * _CHURN_A_TRADE, step_ms)

    @property
    def book(self) -> OrderBook:
        return self._crowd.book

    @property
    def last_update_id(self) -> int:
        """The update id that the book stands at after the last step."""
        return self._update_id

    def open(self, time_ms: int) -> Moved:
        """Fill the book and make the first trades, the very first at the opening price."""
        if not self.listing.trading:
            return self._moved(time_ms, ())
        self._crowd.settle()
        sides = [Side.SELL if place % 2 == 0 else Side.BUY for place in range(_OPENING_TAKERS)]
        trades = [made for side in sides for made in self._print(self._crowd.take(side), time_ms)]
        self._crowd.quote()
        return self._moved(time_ms, trades)

    def step(self, after_ms: int, until_ms: int) -> Moved:
        """What happens in ``after_ms < t <= until_ms``: takers first, then makers answer."""
        trades = list(self._trade(after_ms, until_ms))
        for _ in range(self._dice.count(self._moves)):
            self.fair.move()
        self._crowd.churn(self._dice.count(self._churns))
        self._crowd.quote()
        self._crowd.refill()
        return self._moved(until_ms, trades)

    def _trade(self, after_ms: int, until_ms: int) -> Iterator[Print]:
        time_ms = after_ms + 1
        for _ in range(self._dice.count(self._takers)):
            time_ms += self._dice.below(until_ms - time_ms + 1)
            side = Side.BUY if self._dice.bits(1) else Side.SELL
            yield from self._print(self._crowd.take(side), time_ms)

    def _print(self, fills: Sequence[Fill], time_ms: int) -> Iterator[Print]:
        for fill in fills:
            maker_buys = fill.taker_side is Side.SELL
            yield Print(self._trade_id, fill.price, fill.qty, time_ms, maker_buys)
            self._trade_id += 1

    def _moved(self, time_ms: int, trades: Sequence[Print]) -> Moved:
        book = self.book
        first = self._update_id + 1
        self._update_id += book.revision - self._revision
        self._revision = book.revision
        bids, asks = book.bids.take_changes(), book.asks.take_changes()
        symbol = self.listing.rules.symbol
        return Moved(symbol, time_ms, trades, first, self._update_id, bids, asks)


class Scenario:
    """All symbols. :meth:`open` once, then :meth:`step` with growing times."""

    def __init__(
        self, seed: int, start_ms: int, step_ms: int = 100, listings: Sequence[Listing] = LISTINGS
    ) -> None:
        self.start_ms = start_ms
        self.step_ms = step_ms
        self.time_ms = start_ms
        """End of the last step."""
        self.markets: dict[str, SymbolMarket] = {}
        fairs: dict[str, Fair] = {}
        for listing in listings:
            symbol = listing.rules.symbol
            dice = Dice(seed, symbol, "live")
            fair = _fair(listing, fairs, dice)
            fairs[symbol] = fair
            self.markets[symbol] = SymbolMarket(listing, fair, dice, step_ms)

    def open(self) -> list[Moved]:
        """The books as they open and the trades of the first moment."""
        return [market.open(self.start_ms) for market in self.markets.values()]

    def halt(self, milliseconds: int) -> None:
        """Let time pass without anything happening."""
        self.time_ms += milliseconds

    def step(self, until_ms: int) -> list[Moved]:
        """Move on to *until_ms*, normally by ``step_ms``: one step's worth happens, within its last ``step_ms``.

        Raises ``ValueError`` when *until_ms* is not after the last step.
        """
        if until_ms <= self.time_ms:
            raise ValueError(f"time runs forward: {until_ms} after {self.time_ms}")
        after_ms = max(self.time_ms, until_ms - self.step_ms)
        self.time_ms = until_ms
        live = (market for market in self.markets.values() if market.listing.trading)
        return [market.step(after_ms, until_ms) for market in live]


def moves_a_minute(listing: Listing) -> int:
    """How often the fair value of *listing* moves."""
    return max(listing.trades_per_minute * _MOVES_A_TRADE, _LEAST_MOVES)


def _a_step(times_a_minute: int, step_ms: int) -> int:
    """A rate a minute as the mean of a step, in millionths."""
    return times_a_minute * step_ms * _MILLION // _MINUTE_MS


def _fair(listing: Listing, fairs: dict[str, Fair], dice: Dice) -> Walk | Ratio:
    if listing.ratio is None:
        return Walk(listing, dice, moves_a_minute(listing))
    numerator, denominator = listing.ratio
    return Ratio(fairs[numerator], fairs[denominator])
