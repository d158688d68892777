"""The symbol registry: what the venue trades, loaded when first needed and refreshed by age."""

import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from binance_mcp_server.binance_api.errors_map import clean
from binance_mcp_server.binance_api.products import SPOT, Product
from binance_mcp_server.clock import Clock
from binance_mcp_server.errors import BinanceMcpError, InputError, UnknownSymbolError
from binance_mcp_server.market.symbol_names import LONGEST, normalise
from binance_mcp_server.market.times import format_time
from binance_mcp_server.models.futures import Contract
from binance_mcp_server.models.info import RateLimit, SymbolInfo
from binance_mcp_server.queries import symbol_search
from binance_mcp_server.queries.answer import Answer, Origin
from binance_mcp_server.queries.fetch import Api, check_limit
from binance_mcp_server.queries.single_flight import SingleFlight

__all__ = ["SymbolRegistry", "normalise"]

MIN_AGE = 60.0
"""Seconds for which a list that lacks a symbol is believed, and a failed refresh is not tried again."""
_LONGEST_QUERY = 100
_MOST_FOUND = 1000
ALL = "*"
"""The query that every symbol fits."""
_MOST_NAMED = 6
"""Unknown symbols that one error names."""


@dataclass(frozen=True, slots=True)
class _Loaded:
    symbols: Mapping[str, SymbolInfo]
    limits: tuple[RateLimit, ...]
    as_of_ms: int
    source: Origin
    at: float
    """Monotonic seconds."""


class SymbolRegistry:
    """All symbols of one product of a venue, by name."""

    def __init__(
        self,
        api: Api,
        clock: Clock,
        *,
        venue: str,
        product: Product = SPOT,
        max_age: float = 3600.0,
    ) -> None:
        """*max_age*: seconds after which the list is asked for again."""
        self.product = product
        self._api = api
        self._clock = clock
        self._venue = venue
        self._max_age = max_age
        self._flights = SingleFlight()
        self._loaded: _Loaded | None = None
        self._failed_at: float | None = None
        self._failure = ""

    @property
    def limits(self) -> tuple[RateLimit, ...]:
        """The venue's limits as of the last load; empty before the first."""
        return self._loaded.limits if self._loaded else ()

    @property
    def age(self) -> float | None:
        """Seconds since the last load; ``None`` before the first."""
        return self._clock.monotonic() - self._loaded.at if self._loaded else None

    def normalise(self, text: str) -> str:
        """*text* in the spelling of this product's names. Raises :class:`InputError`."""
        return normalise(text, self.product.market)

    def known(self, name: str) -> SymbolInfo | None:
        """A symbol by its exact name, from memory alone."""
        return self._loaded.symbols.get(name) if self._loaded else None

    async def all(self) -> Answer[Mapping[str, SymbolInfo]]:
        """Every symbol. A list that could not be refreshed is kept, and the answer says so (``partial``).

        Raises what the client raises when nothing was ever loaded.
        """
        loaded, note = await self._current(self._max_age)
        return Answer(loaded.symbols, loaded.as_of_ms, loaded.source, note)

    async def covering(self, names: AbstractSet[str]) -> Answer[Mapping[str, SymbolInfo]]:
        """Every symbol, from a newer list where *names* has one that is missing: it may have been listed since."""
        everything = await self.all()
        if names <= everything.data.keys():
            return everything
        loaded, note = await self._current(MIN_AGE)
        return Answer(loaded.symbols, loaded.as_of_ms, loaded.source, note)

    async def get(self, text: str) -> Answer[SymbolInfo]:
        """One symbol, as people write it. Raises :class:`InputError`."""
        name = self.normalise(text)
        everything = await self.all()
        if name not in everything.data:
            loaded, note = await self._current(MIN_AGE)
            if name not in loaded.symbols:
                raise self._no_such(name, note)
            everything = Answer(loaded.symbols, loaded.as_of_ms, loaded.source)
        return Answer(
            everything.data[name], everything.as_of_ms, everything.source, everything.partial
        )

    async def resolve(self, text: str) -> str:
        """*text* as the venue writes it; checked against the list only when that is in memory already.

        One price is not worth the whole list: before the first load the venue itself says what it does not know.
        Raises :class:`InputError`.
        """
        name = self.normalise(text)
        if self._loaded is None or name in self._loaded.symbols:
            return name
        loaded, note = await self._current(MIN_AGE)
        if name in loaded.symbols or note:  # a list that may be old refuses nothing
            return name
        raise self._no_such(name)

    async def unknown(self, text: str) -> UnknownSymbolError:
        """The error for a symbol that the venue has just refused, with the nearest that exist.

        Without them where the list cannot be had.
        """
        name = self.normalise(text)
        try:
            await self._current(MIN_AGE)
        except BinanceMcpError:
            return UnknownSymbolError(name, venue=self._venue)
        return self._no_such(name)

    async def strangers(self, symbols: Sequence[str]) -> UnknownSymbolError | None:
        """The error for those of *symbols* that do not exist; ``None`` when that cannot be told."""
        try:
            loaded, _ = await self._current(MIN_AGE)
        except BinanceMcpError:
            return None
        bad = [symbol for symbol in symbols if symbol not in loaded.symbols]
        if not bad:
            return None
        error = self._no_such(bad[0])
        others = [self._no_such(name) for name in bad[1:_MOST_NAMED]]
        if others:
            found = [
                f"{other.symbol} ({', '.join(other.nearest) or 'nothing near'})" for other in others
            ]
            error.advice = f"{error.advice} Unknown too, and near: {'; '.join(found)}."
        return error

    async def search(
        self, query: str, *, quote: str | None = None, status: str | None = "TRADING", limit: int
    ) -> Answer[list[SymbolInfo]]:
        """Symbols that fit *query* (a name, an asset, a coin's common name, a part or a slip of one), best first.

        *status* ``None`` means any. Raises :class:`InputError`.
        """
        check_limit(limit, _MOST_FOUND)
        words = [] if query.strip() == ALL else _words(query)
        everything = await self.all()
        pool = [info for info in everything.data.values() if status in {None, info.status}]
        if quote is not None:
            pool = _priced_in(pool, normalise(quote))
        found = symbol_search.find(pool, words)[:limit]
        return Answer(found, everything.as_of_ms, everything.source, everything.partial)

    async def began_ms(self, name: str) -> int | None:
        """When the contract *name* began to trade, ms since the epoch; ``None`` where the list does not say."""
        info = (await self.all()).data.get(name)
        return info.onboard_ms or None if isinstance(info, Contract) else None

    def idle(self, name: str) -> bool:
        """Whether *name* is known not to trade; from memory alone."""
        info = self.known(name)
        return info is not None and info.status != "TRADING"

    def complete(self, prefix: str) -> list[str]:
        """Up to 100 names that begin with *prefix*, from memory alone; none for text that is no name."""
        if self._loaded is None:
            return []
        try:
            start = normalise(prefix) if prefix.strip() else ""  # no name yet, of any product
        except InputError:
            return []
        return symbol_search.complete(self._loaded.symbols, start)

    async def _current(self, max_age: float) -> tuple[_Loaded, str]:
        """The list, at most *max_age* seconds old if the venue lets us; and what is wrong with it, in words."""
        now, old = self._clock.monotonic(), self._loaded
        if old is not None:
            old = replace(old, source="cache")
            if now - old.at <= max_age:
                return old, ""
            if self._failed_at is not None and now - self._failed_at <= MIN_AGE:
                return old, self._stale(old)
        try:
            return await self._flights.run("exchangeInfo", self._load), ""
        except BinanceMcpError as error:
            self._failed_at, self._failure = self._clock.monotonic(), error.message
            if old is None:
                raise
            return old, self._stale(old)

    async def _load(self) -> _Loaded:
        reply = await self._api.send(self.product.symbol_list())
        self._loaded = _Loaded(
            symbols={info.symbol: info for info in reply.data.symbols},
            limits=reply.data.rate_limits,
            as_of_ms=reply.venue_ms,
            source=reply.source,
            at=self._clock.monotonic(),
        )
        self._failed_at = None
        return self._loaded

    def _stale(self, old: _Loaded) -> str:
        when = format_time(old.as_of_ms)
        return f"The symbol list is of {when}; refreshing it failed: {self._failure}"

    def _no_such(self, name: str, note: str = "") -> UnknownSymbolError:
        infos = list(self._loaded.symbols.values()) if self._loaded else []
        near = symbol_search.nearest(name, infos) or symbol_search.nearest_bases(name, infos)
        names = [clean(info.symbol, LONGEST) for info in near]
        error = UnknownSymbolError(name, names, venue=self._venue)
        if not infos:
            error.advice = nothing_listed(self._venue)
        error.advice = f"{note.rstrip('.')}. {error.advice}" if note else error.advice
        return error

    async def any_listed(self) -> None:
        """Raises :class:`InputError` where the venue lists nothing at all: whatever is asked of it would be silent. A
        list that cannot be had refuses nothing."""
        try:
            listed = (await self.all()).data
        except BinanceMcpError:
            return
        if not listed:
            raise InputError(f"{self._venue} lists no symbols.", advice=nothing_listed(self._venue))


def nothing_listed(venue: str) -> str:
    """What to do about a market without symbols."""
    if venue.partition(" ")[0] == "sim":
        return "The embedded exchange has futures only from a recording: mcp-server-binance exchange --replay FILE."
    return f"No symbol is listed on {venue} now: try another market."


def _words(query: str) -> list[str]:
    if len(query) > _LONGEST_QUERY:
        raise InputError(
            f"A query of {len(query)} characters is too long.", advice="Use a few words at most."
        )
    words = [normalise(piece) for piece in re.split(r"[ /,:_-]+", query) if piece]
    if not words:
        raise InputError(
            "The query is empty.",
            advice="Type a symbol, an asset or a coin: BTC, btc/usdt, bitcoin; * is all.",
        )
    return words


def _priced_in(infos: Sequence[SymbolInfo], quote: str) -> list[SymbolInfo]:
    kept = [info for info in infos if info.quote_asset == quote]
    if not kept:
        known = {info.quote_asset for info in infos}
        usual = [asset for asset in symbol_search.QUOTES if asset in known]
        raise InputError(
            f"Nothing is priced in {quote!r} here.",
            advice=f"Quote assets: {', '.join(usual)} and others." if usual else "",
        )
    return kept
