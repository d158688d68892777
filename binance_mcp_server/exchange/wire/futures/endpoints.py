"""Every public endpoint of both futures products that a tape can answer: its weight, its answer (see the package's
sources). Parameters are read by :mod:`.params`.

Not here: what needs a mark price, an index or what accounts hold (``premiumIndex``, funding, open interest); a
recording of trades and depth does not tell it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from binance_mcp_server.exchange.engine.rules import Product, SymbolRules
from binance_mcp_server.exchange.wire import errors, weights
from binance_mcp_server.exchange.wire import shapes as spot_shapes
from binance_mcp_server.exchange.wire.futures import refusals, shapes
from binance_mcp_server.exchange.wire.futures import weights as futures_weights
from binance_mcp_server.exchange.wire.futures.info import Catalogue
from binance_mcp_server.exchange.wire.futures.params import Query
from binance_mcp_server.exchange.wire.limits import Limits
from binance_mcp_server.exchange.wire.view import FuturesView

DAY_MS = 86_400_000
AGGREGATES_MS = 2 * DAY_MS
"""How far back a USDⓈ-M aggregate may be asked for by its time."""
LONGEST_KLINES_MS = 200 * DAY_MS
"""Between start and end of candles of COIN-M."""
MOST_KLINES = 1500
MOST_TRADES = 1000


@dataclass(frozen=True, slots=True)
class Call:
    """One request, and what may answer it."""

    market: FuturesView
    catalogue: Catalogue
    limits: Limits
    query: Query
    product: Product
    has_key: bool
    """Whether the request carries an API key; which one does not matter here."""

    def rules(self) -> SymbolRules:
        """Those of the symbol asked for."""
        return self.market.rules[self.query.symbol(self.market.rules)]


class Endpoint(NamedTuple):
    weight: weights.Weight
    answer: Callable[[Call], object]


def _ping(_call: Call) -> object:
    return {}


def _time(call: Call) -> object:
    return {"serverTime": call.market.now_ms()}


def _exchange_info(call: Call) -> object:
    return call.catalogue.body(call.limits, call.market.now_ms())


def _depth(call: Call) -> object:
    rules, limit = call.rules(), call.query.depth_limit()
    book = call.market.book(rules.symbol, limit)
    return shapes.depth(rules, book, call.market.now_ms(), call.market.book_time(rules.symbol))


def _trades(call: Call) -> object:
    rules, limit = call.rules(), call.query.limit(MOST_TRADES)
    return [shapes.trade(rules, it) for it in call.market.recent_trades(rules.symbol, limit)]


def _historical_trades(call: Call) -> object:
    if not call.has_key:
        raise refusals.bad_key()
    rules, limit = call.rules(), call.query.limit(MOST_TRADES)
    from_id = call.query.integer("fromId")
    if from_id is None:
        return _trades(call)
    return [shapes.trade(rules, it) for it in call.market.trades_from(rules.symbol, from_id, limit)]


def _agg_trades(call: Call) -> object:
    """Times beside an id "might cause response timeout" says the page: here they are refused at once."""
    query, rules = call.query, call.rules()
    from_id, (start, end) = query.integer("fromId"), query.times()
    if from_id is not None and (start is not None or end is not None):
        raise errors.bad_combination()
    earliest = call.market.now_ms() - AGGREGATES_MS
    if call.product == "usdm" and start is not None and start < earliest:
        raise refusals.too_long_ago()
    found = call.market.agg_trades(
        rules.symbol, from_id=from_id, start_ms=start, end_ms=end, limit=query.limit(MOST_TRADES)
    )
    return [shapes.agg_trade(rules, it) for it in found]


def _klines(call: Call) -> object:
    """USDⓈ-M gives the oldest rows from the start on, as spot does; COIN-M the newest up to the end."""
    query, symbol = call.query, call.rules().symbol
    interval, (start, end), limit = query.interval(), query.times(), query.limit(MOST_KLINES)
    oldest = start
    if call.product == "coinm":
        oldest, end = _coinm_range(start, end)
        start = None
    rows = call.market.klines(
        symbol, interval, start_ms=start, end_ms=end, offset_minutes=0, limit=limit
    )
    return [spot_shapes.kline(row, 1) for row in rows if oldest is None or row.open_time >= oldest]


def _coinm_range(start: int | None, end: int | None) -> tuple[int | None, int | None]:
    """Start and end, of which one alone sets the other 200 days away."""
    if start is not None and end is not None and end - start > LONGEST_KLINES_MS:
        raise refusals.too_long(LONGEST_KLINES_MS // 3_600_000)
    if start is not None and end is None:
        return start, start + LONGEST_KLINES_MS
    if start is None and end is not None:
        return end - LONGEST_KLINES_MS, end
    return start, end


def _each(call: Call, one: Callable[[SymbolRules], spot_shapes.Body]) -> object:
    """Of ``symbol``, on COIN-M of the contracts of ``pair``, or of all. COIN-M gives a list in any case."""
    query, rules = call.query, call.market.rules
    if call.product == "coinm" and query.has("pair"):
        if query.has("symbol"):
            raise errors.bad_combination()
        return [one(rules[symbol]) for symbol in query.pair(rules)]
    if not query.has("symbol"):
        return [one(each) for each in rules.values()]
    body = one(call.rules())
    return [body] if call.product == "coinm" else body


def _ticker_24h(call: Call) -> object:
    """The window opens on the minute, as in a recorded ticker of USDⓈ-M."""
    return _each(
        call, lambda rules: shapes.ticker_24h(rules, call.market.rolling(rules.symbol, DAY_MS))
    )


def _price(call: Call) -> object:
    """Its time is that of the trade; 0 without one."""

    def one(rules: SymbolRules) -> spot_shapes.Body:
        trade = call.market.last_trade(rules.symbol)
        last = call.market.last_price(rules.symbol) or 0
        return shapes.price(rules, last, trade.time if trade else 0)

    return _each(call, one)


def _book_ticker(call: Call) -> object:
    market = call.market
    return _each(
        call,
        lambda rules: shapes.book_ticker(
            rules, market.book(rules.symbol, 1), market.book_time(rules.symbol)
        ),
    )


_SHARED: Mapping[str, Endpoint] = {
    "v1/ping": Endpoint(weights.fixed(1), _ping),
    "v1/time": Endpoint(weights.fixed(1), _time),
    "v1/exchangeInfo": Endpoint(weights.fixed(1), _exchange_info),
    "v1/depth": Endpoint(futures_weights.depth, _depth),
    "v1/trades": Endpoint(weights.fixed(5), _trades),
    "v1/historicalTrades": Endpoint(weights.fixed(200), _historical_trades),
    "v1/aggTrades": Endpoint(weights.fixed(20), _agg_trades),
    "v1/klines": Endpoint(futures_weights.klines, _klines),
    "v1/ticker/24hr": Endpoint(futures_weights.one_or_all(1, 40), _ticker_24h),
    "v1/ticker/price": Endpoint(futures_weights.one_or_all(1, 2), _price),
    "v1/ticker/bookTicker": Endpoint(futures_weights.one_or_all(2, 5), _book_ticker),
}

ENDPOINTS: Mapping[Product, Mapping[str, Endpoint]] = {
    "usdm": {**_SHARED, "v2/ticker/price": _SHARED["v1/ticker/price"]},
    "coinm": _SHARED,
}
"""By product and path below its prefix."""
