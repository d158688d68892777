"""The simulated market: every listed symbol with its participants, moved in steps of virtual time.

Pure and deterministic: the same seed, start and times of the steps give the same trades and the same books, to the
last digit, on every machine. Accounts may trade along, between the steps and, where their orders are met or triggered,
within them; what they do becomes public as everything else.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

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


class Accounts(Protocol):
    """Who has orders in the books besides the crowd."""

    def filled(self, symbol: str, fill: Fill, trade_id: int, now: int) -> None:
        """The crowd traded with a resting order of an account."""
        ...

    def traded(self, symbol: str, price: int, now: int) -> None:
        """Somebody traded; called after all of :meth:`filled` of the same arrival."""
        ...


class Nobody:
    """Without accounts."""

    def filled(self, symbol: str, fill: Fill, trade_id: int, now: int) -> None: ...

    def traded(self, symbol: str, price: int, now: int) -> None: ...


class SymbolMarket:
    """One symbol: its book, its tape, and the rates at which things happen to it."""

    def __init__(self, listing: Listing, fair: Walk | Ratio, dice: Dice, step_ms: int) -> None:
        self.listing = listing
        self.fair = fair
        self._dice = dice
        self._crowd = Crowd(listing, fair, dice, self._met)
        self.accounts: Accounts = Nobody()
        self.is_halted = False
        """Nobody quotes or takes meanwhile."""
        self._trade_id = listing.first_trade_id
        self._prints: list[Print] = []
        self._now = 0
        self._update_id = listing.first_trade_id * 10  # a book changes more often than it trades
        self._revision = 0
        self._takers = _a_step(listing.trades_per_minute, step_ms)
        self._moves = _a_step(moves_a_minute(listing), step_ms)
        self._churns = _a_step(listing.trades_per_minute * _CHURN_A_TRADE, step_ms)

    @property
    def book(self) -> OrderBook:
        return self._crowd.book

    @property
    def is_live(self) -> bool:
        return self.listing.trading and not self.is_halted

    @property
    def last_update_id(self) -> int:
        """The update id that the book stands at after the last step."""
        return self._update_id

    def open(self, time_ms: int) -> Moved:
        """Fill the book and make the first trades, the very first at the opening price."""
        if not self.listing.trading:
            return self.moved(time_ms)
        self._now = time_ms
        self._crowd.settle()
        sides = [Side.SELL if place % 2 == 0 else Side.BUY for place in range(_OPENING_TAKERS)]
        for side in sides:
            self._crowd.take(side)
        self._crowd.quote()
        return self.moved(time_ms)

    def step(self, after_ms: int, until_ms: int) -> Moved:
        """What happens in ``after_ms < t <= until_ms``: takers first, then makers answer."""
        self._trade(after_ms, until_ms)
        self._now = until_ms
        for _ in range(self._dice.count(self._moves)):
            self.fair.move()
        self._crowd.churn(self._dice.count(self._churns))
        self._crowd.quote()
        self._crowd.refill()
        return self.moved(until_ms)

    def new_trade_id(self) -> int:
        """The next one of the tape, for a trade that is told by :meth:`printed`."""
        self._trade_id += 1
        return self._trade_id - 1

    def printed(self, trade: Print) -> None:
        """An account traded: it is public."""
        self._prints.append(trade)

    @property
    def has_moved(self) -> bool:
        return bool(self._prints) or self.book.revision != self._revision

    def moved(self, time_ms: int) -> Moved:
        """What has changed since the last time it was asked."""
        book = self.book
        first = self._update_id + 1
        self._update_id += book.revision - self._revision
        self._revision = book.revision
        bids, asks = book.bids.take_changes(), book.asks.take_changes()
        trades, self._prints = tuple(self._prints), []
        symbol = self.listing.rules.symbol
        return Moved(symbol, time_ms, trades, first, self._update_id, bids, asks)

    def _trade(self, after_ms: int, until_ms: int) -> None:
        self._now = after_ms + 1
        for _ in range(self._dice.count(self._takers)):
            self._now += self._dice.below(until_ms - self._now + 1)
            self._crowd.take(Side.BUY if self._dice.bits(1) else Side.SELL)

    def _met(self, fills: Sequence[Fill]) -> None:
        """Somebody of the crowd has traded, with others of it or with accounts."""
        symbol, now = self.listing.rules.symbol, self._now
        ids = [self._print(fill) for fill in fills]
        for trade_id, fill in zip(ids, fills, strict=True):
            if fill.is_of_account:
                self.accounts.filled(symbol, fill, trade_id, now)
        for fill in fills:
            self.accounts.traded(symbol, fill.price, now)

    def _print(self, fill: Fill) -> int:
        trade_id = self.new_trade_id()
        maker_buys = fill.taker_side is Side.SELL
        self._prints.append(Print(trade_id, fill.price, fill.qty, self._now, maker_buys))
        return trade_id


class Scenario:
    """All symbols. :meth:`open` once, then :meth:`step` with growing times."""

    def __init__(
        self, seed: int, start_ms: int, step_ms: int = 100, listings: Sequence[Listing] = LISTINGS
    ) -> None:
        self.start_ms = start_ms
        self.step_ms = step_ms
        self.time_ms = start_ms
        """End of the last step."""
        self._touched_ms = start_ms
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

    def touched(self, now_ms: int) -> list[Moved]:
        """What accounts have changed since the last step, or since this was asked last; *now_ms* is before the next."""
        found = [market.moved(now_ms) for market in self.markets.values() if market.has_moved]
        if found:
            self._touched_ms = max(self._touched_ms, now_ms)
        return found

    def halt(self, milliseconds: int) -> None:
        """Let time pass without anything happening."""
        self.time_ms += milliseconds

    def step(self, until_ms: int) -> list[Moved]:
        """Move on to *until_ms*, normally by ``step_ms``: one step's worth happens, within its last ``step_ms`` and
        after what accounts have done.

        Raises ``ValueError`` when *until_ms* is not after the last step, and what accounts have done since.
        """
        if until_ms <= max(self.time_ms, self._touched_ms):
            raise ValueError(f"time runs forward: {until_ms} after {self.time_ms}")
        after_ms = max(self.time_ms, self._touched_ms, until_ms - self.step_ms)
        self.time_ms = until_ms
        live = (market for market in self.markets.values() if market.is_live)
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
