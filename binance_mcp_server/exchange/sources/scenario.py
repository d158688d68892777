"""The default source: a simulated market, told in the venue's own frames.

Payloads follow web-socket-streams.md (Trade, Diff. Depth and Individual Symbol Book Ticker streams) and rest-api.md
(order book), both read 2026-11-22. Everything that a frame says comes from one engine, so book, trades and tickers
cannot disagree.
"""

from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping, Sequence

from binance_mcp_server.exchange.clock import Clock
from binance_mcp_server.exchange.engine.history import Past
from binance_mcp_server.exchange.engine.ladder import Ladder
from binance_mcp_server.exchange.engine.matching import OrderBook
from binance_mcp_server.exchange.engine.rules import SymbolRules
from binance_mcp_server.exchange.engine.scenario import Accounts, Moved, Print, Scenario
from binance_mcp_server.exchange.engine.symbols import LISTINGS, Listing
from binance_mcp_server.exchange.numbers import show
from binance_mcp_server.exchange.sources.base import Frame, Integers, KlineRow

MAX_CATCH_UP_MS = 60_000
"""A longer sleep of the machine is not simulated afterwards: the market was halted meanwhile."""

_INTERVAL = "1m"
_SECOND_MS = 1_000
_MINUTE_MS = 60_000
_SNAPSHOT_LEVELS = 5000


class ScenarioHistory:
    """:class:`Past` in the venue's digits."""

    def __init__(self, past: Past) -> None:
        self._past = past

    def intervals(self, symbol: str) -> Sequence[str]:
        """One-minute candles; none for a symbol that does not trade."""
        return (_INTERVAL,) if self._past.traded(symbol) else ()

    def first_open(self, symbol: str, interval: str) -> int | None:
        """Open time of the oldest row, without making any."""
        return self._past.first_ms if interval in self.intervals(symbol) else None

    def rows(
        self, symbol: str, interval: str, start_ms: int, end_ms: int
    ) -> Sequence[KlineRow] | None:
        """Rows with ``start_ms <= open_time <= end_ms``, oldest first. About 1 kB each: ask for pages."""
        if interval not in self.intervals(symbol):
            return None
        return [
            KlineRow(
                candle.open_time,
                show(candle.open),
                show(candle.high),
                show(candle.low),
                show(candle.close),
                show(candle.volume),
                candle.open_time + _MINUTE_MS - 1,
                show(candle.quote_volume),
                candle.trades,
                show(candle.taker_base),
                show(candle.taker_quote),
            )
            for candle in self._past.candles(symbol, start_ms, end_ms)
        ]

    def integers(
        self, symbol: str, interval: str, start_ms: int, end_ms: int
    ) -> Iterable[Integers]:
        """The same rows as numbers."""
        return self._past.candles(symbol, start_ms, end_ms) if interval == _INTERVAL else ()

    def sums(
        self, symbol: str, interval: str, width_ms: int, start_ms: int, end_ms: int
    ) -> Iterable[Integers]:
        """Their sums, made of the days' columns."""
        if interval != _INTERVAL:
            return ()
        return self._past.sums(symbol, width_ms, start_ms, end_ms)

    def allow(self, days: int | None) -> None:
        """How many days may be made from now on in this turn; ``None``: any number."""
        self._past.allowance = days


class ScenarioSource:
    """The simulated market as a source: seeded, its time is *clock*'s, from the moment of its making.

    Steps end at whole multiples of *step_ms* of the clock. When the clock is late, the steps in between are made one
    by one, so that the same seed and start always give the same bytes; only after more than
    :data:`MAX_CATCH_UP_MS` are they left out, and ``state()["skipped_ms"]`` counts what is missing.

    Raises ``ValueError`` unless *step_ms* divides a second: no step may reach over the end of a candle.
    """

    def __init__(
        self, seed: int, clock: Clock, step_ms: int = 100, listings: Sequence[Listing] = LISTINGS
    ) -> None:
        if step_ms <= 0 or _SECOND_MS % step_ms:
            raise ValueError(f"a step must be a whole part of a second, not {step_ms} ms")
        self._seed = seed
        self._clock = clock
        self._step_ms = step_ms
        self._start_ms = clock.now_ms()
        self._rules = tuple(listing.rules for listing in listings)
        self._scenario = Scenario(seed, self._start_ms, step_ms, listings)
        self._history = ScenarioHistory(Past(seed, self._start_ms, listings))
        self._tops: dict[str, tuple[int, ...]] = {}
        self._opened = False
        self._skipped_ms = 0

    @property
    def rules(self) -> Sequence[SymbolRules]:
        return self._rules

    @property
    def start_ms(self) -> int:
        return self._start_ms

    @property
    def history(self) -> ScenarioHistory:
        return self._history

    def now_ms(self) -> int:
        """The clock's time, held back within the step that is due: nothing can happen before what was told. (A
        clock that is set back makes the market wait until it has caught up.)"""
        told = self._scenario.time_ms
        return min(max(self._clock.now_ms(), told), self._next_ms() - 1)

    def state(self) -> dict[str, object]:
        return {
            "source": "scenario",
            "seed": self._seed,
            "start_ms": self._start_ms,
            "position_ms": self._scenario.time_ms,
            "skipped_ms": self._skipped_ms,
            "ended": False,
        }

    def play(self) -> None:
        """A scenario holds for nobody."""

    async def frames(self) -> AsyncGenerator[Sequence[Frame], None]:
        """The opening at once, then a batch a step. One reader: raises ``RuntimeError`` when read again."""
        yield self.open()
        while True:
            await self._until_due()
            yield self.step()

    def open(self) -> list[Frame]:
        """A snapshot of every book, then the trades of the first moment. Raises ``RuntimeError`` when done."""
        if self._opened:
            raise RuntimeError("the scenario has been opened already")
        self._opened = True
        moved = self._scenario.open()
        frames = [self._snapshot(change) for change in moved]
        for change in moved:
            frames.extend(_trade_frames(change))
        return frames

    def step(self) -> list[Frame]:
        """Make the next step, whatever the clock says, and tell it: in order of time, as the venue would."""
        return self._told(self._scenario.step(self._next_ms()))

    def _told(self, changes: Iterable[Moved]) -> list[Frame]:
        trades: list[Frame] = []
        books: list[Frame] = []
        for change in changes:
            trades.extend(_trade_frames(change))
            books.extend(self._book_frames(change))
        trades.sort(key=_frame_time)
        return trades + books

    @property
    def books(self) -> Mapping[str, OrderBook]:
        """Where accounts' orders stand, among the crowd's."""
        return {symbol: market.book for symbol, market in self._scenario.markets.items()}

    def join(self, accounts: Accounts) -> None:
        """Let *accounts* hear of the crowd's trades."""
        for market in self._scenario.markets.values():
            market.accounts = accounts

    def new_trade_id(self, symbol: str) -> int:
        """For a trade that an account's order makes by its arrival; :meth:`printed` tells of it."""
        return self._scenario.markets[symbol].new_trade_id()

    def printed(self, symbol: str, trade: Print) -> None:
        self._scenario.markets[symbol].printed(trade)

    def halt(self, symbol: str, *, halted: bool) -> None:
        """Send the crowd of *symbol* away, or let it come back."""
        self._scenario.markets[symbol].is_halted = halted

    def touched(self) -> list[Frame]:
        """What accounts have changed since the last step: frames that come before the next one's."""
        return self._told(self._scenario.touched(self.now_ms()))

    async def _until_due(self) -> None:
        """Wait for the end of the next step; give the loop a turn in any case; leave out what is too long ago."""
        await self._clock.sleep(0)
        due = self._next_ms()
        while (now := self._clock.now_ms()) < due:
            await self._clock.sleep(min(due - now, self._step_ms) / 1000)
        if now - due > MAX_CATCH_UP_MS:
            skipped = (now - due) // self._step_ms * self._step_ms
            self._skipped_ms += skipped
            self._scenario.halt(skipped)

    def _next_ms(self) -> int:
        """End of the next step."""
        return (self._scenario.time_ms // self._step_ms + 1) * self._step_ms

    def _snapshot(self, change: Moved) -> Frame:
        book = self._scenario.markets[change.symbol].book
        self._tops[change.symbol] = _top(book)
        bids, asks = (_levels(_standing(side)) for side in (book.bids, book.asks))
        body = f'{{"lastUpdateId":{change.last_update_id},"bids":{bids},"asks":{asks}}}'
        return Frame(change.time, change.symbol, body.encode())

    def _book_frames(self, change: Moved) -> Iterator[Frame]:
        if change.last_update_id < change.first_update_id:
            return
        symbol = change.symbol
        yield _frame(
            change.time,
            symbol,
            "depth@100ms",
            f'{{"e":"depthUpdate","E":{change.time},"s":"{symbol}","U":{change.first_update_id}'
            f',"u":{change.last_update_id},"b":{_levels(change.bids)},"a":{_levels(change.asks)}}}',
        )
        top = _top(self._scenario.markets[symbol].book)
        if top != self._tops[symbol] and len(top) == 4:
            bid, bid_qty, ask, ask_qty = map(show, top)
            yield _frame(
                change.time,
                symbol,
                "bookTicker",
                f'{{"u":{change.last_update_id},"s":"{symbol}","b":"{bid}","B":"{bid_qty}"'
                f',"a":"{ask}","A":"{ask_qty}"}}',
            )
        self._tops[symbol] = top


def _trade_frames(change: Moved) -> Iterator[Frame]:
    return (_trade(change.symbol, trade) for trade in change.trades)


def _trade(symbol: str, trade: Print) -> Frame:
    maker = "true" if trade.buyer_is_maker else "false"
    return _frame(
        trade.time,
        symbol,
        "trade",
        f'{{"e":"trade","E":{trade.time},"s":"{symbol}","t":{trade.id},"p":"{show(trade.price)}"'
        f',"q":"{show(trade.qty)}","T":{trade.time},"m":{maker},"M":true}}',
    )


def _frame(time_ms: int, symbol: str, stream: str, data: str) -> Frame:
    """A combined-stream frame. Bytes are lowered, not text: only ASCII letters have a lower case in stream names."""
    name = symbol.encode().lower()
    payload = b'{"stream":"%b@%b","data":%b}' % (name, stream.encode(), data.encode())
    return Frame(time_ms, symbol, payload)


def _levels(levels: Iterable[tuple[int, int]]) -> str:
    """``[["price","quantity"],…]``."""
    return "[" + ",".join(f'["{show(price)}","{show(qty)}"]' for price, qty in levels) + "]"


def _standing(ladder: Ladder) -> list[tuple[int, int]]:
    return [(level.price, level.qty) for level in ladder][:_SNAPSHOT_LEVELS]


def _top(book: OrderBook) -> tuple[int, ...]:
    """Best bid and ask with their quantities; shorter when a side is empty."""
    best = (book.bids.best(), book.asks.best())
    return tuple(number for level in best if level for number in (level.price, level.qty))


def _frame_time(frame: Frame) -> int:
    return frame.time_ms
