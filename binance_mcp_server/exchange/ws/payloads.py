"""Market records → the data of stream events, field order included. Pure.

Spot: web-socket-streams.md "Detailed Stream information"; USDⓈ-M and COIN-M: the pages of their single streams (all
read 2026-11-22). A :data:`Body` is an event for either unit of time: given 1 it has milliseconds, given 1000
microseconds.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import NamedTuple

import msgspec

from binance_mcp_server.exchange.engine.rules import SymbolRules
from binance_mcp_server.exchange.market.types import AggTrade, BookView, Level, Stats
from binance_mcp_server.exchange.numbers import SCALE, show
from binance_mcp_server.exchange.sources.base import KlineRow
from binance_mcp_server.exchange.wire import shapes
from binance_mcp_server.exchange.wire.futures import shapes as futures

Body = Callable[[int], object]
"""Scale of times → what is encoded; bytes are JSON already."""

_SYMBOLS = 4096
"""As many are remembered."""


def server_shutdown(now_ms: int, scale: int) -> shapes.Body:
    return {"e": "serverShutdown", "E": now_ms * scale}


def agg_trade(rules: SymbolRules, record: AggTrade, now_ms: int) -> Body:
    if rules.product == "spot":
        return partial(_spot_agg_trade, rules.symbol, record, now_ms)
    head = ("e", "E", "a", "s") if rules.product == "coinm" else ("e", "E", "s", "a")

    def body(scale: int) -> shapes.Body:
        event: shapes.Body = {"e": "aggTrade", "E": now_ms * scale, "s": rules.symbol}
        told = event | futures.agg_trade(rules, record)
        return {key: told[key] for key in (*head, "p", "q", "f", "l", "T", "m")}

    return body


def _spot_agg_trade(symbol: str, record: AggTrade, now_ms: int, scale: int) -> bytes:
    """Written at once: no other stream that is made has as many events."""
    number, price, qty, first, last, time, is_maker = record
    return _agg_trade_form(symbol) % (
        now_ms * scale,
        number,
        price // SCALE,
        price % SCALE,
        qty // SCALE,
        qty % SCALE,
        first,
        last,
        time * scale,
        b"true" if is_maker else b"false",
    )


@lru_cache(_SYMBOLS)
def _agg_trade_form(symbol: str) -> bytes:
    name = msgspec.json.encode(symbol).replace(b"%", b"%%")
    return (
        b'{"e":"aggTrade","E":%d,"s":' + name + b',"a":%d,"p":"%d.%08d","q":"%d.%08d"'
        b',"f":%d,"l":%d,"T":%d,"m":%b,"M":true}'
    )


def kline(
    rules: SymbolRules,
    interval: str,
    row: KlineRow,
    ids: tuple[int, int],
    *,
    closed: bool,
    now_ms: int,
) -> Body:
    """*ids* are of its first and last trade, -1 when it has none."""

    def body(scale: int) -> shapes.Body:
        candle = {
            "t": row.open_time * scale,
            "T": shapes.last_instant(row.close_time, scale),
            "s": rules.symbol,
            "i": interval,
            "f": ids[0],
            "L": ids[1],
            "o": row.open,
            "c": row.close,
            "h": row.high,
            "l": row.low,
            "v": row.volume,
            "n": row.trades,
            "x": closed,
            "q": row.quote_volume,
            "V": row.taker_base,
            "Q": row.taker_quote,
            "B": "0",
        }
        return {"e": "kline", "E": now_ms * scale, "s": rules.symbol, "k": candle}

    return body


_CHANGE = {"p": "priceChange", "P": "priceChangePercent"}
_PRICES = {"o": "openPrice", "h": "highPrice", "l": "lowPrice"}
_LAST = {"c": "lastPrice", "Q": "lastQty"}
_BEST = {"b": "bidPrice", "B": "bidQty", "a": "askPrice", "A": "askQty"}
_AVERAGE = {"w": "weightedAvgPrice"}
_VOLUMES = {"v": "volume", "q": "quoteVolume"}
_SPAN = {"O": "openTime", "C": "closeTime", "F": "firstId", "L": "lastId", "n": "count"}
_MINI = {"c": "lastPrice", **_PRICES, **_VOLUMES}
_ROLLING = {**_CHANGE, **_PRICES, "c": "lastPrice", **_AVERAGE, **_VOLUMES, **_SPAN}
_FUTURES_TICKER = {**_CHANGE, **_AVERAGE, **_LAST, **_PRICES, **_VOLUMES, **_SPAN}
_TICKER = {**_CHANGE, **_AVERAGE, "x": "prevClosePrice", **_LAST, **_BEST}
_TICKER |= {**_PRICES, **_VOLUMES, **_SPAN}
"""Stream's key → that of the REST ticker with the same value; on COIN-M ``q`` is the volume in the base asset."""


def mini_ticker(rules: SymbolRules, stats: Stats, now_ms: int) -> Body:
    def body(scale: int) -> shapes.Body:
        if rules.product == "spot":
            rest = shapes.ticker_mini(rules.symbol, stats, _times(stats, scale))
        else:
            rest = futures.ticker_24h(rules, stats)
        return _event("24hrMiniTicker", rules, now_ms * scale) | _renamed(_MINI, rest)

    return body


def ticker(rules: SymbolRules, stats: Stats, book: BookView, now_ms: int) -> Body:
    def body(scale: int) -> shapes.Body:
        event = _event("24hrTicker", rules, now_ms * scale)
        if rules.product != "spot":
            return event | _renamed(_FUTURES_TICKER, futures.ticker_24h(rules, stats))
        rest = shapes.ticker_24h_full(rules.symbol, stats, book, _times(stats, scale))
        return event | _renamed(_TICKER, rest)

    return body


def rolling(rules: SymbolRules, window: str, stats: Stats, now_ms: int) -> Body:
    return lambda scale: {
        **_event(f"{window}Ticker", rules, now_ms * scale),
        **_renamed(_ROLLING, shapes.ticker_full(rules.symbol, stats, _times(stats, scale))),
    }


def average_price(rules: SymbolRules, average: tuple[int, int, int], now_ms: int) -> Body:
    minutes, price, last_ms = average
    return lambda scale: {
        **_event("avgPrice", rules, now_ms * scale),
        "i": f"{minutes}m",
        "w": show(price),
        "T": last_ms * scale,
    }


def reference_price(symbol: str, price: object, now_ms: int) -> Body:
    return lambda scale: {"e": "referencePrice", "s": symbol, "r": price, "t": now_ms * scale}


class UpdateIds(NamedTuple):
    """``U``, ``u`` and, on futures, ``pu`` of an update."""

    first: int
    last: int
    previous: int | None = None


class Moment(NamedTuple):
    """Event time and, on futures, the engine's; ms."""

    event_ms: int
    engine_ms: int


Texts = list[tuple[str, str]]
"""Prices and quantities as they are printed."""


def depth_update(
    rules: SymbolRules, ids: UpdateIds, moment: Moment, bids: Texts, asks: Texts
) -> Body:
    def body(scale: int) -> shapes.Body:
        told = {"e": "depthUpdate", "E": moment.event_ms * scale}
        if rules.product != "spot":
            told["T"] = moment.engine_ms * scale
        told["s"] = rules.symbol
        told |= _pair(rules) | {"U": ids.first, "u": ids.last}
        if ids.previous is not None:
            told["pu"] = ids.previous
        return told | {"b": bids, "a": asks}

    return body


def partial_depth(
    rules: SymbolRules, book: BookView, previous: int, levels: int, now_ms: int
) -> Body:
    """The top of the book; on futures it has the form of an update since the *previous* one."""
    bids, asks = book.bids[:levels], book.asks[:levels]
    if rules.product == "spot":
        view = BookView(book.last_update_id, bids, asks)
        return lambda _scale: shapes.depth(view)
    ids = UpdateIds(previous + 1, book.last_update_id, previous)
    return depth_update(
        rules, ids, Moment(now_ms, now_ms), _texts(rules, bids), _texts(rules, asks)
    )


def book_ticker(rules: SymbolRules, book: BookView, now_ms: int) -> Body:
    """Of a book with both sides."""
    [(bid, bid_qty)], [(ask, ask_qty)] = _texts(rules, book.bids[:1]), _texts(rules, book.asks[:1])
    best = {"b": bid, "B": bid_qty, "a": ask, "A": ask_qty}
    head = {"u": book.last_update_id, "s": rules.symbol}
    if rules.product == "spot":
        return lambda _scale: {**head, **best}
    times = {"T": now_ms, "E": now_ms}
    return lambda _scale: {"e": "bookTicker", **head, **_pair(rules), **best, **times}


def _event(kind: str, rules: SymbolRules, time: int) -> shapes.Body:
    return {"e": kind, "E": time, "s": rules.symbol, **_pair(rules)}


def _pair(rules: SymbolRules) -> shapes.Body:
    """COIN-M names the pair as well."""
    return {"ps": futures.pair_of(rules)} if rules.product == "coinm" else {}


def _renamed(names: Mapping[str, str], body: shapes.Body) -> shapes.Body:
    body = {"quoteVolume": body.get("baseVolume"), **body}
    return {name: body[long] for name, long in names.items()}


def _times(stats: Stats, scale: int) -> tuple[int, int]:
    return stats.open_time * scale, stats.close_time * scale


def _texts(rules: SymbolRules, levels: tuple[Level, ...]) -> Texts:
    return [(_price(rules, price), _qty(rules, qty)) for price, qty in levels]


def _price(rules: SymbolRules, units: int) -> str:
    return show(units, rules.places.price)


def _qty(rules: SymbolRules, units: int) -> str:
    return show(units, rules.places.qty)
