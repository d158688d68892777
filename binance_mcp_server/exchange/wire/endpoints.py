"""Every public spot endpoint: its parameters, its weight, its answer (rest-api.md, read 2026-11-22)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from binance_mcp_server.exchange.market.types import Stats
from binance_mcp_server.exchange.numbers import show
from binance_mcp_server.exchange.wire import errors, intervals, reference, shapes, weights
from binance_mcp_server.exchange.wire.info import Catalogue
from binance_mcp_server.exchange.wire.limits import Limits
from binance_mcp_server.exchange.wire.params import Query
from binance_mcp_server.exchange.wire.view import MarketView

DAY_MS = 86_400_000
MOST_SYMBOLS = 100
"""In one request for windowed tickers."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request, and what may answer it."""

    market: MarketView
    catalogue: Catalogue
    limits: Limits
    query: Query
    scale: int
    """Time units to a millisecond: 1, or 1000 for microseconds."""

    def symbol(self) -> str:
        return self.query.symbol(self.market.rules)


class Endpoint(NamedTuple):
    params: tuple[str, ...]
    weight: weights.Weight
    answer: Callable[[Call], object]


def _ping(_call: Call) -> object:
    return {}


def _time(call: Call) -> object:
    return {"serverTime": call.market.now_ms() * call.scale}


def _exchange_info(call: Call) -> object:
    return call.catalogue.body(call.query, call.limits, call.market.now_ms() * call.scale)


def _execution_rules(call: Call) -> object:
    query, rules = call.query, call.market.rules
    if sum(query.has(name) for name in ("symbol", "symbols", "symbolStatus")) > 1:
        raise errors.bad_combination()
    if query.has("symbol"):
        chosen = [query.symbol(rules)]
    elif query.has("symbols"):
        chosen = query.symbols(rules)
    else:
        status = query.status()
        chosen = [name for name, its in rules.items() if status in (None, its.status)]
    return {"symbolRules": [reference.execution_rules(rules[name]) for name in chosen]}


def _depth(call: Call) -> object:
    symbol, limit = call.symbol(), call.query.limit(100, 5000)
    return shapes.depth(call.market.book(symbol, limit))


def _trades(call: Call) -> object:
    symbol, limit = call.symbol(), call.query.limit(500, 1000)
    return [shapes.trade(t, call.scale) for t in call.market.recent_trades(symbol, limit)]


def _historical_trades(call: Call) -> object:
    symbol, limit = call.symbol(), call.query.limit(500, 1000)
    from_id = call.query.integer("fromId")
    if from_id is None:
        trades = call.market.recent_trades(symbol, limit)
    else:
        trades = call.market.trades_from(symbol, from_id, limit)
    return [shapes.trade(t, call.scale) for t in trades]


def _block_trades(call: Call) -> object:
    """None ever happen here."""
    call.symbol()
    call.query.mandatory("fromId")
    call.query.integer("fromId")
    call.query.limit(500, 1000)
    return []


def _agg_trades(call: Call) -> object:
    query = call.query
    symbol, from_id = call.symbol(), query.integer("fromId")
    start, end = query.time_ms("startTime", up=True), query.time_ms("endTime", up=False)
    if from_id is not None and (start is not None or end is not None):
        raise errors.bad_combination()
    found = call.market.agg_trades(
        symbol, from_id=from_id, start_ms=start, end_ms=end, limit=query.limit(500, 1000)
    )
    return [shapes.agg_trade(t, call.scale) for t in found]


def _klines(call: Call) -> object:
    query = call.query
    rows = call.market.klines(
        call.symbol(),
        intervals.parse_interval(query.mandatory("interval")),
        start_ms=query.time_ms("startTime", up=True),
        end_ms=query.time_ms("endTime", up=False),
        offset_minutes=intervals.parse_zone(query.text("timeZone") or "0"),
        limit=query.limit(500, 1000),
    )
    return [shapes.kline(row, call.scale) for row in rows]


def _average_price(call: Call) -> object:
    minutes, price, close_time = call.market.average_price(call.symbol())
    return {"mins": minutes, "price": show(price), "closeTime": close_time * call.scale}


def _chosen(call: Call, *, required: bool, maximum: int | None = None) -> Sequence[str] | str:
    """The symbols asked for: one name when ``symbol`` was sent, else a list, filtered by ``symbolStatus``."""
    query, rules = call.query, call.market.rules
    if query.has("symbol") and query.has("symbols"):
        raise errors.bad_combination()
    if query.has("symbol"):
        return query.symbol(rules)
    status = query.status()
    if query.has("symbols"):
        names: Sequence[str] = query.symbols(rules)
        if maximum is not None and len(names) > maximum:
            raise errors.too_many_values("symbols", maximum)
    elif required:
        raise errors.either("symbol", "symbols")
    else:
        names = list(rules)
    return [name for name in names if status in (None, rules[name].status)]


def _each(chosen: Sequence[str] | str, one: Callable[[str], shapes.Body]) -> object:
    return one(chosen) if isinstance(chosen, str) else [one(name) for name in chosen]


def _ticker_24h(call: Call) -> object:
    chosen, mini = _chosen(call, required=False), call.query.is_mini()

    def one(symbol: str) -> shapes.Body:
        stats = call.market.rolling(symbol, DAY_MS, aligned=False)
        times = (stats.open_time * call.scale, stats.close_time * call.scale)
        if mini:
            return shapes.ticker_mini(symbol, stats, times)
        return shapes.ticker_24h_full(symbol, stats, call.market.book(symbol, 1), times)

    return _each(chosen, one)


def _windowed(
    call: Call, stats_of: Callable[[str], Stats], close_time: Callable[[int, int], int]
) -> object:
    """Tickers of ``symbol`` or up to 100 ``symbols``, over any window."""
    chosen = _chosen(call, required=True, maximum=MOST_SYMBOLS)
    show_ticker = shapes.ticker_mini if call.query.is_mini() else shapes.ticker_full

    def one(symbol: str) -> shapes.Body:
        stats = stats_of(symbol)
        times = (stats.open_time * call.scale, close_time(stats.close_time, call.scale))
        return show_ticker(symbol, stats, times)

    return _each(chosen, one)


def _ticker(call: Call) -> object:
    window = intervals.parse_window(call.query.text("windowSize") or "1d")
    return _windowed(
        call, lambda symbol: call.market.rolling(symbol, window), lambda ms, scale: ms * scale
    )


def _trading_day(call: Call) -> object:
    offset = intervals.parse_zone(call.query.text("timeZone") or "0")
    return _windowed(
        call, lambda symbol: call.market.trading_day(symbol, offset), shapes.last_instant
    )


def _price(call: Call) -> object:
    def one(symbol: str) -> shapes.Body:
        return {"symbol": symbol, "price": show(call.market.last_price(symbol) or 0)}

    return _each(_chosen(call, required=False), one)


def _book_ticker(call: Call) -> object:
    def one(symbol: str) -> shapes.Body:
        return shapes.book_ticker(symbol, call.market.book(symbol, 1))

    return _each(_chosen(call, required=False), one)


def _reference_price(call: Call) -> object:
    return reference.reference_price(call.market, call.symbol(), call.scale)


def _reference_calculation(call: Call) -> object:
    return reference.calculation(call.market.rules[call.symbol()])


_KLINE_PARAMS = ("symbol", "interval", "startTime", "endTime", "timeZone", "limit")
_LATEST_PARAMS = ("symbol", "symbols", "symbolStatus")

ENDPOINTS: Mapping[str, Endpoint] = {
    "ping": Endpoint((), weights.fixed(1), _ping),
    "time": Endpoint((), weights.fixed(1), _time),
    "exchangeInfo": Endpoint(
        ("symbol", "symbols", "permissions", "showPermissionSets", "symbolStatus"),
        weights.fixed(20),
        _exchange_info,
    ),
    "executionRules": Endpoint(_LATEST_PARAMS, weights.execution_rules, _execution_rules),
    "depth": Endpoint(("symbol", "limit", "symbolStatus"), weights.depth, _depth),
    "trades": Endpoint(("symbol", "limit"), weights.fixed(25), _trades),
    "historicalTrades": Endpoint(
        ("symbol", "limit", "fromId"), weights.fixed(25), _historical_trades
    ),
    "historicalBlockTrades": Endpoint(
        ("symbol", "fromId", "limit"), weights.fixed(25), _block_trades
    ),
    "aggTrades": Endpoint(
        ("symbol", "fromId", "startTime", "endTime", "limit"), weights.fixed(4), _agg_trades
    ),
    "klines": Endpoint(_KLINE_PARAMS, weights.fixed(2), _klines),
    "uiKlines": Endpoint(_KLINE_PARAMS, weights.fixed(2), _klines),
    "avgPrice": Endpoint(("symbol",), weights.fixed(2), _average_price),
    "ticker/24hr": Endpoint((*_LATEST_PARAMS, "type"), weights.ticker_24h, _ticker_24h),
    "ticker/tradingDay": Endpoint(
        (*_LATEST_PARAMS, "timeZone", "type"), weights.windowed, _trading_day
    ),
    "ticker/price": Endpoint(_LATEST_PARAMS, weights.latest, _price),
    "ticker/bookTicker": Endpoint(_LATEST_PARAMS, weights.latest, _book_ticker),
    "ticker": Endpoint((*_LATEST_PARAMS, "windowSize", "type"), weights.windowed, _ticker),
    "referencePrice": Endpoint(("symbol",), weights.fixed(2), _reference_price),
    "referencePrice/calculation": Endpoint(
        ("symbol", "symbolStatus"), weights.fixed(2), _reference_calculation
    ),
}
"""By path below ``/api/v3/``."""
