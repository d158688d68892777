"""Market records → the bodies of both futures products, field order included (see the package's sources).

Prices and quantities are printed with a symbol's own decimals. On COIN-M quantities are contracts, and volume in the
base asset stands where USDⓈ-M has volume in the quote asset.
"""

from collections.abc import Iterable

from binance_mcp_server.exchange.engine.rules import SymbolRules
from binance_mcp_server.exchange.market.types import AggTrade, BookView, Level, Stats, Trade
from binance_mcp_server.exchange.numbers import DECIMALS, SCALE, show, show_quote
from binance_mcp_server.exchange.wire.shapes import Body, percent, round_half_up


def pair_of(rules: SymbolRules) -> str:
    """BTCUSD of BTCUSD_PERP."""
    return rules.symbol.partition("_")[0]


def depth(rules: SymbolRules, book: BookView, now_ms: int, time: int) -> Body:
    """*time* is that of the book. One that is given ahead of its time was told no earlier than it was made."""
    names = {"symbol": rules.symbol, "pair": pair_of(rules)} if rules.contract else {}
    return {
        "lastUpdateId": book.last_update_id,
        **names,
        "E": max(now_ms, time),
        "T": time,
        "bids": _levels(rules, book.bids),
        "asks": _levels(rules, book.asks),
    }


def _levels(rules: SymbolRules, levels: Iterable[Level]) -> list[tuple[str, str]]:
    price_places, qty_places, _ = rules.places
    return [(show(price, price_places), show(qty, qty_places)) for price, qty in levels]


def trade(rules: SymbolRules, record: Trade) -> Body:
    body: Body = {
        "id": record.id,
        "price": show(record.price, rules.places.price),
        "qty": show(record.qty, rules.places.qty),
        "baseQty" if rules.contract else "quoteQty": show_quote(record.quote, _turnover(rules)),
        "time": record.time,
        "isBuyerMaker": record.buyer_is_maker,
    }
    return body if rules.contract else body | {"isRPITrade": False}


def agg_trade(rules: SymbolRules, record: AggTrade) -> Body:
    """``nq`` is the quantity without trades against retail price improvement orders, of which there are none."""
    qty = show(record.qty, rules.places.qty)
    return {
        "a": record.id,
        "p": show(record.price, rules.places.price),
        "q": qty,
        **({} if rules.contract else {"nq": qty}),
        "f": record.first_id,
        "l": record.last_id,
        "T": record.time,
        "m": record.buyer_is_maker,
    }


def price(rules: SymbolRules, last: int, time: int) -> Body:
    names = {"symbol": rules.symbol, **({"ps": pair_of(rules)} if rules.contract else {})}
    return {**names, "price": show(last, rules.places.price), "time": time}


def book_ticker(rules: SymbolRules, book: BookView, time: int) -> Body:
    """Best bid and ask; zeros where a side is empty."""
    none = (Level(0, 0),)
    [bid], [ask] = _levels(rules, (book.bids or none)[:1]), _levels(rules, (book.asks or none)[:1])
    quotes = {"bidPrice": bid[0], "bidQty": bid[1], "askPrice": ask[0], "askQty": ask[1]}
    last = {"lastUpdateId": book.last_update_id}
    if rules.contract:
        names = {"symbol": rules.symbol, "pair": pair_of(rules)}
        return {**last, **names, **quotes, "time": time}
    return {"symbol": rules.symbol, **quotes, "time": time, **last}


def ticker_24h(rules: SymbolRules, stats: Stats) -> Body:
    price_places, qty_places, _ = rules.places
    change = stats.last - stats.open
    names = {"symbol": rules.symbol, **({"pair": pair_of(rules)} if rules.contract else {})}
    return {
        **names,
        "priceChange": show(change, price_places),
        "priceChangePercent": percent(change, stats.open),
        "weightedAvgPrice": show(_average(rules, stats), price_places),
        "lastPrice": show(stats.last, price_places),
        "lastQty": show(stats.last_qty, qty_places),
        "openPrice": show(stats.open, price_places),
        "highPrice": show(stats.high, price_places),
        "lowPrice": show(stats.low, price_places),
        "volume": show(stats.volume, qty_places),
        "baseVolume" if rules.contract else "quoteVolume": show_quote(
            stats.quote, _turnover(rules)
        ),
        "openTime": stats.open_time,
        "closeTime": stats.close_time,
        "firstId": stats.first_id,
        "lastId": stats.last_id,
        "count": stats.trades,
    }


def _average(rules: SymbolRules, stats: Stats) -> int:
    """Quote per base, in units of 1e-8 and rounded to what is printed."""
    quote, base = stats.quote, stats.volume
    if rules.contract:
        quote, base = stats.volume * rules.contract * SCALE, stats.quote
    step = int("1" + "0" * (DECIMALS - rules.places.price))
    return round_half_up(quote, base * step) * step


def _turnover(rules: SymbolRules) -> int:
    """Decimals of a quantity in the other asset where it stands alone: recorded tickers of USDⓈ-M have those of the
    price, fewer than candles."""
    return DECIMALS if rules.contract else rules.places.price
