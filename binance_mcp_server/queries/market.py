"""The market as a whole: the one object that commands read through."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Protocol, TypeVar

import msgspec

from binance_mcp_server.binance_api import endpoints
from binance_mcp_server.binance_api.endpoints import Request, Status
from binance_mcp_server.binance_api.products import SPOT
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
from binance_mcp_server.queries import contracts
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
MOST_LEVELS = SPOT.most_levels
"""As deep as any product shows a book."""
SCAN_AGE = 5.0
"""Seconds for which the tickers of all symbols (weight 80) are good enough for a ranking."""


class _Named(Protocol):
    @property
    def symbol(self) -> str: ...


T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
S_contra = TypeVar("S_contra", contravariant=True)
N = TypeVar("N", bound=_Named)


class Ask(Protocol[S_contra, T_co]):
    """A request about one symbol or several, perhaps of a status alone."""

    def __call__(self, symbols: S_contra, /, *, status: Status | None = None) -> Request[T_co]: ...


class MarketQueries:
    """All reads of one product of a venue. Symbols are taken as people write them.

    Every method raises :class:`InputError` for arguments that make no sense or a symbol that does not exist, and what
    the client raises when the venue gives no answer.
    """

    def __init__(
        self, api: Api, registry: SymbolRegistry, clock: Clock, *, by_status: bool = True
    ) -> None:
        """*by_status*: whether the venue can be asked for symbols of a status alone."""
        self._api = api
        self._clock = clock
        self.product = registry.product
        self._futures = self.product.futures
        self._by_status = by_status and self._futures is None
        self._fetcher = Fetcher(api, registry, self.product)
        self.symbols = registry
        self.candles = CandleReader(self._fetcher)
        self.trades = TradeReader(self._fetcher)
        self._tickers: Answer[tuple[Ticker, ...]] | None = None
        self._tickers_at = 0.0

    async def now_ms(self) -> int:
        """The venue's present, ms since the epoch; it is asked for when what is known may be old."""
        return await self._api.now_ms()

    def venue_now_ms(self) -> int:
        """The venue's present by what is known, ms since the epoch; nothing is asked."""
        return self._fetcher.venue_now_ms()

    async def prices(self, symbols: Sequence[str]) -> Answer[tuple[PriceTicker, ...]]:
        """Last prices in the order asked, each symbol once."""
        names = await self._names(symbols)
        if self._futures is not None:
            return await self._of_contracts(self._futures.ticker_price, names)
        if len(names) == 1:
            return _in_a_row(await self._one(names[0], endpoints.ticker_price))
        return await self._several(names, endpoints.ticker_prices)

    async def book_tickers(self, symbols: Sequence[str]) -> Answer[tuple[BookTicker, ...]]:
        """Best bids and asks in the order asked, each symbol once."""
        names = await self._names(symbols)
        if self._futures is not None:
            return await self._of_contracts(self._futures.book_ticker, names)
        if len(names) == 1:
            return _in_a_row(await self._one(names[0], endpoints.book_ticker))
        return await self._several(names, endpoints.book_tickers)

    async def tickers(
        self, symbols: Sequence[str], window: str = "24h", *, time_zone: str | None = None
    ) -> Answer[tuple[Ticker, ...]]:
        """Price change statistics over a window (see :func:`parse_window`), in the order asked, each symbol once.

        *time_zone* moves the trading day's boundary; other windows have none. Futures have the last 24 hours alone.
        """
        kind, zone = parse_window(window), parse_time_zone(time_zone)
        if kind != "24h":
            self.product.only_spot(
                "Other windows than 24h are", 'use window="24h", or get_candles over the time'
            )
        if zone is not None and kind != "day":
            raise InputError(
                "A time zone matters to the trading day alone.",
                advice='Use window "day", or leave the time zone out.',
            )
        names = await self._names(symbols)
        if self._futures is not None:
            return await self._valued(await self._of_contracts(self._futures.ticker_24hr, names))

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
        fresh = await self._everybodys_tickers()
        self._tickers, self._tickers_at = fresh, self._clock.monotonic()
        return fresh

    async def _everybodys_tickers(self) -> Answer[tuple[Ticker, ...]]:
        if self._futures is not None:
            found = await contracts.everybody(self._fetcher, self._futures.ticker_24hr)
            valued = await self._valued(found)
            # What the list does not know yet cannot be ranked by volume.
            return replace(valued, data=tuple(t for t in valued.data if t.quote_volume_text))
        status: Status | None = "TRADING" if self._by_status else None
        return answer(await self._fetcher.send(endpoints.ticker_24hr(status=status)))

    async def all_prices(self) -> Answer[tuple[PriceTicker, ...]]:
        """The last price of every symbol."""
        if self._futures is not None:
            return await contracts.everybody(self._fetcher, self._futures.ticker_price)
        return answer(await self._fetcher.send(endpoints.ticker_prices()))

    async def depth(self, symbol: str, limit: int = 100) -> Answer[Depth]:
        """The book's best *limit* levels a side: 1 to 5000, on futures to 1000."""
        check_limit(limit, self.product.most_levels, what=f"levels on {self.product.market}")
        name = await self._fetcher.resolve(symbol)
        if self._futures is None:
            return await self._one(name, partial(endpoints.depth, limit=limit))
        request = self._futures.depth(name, limit=self.product.levels(limit))
        whole = answer(await self._fetcher.send(request, name))
        data = msgspec.structs.replace(
            whole.data, bids=whole.data.bids[:limit], asks=whole.data.asks[:limit]
        )
        return Answer(data, whole.as_of_ms, whole.source, not_trading=self._idle([name]))

    async def snapshot(self, name: str, levels: int) -> Answer[Depth]:
        """The book for one who follows its stream: asked for now, and shared with nobody who asked before.

        *name* is in the venue's spelling.
        """
        if self._futures is None:
            return answer(await self._api.send(endpoints.depth(name, limit=levels)))
        request = self._futures.depth(name, limit=self.product.levels(levels))
        return answer(await self._api.send(request))

    async def average_price(self, symbol: str) -> Answer[AveragePrice]:
        """The venue's current average price, which spot alone has."""
        self.product.only_spot(
            "Average prices are", "use get_price, or get_candles with interval 1m"
        )
        name = await self._fetcher.resolve(symbol)
        return answer(await self._fetcher.send(endpoints.average_price(name), name))

    async def reference_price(self, symbol: str) -> Answer[ReferencePrice | None]:
        """The reference price, which spot alone has; ``None`` where none was ever set."""
        self.product.only_spot("Reference prices are", "use get_price")
        name = await self._fetcher.resolve(symbol)
        try:
            reply = await self._fetcher.send(endpoints.reference_price(name), name)
        except RejectedError as error:
            if error.code != NO_REFERENCE_PRICE:
                raise
            return Answer(None, self._fetcher.venue_now_ms())
        return Answer(reply.data, reply.venue_ms, reply.source)

    async def execution_rules(self, symbol: str) -> Answer[tuple[ExecutionRule, ...]]:
        """Bands outside of which the symbol does not trade, on spot alone; empty where it has none."""
        self.product.only_spot("Execution rules are", "use get_symbol_rules")
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
            found = answer(await self._fetcher.send(request(name), name))
            return replace(found, not_trading=self._idle([name]))
        try:
            return answer(await self._fetcher.send(request(name, status="TRADING"), name))
        except RejectedError as error:
            if error.code != OTHER_STATUS:
                raise
        old = answer(await self._fetcher.send(request(name), name))
        return replace(old, not_trading=(name,))

    async def _of_contracts(
        self, ask: contracts.Ask[N], names: Sequence[str]
    ) -> Answer[tuple[N, ...]]:
        """Figures of futures in the order of *names*; which of them do not trade is known where the list is."""
        part = await contracts.each_or_all(self._fetcher, ask, names)
        found = {row.symbol: row for row in part.data}
        missing = [name for name in names if name not in found]
        strange = await self.symbols.strangers(missing) if missing else None
        if strange is not None:
            raise strange
        note = f"The venue gave nothing for {', '.join(missing)}." if missing else ""
        rows = tuple(found[name] for name in names if name in found)
        return replace(joined(rows, [part], partial=note), not_trading=self._idle(names))

    async def _valued(self, tickers: Answer[tuple[Ticker, ...]]) -> Answer[tuple[Ticker, ...]]:
        """With volumes in the quote asset, which COIN-M leaves to be calculated."""
        if self.product.market != "coinm":
            return tickers
        listed = await self.symbols.covering({ticker.symbol for ticker in tickers.data})
        return replace(tickers, data=contracts.valued(tickers.data, listed.data))

    def _idle(self, names: Sequence[str]) -> tuple[str, ...]:
        return tuple(name for name in names if self.symbols.idle(name))

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
        not_trading = idle if self._by_status else self._idle(names)
        return replace(whole, not_trading=tuple(name for name in not_trading if name in found))

    async def _chunks(
        self, names: Sequence[str], request: Callable[[Sequence[str]], Request[tuple[N, ...]]]
    ) -> list[Answer[tuple[N, ...]]]:
        chunks = [names[at : at + _CHUNK] for at in range(0, len(names), _CHUNK)]
        replies = await together(self._fetcher.send(request(chunk), *chunk) for chunk in chunks)
        return [answer(reply) for reply in replies]


def _in_a_row(one: Answer[T]) -> Answer[tuple[T, ...]]:
    return Answer((one.data,), one.as_of_ms, one.source, one.partial, one.not_trading)
