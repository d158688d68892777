"""The market as a whole: the one object that commands read through."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Protocol, TypeVar

from binance_mcp_server.binance_api import endpoints
from binance_mcp_server.binance_api.endpoints import Request, Status
from binance_mcp_server.clock import Clock
from binance_mcp_server.errors import InputError, RejectedError, UnknownSymbolError
from binance_mcp_server.market.intervals import parse_window
from binance_mcp_server.market.times import parse_time_zone
from binance_mcp_server.models.info import ExecutionRule
from binance_mcp_server.models.market import (
    AveragePrice,
    BookTicker,
    Depth,
    PriceTicker,
    ReferencePrice,
    Ticker,
)
from binance_mcp_server.queries.answer import Answer
from binance_mcp_server.queries.candles import CandleReader
from binance_mcp_server.queries.fetch import (
    NO_REFERENCE_PRICE,
    OTHER_STATUS,
    Api,
    Fetcher,
    answer,
    check_limit,
    joined,
    together,
)
from binance_mcp_server.queries.symbols import SymbolRegistry
from binance_mcp_server.queries.trades import TradeReader

MOST_SYMBOLS = 500
"""Symbols in one question."""
_CHUNK = 100
"""The venue's most symbols a request (rest-api.md, ticker, read 2026-11-22)."""
MOST_LEVELS = 5000
"""As deep as the venue shows a book (rest-api.md, read 2026-11-22)."""
SCAN_AGE = 5.0
"""Seconds for which the tickers of all symbols (weight 80) are good enough for a ranking."""


class _Named(Protocol):
    @property
    def symbol(self) -> str: ...


T = TypeVar("T")
S_contra = TypeVar("S_contra", contravariant=True)
N = TypeVar("N", bound=_Named)


class Ask(Protocol[S_contra, T]):
    """A request about one symbol or several, perhaps of a status alone."""

    def __call__(self, symbols: S_contra, /, *, status: Status | None = None) -> Request[T]: ...


class MarketQueries:
    """All reads of one venue's spot market. Symbols are taken as people write them.

    Every method raises :class:`InputError` for arguments that make no sense or a symbol that does not exist, and what
    the client raises when the venue gives no answer.
    """

    def __init__(
        self, api: Api, registry: SymbolRegistry, clock: Clock, *, by_status: bool = True
    ) -> None:
        """*by_status*: whether the venue can be asked for symbols of a status alone."""
        self._api = api
        self._clock = clock
        self._by_status = by_status
        self._fetcher = Fetcher(api, registry)
        self.symbols = registry
        self.candles = CandleReader(self._fetcher)
        self.trades = TradeReader(self._fetcher)
        self._tickers: Answer[tuple[Ticker, ...]] | None = None
        self._tickers_at = 0.0

    async def now_ms(self) -> int:
        """The venue's present, ms since the epoch; it is asked for when what is known may be old."""
        return await self._api.now_ms()

    async def prices(self, symbols: Sequence[str]) -> Answer[tuple[PriceTicker, ...]]:
        """Last prices in the order asked, each symbol once."""
        names = await self._names(symbols)
        if len(names) == 1:
            return _in_a_row(await self._one(names[0], endpoints.ticker_price))
        return await self._several(names, endpoints.ticker_prices)

    async def book_tickers(self, symbols: Sequence[str]) -> Answer[tuple[BookTicker, ...]]:
        """Best bids and asks in the order asked, each symbol once."""
        names = await self._names(symbols)
        if len(names) == 1:
            return _in_a_row(await self._one(names[0], endpoints.book_ticker))
        return await self._several(names, endpoints.book_tickers)

    async def tickers(
        self, symbols: Sequence[str], window: str = "24h", *, time_zone: str | None = None
    ) -> Answer[tuple[Ticker, ...]]:
        """Price change statistics over a window (see :func:`parse_window`), in the order asked, each symbol once.

        *time_zone* moves the trading day's boundary; other windows have none.
        """
        kind, zone = parse_window(window), parse_time_zone(time_zone)
        if zone is not None and kind != "day":
            raise InputError(
                "A time zone matters to the trading day alone.",
                advice='Use window "day", or leave the time zone out.',
            )
        names = await self._names(symbols)

        def request(
            chunk: Sequence[str], *, status: Status | None = None
        ) -> Request[tuple[Ticker, ...]]:
            if kind == "24h":
                return endpoints.ticker_24hr(chunk, status=status)
            if kind == "day":
                return endpoints.ticker_trading_day(chunk, time_zone=zone, status=status)
            return endpoints.ticker_rolling(chunk, window_size=kind, status=status)

        return await self._several(names, request)

    async def all_tickers(self) -> Answer[tuple[Ticker, ...]]:
        """The rolling 24 hours of every symbol, at most five seconds old; of those alone that trade now, where the
        venue can be asked so: the symbol list may be an hour behind."""
        kept = self._tickers
        if kept is not None and self._clock.monotonic() - self._tickers_at <= SCAN_AGE:
            return Answer(kept.data, kept.as_of_ms, "cache")
        status: Status | None = "TRADING" if self._by_status else None
        fresh = answer(await self._fetcher.send(endpoints.ticker_24hr(status=status)))
        self._tickers, self._tickers_at = fresh, self._clock.monotonic()
        return fresh

    async def all_prices(self) -> Answer[tuple[PriceTicker, ...]]:
        """The last price of every symbol."""
        return answer(await self._fetcher.send(endpoints.ticker_prices()))

    async def depth(self, symbol: str, limit: int = 100) -> Answer[Depth]:
        """The book's best *limit* (1 to 5000) levels a side."""
        check_limit(limit, MOST_LEVELS, what="levels")
        name = await self._fetcher.resolve(symbol)
        return await self._one(name, partial(endpoints.depth, limit=limit))

    async def average_price(self, symbol: str) -> Answer[AveragePrice]:
        """The venue's current average price."""
        name = await self._fetcher.resolve(symbol)
        return answer(await self._fetcher.send(endpoints.average_price(name), name))

    async def reference_price(self, symbol: str) -> Answer[ReferencePrice | None]:
        """The reference price; ``None`` where none was ever set."""
        name = await self._fetcher.resolve(symbol)
        try:
            reply = await self._fetcher.send(endpoints.reference_price(name), name)
        except RejectedError as error:
            if error.code != NO_REFERENCE_PRICE:
                raise
            return Answer(None, self._fetcher.venue_now_ms())
        return Answer(reply.data, reply.venue_ms, reply.source)

    async def execution_rules(self, symbol: str) -> Answer[tuple[ExecutionRule, ...]]:
        """Bands outside of which the symbol does not trade; empty where it has none."""
        name = await self._fetcher.resolve(symbol)
        reply = await self._fetcher.send(endpoints.execution_rules(symbol=name), name)
        rules = next((one.rules for one in reply.data.symbol_rules if one.symbol == name), ())
        return Answer(rules, reply.venue_ms, reply.source)

    async def _names(self, symbols: Sequence[str]) -> list[str]:
        """*symbols* as the venue writes them, each once, in the order asked."""
        if not symbols:
            raise InputError("No symbol is given.", advice="Name at least one, such as BTCUSDT.")
        if len(symbols) > MOST_SYMBOLS:
            raise InputError(
                f"{len(symbols)} symbols are too many for one question.",
                advice=f"Name {MOST_SYMBOLS} at most; scan_market() ranks all of them.",
            )
        names: list[str] = []
        unknown: list[UnknownSymbolError] = []
        for symbol in symbols:
            try:
                names.append(await self._fetcher.resolve(symbol))
            except UnknownSymbolError as error:
                unknown.append(error)
        if unknown:
            together_named = await self.symbols.strangers([error.symbol for error in unknown])
            raise together_named or unknown[0]
        return list(dict.fromkeys(names))

    async def _one(self, name: str, request: "Ask[str, T]") -> Answer[T]:
        """One symbol's figures, and whether it trades: a price of last year must not look like one of now.

        The venue tells without an extra request: asked for a symbol that trades, it refuses one that does not.
        """
        if not self._by_status:
            return answer(await self._fetcher.send(request(name), name))
        try:
            return answer(await self._fetcher.send(request(name, status="TRADING"), name))
        except RejectedError as error:
            if error.code != OTHER_STATUS:
                raise
        old = answer(await self._fetcher.send(request(name), name))
        return replace(old, not_trading=(name,))

    async def _several(
        self, names: Sequence[str], request: "Ask[Sequence[str], tuple[N, ...]]"
    ) -> Answer[tuple[N, ...]]:
        """Figures in the order of *names*; those that do not trade, which the venue leaves out, are asked for again."""
        status: Status | None = "TRADING" if self._by_status else None
        parts = await self._chunks(names, partial(request, status=status))
        found = {row.symbol: row for part in parts for row in part.data}
        idle = [name for name in names if name not in found] if self._by_status else []
        if idle:
            rest = await self._chunks(idle, request)
            found.update({row.symbol: row for part in rest for row in part.data})
            parts += rest
        missing = [name for name in names if name not in found]
        note = f"The venue gave nothing for {', '.join(missing)}." if missing else ""
        rows = tuple(found[name] for name in names if name in found)
        whole = joined(rows, parts, partial=note)
        return replace(whole, not_trading=tuple(name for name in idle if name in found))

    async def _chunks(
        self, names: Sequence[str], request: Callable[[Sequence[str]], Request[tuple[N, ...]]]
    ) -> list[Answer[tuple[N, ...]]]:
        chunks = [names[at : at + _CHUNK] for at in range(0, len(names), _CHUNK)]
        replies = await together(self._fetcher.send(request(chunk), *chunk) for chunk in chunks)
        return [answer(reply) for reply in replies]


def _in_a_row(one: Answer[T]) -> Answer[tuple[T, ...]]:
    return Answer((one.data,), one.as_of_ms, one.source, one.partial, one.not_trading)
