"""What a preview has to know of an intent: rules that it breaks, what it would do on the book of this moment, balances.

Asked for anew each time: the book (nothing, where it is watched) and the balances. Kept for a while, since they hardly
move and each would be a request more: commissions as the venue states them, average and reference price. A last price
is asked for only where a rule compares with it.
"""

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Generic, TypeVar

from binance_mcp_server.clock import Clock
from binance_mcp_server.errors import BinanceMcpError
from binance_mcp_server.market.filter_bounds import References
from binance_mcp_server.market.filter_checks import Violation, check
from binance_mcp_server.market.order_book import rows
from binance_mcp_server.market.valuation import rate
from binance_mcp_server.models.account import Account, CommissionRates
from binance_mcp_server.models.info import SymbolInfo
from binance_mcp_server.models.market import Depth
from binance_mcp_server.queries.account import AccountQueries
from binance_mcp_server.queries.answer import Answer
from binance_mcp_server.queries.fetch import together
from binance_mcp_server.queries.market import MarketQueries
from binance_mcp_server.trading.exposure import MarketFacts
from binance_mcp_server.trading.intents import STOPS, Intent, ListIntent
from binance_mcp_server.trading.market_rules import check_market
from binance_mcp_server.trading.pricing import Book, Outlook, Pair, market_facts, price

T = TypeVar("T")

LEVELS: Final = 100
"""Of the book, a side; weight 5."""
DEEP: Final = 1000
"""Where those do not fill the order; weight 50."""
RATES_AGE: Final = 600.0
"""Seconds for which commissions are kept."""
PRICES_AGE: Final = 60.0
"""The same of prices that filters compare with, and of what assets are worth."""
FACTS_AGE: Final = 5.0
"""Seconds for which the market of a preview is good enough for the guard, so that a placement right after it asks for
nothing twice."""
ReadDepth = Callable[[str, int], Awaitable[Answer[Depth]]]
"""(symbol, levels) → a book, the live one where it is watched."""


@dataclass(frozen=True, slots=True)
class Appraisal:
    """An intent, held against the rules, the market and the account."""

    intent: Intent
    info: SymbolInfo
    violations: tuple[Violation, ...]
    outlook: Outlook
    facts: MarketFacts
    free: Mapping[str, Decimal]
    """Free balances of base and quote asset."""
    rates: CommissionRates | None
    """``None``: the venue did not tell them."""
    mid: Decimal | None
    source: Answer[Depth]


class _Kept(Generic[T]):
    """Values by name, for some seconds."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._seconds = seconds
        self._values: dict[str, tuple[float, T]] = {}

    async def get(self, name: str, ask: Callable[[], Awaitable[T]]) -> T:
        now = self._clock.monotonic()
        known = self._values.get(name)
        if known is not None and now - known[0] <= self._seconds:
            return known[1]
        value = await ask()
        self.put(name, value)
        return value

    def put(self, name: str, value: T) -> None:
        """Keep *value* from now on; what is too old makes room."""
        now = self._clock.monotonic()
        for each in [key for key, (at, _) in self._values.items() if now - at > self._seconds]:
            del self._values[each]
        self._values[name] = now, value


class Appraiser:
    """See the module."""

    def __init__(
        self,
        account: Callable[[], Awaitable[AccountQueries]],
        market: MarketQueries,
        read_depth: ReadDepth,
        clock: Clock,
    ) -> None:
        self._account = account
        self._market = market
        self._read_depth = read_depth
        self._rates: _Kept[CommissionRates | None] = _Kept(clock, RATES_AGE)
        self._references: _Kept[References] = _Kept(clock, PRICES_AGE)
        self._worth: _Kept[Decimal | None] = _Kept(clock, PRICES_AGE)
        self._facts: _Kept[MarketFacts] = _Kept(clock, FACTS_AGE)

    async def symbol(self, text: str) -> SymbolInfo:
        """The rules of a symbol. Raises ``InputError`` where there is none."""
        return (await self._market.symbols.get(text)).data

    async def appraise(self, intent: Intent, currency: str) -> Appraisal:
        """*intent* as it stands now; *currency* is the one of the owner's caps. Raises what asking the venue raises."""
        info = await self.symbol(intent.symbol)
        calls: tuple[Coroutine[Any, Any, Any], ...] = (
            self._balances(),
            self._book(intent, LEVELS),
            self._rates.get(info.symbol, lambda: self._commission(info.symbol)),
            self._known(intent, info),
            self._quote_rate(info.quote_asset, currency),
        )
        account, depth, rates, known, quote_rate = await together(calls)
        outlook = _outlook(intent, depth.data, info, rates)
        if _may_reach_deeper(outlook, depth.data, LEVELS):
            depth = await self._book(intent, DEEP)
            outlook = _outlook(intent, depth.data, info, rates)
        book = _book(depth.data)
        facts = market_facts(intent, outlook, book, last=known.last, quote_rate=quote_rate)
        self._facts.put(intent.canonical().decode(), facts)
        found: Account = account
        free = {each.asset: each.free for each in found.balances}
        wanted = {name: free.get(name, Decimal(0)) for name in (info.base_asset, info.quote_asset)}
        return Appraisal(
            intent,
            info,
            violations(intent, info, known),
            outlook,
            facts,
            wanted,
            rates,
            book.mid,
            depth,
        )

    async def market_facts(self, intent: Intent, currency: str) -> MarketFacts:
        """What the guard alone has to know, by the market of this moment."""
        return await self._facts.get(
            intent.canonical().decode(), lambda: self._look(intent, currency)
        )

    async def _look(self, intent: Intent, currency: str) -> MarketFacts:
        info = await self.symbol(intent.symbol)
        depth = await self._book(intent, LEVELS)
        known = await self._known(intent, info)
        outlook = _outlook(intent, depth.data, info, None)
        quote_rate = await self._quote_rate(info.quote_asset, currency)
        return market_facts(
            intent, outlook, _book(depth.data), last=known.last, quote_rate=quote_rate
        )

    async def _balances(self) -> Account:
        return (await (await self._account()).account()).data

    async def _book(self, intent: Intent, levels: int) -> Answer[Depth]:
        return await self._read_depth(intent.symbol, levels)

    async def _commission(self, symbol: str) -> CommissionRates | None:
        """``None`` where the venue does not tell: a fee is never made up."""
        try:
            return await (await self._account()).commission(symbol)
        except BinanceMcpError:
            return None

    async def _known(self, intent: Intent, info: SymbolInfo) -> References:
        known = await self._references.get(info.symbol, lambda: self._prices(info.symbol))
        if not _compares_with_last(intent):
            return known
        last = (await self._market.prices([info.symbol])).data[0].price
        return References(known.reference, known.average, last, known.position)

    async def _prices(self, symbol: str) -> References:
        average = (await self._market.average_price(symbol)).data.price
        reference = (await self._market.reference_price(symbol)).data
        text = reference.price_text if reference else None
        return References(Decimal(text) if text else None, average)

    async def _quote_rate(self, quote: str, currency: str) -> Decimal | None:
        if quote == currency:
            return Decimal(1)

        async def ask() -> Decimal | None:
            prices = (await self._market.all_prices()).data
            return rate(quote, currency, {each.symbol: each.price for each in prices})

        return await self._worth.get(f"{quote}/{currency}", ask)


def violations(intent: Intent, info: SymbolInfo, known: References) -> tuple[Violation, ...]:
    """Every rule of the venue that *intent* breaks, as far as can be told from here."""
    found = [each for leg in intent.legs for each in check(leg, info, known)]
    return tuple(dict.fromkeys([*found, *check_market(intent, info, known.last)]))


def _compares_with_last(intent: Intent) -> bool:
    return isinstance(intent, ListIntent) or any(leg.type in STOPS for leg in intent.legs)


def _outlook(
    intent: Intent, depth: Depth, info: SymbolInfo, rates: CommissionRates | None
) -> Outlook:
    step = next((f["stepSize"] for f in info.filters if f["filterType"] == "LOT_SIZE"), None)
    pair = Pair(info.base_asset, info.quote_asset, Decimal(step) if step else None)
    return price(intent, _book(depth), pair, rates)


def _book(depth: Depth) -> Book:
    return Book(rows(depth.bids), rows(depth.asks))


def _may_reach_deeper(outlook: Outlook, depth: Depth, levels: int) -> bool:
    """Whether something of a market order found no price, while the book may go on below what was shown."""
    cut = max(len(depth.bids), len(depth.asks)) >= levels
    return cut and any(leg.expires for leg in outlook.legs)
